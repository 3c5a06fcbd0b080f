"""What a modem says of its network, and what it means: registration, technology, signal, voice.

Owns the reading of those answers, without a port. Invariant: what was not understood is None, never
a guess.

Source: 3GPP TS 27.007: +CREG 7.2, +COPS 7.3, +CSQ 8.5, +CIREG 8.71, +CEREG 10.1.22.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final

_OPERATOR: Final = re.compile(r'\+COPS:\s*\d,\d,"([^"]*)"(?:,(\d{1,2}))?.*', re.ASCII)
_IMS: Final = re.compile(r"\+CIREG:\s*\d,([01])(?:,\"?([0-9A-Fa-f]{1,8})\"?)?", re.ASCII)
_BY_IMS: Final = 1  # 8.71, ext_info: transfer of voice according to MMTEL


class Registration(StrEnum):
    """Where the modem stands with the network; the first of several counts."""

    HOME = "home"
    ROAMING = "roaming"
    DENIED = "denied"
    EMERGENCY_ONLY = "emergency_only"
    SEARCHING = "searching"
    OFF = "off"
    UNKNOWN = "unknown"


_STATES: Final = {
    0: Registration.OFF, 1: Registration.HOME, 2: Registration.SEARCHING, 3: Registration.DENIED,
    4: Registration.UNKNOWN, 5: Registration.ROAMING, 6: Registration.HOME, 7: Registration.ROAMING,
    8: Registration.EMERGENCY_ONLY, 9: Registration.HOME, 10: Registration.ROAMING,
}  # fmt: skip
_BY_SWITCHING: Final = frozenset({1, 5})  # 6 and 7 are for texts only; 9 and 10 would rather not

_TECHNOLOGIES: Final = {
    0: "2G", 1: "2G", 2: "3G", 3: "2G", 4: "3G", 5: "3G", 6: "3G", 7: "LTE", 8: "2G IoT",
    9: "NB-IoT", 10: "LTE", 11: "5G", 12: "5G", 13: "LTE and 5G",
}  # fmt: skip

BARS_DBM: Final = (-107, -103, -97, -89)
"""From which strength on a telephone shows one bar, two, three, four.

Source: Android's SignalStrength.java, asu 3, 5, 8 and 12 of +CSQ's scale.
"""


def registration(states: Iterable[int]) -> Registration | None:
    """Return what the answers to +CREG and +CEREG come to; None without any."""
    found = {_STATES.get(state, Registration.UNKNOWN) for state in states}
    return next((one for one in Registration if one in found), None)


def operator(lines: Sequence[str]) -> tuple[str | None, str | None]:
    """Return the network's name and its technology, from the answer to +COPS."""
    found = next((match for line in lines if (match := _OPERATOR.fullmatch(line))), None)
    if found is None:
        return None, None
    technology = _TECHNOLOGIES.get(int(found[2])) if found[2] else None
    return found[1] or None, technology


def voice(lines: Sequence[str], switched: int | None) -> str | None:
    """Return how a call would go: ``volte``, ``cs`` (circuit-switched), ``none``, None if unknown.

    Args:
        lines: The answer to +CIREG.
        switched: The state that +CREG told.
    """
    found = next((match for line in lines if (match := _IMS.fullmatch(line))), None)
    if found is not None and found[1] == "1" and found[2] and int(found[2], 16) & _BY_IMS:
        return "volte"
    if switched in _BY_SWITCHING:
        return "cs"
    return "none" if found is not None and found[2] else None


def bars(signal_dbm: int) -> int:
    """Return how many of four bars a telephone would show."""
    return sum(signal_dbm >= least_dbm for least_dbm in BARS_DBM)
