"""From raw samples to readings: no number is made of a fault, nothing old counts (design 4.2)."""

from __future__ import annotations

import random
from dataclasses import replace
from math import comb, inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.conditioning import Conditioned, Mounting, RawEvent, condition, overdue, stale_s
from edge.conditioning.air import air_error_mm, range_in_air_mm, speed_of_sound_m_s
from edge.events import AirFelt, Echoed, Health, Measured, Reading, SensorFailed

HANGING = Mounting(height_mm=600.0, blind_zone_mm=30.0)
IN_AIR = replace(HANGING, assumed_air_celsius=20.0)
FLOAT = Mounting()
DAY_S = 86400.0

seeded = settings(derandomize=True, deadline=None, database=None, max_examples=200)


def fresh(at_s: float = 0.0) -> Conditioned:
    return Conditioned(heard_s=at_s)


def heard(event: RawEvent, mounting: Mounting = HANGING) -> Reading:
    reading = condition(fresh(), event, 1.0, mounting)[1]
    assert reading is not None
    assert reading.sensor_id == event.sensor_id
    return reading


def test_depth_is_mounting_height_less_the_median_range() -> None:
    reading = heard(Echoed("door", (450, 448, 9999, 452, 449)))
    assert (reading.depth_mm, reading.health) == (150.0, Health.GOOD)


def test_the_middle_of_an_even_number_of_frames_lies_between_two() -> None:
    assert heard(Echoed("door", (440, 450))).depth_mm == 155.0


@pytest.mark.parametrize("frames", [(450, 600), (448, 600, 450, 602), (9999, 450)])
def test_of_two_middle_frames_that_disagree_the_nearer_counts(frames: tuple[int, ...]) -> None:
    """Their mean is a surface that nobody saw; and a dry reading too many delays 119."""
    assert heard(Echoed("door", frames)).depth_mm == 150.0


def test_too_near_is_a_bound_and_not_a_fault() -> None:
    reading = heard(Echoed("door", (580,), too_near=3))
    assert (reading.at_least_mm, reading.below_mm) == (570.0, inf)
    assert reading.health is Health.SUSPECT
    assert reading.health.votes
    assert reading.depth_mm is None


def test_one_too_near_frame_among_many_does_not_move_the_median_much() -> None:
    assert heard(Echoed("door", (451, 450, 449, 450), too_near=1)).depth_mm == 150.0


def test_half_too_near_counts_as_too_near() -> None:
    assert heard(Echoed("door", (450,), too_near=1)).health is Health.SUSPECT


def test_too_near_is_no_nearer_than_the_calibration_says() -> None:
    moved = replace(HANGING, scale=1.1, offset_mm=7.0)
    assert heard(Echoed("door", (), too_near=1), moved).at_least_mm == pytest.approx(560.0)
    beyond = replace(HANGING, offset_mm=-50.0)
    assert heard(Echoed("door", (), too_near=1), beyond).at_least_mm == 600.0, "at its face"


def test_a_bound_says_why_and_an_oddity_says_what() -> None:
    reading = heard(Echoed("door", (), too_near=2))
    assert reading.reason == "too near: within 30 mm of the sensor's face"
    assert reading.sensor_id == "door"


def test_frames_up_to_20_mm_apart_are_two_looks_at_one_surface() -> None:
    assert heard(Echoed("door", (440, 460))).depth_mm == 150.0
    assert heard(Echoed("door", (440, 461))).depth_mm == 160.0


def test_without_settings_a_sensor_knows_a_depth_by_itself() -> None:
    """Defaults of the contract, and nothing taken off or added."""
    assert Mounting() == Mounting(
        height_mm=0.0,
        blind_zone_mm=0.0,
        floor_tolerance_mm=30.0,
        offset_mm=0.0,
        scale=1.0,
        stale_after_s=5.0,
        max_rise_mm_s=50.0,
        assumed_air_celsius=None,
        base_mm=0.0,
        least_mm=0.0,
    )
    assert heard(Echoed("door", (10,)), FLOAT).depth_mm == -10.0
    assert heard(Echoed("door", (), too_near=1), FLOAT).at_least_mm == 0.0


