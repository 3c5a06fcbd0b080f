"""What time alone brings about, to the second: through ``step``."""

from __future__ import annotations

from dataclasses import replace

from edge.effects import Log, Report
from edge.events import Hand, Handled, Health, Reading, Tick
from edge.law import digest, due_s, siren, step, wear
from edge.law.elapsed import ago
from edge.law.levels import Level
from edge.law.state import Disarmed, Incident, ReportState, SensorState, Siren, State
from tests.edge.law.basement import ONE_SENSOR, Basement

CLEAR = SensorState(at_least_mm=0.0, below_mm=0.0, health=Health.GOOD, clear_alert_s=0.0)
DEEP = SensorState(at_least_mm=200.0, below_mm=200.0, health=Health.GOOD)


def test_a_sensor_that_has_never_spoken_is_lost_since_the_start() -> None:
    inf = float("inf")
    silent = Reading("door", -inf, inf, Health.STALE, "no frame")
    state, _ = step(State(started_s=90.0), silent, 100.0, ONE_SENSOR)
    assert state.sensors["door"].lost_s == 90.0


def test_the_latch_goes_to_the_second() -> None:
    incident = Incident(
        "i7", 0.0, latched=Level.ALERT, wet_alert=frozenset({"door"}), normal_since_s=0.0
    )
    state = State(sensors={"door": CLEAR}, incident=incident)
    assert due_s(state, ONE_SENSOR) == 43200.0
    assert step(state, Tick(), 43199.9, ONE_SENSOR)[0].incident is not None
    assert step(state, Tick(), 43200.0, ONE_SENSOR)[0].incident is None


def test_the_end_of_a_disarming_is_due_and_brings_back_the_report() -> None:
    withheld = ReportState(1, "water", 5.0, 150.0, withheld=True)
    incident = Incident(
        "i7",
        0.0,
        episode=1,
        wet_alert=frozenset({"door"}),
        wet_danger=frozenset({"door"}),
        danger_zones=frozenset({"entrance"}),
        reports=(withheld,),
    )
    state = State(
        sensors={"door": DEEP},
        level=Level.DANGER,
        incident=incident,
        report_armed=True,
        disarmed=Disarmed(0.0, 100.0, "kim"),
    )
    assert due_s(replace(state, incident=None, level=Level.NORMAL), ONE_SENSOR) == 100.0
    _, effects = step(state, Tick(), 100.0, ONE_SENSOR)
    assert [e.type for e in effects if isinstance(e, Log)] == ["armed"]
    assert [e.episode for e in effects if isinstance(e, Report)] == [1]


def test_a_hand_in_the_inbox_knows_the_time_and_the_settings() -> None:
    home = Basement()
    home.event(Handled(Hand.DISARM, "kim", minutes=10.0))
    assert home.state.disarmed == Disarmed(1000.0, 1600.0, "kim")
    home.event(Handled(Hand.DRILL, "kim", stage="alert", contacts=("mother",)))
    assert home.state.drill is not None


def test_a_sounder_that_is_off_is_not_cut_off() -> None:
    quiet = State(siren=Siren(on=False, since_s=5.0))
    assert siren.due_s(quiet, ONE_SENSOR) == float("inf")
    assert siren.cut_off(quiet, 9999.0, ONE_SENSOR, []) is quiet
    assert siren.due_s(State(siren=Siren(on=True)), ONE_SENSOR) == float("inf")


def test_a_sensor_that_may_have_died_in_silence_is_said_to_be_so_in_words() -> None:
    silent = replace(CLEAR, changed_s=0.0, wet_s=0.0, read_s=31_536_000.0)
    state = wear.of_sensor(State(sensors={"door": silent}), "door", 31_536_000.0, ONE_SENSOR)
    assert {cause: trouble.detail for cause, trouble in state.troubles.items()} == {
        "unchanged:door": "not one changed value in a day",
        "untested:door": "no wet test in a year",
    }


def test_times_are_stored_to_the_millisecond() -> None:
    assert ago(1.0, 3.1234) == 2.123
    assert digest.dump(State(digested_s=1.0), 3.1234) == 2.123
