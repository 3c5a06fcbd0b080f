"""Moments as people write and read them, in the time zone of the bell. Pure.

Owns what ``--since`` and ``--until`` take, and how a logged time is told. Invariant: whatever is
not understood is refused, never guessed. Knows no clock: what time it is comes in.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

TO_THE_MINUTE: Final = "%Y-%m-%d %H:%M"
TO_THE_SECOND: Final = "%m-%d %H:%M:%S"
WHOLE: Final = "%Y-%m-%d %H:%M:%S"

ALL: Final = "all"
_DAYS_AGO: Final = {"today": 0, "yesterday": 1}
_UNIT_S: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_AGO: Final = re.compile(r"([0-9]{1,9})([smhdw])", re.ASCII)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MOMENT: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)"
    r"(Z|[+-][0-9]{2}:[0-9]{2})?",
    re.ASCII,
)
_DAY_S: Final = timedelta(days=1)


class NotAMoment(ValueError):
    """What was written is none of the forms that are allowed."""


def since(words: str, now: datetime, zone: tzinfo | None) -> datetime | None:
    """Return the moment from which on somebody wants to see.

    Args:
        words: ``all``; ``90s``, ``30m``, ``2h``, ``3d`` or ``1w`` ago; ``today`` or ``yesterday``
            (the beginning of that day); a day (its beginning); or a moment: a day, ``T`` or a
            blank, hours and minutes, seconds if wanted, and ``Z`` or ``+09:00`` if it is not
            ``zone``'s time.
        now: The present, aware.
        zone: That of the bell; None for the machine's own.

    Returns:
        An aware moment; None for ``all``: from the very beginning.

    Raises:
        NotAMoment: It is none of these.
    """
    if words == ALL:
        return None
    return _ago(words, now) or _day(words, now, zone) or _moment(words, zone)


def until(words: str, now: datetime, zone: tzinfo | None) -> datetime:
    """Return the moment before which somebody wants to see.

    The forms are those of ``since``, but for ``all``; a day is wanted whole, so its end is meant.

    Raises:
        NotAMoment: It is none of these.
    """
    if (found := _ago(words, now)) is not None:
        return found
    if _day(words, now, zone) is not None:
        day = _date(words, now, zone)
        try:
            return _local(datetime.combine(day + _DAY_S, time()), zone)
        except OverflowError as error:
            raise NotAMoment(words) from error
    return _moment(words, zone)


def _ago(words: str, now: datetime) -> datetime | None:
    if (found := _AGO.fullmatch(words)) is None:
        return None
    try:
        return now - timedelta(seconds=int(found[1]) * _UNIT_S[found[2]])
    except OverflowError as error:
        raise NotAMoment(words) from error


def _day(words: str, now: datetime, zone: tzinfo | None) -> datetime | None:
    """The beginning of a day in the zone; None if it is no day."""
    if words not in _DAYS_AGO and _DAY.fullmatch(words) is None:
        return None
    return _local(datetime.combine(_date(words, now, zone), time()), zone)


def _date(words: str, now: datetime, zone: tzinfo | None) -> date:
    if words in _DAYS_AGO:
        return now.astimezone(zone).date() - _DAYS_AGO[words] * _DAY_S
    try:
        return date.fromisoformat(words)
    except ValueError as error:
        raise NotAMoment(words) from error


def _moment(words: str, zone: tzinfo | None) -> datetime:
    if (found := _MOMENT.fullmatch(words)) is None:
        raise NotAMoment(words)
    day, clock, offset = found.groups()
    try:
        return _local(datetime.fromisoformat(f"{day}T{clock}{offset or ''}"), zone)
    except ValueError as error:
        raise NotAMoment(words) from error


def _local(moment: datetime, zone: tzinfo | None) -> datetime:
    """Make it aware, and comparable with every other: at the ends of the calendar it is not."""
    try:
        aware = moment
        if moment.tzinfo is None:
            aware = moment.astimezone() if zone is None else moment.replace(tzinfo=zone)
        aware.timestamp()
    except (OverflowError, ValueError, OSError) as error:
        raise NotAMoment(str(moment)) from error
    return aware


def told(ts: str, zone: tzinfo | None, form: str, *, synced: bool = True) -> str:
    """Tell a logged time as the people of the home read it; "?" if the clock was not set then.

    Args:
        ts: RFC 3339, as logged; what is none is told as it is.
        zone: That of the bell; None for the machine's own.
        form: As ``strftime`` has it.
        synced: Whether the clock was set then.
    """
    try:
        moment = datetime.fromisoformat(ts).astimezone(zone)
    except (ValueError, OverflowError):
        return ts
    return f"{moment:{form}}{'' if synced else ' ?'}"