def test_the_gate_lets_through_what_water_can_do_and_marks_a_millimetre_more() -> None:
    for within_s, rose_mm in ((0.1, 50.0), (1.0, 50.0), (3.0, 150.0)):
        for more_mm, health in ((0.0, Health.GOOD), (1.0, Health.SUSPECT)):
            memory, _ = condition(fresh(), Measured("door", 7.0, 7.0), 10.0, FLOAT)
            depth_mm = 7.0 + rose_mm + more_mm
            event = Measured("door", depth_mm, depth_mm)
            _, reading = condition(memory, event, 10.0 + within_s, FLOAT)
            assert reading is not None
            assert reading.health is health


def test_the_gate_judges_no_bound_and_nothing_after_a_fault() -> None:
    for first in (Echoed("door", (), 1), SensorFailed("door", "no echo")):
        memory, _ = condition(fresh(), first, 1.0, HANGING)
        _, reading = condition(memory, Echoed("door", (100,)), 2.0, HANGING)
        assert reading is not None
        assert (reading.health, reading.reason) == (Health.GOOD, "")
    memory, _ = condition(fresh(), Echoed("door", (600,)), 1.0, HANGING)
    _, reading = condition(memory, Echoed("door", (), 1), 2.0, HANGING)
    assert reading is not None
    assert reading.reason.startswith("too near")


# Past the floor


def test_past_the_floor_is_a_fault_and_depth_is_never_clamped() -> None:
    assert heard(Echoed("door", (630,))).depth_mm == -30.0
    reading = heard(Echoed("door", (631,) * 5))
    assert reading.health is Health.FAULTED
    assert (reading.at_least_mm, reading.below_mm) == (-inf, inf)
    assert reading.reason == "sees past the floor: 631 mm, mounted at 600 mm"


@pytest.mark.parametrize("before", [(), (600,)])
def test_one_bad_frame_past_the_floor_is_no_fault(before: tuple[int, ...]) -> None:
    memory = fresh()
    for frame in before:
        memory, _ = condition(memory, Echoed("door", (frame,)), 0.0, HANGING)
    memory, reading = condition(memory, Echoed("door", (4000,)), 0.1, HANGING)
    assert reading is None
    memory, reading = condition(memory, Echoed("door", (600,)), 0.2, HANGING)
    assert reading is not None
    assert (reading.depth_mm, reading.health) == (0.0, Health.GOOD)
    assert stale_s(memory, HANGING) == pytest.approx(5.2), "nothing is left of it"


def test_five_frames_past_the_floor_are_a_fault_however_they_come() -> None:
    memory = fresh()
    for _ in range(4):
        memory, reading = condition(memory, Echoed("door", (4000,)), 0.1, HANGING)
        assert reading is None
    memory, reading = condition(memory, Echoed("door", (4000,)), 0.4, HANGING)
    assert reading is not None
    assert reading.health is Health.FAULTED
    _, reading = condition(memory, Echoed("door", (4000,)), 0.5, HANGING)
    assert reading is not None, "once faulted, it is said of every interval"


def test_the_wait_for_a_better_frame_begins_with_the_first_bad_one() -> None:
    memory, _ = condition(fresh(9.0), Echoed("door", (4000,)), 10.0, HANGING)
    memory, reading = condition(memory, Echoed("door", (4000,)), 11.4, HANGING)
    assert reading is None
    assert stale_s(memory, HANGING) == 11.5
    memory, _ = condition(memory, Echoed("door", (600,)), 11.45, HANGING)
    memory, reading = condition(memory, Echoed("door", (4000,)), 12.0, HANGING)
    assert reading is None, "begun anew"
    assert stale_s(memory, HANGING) == 13.5


def test_a_majority_past_the_floor_counts_by_its_own_frames_only() -> None:
    """Three of five: the two others speak for the floor, so the next interval is awaited."""
    memory, reading = condition(fresh(), Echoed("door", (600, 900, 600, 901, 902)), 1.0, HANGING)
    assert reading is None
    assert memory.past_floor == 3
    memory, reading = condition(memory, Echoed("door", (900, 902)), 2.0, HANGING)
    assert memory.past_floor == 5
    assert reading is not None
    assert reading.reason == "sees past the floor: 901 mm, mounted at 600 mm"


