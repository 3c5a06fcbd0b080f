"""What 119's silence, its late "no", and a call mean for an episode (design 4.7, 5)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from edge.effects import Call, Effect, Log, Notice, Purpose, Report, Withdraw, call_key, report_key
from edge.events import Attempted, Hand, Outcome
from edge.law import outcomes
from edge.law.notices import HOUSEHOLD
from edge.law.state import Incident, ReportState, State
from tests.edge.law.basement import ONE_SENSOR, PEOPLE, Basement

CALLED_FOR_BOTH = replace(
    ONE_SENSOR, report=replace(ONE_SENSOR.report, voice=frozenset({"bell", "water"}))
)
CALLED_FOR_THE_BELL = replace(
    ONE_SENSOR, report=replace(ONE_SENSOR.report, voice=frozenset({"bell"}))
)


def home_in_danger(**more: Any) -> Basement:
    home = Basement(accepts=False, **more)
    home.run(20.0, door=160.0)
    assert home.state.incident is not None
    return home


def attempt(home: Basement, outcome: Outcome, repeat: int = 1, **more: Any) -> list[Effect]:
    assert home.state.incident is not None
    before = len(home.effects)
    key = report_key(home.state.incident.id, 1, repeat)
    home.event(Attempted(key, "modem", outcome, "as the test says", **more))
    return [effect for _, effect in home.effects[before:]]


def the_report(home: Basement) -> ReportState:
    assert home.state.incident is not None
    return home.state.incident.reports[0]


def told(effects: list[Effect]) -> list[tuple[Purpose, tuple[str, ...]]]:
    return [(e.purpose, e.contacts) for e in effects if isinstance(e, Notice)]


def logged(effects: list[Effect]) -> list[str]:
    return [e.type for e in effects if isinstance(e, Log)]


def test_from_the_third_silence_on_people_know_that_119_has_confirmed_nothing() -> None:
    home = home_in_danger()
    assert told(attempt(home, Outcome.AMBIGUOUS)) == []
    assert told(attempt(home, Outcome.AMBIGUOUS)) == []
    effects = attempt(home, Outcome.AMBIGUOUS)
    ((purpose, contacts),) = told(effects)
    assert purpose is Purpose.UNCONFIRMED
    assert {PEOPLE[name] for name in contacts} == HOUSEHOLD
    assert logged(effects) == ["report_unconfirmed"]
    why = "not confirmed after 3 attempts without an answer"
    assert [e.reason for e in effects if isinstance(e, Log)] == [why]
    assert told(attempt(home, Outcome.AMBIGUOUS)) == [], "once"
    home.run(100.0, door=160.0)
    assert not [e for _, e in home.effects if isinstance(e, Log) and e.type == "report_unreached"]


def test_who_was_told_after_a_minute_is_not_told_again_of_the_silence() -> None:
    home = home_in_danger()
    home.run(70.0, door=160.0)
    assert the_report(home).unreached
    for _ in range(4):
        assert told(attempt(home, Outcome.AMBIGUOUS)) == []


def test_silence_after_119_has_accepted_a_report_of_the_episode_alarms_nobody() -> None:
    home = home_in_danger()
    attempt(home, Outcome.ACCEPTED)
    home.run(61.0, door=160.0)
    for _ in range(4):
        assert told(attempt(home, Outcome.AMBIGUOUS, repeat=2)) == []


def test_ten_silences_count_as_sent_and_take_nothing_back() -> None:
    home = home_in_danger()
    for _ in range(3):
        attempt(home, Outcome.AMBIGUOUS)
    effects = attempt(home, Outcome.ACCEPTED, confirmed=False)
    assert logged(effects) == ["report_unconfirmed"]
    assert not [e for e in effects if isinstance(e, Withdraw)]
    assert (the_report(home).accepted, the_report(home).waiting) == (1, False)
    assert the_report(home).next_s is not None, "the repeats go on"


def test_a_real_acceptance_takes_back_what_has_not_left_of_both_texts() -> None:
    home = home_in_danger()
    for _ in range(3):
        attempt(home, Outcome.AMBIGUOUS)
    (withdraw,) = [e for e in attempt(home, Outcome.ACCEPTED) if isinstance(e, Withdraw)]
    assert withdraw.purposes == (Purpose.CALL_YOURSELF, Purpose.UNCONFIRMED)


def test_silences_of_an_episode_are_remembered_over_a_restart() -> None:
    home = home_in_danger()
    attempt(home, Outcome.AMBIGUOUS)
    attempt(home, Outcome.AMBIGUOUS)
    home.restart()
    assert the_report(home).silences == 2
    assert [p for p, _ in told(attempt(home, Outcome.AMBIGUOUS))] == [Purpose.UNCONFIRMED]


def test_a_report_that_did_not_arrive_is_not_one_that_119_has() -> None:
    home = home_in_danger()
    attempt(home, Outcome.ACCEPTED)
    effects = attempt(home, Outcome.UNDELIVERED)
    assert [p for p, _ in told(effects)] == [Purpose.CALL_YOURSELF]
    assert logged(effects) == ["report_unreached"]
    assert [e.reason for e in effects if isinstance(e, Log)] == ["not delivered: as the test says"]
    assert the_report(home).accepted == 0
    effects = attempt(home, Outcome.ACCEPTED)
    assert the_report(home).accepted == 1
    assert [e for e in effects if isinstance(e, Withdraw)], "and now it has it after all"


def test_one_of_three_that_did_not_arrive_alarms_nobody() -> None:
    home = home_in_danger()
    attempt(home, Outcome.ACCEPTED)
    home.run(61.0, door=160.0)
    attempt(home, Outcome.ACCEPTED, repeat=2)
    assert told(attempt(home, Outcome.UNDELIVERED)) == []
    assert the_report(home).accepted == 1
    assert told(attempt(home, Outcome.UNDELIVERED, repeat=3)) == [], "of that it knows nothing"
    attempt(home, Outcome.ACCEPTED)
    attempt(home, Outcome.ACCEPTED)
    assert the_report(home).accepted == 2, "never more than there were"


def test_without_an_incident_nothing_comes_of_it() -> None:
    out: list[Effect] = []
    event = Attempted("i1/1/report/119/1/1", "modem", Outcome.UNDELIVERED)
    assert outcomes.settle(State(), event, 0.0, ONE_SENSOR, out) == State()
    other = State(incident=Incident("i9", 0.0, reports=(ReportState(1, "water", 0.0, 150.0),)))
    assert outcomes.settle(other, event, 0.0, ONE_SENSOR, out) is other
    assert out == []


# The call


def calls(home: Basement) -> list[Call]:
    return [e for _, e in home.effects if isinstance(e, Call)]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [(ONE_SENSOR, 0), (CALLED_FOR_THE_BELL, 0), (CALLED_FOR_BOTH, 1)],
)
def test_danger_dials_119_only_where_the_settings_say_so(policy: Any, expected: int) -> None:
    home = Basement(policy=policy)
    home.run(300.0, door=160.0)
    assert len([e for _, e in home.effects if isinstance(e, Report)]) == 3
    assert len(calls(home)) == expected, "once an episode, however often it is reported"


def test_a_pressed_bell_dials_119_after_its_report() -> None:
    home = Basement(policy=CALLED_FOR_THE_BELL)
    home.press()
    made = [e for _, e in home.effects if isinstance(e, (Report, Call))]
    assert [type(e) for e in made] == [Report, Call]
    (call,) = calls(home)
    assert call.origin == "bell"
    assert home.state.incident is not None
    assert call.key == call_key(home.state.incident.id, 1)


def test_nobody_is_dialled_while_unarmed_nor_for_a_bucket_in_service() -> None:
    home = Basement(policy=CALLED_FOR_BOTH, state=State())
    home.press()
    home.run(30.0, door=160.0)
    assert calls(home) == []
    home = Basement(policy=CALLED_FOR_BOTH)
    assert home.ask(Hand.SERVICE_ON, 30.0) == ""
    home.run(30.0, door=160.0)
    assert calls(home) == []


def test_one_that_did_not_arrive_and_then_counts_as_sent_takes_nothing_back() -> None:
    home = home_in_danger()
    attempt(home, Outcome.ACCEPTED)
    attempt(home, Outcome.UNDELIVERED)
    effects = attempt(home, Outcome.ACCEPTED, confirmed=False)
    assert the_report(home).accepted == 1
    assert not [e for e in effects if isinstance(e, Withdraw)]


def test_a_repeat_that_was_not_asked_for_yet_counts_for_nothing_while_the_first_is_under_way() -> (
    None
):
    home = home_in_danger()
    before = the_report(home)
    assert before.waiting
    attempt(home, Outcome.ACCEPTED, repeat=2)
    assert the_report(home) == before
