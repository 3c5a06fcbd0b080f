"""What stands under a sensor on a dry floor: short visits reach nobody, long ones do (design 4.4).

A delay is never a veto: what stands under a home's only sensor for longer than the corroboration
delay does reach 119. Two living sensors that must agree, or a look by `doctor` at how many kinds of
sensor there are, are the answer to that.
"""

from __future__ import annotations

import pytest

from edge.effects import Purpose
from tests.edge.law.basement import DOOR_AND_WINDOW, Basement
from tests.edge.law.test_law_voting import of

LONGEST_S = 10.0
"""The corroboration delay; the on-delays are shorter and run beside it."""


@pytest.mark.parametrize("stays_s", [0.2, 1.0, 3.0, 5.0, 8.0, LONGEST_S - 0.4])
@pytest.mark.parametrize("height_mm", [30.0, 140.0, 250.0, 570.0])
def test_a_cat_that_leaves_before_the_delay_is_over_reaches_nobody(
    stays_s: float, height_mm: float
) -> None:
    home = Basement()
    home.run(5, door=0.0)
    home.run(stays_s, door=height_mm)
    home.run(300, door=0.0)
    assert home.state.incident is None
    assert home.effects == []


@pytest.mark.parametrize("pause_s", [0.4, 1.0, 2.0, 5.0])
def test_a_cat_that_plays_under_the_sensor_for_minutes_reaches_nobody(pause_s: float) -> None:
    home = Basement()
    home.run(5, door=0.0)
    for _ in range(40):
        home.run(8, door=250.0)
        home.run(pause_s, door=0.0)
    assert home.effects == []


def test_a_cat_that_sleeps_under_the_only_sensor_does_reach_119() -> None:
    home = Basement()
    home.run(5, door=0.0)
    home.run(11, door=250.0)
    assert len(home.reports) == 1, "a delay, never a veto: this could be water"


def test_a_cat_that_sleeps_under_one_of_two_living_sensors_reaches_nobody() -> None:
    home = Basement(policy=of(2, 2))
    home.run(3600, a=lambda t: 250.0 if t > 5 else 0.0, b=lambda t: t % 3)
    assert home.reports == []
    assert home.told(Purpose.DANGER) == set()
    assert home.state.incident is None


def test_a_cat_that_sleeps_beside_a_sensor_stuck_for_a_day_is_believed_after_its_delay() -> None:
    """The stuck one may be what hides the water: people first (4.3)."""
    home = Basement(policy=of(2, 2))
    home.run(1, a=0.0, b=0.0)
    home.now_s += 86400
    home.run(1, a=0.5, b=0.0)
    home.run(11, a=250.0, b=0.0)
    assert len(home.reports) == 1


def test_two_cats_under_two_sensors_confirm_each_other() -> None:
    """Known and accepted: what two sensors see at once is taken for water after the on-delay."""
    home = Basement(policy=DOOR_AND_WINDOW)
    home.run(5, door=0.0, window=0.0)
    home.run(4, door=250.0, window=250.0)
    assert len(home.reports) == 1


def test_a_cat_in_a_flood_that_is_at_alert_waits_all_the_same() -> None:
    home = Basement()
    home.flood(to_mm=60)
    home.run(8, door=300.0)
    home.run(60, door=60.0)
    assert home.reports == []


def test_a_cat_that_walks_in_and_stretches_was_not_seen_rising() -> None:
    """A back that wanders up from 120 to 152 mm moves no faster than water, but came by a jump."""
    home = Basement(interval_s=1.0)
    home.run(5, door=0.0)
    home.run(1, door=120.0)
    home.run(1, door=140.0)
    home.run(6, door=152.0)
    home.run(60, door=0.0)
    assert home.reports == []
    assert home.effects == []


def test_a_shoe_on_a_noisy_floor_is_a_jump() -> None:
    """Two readings of noise and a shoe of 34 mm are not three steps of rising water."""
    home = Basement(interval_s=1.0)
    for depth_mm in (-2.0, 0.0, 2.0, 3.0):
        home.run(1, door=depth_mm)
    home.run(8, door=34.0)
    home.run(60, door=0.0)
    assert home.effects == []


def test_water_that_rises_after_a_jump_waits_no_longer_than_the_jump() -> None:
    """A sensor that comes back in a flood: ten seconds, not for ever."""
    home = Basement(interval_s=1.0)
    home.run(5, door=0.0)
    home.run(30, door=lambda t: 60 + 5 * t)
    crossed_s = home.now_s - 30 + 18
    ((at_s, _),) = home.reports
    assert at_s <= crossed_s + 3.5, "the jump is long over: what was seen since is a rise"
