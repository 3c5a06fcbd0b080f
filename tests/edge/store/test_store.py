"""The store as the app and the centre use it, on a real file."""

from __future__ import annotations

import json
import math
import threading
import time
from pathlib import Path

import pytest

from edge.store.intake import Intake
from edge.store.pending import READINGS_A_COMMIT, bare_event
from edge.store.rows import Batch, MessageRow
from edge.store.store import Store


def waiting(key: str) -> MessageRow:
    return MessageRow(key, "waiting", json.dumps({"to": key}))


def reading(depth_mm: float) -> dict[str, object]:
    return {"sensor": "door", "depth_mm": depth_mm}


def test_what_was_committed_is_there_after_a_restart(tmp_path: Path) -> None:
    store = Store(tmp_path / "floodbell.db")
    assert store.open().trouble is None
    assert store.commit(Batch("one", (waiting("a"), waiting("b")), ({"type": "started"},)))
    assert store.commit(Batch("two", (MessageRow("a", "accepted", "{}"),)))
    assert store.close()

    again = Store(tmp_path / "floodbell.db")
    found = again.open()
    assert found.state == "two"
    assert [row.key for row in found.messages] == ["b"]
    assert [row.key for row in found.accepted] == ["a"]
    assert again.close()


@pytest.mark.parametrize("later", ["waiting", "failed", "refused"])
def test_a_key_that_was_accepted_never_waits_again(tmp_path: Path, later: str) -> None:
    path = tmp_path / "floodbell.db"
    store = Store(path)
    store.open()
    store.commit(Batch(messages=(MessageRow("a", "accepted", "first"),)))
    store.commit(Batch(messages=(MessageRow("a", later, "second"),)))
    with store.reader() as reader:
        assert reader.messages() == [MessageRow("a", "accepted", "first")]
    store.commit(Batch(messages=(MessageRow("a", "delivered", "third"),)))
    store.commit(Batch(messages=(MessageRow("a", "accepted", "fourth"),)))
    with store.reader() as reader:
        assert reader.messages() == [MessageRow("a", "delivered", "third")]
    store.close()


def test_both_logs_count_from_one_by_one_across_restarts(tmp_path: Path) -> None:
    ids = set()
    for turn in range(3):
        store = Store(tmp_path / "floodbell.db")
        store.open()
        ids.add((store.log_id("events"), store.log_id("readings")))
        for n in range(4):
            store.commit(Batch(events=({"n": n},), readings=(reading(turn), reading(n))))
        store.close()
    reader = store.reader()
    assert [seq for seq, _ in reader.rows("events", 0, 100, 10_000)] == list(range(1, 13))
    assert [seq for seq, _ in reader.rows("readings", 0, 100, 10_000)] == list(range(1, 25))
    reader.close()
    assert len(ids) == 1


def test_readings_share_a_commit_unless_they_are_urgent(tmp_path: Path) -> None:
    commits: list[float] = []
    committed = threading.Event()

    def note() -> None:
        commits.append(time.monotonic())
        committed.set()

    store = Store(tmp_path / "floodbell.db", on_committed=note)
    store.open()
    begun_s = time.monotonic()
    for depth in range(20):
        store.log_readings([reading(depth)])
    assert committed.wait(3.0)
    assert len(commits) == 1
    assert commits[0] - begun_s >= 0.8
    committed.clear()
    urgent_s = time.monotonic()
    store.log_readings([reading(160.0)], urgent=True)
    assert committed.wait(3.0)
    assert commits[1] - urgent_s < 0.5
    assert store.backlog() == {"events": 0, "cap": 0, "readings": 21}
    store.close()


def test_readings_that_may_wait_go_with_whatever_is_written_first(tmp_path: Path) -> None:
    store = Store(tmp_path / "floodbell.db")
    store.open()
    store.log_readings([reading(1.0)], within_s=600.0)
    assert store.health().pending == 1
    assert store.commit(Batch(state="{}"), 5.0)
    assert store.backlog()["readings"] == 1
    store.log_readings([reading(2.0)], within_s=600.0)
    assert store.close()
    with store.reader() as reader:
        assert [seq for seq, _ in reader.rows("readings", 0, 9, 10_000)] == [1, 2]


def test_the_beat_of_the_thread_is_no_reason_to_write_readings_that_may_wait() -> None:
    now_s = 0.0
    intake = Intake(bare_event, clock=lambda: now_s)
    intake.add_readings([reading(1.0)], urgent=False, within_s=600.0)
    assert not intake.take()
    now_s = 599.9
    assert not intake.take()
    now_s = 600.0
    assert len(intake.take().readings) == 1
    now_s = 0.0
    intake.hurry()
    assert len(intake.take().readings) == 1
    assert not intake.take()
    intake.add(Batch(state="{}"))
    assert len(intake.take().readings) == 1


