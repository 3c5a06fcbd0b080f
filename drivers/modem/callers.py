"""Who is answered when the bell's modem rings. Pure.

Invariant: nobody is answered but the numbers of the settings and, for an hour after a report,
those who withhold theirs: 119 calls back from trunk lines.

Source: design 5; domain 0, fact 1 (역걸기: the fire service calls back the number on record).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

CALLED_BACK_WITHIN_S: Final = 3600.0
"""So long after 119 has accepted a report it may still call back (design 5)."""

_KOREA: Final = re.compile(r"(?:\+|00)82")
_SHORT_CODE_DIGITS: Final = 4


def may_answer(
    number: str,
    allowed: Sequence[str],
    *,
    incident_open: bool,
    since_report_s: float | None,
) -> bool:
    """Return whether a call is to be taken.

    Args:
        number: The caller as the modem shows it; empty if withheld.
        allowed: Numbers, or prefixes with ``*`` at the end (``modem.answer_calls_from``).
        incident_open: Whether an incident is open.
        since_report_s: Seconds since 119 last accepted a report; None if not of late.
    """
    after_report = since_report_s is not None and 0.0 <= since_report_s <= CALLED_BACK_WITHIN_S
    if not number.strip():
        return after_report
    caller = _as_dialled(number)
    known = any(_matches(caller, pattern) for pattern in allowed)
    return known and (incident_open or after_report)


def _matches(caller: str, pattern: str) -> bool:
    if pattern.endswith("*"):
        return caller.startswith(_as_dialled(pattern[:-1], prefix=True))
    return caller == _as_dialled(pattern)


def _as_dialled(number: str, *, prefix: bool = False) -> str:
    """Return a number as one dials it in Korea; one of abroad keeps its ``+``.

    ``+82 2 123`` and ``02 123`` are the same, ``+82 119`` is 119, and ``+20`` is Egypt, not Seoul.
    """
    digits = re.sub(r"[^0-9+]", "", number)
    national = _KOREA.sub("", digits, count=1)
    if national == digits:
        return digits.replace("+", "00", 1)
    trunk = national if national.startswith("0") else f"0{national}"
    bare = national.lstrip("0")
    return bare if not prefix and len(bare) < _SHORT_CODE_DIGITS else trunk
