"""Who holds a level and a latch, and until when (design 4.5)."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from edge.events import Health
from edge.law.courses import is_judged_by_law
from edge.law.falling import holds, latch_clear_due_s, lowered_level, note_wet
from edge.law.levels import Level
from edge.law.state import Incident, Raising, SensorState, State
from tests.edge.law.basement import DOOR_AND_FLOAT, DOOR_AND_WINDOW, ONE_SENSOR

LOST = SensorState(health=Health.FAULTED, reason="no echo", lost_s=5.0)
DOOR, BOTH = frozenset({"door"}), frozenset({"door", "window"})


def reads(depth_mm: float, **more: float) -> SensorState:
    wet = SensorState(at_least_mm=depth_mm, below_mm=depth_mm, health=Health.GOOD)
    return replace(wet, **more)  # type: ignore[arg-type]  # seconds, all of them


def test_only_what_is_wet_at_its_setpoint_or_its_own_height_will_hold_the_level() -> None:
    dry_float = SensorState(at_least_mm=-inf, below_mm=20.0, health=Health.GOOD)
    state = State(sensors={"door": reads(10.0), "float": dry_float}, incident=Incident("i", 0.0))
    assert note_wet(state, DOOR_AND_FLOAT) is state
    wet_float = replace(dry_float, at_least_mm=20.0, below_mm=inf)
    noted = note_wet(state.with_sensor("float", wet_float), DOOR_AND_FLOAT).incident
    assert noted is not None
    assert noted.wet_alert == {"float"}
    assert not noted.wet_danger


def test_what_is_noted_already_makes_no_new_state() -> None:
    deep = Incident("i", 0.0, wet_alert=DOOR, wet_danger=DOOR)
    state = State(sensors={"door": reads(200.0)}, incident=deep)
    assert note_wet(state, ONE_SENSOR) is state


def test_a_sensor_that_was_never_at_danger_does_not_hold_danger() -> None:
    incident = Incident("i", 0.0, wet_alert=BOTH, wet_danger=DOOR)
    sensors = {"door": reads(100.0, clear_danger_s=0.0), "window": LOST}
    state = State(sensors=sensors, level=Level.DANGER, incident=incident)
    assert lowered_level(state, 1799.9, DOOR_AND_WINDOW) is Level.DANGER
    assert lowered_level(state, 1800.0, DOOR_AND_WINDOW) is Level.ALERT


def test_a_level_that_is_normal_is_not_lowered_and_held_by_nobody() -> None:
    """The bell was pressed, or the latch stands, and a sensor that was wet is lost or wet again."""
    incident = Incident("i", 0.0, wet_alert=BOTH)
    state = State(sensors={"door": reads(60.0), "window": LOST}, incident=incident)
    assert lowered_level(state, 5.0, DOOR_AND_WINDOW) is Level.NORMAL
    assert holds(state) == ()


def test_a_level_falls_at_the_end_of_the_off_delay() -> None:
    incident = Incident("i", 0.0, wet_alert=DOOR)
    state = State(
        sensors={"door": reads(0.0, clear_alert_s=0.0)}, level=Level.ALERT, incident=incident
    )
    assert lowered_level(state, 599.9, ONE_SENSOR) is Level.ALERT
    assert lowered_level(state, 600.0, ONE_SENSOR) is Level.NORMAL


def test_no_latch_goes_while_water_is_being_judged() -> None:
    incident = Incident("i", 0.0, latched=Level.ALERT, wet_alert=DOOR, normal_since_s=0.0)
    state = State(sensors={"door": reads(0.0, clear_alert_s=0.0)}, incident=incident)
    assert latch_clear_due_s(state, ONE_SENSOR) == 43200.0
    running = Raising("entrance", Level.ALERT, 5.0, 1, rise=True, sensor="door")
    assert latch_clear_due_s(replace(state, raising=(running,)), ONE_SENSOR) == inf
    assert latch_clear_due_s(replace(state, level=Level.ALERT), ONE_SENSOR) == inf


def test_a_level_that_no_sensor_ever_saw_is_held_by_nobody() -> None:
    state = State(level=Level.ALERT, incident=Incident("i", 0.0))
    assert lowered_level(state, 5.0, ONE_SENSOR) is Level.NORMAL


def test_the_sensors_that_hold_a_level_are_those_that_were_wet_at_it() -> None:
    incident = Incident("i", 0.0, wet_alert=BOTH, wet_danger=DOOR)
    at_danger = State(sensors={"door": LOST, "window": LOST}, level=Level.DANGER, incident=incident)
    assert holds(at_danger) == ("door",)
    assert holds(replace(at_danger, level=Level.ALERT)) == ("door", "window")


def test_the_latch_goes_twelve_hours_after_the_last_sensor_is_clear_and_the_level_normal() -> None:
    sensors = {"door": reads(0.0, clear_alert_s=50.0)}
    incident = Incident("i", 0.0, latched=Level.ALERT, wet_alert=DOOR)

    def due_s(incident: Incident) -> float:
        return latch_clear_due_s(State(sensors=sensors, incident=incident), ONE_SENSOR)

    assert due_s(incident) == 50.0 + 43200.0
    assert due_s(replace(incident, normal_since_s=650.0)) == 650.0 + 43200.0
    nobody = replace(incident, wet_alert=frozenset(), normal_since_s=650.0)
    assert due_s(nobody) == 650.0 + 43200.0


@pytest.mark.parametrize(
    ("cause", "judged"),
    [
        ("held", True),
        ("discrepancy", True),
        ("unarmed", True),
        ("blind:entrance", True),
        ("blind:attic", False),
        *((f"{kind}:door", True) for kind in ("sensor", "unchanged", "untested")),
        *((f"{kind}:attic", False) for kind in ("sensor", "unchanged", "untested")),
        ("modem", False),
        ("air:door", False),
    ],
)
def test_the_law_itself_finds_out_that_such_a_trouble_is_over(cause: str, judged: bool) -> None:
    assert is_judged_by_law(cause, ONE_SENSOR) is judged