def test_a_deadline_that_is_over_before_the_bad_frames_is_stale() -> None:
    memory, _ = condition(fresh(), Echoed("door", (4000,)), 4.0, HANGING)
    _, reading = overdue(memory, "door", 5.0, HANGING)
    assert reading is not None
    assert (reading.health, reading.reason) == (Health.STALE, "nothing fresh for 5.0 s")


def test_in_warm_air_the_frames_past_the_floor_are_counted_in_warm_air() -> None:
    memory, _ = condition(fresh(), AirFelt("door", 40.0), 0.5, IN_AIR)
    memory, reading = condition(memory, Echoed("door", (620, 621)), 1.0, IN_AIR)
    assert reading is None
    assert memory.past_floor == 2


def test_a_sensor_that_was_lost_is_faulted_by_its_first_frame_past_the_floor() -> None:
    memory, _ = overdue(fresh(), "door", 5.0, HANGING)
    _, reading = condition(memory, Echoed("door", (4000,)), 6.0, HANGING)
    assert reading is not None
    assert reading.health is Health.FAULTED


def test_a_sensor_that_falls_silent_later_is_not_given_the_reason_of_before() -> None:
    memory, _ = condition(fresh(), SensorFailed("door", "unplugged", silent=True), 1.0, FLOAT)
    memory, _ = condition(memory, Measured("door", 3.0, 3.0), 2.0, FLOAT)
    assert memory.silence == ""
    _, reading = overdue(memory, "door", 8.0, FLOAT)
    assert reading is not None
    assert reading.reason == "nothing fresh for 6.0 s"


def test_few_frames_past_the_floor_are_a_fault_when_nothing_speaks_against_them() -> None:
    """Within a second or two: a sensor that was knocked aside is not kept for good."""
    memory, reading = condition(fresh(10.0), Echoed("door", (4000,)), 10.0, HANGING)
    assert reading is None
    assert stale_s(memory, HANGING) == 11.5
    assert overdue(memory, "door", 11.4, HANGING)[1] is None
    after, reading = overdue(memory, "door", 11.5, HANGING)
    assert reading is not None
    assert (reading.health, reading.below_mm) == (Health.FAULTED, inf)
    assert reading.reason == "sees past the floor, and nothing better since"
    assert reading.sensor_id == "door"
    assert stale_s(after, HANGING) == inf, "said once"
    _, reading = condition(memory, Echoed("door", (4000,)), 11.5, HANGING)
    assert reading is not None
    assert reading.health is Health.FAULTED


def test_calibration_corrects_the_range_of_an_echo_and_the_depth_of_a_measurement() -> None:
    corrected = Mounting(height_mm=600.0, offset_mm=5.0, scale=1.1)
    assert heard(Echoed("door", (400,)), corrected).depth_mm == pytest.approx(155.0)
    assert heard(Measured("probe", 100.0, 100.0), corrected).depth_mm == pytest.approx(115.0)


def test_a_switch_keeps_its_bounds() -> None:
    wet = heard(Measured("float", 20.0, inf), FLOAT)
    dry = heard(Measured("float", -inf, 20.0), FLOAT)
    assert (wet.at_least_mm, wet.below_mm) == (20.0, inf)
    assert (dry.at_least_mm, dry.below_mm) == (-inf, 20.0)
    assert wet.health is dry.health is Health.GOOD


def test_a_probe_above_the_floor_measures_from_there() -> None:
    probe = Mounting(base_mm=40.0, least_mm=5.0)
    reading = heard(Measured("probe", 60.0, 60.0), probe)
    assert (reading.at_least_mm, reading.below_mm) == (100.0, 100.0)
    reached = heard(Measured("probe", 5.0, 5.0), probe)
    assert (reached.at_least_mm, reached.below_mm) == (45.0, 45.0)


@pytest.mark.parametrize("head_mm", [-3.0, 0.0, 4.9])
def test_a_probe_above_the_floor_that_feels_no_water_knows_a_bound_and_never_a_depth(
    head_mm: float,
) -> None:
    dry = heard(Measured("probe", head_mm, head_mm), Mounting(base_mm=40.0, least_mm=5.0))
    assert (dry.at_least_mm, dry.below_mm) == (-inf, 45.0)
    assert dry.depth_mm is None
    assert dry.health is Health.GOOD


