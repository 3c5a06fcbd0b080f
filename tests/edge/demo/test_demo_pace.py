"""What the speed does."""

from __future__ import annotations

import pytest

from edge.demo.pace import SPEED_MAX, SPEED_MIN, Pace


def test_at_speed_one_everything_is_as_promised() -> None:
    pace = Pace(1.0)
    assert (pace.delay_s(5.0), pace.within_s(20.0), pace.clock_s(30.0)) == (5.0, 20.0, 30.0)
    assert (pace.sample_interval_s, pace.repeats, pace.repeat_interval_s) == (0.2, 3, 10.0)


def test_faster_shortens_script_and_delays_alike() -> None:
    pace = Pace(4.0)
    assert (pace.delay_s(10.0), pace.clock_s(40.0), pace.script_s(10.0)) == (2.5, 10.0, 40.0)


def test_slower_stretches_the_water_but_no_delay() -> None:
    pace = Pace(0.5)
    assert (pace.delay_s(10.0), pace.clock_s(40.0), pace.within_s(20.0)) == (10.0, 80.0, 20.0)


def test_a_bound_is_never_tighter_than_processes_can_keep_nor_looser_than_promised() -> None:
    assert Pace(SPEED_MAX).within_s(20.0) == 6.0
    assert Pace(SPEED_MAX).within_s(5.0) == 5.0


@pytest.mark.parametrize("speed", [SPEED_MIN - 0.01, SPEED_MAX + 0.01, 0.0, -1.0, float("nan")])
def test_other_speeds_are_refused(speed: float) -> None:
    with pytest.raises(ValueError, match="speed"):
        Pace(speed)
