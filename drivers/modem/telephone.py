"""Calls on a modem's line: dialled, listed, answered, ended.

Owns the commands for calls. Invariant: nothing but the report number is ever dialled, and only what
the interlock lets pass; every command ends within five seconds, so that a text waits no longer. How
a call goes on, and when it is given up, is decided by whoever dials.

Source: 3GPP TS 27.007 (ATD 6.2 and 6.31, +CLCC 7.18, +CHUP 6.5), ITU-T V.250 (ATA, ATH).
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from typing import Final

from drivers.errors import (
    DriverError,
    NoResponse,
    NotRegistered,
    NumberRefused,
    SubmitFailed,
    TransientError,
)
from drivers.modem.at import FinalError
from drivers.modem.calls import Call, calls_in
from drivers.modem.conversation import CommandRefused, Conversation
from drivers.modem.interlock import Interlock
from drivers.modem.sound import Sound, sound_of

DIAL_TIMEOUT_S: Final = 5.0
"""ATD for a voice call is answered at once; a modem that waits for the far end is given up."""

_NO_NETWORK: Final = frozenset({30, 31, 32})
_NO_VOICE: Final = frozenset({3, 4})  # not allowed, not supported: TS 27.007, 9.2.1

_log = logging.getLogger(__name__)


class Telephone:
    """The calls of one modem, on a line that is ready."""

    def __init__(
        self, line: Conversation, interlock: Interlock, clock: Callable[[], float]
    ) -> None:
        self._line = line
        self._interlock = interlock
        self._clock = clock

    def dial(self, number: str, live_origin: str | None) -> None:
        """Ring a number; see ``Modem.dial``."""
        began_s = self._clock()
        self._interlock.permit_call(number, live_origin, began_s)
        try:
            self._line.ask(f"ATD{number};", DIAL_TIMEOUT_S)
        except CommandRefused as refused:
            if refused.final.kind != "CALL":  # engaged, or cut off at once: 119 may have heard it
                self._interlock.take_back_call(began_s)
            raise _refusal(refused.final) from refused
        except NoResponse:
            self._abandon()
            raise
        except DriverError:
            self._interlock.take_back_call(began_s)
            raise

    def _abandon(self) -> None:
        """Leave a dial that is not answered: any character ends it (V.250, 6.3.1)."""
        with contextlib.suppress(TransientError):
            self._line.synchronise()
            self.hang_up()

    def calls(self) -> tuple[Call, ...] | None:
        """Return the calls there are; None where the modem cannot list them."""
        try:
            return calls_in(self._line.ask("AT+CLCC"))
        except CommandRefused:
            return None

    def answer(self) -> None:
        """Take the call that comes in."""
        try:
            self._line.ask("ATA", DIAL_TIMEOUT_S)
        except CommandRefused as refused:
            raise SubmitFailed(f"the call cannot be taken: {refused}") from refused

    def hang_up(self) -> None:
        """End every call."""
        for command in ("AT+CHUP", "ATH"):
            try:
                self._line.ask(command)
            except CommandRefused as refused:
                _log.debug("%s", refused)
            else:
                return

    def make_hands_free(self, model: str | None) -> bool:
        """Switch to the loudspeaker; False if we do not know how, or the modem refuses."""
        sound = sound_of(model)
        return sound is not None and all(self._obeyed(command) for command in sound.hands_free)

    def play(self, model: str | None, name: str) -> bool:
        """Play a recording to the other side; False if it cannot be."""
        sound: Sound | None = sound_of(model)
        if sound is None or sound.play is None:
            return False
        return self._obeyed(sound.play.format(name=name))

    def _obeyed(self, command: str) -> bool:
        try:
            self._line.ask(command)
        except CommandRefused as refused:
            _log.info("%s", refused)
            return False
        return True


def _refusal(final: FinalError) -> DriverError:
    """Return what a refused call means for whoever wants to ring."""
    if final.kind == "CME" and final.code in _NO_NETWORK:
        return NotRegistered(f"{final}: no network for calls")
    if final.kind == "CME" and final.code in _NO_VOICE:
        return NumberRefused(f"{final}: this modem or SIM makes no calls")
    return SubmitFailed(f"{final}: the call did not come about")
