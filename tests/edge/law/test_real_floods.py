"""Floods that happened: street sensors in New York, replayed at one reading a second.

The data are not ours to copy: they are read from ``$FLOODBELL_FLOODS``, or from ``shared`` beside
the checkout. Source: NYC Open Data aq7i-eu5q, FloodNet sensors.
"""

from __future__ import annotations

import csv
import os
from bisect import bisect_right
from pathlib import Path

import pytest

from edge.effects import Purpose
from edge.law.levels import Level
from tests.edge.law.basement import Basement

FOLDER = Path(
    os.environ.get("FLOODBELL_FLOODS")
    or Path(__file__).resolve().parents[3].parent / "shared" / "data" / "floods"
)

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(),
    reason="the recorded floods are not here: name their folder in FLOODBELL_FLOODS",
)


class Street(Basement):
    """The basement under one recorded street; remembers when each depth was first true."""

    def __init__(self, name: str) -> None:
        super().__init__(interval_s=1.0)
        with (FOLDER / f"{name}.csv").open(newline="", encoding="ascii") as file:
            rows = [(float(row["t_s"]), float(row["depth_mm"])) for row in csv.DictReader(file)]
        self.times_s = [t for t, _ in rows]
        self.depths_mm = [d for _, d in rows]
        self.began_s = self.now_s
        self.run(self.times_s[-1], door=self.depth_at)

    def depth_at(self, t_s: float) -> float:
        after = bisect_right(self.times_s, t_s)
        if after == len(self.times_s):
            return self.depths_mm[-1]
        (t0, t1), (d0, d1) = (
            self.times_s[after - 1 : after + 1],
            self.depths_mm[after - 1 : after + 1],
        )
        return d0 + (d1 - d0) * (t_s - t0) / (t1 - t0)

    def first_at(self, depth_mm: float) -> float:
        """The second from which on the water was first so deep."""
        seconds = range(1, int(self.times_s[-1]) + 1)
        return self.began_s + next(t for t in seconds if self.depth_at(t) >= depth_mm)

    def dry_out(self, hours: float = 16.0) -> None:
        self.interval_s = 20.0
        self.run(hours * 3600, door=0.0)

    @property
    def stages(self) -> list[object]:
        return [log.fields["stage"] for log in self.logs("stage_changed")]

    def episodes(self) -> list[int]:
        return sorted({report.episode for _, report in self.reports})


def test_a_cloudburst_reports_each_100_mm_and_each_report_thrice() -> None:
    street = Street("cloudburst-421mm")
    assert street.stages == ["alert", "danger"]
    late_s = street.reports[0][0] - street.first_at(150.0)
    assert 3.0 <= late_s <= 4.0, "a seen rise: the on-delay and no more"
    assert "seen rising" in street.reports[0][1].reason
    assert street.episodes() == [1, 2, 3], "150, 250 and 350 mm; it ended at 421"
    assert len(street.reports) == 9
    assert len(street.notices(Purpose.DANGER)) == 3
    street.dry_out()
    assert street.stages == ["alert", "danger", "normal"], "gone faster than alert clears"
    assert len(street.logs("incident_closed")) == 1
    assert street.logs("incident_closed")[0].fields["peak_mm"] == pytest.approx(420.9, abs=1.0)


def test_a_slow_tide_is_one_incident_from_the_first_centimetres_to_the_last() -> None:
    street = Street("slow-tide-450mm")
    alert_s = next(t for t, e in street.effects if getattr(e, "purpose", "") is Purpose.ALERT)
    assert 5.0 <= alert_s - street.first_at(20.0) <= 6.0
    assert 3.0 <= street.reports[0][0] - street.first_at(150.0) <= 4.0
    assert street.episodes() == [1, 2, 3]
    street.dry_out()
    assert street.stages == ["alert", "danger", "alert", "normal"]
    assert len(street.notices(Purpose.ALERT)) == 1
    assert len(street.notices(Purpose.RECEDED)) == 1
    assert {e.incident for _, e in street.reports} == {"i1"}


def test_hours_between_the_setpoints_tell_people_once_and_never_119() -> None:
    street = Street("first-level-only-61mm")
    assert street.stages[0] == "alert"
    street.dry_out()
    assert street.stages == ["alert", "normal"]
    assert street.reports == []
    assert len(street.notices(Purpose.ALERT)) == 1
    assert street.notices(Purpose.DANGER) == []
    assert not any(sound.siren for sound in street.sounds())


def test_hours_round_the_danger_setpoint_are_one_episode() -> None:
    street = Street("hovers-at-150mm")
    alert_s = next(t for t, e in street.effects if getattr(e, "purpose", "") is Purpose.ALERT)
    assert alert_s - street.began_s == pytest.approx(11.0), "wet at start: nobody saw it rise"
    assert 3.0 <= street.reports[0][0] - street.first_at(150.0) <= 4.0
    assert street.stages == ["alert", "danger", "alert"]
    assert street.episodes() == [1]
    assert len(street.reports) == 3
    assert street.stands_at(Level.ALERT)
    street.dry_out()
    assert street.state.incident is None