def test_a_probe_on_the_floor_measures_its_own_noise_and_is_not_clamped() -> None:
    lying = Mounting(base_mm=0.0, least_mm=5.0)
    assert heard(Measured("probe", -3.0, -3.0), lying).depth_mm == -3.0


def test_more_than_a_probe_can_measure_is_a_bound_and_corrected_as_a_head_is() -> None:
    probe = Mounting(base_mm=40.0, least_mm=5.0, offset_mm=10.0, scale=1.1)
    drowned = heard(Measured("probe", 1000.0, inf), probe)
    assert drowned.at_least_mm == pytest.approx(1150.0)
    assert drowned.below_mm == inf


def test_what_rose_faster_than_water_is_marked_and_kept() -> None:
    memory, _ = condition(fresh(), Measured("door", 0.0, 0.0), 0.0, FLOAT)
    memory, reading = condition(memory, Measured("door", 200.0, 200.0), 2.0, FLOAT)
    assert reading is not None
    assert (reading.depth_mm, reading.health) == (200.0, Health.SUSPECT)
    assert reading.reason == "rose 200 mm within 2.0 s"
    _, reading = condition(memory, Measured("door", 250.0, 250.0), 3.0, FLOAT)
    assert reading is not None
    assert reading.health is Health.GOOD


def test_a_step_between_two_quick_readings_is_measured_against_a_second() -> None:
    memory, _ = condition(fresh(), Measured("door", 0.0, 0.0), 0.0, FLOAT)
    _, reading = condition(memory, Measured("door", 8.0, 8.0), 0.1, FLOAT)
    assert reading is not None
    assert reading.health is Health.GOOD


def test_a_sensor_that_says_it_cannot_measure_is_faulted_at_once() -> None:
    reading = heard(SensorFailed("door", "no echo"))
    assert (reading.health, reading.reason) == (Health.FAULTED, "no echo")
    assert not reading.health.votes


def test_a_silent_sensor_has_time_until_its_deadline_and_then_says_why() -> None:
    memory, first = condition(fresh(), Measured("door", 0.0, 0.0), 10.0, FLOAT)
    assert first is not None
    memory, reading = condition(memory, SensorFailed("door", "unplugged", silent=True), 12.0, FLOAT)
    assert reading is None
    assert stale_s(memory, FLOAT) == 15.0
    assert overdue(memory, "door", 14.9, FLOAT)[1] is None
    memory, reading = overdue(memory, "door", 15.0, FLOAT)
    assert reading is not None
    assert (reading.health, reading.reason) == (Health.STALE, "unplugged")
    assert reading.sensor_id == "door"
    assert stale_s(memory, FLOAT) == inf, "said once"
    assert overdue(memory, "door", 99.0, FLOAT)[1] is None


def test_a_sensor_that_never_speaks_goes_stale_too() -> None:
    _, reading = overdue(fresh(100.0), "door", 105.0, FLOAT)
    assert reading is not None
    assert reading.health is Health.STALE
    assert reading.reason == "nothing fresh for 5.0 s"


def test_a_sensor_that_speaks_again_is_good_again() -> None:
    memory, _ = overdue(fresh(), "door", 5.0, FLOAT)
    memory, reading = condition(memory, Measured("door", 3.0, 3.0), 50.0, FLOAT)
    assert reading is not None
    assert reading.health is Health.GOOD
    assert stale_s(memory, FLOAT) == 55.0


def test_a_faulted_sensor_that_falls_silent_stays_without_an_opinion() -> None:
    memory, _ = condition(fresh(), SensorFailed("door", "no echo"), 1.0, FLOAT)
    memory, reading = condition(memory, SensorFailed("door", "gone", silent=True), 2.0, FLOAT)
    assert reading is None
    assert overdue(memory, "door", 100.0, FLOAT)[1] is None


# Not one changed raw value


def test_a_sensor_that_says_the_same_for_a_day_is_suspect_and_still_votes() -> None:
    memory = fresh()
    for at_s in (0.0, 3600.0, DAY_S - 1):
        memory, reading = condition(memory, Echoed("door", (590,) * 3), at_s, HANGING)
        assert reading is not None
        assert reading.health is Health.GOOD
    memory, reading = condition(memory, Echoed("door", (590,)), DAY_S, HANGING)
    assert reading is not None
    assert (reading.health, reading.depth_mm) == (Health.SUSPECT, 10.0)
    assert reading.reason == "not one changed raw value in 24 h: stuck?"
    assert reading.health.votes
    memory, reading = condition(memory, Echoed("door", (590, 591, 590)), DAY_S + 1, HANGING)
    assert reading is not None
    assert (reading.health, reading.depth_mm) == (Health.GOOD, 10.0)
    assert memory.changed_s == DAY_S + 1


