"""The calls of an emulated modem: what it dials, who rings it, and what it says of both.

Owns the state of calls and its changes over time. It shares no code with ``drivers.modem``. Nobody
is really called.

Source: 3GPP TS 27.007 (+CLCC 7.18, +CLIP 7.6, +CHUP 6.5); SIM7500/SIM7600 AT manual (VOICE CALL).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

_ACTIVE, _DIALLING, _ALERTING, _INCOMING = 0, 2, 3, 4
_RING_EVERY_S = 5.0


@dataclass(slots=True)
class _Call:
    number: str
    incoming: bool
    stage: int


class EmulatedCalls:
    """At most one call at a time, as on a bell's modem.

    Args:
        say: Says a line.
        after: Does something after so many seconds.
        voice_urcs: Whether it says ``VOICE CALL: BEGIN`` and ``END``.

    Attributes:
        answers_after_s: How long the other side lets it ring; None: nobody answers.
        busy: Whether the other side is engaged.
        dialled: Every number that was ever dialled.
        played: Every recording that was played.
        taken: Numbers of incoming calls that the host answered.
        shows_number: Whether ``+CLIP`` was asked for.
    """

    def __init__(
        self,
        say: Callable[[str], None],
        after: Callable[[float, Callable[[], None]], None],
        *,
        voice_urcs: bool,
    ) -> None:
        self._say = say
        self._after = after
        self._voice_urcs = voice_urcs
        self._call: _Call | None = None
        self.answers_after_s: float | None = None
        self.busy = False
        self.dialled: list[str] = []
        self.played: list[str] = []
        self.taken: list[str] = []
        self.shows_number = False

    @property
    def number(self) -> str | None:
        """Who is at the other end of a call that we made; None if we made none."""
        call = self._call
        return call.number if call is not None and not call.incoming else None

    def forget(self) -> None:
        """Start again: no call is left, and no caller is shown."""
        self._call = None
        self.shows_number = False

    def dial(self, number: str) -> list[str]:
        """Set a call up; return the answer to ATD."""
        if self._call is not None:
            return ["BUSY"]
        self.dialled.append(number)
        if self.busy:
            return ["BUSY"]
        call = self._call = _Call(number, incoming=False, stage=_DIALLING)
        self._after(0.1, lambda: self._go(call, _DIALLING, _ALERTING))
        if self.answers_after_s is not None:
            self._after(0.1 + self.answers_after_s, lambda: self._go(call, _ALERTING, _ACTIVE))
        return ["OK"]

    def listed(self) -> list[str]:
        """Answer to AT+CLCC."""
        call = self._call
        if call is None:
            return ["OK"]
        number = f',"{call.number}",129' if call.number else ""
        return [f"+CLCC: 1,{int(call.incoming)},{call.stage},0,0{number}", "OK"]

    def answer(self) -> list[str]:
        """Answer to ATA."""
        call = self._call
        if call is None or call.stage != _INCOMING:
            return ["ERROR"]
        self.taken.append(call.number)
        self._go(call, _INCOMING, _ACTIVE)
        return ["OK"]

    def hang_up(self) -> list[str]:
        """Answer to AT+CHUP and ATH."""
        self._end()
        return ["OK"]

    def play(self, name: str) -> list[str]:
        """Answer to AT+CCMXPLAY: only in a conversation."""
        if self._call is None or self._call.stage != _ACTIVE:
            return ["ERROR"]
        self.played.append(name)
        return ["+CCMXPLAY:", "OK"]

    # What the other side does

    def ring(self, number: str) -> None:
        """Somebody calls; an empty number is withheld."""
        call = self._call = _Call(number, incoming=True, stage=_INCOMING)
        self._ring(call)

    def end_remotely(self) -> None:
        """The other side hangs up."""
        if self._call is not None:
            self._end()
            self._say("NO CARRIER")

    def _ring(self, call: _Call) -> None:
        if self._call is not call or call.stage != _INCOMING:
            return
        self._say("RING")
        if self.shows_number:
            self._say(f'+CLIP: "{call.number}",{145 if call.number.startswith("+") else 129},,,,0')
        self._after(_RING_EVERY_S, lambda: self._ring(call))

    def _go(self, call: _Call, before: int, stage: int) -> None:
        if self._call is call and call.stage == before:
            call.stage = stage
            if stage == _ACTIVE and self._voice_urcs:
                self._say("VOICE CALL: BEGIN")

    def _end(self) -> None:
        call, self._call = self._call, None
        if call is not None and self._voice_urcs:
            talked = call.stage == _ACTIVE
            self._say("VOICE CALL: END: 000001" if talked else "MISSED_CALL: 12:00PM")
