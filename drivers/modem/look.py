"""A look at a modem that nobody else holds: what it says of itself, and nothing is changed.

For a technician's eyes (``floodbell doctor``). Invariant: no text leaves, nothing is set that
outlives the look, and a SIM's PIN is entered only while all of its tries are left: somebody who
looks ten times with a wrong one must not lock the SIM. What makes a modem ready for texts is
``bring_up``.

Source: 3GPP TS 27.007 (+CREG 7.2, +CEREG 10.1.22), 27.005 (+CSCA 3.3.1).
"""

from __future__ import annotations

import contextlib
import re
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from drivers.modem.bring_up import tries_left
from drivers.modem.conversation import CommandRefused, Conversation
from drivers.modem.port import ModemPort
from drivers.modem.settings import ModemSettings
from drivers.modem.status import ModemStatus, SimState, Supervision

ALL_TRIES: Final = 3
"""Of a PIN before it has been entered wrong. Source: ETSI TS 102 221, 9.5.1; usual on every SIM."""

_PIN: Final = re.compile(r"[0-9]{4,8}", re.ASCII)  # TS 31.101, 9.5.1
_PIN_TIMEOUT_S: Final = 10.0
_UNLOCKED_WITHIN_S: Final = 3.0
_LOOK_EVERY_S: Final = 0.25
_STATE: Final = re.compile(r"\+C(?:E|G|5G)?REG:\s*\d,\s*(\d{1,2}).*", re.ASCII)
_CLOCK: Final = re.compile(r'\+CCLK:\s*"([0-9/]{8},[0-9:]{8}[+-]?[0-9]{0,2})"', re.ASCII)


class Pin(StrEnum):
    """What was done about the SIM's PIN."""

    NOT_WANTED = "not wanted"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    NONE_GIVEN = "none given"
    MALFORMED = "malformed"
    NOT_TRIED = "not tried"


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen.

    Attributes:
        status: As the daemon knows it.
        pin: What was done about its PIN.
        tries_left: How often the PIN may still be entered; None if it does not say.
        registrations: What ``+CREG`` and ``+CEREG`` say, as numbers.
        clock: The modem's clock as it tells it (``+CCLK``); None if it has none.
    """

    status: ModemStatus
    pin: Pin = Pin.NOT_WANTED
    tries_left: int | None = None
    registrations: frozenset[int] = field(default_factory=frozenset)
    clock: str | None = None


def look(settings: ModemSettings, sim_pin: str | None) -> Look:
    """Look at a modem.

    Args:
        settings: Where it is.
        sim_pin: Its SIM's PIN, if there is one.

    Raises:
        PortGone: The port is not there, somebody else holds it, or it vanished.
        NoResponse: No modem answers on it.
    """
    port = ModemPort(settings.port, settings.baud)
    port.open()
    try:
        line = Conversation(port, time.monotonic, _nothing)
        line.begin()
        line.synchronise()
        return _look(line, sim_pin)
    finally:
        port.close()


def _nothing() -> None:
    """Nobody waits for a beat."""


def _look(line: Conversation, sim_pin: str | None) -> Look:
    for command in ("ATE0", "AT+CMEE=1"):  # forgotten at the next start, and set at every one
        _asked(line, command)
    supervision = Supervision(line)
    pin, tries = Pin.NOT_WANTED, None
    if supervision.sim_state() is SimState.PIN:
        tries = tries_left(line)
        pin = _enter(line, sim_pin, tries)
        if pin is Pin.ACCEPTED:
            _await_unlocked(line, supervision)
        tries = tries_left(line)
    supervision.check(lambda: False)
    supervision.service_centre()
    answers = [*_asked(line, "AT+CREG?"), *_asked(line, "AT+CEREG?")]
    found = (_STATE.fullmatch(answer) for answer in answers)
    clocks = (_CLOCK.fullmatch(answer) for answer in _asked(line, "AT+CCLK?"))
    return Look(
        status=supervision.status,
        pin=pin,
        tries_left=tries,
        registrations=frozenset(int(match[1]) for match in found if match),
        clock=next((match[1] for match in clocks if match), None),
    )


def _enter(line: Conversation, sim_pin: str | None, tries: int | None) -> Pin:
    if sim_pin is None:
        return Pin.NONE_GIVEN
    if not _PIN.fullmatch(sim_pin):
        return Pin.MALFORMED
    if tries is None or tries < ALL_TRIES:
        return Pin.NOT_TRIED
    try:
        line.ask(f'AT+CPIN="{sim_pin}"', _PIN_TIMEOUT_S)
    except CommandRefused:
        return Pin.REFUSED
    return Pin.ACCEPTED


def _await_unlocked(line: Conversation, supervision: Supervision) -> None:
    """A SIM that has just been unlocked takes a moment until it is there."""
    ends_s = time.monotonic() + _UNLOCKED_WITHIN_S
    while supervision.sim_state() is not SimState.READY and time.monotonic() < ends_s:
        line.pause(_LOOK_EVERY_S)


def _asked(line: Conversation, command: str) -> list[str]:
    with contextlib.suppress(CommandRefused):
        return line.ask(command)
    return []