@pytest.mark.parametrize(
    "change", [Echoed("door", (591,)), Echoed("door", (590,), too_near=1), Echoed("door", (), 1)]
)
def test_one_other_frame_is_a_change_even_if_the_median_hides_it(change: Echoed) -> None:
    memory, _ = condition(fresh(), Echoed("door", (590,)), 0.0, HANGING)
    memory, _ = condition(memory, change, 50.0, HANGING)
    assert memory.changed_s == 50.0


def test_too_near_for_a_day_is_no_change_and_one_range_beside_it_is() -> None:
    memory, _ = condition(fresh(), Echoed("door", (), 2), 10.0, HANGING)
    memory, _ = condition(memory, Echoed("door", (), 1), DAY_S, HANGING)
    assert (memory.raw_mm, memory.changed_s) == (-inf, 0.0)
    changed, _ = condition(memory, Echoed("door", (40,), 1), DAY_S + 5, HANGING)
    assert (changed.raw_mm, changed.changed_s) == (40.0, DAY_S + 5)
    changed, _ = condition(changed, Echoed("door", (), 1), DAY_S + 6, HANGING)
    assert (changed.raw_mm, changed.changed_s) == (-inf, DAY_S + 6)


def test_a_depth_that_changes_is_remembered_with_its_time() -> None:
    memory, _ = condition(fresh(), Measured("probe", 5.0, 5.0), 1.0, FLOAT)
    memory, _ = condition(memory, Measured("probe", 6.0, 6.0), 2.0, FLOAT)
    assert (memory.raw_mm, memory.changed_s) == (6.0, 2.0)


def test_a_sensor_that_measures_a_depth_is_watched_too_and_a_switch_is_not() -> None:
    for event, health in (
        (Measured("probe", 12.0, 12.0), Health.SUSPECT),
        (Measured("float", -inf, 20.0), Health.GOOD),
        (Measured("float", 20.0, inf), Health.GOOD),
    ):
        memory = Conditioned(heard_s=0.0, changed_s=0.0)
        for at_s in (0.0, DAY_S, 400 * DAY_S):
            memory, reading = condition(memory, event, at_s, FLOAT)
        assert reading is not None
        assert reading.health is health


def test_what_was_known_before_a_restart_goes_on() -> None:
    memory = Conditioned(heard_s=0.0, changed_s=-DAY_S + 10.0)
    memory, reading = condition(memory, Echoed("door", (590, 590)), 9.0, HANGING)
    assert reading is not None
    assert reading.health is Health.GOOD
    _, reading = condition(memory, Echoed("door", (590,)), 10.0, HANGING)
    assert reading is not None
    assert reading.health is Health.SUSPECT
    _, reading = condition(memory, Echoed("door", (589,)), 10.0, HANGING)
    assert reading is not None
    assert reading.health is Health.GOOD


def test_faults_in_between_are_no_change() -> None:
    memory, _ = condition(fresh(), Measured("probe", 5.0, 5.0), 0.0, FLOAT)
    memory, _ = condition(memory, SensorFailed("probe", "noise"), 100.0, FLOAT)
    _, reading = condition(memory, Measured("probe", 5.0, 5.0), DAY_S, FLOAT)
    assert reading is not None
    assert reading.health is Health.SUSPECT


# The air


def test_sound_is_as_fast_as_the_tables_say() -> None:
    """Source: 331.3, 343.2 and 354.7 m/s at 0, 20 and 40 °C (domain 4.1; dry air)."""
    for celsius, m_s in ((0.0, 331.3), (20.0, 343.2), (40.0, 354.7)):
        assert speed_of_sound_m_s(celsius) == pytest.approx(m_s, abs=0.05)


