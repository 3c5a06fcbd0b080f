"""Asking a port whether a modem answers there.

Owns the few questions that are put to it. Invariant: nothing is written but ESC, ``AT`` and
``QUESTIONS``, each of which only reads; no number, no PIN, no text, no setting. So there is nothing
here that the interlock would have to stop.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Final

from drivers.errors import NoResponse
from drivers.modem.conversation import CommandRefused, Conversation
from drivers.modem.port import ModemPort

BAUD: Final = 115200
ANSWERS_WITHIN_S: Final = 3.0
"""As long as the driver gives it at every start."""

MODEL: Final = "AT+CGMM"
SIM: Final = "AT+CPIN?"
PIN_LOCK: Final = 'AT+CLCK="SC",2'
QUESTIONS: Final = (MODEL, SIM, PIN_LOCK)
"""Source: 3GPP TS 27.007, 5.2, 8.3 and 7.4 (mode 2 asks for the state of a lock)."""

_READY: Final = re.compile(r"\+CPIN:\s*READY")
_LOCKED: Final = re.compile(r"\+CLCK:\s*([01])")
_AFTER: Final = re.compile(r"^\+\w+:\s*")


@dataclass(frozen=True, slots=True)
class FoundModem:
    """A modem that answers.

    Attributes:
        model: What it calls itself; empty if it does not say.
        wants_pin: Whether its SIM asks for a PIN when the power comes back; None: not known.
        sim: What it says of the SIM, such as ``READY`` or ``SIM PIN``; empty: nothing, or no SIM.
    """

    model: str = ""
    wants_pin: bool | None = None
    sim: str = ""


def ask_modem(
    path: str, *, baud: int = BAUD, within_s: float = ANSWERS_WITHIN_S
) -> FoundModem | None:
    """Ask whether a modem is there.

    Args:
        path: The port.
        baud: Bits per second; USB modems take any.
        within_s: Longest wait for the answer to ``AT``.

    Returns:
        What it says of itself, or None where nothing answers as a modem does.

    Raises:
        PortGone: The port cannot be opened now, or went away.
    """
    port = ModemPort(path, baud)
    port.open()
    try:
        line = Conversation(port, time.monotonic, lambda: None)
        line.begin()
        line.synchronise(within_s)
    except NoResponse:
        port.close()
        return None
    try:
        model, sim, lock = (_first(line, question) for question in QUESTIONS)
    finally:
        port.close()
    locked = _LOCKED.match(lock)
    wants_pin = locked[1] == "1" if locked else None
    if sim and not _READY.match(sim):
        wants_pin = "PIN" in sim
    return FoundModem(_AFTER.sub("", model), wants_pin, _AFTER.sub("", sim))


def _first(line: Conversation, question: str) -> str:
    """Return the first line of an answer; nothing where it refuses or says none."""
    try:
        lines = line.ask(question)
    except (CommandRefused, NoResponse):
        return ""
    return next((text.strip() for text in lines if text.strip()), "")
