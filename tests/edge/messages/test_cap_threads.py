"""When the centre is told by CAP: an Alert, Updates that refer to it, one Cancel."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.law.levels import Level
from edge.law.state import Drill, Incident, ReportState, Service, State
from edge.messages.cap_threads import (
    REFERENCES_MOST,
    RENEW_AFTER_S,
    Document,
    Occasion,
    Threads,
    announce,
    dump,
    joined,
    load,
)
from tests.edge.law.basement import ONE_SENSOR, Basement
from tests.edge.messages.cap_reader import Read, chained, source

START = datetime(2026, 8, 8, 12, 0, tzinfo=UTC)


@dataclass
class Desk:
    """What was told, on a clock moved by hand."""

    threads: Threads = field(default_factory=Threads)
    now_s: float = 1000.0
    run: str = "r1"
    synced: bool = False
    written: list[Document] = field(default_factory=list)

    def tell(self, state: State, later_s: float = 1.0) -> list[Read]:
        self.now_s += later_s
        wall = START + timedelta(seconds=self.now_s)
        occasion = Occasion(self.now_s, wall, clock_synced=self.synced, run=self.run)
        self.threads, written = announce(self.threads, state, ONE_SENSOR, source(), occasion)
        self.written += written
        return [Read(one.xml) for one in written]

    def all(self) -> list[Read]:
        return [Read(one.xml) for one in self.written]

    def restarted(self) -> Desk:
        stored = json.loads(json.dumps(dump(self.threads, self.now_s)))
        return Desk(load(stored, 5.0), 5.0, "r2", written=list(self.written))


def incident(level: Level, **more: object) -> State:
    zone = "entrance" if level else None
    about = Incident(**{"id": "i1", "opened_s": 900.0, **more})  # type: ignore[arg-type]
    return State(level=level, zone=zone, level_since_s=990.0, incident=about, armed=True)


CALM = State()
ALERT = incident(Level.ALERT)
DANGER = incident(Level.DANGER, episode=1)
RECEDED = incident(Level.NORMAL, episode=1)
BELL = incident(Level.NORMAL, bell=True, episode=1, pressed_s=980.0)


def kinds(told: list[Read]) -> list[str]:
    return [f"{one['msgType']} {one['status']}" for one in told]


def test_nothing_is_told_while_nothing_stands() -> None:
    desk = Desk()
    assert desk.tell(CALM) == []
    assert desk.tell(incident(Level.NORMAL)) == []
    assert desk.threads == Threads()


def test_a_flood_is_an_alert_updates_and_one_cancel() -> None:
    desk = Desk()
    for state in (CALM, ALERT, ALERT, DANGER, DANGER, ALERT, RECEDED, RECEDED, CALM):
        desk.tell(state)
    assert chained(desk.all()) == ["Alert", "Update", "Update", "Cancel"]
    assert [one.named("parameter")["stage"] for one in desk.all()] == [
        "alert",
        "danger",
        "alert",
        "normal",
    ]
    assert [one["identifier"] for one in desk.all()] == [
        f"jongno-0042.i1.{number}.r1" for number in (1, 2, 3, 4)
    ]
    first = desk.written[0]
    assert (first.about, first.incident, first.episode, first.number) == ("i1", "i1", 0, 1)
    assert (first.kind, desk.written[-1].kind) == ("Alert", "Cancel")
    assert desk.threads == Threads(4)


def test_water_that_comes_back_is_a_new_alert_of_the_same_incident() -> None:
    desk = Desk()
    for state in (ALERT, RECEDED, ALERT, RECEDED):
        desk.tell(state)
    assert chained(desk.all()) == ["Alert", "Cancel", "Alert", "Cancel"]


def test_a_reset_or_the_end_of_an_incident_cancels() -> None:
    desk = Desk()
    desk.tell(DANGER)
    assert kinds(desk.tell(CALM)) == ["Cancel Actual"]


def test_a_new_episode_and_a_settled_contest_are_news() -> None:
    desk = Desk()
    desk.tell(incident(Level.DANGER, episode=1, contested=("float",)))
    assert desk.all()[-1].infos()[0]["certainty"] == ["Possible"]
    desk.tell(DANGER)
    desk.tell(incident(Level.DANGER, episode=2))
    assert chained(desk.all()) == ["Alert", "Update", "Update"]
    assert desk.all()[-1].named("parameter")["episode"] == "2"


def test_the_onset_is_the_press_or_the_change_of_level_and_now_when_it_is_over() -> None:
    desk = Desk()
    [told] = desk.tell(BELL)
    assert told.infos()[0]["onset"] == ["2026-08-08T12:16:20-00:00"]
    desk.tell(CALM)
    [told] = desk.tell(ALERT)
    assert told.infos()[0]["onset"] == ["2026-08-08T12:16:30-00:00"]
    [told] = desk.tell(incident(Level.ALERT, bell=True))
    assert told.infos()[0]["onset"] == ["2026-08-08T12:16:30-00:00"]
    [told] = desk.tell(CALM)
    assert told.infos()[0]["onset"] == [told["sent"]] == ["2026-08-08T12:16:45-00:00"]


def test_what_still_stands_is_told_again_before_it_runs_out() -> None:
    desk = Desk()
    desk.tell(DANGER)
    assert desk.tell(DANGER, RENEW_AFTER_S - 1) == []
    assert kinds(desk.tell(DANGER, 1)) == ["Update Actual"]
    assert desk.tell(DANGER, 1) == []


def test_a_report_of_this_episode_that_119_accepted_is_told_as_such() -> None:
    def reported(episode: int, accepted: int) -> State:
        report = ReportState(episode, "water", 0.0, 150.0, accepted=accepted)
        return incident(Level.DANGER, episode=2, reports=(report,))

    def said(state: State) -> str:
        return Desk().tell(state)[0].named("parameter")["report_119_accepted"]

    assert said(reported(2, 1)) == "true"
    assert said(reported(2, 0)) == "false"
    assert said(reported(1, 1)) == "false"
    desk = Desk()
    desk.tell(DANGER)
    assert desk.tell(CALM)[0].named("parameter")["report_119_accepted"] == "false"


def test_a_depth_is_told_as_it_is_and_in_words_never_below_the_setpoint() -> None:
    told = Desk().tell(DANGER)[0]
    assert "15cm 이상" in told.infos()[0]["description"][0]
    assert "depth_mm" not in told.named("parameter")
    assert Desk().tell(BELL)[0].infos()[0]["description"][0].endswith("깊이: 모름.")


# Drills and service


def test_the_bell_in_a_flood_is_told_with_the_level_and_the_episode_of_the_incident() -> None:
    told = Desk().tell(incident(Level.ALERT, bell=True, episode=3, contested=("float",)))[0]
    said = told.named("parameter")
    assert (said["stage"], said["bell"], said["episode"]) == ("alert", "true", "3")
    assert said["clock_synced"] == "false"
    assert Desk(synced=True).tell(BELL)[0].named("parameter")["clock_synced"] == "true"


def test_what_is_over_is_told_with_the_depth_of_now_and_no_setpoint() -> None:
    desk = Desk()
    desk.tell(DANGER)
    home = Basement()
    home.run(1, door=3.0)
    dry = replace(home.state, incident=None, armed=True)
    [told] = desk.tell(dry)
    assert told.named("parameter")["depth_mm"] == "3"
    assert told.infos()[0]["description"][0].endswith("물 깊이: 0cm.")
    assert told.infos()[0]["onset"] == [told["sent"]]
    desk.tell(DANGER)
    [told] = desk.tell(replace(RECEDED, level_since_s=1.0))
    assert told.infos()[0]["onset"] == [told["sent"]], "also while the incident is open"


def test_a_drowned_zone_is_told_as_such() -> None:
    deep = incident(Level.DANGER, drowned=frozenset({"entrance"}), crest_mm=163.0)
    said = Desk().tell(deep)[0]
    assert "16cm 이상(센서 잠김)" in said.infos()[0]["description"][0]


@pytest.mark.parametrize(
    ("stage", "level", "bell", "depth"),
    [
        ("alert", "alert", "false", "20"),
        ("danger", "danger", "false", "150"),
        ("bell", "normal", "true", None),
    ],
)
def test_a_drill_is_an_exercise_from_its_alert_to_its_cancel(
    stage: str, level: str, bell: str, depth: str | None
) -> None:
    desk = Desk()
    playing = State(drill=Drill(stage, 1600.0, "uid 0", ("mother",)))
    for state in (playing, playing, CALM, playing, CALM):
        desk.tell(state)
    told = desk.all()
    assert chained(told) == ["Alert", "Cancel", "Alert", "Cancel"]
    assert {one["status"] for one in told} == {"Exercise"}
    assert told[0]["incidents"] != told[2]["incidents"], "each drill is its own"
    assert {one.incident for one in desk.written} == {None}
    said = told[0].named("parameter")
    assert (said["stage"], said["bell"], said.get("depth_mm")) == (level, bell, depth)
    assert told[0].infos()[0]["onset"] == [told[0]["sent"]]
    assert "depth_mm" not in told[1].named("parameter")
    assert said["episode"] == "0"
    assert [one["incidents"] for one in told[::2]] == ["drill-r1-1", "drill-r1-3"]


def test_something_real_is_told_before_the_drill_is_taken_back() -> None:
    desk = Desk()
    desk.tell(State(drill=Drill("danger", 1600.0, "uid 0", ("mother",))))
    told = desk.tell(ALERT)
    assert kinds(told) == ["Alert Actual", "Cancel Exercise"]
    assert told[0].infos()[0]["onset"] != [told[0]["sent"]]


def test_what_a_technician_pours_is_a_test_and_the_bell_is_real_all_the_same() -> None:
    at_work = Service(5000.0, "uid 0")
    poured = replace(incident(Level.DANGER, episode=1, service=True), service=at_work)
    reports = (ReportState(2, "bell", 0.0, 0.0), ReportState(4, "water", 0.0, 150.0))
    pressed = replace(
        incident(Level.DANGER, episode=2, service=True, bell=True, reports=reports),
        service=at_work,
    )
    desk = Desk()
    assert kinds(desk.tell(poured)) == ["Alert Test"]
    assert kinds(desk.tell(pressed)) == ["Alert Actual", "Cancel Test"]
    bell = desk.all()[1].named("parameter")
    assert (bell["stage"], bell["bell"], bell["armed"]) == ("normal", "true", "true")
    assert bell["episode"] == "2"
    assert "zone" not in bell
    deeper = replace(pressed, incident=replace(pressed.incident or Incident("", 0.0), episode=3))
    assert desk.tell(deeper) == [], "what the technician pours is not news of the bell"
    assert kinds(desk.tell(CALM)) == ["Cancel Actual"]
    chained(desk.all())


def test_a_bell_in_service_of_which_no_report_is_known_is_told() -> None:
    told = Desk().tell(incident(Level.NORMAL, service=True, bell=True, episode=7))
    assert kinds(told) == ["Alert Actual"]
    assert told[0].named("parameter")["episode"] == "0"


# Restarts


def test_a_restart_tells_nothing_twice_and_refers_to_what_was_told_before() -> None:
    desk = Desk()
    desk.tell(ALERT)
    desk.tell(DANGER)
    doubted = incident(Level.DANGER, episode=1, contested=("float",))
    desk.tell(doubted)
    again = desk.restarted()
    assert again.tell(doubted, 0.0) == []
    again.tell(ALERT)
    again.tell(RECEDED)
    assert chained(again.all()) == ["Alert", "Update", "Update", "Update", "Cancel"]
    assert [one["identifier"].split(".")[2:] for one in again.all()] == [
        ["1", "r1"],
        ["2", "r1"],
        ["3", "r1"],
        ["4", "r2"],
        ["5", "r2"],
    ]


def test_a_drill_that_a_restart_has_ended_is_taken_back() -> None:
    desk = Desk()
    desk.tell(State(drill=Drill("alert", 1600.0, "uid 0", ("mother",))))
    again = desk.restarted()
    assert kinds(again.tell(CALM)) == ["Cancel Exercise"]


def test_the_time_since_it_was_told_outlives_a_restart() -> None:
    desk = Desk()
    desk.tell(DANGER)
    desk.now_s += RENEW_AFTER_S - 100
    again = desk.restarted()
    assert again.tell(DANGER, 99.0) == []
    assert kinds(again.tell(DANGER, 1.0)) == ["Update Actual"]


def test_a_late_disk_joins_what_it_remembers_to_what_was_told_without_it() -> None:
    remembered = Desk()
    for state in (ALERT, DANGER, ALERT):
        remembered.tell(state)
    since = Desk(run="r2")
    since.tell(State(drill=Drill("alert", 1600.0, "uid 0", ("mother",))))
    since.threads = joined(remembered.threads, since.threads)
    assert since.threads.number == 3
    assert kinds(since.tell(DANGER)) == ["Update Actual", "Cancel Exercise"]
    assert joined(Threads(2), Threads(7)).number == 7


def test_the_figures() -> None:
    assert (RENEW_AFTER_S, REFERENCES_MOST) == (43200.0, 32)


def test_references_are_bounded_and_the_newest_stay() -> None:
    desk = Desk()
    for episode in range(REFERENCES_MOST + 8):
        desk.tell(incident(Level.DANGER, episode=episode + 1))
    told = desk.all()
    assert told[-1]["references"].split() == [one.name for one in told[-1 - REFERENCES_MOST : -1]]
    assert len(json.dumps(dump(desk.threads, desk.now_s))) < 4096


# Whatever happens


STATES: list[Callable[[], State]] = [
    lambda: CALM,
    lambda: ALERT,
    lambda: DANGER,
    lambda: RECEDED,
    lambda: BELL,
    lambda: incident(Level.DANGER, bell=True, episode=2),
    lambda: incident(Level.ALERT, service=True),
    lambda: incident(Level.ALERT, id="i2"),
    lambda: State(drill=Drill("bell", 1600.0, "uid 0", ("mother",))),
]


@given(st.lists(st.tuples(st.sampled_from(STATES), st.booleans()), max_size=12))
def test_every_thread_is_an_alert_updates_and_at_most_one_cancel(
    course: list[tuple[Callable[[], State], bool]],
) -> None:
    desk = Desk()
    for state, restart in course:
        desk.tell(state())
        desk = desk.restarted() if restart else desk
    desk.tell(CALM)
    told = desk.all()
    chained(told)
    open_threads: set[tuple[str, str]] = set()
    for one in told:
        thread = (one["incidents"], one["status"])
        if one["msgType"] == "Alert":
            assert thread not in open_threads
            open_threads.add(thread)
        else:
            assert thread in open_threads
        if one["msgType"] == "Cancel":
            open_threads.remove(thread)
    assert not open_threads
    assert desk.threads.open == ()
