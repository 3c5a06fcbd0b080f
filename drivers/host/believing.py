"""What time it probably is, from what is known of it. Pure.

Owns the order in which sources are believed and what is refused. Invariant: a time before this
program existed is never believed, whoever tells it; a hint of the network never overrules a clock
that was set from a time server or that a battery has kept, and it moves nothing but what leaves the
device: no duration, no timer, no certificate hangs on it.

The order, best first:

- ``ntp``: the kernel's clock, set from a time server in this boot (and not put wrong since);
- ``rtc``: the kernel's clock, agreeing with a battery clock that has gone on meanwhile;
- ``nitz``: what the mobile network told the modem, carried on by the monotonic clock;
- ``none``: nothing. The kernel's clock then, but not before the newest time that was ever known
  here: rows written after a restart do not lie before those written before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

LEAST_UTC: Final = datetime(2024, 1, 1, tzinfo=UTC)
"""No bell ran before. Clocks that nobody set begin in 1970 (Linux), 1980 (Qualcomm's modems), 2000
(battery clocks) or 2004 (Cinterion's and SIMCom's modems). Not the day of the build: a bell that is
built or installed while a clock is ahead would never believe the time again."""

AHEAD_MOST: Final = timedelta(days=20 * 365)
"""So far beyond the newest known time a hint is a fault of the network: no bell is off so long."""

BACK_MOST: Final = timedelta(minutes=5)
"""A hint may lie so far before the newest known time: NITZ comes in seconds, by networks whose own
clocks are minutes off. Judged, not measured."""

AGREE_S: Final = 120.0
"""A battery clock agrees if it is no further off: they lose a few seconds a day, and the kernel set
its own from it at boot."""


class Source(StrEnum):
    """Who says what time it is."""

    NTP = "ntp"
    RTC = "rtc"
    NITZ = "nitz"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A time, and the monotonic second at which it was that time."""

    utc: datetime
    at_s: float

    def carried_to(self, now_s: float) -> datetime:
        """Return what time it is now by it."""
        return self.utc + timedelta(seconds=now_s - self.at_s)


def may_be(told_utc: datetime, least_utc: datetime) -> bool:
    """Whether a hint can be the time.

    Args:
        told_utc: What somebody says.
        least_utc: The newest time that is known to have been, or ``LEAST_UTC``.
    """
    least_utc = max(least_utc, LEAST_UTC)
    return max(LEAST_UTC, least_utc - BACK_MOST) <= told_utc <= least_utc + AHEAD_MOST


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of the time at one moment.

    Attributes:
        now_s: The monotonic second.
        system_utc: What the kernel's clock shows.
        synced: Whether a time server set it, as far as the system says.
        battery_agrees: Whether a battery clock says the same.
        hint: What the network told; None if nothing, or nothing believable.
        newest: The newest time that was known in an earlier run, at the second at which this run
            began: by now it is at least so much later. None if there is none.
    """

    now_s: float
    system_utc: datetime
    synced: bool
    battery_agrees: bool = False
    hint: Anchor | None = None
    newest: Anchor | None = None


@dataclass(frozen=True, slots=True)
class Belief:
    """Who is believed, and by what to tell the time; None for the kernel's clock itself."""

    source: Source
    basis: Anchor | None = None


def believe(known: Known) -> Belief:
    """Choose whom to believe."""
    least_utc = LEAST_UTC if known.newest is None else known.newest.carried_to(known.now_s)
    # A time server is believed whatever is remembered: if that was wrong, this mends it.
    if known.synced and known.system_utc >= LEAST_UTC:
        return Belief(Source.NTP)
    in_reason = may_be(known.system_utc, least_utc)
    if known.battery_agrees and in_reason:
        return Belief(Source.RTC)
    if known.hint is not None and may_be(known.hint.carried_to(known.now_s), least_utc):
        return Belief(Source.NITZ, known.hint)
    if known.newest is not None and known.system_utc < least_utc:
        return Belief(Source.NONE, known.newest)
    return Belief(Source.NONE)
