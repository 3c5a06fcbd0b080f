"""A writer lost amid moving, opening or closing its file leaves its successor's file alone.

The disk stalls at a real system call: Python's audit events are raised before each of them, on the
thread that makes it.
"""

from __future__ import annotations

import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from edge.store.database import open_database
from edge.store.place import HeldError, Place
from edge.store.rows import Batch, MessageRow
from edge.store.store import Store

LONG_S = 15.0


def until(true: Callable[[], bool]) -> None:
    pause, end_s = threading.Event(), time.monotonic() + LONG_S
    while not true():
        assert time.monotonic() < end_s, "it did not become true in time"
        pause.wait(0.01)


class Stall:
    """Holds one thread up just before a call whose first argument ends like this; once."""

    def __init__(self, call: str, name: str) -> None:
        self._call, self._name = call, name
        self.armed = True
        self.reached = threading.Event()
        self.over = threading.Event()
        sys.addaudithook(self._hook)  # for good: hence "armed"

    def _hook(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.armed and event == self._call and str(arguments[0]).endswith(self._name):
            self.armed = False
            self.reached.set()
            self.over.wait(LONG_S)


def spoil(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xde\xad\xbe\xef" * 4096)


def batch(n: int) -> Batch:
    return Batch(f"danger-{n}", (MessageRow(f"119:{n}", "waiting", "{}"),), events=({"n": n},))


def filled(path: Path) -> Store:
    """A store at work whose file is damaged, and whose writer does not know that yet."""
    store = Store(path)
    store.open()
    rows = tuple({"n": n, "text": "x" * 200} for n in range(100))
    assert store.commit(Batch("normal", events=rows), LONG_S)
    assert store.commit(batch(1), LONG_S)
    store.close()  # brings the log home
    store = Store(path)
    store.open()
    return store


def on_disk(path: Path) -> tuple[list[str], str]:
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        keys = [row[0] for row in db.execute("SELECT key FROM messages ORDER BY id")]
        return keys, db.execute("SELECT body FROM state").fetchone()[0]


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ("os.rename", "floodbell.db"),
        ("os.rename", "floodbell.db-shm"),
        ("os.scandir", ""),
        ("sqlite3.connect", "floodbell.db"),
    ],
)
def test_who_was_replaced_amid_setting_the_file_aside_moves_nothing_of_his_successors(
    tmp_path: Path, call: str, name: str
) -> None:
    path = tmp_path / "floodbell.db"
    store = filled(path)
    first, reader = store.thread, store.reader()  # so that its log and index stay beside it
    stall = Stall(call, name or str(tmp_path))
    spoil(path)
    store.suspect_damage()
    assert stall.reached.wait(LONG_S)
    store.renew(lambda: None)
    store.start()
    assert not store.commit(batch(2), 0.05)
    until(lambda: "hangs" in (store.trouble() or ""))
    stall.over.set()
    until(lambda: store.health().pending == 0)
    until(lambda: not first.is_alive())
    assert store.commit(batch(3), LONG_S)
    reader.close()
    assert store.close(LONG_S)
    assert on_disk(path) == (["119:1", "119:2", "119:3"], "danger-3")
    assert len(list(tmp_path.glob("floodbell.damaged-*.db"))) == 1
    assert sorted(one.name for one in tmp_path.glob("floodbell.db*")) == ["floodbell.db"]


def test_who_wakes_before_he_has_begun_to_set_aside_no_longer_does(tmp_path: Path) -> None:
    """He hung when he had closed the damaged file; his successor has begun a fresh one since."""
    path = tmp_path / "floodbell.db"
    store = filled(path)
    first, went_on, woken = store.thread, threading.Event(), threading.Event()

    def opened(path: Path) -> sqlite3.Connection:
        if threading.current_thread() is not first:
            went_on.set()
        return open_database(path)

    store._writer.open_file = opened
    held = store._writer._place.alone()  # whoever sets aside must come by here
    held.__enter__()
    spoil(path)
    store.suspect_damage()
    until(lambda: store.trouble() is not None)
    store.renew(woken.set)
    store.start()
    until(woken.is_set)
    held.__exit__(None, None, None)
    assert went_on.wait(LONG_S)
    until(lambda: not first.is_alive())
    assert store.commit(batch(2), LONG_S)
    assert store.close(LONG_S)
    assert on_disk(path) == (["119:1", "119:2"], "danger-2")


@pytest.mark.parametrize("replaced_by", [None, b"another's file", "a store"])
def test_a_file_that_was_moved_under_the_writer_is_begun_afresh_with_all_that_waits(
    tmp_path: Path, replaced_by: bytes | str | None
) -> None:
    path, elsewhere = tmp_path / "floodbell.db", tmp_path / "elsewhere.db"
    store = filled(path)
    old_id = store.log_id("events")
    path.rename(elsewhere)
    if replaced_by == "a store":
        open_database(path).close()
    elif isinstance(replaced_by, bytes):
        path.write_bytes(replaced_by)
    store.commit(batch(2), LONG_S)
    until(lambda: store.health().pending == 0 and store.trouble() is None)
    assert "moved or deleted" in store.health().detail
    assert store.log_id("events") != old_id
    assert store.commit(batch(3), LONG_S)
    assert store.close(LONG_S)
    assert on_disk(path) == (["119:1", "119:2", "119:3"], "danger-3")
    asides = list(tmp_path.glob("floodbell.damaged-*.db"))
    assert len(asides) == (0 if replaced_by is None else 1)


def test_a_state_directory_that_was_deleted_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "state" / "floodbell.db"
    store = filled(path)
    for file in path.parent.iterdir():
        file.unlink()
    path.parent.rmdir()
    store.commit(batch(2), LONG_S)
    until(lambda: store.health().pending == 0 and store.trouble() is None)
    assert store.close(LONG_S)
    assert on_disk(path) == (["119:1", "119:2"], "danger-2")


def test_a_place_is_had_by_one_alone_and_the_next_is_told_who_is_in_the_way(tmp_path: Path) -> None:
    place = Place(tmp_path / "floodbell.db")
    assert place.identity() is None
    with place.alone(), pytest.raises(HeldError, match="hangs"), place.alone():
        raise AssertionError("two at once")
    with place.alone():
        place.path.touch()
    first = place.identity()
    assert first is not None
    place.path.rename(tmp_path / "kept")
    place.path.touch()
    assert place.identity() not in (None, first)
