"""Calls on the modem's line: whom it rings for how long, and whom it answers (design 5)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import inf

import pytest

from drivers.errors import (
    DriverError,
    NotRegistered,
    NumberRefused,
    PortGone,
    ReportWithheld,
    SubmitFailed,
)
from drivers.modem.at import CallEnded, CallerId, Ring
from drivers.modem.calls import Call, CallStage
from drivers.modem.interlock import TooManyReports
from edge.events import Attempted, CallCame, Outcome
from edge.messages.calling import RING_S, TALK_LONGEST_S, Expected, VoiceLine
from edge.messages.job import Job

CALL = Job("i1/1/call/119/1/1", "119", "", "bell")
ALLOWED = ("119", "02*")


@dataclass
class Line:
    """A modem's calls, made by hand; ``there`` is what it says of them, None: it cannot tell."""

    there: tuple[Call, ...] | None = ()
    script: deque[DriverError] = field(default_factory=deque)
    book: list[str] = field(default_factory=list)
    deaf: bool = False

    def dial(self, number: str, live_origin: str | None) -> None:
        self.book.append(f"dial {number} {live_origin}")
        if self.script:
            raise self.script.popleft()
        self.be(CallStage.DIALLING)

    def be(self, stage: CallStage) -> None:
        if self.there is not None:
            self.there = (Call(1, incoming=False, stage=stage, number="119"),)

    def ring(self, number: str) -> None:
        self.there = (Call(1, incoming=True, stage=CallStage.INCOMING, number=number),)

    def calls(self) -> tuple[Call, ...] | None:
        return self.there

    def answer(self) -> None:
        self.book.append("answer")

    def hang_up(self) -> None:
        if self.deaf:
            raise PortGone("unplugged")
        self.book.append("hang up")
        self.there = None if self.there is None else ()

    def make_hands_free(self) -> bool:
        self.book.append("hands free")
        return True

    def play_message(self, name: str) -> bool:
        self.book.append(f"play {name}")
        return True


class Bench:
    """A voice line on a clock moved by hand."""

    def __init__(self, *, blind: bool = False, message: str | None = None) -> None:
        self.line = Line(there=None if blind else ())
        self.told: list[Attempted | CallCame] = []
        self.now_s = 1000.0
        self.woken = 0
        self.voice = VoiceLine(
            self.line,
            put=self.told.append,
            clock=lambda: self.now_s,
            report_number="119",
            answer_calls_from=ALLOWED,
            message=message,
        )
        self.voice.wake = self.wake
        self.voice.serve()  # at the start it looks whether a call of another life rings on
        assert self.line.book == []

    def wake(self) -> None:
        self.woken += 1

    def run(self, seconds: float) -> None:
        """Serve whenever it wants to be served."""
        end_s = self.now_s + seconds
        while self.voice.due_s() <= end_s:
            self.now_s = max(self.now_s, self.voice.due_s())
            self.voice.serve()
        self.now_s = end_s

    @property
    def outcomes(self) -> list[Outcome]:
        return [one.outcome for one in self.told if isinstance(one, Attempted)]

    @property
    def came(self) -> list[CallCame]:
        return [one for one in self.told if isinstance(one, CallCame)]


def test_a_call_that_is_answered_is_hands_free_and_plays_its_message() -> None:
    bench = Bench(message="E:/floodbell.wav")
    assert bench.voice.due_s() == inf, "nothing to do"
    bench.voice.submit(CALL)
    assert bench.woken == 1
    bench.run(5.0)
    assert bench.line.book == ["hands free", "dial 119 bell"]
    bench.line.be(CallStage.ALERTING)
    bench.run(5.0)
    assert bench.told == []
    bench.line.be(CallStage.ACTIVE)
    bench.run(2.0)
    (answered,) = bench.told
    assert isinstance(answered, Attempted)
    assert (answered.key, answered.route, answered.outcome) == (CALL.key, "voice", Outcome.ACCEPTED)
    assert bench.line.book[-1] == "play E:/floodbell.wav"
    bench.run(60.0)
    assert "hang up" not in bench.line.book, "who talks is not cut off"
    bench.line.there = ()
    bench.run(2.0)
    assert bench.voice.due_s() == inf
    assert bench.outcomes == [Outcome.ACCEPTED]