def test_a_store_that_is_not_hurried_keeps_readings_over_several_beats(tmp_path: Path) -> None:
    beats = threading.Semaphore(0)
    store = Store(tmp_path / "floodbell.db", beat=beats.release)
    store.open()
    store.log_readings([reading(1.0)], within_s=600.0)
    for _ in range(4):  # the thread beats every two seconds, and once on the way
        assert beats.acquire(timeout=5.0)
    assert store.health().pending == 1
    assert store.close()


@pytest.mark.parametrize("rows", [(600.0, 0.3), (0.3, 600.0)])
def test_the_most_impatient_of_those_that_wait_decides(
    tmp_path: Path, rows: tuple[float, ...]
) -> None:
    committed = threading.Event()
    store = Store(tmp_path / "floodbell.db", on_committed=committed.set)
    store.open()
    for within_s in rows:
        store.log_readings([reading(within_s)], within_s=within_s)
    assert committed.wait(3.0)
    assert store.backlog()["readings"] == 2
    store.close()


def test_as_many_readings_as_one_commit_takes_do_not_wait(tmp_path: Path) -> None:
    committed = threading.Event()
    store = Store(tmp_path / "floodbell.db", on_committed=committed.set)
    store.open()
    store.log_readings([reading(n) for n in range(READINGS_A_COMMIT - 1)], within_s=600.0)
    assert not committed.wait(0.1)
    store.log_readings([reading(0.0)], within_s=600.0)
    assert committed.wait(3.0)
    assert store.backlog()["readings"] == READINGS_A_COMMIT
    store.close()


def test_rows_come_in_order_and_within_their_bounds(tmp_path: Path) -> None:
    store = Store(tmp_path / "floodbell.db")
    store.open()
    store.commit(Batch(events=tuple({"n": n} for n in range(50))))
    with store.reader() as reader:
        assert [seq for seq, _ in reader.rows("events", 10, 5, 10_000)] == [11, 12, 13, 14, 15]
        one = len('{"n":11}')
        assert len(reader.rows("events", 10, 50, 3 * one)) == 3
        assert len(reader.rows("events", 10, 50, 1)) == 1
        assert [json.loads(body)["n"] for _, body in reader.history("events", limit_rows=2)] == [
            48,
            49,
        ]
    store.close()


def test_how_far_the_centre_has_everything_survives_a_restart(tmp_path: Path) -> None:
    store = Store(tmp_path / "floodbell.db")
    store.open()
    store.commit(Batch(events=({"n": 1}, {"n": 2}, {"n": 3})))
    store.acknowledge("events", 2, store.log_id("events") or "")
    store.acknowledge("events", 1, store.log_id("events") or "")
    store.acknowledge("events", 3, "of another database")
    store.close()
    store = Store(tmp_path / "floodbell.db")
    store.open()
    assert store.acked("events") == 2
    assert store.backlog()["events"] == 1
    store.close()


def test_rows_are_strict_json_whatever_they_hold(tmp_path: Path) -> None:
    store = Store(tmp_path / "floodbell.db")
    store.open()
    odd = {
        "below_mm": math.inf,
        "nested": [math.nan],
        "half": "\ud800",
        "path": Path("x"),
        "ko": "물",
    }
    assert store.commit(Batch(state="\udfff", events=(odd,)))
    with store.reader() as reader:
        [(_, body)] = reader.rows("events", 0, 10, 1000)
    assert json.loads(body) == {
        "below_mm": None,
        "nested": [None],
        "half": "?",
        "path": "x",
        "ko": "물",
    }
    assert "물" in body
    store.close()


def test_a_batch_does_not_wait_for_queued_readings(tmp_path: Path) -> None:
    store = Store(tmp_path / "floodbell.db")
    store.open()
    store.log_readings([reading(n) for n in range(15_000)])
    begun_s = time.monotonic()
    assert store.commit(Batch(state="danger", events=({"type": "stage_changed"},)), wait_s=5.0)
    assert len(store._intake) > 0, "all readings were written first"
    assert time.monotonic() - begun_s < 2.0
    assert store.close(10.0)
    again = Store(tmp_path / "floodbell.db")
    again.open()
    assert again.backlog()["readings"] == 15_000
    again.close()


def test_the_thread_beats_while_nothing_happens(tmp_path: Path) -> None:
    beats: list[float] = []
    twice = threading.Event()

    def beat() -> None:
        beats.append(time.monotonic())
        if len(beats) >= 2:
            twice.set()

    store = Store(tmp_path / "floodbell.db", beat=beat)
    store.open()
    assert twice.wait(6.0)
    assert beats[1] - beats[0] < 5.0
    store.close()


def test_without_a_centre_nothing_waits_for_it(tmp_path: Path) -> None:
    store = Store(tmp_path / "floodbell.db", has_centre=False)
    store.open()
    store.commit(Batch(events=({"n": 1},), readings=(reading(1.0),)))
    store.close()
    again = Store(tmp_path / "floodbell.db")
    again.open()
    assert again.backlog() == {"events": 0, "cap": 0, "readings": 0}
    again.close()