def test_ten_degrees_are_worth_what_domain_4_1_says() -> None:
    for range_mm, error_mm in ((300.0, 5.3), (500.0, 8.8), (1000.0, 17.6), (2000.0, 35.0)):
        assert range_in_air_mm(range_mm, 10.0, 20.0) - range_mm == pytest.approx(error_mm, abs=0.3)


def test_twenty_degrees_are_worth_16_mm_at_danger_and_21_at_the_floor() -> None:
    assert air_error_mm(450.0, 20.0) == pytest.approx(15.6, abs=0.05)
    assert air_error_mm(600.0, 20.0) == pytest.approx(20.8, abs=0.05)


@seeded
@given(st.floats(-30.0, 60.0), st.floats(50.0, 600.0))
def test_a_known_air_temperature_gives_the_true_depth(celsius: float, range_mm: float) -> None:
    told_mm = round(range_mm * speed_of_sound_m_s(20.0) / speed_of_sound_m_s(celsius))
    memory, nothing = condition(fresh(), AirFelt("door", celsius), 1.0, IN_AIR)
    assert nothing is None
    _, reading = condition(memory, Echoed("door", (told_mm,)), 2.0, IN_AIR)
    assert reading is not None
    assert reading.health is Health.GOOD
    assert reading.depth_mm == pytest.approx(600.0 - range_mm, abs=0.6)


def test_without_a_fresh_temperature_the_range_counts_and_is_suspect_beyond_20_mm() -> None:
    memory, _ = condition(fresh(), AirFelt("door", 0.0), 0.0, IN_AIR)
    _, reading = condition(memory, Echoed("door", (600,)), 600.0, IN_AIR)
    assert reading is not None
    assert reading.depth_mm == pytest.approx(20.8, abs=0.05)
    for range_mm, health in ((600, Health.SUSPECT), (577, Health.SUSPECT), (576, Health.GOOD)):
        _, reading = condition(memory, Echoed("door", (range_mm,)), 600.1, IN_AIR)
        assert reading is not None
        assert (reading.depth_mm, reading.health) == (600.0 - range_mm, health)
    _, reading = condition(memory, Echoed("door", (600,)), 600.1, IN_AIR)
    assert reading is not None
    assert reading.reason == "air temperature unknown: may be out by 21 mm"


def test_a_temperature_lasts_ten_minutes_over_readings_and_faults() -> None:
    memory, _ = condition(fresh(), AirFelt("door", 0.0), 100.0, IN_AIR)
    assert (memory.air_celsius, memory.air_s) == (0.0, 100.0)
    for event in (
        Echoed("door", (600,)),
        Echoed("door", (), 1),
        SensorFailed("door", "no echo"),
        SensorFailed("door", "unplugged", silent=True),
        Echoed("door", (4000,)),
    ):
        memory, _ = condition(memory, event, 200.0, IN_AIR)
        assert (memory.air_celsius, memory.air_s) == (0.0, 100.0)
    _, reading = condition(memory, Echoed("door", (600,)), 700.0, IN_AIR)
    assert reading is not None
    assert reading.health is Health.GOOD


def test_before_the_first_temperature_the_air_is_unknown() -> None:
    assert fresh() == Conditioned(0.0, "", None, None, None, 0, inf, None, -inf)


def test_the_air_is_nothing_to_a_sensor_that_feels_it_or_does_not_need_it() -> None:
    for event, mounting in (
        (Echoed("door", (450,)), HANGING),
        (Measured("door", 150.0, 150.0), IN_AIR),
    ):
        memory, _ = condition(fresh(), AirFelt("door", -20.0), 0.0, mounting)
        _, reading = condition(memory, event, 1.0, mounting)
        assert reading is not None
        assert (reading.depth_mm, reading.health) == (150.0, Health.GOOD)


def test_the_calibration_corrects_what_the_air_has_left() -> None:
    mounting = replace(IN_AIR, scale=1.1, offset_mm=5.0)
    memory, _ = condition(fresh(), AirFelt("door", 0.0), 0.0, mounting)
    _, reading = condition(memory, Echoed("door", (400,)), 1.0, mounting)
    assert reading is not None
    true_mm = 1.1 * range_in_air_mm(400.0, 20.0, 0.0) + 5.0
    assert reading.depth_mm == pytest.approx(600.0 - true_mm)


# Properties

