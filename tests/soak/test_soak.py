"""The judgement of a soak, and the soak itself in its short form."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from tests.soak.__main__ import live
from tests.soak.life import Life
from tests.soak.slope import theil_sen
from tests.soak.verdict import CALM, judge
from tests.soak.watching import Sample

CALM_SAMPLE = Sample(0.0, CALM, 50_000, 34_000, 33_000, 45, 10, 2_000_000, 0, 0)


def soak(grows_kb_h: float, noise_kb: float = 40.0, minutes: int = 30) -> list[Sample]:
    """Samples every five seconds; in each minute's first half there is a flood."""
    chance = random.Random(1)
    samples = []
    for at_s in range(0, minutes * 60, 5):
        kb = round(grows_kb_h * at_s / 3600 + chance.gauss(0.0, noise_kb))
        one = replace(
            CALM_SAMPLE,
            at_s=float(at_s),
            rss_kb=50_000 + kb,
            pss_kb=34_000 + kb,
            anonymous_kb=33_000 + kb,
        )
        flood = at_s % 60 < 30
        samples.append(replace(one, phase="flood", descriptors=46, rss_kb=60_000) if flood else one)
    return samples


def test_a_straight_line_has_its_slope_and_no_doubt() -> None:
    found = theil_sen([(float(x), 3.0 * x + 1.0) for x in range(20)])
    assert found.slope == pytest.approx(3.0)
    assert found.low == pytest.approx(found.high) == pytest.approx(3.0)


def test_outliers_do_not_move_a_slope_and_noise_widens_it() -> None:
    chance = random.Random(7)
    points = [(float(x), 2.0 * x + chance.gauss(0.0, 1.0)) for x in range(30)]
    points[3], points[28] = (3.0, 500.0), (28.0, -500.0)
    found = theil_sen(points)
    assert found.low < 2.0 < found.high
    assert found.slope == pytest.approx(2.0, abs=0.1)
    assert 0.0 < found.high - found.low < 0.5


@pytest.mark.parametrize("points", [[], [(0.0, 1.0), (1.0, 2.0)], [(1.0, 1.0)] * 5])
def test_too_little_has_no_slope(points: list[tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match="no slope"):
        theil_sen(points)


def test_memory_that_stays_is_good_whatever_floods_take() -> None:
    verdict = judge(soak(0.0), warm_up_s=600.0)
    assert verdict.faults == []
    assert verdict.descriptors == (45, 45)
    assert verdict.threads == (10, 10)


def test_a_leak_of_half_a_megabyte_an_hour_is_found_in_half_an_hour() -> None:
    verdict = judge(soak(512.0), warm_up_s=600.0)
    assert len(verdict.faults) == 2
    assert all("grows by" in fault for fault in verdict.faults)


def test_one_descriptor_or_thread_more_in_calm_is_a_fault() -> None:
    samples = soak(0.0)
    last = samples[-1]
    assert judge([*samples[:-1], replace(last, descriptors=46)], 600.0).faults == [
        "descriptors: 45 to 46 in calm"
    ]
    assert judge([*samples[:-1], replace(last, threads=11)], 600.0).faults == [
        "threads: 10 to 11 in calm"
    ]


@pytest.mark.long
@pytest.mark.timeout(900)
def test_ten_minutes_of_floods_and_broken_connections_leave_nothing_behind(tmp_path: Path) -> None:
    """The page is of half an hour: ``make soak``."""
    with Life(tmp_path) as life:
        samples = live(life, 10, Console(), None)
    verdict = judge(samples, warm_up_s=300.0)
    assert verdict.descriptors[0] == verdict.descriptors[1]
    assert verdict.threads[0] == verdict.threads[1]
    assert verdict.slopes["anonymous memory"].low < 4096.0, "caches still fill, no more than that"
