"""What is shed on battery, and that nothing is while anything happens."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.events import Hand
from edge.law.levels import Level
from edge.law.state import State
from edge.shedding import Pace, Shedding, shedding
from edge.supply import DOUBTED_AFTER_S, UNKNOWN, Supply
from tests.edge.law.basement import Basement

CALM = State()
FED = Supply(mains=True, since_s=0.0)
ON_BATTERY = Supply(mains=False, since_s=0.0)


def calm_home() -> Basement:
    home = Basement()
    home.run(5, door=0.0)
    return home


@pytest.mark.parametrize(
    ("supply", "wanted"),
    [
        (UNKNOWN, Shedding.NONE),
        (replace(UNKNOWN, low=True), Shedding.NONE),
        (FED, Shedding.NONE),
        (replace(FED, low=True), Shedding.NONE),
        (ON_BATTERY, Shedding.BATTERY),
        (replace(ON_BATTERY, low=True), Shedding.LOW),
    ],
)
def test_load_is_shed_only_while_mains_are_known_to_be_gone(
    supply: Supply, wanted: Shedding
) -> None:
    assert shedding(supply, CALM, 60.0) is wanted


def test_after_a_day_on_battery_nothing_is_shed_any_more() -> None:
    """A line that is stuck must not keep the centre short of readings for ever."""
    assert shedding(ON_BATTERY, CALM, DOUBTED_AFTER_S - 1.0) is Shedding.BATTERY
    assert shedding(ON_BATTERY, CALM, DOUBTED_AFTER_S) is Shedding.NONE


@given(st.booleans(), st.sampled_from([Level.ALERT, Level.DANGER]))
def test_above_normal_nothing_is_shed(low: bool, level: Level) -> None:
    supply = replace(ON_BATTERY, low=low)
    assert shedding(supply, replace(CALM, level=level), 60.0) is Shedding.NONE


def test_while_a_delay_runs_nothing_is_shed() -> None:
    home = calm_home()
    home.run(2, door=60.0)
    assert home.state.raising
    assert not home.state.level
    assert shedding(ON_BATTERY, home.state, home.now_s) is Shedding.NONE


@pytest.mark.parametrize("hand", [Hand.SERVICE_ON, Hand.DRILL, None])
def test_with_an_incident_in_service_and_in_a_drill_nothing_is_shed(hand: Hand | None) -> None:
    home = calm_home()
    on_battery = Supply(mains=False, since_s=home.now_s)
    assert shedding(on_battery, home.state, home.now_s) is Shedding.BATTERY
    if hand is None:
        home.press()
    else:
        assert not home.ask(hand, stage="alert", contacts=("mother",))
    assert shedding(on_battery, home.state, home.now_s) is Shedding.NONE


def test_each_step_sheds_at_least_as_much_as_the_one_before() -> None:
    none, battery, low = (one.pace for one in Shedding)
    assert none == Pace(0.0, 0.0, 0.0, 0.0)
    assert battery == Pace(
        repeat_s=60.0, least_change_mm=5.0, log_interval_s=300.0, lamp_every_s=5.0
    )
    assert low == replace(battery, log_interval_s=900.0, lamp_every_s=10.0)
    assert [one.value for one in Shedding] == ["none", "battery", "low"]


def test_a_sensor_is_told_three_times_before_its_word_is_old() -> None:
    assert all(one.pace.repeat_s * 3 <= 180 for one in Shedding)