raw = st.one_of(
    st.builds(
        Echoed,
        st.just("door"),
        st.lists(st.integers(30, 4500), min_size=1, max_size=10).map(tuple),
        st.integers(0, 10),
    ),
    st.builds(Echoed, st.just("door"), st.just(()), st.integers(1, 10)),
    st.integers(-100, 4000).map(lambda mm: Measured("door", float(mm), float(mm))),
    st.builds(SensorFailed, st.just("door"), st.just("why"), st.booleans()),
    st.builds(AirFelt, st.just("door"), st.floats(-30.0, 60.0)),
)


@seeded
@given(st.lists(st.tuples(raw, st.floats(0.01, 20.0)), max_size=30))
def test_any_stream_gives_bounds_that_make_sense_and_nothing_old(
    stream: list[tuple[RawEvent, float]],
) -> None:
    memory, now_s, good_s, looked_past_s = fresh(), 0.0, 0.0, inf
    for event, gap_s in stream:
        now_s += gap_s
        memory, late = overdue(memory, "door", now_s, HANGING)
        if late is not None:
            due_s = min(good_s + HANGING.stale_after_s, looked_past_s + 1.5)
            assert now_s >= due_s - 1e-6
        memory, reading = condition(memory, event, now_s, HANGING)
        if reading is None:
            if isinstance(event, Echoed):
                looked_past_s = min(looked_past_s, now_s)
                assert min(event.ranges_mm) > 0
            elif isinstance(event, SensorFailed):
                assert event.silent
            else:
                assert isinstance(event, AirFelt)
            continue
        assert reading.at_least_mm <= reading.below_mm
        if reading.health.votes:
            good_s, looked_past_s = now_s, inf
            assert not isinstance(event, SensorFailed)
            assert reading.at_least_mm > -inf
        else:
            assert (reading.at_least_mm, reading.below_mm) == (-inf, inf)
            assert reading.reason
        assert stale_s(memory, HANGING) >= now_s or memory.last is None


@st.composite
def mounted(draw: st.DrawFn) -> Mounting:
    height_mm = draw(st.floats(200.0, 4000.0))
    return Mounting(
        height_mm=height_mm,
        blind_zone_mm=draw(st.sampled_from([0.0, 30.0, 200.0, 280.0])),
        floor_tolerance_mm=draw(st.floats(10.0, 500.0)),
        offset_mm=draw(st.floats(-200.0, 200.0)),
        scale=draw(st.floats(0.8, 1.25)),
        assumed_air_celsius=draw(st.sampled_from([None, 0.0, 20.0])),
    )


def frames_of(range_mm: float, mounting: Mounting) -> tuple[tuple[int, ...], int]:
    """What an uncalibrated sensor would say of a target so far from its face."""
    raw_mm = (range_mm - mounting.offset_mm) / mounting.scale
    return ((), 1) if raw_mm <= mounting.blind_zone_mm else ((round(raw_mm),), 0)


@seeded
@given(
    mounting=mounted(),
    level=st.floats(-0.1, 1.0),
    noise_mm=st.lists(st.floats(-3.0, 3.0), min_size=5, max_size=10),
    wild=st.lists(st.integers(31, 4500), max_size=2),
)
def test_under_any_mounting_the_bounds_contain_the_truth_or_are_near_it(
    mounting: Mounting, level: float, noise_mm: list[float], wild: list[int]
) -> None:
    """Fewer than half of the frames are wild; the others are 3 mm out at most."""
    true_mm = level * mounting.height_mm
    frames = [frames_of(mounting.height_mm - true_mm + noise, mounting) for noise in noise_mm]
    ranges_mm = tuple(r for some, _ in frames for r in some)
    too_near = sum(near for _, near in frames)
    memory = Conditioned(heard_s=0.0)
    if mounting.assumed_air_celsius is not None:
        air = AirFelt("door", mounting.assumed_air_celsius)
        memory, _ = condition(memory, air, 0.0, mounting)
    event = Echoed("door", (*ranges_mm, *wild), too_near)
    _, reading = condition(memory, event, 1.0, mounting)
    if reading is None or not reading.health.votes:
        assert true_mm < -mounting.floor_tolerance_mm + 4.0, "only past the floor"
        if reading is not None:
            assert (reading.at_least_mm, reading.below_mm) == (-inf, inf)
        return
    near_mm = 3.0 + mounting.scale  # the noise, and whole millimetres
    assert reading.at_least_mm <= true_mm + near_mm
    assert reading.below_mm >= true_mm - near_mm