def test_who_does_not_answer_is_rung_for_thirty_seconds_at_least() -> None:
    bench = Bench()
    bench.voice.submit(CALL)
    bench.run(RING_S - 1.0)
    assert bench.told == []
    assert RING_S >= 30.0
    bench.run(3.0)
    assert bench.outcomes == [Outcome.FAILED]
    assert bench.line.book[-1] == "hang up"
    assert bench.voice.due_s() == inf


def test_a_busy_line_is_a_failure_at_once() -> None:
    bench = Bench()
    bench.voice.submit(CALL)
    bench.run(3.0)
    bench.voice.heard(CallEnded("BUSY"))
    bench.line.there = ()
    bench.run(0.0)
    assert bench.outcomes == [Outcome.FAILED]


@pytest.mark.parametrize(
    ("error", "outcome", "registered", "wait_s"),
    [
        (ReportWithheld("not armed"), Outcome.WITHHELD, True, None),
        (TooManyReports("too many", 30.0), Outcome.WITHHELD, True, 30.0),
        (SubmitFailed("NO CARRIER"), Outcome.FAILED, True, None),
        (NotRegistered("no network"), Outcome.FAILED, False, None),
        (NumberRefused("no voice"), Outcome.REFUSED, True, None),
    ],
)
def test_a_call_that_does_not_begin_says_why(
    error: DriverError, outcome: Outcome, registered: bool, wait_s: float | None
) -> None:
    bench = Bench()
    bench.line.script.append(error)
    bench.voice.submit(CALL)
    bench.run(1.0)
    (ended,) = bench.told
    assert isinstance(ended, Attempted)
    assert (ended.outcome, ended.registered, ended.wait_s) == (outcome, registered, wait_s)


def test_a_port_that_goes_ends_the_call_and_is_the_workers_business() -> None:
    bench = Bench()
    bench.line.script.append(PortGone("unplugged"))
    bench.voice.submit(CALL)
    with pytest.raises(PortGone):
        bench.voice.serve()
    assert bench.outcomes == [Outcome.FAILED]
    bench.voice.submit(CALL)
    bench.voice.lost(PortGone("unplugged"))
    bench.voice.submit(CALL)
    bench.run(1.0)
    bench.voice.lost(PortGone("unplugged"))
    assert bench.outcomes == [Outcome.FAILED] * 3
    assert "hang up" not in bench.line.book, "there is no port"
    bench.line.be(CallStage.ALERTING)
    bench.run(0.0)
    assert bench.line.book[-1] == "hang up", "119 is not left ringing"
    assert bench.voice.due_s() == inf


def test_nobody_is_rung_any_more_once_the_call_is_not_wanted() -> None:
    bench = Bench()
    bench.voice.submit(CALL)
    bench.voice.hurry()
    bench.run(0.0)
    assert bench.line.book == []
    bench.voice.submit(CALL)
    bench.run(2.0)
    bench.voice.hurry()
    bench.run(0.0)
    assert bench.line.book[-1] == "hang up"
    assert bench.outcomes == [Outcome.FAILED] * 2


def test_a_conversation_is_not_ended_by_a_reset() -> None:
    bench = Bench()
    bench.voice.submit(CALL)
    bench.run(1.0)
    bench.line.be(CallStage.ACTIVE)
    bench.run(2.0)
    bench.voice.hurry()
    bench.run(2.0)
    assert "hang up" not in bench.line.book


def test_who_talks_to_119_already_does_not_ring_it_again() -> None:
    bench = Bench()
    bench.voice.submit(CALL)
    bench.run(1.0)
    bench.line.be(CallStage.ACTIVE)
    bench.run(2.0)
    bench.voice.submit(CALL)
    bench.run(1.0)
    assert bench.outcomes == [Outcome.ACCEPTED] * 2
    assert [entry for entry in bench.line.book if entry.startswith("dial")] == ["dial 119 bell"]


