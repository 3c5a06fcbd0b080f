"""What the centre sees at once (contract 3)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import inf
from pathlib import Path
from typing import Any

import pytest

from edge.centre.front import Front, alarm_view, bounds, finite
from edge.events import BellPressed, Hand, Handled, Health, Measured, Reading
from edge.law.state import State
from edge.reading_log import Wanted
from edge.shedding import Pace
from tests.edge.by_hand import HandMade
from tests.edge.law.basement import Basement


@pytest.mark.parametrize(
    ("reading", "seen"),
    [
        (
            Reading("door", 37.04, 37.04, Health.GOOD),
            {"depth_mm": 37.0, "at_least_mm": 37.0, "below_mm": 37.0, "quality": "good"},
        ),
        (
            Reading("float", 20.0, inf, Health.GOOD),
            {"depth_mm": None, "at_least_mm": 20.0, "below_mm": None, "quality": "good"},
        ),
        (
            Reading("float", -inf, 20.0, Health.SUSPECT),
            {"depth_mm": None, "at_least_mm": None, "below_mm": 20.0, "quality": "suspect"},
        ),
        (
            Reading("door", -inf, inf, Health.FAULTED, "no echo"),
            {"depth_mm": None, "at_least_mm": None, "below_mm": None, "quality": "faulted"},
        ),
    ],
)
def test_a_reading_is_shown_as_bounds_and_infinity_is_null(
    reading: Reading, seen: dict[str, object]
) -> None:
    assert bounds(reading) == seen
    json.dumps(seen, allow_nan=False)


def test_tenths_of_a_millimetre_are_enough() -> None:
    assert finite(1.26) == 1.3
    assert finite(inf) is None
    assert finite(-inf) is None


def test_the_alarm_of_a_calm_home() -> None:
    assert alarm_view(State()) == {
        "stage": "normal",
        "latched": "normal",
        "bell": False,
        "acknowledged": False,
        "incident": None,
        "drill": False,
        "depth_mm": None,
        "zone": None,
    }


def test_the_alarm_says_the_level_now_and_the_highest_of_the_incident() -> None:
    home = Basement()
    home.flood()
    home.press()
    home.hand(Hand.ACK)
    home.interval_s = 10.0
    home.run(1900, door=60.0)
    view = alarm_view(home.state)
    assert (view["stage"], view["latched"]) == ("alert", "danger")
    assert (view["bell"], view["acknowledged"], view["incident"]) == (True, True, "i1")
    assert (view["depth_mm"], view["zone"]) == (60.0, "entrance")
    json.dumps(view, allow_nan=False)


def test_the_alarm_is_shown_when_it_looks_different_and_not_else(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.later(20, door=3.0)
        home.later(20, door=9.0)
        alarms = [p for topic, p in home.centre.shown if topic == "alarm"]
        assert [p["depth_mm"] for p in alarms] == [3.0], "a dry floor's noise is not news"
        home.put(BellPressed())
        home.put(Handled(Hand.SILENCE, "kim"))
        alarms = [p for topic, p in home.centre.shown if topic == "alarm"]
        assert len(alarms) == 2
        assert alarms[-1]["bell"] is True
        assert set(alarms[-1]) == {
            *("stage", "latched", "bell", "acknowledged", "incident", "drill"),
            *("depth_mm", "zone", "since", "ts", "session"),
        }


def test_above_normal_every_centimetre_is_shown(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.later(12, door=60.0)
        assert home.app.state.level.word == "alert"
        before = len([1 for topic, _ in home.centre.shown if topic == "alarm"])
        for depth_mm in range(60, 101, 2):
            home.later(1, door=float(depth_mm))
        shown = [p["depth_mm"] for topic, p in home.centre.shown if topic == "alarm"][before:]
        assert shown == [70.0, 80.0, 90.0, 100.0]


def test_since_is_when_the_level_began_by_the_wall_clock(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        began = home.clock.wall_utc()
        home.later(30, door=0.0)
        home.put(BellPressed())
        since = home.centre.last("alarm")["since"]
        assert since == began.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_a_reading_is_logged_with_its_time_and_shown_with_its_reason(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.clock.synced = False
        home.put(Measured("door", 5.0, 5.0))
        shown = home.centre.last("sensors/door")
        assert set(shown) == {"depth_mm", "at_least_mm", "below_mm", "quality", "reason", "ts"}
        home.store.close(5.0)
        with home.store.reader() as reader:
            ((seq, body),) = reader.history("readings")
        row = json.loads(body)
        assert seq == 1
        assert (row["sensor"], row["depth_mm"], row["clock_synced"]) == ("door", 5.0, False)
        assert row["ts"] == shown["ts"]


def test_what_no_reading_shows_any_more_is_shown_again_before_it_expires(tmp_path: Path) -> None:
    """A sensor that is stale says so once; at the broker its word expires after 180 s."""
    with HandMade(tmp_path) as home:
        home.put(Measured("door", 5.0, 5.0))
        home.later(400)
        shown = [p for topic, p in home.centre.shown if topic == "sensors/door"]
        assert [p["quality"] for p in shown][:3] == ["good", "stale", "stale"]
        assert 4 <= len(shown) <= 8, "every minute, and at the latest after two"
        assert len({p["ts"] for p in shown[1:]}) == 1, "its time is that of the fact"


def test_a_change_smaller_than_the_setting_is_no_more_urgent_than_the_same_again(
    tmp_path: Path,
) -> None:
    """Mobile data: a millimetre more or less is noise. It adds up, so a slow rise is seen."""
    with HandMade(tmp_path) as home:
        urgent: list[tuple[float, bool]] = []

        slowed: list[float] = []

        class Shown:
            def show(self, topic: str, payload: Mapping[str, Any], *, repeat: bool = False) -> None:
                del topic
                urgent.append((payload["depth_mm"], not repeat))

            def slow_down(self, repeat_s: float) -> None:
                slowed.append(repeat_s)

        front = Front(Shown(), home.store, min_change_mm=5.0)
        for depth_mm in (3.0, 4.0, 2.0, 5.0, 7.9, 8.0, 9.0):
            reading = Reading("door", depth_mm, depth_mm, Health.GOOD)
            front.reading(reading, {"ts": "", "clock_synced": True}, log=Wanted.NO)
        faulted = Reading("door", 9.0, 9.0, Health.FAULTED)
        front.reading(faulted, {"ts": "", "clock_synced": True}, log=Wanted.NO)
        assert [mm for mm, at_once in urgent if at_once] == [3.0, 8.0, 9.0]
        assert len(urgent) == 8, "all of them are the newest truth when their turn comes"
        for pace, wanted in ((Pace(60.0, 7.0), [20.0, 27.0]), (Pace(), [20.0, 25.0])):
            front.slow_down(pace)
            urgent.clear()
            for depth_mm in (20.0, 24.9, 25.0, 26.0, 27.0):
                reading = Reading("door", depth_mm, depth_mm, Health.GOOD)
                front.reading(reading, {"ts": "", "clock_synced": True}, log=Wanted.NO)
            assert [mm for mm, at_once in urgent if at_once] == wanted
            front.reading(faulted, {"ts": "", "clock_synced": True}, log=Wanted.NO)
        assert slowed == [60.0, 0.0]
        alone = Front(None, home.store)
        alone.slow_down(Pace(60.0, 5.0))
