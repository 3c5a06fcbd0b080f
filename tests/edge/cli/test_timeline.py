"""Where rows lie in time, and what is left of them in the columns of a picture."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.cli.beside import silent
from edge.cli.history_book import Row
from edge.cli.sieve import Sieve
from edge.cli.timeline import begun

Stamp = tuple[float, bool]
"""The logged second, and whether the clock was set."""


def placed(stamps: Sequence[Stamp]) -> list[float]:
    rows = [(seq, *stamp) for seq, stamp in enumerate(stamps, 1)][::-1]
    timeline = begun(rows)
    for seq, logged_s, synced in rows:
        timeline.back(seq, logged_s, synced=synced)
    return [timeline.place_s(seq, logged_s) for seq, (logged_s, _) in enumerate(stamps, 1)]


def stamps(seconds: Sequence[float], *, synced: bool) -> list[Stamp]:
    return [(float(at_s), synced) for at_s in seconds]


@pytest.mark.parametrize(
    ("logged", "places"),
    [
        pytest.param(
            [
                *stamps([1000, 1060], synced=True),
                *stamps([1061, 1121], synced=False),
                *stamps([20000, 20060], synced=True),
            ],
            [1000, 1060, 19940, 20000, 20000, 20060],
            id="a power cut: what follows it lies directly before the clock was set",
        ),
        pytest.param(
            [*stamps([1000, 1060], synced=True), *stamps([10, 70], synced=False)],
            [1000, 1060, 1060, 1120],
            id="a clock that was never set again goes on behind the one that was",
        ),
        pytest.param(
            stamps([10, 70, 10, 70], synced=False),
            [-50, 10, 10, 70],
            id="two starts without any clock lie one behind the other",
        ),
        pytest.param(
            stamps([1000, 1060, 4720, 4780, 1180, 1240], synced=True),
            [1000, 1060, 1120, 1180, 1180, 1240],
            id="a clock that was set wrong for a while changes nothing before it",
        ),
        pytest.param(
            [*stamps([1000], synced=False), *stamps([1060], synced=True)],
            [1000, 1060],
            id="a clock that was right before it was said to be",
        ),
    ],
)
def test_the_clock_of_a_bell_jumps_and_the_order_stays(
    logged: list[Stamp], places: list[float]
) -> None:
    assert placed(logged) == pytest.approx(places, abs=1e-3)


LOGS = st.lists(st.tuples(st.floats(0, 2e9), st.booleans()), max_size=40)


@given(LOGS)
@settings(max_examples=150)
def test_no_row_lies_behind_one_of_a_higher_number(log: list[Stamp]) -> None:
    places = placed(log)
    assert all(one <= two + 1e-3 for one, two in pairwise(places))


@given(st.lists(st.floats(0, 2e9), min_size=1, max_size=40))
@settings(max_examples=50)
def test_a_clock_that_is_set_and_runs_forward_is_believed(seconds: list[float]) -> None:
    seconds.sort()
    assert placed(stamps(seconds, synced=True)) == seconds


READINGS = st.lists(
    st.tuples(
        st.floats(0, 900),
        st.one_of(st.none(), st.integers(0, 500).map(float)),
        st.one_of(st.none(), st.sampled_from([20.0, 150.0])),
        st.booleans(),
    ),
    max_size=120,
)


@given(READINGS, st.integers(1, 40))
@settings(max_examples=150)
def test_a_picture_keeps_peaks_order_and_silences_in_a_bounded_number_of_points(
    steps: list[tuple[float, float | None, float | None, bool]], columns: int
) -> None:
    rows, at_s = [], 0.0
    for seq, (step_s, depth_mm, bound_mm, wet) in enumerate(steps):
        at_s += step_s
        at_least_mm, below_mm = (bound_mm, None) if wet else (None, bound_mm)
        rows.append(Row(seq, at_s, "", True, "door", depth_mm, at_least_mm, below_mm, "good"))
    column_s = max(at_s, 1.0) / columns
    sieve = Sieve(0.0, column_s, 60.0)
    for row in rows:
        sieve.add(row)
    series = sieve.series("door")
    points = [point for run in series.runs for point in run]
    depths = [row.depth_mm for row in rows if row.depth_mm is not None]
    assert sorted(points) == points
    assert len(points) <= 2 * (columns + 1)
    assert len(series.bounds) <= columns + 1
    assert {mm for _, mm in points} <= set(depths)
    if depths:
        seen = [mm for _, mm in points]
        assert (min(seen), max(seen)) == (min(depths), max(depths))
    for one, two in pairwise(rows):
        if silent(one, two, 60.0) and two.at_s - one.at_s > 2 * column_s:
            assert not any(run[0][0] <= one.at_s and two.at_s <= run[-1][0] for run in series.runs)
    reached = [row.at_least_mm for row in rows if row.depth_mm is None and row.at_least_mm]
    assert {b.mm for b in series.bounds if b.at_least} <= set(reached)
    if reached:
        assert max(reached) in {b.mm for b in series.bounds if b.at_least}
