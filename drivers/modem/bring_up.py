"""From a modem that answers AT to one that takes texts.

Owns the settings that a modem must be given after every start, and the SIM's PIN. Invariant: a PIN
that was refused is not tried again in the life of the process, and the last try that the SIM allows
is left to a person, so that no restart loop can lock it. Only ``AT+CMGF=0`` must be answered OK.
"""

from __future__ import annotations

import logging
import re
from typing import Final

from drivers.errors import SimLocked, SubmitFailed
from drivers.modem.conversation import CommandRefused, Conversation
from drivers.modem.status import SimState, Supervision

_PIN: Final = re.compile(r"[0-9]{4,8}", re.ASCII)  # TS 31.101, 9.5.1
_PIN_TIMEOUT_S: Final = 10.0
_TRIES_LEFT: Final = re.compile(r'\+CPINR:\s*"?SIM PIN"?,\s*(\d+).*', re.ASCII)
_FEWEST_TRIES: Final = 2
_OPTIONAL: Final = (
    "AT+CNMI=2,1,0,1,0",  # TS 27.005, 3.4.1: keep texts that come, hand over status reports
    "AT+CLIP=1",
    "AT+COLP=0",  # else OK to ATD waits until the other side has answered (TS 27.007, 7.8)
    "AT+CREG=1",
    "AT+CEREG=1",
)

_log = logging.getLogger(__name__)
_pins_tried: set[str] = set()


def bring_up(
    line: Conversation,
    supervision: Supervision,
    sim_pin: str | None,
    service_centre: str | None = None,
) -> None:
    """Set up a modem that has just been synchronised.

    Args:
        line: The modem's line.
        supervision: Keeps what is found out about it.
        sim_pin: The SIM's PIN, if it wants one.
        service_centre: Number of the text service centre, if the SIM does not know it.

    Raises:
        SimLocked: The SIM wants what we do not have.
        SubmitFailed: It refuses PDU mode, without which a length could be taken for a number.
        NoResponse: It fell silent.
        PortGone: The port vanished.
    """
    _try(line, "ATE0")
    _try(line, "AT+CMEE=1")
    _unlock(line, supervision, sim_pin)
    try:
        line.ask("AT+CMGF=0")
    except CommandRefused as refused:
        raise SubmitFailed(f"the modem refuses PDU mode: {refused}") from refused
    for command in _OPTIONAL:
        _try(line, command)
    set_service_centre(line, supervision, service_centre)


def set_service_centre(line: Conversation, supervision: Supervision, wanted: str | None) -> bool:
    """Tell the SIM its service centre if it knows none, or another than we were told.

    Returns:
        Whether it knows one now, as far as the modem says.

    Source:
        TS 27.005, 3.3.1: 145 is the type of an international number.
    """
    known = supervision.service_centre()
    if wanted is not None and known is not None and known != wanted:
        _try(line, f'AT+CSCA="{wanted}",145')
        known = supervision.service_centre()
    return known != ""


def _try(line: Conversation, command: str) -> None:
    try:
        line.ask(command)
    except CommandRefused as refused:
        _log.debug("%s: going on without it", refused)


def _unlock(line: Conversation, supervision: Supervision, sim_pin: str | None) -> None:
    state = supervision.sim_state()
    if state in (SimState.PUK, SimState.MISSING):
        what = "missing" if state is SimState.MISSING else "locked"
        raise SimLocked(f"sim {what}: put in a working one")
    if state is not SimState.PIN:
        return
    if sim_pin is None:
        raise SimLocked("sim locked: it wants a PIN, name it with modem.sim_pin_credential")
    if not _PIN.fullmatch(sim_pin):
        raise SimLocked("sim locked: its PIN must be four to eight digits")
    if sim_pin in _pins_tried:
        raise SimLocked("sim locked: it refused its PIN, correct the credential and restart")
    _enter(line, sim_pin)
    supervision.sim_state()


def _enter(line: Conversation, sim_pin: str) -> None:
    tries = tries_left(line)
    if tries is not None and tries < _FEWEST_TRIES:
        raise SimLocked(
            f"sim locked: {tries} try left for its PIN, enter it by hand in a telephone"
        )
    _pins_tried.add(sim_pin)
    try:
        line.ask(f'AT+CPIN="{sim_pin}"', _PIN_TIMEOUT_S)
    except CommandRefused as refused:
        raise SimLocked(
            f"sim locked: it refused its PIN ({refused.final}), correct it"
        ) from refused
    # Right: after the next start of the modem it may be given again.
    _pins_tried.discard(sim_pin)


def tries_left(line: Conversation) -> int | None:
    """Ask how often the SIM still lets its PIN be entered; None if it does not say.

    Raises:
        NoResponse: The modem is silent.
        PortGone: The port vanished.

    Source:
        3GPP TS 27.007, 8.65.
    """
    try:
        lines = line.ask("AT+CPINR")
    except CommandRefused:
        return None
    found = next((match for text in lines if (match := _TRIES_LEFT.fullmatch(text))), None)
    return None if found is None else int(found[1])
