"""What is remembered of a sensor, exactly at every figure (design 4.2, 4.3, 4.4)."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from edge.events import Health, Reading
from edge.law.accepting import accept, falling, seen_deep, unread
from edge.law.state import SensorState
from tests.edge.law.basement import DOOR_AND_FLOAT, ONE_SENSOR

BEGAN_S = 1000.0


def reading(depth_mm: float, health: Health = Health.GOOD) -> Reading:
    return Reading("door", depth_mm, depth_mm, health)


def after(*points: tuple[float, float], sensor: SensorState | None = None) -> SensorState:
    """Return a sensor after good readings: seconds since the beginning, and the depth in mm."""
    sensor = sensor or SensorState()
    for at_s, depth_mm in points:
        sensor = accept(sensor, reading(depth_mm), BEGAN_S + at_s, ONE_SENSOR)
    return sensor


# A rise, or a jump


@pytest.mark.parametrize(
    ("points", "jumped"),
    [
        (((0, 0), (0.9, 0), (1.0, 55)), False),  # 50 mm/s since a second ago, and noise
        (((0, 0), (0.9, 0), (1.0, 55.1)), True),
        (((0, 0), (0.9, 0), (1.125, 55)), True),  # a second ago is too long ago
        (((0, 0), (2, 105)), False),  # but the last reading counts however old it is
        (((0, 0), (2, 105.1)), True),
        (((0, 0), (2.5, 105)), False),  # though no gap explains more than two seconds do
        (((0, 0), (2.5, 105.1)), True),
        (((0, 19), (1, 0), (3, 120)), True),  # the last one only
        (((0, 0), (0.125, 11), (0.25, 22)), False),  # the newest may explain it alone
    ],
)
def test_a_step_is_explained_by_some_reading_of_the_last_second_or_it_is_a_jump(
    points: tuple[tuple[float, float], ...], jumped: bool
) -> None:
    expected = BEGAN_S + points[-1][0] if jumped else None
    assert after(*points).jumped_s == expected


def test_what_is_wet_at_the_first_reading_has_jumped_and_what_is_dry_is_a_first_step() -> None:
    wet, dry = after((0, 20.0)), after((0, 19.9))
    assert (wet.steps, wet.jumped_s) == ((), BEGAN_S)
    assert (dry.steps, dry.jumped_s) == (((BEGAN_S, 19.9),), None)


def test_a_crest_is_remembered_if_water_may_have_fallen_from_it_so_fast() -> None:
    assert after((0, 19), (0.5, 19), (1, 0)).recent == (
        (BEGAN_S, 19),
        (BEGAN_S + 0.5, 19),
        (BEGAN_S + 1, 0),
    )
    known = SensorState(recent=((BEGAN_S, 100.0), (BEGAN_S, 100.1)))
    assert after((0.5, 50.0), sensor=known).recent == ((BEGAN_S, 100.0), (BEGAN_S + 0.5, 50.0))


def test_a_step_up_is_more_than_noise() -> None:
    assert len(after((0, 0.0), (1, 5.0)).steps) == 1
    assert len(after((0, 0.0), (1, 5.1)).steps) == 2


def test_a_rise_is_the_last_three_steps_and_survives_a_fall_by_the_deadband() -> None:
    risen = after(*((t, 10.0 * t) for t in range(6)))
    assert [mm for _, mm in risen.steps] == [30.0, 40.0, 50.0]
    assert risen.rising
    assert after((6, 45.0), sensor=risen).rising
    assert not after((6, 44.9), sensor=risen).rising


@pytest.mark.parametrize(
    ("at_s", "depth_mm", "doubted"),
    [(1, 15.0, True), (1, 14.9, False), (1, 22.0, True), (9.5, 30.0, True), (10, 30.0, False)],
)
def test_what_jumped_is_no_rise_for_as_long_as_it_waits_to_be_corroborated(
    at_s: float, depth_mm: float, doubted: bool
) -> None:
    assert after((0, 30.0), (at_s, depth_mm)).jumped_s == (BEGAN_S if doubted else None)


# Clear, and whether to believe it


TOO_NEAR = Reading("door", 570.0, inf, Health.SUSPECT, "too near")


@pytest.mark.parametrize(("before_mm", "doubted"), [(20.0, True), (19.9, False)])
def test_what_was_wet_and_is_too_near_is_doubted(before_mm: float, doubted: bool) -> None:
    sensor = accept(after((0, before_mm)), TOO_NEAR, BEGAN_S + 1, ONE_SENSOR)
    assert sensor.doubted is doubted
    assert sensor.reason == "too near"


def test_a_suspect_measurement_is_not_too_near() -> None:
    sensor = accept(after((0, 200.0)), reading(201.0, Health.SUSPECT), BEGAN_S + 1, ONE_SENSOR)
    assert not sensor.doubted


def test_a_doubted_sensor_is_clear_by_good_readings_only() -> None:
    suspect = reading(0.0, Health.SUSPECT)
    doubted = accept(SensorState(doubted=True), suspect, BEGAN_S, ONE_SENSOR)
    trusted = accept(SensorState(), suspect, BEGAN_S, ONE_SENSOR)
    assert (doubted.clear_alert_s, doubted.clear_danger_s) == (None, None)
    assert (trusted.clear_alert_s, trusted.clear_danger_s) == (BEGAN_S, BEGAN_S)


@pytest.mark.parametrize(
    ("from_mm", "to_mm", "slow"), [(125.0, 100.0, True), (125.1, 100.0, False)]
)
def test_a_doubted_sensor_that_falls_faster_than_water_begins_to_clear_anew(
    from_mm: float, to_mm: float, slow: bool
) -> None:
    doubted = after((0, from_mm), sensor=SensorState(doubted=True))
    fell = after((0.5, to_mm), sensor=doubted)
    assert fell.clear_danger_s == (BEGAN_S if slow else BEGAN_S + 0.5)
    believed = after((0.5, to_mm), sensor=after((0, from_mm)))
    assert believed.clear_danger_s == BEGAN_S


def test_a_doubted_float_that_hangs_dry_clears() -> None:
    hangs = Reading("float", -inf, 20.0, Health.GOOD)
    sensor = SensorState(doubted=True)
    for second in range(3):
        sensor = accept(sensor, hangs, BEGAN_S + second, DOOR_AND_FLOAT)
    assert sensor.clear_alert_s == BEGAN_S


@pytest.mark.parametrize(("depth_mm", "tested_s"), [(20.0, 1.0), (19.9, 0.0)])
def test_a_wet_test_reaches_the_alert_setpoint(depth_mm: float, tested_s: float) -> None:
    assert after((0, 0.0), (1, depth_mm)).wet_s == BEGAN_S + tested_s


# What outlives a loss


@pytest.mark.parametrize(
    ("looks_mm", "falls"),
    [
        ((5.5, 0.0), True),  # by more than noise
        ((10.0, 5.0), False),
        ((100.0, 80.0, 60.0, 50.0), True),
        ((100.0, 64.0, 60.0, 50.0), False),  # a wave in the first half
        ((100.0, 80.0, 50.0, 76.0), False),  # and in the second
        ((100.0, 90.0, 80.0, 0.0, 70.0, 60.0, 50.0), True),
        ((100.0, 90.0, 80.0, 0.0, 60.0, 75.0, 50.0), False),
        ((100.0, 90.0, 80.0, 79.0, 78.0, 70.0, 60.0, 50.0), True),  # three looks at either end
        ((100.0, 40.0, 50.0), True),
        ((50.0,), False),
    ],
)
def test_falling_is_lower_than_a_minute_ago_whatever_the_waves_do(
    looks_mm: tuple[float, ...], falls: bool
) -> None:
    trail = tuple((BEGAN_S + 10 * n, mm) for n, mm in enumerate(looks_mm[:-1]))
    read_s = BEGAN_S + 10 * len(trail)
    assert falling(SensorState(trail=trail, last_mm=looks_mm[-1], read_s=read_s)) is falls
    if trail:  # the last look may be one of the trail
        whole = (*trail, (read_s, looks_mm[-1]))
        assert falling(SensorState(trail=whole, last_mm=looks_mm[-1], read_s=read_s)) is falls


def test_the_trail_goes_back_a_minute_and_no_further() -> None:
    assert [at_s - BEGAN_S for at_s, _ in after((0, 1.0), (60, 1.0)).trail] == [0, 60]
    assert [at_s - BEGAN_S for at_s, _ in after((0, 1.0), (60.5, 1.0)).trail] == [60.5]
    assert [at_s - BEGAN_S for at_s, _ in after((0, 1.0), (9.5, 1.0), (10, 1.0)).trail] == [0, 10]


def test_deep_water_was_seen_standing_after_ten_seconds_at_a_hundred_millimetres() -> None:
    deep = after((0, 100.0), (10, 100.0))
    assert seen_deep(deep, BEGAN_S + 10)
    assert not seen_deep(deep, BEGAN_S + 9.5)
    assert not seen_deep(after((0, 100.0), (10, 99.9)), BEGAN_S + 10)
    assert not seen_deep(after((0, 99.9), (10, 100.0)), BEGAN_S + 10)


def test_a_lost_sensor_says_nothing_any_more_and_remembers_what_it_had_seen() -> None:
    sensor = after(*((t, 12.0 * t) for t in range(13)))
    lost = unread(sensor, Health.FAULTED, "no echo", BEGAN_S + 13)
    assert lost == SensorState(
        health=Health.FAULTED,
        reason="no echo",
        read_s=BEGAN_S + 12,
        lost_s=BEGAN_S + 13,
        doubted=True,
        last_mm=144.0,
        trail=((BEGAN_S, 0.0), (BEGAN_S + 10, 120.0)),
        deep=True,
        changed_s=BEGAN_S + 12,
        wet_s=BEGAN_S + 12,
        proven=True,
    )
    jumped = unread(after((0, 200.0)), Health.STALE, "", BEGAN_S + 1)
    assert jumped.jumped_s is None
    dry = unread(after((0, 0.0)), Health.STALE, "", BEGAN_S + 1)
    assert (dry.clear_alert_s, dry.clear_danger_s) == (None, None)


@pytest.mark.parametrize(("depth_mm", "doubted"), [(0.0, False), (0.5, True)])
def test_whatever_had_seen_any_water_when_it_was_lost_is_doubted(
    depth_mm: float, doubted: bool
) -> None:
    assert unread(after((0, depth_mm)), Health.STALE, "", BEGAN_S + 1).doubted is doubted
    never_heard = replace(SensorState(), at_least_mm=depth_mm)
    assert not unread(never_heard, Health.STALE, "", BEGAN_S + 1).doubted


def test_a_sensor_is_lost_since_its_first_silence() -> None:
    lost = unread(after((0, 0.0)), Health.STALE, "", BEGAN_S + 1)
    assert unread(lost, Health.FAULTED, "", BEGAN_S + 5).lost_s == BEGAN_S + 1
    back = after((6, 0.0), sensor=lost)
    assert unread(back, Health.STALE, "", BEGAN_S + 7).lost_s == BEGAN_S + 7
    # A sensor taken up from memory was lost since the start, whatever it was lost since before.
    voted = replace(after((0, 0.0)), lost_s=BEGAN_S - 5)
    assert unread(voted, Health.STALE, "", BEGAN_S + 1).lost_s == BEGAN_S + 1
