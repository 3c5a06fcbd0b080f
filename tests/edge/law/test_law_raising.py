"""Delays exactly at their ends, and danger anew in a home that is at danger (design 4.4, 4.5)."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from edge.events import Health
from edge.law.levels import Level
from edge.law.policy import Policy, SensorPolicy, ZonePolicy
from edge.law.raising import Raised, advance, danger_delay_runs, due_s, is_anew
from edge.law.state import Incident, Raising, SensorState, State
from tests.edge.law.basement import (
    DOOR_AND_FLOAT,
    DOOR_AND_WINDOW,
    ONE_SENSOR,
    WITH_HIGH_CONTACT,
)

LOST = SensorState(health=Health.FAULTED, reason="no echo")
RUNNING = Raising("entrance", Level.DANGER, 100.0, wet_readings=3, rise=True, sensor="door")
NOW_S = 100_000.0


def reads(depth_mm: float, **seconds: float) -> SensorState:
    sensor = SensorState(
        at_least_mm=depth_mm, below_mm=depth_mm, health=Health.GOOD, last_mm=depth_mm
    )
    return replace(sensor, **seconds)  # type: ignore[arg-type]  # moments, all of them


def wet_from(height_mm: float) -> SensorState:
    return SensorState(at_least_mm=height_mm, below_mm=inf, health=Health.GOOD)


def at_alert(**sensors: SensorState) -> State:
    return State(sensors=sensors, level=Level.ALERT, incident=Incident("i", 0.0))


def of(names: tuple[str, ...], needed: int) -> Policy:
    return replace(
        ONE_SENSOR,
        sensors={name: SensorPolicy("entrance") for name in names},
        zones={"entrance": ZonePolicy(names, needed=needed)},
    )


# The end of a delay


def test_a_delay_seizes_the_line_for_three_seconds_after_its_end() -> None:
    state = replace(at_alert(door=reads(200.0)), raising=(RUNNING,))
    assert danger_delay_runs(state, 105.9, ONE_SENSOR)
    assert not danger_delay_runs(state, 106.0, ONE_SENSOR)


def test_a_delay_that_nobody_decides_is_forgotten_a_minute_after_the_longest_delay() -> None:
    running = replace(RUNNING, wet_readings=1)
    state = replace(at_alert(door=LOST), raising=(running,))
    assert advance(state, 170.0, ONE_SENSOR, None)[0].raising == (running,)
    assert advance(state, 170.5, ONE_SENSOR, None)[0].raising == ()


def test_of_two_delays_of_one_zone_only_the_older_is_forgotten() -> None:
    alert = replace(RUNNING, level=Level.ALERT, first_wet_s=110.0, wet_readings=1)
    state = State(sensors={"door": LOST}, raising=(replace(RUNNING, wet_readings=1), alert))
    assert advance(state, 170.5, ONE_SENSOR, None)[0].raising == (alert,)


@pytest.mark.parametrize(("wet_readings", "raised"), [(2, False), (3, True)])
def test_the_clock_decides_after_three_wet_readings(wet_readings: int, raised: bool) -> None:
    running = replace(RUNNING, wet_readings=wet_readings)
    state = replace(at_alert(door=LOST), raising=(running,))
    assert due_s(state, ONE_SENSOR) == (103.0 if raised else inf)
    assert advance(state, 102.9, ONE_SENSOR, None)[1] == ()
    assert bool(advance(state, 103.0, ONE_SENSOR, None)[1]) is raised


def test_a_float_that_is_wet_confirms_a_jump_of_a_sensor_that_is_lost() -> None:
    """It knows nothing of danger itself."""
    jump = replace(RUNNING, rise=False)
    state = replace(at_alert(door=LOST, float=wet_from(20.0)), raising=(jump,))
    assert due_s(state, DOOR_AND_FLOAT) == 103.0
    assert not danger_delay_runs(state, 106.0, DOOR_AND_FLOAT)
    alone = replace(state, sensors={"door": LOST})
    assert due_s(alone, DOOR_AND_FLOAT) == 110.0


def test_a_zone_that_is_wet_is_raised_by_a_wet_reading_not_by_the_clock() -> None:
    state = replace(at_alert(door=reads(200.0)), raising=(RUNNING,))
    assert advance(state, 103.0, ONE_SENSOR, None) == (state, ())
    _, raised = advance(state, 103.0, ONE_SENSOR, "door")
    reason = "door 200 mm ≥ 150 mm for 3.0 s, seen rising"
    assert raised == (Raised("entrance", Level.DANGER, ("door",), reason, drowned=False),)
    assert raised[0].drowned is False


# The begin of a delay


def test_a_delay_begins_with_a_reading_of_the_zone_itself() -> None:
    state = State(sensors={"door": reads(200.0), "window": reads(60.0)})
    begun = advance(state, 5.0, DOOR_AND_WINDOW, "window")[0].raising
    assert [(r.zone, r.level) for r in begun] == [("bedroom", Level.ALERT)]


def test_a_vote_is_lone_at_the_level_of_its_delay() -> None:
    stuck = reads(100.0, read_s=NOW_S, changed_s=0.0)
    state = State(sensors={"a": reads(200.0), "b": stuck})
    begun = advance(state, NOW_S, of(("a", "b"), 2), "a")[0].raising
    assert {r.level: r.lone for r in begun} == {Level.DANGER: True, Level.ALERT: False}


def test_a_lone_vote_stays_so_while_a_fault_keeps_the_zone_undecided() -> None:
    lost_wet = replace(LOST, doubted=True, last_mm=200.0)
    running = replace(RUNNING, lone=True, sensor="a")
    sensors = {"a": reads(200.0), "b": lost_wet, "c": reads(0.0)}
    state = replace(at_alert(**sensors), raising=(running,))
    (kept,) = advance(state, 101.0, of(("a", "b", "c"), 2), "a")[0].raising
    assert kept == replace(running, wet_readings=4)


@pytest.mark.parametrize(("door_mm", "judged"), [(0.0, False), (200.0, True)])
def test_danger_that_a_contact_is_contested_for_is_judged_when_another_sees_it(
    door_mm: float, judged: bool
) -> None:
    incident = Incident("i", 0.0, contested=("high",))
    state = State(
        sensors={"high": wet_from(150.0), "door": reads(door_mm)},
        level=Level.DANGER,
        incident=incident,
    )
    read = "door" if judged else "high"
    begun = advance(state, 5.0, WITH_HIGH_CONTACT, read)[0].raising
    assert [r.level for r in begun] == ([Level.DANGER] if judged else [])


# Danger anew


def at_danger(
    door: SensorState, window: SensorState, zones: tuple[str, ...] = ("entrance",)
) -> State:
    incident = Incident("i", 0.0, wet_danger=frozenset({"door"}), danger_zones=frozenset(zones))
    return State(sensors={"door": door, "window": window}, level=Level.DANGER, incident=incident)


def anew(state: State, zone: str, now_s: float = 5.0, level: Level = Level.DANGER) -> bool:
    return is_anew(state, zone, level, now_s, DOOR_AND_WINDOW)


def test_danger_in_a_second_room_is_anew_unless_the_first_still_stands() -> None:
    deep = reads(200.0)
    assert not anew(at_danger(deep, deep), "bedroom"), "one flood"
    assert anew(at_danger(LOST, deep), "bedroom")
    assert anew(at_danger(reads(60.0), deep), "bedroom"), "the first waits for its off-delay"
    assert anew(at_danger(deep, deep, zones=("attic",)), "bedroom"), "no longer in the settings"


def test_danger_in_the_same_room_is_anew_once_it_was_clear_for_its_off_delay() -> None:
    assert not anew(at_danger(LOST, LOST), "entrance")
    clear = at_danger(reads(60.0, clear_danger_s=100.0), LOST)
    assert not anew(clear, "entrance", 1899.9)
    assert anew(clear, "entrance", 1900.0)


def test_nothing_is_anew_but_danger_in_a_home_at_danger() -> None:
    lost = at_danger(LOST, reads(200.0))
    assert not anew(lost, "bedroom", level=Level.ALERT)
    assert not anew(replace(lost, level=Level.ALERT), "bedroom")
    assert not anew(replace(lost, incident=None), "bedroom")


def test_a_second_sensor_of_a_room_may_see_danger_anew() -> None:
    policy = of(("door", "wall"), 1)
    incident = Incident(
        "i", 0.0, wet_danger=frozenset({"door"}), danger_zones=frozenset({"entrance"})
    )
    sensors = {"door": reads(60.0, clear_danger_s=100.0), "wall": reads(200.0)}
    state = State(sensors=sensors, level=Level.DANGER, incident=incident)
    assert advance(state, 1899.9, policy, "wall")[0].raising == ()
    (begun,) = advance(state, 1900.0, policy, "wall")[0].raising
    assert (begun.zone, begun.level, begun.sensor) == ("entrance", Level.DANGER, "wall")


def test_the_delay_of_danger_anew_runs_as_any_other() -> None:
    state = at_danger(LOST, reads(200.0))
    (begun,) = advance(state, 5.0, DOOR_AND_WINDOW, "window")[0].raising
    assert (begun.zone, begun.level) == ("bedroom", Level.DANGER)
