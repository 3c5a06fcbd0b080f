"""Water that drowns its own sensor: people are told to look, and deep water calls 119 (4.3)."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from edge.effects import Purpose
from edge.events import Hand, Health, Reading
from edge.law.drowning import COUNTS_AFTER_S
from edge.law.levels import Level
from edge.law.notices import facts
from edge.law.policy import SensorPolicy, ZonePolicy
from tests.edge.law.basement import DOOR_AND_FLOAT, ONE_SENSOR, Basement

HOUSEHOLD = {"home", "mother", "kim", "office"}


def at_alert(depth_mm: float, **more: object) -> Basement:
    """Water rose to a depth below danger, stands, and the home is at alert."""
    home = Basement(**more)  # type: ignore[arg-type]
    home.flood(to_mm=depth_mm)
    home.run(60, door=depth_mm)
    assert home.stands_at(Level.ALERT)
    return home


def gone(home: Basement, seconds: float, health: Health = Health.STALE) -> None:
    home.lose("door", health)
    home.run(seconds)


def test_a_zone_that_turns_blind_at_alert_sends_people_to_go_and_look() -> None:
    home = at_alert(60)
    gone(home, 2)
    assert home.told(Purpose.DROWNED) == set(), "one missed echo is no drowned sensor"
    home.run(2)
    assert home.told(Purpose.DROWNED) == HOUSEHOLD
    assert "blind" in home.notices(Purpose.DROWNED)[0].reason


@pytest.mark.parametrize("health", [Health.STALE, Health.FAULTED])
def test_deep_water_that_drowns_its_sensor_is_danger_after_a_minute(health: Health) -> None:
    home = at_alert(120)
    lost_s = home.now_s
    gone(home, COUNTS_AFTER_S - 1, health)
    assert home.reports == []
    home.run(2)
    ((at_s, report),) = home.reports
    assert lost_s + COUNTS_AFTER_S <= at_s <= lost_s + COUNTS_AFTER_S + 1
    assert report.origin == "water"
    assert "drowned" in report.reason
    assert "door 120 mm" in report.reason
    assert home.stands_at(Level.DANGER)
    assert home.sounds()[-1].siren
    assert home.told(Purpose.DANGER) == HOUSEHOLD


def test_what_119_reads_of_a_drowned_sensor_is_no_depth() -> None:
    home = at_alert(120)
    gone(home, COUNTS_AFTER_S + 1)
    about = facts(home.state, home.policy, setpoint_mm=150.0)
    assert about.drowned
    assert home.notices(Purpose.DANGER)[0].facts.drowned


def test_a_drowned_sensor_that_measures_again_is_quoted_again() -> None:
    home = at_alert(120)
    gone(home, COUNTS_AFTER_S + 1)
    home.run(5, door=130.0)
    about = facts(home.state, home.policy)
    assert (about.drowned, about.depth_mm) == (False, 130.0)


def test_shallow_water_with_a_dead_sensor_calls_nobody_out() -> None:
    home = at_alert(99)
    gone(home, 600)
    assert home.reports == []
    assert home.stands_at(Level.ALERT)
    assert home.told(Purpose.DROWNED) == HOUSEHOLD


def test_water_that_was_falling_when_its_sensor_died_does_not_call_119() -> None:
    home = at_alert(140)
    home.run(55, door=lambda t: 140 - t / 2)
    gone(home, 600)
    assert home.reports == []


def test_water_that_fell_and_came_back_was_not_falling() -> None:
    home = at_alert(140)
    home.run(20, door=lambda t: 140 - t)
    home.run(65, door=lambda t: 120 + t / 5)
    gone(home, COUNTS_AFTER_S + 1)
    assert len(home.reports) == 1


def test_a_sensor_that_speaks_within_the_minute_was_not_drowned() -> None:
    home = at_alert(120)
    gone(home, 50)
    home.run(5, door=120.0)
    gone(home, 50)
    assert home.reports == []
    home.run(11)
    assert len(home.reports) == 1


def test_a_float_that_hangs_dry_in_the_zone_says_that_nothing_has_drowned() -> None:
    home = Basement(policy=DOOR_AND_FLOAT)
    home.flood(to_mm=60)
    home.bound("float", -inf, 20.0)
    home.state = replace(home.state, level=Level.ALERT)
    gone(home, 30)
    assert home.told(Purpose.DROWNED) == set()
    home.bound("float", 20.0)
    home.run(4)
    assert home.told(Purpose.DROWNED) == HOUSEHOLD


def test_a_normally_open_contact_that_says_dry_comforts_nobody() -> None:
    policy = replace(
        DOOR_AND_FLOAT,
        sensors={
            **DOOR_AND_FLOAT.sensors,
            "float": SensorPolicy("entrance", height_mm=150, two_wire=True, cut_reads_dry=True),
        },
    )
    home = Basement(policy=policy)
    home.bound("float", -inf, 150.0)
    home.flood(to_mm=60)
    gone(home, 4)
    assert home.told(Purpose.DROWNED) == HOUSEHOLD
    assert home.state.troubles["blind:entrance"].raised


def test_a_contact_at_danger_height_that_hangs_dry_keeps_the_zone_from_being_blind() -> None:
    policy = replace(
        DOOR_AND_FLOAT,
        sensors={
            **DOOR_AND_FLOAT.sensors,
            "float": SensorPolicy("entrance", height_mm=150, two_wire=True),
        },
    )
    home = Basement(policy=policy)
    home.bound("float", -inf, 150.0)
    home.flood(to_mm=120)
    gone(home, 600)
    assert "blind:entrance" not in home.state.troubles
    assert home.told(Purpose.DROWNED) == set()
    assert home.reports == []


def test_a_zone_that_need_not_see_danger_cannot_drown() -> None:
    policy = replace(
        ONE_SENSOR,
        sensors={"door": SensorPolicy("entrance"), "hall": SensorPolicy("hall")},
        zones={
            "entrance": ZonePolicy(("door",), danger=False),
            "hall": ZonePolicy(("hall",)),
        },
    )
    home = Basement(policy=policy)
    home.run(2, door=0.0, hall=0.0)
    home.run(40, door=lambda t: 5 * t, hall=0.0)
    home.run(20, door=120.0, hall=0.0)
    home.lose("door")
    home.run(600, hall=0.0)
    assert home.told(Purpose.DROWNED) == set()


def test_on_a_dry_floor_a_dead_sensor_is_a_trouble_and_no_alarm() -> None:
    home = Basement()
    home.run(5, door=0.0)
    gone(home, 600)
    assert home.notices(Purpose.DROWNED) == []
    assert home.state.incident is None


def test_at_danger_a_drowned_sensor_is_told_and_begins_no_other_episode() -> None:
    home = Basement()
    home.flood(to_mm=200)
    home.run(200, door=200.0)
    asked = len(home.reports)
    gone(home, 600)
    assert home.told(Purpose.DROWNED) == HOUSEHOLD
    assert len(home.reports) == asked
    assert home.stands_at(Level.DANGER), "and the level is held"


def test_people_are_told_once_in_a_flood_and_again_in_the_next() -> None:
    home = at_alert(60)
    for _ in range(3):
        gone(home, 30)
        home.run(30, door=60.0)
    assert len(home.notices(Purpose.DROWNED)) == 1
    home.run(700, door=0.0)
    assert home.stands_at(Level.NORMAL)
    home.flood(to_mm=60)
    gone(home, 30)
    first, second = home.notices(Purpose.DROWNED)
    assert first.incident == second.incident
    assert first.episode != second.episode, "or the second would be taken for the first"


def test_a_drowned_level_is_held_until_its_sensor_reads_clear() -> None:
    home = at_alert(120)
    gone(home, COUNTS_AFTER_S + 3600)
    assert home.stands_at(Level.DANGER)
    home.run(1795, door=0.0)
    assert home.stands_at(Level.DANGER)
    home.run(15, door=0.0)
    assert home.stands_at(Level.NORMAL)
    assert home.state.incident is not None
    assert home.state.incident.drowned == frozenset()


def test_unarmed_a_drowned_zone_is_told_and_119_is_not() -> None:
    home = at_alert(120)
    home.arm(armed=False)
    gone(home, COUNTS_AFTER_S + 1)
    assert home.reports == []
    assert home.logs("report_withheld")


@pytest.mark.parametrize("gap_s", [1.0, 20.0])
def test_a_kill_within_the_minute_does_not_begin_it_again(gap_s: float) -> None:
    home = at_alert(120)
    lost_s = home.now_s
    gone(home, 20)
    home.restart(gap_s)
    home.run(5)
    home.lose("door")
    home.run(60)
    ((at_s, _),) = home.reports
    assert at_s <= lost_s + COUNTS_AFTER_S + 6


def test_after_a_power_cut_the_minute_begins_again() -> None:
    home = at_alert(120)
    gone(home, 50)
    home.restart(None)
    back_s = home.now_s
    home.lose("door")
    home.run(70)
    ((at_s, _),) = home.reports
    assert at_s == pytest.approx(back_s + COUNTS_AFTER_S, abs=0.5)


def test_a_sensor_that_drowns_while_the_process_is_down_counts_too() -> None:
    """What the water was last seen doing is stored: the sensor itself never speaks again."""
    home = at_alert(120)
    home.restart(5.0)
    home.run(5)
    home.lose("door")
    home.run(COUNTS_AFTER_S + 1)
    assert len(home.reports) == 1


def test_after_a_reset_by_hand_nothing_is_drowned_any_more() -> None:
    home = at_alert(120)
    gone(home, COUNTS_AFTER_S + 1)
    home.run(5, door=0.0)
    assert home.hand(Hand.RESET) == ""
    assert home.state.incident is None
    asked = len(home.reports)
    home.lose("door")
    home.run(300)
    assert len(home.reports) == asked


def test_one_wild_reading_before_the_silence_is_no_deep_water() -> None:
    """Too near for one sample, then gone: an insect, not a flood over a metre of air."""
    home = at_alert(60)
    home.event(Reading("door", 570.0, inf, Health.SUSPECT, "too near"))
    gone(home, 600)
    assert home.reports == []
    assert home.told(Purpose.DROWNED) == HOUSEHOLD


def test_deep_water_that_stood_is_believed_however_it_came() -> None:
    home = Basement()
    home.run(5, door=0.0)
    home.run(25, door=120.0)
    assert home.stands_at(Level.ALERT)
    gone(home, COUNTS_AFTER_S + 1)
    assert len(home.reports) == 1
