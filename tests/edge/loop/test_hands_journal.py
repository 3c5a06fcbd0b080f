"""Disarming and service beside the store: the newer of store and journal is believed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge.events import Attempted, Hand, Handled, Measured, Outcome
from edge.law.state import Disarmed, Service, State
from edge.loop.hands_journal import believe, record_changes
from edge.loop.taking_up import Memory
from edge.messages import outbox_memory
from edge.store.journal import Entry, Journal
from edge.store.rows import MessageRow, Recovered
from tests.edge.by_hand import HandMade
from tests.edge.law.basement import ONE_SENSOR

NEVER = float("-inf")
ARMED = State(armed=True, report_armed=True)


def entry(kind: str, at_s: float, *, boot_id: str = "boot-1", **more: Any) -> Entry:
    return Entry(kind, "", at_s, boot_id, more)


def disarmed(at_s: float, left_s: float | None = None, **more: str) -> Entry:
    return entry("disarmed", at_s, for_s=0.0, left_s=left_s, by="kim", **more)


def in_service(at_s: float, left_s: float) -> Entry:
    return entry("service_on", at_s, left_s=left_s, by="kim", warned=False)


def test_what_a_person_sets_is_written_down_and_taken_up() -> None:
    book: list[Entry] = []

    def record(kind: str, key: str, now_s: float, **more: object) -> None:
        book.append(Entry(kind, key, now_s, "boot-1", more))

    after = State(
        report_armed=True,
        disarmed=Disarmed(100.0, 700.0, "kim"),
        service=Service(3700.0, "lee"),
    )
    record_changes(record, ARMED, after, 100.0)
    assert [e.kind for e in book] == ["disarmed", "service_on"]
    state = believe(ARMED, book, "boot-1", NEVER, 160.0)
    assert state.disarmed == Disarmed(100.0, 700.0, "kim")
    assert state.service == Service(3700.0, "lee")
    assert not state.armed
    record_changes(record, after, ARMED, 200.0)
    assert [e.kind for e in book[2:]] == ["armed", "service_off"]
    state = believe(ARMED, book, "boot-1", NEVER, 260.0)
    assert state.disarmed is None
    assert state.service is None
    assert state.armed


def test_nothing_that_a_person_has_not_set_is_written_down() -> None:
    record_changes(lambda *_: pytest.fail("nothing has changed"), ARMED, ARMED, 1.0)


def test_a_store_that_is_newer_is_believed() -> None:
    stored = State(armed=True, report_armed=True)
    assert believe(stored, [disarmed(100.0)], "boot-1", 100.0, 160.0).armed
    assert not believe(stored, [disarmed(100.0)], "boot-1", 99.0, 160.0).armed


def test_a_disarming_that_ended_is_not_resurrected_by_an_old_store() -> None:
    stored = State(report_armed=True, disarmed=Disarmed(50.0, None, "kim"))
    state = believe(stored, [disarmed(50.0), entry("armed", 90.0)], "boot-1", 60.0, 100.0)
    assert state.disarmed is None
    assert state.armed


def test_a_disarming_without_an_end_has_none_after_the_restart() -> None:
    state = believe(ARMED, [disarmed(50.0)], "boot-1", NEVER, 100.0)
    assert state.disarmed == Disarmed(50.0, None, "kim")
    assert "unarmed" in state.troubles


def test_a_disarming_that_ran_out_meanwhile_ends_at_the_next_step() -> None:
    state = believe(ARMED, [disarmed(50.0, 10.0)], "boot-1", NEVER, 100.0)
    assert state.disarmed is not None
    assert state.disarmed.until_s == 100.0


def test_a_service_that_ended_ends_again_with_all_that_was_born_in_it() -> None:
    stored = State(service=Service(5000.0, "kim"))
    book = [in_service(50.0, 3600.0), entry("service_off", 80.0)]
    state = believe(stored, book, "boot-1", 60.0, 100.0)
    assert state.service == Service(100.0, "kim")
    assert believe(State(), book, "boot-1", NEVER, 100.0).service is None


def test_seconds_of_another_boot_are_not_believed() -> None:
    assert believe(ARMED, [disarmed(50.0, boot_id="boot-0")], "boot-1", NEVER, 100.0) == ARMED


@pytest.mark.parametrize("kind", ["disarmed", "service_on"])
def test_a_line_without_its_fields_sets_nothing(kind: str) -> None:
    state = believe(ARMED, [entry(kind, 50.0)], "boot-1", NEVER, 100.0)
    assert (state.disarmed, state.service) == (None, None)


@pytest.mark.parametrize("kind", ["disarmed", "service_on"])
@pytest.mark.parametrize("strange", ["soon", [], {}, True, float("nan"), float("inf")])
def test_a_line_whose_seconds_are_none_sets_nothing(kind: str, strange: object) -> None:
    """It must not keep the bell from starting, and a disarming that nobody can read is none."""
    line = Entry(kind, "", 50.0, "boot-1", {"for_s": 1.0, "left_s": strange, "by": "kim"})
    line = replace(line, more={**line.more, "warned": False})
    state = believe(ARMED, [line], "boot-1", NEVER, 100.0)
    assert (state.disarmed, state.service) == (None, None)
    assert state.armed


# In the loop


def test_a_dead_disk_and_a_restart_forget_neither_disarming_nor_service(tmp_path: Path) -> None:
    with HandMade(tmp_path / "first") as home:
        home.put(Measured("door", 0.0, 0.0))
        assert home.ask("disarm", minutes=30)[0] == {"done": True, "reason": ""}
        home.later(5, door=0.0)
        assert home.ask("service_on", minutes=20)[0] == {"done": True, "reason": ""}
    memory = Memory(ONE_SENSOR, home.journal, "boot-1", lambda _: None)
    memory.read_journal()
    state = memory.take_up(Recovered(), home.clock.at_s + 60.0).state
    assert state.disarmed is not None
    assert state.disarmed.until_s == pytest.approx(1000.0 + 1800.0)
    assert state.service is not None
    assert state.service.until_s == pytest.approx(1005.0 + 1200.0)


def test_the_store_alone_keeps_them_over_a_power_cut(tmp_path: Path) -> None:
    with HandMade(tmp_path / "first") as home:
        home.put(Measured("door", 0.0, 0.0))
        home.ask("disarm")
        stored = home.app.stored_state(home.clock.at_s)
    memory = Memory(ONE_SENSOR, Journal(tmp_path / "none"), "boot-2", lambda _: None)
    memory.read_journal()
    state = memory.take_up(Recovered(state=stored), 7.0).state
    assert state.disarmed is not None
    assert state.disarmed.until_s is None
    assert not state.armed
    json.loads(stored)


def test_a_disk_that_comes_late_still_knows_of_the_disarming(tmp_path: Path) -> None:
    with HandMade(tmp_path / "first") as home:
        home.put(Measured("door", 0.0, 0.0))
        home.ask("disarm")
        stored = home.app.stored_state(home.clock.at_s)
    with HandMade(tmp_path / "second") as home:
        home.put(Measured("door", 0.0, 0.0))
        memory = Memory(ONE_SENSOR, Journal(tmp_path / "none"), "boot-1", lambda _: None)
        memory.take_up_late(home.app, Recovered(state=stored))
        assert home.app.state.disarmed is not None
        assert not home.app.state.armed
        assert home.armed[-1] is False
        assert "unarmed" in home.app.state.troubles


def test_arming_by_hand_is_not_undone_by_a_disk_that_comes_late(tmp_path: Path) -> None:
    with HandMade(tmp_path / "first") as home:
        home.put(Measured("door", 0.0, 0.0))
        home.ask("disarm")
        stored = home.app.stored_state(home.clock.at_s)
        home.later(5, door=0.0)
        home.ask("arm")
        memory = Memory(ONE_SENSOR, home.journal, "boot-1", lambda _: None)
        memory.take_up_late(home.app, Recovered(state=stored))
        assert home.app.state.armed


def test_the_gate_and_the_centre_follow_a_persons_hand(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.put(Measured("door", 0.0, 0.0))
        home.ask("disarm", minutes=10)
        home.later(601, door=0.0)
        assert home.armed == [True, False, True]
        assert [e.kind for e in home.journal.read()] == ["disarmed", "armed"]


def test_a_report_that_the_gate_withheld_leaves_at_once_when_it_opens(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.flood()
        (report,) = [m for m in home.sender.outbox.waiting() if m.contact == "119"]
        home.ask("disarm")
        home.put(Attempted(report.key, "modem", Outcome.WITHHELD, "not armed"))
        waits = home.sender.outbox.messages[report.key]
        assert waits.not_before_s > home.clock.at_s + 10.0
        assert home.app.handle(Handled(Hand.ARM, "kim"), home.clock.at_s) == ""
        assert home.sender.outbox.messages[report.key].not_before_s <= home.clock.at_s


def test_a_warning_chirps_and_the_drill_is_shown(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.put(Measured("door", 0.0, 0.0))
        home.ask("service_on", minutes=6)
        home.later(70, door=0.0)
        assert home.book.count("chirp") == 1
        home.ask("service_off")
        home.ask("drill", stage="danger", contacts=["mother"])
        assert home.centre.last("alarm")["drill"] is True
        home.ask("drill_end")
        assert home.centre.last("alarm")["drill"] is False
        assert home.siren.book[-1] != "chirp"


def test_a_siren_that_cannot_chirp_is_a_trouble(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.put(Measured("door", 0.0, 0.0))
        home.siren.broken = True
        home.ask("service_on", minutes=6)
        home.later(70, door=0.0)
        assert "siren" in home.app.state.troubles


def test_a_drill_text_does_not_outlive_a_restart(tmp_path: Path) -> None:
    with HandMade(tmp_path / "first") as home:
        home.put(Measured("door", 0.0, 0.0))
        home.ask("drill", stage="bell", contacts=["mother"])
        rows = [
            MessageRow(m.key, m.status.value, outbox_memory.dump(m, "boot-1"))
            for m in home.sender.outbox.waiting()
        ]
        assert rows
    with HandMade(tmp_path / "second") as home:
        home.sender.restore(rows, (), (), home.app.state, home.clock.at_s)
        assert home.sender.outbox.waiting() == ()
