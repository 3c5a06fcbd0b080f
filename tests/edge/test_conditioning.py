"""From raw samples to readings: no number is made of a fault, nothing old counts (design 4.2)."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.conditioning import Conditioned, Mounting, condition, overdue, stale_s
from edge.events import Echoed, Health, Measured, Reading, SensorFailed

HANGING = Mounting(height_mm=600.0, blind_zone_mm=30.0)
FLOAT = Mounting()


def fresh(at_s: float = 0.0) -> Conditioned:
    return Conditioned(heard_s=at_s)


def heard(event: Echoed | Measured | SensorFailed, mounting: Mounting = HANGING) -> Reading:
    reading = condition(fresh(), event, 1.0, mounting)[1]
    assert reading is not None
    return reading


def test_depth_is_mounting_height_less_the_median_range() -> None:
    reading = heard(Echoed("door", (450, 448, 9999, 452, 449)))
    assert (reading.depth_mm, reading.health) == (150.0, Health.GOOD)


def test_the_middle_of_an_even_number_of_frames_lies_between_two() -> None:
    assert heard(Echoed("door", (440, 450))).depth_mm == 155.0


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


def test_past_the_floor_is_a_fault_and_depth_is_never_clamped() -> None:
    assert heard(Echoed("door", (630,))).depth_mm == -30.0
    reading = heard(Echoed("door", (631,)))
    assert reading.health is Health.FAULTED
    assert (reading.at_least_mm, reading.below_mm) == (-inf, inf)
    assert "past the floor" in reading.reason


def test_calibration_corrects_the_range_of_an_echo_and_the_depth_of_a_measurement() -> None:
    corrected = Mounting(height_mm=600.0, offset_mm=5.0, scale=1.1)
    assert heard(Echoed("door", (400,)), corrected).depth_mm == pytest.approx(155.0)
    assert heard(Measured("probe", 100.0, 100.0), corrected).depth_mm == pytest.approx(115.0)


def test_a_switch_keeps_its_bounds_whatever_the_calibration() -> None:
    odd = Mounting(offset_mm=5.0, scale=2.0)
    wet = heard(Measured("float", 20.0, inf), odd)
    dry = heard(Measured("float", -inf, 20.0), odd)
    assert (wet.at_least_mm, wet.below_mm) == (20.0, inf)
    assert (dry.at_least_mm, dry.below_mm) == (-inf, 20.0)
    assert wet.health is dry.health is Health.GOOD


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
)


@settings(derandomize=True, deadline=None, database=None, max_examples=200)
@given(st.lists(st.tuples(raw, st.floats(0.01, 20.0)), max_size=30))
def test_any_stream_gives_bounds_that_make_sense_and_nothing_old(
    stream: list[tuple[Echoed | Measured | SensorFailed, float]],
) -> None:
    memory, now_s, good_s = fresh(), 0.0, 0.0
    for event, gap_s in stream:
        now_s += gap_s
        memory, late = overdue(memory, "door", now_s, HANGING)
        if late is not None:
            assert now_s - good_s >= HANGING.stale_after_s - 1e-6
        memory, reading = condition(memory, event, now_s, HANGING)
        if reading is None:
            assert isinstance(event, SensorFailed)
            assert event.silent
            continue
        assert reading.at_least_mm <= reading.below_mm
        if reading.health.votes:
            good_s = now_s
            assert not isinstance(event, SensorFailed)
            assert reading.at_least_mm > -inf
        else:
            assert (reading.at_least_mm, reading.below_mm) == (-inf, inf)
            assert reading.reason
        assert stale_s(memory, HANGING) >= now_s or memory.last is None
