"""Floods that happened, through the whole replay: every one is told in time and comes to an end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge.messages import texts
from edge.settings import parse
from edge.simulate import series
from edge.simulate.home import USUAL_HOME, home_of
from edge.simulate.replay import play
from edge.simulate.story import Kind, Story

FOLDER = Path(
    os.environ.get("FLOODBELL_FLOODS")
    or Path(__file__).resolve().parents[3].parent / "shared" / "data" / "floods"
)

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(),
    reason="the recorded floods are not here: name their folder in FLOODBELL_FLOODS",
)


def flood(name: str) -> Story:
    """Play one with the latch shortened: half a day of dry floor shows nothing new."""
    short = USUAL_HOME.format(language="ko") + "[alarm]\nlatch_clear_s = 60.0\n"
    home = home_of(parse(short.encode()), texts.load(texts.find("ko")))
    with (FOLDER / f"{name}.csv").open(encoding="utf-8") as file:
        return play(series.read(file, home.readings_a_second), home, dry_after=True)


@pytest.mark.parametrize(
    ("name", "reports", "peak_mm"),
    [
        ("cloudburst-421mm", 9, 420.9),
        ("first-level-only-61mm", 0, 61.0),
        ("hovers-at-150mm", 3, 166.1),
        ("slow-tide-450mm", 12, 450.1),
    ],
)
def test_a_real_flood_is_told_in_time_and_comes_to_an_end(
    name: str, reports: int, peak_mm: float
) -> None:
    story = flood(name)
    assert story.peak[1] == pytest.approx(peak_mm, abs=0.1)
    assert story.count(Kind.REPORT) == reports
    assert story.alert.latency_s is not None
    assert story.alert.latency_s <= 10.0
    if reports:
        assert story.danger.latency_s is not None
        assert 3.0 <= story.danger.latency_s <= 20.0
    else:
        assert story.danger.crossed_s is None
    assert not story.open
    assert story.entries[-1].about == "incident_closed"
