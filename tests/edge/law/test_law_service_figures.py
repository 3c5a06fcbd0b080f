"""Service exactly at its times, and what it leaves of every sensor (design 4.9)."""

from __future__ import annotations

from edge.effects import Chirp
from edge.events import Hand, Health, Tick
from edge.law.state import SensorState
from tests.edge.law.basement import DOOR_AND_WINDOW, Basement


def at_work(minutes: float) -> Basement:
    home = Basement(DOOR_AND_WINDOW)
    home.run(2, door=0.0, window=0.0)
    assert home.ask(Hand.SERVICE_ON, minutes) == ""
    return home


def at(home: Basement, began_s: float, passed_s: float) -> None:
    home.now_s = began_s + passed_s
    home.event(Tick())


def test_service_warns_five_minutes_before_its_end_and_ends_to_the_second() -> None:
    home = at_work(10.0)
    began_s = home.now_s
    at(home, began_s, 299.9)
    assert [e for _, e in home.effects if isinstance(e, Chirp)] == []
    at(home, began_s, 300.0)
    assert [e for _, e in home.effects if isinstance(e, Chirp)] == [Chirp("service ends in 5 min")]
    at(home, began_s, 599.9)
    assert home.state.service is not None
    at(home, began_s, 600.0)
    assert home.state.service is None


def test_a_late_warning_says_how_many_minutes_are_left_in_truth() -> None:
    home = at_work(10.0)
    at(home, home.now_s, 600.0 - 271.0)
    assert [e for _, e in home.effects if isinstance(e, Chirp)] == [Chirp("service ends in 5 min")]


def test_service_may_last_a_minute_or_less_and_five_minutes_need_no_warning() -> None:
    assert at_work(0.5).state.service is not None
    home = at_work(5.0)
    assert home.state.service is not None
    assert home.state.service.warned


def test_after_service_every_sensor_is_judged_afresh_and_what_lasts_is_kept() -> None:
    home = at_work(10.0)
    home.run(2, door=30.0)
    changed_s, wet_s = home.now_s - 1.8, home.now_s
    home.lose("window", Health.FAULTED)
    heard_s, lost_s = 1002.0, home.now_s
    assert home.state.raising
    assert home.ask(Hand.SERVICE_OFF) == ""
    assert home.state.raising == ()
    assert home.state.started_s == home.now_s
    assert home.state.remembered["door"] == SensorState(
        changed_s=changed_s, wet_s=wet_s, proven=True
    )
    assert home.state.sensors == {
        "window": SensorState(
            health=Health.FAULTED,
            reason="no frame",
            lost_s=lost_s,
            changed_s=heard_s - 1.8,
            wet_s=heard_s - 1.8,
        )
    }


def test_a_bell_that_outlives_a_service_stands_at_normal_in_no_zone() -> None:
    home = at_work(30.0)
    home.flood(60.0)
    home.press()
    pressed_s = home.now_s
    home.run(5, door=60.0)
    assert home.ask(Hand.SERVICE_OFF) == ""
    assert (home.state.zone, home.state.level_since_s) == (None, home.now_s)
    incident = home.state.incident
    assert incident is not None
    assert (incident.pressed_s, incident.normal_since_s) == (pressed_s, home.now_s)
