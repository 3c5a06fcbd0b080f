"""A series through the real conditioning, law, outbox and words."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from itertools import pairwise

import pytest

from drivers.sensors.simulated import BadLine
from edge.messages import texts
from edge.settings import Settings, parse
from edge.simulate import series
from edge.simulate.home import USUAL_HOME, Home, NoSuchSensor, home_of
from edge.simulate.replay import play
from edge.simulate.story import Entry, Kind, Story
from edge.simulate.water import Point

TWO_SENSORS = """
[sensors.float]
driver = "float_switch"
pin = 17
height_mm = 20
contact = "normally_closed"
"""

RISING: tuple[Point, ...] = ((0.0, 0.0), (60.0, 0.0), (100.0, 200.0), (400.0, 200.0))
CAT: tuple[Point, ...] = ((0.0, 0.0), (60.0, 0.0), (60.5, 300.0), (67.5, 300.0), (68.0, 0.0))


SHORT = """
[alarm]
latch_clear_s = 60.0
alert = { off_delay_s = 30.0 }
danger = { off_delay_s = 30.0 }
"""
"""An incident that closes soon: hours of dry floor show nothing new."""


def settings(more: str = "") -> Settings:
    return parse((USUAL_HOME.format(language="en") + SHORT + more).encode())


def home(
    more: str = "", *, sensor: str | None = None, only: bool = False, armed: bool | None = None
) -> Home:
    words = texts.load(texts.find("en"))
    return home_of(settings(more), words, sensor=sensor, only=only, armed=armed)


def played(points: tuple[Point, ...], bell: Home | None = None, *, dry: bool = True) -> Story:
    return play(points, bell or home(), dry_after=dry)


def entries(story: Story, kind: Kind) -> list[Entry]:
    return [entry for entry in story.entries if entry.kind is kind]


def test_a_rise_is_told_in_order_with_words_and_reasons() -> None:
    story = played(RISING)
    assert [stage for _, stage in story.stages] == ["normal", "alert", "danger", "normal"]
    reports = entries(story, Kind.REPORT)
    assert [entry.repeat for entry in reports] == [1, 2, 3]
    assert all(b.at_s - a.at_s == pytest.approx(60.0) for a, b in pairwise(reports))
    assert reports[0].text.startswith("[침수]서울 종로구 창신길 12-3 B01호 ")
    assert reports[0].to == ("119",)
    assert "seen rising" in reports[0].reason
    alert = [entry for entry in entries(story, Kind.NOTICE) if entry.about == "alert"]
    assert {name for entry in alert for name in entry.to} == {
        "resident",
        "guardian",
        "partner",
        "office",
    }
    assert story.entries[-1].about == "incident_closed"
    assert not story.open


def test_latency_is_counted_from_the_true_crossing() -> None:
    story = played(RISING)
    assert story.danger.crossed_s == pytest.approx(90.0)
    assert story.danger.latency_s is not None
    assert 3.0 <= story.danger.latency_s <= 4.0, "the on-delay, and the wait for a reading"
    assert story.alert.latency_s is not None
    assert 5.0 <= story.alert.latency_s <= 6.0


def test_a_cat_for_seven_seconds_reaches_nobody() -> None:
    story = played(CAT)
    assert story.entries == ()
    assert story.danger.crossed_s is not None
    assert story.danger.latency_s is None


def test_a_latency_is_not_counted_from_an_earlier_cat() -> None:
    flood = tuple((t_s + 300.0, depth_mm) for t_s, depth_mm in RISING)
    told = played((*CAT, *flood)).danger
    assert told.first_crossed_s is not None
    assert told.first_crossed_s < 61.0
    assert told.crossed_s == pytest.approx(390.0)
    assert told.latency_s is not None
    assert told.latency_s < 4.0


def test_unarmed_the_report_is_withheld_with_the_words_it_would_have_had() -> None:
    story = played(RISING, home(armed=False))
    assert entries(story, Kind.REPORT) == []
    (withheld,) = entries(story, Kind.WITHHELD)
    assert withheld.text.startswith("[침수]서울 종로구")
    assert withheld.reason.endswith("not armed")
    danger = [entry for entry in entries(story, Kind.NOTICE) if entry.about == "danger"]
    assert danger
    assert all("119 has NOT been called" in entry.text for entry in danger)
    assert story.danger.told_s is None


def test_water_that_stands_leaves_the_incident_open_and_the_replay_still_ends() -> None:
    story = played(RISING, dry=False)
    assert story.open
    assert story.stages[-1][1] == "danger"
    assert 400.0 < story.played_to_s < 4000.0
    assert len(entries(story, Kind.REPORT)) == 3


def test_the_replay_goes_on_until_a_delay_of_the_last_second_has_run_out() -> None:
    story = played(((0.0, 0.0), (10.0, 0.0), (11.0, 200.0)), dry=False)
    assert entries(story, Kind.REPORT)[0].at_s == pytest.approx(21.0)


def test_a_series_begins_when_it_says_and_texts_count_from_there() -> None:
    later = tuple((t_s + 1.7e9, depth_mm) for t_s, depth_mm in RISING)
    story = played(later)
    assert story.begins_s == 1.7e9
    guardian = next(e for e in entries(story, Kind.NOTICE) if "guardian" in e.to)
    assert "(00:01)" in guardian.text


def test_a_switch_in_the_same_water_confirms_a_jump() -> None:
    jump = ((0.0, 0.0), (60.0, 0.0), (60.5, 200.0), (400.0, 200.0))
    alone = entries(played(jump), Kind.REPORT)[0]
    both = entries(played(jump, home(TWO_SENSORS)), Kind.REPORT)[0]
    assert alone.at_s - both.at_s == pytest.approx(7.0)
    assert "confirmed by float" in both.reason


def test_an_alert_that_danger_overtakes_is_not_sent_any_more() -> None:
    """While a danger delay runs nothing else may start, and then the danger says more."""
    seen_coming = ((0.0, 0.0), (10.0, 0.0), (12.0, 14.0), (13.0, 30.0))
    story = played((*seen_coming, (18.0, 230.0), (300.0, 230.0)))
    dropped = entries(story, Kind.DROPPED)
    assert {name for entry in dropped for name in entry.to} == {
        "resident",
        "guardian",
        "partner",
        "office",
    }
    assert {(entry.about, entry.reason) for entry in dropped} == {("alert", "superseded by danger")}
    assert "alert" not in [entry.about for entry in entries(story, Kind.NOTICE)]
    assert story.alert.latency_s is not None, "who hears of danger has heard of water"


def test_the_last_gate_paces_reports_in_the_replay_as_on_the_device() -> None:
    """Water that rises 100 mm every 25 s has more to say than 119 may hear in a minute."""
    story = played(((0.0, 0.0), (60.0, 0.0), (200.0, 560.0), (600.0, 560.0)))
    left_s = [entry.at_s for entry in entries(story, Kind.REPORT)]
    assert all(d - a >= 60.0 for a, d in zip(left_s, left_s[3:], strict=False))
    assert entries(story, Kind.PACED)
    assert entries(story, Kind.WITHHELD) == []


def test_only_one_sensor_in_the_water_leaves_the_others_dry() -> None:
    story = played(RISING, home(TWO_SENSORS, sensor="float", only=True))
    assert entries(story, Kind.REPORT) == []
    assert entries(story, Kind.NOTICE)[0].reason.startswith("float")


def test_the_first_that_measures_is_chosen_and_an_unknown_one_refused() -> None:
    assert home(TWO_SENSORS).sensor == "door"
    with pytest.raises(NoSuchSensor) as refused:
        home(TWO_SENSORS, sensor="window")
    assert refused.value.known == ("door", "float")


def test_the_same_series_tells_the_same_story() -> None:
    assert played(RISING) == played(RISING)


@pytest.mark.parametrize("depth_mm", [0.0, 30.0])
def test_water_that_stands_for_days_does_not_look_like_a_stuck_sensor(depth_mm: float) -> None:
    bell = home()
    seldom = replace(bell, probes=(replace(bell.probes[0], interval_s=30.0),))
    story = played(((0.0, depth_mm), (90000.0, depth_mm)), seldom)
    assert [entry for entry in story.entries if "trouble" in entry.about] == []


def test_a_siren_that_is_cut_off_is_told() -> None:
    story = played(((0.0, 0.0), (40.0, 200.0), (1800.0, 200.0)))
    assert [entry.about for entry in entries(story, Kind.SIREN)] == [
        "strobe",
        "siren",
        "strobe",
        "off",
    ]


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("t_s,depth_mm\n-1,0\n", 2, series.NOT_NEGATIVE_EXPECTED),
        ("t_s,depth_mm\n0,0\n\n1e9,0\n", 4, series.SHORTER_EXPECTED),
        ("t_s,depth_mm\n0," + 9000 * "1" + "\n", 2, "two finite numbers"),
        ("t_s,depth_mm\n0," + 9000 * " " + "1\n", 2, "two finite numbers"),
    ],
)
def test_a_series_that_cannot_be_played_is_refused_with_its_line(
    text: str, line: int, expected: str
) -> None:
    with pytest.raises(BadLine) as refused:
        list(series.read(StringIO(text), 1.0))
    assert (refused.value.line, refused.value.expected) == (line, expected)
    assert len(refused.value.found) < 100
