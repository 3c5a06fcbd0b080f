"""Sensors that may have died in silence: unchanged for a day, untested for a year (4.2)."""

from __future__ import annotations

from math import inf

from edge.effects import Purpose
from edge.events import Tick
from edge.law import memory
from tests.edge.law.basement import DOOR_AND_FLOAT, Basement

DAY_S = 86400.0


def lived(days: float, *, restart: bool = False, door: float | None = None) -> Basement:
    """A home on a dry floor, read once a day."""
    home = Basement(policy=DOOR_AND_FLOAT)
    home.read("door", 0.0)
    home.bound("float", -inf, 20.0)
    for day in range(1, round(days) + 1):
        home.now_s += DAY_S
        if restart:
            home.restart(None if day % 2 else 2.0)
        home.read("door", day % 100 / 10 if door is None else door)
        home.bound("float", -inf, 20.0)
    home.now_s += 1.0
    home.event(Tick())
    return home


def test_a_sensor_that_says_the_very_same_for_a_day_is_a_trouble() -> None:
    home = lived(1, door=0.0)
    assert home.state.troubles["unchanged:door"].raised
    assert home.told(Purpose.TROUBLE) == {"office", "tech"}


def test_a_sensor_whose_noise_goes_on_is_well() -> None:
    assert not [c for c in lived(3).state.troubles if c.startswith("unchanged")]


def test_one_changed_value_ends_it() -> None:
    home = lived(1, door=0.0)
    home.read("door", 1.0)
    home.now_s += 61
    home.event(Tick())
    assert "unchanged:door" not in home.state.troubles


def test_a_float_may_hang_dry_for_months() -> None:
    assert "unchanged:float" not in lived(100).state.troubles


def test_a_year_without_a_wet_test_is_a_trouble_of_each_sensor() -> None:
    assert not [c for c in lived(364).state.troubles if c.startswith("untested")]
    home = lived(365)
    assert home.state.troubles["untested:door"].raised
    assert home.state.troubles["untested:float"].raised


def test_a_year_is_counted_across_restarts_and_power_cuts() -> None:
    home = lived(366, restart=True)
    assert home.state.troubles["untested:float"].raised


def test_a_cup_of_water_is_a_wet_test() -> None:
    home = lived(300)
    home.bound("float", 20.0)
    home.bound("float", -inf, 20.0)
    home.read("door", 25.0)
    for day in range(100):
        home.now_s += DAY_S
        home.read("door", day % 100 / 10)
        home.bound("float", -inf, 20.0)
    assert not [c for c in home.state.troubles if c.startswith("untested")]


def test_the_trouble_ends_with_the_test() -> None:
    home = lived(365)
    home.bound("float", 20.0)
    home.now_s += 61
    home.bound("float", -inf, 20.0)
    home.event(Tick())
    assert "untested:float" not in home.state.troubles
    assert "untested:door" in home.state.troubles


def test_a_sensor_is_proven_by_water_and_stays_so_dry_lost_and_restarted() -> None:
    home = Basement(policy=DOOR_AND_FLOAT)
    home.read("door", 0.0)
    home.bound("float", -inf, 20.0)
    assert not home.state.sensors["door"].proven  # it was heard, and never wet
    home.read("door", 30.0)
    home.bound("float", 20.0, inf)
    home.read("door", 0.0)
    home.bound("float", -inf, 20.0)
    assert home.state.sensors["door"].proven
    assert home.state.sensors["float"].proven
    home.restart(None)
    assert home.state.remembered["door"].proven
    home.read("door", 0.0)
    assert home.state.sensors["door"].proven


def test_what_an_older_version_stored_does_not_say_whether_a_sensor_was_ever_wet() -> None:
    home = Basement(policy=DOOR_AND_FLOAT)
    home.read("door", 30.0)
    stored = memory.dump(home.state, home.now_s)
    del stored["sensors"]["door"]["proven"]
    state, _ = memory.load(stored, home.now_s, DOOR_AND_FLOAT, gap_s=1.0)
    assert not state.remembered["door"].proven
