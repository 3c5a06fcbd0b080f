"""The 119 report, field by field: what goes on, what is forgotten, who hears (design 4.7)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from edge.effects import Effect, Log, Notice, Origin, Purpose, Withdraw
from edge.events import Attempted, Health, Outcome
from edge.law import outcomes, reports
from edge.law.levels import Level
from edge.law.state import Incident, ReportState, SensorState, State
from tests.edge.law.basement import DOOR_AND_WINDOW, ONE_SENSOR


def report(episode: int, origin: Origin = "water", **more: object) -> ReportState:
    setpoint_mm = 150.0 if origin == "water" else 0.0
    return ReportState(episode, origin, 100.0, setpoint_mm, reason="why", **more)  # type: ignore[arg-type]  # a test's shorthand


def of(*them: ReportState, depth_mm: float = 200.0, level: Level = Level.DANGER) -> State:
    door = SensorState(at_least_mm=depth_mm, below_mm=depth_mm, health=Health.GOOD)
    incident = Incident("i7", 0.0, episode=9, danger_zones=frozenset({"entrance"}), reports=them)
    return State(sensors={"door": door}, level=level, incident=incident, armed=True)


def theirs(state: State) -> tuple[ReportState, ...]:
    assert state.incident is not None
    return state.incident.reports


def begun(origin: Origin, *them: ReportState) -> tuple[ReportState, ...]:
    incident = of(*them).incident
    assert incident is not None
    return reports.begin(incident, origin, 100.0, 0.0, "why", not_before_s=150.0).reports


# Begun, and forgotten


def test_only_water_is_paced_by_what_119_heard_before_the_start() -> None:
    assert [r.next_s for r in begun("water")] == [150.0]
    assert [r.next_s for r in begun("bell")] == [100.0]


@pytest.mark.parametrize(
    ("known", "origin", "says_the_same"),
    [
        (report(1, "bell", waiting=True), "bell", True),
        (report(1, "bell", waiting=True), "water", False),
        (report(1, "water", waiting=True), "bell", False),
        (report(1, "bell", waiting=False), "bell", False),
        (report(1, "bell", waiting=True, accepted=1), "bell", False),
        (report(1, "bell", waiting=True, acknowledged=True), "bell", False),
    ],
)
def test_a_bell_pressed_again_says_no_more_than_a_first_report_that_waits(
    known: ReportState, origin: Origin, says_the_same: bool
) -> None:
    assert len(begun(origin, known)) == (1 if says_the_same else 2)


def test_of_reports_that_are_over_the_newest_eight_are_remembered() -> None:
    over = tuple(report(n) for n in range(1, 11))
    assert [r.episode for r in begun("water", *over)] == [3, 4, 5, 6, 7, 8, 9, 10, 9]
    assert [r.episode for r in begun("water", *over[:8])] == [1, 2, 3, 4, 5, 6, 7, 8, 9]


def test_what_is_due_waiting_or_withheld_is_not_over() -> None:
    kinds: tuple[dict[str, Any], ...] = (
        {"next_s": 5.0},
        {"waiting": True},
        {"withheld": True},
        {"withheld": True, "waiting": True},
    )
    going_on = tuple(report(n, **kind) for n, kind in enumerate(kinds * 10, start=1))
    assert begun("bell", *going_on)[:-1] == going_on


def test_a_new_report_says_all_that_withheld_ones_of_its_kind_would() -> None:
    water, bell = report(1, withheld=True), report(2, "bell", withheld=True)
    flying = report(3, withheld=True, waiting=True)
    assert begun("water", water, bell, flying)[:-1] == (bell, flying)
    assert begun("bell", water, bell, flying)[:-1] == (water, flying)


# Asked for, and not reached


def test_a_report_that_is_asked_for_waits_and_is_neither_due_nor_withheld() -> None:
    out: list[Effect] = []
    for due in (report(9, next_s=5.0), report(9, next_s=5.0, withheld=True)):
        (asked,) = theirs(reports.advance(of(due), 100.0, ONE_SENSOR, out))
        assert asked == report(9, repeat=1, waiting=True)
        assert asked.withheld is False


def test_people_are_told_after_a_minute_that_119_was_not_reached() -> None:
    waiting = of(report(9, repeat=1, waiting=True))
    out: list[Effect] = []
    assert reports.due_s(waiting, ONE_SENSOR) == 160.0
    assert reports.advance(waiting, 159.9, ONE_SENSOR, out) is waiting
    told = reports.advance(waiting, 160.0, ONE_SENSOR, out)
    (notice,) = [e for e in out if isinstance(e, Notice)]
    assert (notice.purpose, notice.facts.setpoint_mm) == (Purpose.CALL_YOURSELF, 150.0)
    assert notice.reason == "119 report not accepted within 60 s"
    assert reports.due_s(told, ONE_SENSOR) == float("inf")
    accepted = of(report(9, repeat=2, waiting=True, accepted=1))
    assert reports.due_s(accepted, ONE_SENSOR) == float("inf")


def test_people_are_told_that_119_does_not_know_of_a_zone_that_has_drowned() -> None:
    waiting = of(report(9, repeat=1, waiting=True))
    assert waiting.incident is not None
    drowned = replace(waiting.incident, drowned=frozenset({"entrance"}), crest_mm=120.0)
    state = replace(waiting, sensors={}, zone="entrance", incident=drowned)
    out: list[Effect] = []
    reports.advance(state, 160.0, ONE_SENSOR, out)
    (notice,) = [e for e in out if isinstance(e, Notice)]
    assert (notice.facts.drowned, notice.facts.depth_mm) == (True, 120.0)


# Answered


def answered(state: State, outcome: Outcome, **more: object) -> tuple[State, list[Effect]]:
    incident = state.incident
    assert incident is not None
    waiting = next(r for r in incident.reports if r.waiting)
    key = reports.key_of(incident, waiting)
    out: list[Effect] = []
    event = Attempted(key, "modem", outcome, **more)  # type: ignore[arg-type]  # a test's shorthand
    return outcomes.settle(state, event, 120.0, ONE_SENSOR, out), out


@pytest.mark.parametrize(("wait_s", "began_s"), [(60.0, 180.0), (60.5, 100.0), (10.0, 130.0)])
def test_a_pause_of_the_gate_counts_as_on_the_way_for_a_minute_at_most(
    wait_s: float, began_s: float
) -> None:
    waiting = report(9, repeat=1, waiting=True)
    state, _ = answered(of(waiting), Outcome.WITHHELD, wait_s=wait_s)
    assert theirs(state) == (replace(waiting, began_s=began_s),)


def test_a_report_that_is_accepted_is_no_longer_withheld() -> None:
    state, _ = answered(of(report(9, repeat=1, waiting=True, withheld=True)), Outcome.ACCEPTED)
    assert theirs(state) == (report(9, repeat=1, accepted=1, next_s=180.0),)


def test_that_119_was_not_reached_is_taken_back_when_it_has_accepted_all() -> None:
    mine = report(8, repeat=1, waiting=True, unreached=True)
    for other, taken_back in (
        (report(9, waiting=True, unreached=True), False),
        (report(9, waiting=True), True),
        (report(9, unreached=True), True),
    ):
        _, out = answered(of(mine, other), Outcome.ACCEPTED)
        withdrawn = [e for e in out if isinstance(e, Withdraw)]
        untrue = (Purpose.CALL_YOURSELF, Purpose.UNCONFIRMED)
        why = Withdraw("i7", untrue, "119 has accepted the report")
        assert withdrawn == ([why] if taken_back else [])
    _, out = answered(of(replace(mine, unreached=False)), Outcome.ACCEPTED)
    assert [e for e in out if isinstance(e, Withdraw)] == []


def test_a_repeat_that_119_accepted_before_this_state_asked_for_it_is_not_asked_again() -> None:
    """A disk that was full remembers less than the journal."""
    known = (report(8, repeat=1, accepted=1), report(9, repeat=1, accepted=1, next_s=170.0))
    state, out = of(*known), list[Effect]()
    assert state.incident is not None
    key = reports.key_of(state.incident, replace(known[1], repeat=2))
    event = Attempted(key, "modem", Outcome.ACCEPTED)
    other, mine = theirs(outcomes.settle(state, event, 120.0, ONE_SENSOR, out))
    assert other == known[0]
    assert (mine.repeat, mine.accepted, mine.waiting) == (2, 2, False)
    refused = Attempted(key, "modem", Outcome.REFUSED)
    assert outcomes.settle(state, refused, 120.0, ONE_SENSOR, out) is state
    foreign = Attempted("another", "modem", Outcome.ACCEPTED)
    assert outcomes.settle(state, foreign, 120.0, ONE_SENSOR, out) is state


# Hands


def test_an_acknowledgement_ends_what_was_accepted_once_and_nothing_else() -> None:
    first = report(8, next_s=170.0)
    flying = report(9, repeat=1, waiting=True)
    repeat = report(7, repeat=2, waiting=True, accepted=1)
    later = report(6, repeat=1, accepted=1, next_s=170.0)
    withheld = report(5, repeat=1, accepted=1, withheld=True)
    incident = of(first, flying, repeat, later, withheld).incident
    assert incident is not None
    assert reports.acknowledge(incident).reports == (
        replace(first, acknowledged=True),
        replace(flying, acknowledged=True),
        replace(repeat, acknowledged=True, waiting=False),
        replace(later, acknowledged=True, next_s=None),
        replace(withheld, acknowledged=True, withheld=False),
    )


def test_people_are_told_at_once_of_what_119_does_not_hear_because_somebody_disarms() -> None:
    them = (
        report(5, waiting=True),
        report(6, waiting=True, accepted=1),
        report(7, waiting=True, unreached=True),
        report(8),
    )
    out: list[Effect] = []
    state = reports.disarmed(of(*them), ONE_SENSOR, out)
    assert theirs(state) == (replace(them[0], unreached=True), *them[1:])
    logs = [e for e in out if isinstance(e, Log)]
    assert logs == [Log("report_unreached", "i7", 5, "not sent: disarmed")]
    (notice,) = [e for e in out if isinstance(e, Notice)]
    assert notice.reason == "119 report not sent: disarmed"
    assert reports.disarmed(State(), ONE_SENSOR, out) == State()


@pytest.mark.parametrize(
    ("depth_mm", "level", "due"),
    [
        (200.0, Level.DANGER, True),
        (60.0, Level.DANGER, False),  # the level is held, the water is gone
        (200.0, Level.ALERT, False),
    ],
)
def test_arming_brings_back_a_withheld_report_whose_water_stands(
    depth_mm: float, level: Level, due: bool
) -> None:
    withheld = report(9, withheld=True)
    state = of(withheld, depth_mm=depth_mm, level=level)
    (after,) = theirs(reports.armed_again(state, 500.0, DOOR_AND_WINDOW))
    back = replace(withheld, next_s=500.0, began_s=500.0)
    assert after == (back if due else report(9))
    if not due:
        assert after.withheld is False
