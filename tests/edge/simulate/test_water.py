"""The water of a series: straight lines, exact crossings, bounded memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.simulate.water import NoPoints, Point, Trace, Water

SERIES = ((10.0, 0.0), (20.0, 100.0), (30.0, 100.0), (40.0, 0.0), (50.0, 60.0))


def test_between_points_the_water_runs_straight_and_after_the_last_it_stands() -> None:
    water = Water(SERIES, (20.0,))
    asked = (10.0, 15.0, 20.0, 25.0, 35.0, 50.0, 99.0)
    assert [water.depth_at(t) for t in asked] == [0.0, 50.0, 100.0, 100.0, 50.0, 60.0, 60.0]
    assert water.ends_s == 50.0
    assert water.points == 5


def test_after_the_series_the_floor_may_be_dry() -> None:
    water = Water(SERIES, (20.0,), after_mm=0.0)
    assert water.depth_at(50.0) == 60.0
    assert water.depth_at(50.1) == 0.0


def test_a_crossing_is_where_the_line_passes_not_where_somebody_looked() -> None:
    water = Water(SERIES, (20.0, 150.0))
    water.depth_at(39.0)
    assert water.crossed_s(20.0) == pytest.approx(12.0)
    water.depth_at(99.0)
    assert water.crossed_s(20.0) == pytest.approx(40.0 + 20.0 / 6.0)
    assert water.first_crossed_s(20.0) == pytest.approx(12.0)
    assert water.crossed_s(150.0) is None
    assert water.peak == (20.0, 100.0)


def test_water_that_is_there_at_the_beginning_has_crossed_then() -> None:
    assert Water(((7.0, 30.0),), (20.0,)).crossed_s(20.0) == 7.0


def test_a_series_without_a_point_is_refused() -> None:
    with pytest.raises(NoPoints):
        Water((), (20.0,))


def test_a_series_is_read_only_as_far_as_time_has_come() -> None:
    read: list[float] = []

    def endless() -> Iterator[Point]:
        t_s = 0.0
        while True:
            read.append(t_s)
            yield t_s, 1.0
            t_s += 1.0

    water = Water(endless(), (20.0,))
    water.depth_at(100.5)
    assert read[-1] == 101.0


@given(st.lists(st.floats(0.0, 500.0), min_size=1, max_size=400))
def test_a_trace_is_bounded_and_keeps_the_peak(depths: list[float]) -> None:
    trace = Trace(most=20)
    for second, depth_mm in enumerate(depths):
        trace.add(float(second), depth_mm)
    points = trace.points()
    assert len(points) <= 2 * 21
    assert points == sorted(points, key=lambda point: point[0])
    assert max(depth for _, depth in points) == max(depths)
    assert min(depth for _, depth in points) == min(depths)
