"""CAP documents at work: with the law, the store and the outbox, over restarts."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from edge.events import Attempted, BellPressed, Hand, Handled, Outcome
from edge.law.levels import Level
from edge.law.state import State
from edge.loop.announcer import Announcer
from edge.loop.taking_up import Memory
from edge.store.rows import Recovered
from tests.edge.by_hand import DESK, HandClock, HandMade
from tests.edge.law.basement import ONE_SENSOR
from tests.edge.messages.cap_reader import Read, chained, source

POSTED = replace(DESK, cap_routes=("cap",))
SEOUL = ZoneInfo("Asia/Seoul")


def announcer(clock: HandClock, run: str, *, keeps: bool = True) -> Announcer:
    return Announcer(
        source(), ONE_SENSOR, clock, SEOUL, run_id=run, put=lambda _trouble: None, keeps=keeps
    )


def home_in(folder: Path, run: str = "run-one", **more: Any) -> HandMade:
    """A home with a centre that wants CAP; it goes on with what the folder's store remembers."""
    keeps = more.pop("keeps", True)
    return HandMade(folder, desk=more.pop("desk", POSTED), announces=run, keeps_cap=keeps, **more)


def documents(home: HandMade) -> list[Read]:
    """The log of the store, once all is on the disk."""
    end_s = time.monotonic() + 5.0
    while home.store.health().pending and time.monotonic() < end_s:
        threading.Event().wait(0.01)
    with home.store.reader() as reader:
        rows = reader.rows("cap", 0, 1000, 10_000_000)
    assert [seq for seq, _ in rows] == list(range(1, len(rows) + 1))
    return [Read(body) for _, body in rows]


def test_a_flood_a_bell_and_a_reset_are_told_in_order_and_in_the_homes_time(tmp_path: Path) -> None:
    with home_in(tmp_path) as home:
        home.flood(200.0)
        home.put(BellPressed())
        home.later(3, door=0.0)
        assert home.app.handle(Handled(Hand.RESET, "uid 0"), home.clock.at_s) == ""
        told = documents(home)
        assert chained(told)[0] == "Alert"
        assert chained(told)[-1] == "Cancel"
        seen = [(one.named("parameter")["stage"], one.named("parameter")["bell"]) for one in told]
        assert seen == [
            ("alert", "false"),
            ("danger", "false"),
            ("danger", "true"),
            ("normal", "true"),
        ]
        assert {one["sent"][-6:] for one in told} == {"+09:00"}
        assert {one["status"] for one in told} == {"Actual"}
        danger = told[1].named("parameter")
        assert (danger["zone"], danger["armed"]) == ("entrance", "true")
        assert int(danger["depth_mm"]) >= 150
        assert told[2].named("parameter")["report_119_accepted"] == "false"


def test_a_clock_that_is_not_synced_is_said(tmp_path: Path) -> None:
    with home_in(tmp_path) as home:
        home.clock.synced = False
        home.put(BellPressed())
        assert documents(home)[0].named("parameter")["clock_synced"] == "false"


def test_a_drill_is_an_exercise_and_its_end_a_cancel(tmp_path: Path) -> None:
    with home_in(tmp_path) as home:
        drill = Handled(Hand.DRILL, "uid 0", stage="danger", contacts=("mother",))
        assert home.app.handle(drill, home.clock.at_s) == ""
        end = Handled(Hand.DRILL_END, "uid 0")
        assert home.app.handle(end, home.clock.at_s) == ""
        told = documents(home)
        assert chained(told) == ["Alert", "Cancel"]
        assert {one["status"] for one in told} == {"Exercise"}


def test_water_in_a_service_is_a_test_and_its_end_a_cancel(tmp_path: Path) -> None:
    with home_in(tmp_path) as home:
        home.later(3, door=0.0)
        service = Handled(Hand.SERVICE_ON, "uid 0", minutes=60.0)
        assert home.app.handle(service, home.clock.at_s) == ""
        home.flood(60.0)
        assert home.app.handle(Handled(Hand.SERVICE_OFF, "uid 0"), home.clock.at_s) == ""
        told = documents(home)
        assert chained(told) == ["Alert", "Cancel"]
        assert {one["status"] for one in told} == {"Test"}


def test_a_restart_in_the_middle_of_an_incident_goes_on_where_it_was(tmp_path: Path) -> None:
    with home_in(tmp_path) as home:
        home.flood(60.0)
        state = home.app.state
        assert len(documents(home)) == 1
    with home_in(tmp_path, "run-two", state=state) as home:
        home.later(1, door=60.0)
        assert len(documents(home)) == 1, "nothing is told twice"
        home.later(30, door=300.0)
        told = documents(home)
        assert chained(told) == ["Alert", "Update"]
        assert told[0]["identifier"].endswith(".1.run-one")
        assert told[1]["identifier"].endswith(".2.run-two")


def test_a_drill_that_a_restart_ends_is_taken_back_at_the_start(tmp_path: Path) -> None:
    with home_in(tmp_path) as home:
        drill = Handled(Hand.DRILL, "uid 0", stage="alert", contacts=("mother",))
        home.app.handle(drill, home.clock.at_s)
    with home_in(tmp_path, "run-two") as home:
        home.later(1)
        assert chained(documents(home)) == ["Alert", "Cancel"]