def test_every_call_has_an_end() -> None:
    bench = Bench()
    bench.voice.submit(CALL)
    bench.run(1.0)
    bench.line.be(CallStage.ACTIVE)
    bench.run(TALK_LONGEST_S + 5.0)
    assert bench.line.book[-1] == "hang up"
    assert bench.voice.due_s() == inf


def test_a_modem_that_cannot_list_its_calls_is_not_cut_off_for_a_guess() -> None:
    bench = Bench(blind=True)
    bench.voice.submit(CALL)
    bench.run(RING_S + 2.0)
    assert bench.outcomes == [Outcome.ACCEPTED]
    assert "hang up" not in bench.line.book
    bench.voice.heard(CallEnded("NO CARRIER"))
    assert bench.voice.due_s() == inf
    bench.voice.submit(CALL)
    bench.run(3.0)
    bench.voice.heard(CallEnded("BUSY"))
    assert bench.outcomes == [Outcome.ACCEPTED, Outcome.FAILED]


# Who calls us


def ring(bench: Bench, number: str, *, clip: bool = True) -> None:
    if bench.line.there is not None:
        bench.line.ring(number)
    bench.voice.heard(Ring("RING"))
    if clip:
        bench.voice.heard(CallerId(f'+CLIP: "{number}"', number))


@pytest.mark.parametrize("blind", [False, True])
@pytest.mark.parametrize(
    ("number", "expected", "answered"),
    [
        ("119", Expected(incident_open=True), True),
        ("0212345678", Expected(incident_open=True), True),
        ("0212345678", Expected(), False),
        ("01012345678", Expected(incident_open=True, reported_s=999.0), False),
        ("", Expected(incident_open=True), False),
        ("", Expected(incident_open=True, reported_s=990.0), True),
        ("", Expected(incident_open=False, reported_s=1000.0 - 3599.0), True),
        ("", Expected(incident_open=True, reported_s=1000.0 - 3601.0), False),
    ],
)
def test_119_may_call_back_and_nobody_else(
    number: str, expected: Expected, answered: bool, blind: bool
) -> None:
    bench = Bench(blind=blind)
    bench.voice.expected = expected
    ring(bench, number)
    bench.run(0.5)
    assert [came.answered for came in bench.came] == [answered]
    assert bench.came[0].withheld is (number == "")
    assert ("answer" in bench.line.book) is answered
    if answered:
        assert bench.line.book == ["hands free", "answer"]


def test_a_call_is_judged_once_however_often_it_rings() -> None:
    bench = Bench()
    ring(bench, "01012345678")
    for _ in range(5):
        bench.voice.heard(Ring("RING"))
        bench.run(5.0)
    assert len(bench.came) == 1
    assert bench.line.book == [], "nobody is told that somebody is there"
    bench.voice.heard(CallEnded("NO CARRIER"))
    bench.line.there = ()
    bench.run(2.0)
    ring(bench, "01012345678")
    bench.run(1.0)
    assert len(bench.came) == 2


def test_a_stranger_does_not_hold_the_line_while_an_incident_is_open() -> None:
    bench = Bench()
    bench.voice.expected = Expected(incident_open=True)
    ring(bench, "01012345678")
    bench.run(1.0)
    assert bench.line.book == ["hang up"]


def test_a_caller_without_a_number_is_judged_after_a_moment_where_nothing_tells() -> None:
    bench = Bench(blind=True)
    bench.voice.expected = Expected(incident_open=True, reported_s=999.0)
    ring(bench, "", clip=False)
    bench.run(1.0)
    assert bench.came == []
    bench.run(3.0)
    assert [came.answered for came in bench.came] == [True]


