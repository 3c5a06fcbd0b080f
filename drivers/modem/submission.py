"""One text from the interlock to the network's answer.

Owns the only place where a destination is written, ``_hand_over``, and the crediting of answers to
texts. Invariant: the interlock was asked about the very number that is encoded, before the
announcement and again before the body; a late answer settles the text it is for, never the next. It
does not bring the modem up, and it tries nothing twice.

Source: 3GPP TS 27.005, 3.5.1 and 4.3; design 4.7 and 4.8.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

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
    AtEvent,
    FinalError,
    FinalOk,
    LateFinal,
    LateSubmit,
    Prompt,
    Submitted,
    Urc,
)
from drivers.modem.conversation import Conversation
from drivers.modem.interlock import Interlock
from drivers.modem.pdu import Concat, PduError, Submit
from drivers.modem.refusals import refusal

PROMPT_TIMEOUT_S: Final = 3.0  # design 4.7
ANSWER_TIMEOUT_S: Final = 60.0  # vendors' manuals give the network 40 to 120 s
HURRIED_TIMEOUT_S: Final = 8.0
"""What a text gets from its last byte on while something worse waits (design 5)."""

_LOOK_EVERY_S: Final = 0.5  # how soon a text in flight notices that it is to hurry
_OK_TIMEOUT_S: Final = 1.0  # +CMGS and its OK come together; some modems forget the OK
_LATE_ANSWER_S: Final = 180.0  # longer than any manual allows the network
_SECOND_ANSWER_S: Final = 8.0
"""How long, after a text that was never answered, a second answer is waited for: the first may be
the old one's, and the new one's may be a refusal."""

_PASSED_ANSWER_S: Final = 0.5  # for a text that another was answered after: it is hardly in order
_KEEP_S: Final = 172_800.0
# In text mode AT+CMGS takes a number where PDU mode takes a length. Should a modem fall back to it
# unseen, no length may be one that the fire service or the police answer.
_LENGTHS_LIKE_NUMBERS: Final = frozenset({112, 119})

_log = logging.getLogger(__name__)


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


_Answer = int | FinalError


@dataclass(frozen=True, slots=True)
class _Unsettled:
    """A text without an answer; ``passed`` once a later one has had its own."""

    since_s: float
    text: OutgoingText
    passed: bool = False


class Submission:
    """Hands texts over on a modem's line, one at a time.

    Attributes:
        settled: Texts of before whose answer came while a later one was under way.
    """

    def __init__(
        self, line: Conversation, interlock: Interlock, clock: Callable[[], float]
    ) -> None:
        self.settled: list[LateReference] = []
        self._line = line
        self._interlock = interlock
        self._clock = clock
        self._hurried: Callable[[], bool] = lambda: False
        self._unsettled: list[_Unsettled] = []

    def submit(
        self,
        text: OutgoingText,
        submit: Submit,
        answer_timeout_s: float,
        hurried: Callable[[], bool] = lambda: False,
    ) -> int:
        """Hand one text over on a line that is ready; see ``Modem.submit``."""
        self._hurried = hurried
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

    def settle(self, remark: LateSubmit) -> LateReference:
        """Credit an answer that came while nothing was under way."""
        candidates = self._candidates()
        self._unsettled.clear()
        return LateReference(remark.reference, _only(candidates))

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
            answer = self._await_answer(self._clock(), answer_timeout_s)
        except NoResponse:
            _log.warning("the modem's port did not take the whole text")
        if answer is None:
            raise self._ambiguous(text)
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

    def _await_answer(self, handed_s: float, timeout_s: float) -> _Answer | None:
        deadline_s = handed_s + timeout_s
        while (event := self._unhurried_answer(handed_s, deadline_s)) is not None:
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

    def _unhurried_answer(
        self, handed_s: float, deadline_s: float
    ) -> Submitted | LateSubmit | FinalOk | FinalError | None:
        """Return the next answer; None at the deadline, or once something worse has waited."""
        while True:
            if self._hurried():
                deadline_s = min(deadline_s, handed_s + HURRIED_TIMEOUT_S)
            now_s = self._clock()
            event = self._next_answer(min(deadline_s, now_s + _LOOK_EVERY_S))
            if event is not None or self._clock() >= deadline_s or not self._line.port.is_open:
                return event

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

    def _ambiguous(self, text: OutgoingText) -> SubmitAmbiguous:
        self._unsettled = [*self._candidates(), _Unsettled(self._clock(), text)]
        if self._line.port.is_open:
            self._recover()
        return SubmitAmbiguous("no answer after the text was handed over: it may have been sent")

    def _candidates(self) -> list[_Unsettled]:
        oldest_s = self._clock() - _LATE_ANSWER_S
        return [one for one in self._unsettled if one.since_s > oldest_s]

    def _credited(self, answer: _Answer) -> int:
        """Return the reference if ``answer`` is for the text just handed over, else raise.

        While an earlier text has no answer yet, the first that comes may be that one's: modems
        answer in order. So a second is waited for, and the last one is ours. An earlier text that
        was passed so may still be settled by an answer that comes while nothing is under way.
        """
        earlier = self._candidates()
        answers = [answer]
        if earlier:
            patience_s = min(
                _PASSED_ANSWER_S if one.passed else _SECOND_ANSWER_S for one in earlier
            )
            answers += self._further_answers(len(earlier), patience_s)
            passed = [replace(one, passed=True) for one in earlier]
            self._unsettled = passed if len(answers) == 1 else []
        for late in answers[:-1]:
            if isinstance(late, int):
                self.settled.append(LateReference(late, _only(earlier)))
        ours = answers[-1]
        if isinstance(ours, FinalError):
            raise refusal(ours, about_number=not earlier or len(answers) > 1)
        return ours

    def _further_answers(self, most: int, patience_s: float) -> list[_Answer]:
        deadline_s = self._clock() + patience_s
        answers: list[_Answer] = []
        try:
            while len(answers) < most:
                event = self._event_unless_hurried(deadline_s)
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

    def _event_unless_hurried(self, deadline_s: float) -> AtEvent | None:
        """Return what comes next; None at the deadline, or once something worse waits."""
        while not self._hurried() and (now_s := self._clock()) < deadline_s:
            event = self._line.next_event(min(deadline_s, now_s + _LOOK_EVERY_S))
            if event is not None:
                return event
        return None

    def _recover(self) -> None:
        # What is not clean now is brought up again before the next command.
        with contextlib.suppress(TransientError):
            self._line.synchronise()


def _only(unsettled: list[_Unsettled]) -> OutgoingText | None:
    """Return the one text that an answer can be for; None if there are several, or none."""
    return unsettled[0].text if len(unsettled) == 1 else None


def encode(text: OutgoingText) -> Submit:
    """Return the TPDU of a text.

    Raises:
        NumberRefused: The number is none, or the text does not fit.
    """
    submit = Submit(text.number, text.text, text.concat, text.status_report)
    try:
        if len(submit.to_bytes()) in _LENGTHS_LIKE_NUMBERS:
            submit = replace(submit, validity_s=_KEEP_S)
            submit.to_bytes()
    except PduError as error:
        raise NumberRefused(f"this text cannot be sent: {error}") from error
    return submit
