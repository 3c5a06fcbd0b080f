"""The LTE modem: texts out, remarks in.

Owns the order of things on the modem's line: bringing it up, submitting a text, checking on it,
getting it back when it hangs. Invariant: a destination is written in one place, ``_hand_over``, and
only after the interlock was asked about the very number that is encoded; a late answer settles the
text it is for, never the next. It decides nothing about what to send, or when to try again.

For one thread; only ``wake`` and the interlock's ``armed`` are for others.

Source: 3GPP TS 27.005, TS 27.007; design 4.7 and 5.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from drivers.errors import (
    DriverError,
    NoResponse,
    NumberRefused,
    PortGone,
    ReportWithheld,
    SubmitAmbiguous,
    SubmitFailed,
    TransientError,
)
from drivers.modem.at import (
    FinalError,
    FinalOk,
    LateFinal,
    LateSubmit,
    Prompt,
    RegistrationChanged,
    StatusReportLine,
    Submitted,
    Urc,
)
from drivers.modem.bring_up import bring_up
from drivers.modem.conversation import Conversation
from drivers.modem.interlock import Interlock
from drivers.modem.pdu import Concat, PduError, StatusReport, Submit, strip_service_centre
from drivers.modem.port import ModemPort
from drivers.modem.power import PowerKey
from drivers.modem.refusals import refusal
from drivers.modem.settings import ModemSettings
from drivers.modem.status import ModemStatus, SimState, Supervision

if TYPE_CHECKING:
    from gpiozero import Factory

__all__ = [
    "ANSWER_TIMEOUT_S",
    "PROMPT_TIMEOUT_S",
    "LateReference",
    "Modem",
    "ModemEvent",
    "ModemStatus",
    "OutgoingText",
    "Rung",
    "SimState",
    "StatusReported",
]

PROMPT_TIMEOUT_S: Final = 3.0  # design 4.7
ANSWER_TIMEOUT_S: Final = 60.0  # vendors' manuals give the network 40 to 120 s
_OK_TIMEOUT_S: Final = 1.0  # +CMGS and its OK come together; some modems forget the OK
_LATE_ANSWER_S: Final = 180.0  # longer than any manual allows the network
_SECOND_ANSWER_S: Final = 2.0
_GOING_DOWN_S: Final = 3.0
_REBOOT_S: Final = 40.0  # SIM7600 and EC25 take 15 to 30 s from CFUN=1,1 to the first OK
_REOPEN_S: Final = 0.5
_KEEP_DAYS: Final = 2
# In text mode AT+CMGS takes a number where PDU mode takes a length. Should a modem fall back to it
# unseen, no length may be one that the fire service or the police answer.
_LENGTHS_LIKE_NUMBERS: Final = frozenset({112, 119})

_log = logging.getLogger(__name__)


class Rung(IntEnum):
    """The ladder that gets a hung modem back, gentlest first."""

    AT = 0
    ATZ = 1
    CFUN = 2
    POWER = 3


@dataclass(frozen=True, slots=True)
class OutgoingText:
    """One text, or one part of one.

    Attributes:
        number: Destination: E.164 with ``+``, or a short code as dialled.
        text: What it says; must fit into one message.
        live_origin: ``water`` or ``bell`` for a report; None for everything else.
        concat: Which part of a longer text it is.
        status_report: Ask the network to say when it is delivered.
    """

    number: str
    text: str
    live_origin: str | None = None
    concat: Concat | None = None
    status_report: bool = True


@dataclass(frozen=True, slots=True)
class LateReference:
    """The answer to a text came after ``SubmitAmbiguous``: it was accepted.

    ``text`` is the one that is settled; None where it may be any of several, which settles none.
    """

    reference: int
    text: OutgoingText | None


@dataclass(frozen=True, slots=True)
class StatusReported:
    """The network says what became of a text; may come before ``submit`` has returned."""

    report: StatusReport


ModemEvent = LateReference | StatusReported | Urc
_Answer = int | FinalError


class Modem:
    """A modem on a serial port.

    Args:
        settings: Where it is.
        interlock: Asked before every destination that is written.
        sim_pin: The SIM's PIN, if it wants one.
        clock: Monotonic seconds, the same as the interlock's journal.
        beat: Called at least once a second while a call lasts: the thread is alive.
        pin_factory: gpiozero's, for the power key.

    Every call but ``wake`` raises ``PortGone`` when the port vanishes; the modem is closed then.
    """

    def __init__(
        self,
        settings: ModemSettings,
        interlock: Interlock,
        *,
        sim_pin: str | None = None,
        clock: Callable[[], float] = time.monotonic,
        beat: Callable[[], None] = lambda: None,
        pin_factory: Factory | None = None,
    ) -> None:
        self._settings = settings
        self._interlock = interlock
        self._sim_pin = sim_pin
        self._clock = clock
        self._pin_factory = pin_factory
        self._port = ModemPort(settings.port, settings.baud)
        self._line = Conversation(self._port, clock, beat)
        self._supervision = Supervision(self._line)
        self._woken = threading.Event()
        self._unsettled: list[tuple[float, OutgoingText]] = []
        self._events: deque[ModemEvent] = deque(maxlen=256)

    @property
    def status(self) -> ModemStatus:
        """What is known of the modem without asking it."""
        return self._supervision.status

    @property
    def is_open(self) -> bool:
        """Whether the port is held."""
        return self._port.is_open

    def open(self) -> None:
        """Open the port, bring the modem up, and ask how it is.

        Raises:
            PortGone: The port is not there, or somebody else holds it.
            NoResponse: No modem answers on it.
            SimLocked: The SIM wants what we do not have; the modem is closed again.
            SubmitFailed: It refuses PDU mode.
        """
        self.close()
        self._port.open()
        try:
            self._line.begin()
            self._supervision.forget()
            self._make_ready()
            self._supervision.check(self._woken.is_set)
        except DriverError:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the port; safe to call twice, never raises."""
        self._port.close()

    def wake(self) -> None:
        """End ``wait`` now, or the next one at once; from any thread."""
        self._woken.set()
        self._port.wake()

    def wait(self, timeout_s: float) -> list[ModemEvent]:
        """Return what the modem said by itself, as soon as there is something.

        Args:
            timeout_s: Seconds to wait; 0 takes what is there.

        Returns:
            Events, oldest first; empty at the time-out or after ``wake``.

        Raises:
            NoResponse: It has restarted and does not come up; climb the ladder.
        """
        deadline_s = self._clock() + timeout_s
        while True:
            at_once = self._events or self._woken.is_set()
            self._line.listen(0.0 if at_once else max(0.0, self._left(deadline_s)))
            self._sort(self._line.take_remarks())
            if self._line.restarted or not self._line.clean:
                self._make_ready()
                self._sort(self._line.take_remarks())
            if self._events or self._woken.is_set() or self._left(deadline_s) <= 0.0:
                self._woken.clear()
                return self._take_events()

    def check(self) -> ModemStatus:
        """Ask how the modem is; a ``wake`` cuts it short.

        Raises:
            NoResponse: It has fallen silent.
        """
        self._become_ready()
        return self._supervision.check(self._woken.is_set)

    def submit(self, text: OutgoingText, answer_timeout_s: float = ANSWER_TIMEOUT_S) -> int:
        """Hand one text to the network.

        Returns:
            The message reference, 0 to 255; a ``StatusReported`` with it may follow.

        Raises:
            ReportWithheld: The interlock said no; nothing was written.
            NumberRefused: It will never be sent to this number.
            SubmitFailed: It was certainly not sent; try again.
            NotRegistered: There is no network.
            SimLocked: The SIM wants what we do not have.
            SubmitAmbiguous: Silence after it was handed over: it may have been sent.
            NoResponse: The modem does not answer at all; climb the ladder.
        """
        submit = _encoded(text)
        self._become_ready()
        began_s = self._clock()
        counted = self._interlock.permit(submit.number, text.live_origin, began_s)
        try:
            return self._hand_over(text, submit, answer_timeout_s)
        except SubmitAmbiguous:
            raise
        except DriverError:
            if counted:
                self._interlock.take_back(began_s)
            raise

    def reset(self, rung: Rung) -> None:
        """Get a hung modem back; it is open and ready when this returns.

        Without a power pin the last rung is the one before it.

        Raises:
            PortGone: It has not come back in 40 s, or there is no port; open it later.
            NoResponse: It does not answer; take the next rung.
        """
        _log.warning("resetting the modem: %s", rung.name)
        if rung is Rung.POWER and self._settings.power_pin is not None:
            self.close()
            PowerKey(self._settings.power_pin, self._pin_factory).cycle(self._line.pause)
            self._reopen()
        elif rung >= Rung.CFUN:
            self._restart()
            self._reopen()
        else:
            self._line.synchronise()
            if rung is Rung.ATZ:
                with contextlib.suppress(TransientError):
                    self._line.ask("ATZ")
            self._make_ready()

    # Being ready

    def _become_ready(self) -> None:
        if self._line.restarted or not self._line.clean:
            self._make_ready()

    def _make_ready(self) -> None:
        self._line.synchronise()
        # What it said of a start until now was before this; what it says from here on is not.
        self._line.restarted = False
        bring_up(self._line, self._supervision, self._sim_pin)

    def _recover(self) -> None:
        # What is not clean now is brought up again before the next command.
        with contextlib.suppress(TransientError):
            self._line.synchronise()

    def _restart(self) -> None:
        with contextlib.suppress(TransientError):
            self._line.ask("AT+CFUN=1,1")
        self._line.restarted = False
        deadline_s = self._clock() + _GOING_DOWN_S
        # A USB modem vanishes, one on a UART says RDY; either way its last OK is not a fresh one.
        with contextlib.suppress(PortGone):
            while self._left(deadline_s) > 0.0 and not self._line.restarted:
                self._line.listen(self._left(deadline_s))
                self._sort(self._line.take_remarks())
        self.close()

    def _reopen(self) -> None:
        deadline_s = self._clock() + _REBOOT_S
        while True:
            try:
                self.open()
            except TransientError:
                if self._left(deadline_s) <= 0.0:
                    raise
                self._line.pause(_REOPEN_S)
            else:
                return

    # Submitting

    def _hand_over(self, text: OutgoingText, submit: Submit, answer_timeout_s: float) -> int:
        length, digits = submit.to_command()
        self._line.command(f"AT+CMGS={length}")
        self._await_prompt()
        try:
            self._interlock.judge(submit.number, text.live_origin)  # disarmed while we waited?
        except ReportWithheld:
            self._recover()
            raise
        answer: _Answer | None = None
        try:
            self._line.body(digits)
            answer = self._await_answer(self._clock() + answer_timeout_s)
        except NoResponse:
            _log.warning("the modem's port did not take the whole text")
        if answer is None:
            raise self._ambiguous(text, answer_timeout_s)
        return self._credited(answer)

    def _await_prompt(self) -> None:
        deadline_s = self._clock() + PROMPT_TIMEOUT_S
        while (event := self._line.answer(deadline_s)) is not None:
            if isinstance(event, Prompt):
                return
            if isinstance(event, FinalError):
                raise refusal(event, about_number=False)
        self._recover()
        raise SubmitFailed(f"no prompt within {PROMPT_TIMEOUT_S:g} s: not sent, try again")

    def _await_answer(self, deadline_s: float) -> _Answer | None:
        while (event := self._next_answer(deadline_s)) is not None:
            if isinstance(event, FinalError):
                return event
            if isinstance(event, FinalOk):
                # OK without a reference: it may follow, or this OK ended something older.
                deadline_s = min(deadline_s, self._clock() + _OK_TIMEOUT_S)
            elif isinstance(event, LateSubmit):
                self._line.clean = False
                return event.reference
            else:
                self._end_of_answer()
                return event.reference
        return None

    def _end_of_answer(self) -> None:
        event = self._next_answer(self._clock() + _OK_TIMEOUT_S)
        if isinstance(event, LateSubmit):
            self._line.note(event)
        self._line.clean = isinstance(event, FinalOk)

    def _next_answer(
        self, deadline_s: float
    ) -> Submitted | LateSubmit | FinalOk | FinalError | None:
        try:
            while (event := self._line.next_event(deadline_s)) is not None:
                if isinstance(event, Submitted | LateSubmit | FinalOk | FinalError):
                    return event
                if isinstance(event, Urc):
                    self._line.note(event)
        except PortGone as error:
            _log.warning("%s, while a text was under way", error)
        return None

    def _ambiguous(self, text: OutgoingText, answer_timeout_s: float) -> SubmitAmbiguous:
        self._unsettled = [*self._candidates(), (self._clock(), text)]
        if self._port.is_open:
            self._recover()
        return SubmitAmbiguous(
            f"no answer within {answer_timeout_s:g} s of the text: it may have been sent"
        )

    def _candidates(self) -> list[tuple[float, OutgoingText]]:
        oldest_s = self._clock() - _LATE_ANSWER_S
        return [(since_s, text) for since_s, text in self._unsettled if since_s > oldest_s]

    def _credited(self, answer: _Answer) -> int:
        """Return the reference if ``answer`` is for the text just handed over, else raise.

        While an earlier text has no answer yet, the first that comes may be that one's: modems
        answer in order. So a second is waited for, and the last one is ours.
        """
        earlier = self._candidates()
        answers = [answer]
        if earlier:
            answers += self._further_answers(len(earlier))
            self._unsettled.clear()
        settled = earlier[0][1] if len(earlier) == 1 else None
        for late in answers[:-1]:
            if isinstance(late, int):
                self._events.append(LateReference(late, settled))
        ours = answers[-1]
        if isinstance(ours, FinalError):
            raise refusal(ours, about_number=not earlier or len(answers) > 1)
        return ours

    def _further_answers(self, most: int) -> list[_Answer]:
        deadline_s = self._clock() + _SECOND_ANSWER_S
        answers: list[_Answer] = []
        try:
            while len(answers) < most:
                event = self._line.next_event(deadline_s)
                if event is None:
                    break
                if isinstance(event, LateSubmit):
                    answers.append(event.reference)
                elif isinstance(event, LateFinal) and isinstance(event.final, FinalError):
                    answers.append(event.final)
                elif isinstance(event, Urc):
                    self._line.note(event)
        except PortGone as error:
            _log.warning("%s, after a text was answered", error)
        if answers:
            self._line.clean = False  # its OK may still be under way
        return answers

    # Remarks

    def _sort(self, remarks: list[Urc]) -> None:
        for remark in remarks:
            if isinstance(remark, LateSubmit):
                self._events.append(self._settled(remark))
            elif isinstance(remark, StatusReportLine):
                self._report(remark)
            elif type(remark) is Urc or isinstance(remark, LateFinal):
                _log.debug("the modem says %s", remark.text)
            else:
                if isinstance(remark, RegistrationChanged):
                    self._supervision.note(remark)
                self._events.append(remark)

    def _settled(self, remark: LateSubmit) -> LateReference:
        candidates = self._candidates()
        self._unsettled.clear()
        return LateReference(remark.reference, candidates[0][1] if len(candidates) == 1 else None)

    def _report(self, remark: StatusReportLine) -> None:
        try:
            report = StatusReport.from_bytes(strip_service_centre(remark.pdu, remark.octets))
        except PduError as error:
            _log.warning("a status report makes no sense: %s", error)
        else:
            self._events.append(StatusReported(report))

    def _take_events(self) -> list[ModemEvent]:
        taken = list(self._events)
        self._events.clear()
        return taken

    def _left(self, deadline_s: float) -> float:
        return deadline_s - self._clock()


def _encoded(text: OutgoingText) -> Submit:
    submit = Submit(text.number, text.text, text.concat, text.status_report)
    try:
        if len(submit.to_bytes()) in _LENGTHS_LIKE_NUMBERS:
            submit = replace(submit, validity_s=_KEEP_DAYS * 86400.0)
            submit.to_bytes()
    except PduError as error:
        raise NumberRefused(f"this text cannot be sent: {error}") from error
    return submit