def test_whoever_rings_makes_way_when_119_is_to_be_called() -> None:
    bench = Bench()
    ring(bench, "01012345678")
    bench.run(1.0)
    bench.voice.submit(CALL)
    bench.run(1.0)
    assert bench.line.book == ["hang up", "hands free", "dial 119 bell"]


def test_119_that_has_called_back_is_not_rung_as_well() -> None:
    bench = Bench()
    bench.voice.expected = Expected(incident_open=True)
    ring(bench, "119")
    bench.run(1.0)
    bench.line.there = (Call(1, incoming=True, stage=CallStage.ACTIVE, number="119"),)
    bench.voice.submit(CALL)
    bench.run(1.0)
    assert bench.outcomes == [Outcome.ACCEPTED]
    bench.run(TALK_LONGEST_S + 2.0)
    assert bench.line.book[-1] == "hang up", "every call has an end"


def test_a_call_of_another_life_that_rings_on_is_ended_and_a_conversation_is_not() -> None:
    for stage, ended in (
        (CallStage.DIALLING, True),
        (CallStage.ALERTING, True),
        (CallStage.ACTIVE, False),
    ):
        bench = Bench()
        bench.line.be(stage)
        again = VoiceLine(bench.line, put=bench.told.append, clock=lambda: 0.0, report_number="119")
        assert again.due_s() == -inf
        again.serve()
        assert ("hang up" in bench.line.book) is ended
        assert again.due_s() == inf


def test_a_hanging_up_that_fails_is_made_good_when_the_modem_is_back() -> None:
    bench = Bench()
    bench.voice.submit(CALL)
    bench.run(1.0)
    bench.line.be(CallStage.ALERTING)
    bench.line.deaf = True
    with pytest.raises(PortGone):
        bench.run(RING_S + 2.0)
    bench.voice.lost(PortGone("unplugged"))
    bench.line.deaf = False
    bench.run(0.0)
    assert bench.line.book[-1] == "hang up"
    assert bench.outcomes == [Outcome.FAILED]


def test_somebody_who_is_not_119_makes_way_when_119_is_to_be_called() -> None:
    bench = Bench()
    bench.voice.expected = Expected(incident_open=True)
    ring(bench, "0212345678")
    bench.run(1.0)
    bench.line.there = (Call(1, incoming=True, stage=CallStage.ACTIVE, number="0212345678"),)
    bench.voice.submit(CALL)
    bench.run(1.0)
    assert bench.line.book[-3:] == ["hang up", "hands free", "dial 119 bell"]


def test_who_calls_after_a_report_was_accepted_is_taken_for_119() -> None:
    bench = Bench()
    bench.voice.expected = Expected(incident_open=True, reported_s=999.0)
    ring(bench, "0212345678")
    bench.run(1.0)
    bench.line.there = (Call(1, incoming=True, stage=CallStage.ACTIVE, number="0212345678"),)
    bench.voice.submit(CALL)
    bench.run(1.0)
    assert bench.outcomes == [Outcome.ACCEPTED]


def test_a_stranger_who_rings_does_not_cut_the_call_to_119() -> None:
    bench = Bench()
    bench.voice.expected = Expected(incident_open=True)
    bench.voice.submit(CALL)
    bench.run(2.0)
    stranger = Call(2, incoming=True, stage=CallStage.INCOMING, number="01012345678")
    assert bench.line.there is not None
    bench.line.there = (*bench.line.there, stranger)
    bench.voice.heard(Ring("RING"))
    bench.run(2.0)
    assert [came.answered for came in bench.came] == [False]
    assert "hang up" not in bench.line.book


def test_a_number_that_is_told_a_moment_later_is_waited_for() -> None:
    bench = Bench()
    bench.voice.expected = Expected(incident_open=True)
    bench.line.ring("")
    bench.voice.heard(Ring("RING"))
    bench.run(1.0)
    assert bench.came == []
    bench.voice.heard(CallerId('+CLIP: "119"', "119"))
    bench.run(0.5)
    assert [came.answered for came in bench.came] == [True]
