"""The scripts: depths, crossings, and that each rises as water does."""

from __future__ import annotations

import itertools

import pytest

from edge.demo.pace import SPEED_MAX, Pace
from edge.demo.scenarios import ALERT_MM, DANGER_MM, MOUNT_MM, SCENARIOS, Act, Promise, Scenario
from edge.law.accepting import STEP_WINDOW_S

MAX_RISE_MM_S = 50.0  # design 4.4: faster is a jump
everyone = pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=list(SCENARIOS))


def test_the_seven_scenarios_of_the_interface_are_there_and_the_flash_flood_is_first() -> None:
    assert list(SCENARIOS) == [
        "flash-flood",
        "slow-rise",
        "mopping",
        "cat",
        "dead-sensor",
        "broker-away",
        "modem-away",
    ]


def test_depth_is_a_straight_line_between_points_and_level_outside() -> None:
    scenario = Scenario("x", "", "", 10, (), water=((1, 0), (3, 20), (4, 20), (5, 10)))
    depths = [scenario.depth_mm(at_s) for at_s in (0, 1, 2, 3, 3.5, 4.5, 5, 99)]
    assert depths == [0, 0, 10, 20, 20, 15, 10, 10]


def test_crossing_is_where_the_line_meets_the_setpoint() -> None:
    scenario = Scenario("x", "", "", 10, (), water=((1, 0), (3, 40), (4, 0)))
    assert scenario.crossing_s(20) == 2
    assert scenario.crossing_s(40) == 3
    assert scenario.crossing_s(41) is None
    assert Scenario("y", "", "", 1, (), water=((0, 30),)).crossing_s(20) == 0


@everyone
def test_the_depth_at_the_crossing_is_the_setpoint(scenario: Scenario) -> None:
    for setpoint_mm in (ALERT_MM, DANGER_MM):
        if (crossing_s := scenario.crossing_s(setpoint_mm)) is not None:
            assert scenario.depth_mm(crossing_s) == pytest.approx(setpoint_mm)
            assert scenario.depth_mm(crossing_s - 0.01) < setpoint_mm


@everyone
def test_times_rise_and_fit_into_the_script(scenario: Scenario) -> None:
    for points in (scenario.water, scenario.cover, scenario.acts):
        seconds = [point[0] for point in points]
        assert seconds == sorted(set(seconds))
        assert not seconds or seconds[-1] < scenario.duration_s
    assert 30 <= scenario.duration_s <= 90


@everyone
def test_a_flood_rises_slower_than_a_jump_and_stays_below_the_blind_zone(
    scenario: Scenario,
) -> None:
    assert max(mm for _, mm in scenario.water) < MOUNT_MM - 30
    if scenario.crossing_s(DANGER_MM) is None:
        return
    for (from_s, from_mm), (to_s, to_mm) in itertools.pairwise(scenario.water):
        assert (to_mm - from_mm) / (to_s - from_s) < MAX_RISE_MM_S / 2


@pytest.mark.parametrize("speed", [1.0, 4.0, SPEED_MAX])
def test_at_every_speed_the_flood_is_a_rise_and_the_cat_a_jump(speed: float) -> None:
    """Half a cat too: the median of two frames, one before and one after its arrival."""
    pace = Pace(speed)
    flood = SCENARIOS["flash-flood"].water
    rises = [
        (to_mm - from_mm) / (to_s - from_s)
        for (from_s, from_mm), (to_s, to_mm) in itertools.pairwise(flood)
    ]
    assert max(rises) * speed < pace.max_rise_mm_s
    half_a_cat_mm = min(mm for _, mm in SCENARIOS["cat"].cover if mm) / 2
    assert half_a_cat_mm > pace.max_rise_mm_s * STEP_WINDOW_S


def test_a_cat_and_a_mop_stay_for_less_time_than_a_jump_waits() -> None:
    for name, limit_s in (("cat", 10.0), ("mopping", 5.0)):
        scenario = SCENARIOS[name]
        wet_s = 0.0
        for tick in range(int(scenario.duration_s * 10)):
            wet_s = wet_s + 0.1 if scenario.seen_mm(tick / 10) >= ALERT_MM else 0.0
            assert wet_s < limit_s, name


def test_the_sensor_sees_whatever_is_highest() -> None:
    cat = SCENARIOS["cat"]
    assert cat.seen_mm(7.0) == 240
    assert cat.depth_mm(7.0) == 0
    assert cat.seen_mm(8.0) == 0


def test_what_is_taken_away_comes_back() -> None:
    pairs = {
        Act.MUTE_SENSOR: Act.UNMUTE_SENSOR,
        Act.STOP_BROKER: Act.START_BROKER,
        Act.LOSE_NETWORK: Act.FIND_NETWORK,
    }
    for scenario in SCENARIOS.values():
        acts = [act for _, act in scenario.acts]
        assert acts in ([], *([gone, back] for gone, back in pairs.items()))


@everyone
def test_every_scenario_puts_119_and_the_daemons_end_to_the_proof(scenario: Scenario) -> None:
    about_119 = {
        Promise.REPORTED,
        Promise.REPORTED_AFTER_RETURN,
        Promise.NOTHING_TO_119,
    }
    assert about_119 & set(scenario.promises)
    assert scenario.promises[-1] is Promise.DAEMON_ENDED_WELL
