"""What time the mobile network told the modem (NITZ), as the modem tells it to us. Pure.

Owns the reading of those answers, without a port. Invariant: what was not understood, or is no
date, is None; whether what was understood can be the time is for whoever knows more of it.

Two ways to ask. ``AT+CCLK?`` is everybody's: local time and the zone in quarters of an hour, once
``AT+CTZU=1`` has told the modem to follow the network; before the network has spoken it shows
whatever the modem begins with. Quectel's modems keep UTC there or local time, as ``AT+CTZU`` has it
(1 or 3), under the same zone, so theirs is not to be read; ``AT+QLTS=2`` is local time without
doubt, and empty until the network has told it.

Source: 3GPP TS 27.007, 8.15 (+CCLK) and 8.40 (+CTZU), TS 24.008, 10.5.3.9 (the zone); Quectel,
EC25&EC21 AT Commands Manual, AT+CTZU and AT+QLTS.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

FOLLOW: Final = "AT+CTZU=1"
"""Lets the modem follow the network's time."""

QUECTEL: Final = "AT+QLTS=2"
ANYBODY: Final = "AT+CCLK?"

_CENTURY_TURNS: Final = 70
"""Two digits from here on are of the last century: modems begin in 1970 or 1980, and no network
was ever there to tell 2070."""

_TIME: Final = re.compile(
    r'\+(?:CCLK|QLTS):\s*"(\d{2}|\d{4})/(\d{2})/(\d{2}),(\d{2}):(\d{2}):(\d{2})'
    r'([+-]\d{1,2})?(?:,\d)?"',
    re.ASCII,
)
_QUARTER: Final = timedelta(minutes=15)
_MOST_QUARTERS: Final = 56  # UTC+14: the Line Islands; 27.007 lets 96 pass, no place on earth does


@dataclass(frozen=True, slots=True)
class NetworkTime:
    """A time that the network told; ``at_s`` is the monotonic second at which the modem said it."""

    utc: datetime
    at_s: float


def time_in(lines: Sequence[str]) -> datetime | None:
    """Return the time in an answer, in UTC; None if there is none.

    A modem that tells no zone is not understood: it may be hours off.
    """
    found = next((match for line in lines if (match := _TIME.fullmatch(line))), None)
    if found is None or found[7] is None or abs(int(found[7])) > _MOST_QUARTERS:
        return None
    year, month, day, hour, minute, second = (int(found[part]) for part in range(1, 7))
    if len(found[1]) == 2:
        year += 1900 if year >= _CENTURY_TURNS else 2000
    zone = timezone(int(found[7]) * _QUARTER)
    try:
        # A leap second is told as 60: the minute that it ends is near enough.
        told = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone)
        return told.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