def test_what_a_late_disk_remembers_is_taken_up_and_not_told_anew(tmp_path: Path) -> None:
    with home_in(tmp_path) as home:
        home.flood(200.0)
        assert home.app.state.level is Level.DANGER
        stored = home.app.stored_state(home.clock.at_s)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with home_in(elsewhere, "run-two") as home:
        troubles: list[Any] = []
        memory = Memory(ONE_SENSOR, home.journal, "boot-1", troubles.append)
        memory.take_up_late(home.app, Recovered(state=stored))
        assert documents(home) == []
        home.later(30, door=350.0)
        told = documents(home)
        assert [one["msgType"] for one in told] == ["Update"]
        assert ".1.run-one," in told[0]["references"]


def test_a_memory_that_cannot_be_read_costs_only_itself() -> None:
    one = announcer(HandClock(), "run-one")
    for stored in (
        {},
        {"number": "x", "open": []},
        {"number": 1, "open": [{}]},
        {"number": 1, "open": 7},
    ):
        one.take_up(stored, 0.0)
    one.take_up(None, 0.0)
    assert one.threads.number == 0
    assert one.announce(State(), 0.0, synced=True) == ()


def test_a_fault_of_ours_is_a_trouble_and_holds_no_report_up(tmp_path: Path) -> None:
    with home_in(tmp_path) as home:
        one = home.app.parts.announcer
        assert one is not None
        good, one._source = (
            one._source,
            replace(source(), words=(replace(source().words[0], said={}),)),
        )
        home.put(BellPressed())
        assert [job.number for job in home.worker.jobs] == ["119"]
        assert documents(home) == []
        home.later(2)
        assert "fault:cap" in home.app.state.troubles
        one._source = good
        home.later(4)
        assert chained(documents(home)) == ["Alert"], "what was missed is told"
        assert home.app.state.troubles["fault:cap"].gone_s is not None


# By HTTPS


def test_documents_are_posted_one_at_a_time_and_tried_again_after_a_restart(tmp_path: Path) -> None:
    with home_in(tmp_path, keeps=False) as home:
        home.flood(200.0)
        [job] = home.posts.jobs
        first = Read(job.text)
        assert (first["msgType"], job.number, job.origin) == ("Alert", "", None)
        home.put(Attempted(job.key, "cap", Outcome.FAILED, "503"))
        state = home.app.state
        assert documents(home) == [], "without a broker there is no log of them"
    with home_in(tmp_path, "run-two", keeps=False, state=state) as home:
        home.sender.restore(home.recovered.messages, (), (), state, home.clock.at_s)
        home.later(1, door=200.0)
        assert home.posts.jobs[0].text == job.text
        home.put(Attempted(job.key, "cap", Outcome.ACCEPTED))
        second = Read(home.posts.jobs[1].text)
        assert (second["msgType"], second["references"]) == ("Update", first.name)
        home.put(Attempted(home.posts.jobs[1].key, "cap", Outcome.REFUSED, "HTTP 400"))
        accepted = [e for e in home.events("notice_accepted") if e["purpose"] == "cap"]
        failed = [e for e in home.events("notice_failed") if e["purpose"] == "cap"]
        assert (accepted[0]["contact"], accepted[0]["route"]) == ("cap", "cap")
        assert accepted[0]["incident"] == first["incidents"]
        assert failed[0]["reason"] == "refused: HTTP 400"


def test_documents_that_nobody_takes_any_more_are_given_up(tmp_path: Path) -> None:
    with home_in(tmp_path) as home:
        home.put(BellPressed())
        state = home.app.state
    with home_in(tmp_path, "run-two", desk=DESK, state=state) as home:
        home.sender.restore(home.recovered.messages, (), (), state, home.clock.at_s)
        assert not [m for m in home.sender.outbox.waiting() if m.purpose == "cap"]


def test_a_day_old_document_is_given_up_and_the_next_one_goes(tmp_path: Path) -> None:
    with home_in(tmp_path) as home:
        home.put(BellPressed())
        key = home.posts.jobs[0].key
        home.put(Attempted(key, "cap", Outcome.FAILED, "503"))
        home.clock.at_s += 86400.0
        home.later(1)
        home.put(Attempted(key, "cap", Outcome.FAILED, "503"))
        home.later(2)
        expired = [e for e in home.events("notice_failed") if e["purpose"] == "cap"]
        assert expired[0]["reason"] == "not accepted within a day"
        later = home.posts.jobs[2:]
        assert [Read(job.text)["msgType"] for job in later] == ["Cancel"]
        assert later[0].key != key


def test_a_document_that_a_certificate_kept_back_is_due_when_the_clock_is_set(
    tmp_path: Path,
) -> None:
    with home_in(tmp_path) as home:
        home.flood(60.0)
        assert len(home.posts.jobs) == 1
        home.put(Attempted(home.posts.jobs[0].key, "cap", Outcome.FAILED, "not valid yet"))
        home.put(Attempted(home.posts.jobs[0].key, "cap", Outcome.FAILED, "not valid yet"))
        tried = len(home.posts.jobs)
        home.sender.clock_was_set(home.clock.now_s())
        home.put(BellPressed())
        assert len(home.posts.jobs) == tried + 1, "before its own time"
