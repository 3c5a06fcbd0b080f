"""The calls of a modem as it lists them: ``+CLCC`` to values.

Owns the reading of one line. Only voice calls count: an EC25 lists its data bearer too, as an
active call of mode 1. It dials nothing; that is ``telephone``.

Source: 3GPP TS 27.007, 7.18 (list current calls).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

_CALL: Final = re.compile(
    r'\+CLCC:\s*(\d{1,2}),\s*([01]),\s*([0-5]),\s*0,\s*[01](?:,\s*"([^"]*)".*)?', re.ASCII
)


class CallStage(IntEnum):
    """How far a call is; the numbers are those of ``<stat>``."""

    ACTIVE = 0
    HELD = 1
    DIALLING = 2
    ALERTING = 3
    INCOMING = 4
    WAITING = 5


@dataclass(frozen=True, slots=True)
class Call:
    """One call.

    Attributes:
        index: Its number at the modem, from 1.
        incoming: Whether somebody calls us.
        stage: How far it is.
        number: The other side; empty if it is withheld or not known.
    """

    index: int
    incoming: bool
    stage: CallStage
    number: str


def calls_in(lines: Iterable[str]) -> tuple[Call, ...]:
    """Return the calls that the lines of an answer to ``AT+CLCC`` name; others say nothing."""
    found = (_CALL.fullmatch(line) for line in lines)
    return tuple(
        Call(int(one[1]), one[2] == "1", CallStage(int(one[3])), one[4] or "")
        for one in found
        if one is not None
    )