@seeded
@given(
    stream=st.lists(st.tuples(raw, st.floats(0.01, 20.0)), max_size=30),
    max_rise_mm_s=st.floats(0.1, 100.0),
)
def test_the_rate_gate_marks_and_never_discards(
    stream: list[tuple[RawEvent, float]], max_rise_mm_s: float
) -> None:
    """With or without it, the same readings with the same bounds vote; only a mark may differ."""
    gated, open_ = (
        replace(HANGING, max_rise_mm_s=max_rise_mm_s),
        replace(HANGING, max_rise_mm_s=inf),
    )
    with_gate, without, now_s = fresh(), fresh(), 0.0
    for event, gap_s in stream:
        now_s += gap_s
        with_gate, marked = condition(with_gate, event, now_s, gated)
        without, plain = condition(without, event, now_s, open_)
        if marked is None or plain is None:
            assert marked is plain
            continue
        assert (marked.at_least_mm, marked.below_mm) == (plain.at_least_mm, plain.below_mm)
        assert marked.health.votes == plain.health.votes
        if marked != plain:
            assert (plain.health, marked.health) == (Health.GOOD, Health.SUSPECT)
            assert marked.reason.startswith("rose ")


# One frame in a hundred is bad


def wrong_share(frames: int, *, wild_mm: tuple[int, int], draws: int = 4000) -> float:
    """How often a voting reading is more than 20 mm out when each frame is wild once in 100.

    Only intervals with so many wild frames that they could matter are drawn, each number as often;
    how likely that number is, is known exactly.
    """
    chance = random.Random(7)
    share = 0.0
    for wild in range((frames + 1) // 2, frames + 1):
        wrong = sum(_wrong(chance, frames, wild, wild_mm) for _ in range(draws)) / draws
        share += wrong * comb(frames, wild) * 0.01**wild * 0.99 ** (frames - wild)
    return share


def _wrong(chance: random.Random, frames: int, wild: int, wild_mm: tuple[int, int]) -> bool:
    true_mm = chance.uniform(0.0, 450.0)
    ranges = [round(600.0 - true_mm + chance.uniform(-3.0, 3.0)) for _ in range(frames - wild)]
    ranges += [chance.randint(*wild_mm) for _ in range(wild)]
    event = Echoed("door", tuple(r for r in ranges if r > 30), sum(r <= 30 for r in ranges))
    _, reading = condition(fresh(), event, 1.0, HANGING)
    if reading is None or not reading.health.votes:
        return False
    return reading.at_least_mm > true_mm + 20.0 or reading.below_mm < true_mm - 20.0


@pytest.mark.parametrize(
    ("frames", "wild_mm", "least", "most"),
    [
        (10, (0, 4500), 1e-12, 1e-9),
        (10, (0, 100), 1e-8, 5e-8),
        (3, (0, 4500), 1e-5, 5e-5),
        (3, (0, 100), 1e-4, 3.1e-4),
        (1, (0, 4500), 1e-4, 2e-3),
    ],
)
def test_so_seldom_do_bad_frames_get_past_the_median(
    frames: int, wild_mm: tuple[int, int], least: float, most: float
) -> None:
    """The figures of ``middle_mm``: any value at all, and all of them near the sensor's face."""
    share = wrong_share(frames, wild_mm=wild_mm)
    assert least <= share <= most, share


def test_too_near_is_heard_now_and_never_called_stuck() -> None:
    memory = fresh()
    for hour in (0.0, 25.0):
        memory, reading = condition(memory, Echoed("door", (450,)), hour * 3600.0, HANGING)
    assert reading is not None
    assert reading.health is Health.SUSPECT, "stuck"
    now_s = 25.0 * 3600.0 + 1.0
    memory, reading = condition(memory, Echoed("door", (), too_near=3), now_s, HANGING)
    assert reading is not None
    assert reading.reason.startswith("too near")
    assert memory.heard_s == now_s
    memory, reading = condition(memory, Echoed("door", (), too_near=3), 2.2 * DAY_S, HANGING)
    assert reading is not None
    assert reading.reason.startswith("too near"), "however long it stays so"
