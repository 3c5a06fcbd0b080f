"""Bad disks: damaged, missing, full, slow, and a process that is killed."""

from __future__ import annotations

import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from edge.store.database import set_aside
from edge.store.reader import Reader, UnreadableError
from edge.store.rows import LOGS, LOST, Batch, MessageRow
from edge.store.store import Store

LONG_S = 20.0


def until(true: Callable[[], bool], timeout_s: float = 15.0) -> None:
    pause = threading.Event()
    end_s = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < end_s, "it did not become true in time"
        pause.wait(0.01)


def filled(path: Path, events: int = 200) -> Path:
    store = Store(path)
    store.open()
    store.commit(Batch("danger", (MessageRow("119:1", "waiting", "{}"),)), LONG_S)
    for n in range(0, events, 20):
        rows = tuple({"n": m, "text": "x" * 200} for m in range(n, n + 20))
        assert store.commit(Batch(events=rows), LONG_S)
    store.close()
    return path


def spoil_header(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"this is no database")


def spoil_pages(path: Path) -> None:
    with path.open("r+b") as file:
        for offset in range(4096, path.stat().st_size, 4096):
            file.seek(offset)
            file.write(b"\xde\xad\xbe\xef" * 64)


def cut_off(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def drop_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TABLE messages")


def spoil_a_letter(path: Path, letter: bytes) -> None:
    """One bit, as a worn card changes it: that text is no UTF-8 any more, the page is whole."""
    data = path.read_bytes()
    assert letter in data
    path.write_bytes(data.replace(letter, bytes([letter[0] ^ 0x80]) + letter[1:]))


def spoil_schema(path: Path) -> None:
    spoil_a_letter(path, b"REATE TABLE meta")


def spoil_column(path: Path) -> None:
    """Still a word, and a table that SQLite finds nothing wrong with."""
    data = path.read_bytes()
    assert b"(name TEXT" in data
    path.write_bytes(data.replace(b"(name TEXT", b"(nale TEXT"))


def spoil_message(path: Path) -> None:
    spoil_a_letter(path, b"119:1")


def spoil_state(path: Path) -> None:
    spoil_a_letter(path, b"danger")


@pytest.mark.parametrize("words", [b"no database" * 99, b""])
def test_a_file_that_is_no_store_is_let_go_of(tmp_path: Path, words: bytes) -> None:
    """Who looks again every second would have no files left to open one day."""
    path = tmp_path / "floodbell.db"
    path.write_bytes(words)
    kept: list[UnreadableError] = []  # with its traceback, and all that the traceback holds
    for _ in range(3):
        try:
            Reader(path)
        except UnreadableError as error:
            kept.append(error)
    assert len(kept) == 3
    held = [str(file.readlink()) for file in Path("/proc/self/fd").iterdir() if file.is_symlink()]
    assert str(path) not in held


@pytest.mark.parametrize(
    "harm",
    [
        *(spoil_header, spoil_pages, cut_off, drop_table),
        *(spoil_schema, spoil_column, spoil_message, spoil_state),
    ],
)
def test_a_damaged_file_is_set_aside_and_a_fresh_one_begun(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    path = filled(tmp_path / "floodbell.db")
    harm(path)
    harmed = path.read_bytes()
    store = Store(path)
    found = store.open()
    assert found.trouble is not None
    assert "set aside" in found.trouble
    assert found.state is None
    assert store.commit(Batch("normal", events=({"type": "started"},)), LONG_S)
    assert store.health().ok
    assert "set aside" in store.health().detail
    [aside] = tmp_path.glob("floodbell.damaged-*.db")
    assert aside.name[len("floodbell.damaged-") :].startswith(time.strftime("%Y", time.gmtime()))
    assert aside.read_bytes() == harmed
    store.close()


def test_damage_while_running_loses_no_message_that_waits(tmp_path: Path) -> None:
    path = filled(tmp_path / "floodbell.db")
    store = Store(path)
    store.open()
    assert store.commit(Batch("higher", (MessageRow("mother:1", "waiting", "{}"),)), LONG_S)
    old_id = store.log_id("events")
    spoil_pages(path)
    store.suspect_damage()
    until(lambda: store.log_id("events") not in (None, old_id) and store.trouble() is None)
    assert store.commit(Batch(events=({"type": "x"},)), LONG_S)
    store.close()
    again = Store(path)
    found = again.open()
    assert found.trouble is None
    assert found.state == "higher"
    assert [row.key for row in found.messages] == ["119:1", "mother:1"]
    again.close()


def test_a_disk_that_is_not_there_is_retried_and_written_when_it_comes(tmp_path: Path) -> None:
    """The state directory is missing at first (here: a file lies in its place)."""
    place = tmp_path / "state"
    place.write_text("in the way")
    store = Store(place / "floodbell.db")
    found = store.open()
    assert found.trouble is not None
    assert not store.health().ok
    begun_s = time.monotonic()
    for n in range(5):
        assert not store.commit(Batch(f"state {n}", events=({"n": n},)))
    assert time.monotonic() - begun_s < 0.5, "it waited for a disk known to be bad"
    store.log_readings([{"n": 1}], urgent=True)
    assert store.health().pending == 7

    place.unlink()
    until(lambda: store.health().ok)
    until(lambda: store.health().pending == 0)
    with store.reader() as reader:
        assert reader.state() == "state 4"
        assert [json.loads(body)["n"] for _, body in reader.rows("events", 0, 9, 999)] == [
            *range(5)
        ]
    store.close()


def test_what_a_late_disk_remembers_is_handed_over(tmp_path: Path) -> None:
    path = filled(tmp_path / "state" / "floodbell.db", events=0)
    hidden = path.parent.rename(tmp_path / "hidden")
    path.parent.write_text("in the way")
    late: list[str] = []
    store = Store(path, on_recovered=lambda found: late.extend(m.key for m in found.messages))
    assert store.open().trouble is not None
    path.parent.unlink()
    hidden.rename(path.parent)
    until(lambda: late == ["119:1"])
    store.close()


@contextmanager
def files_limited_to(limit_bytes: int) -> Iterator[None]:
    """The kernel refuses to let any file of this process grow beyond this."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_loses_nothing_and_heals(tmp_path: Path) -> None:
    path = tmp_path / "floodbell.db"
    store = Store(path)
    store.open()
    numbers = iter(range(10_000))
    with files_limited_to(200_000):
        while store.commit(Batch(events=({"n": next(numbers), "text": "x" * 5000},)), 1.0):
            pass
        assert not store.health().ok
        assert "cannot write" in store.health().detail
        for _ in range(3):
            store.commit(Batch("last", events=({"n": next(numbers)},)))
    until(lambda: store.health().ok and store.health().pending == 0)
    written = next(numbers)
    with store.reader() as reader:
        rows = reader.rows("events", 0, 10_000, 10_000_000)
        assert [json.loads(body)["n"] for _, body in rows] == [*range(written)]
        assert [seq for seq, _ in rows] == [*range(1, written + 1)]
        assert reader.state() == "last"
    store.close()


def test_a_disk_that_hangs_costs_the_caller_no_more_than_it_gave(tmp_path: Path) -> None:
    path = filled(tmp_path / "floodbell.db", events=0)
    store = Store(path)
    store.open()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        begun_s = time.monotonic()
        assert not store.commit(Batch("hung"), 0.25)
        assert time.monotonic() - begun_s < 0.5
        until(lambda: not store.health().ok)
        begun_s = time.monotonic()
        assert not store.commit(Batch("still hung"), 0.25)
        assert time.monotonic() - begun_s < 0.1, "it waited for a disk known to hang"
        other.execute("ROLLBACK")
    until(lambda: store.health().ok and store.health().pending == 0)
    with store.reader() as reader:
        assert reader.state() == "still hung"
    store.close()


_WRITES_FOR_EVER = """
import sys
from pathlib import Path
from edge.store.rows import LOST, Batch, MessageRow
from edge.store.store import Store
store = Store(Path(sys.argv[1]))
store.open()
n = 0
while True:
    n += 1
    batch = Batch(str(n), (MessageRow(f"m{n}", "waiting", "{}"),), ({"n": n},), ({"n": n},))
    if store.commit(batch, 10.0):
        print(n, flush=True)
"""


def test_kill_9_loses_no_row_that_was_numbered(tmp_path: Path) -> None:
    path = tmp_path / "floodbell.db"
    for _ in range(2):
        process = subprocess.Popen(
            [sys.executable, "-c", _WRITES_FOR_EVER, str(path)], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(150)]
        process.send_signal(signal.SIGKILL)
        said += process.stdout.read().splitlines(keepends=True)
        process.wait(10.0)
        process.stdout.close()
        committed = int([line for line in said if line.endswith(b"\n")][-1])

        store = Store(path)
        found = store.open()
        assert found.trouble is None
        assert found.state is not None
        assert int(found.state) in (committed, committed + 1)  # the last may not have been told
        with store.reader() as reader:
            for log in ("events", "readings"):
                rows = reader.rows(log, 0, 100_000, 100_000_000)
                assert [seq for seq, _ in rows] == [*range(1, len(rows) + 1)]
                assert json.loads(rows[-1][1])["n"] == int(found.state)
        store.close()


def with_calibrations(path: Path) -> Path:
    store = Store(path)
    store.open()
    assert store.commit(Batch(calibrations=(("door", '{"numbers": 1}'),)), LONG_S)
    store.close()
    return path


def test_calibrations_are_kept_and_the_newest_counts(tmp_path: Path) -> None:
    path = with_calibrations(tmp_path / "floodbell.db")
    store = Store(path)
    assert store.open().calibrations == {"door": '{"numbers": 1}'}
    assert store.commit(Batch(calibrations=(("door", "2"), ("stairs", "3"))), LONG_S)
    with store.reader() as reader:
        assert reader.calibrations() == {"door": "2", "stairs": "3"}
    store.close()


def test_calibrations_are_saved_from_a_file_that_is_damaged_elsewhere(tmp_path: Path) -> None:
    path = with_calibrations(filled(tmp_path / "floodbell.db"))
    with closing(sqlite3.connect(path)) as db:
        [(root,)] = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'messages'")
        page = int(db.execute("PRAGMA page_size").fetchone()[0])
    with path.open("r+b") as file:
        file.seek((root - 1) * page)
        file.write(b"\xde\xad\xbe\xef" * 64)
    store = Store(path)
    recovered = store.open()
    assert recovered.trouble is not None
    assert recovered.calibrations == {"door": '{"numbers": 1}'}
    store.close()
    again = Store(path)
    assert again.open().calibrations == {"door": '{"numbers": 1}'}, "and written into the fresh one"
    again.close()


def test_calibrations_that_went_with_a_damaged_file_are_known_to_be_lost(tmp_path: Path) -> None:
    path = with_calibrations(filled(tmp_path / "floodbell.db"))
    spoil_header(path)
    store = Store(path)
    assert set(store.open().calibrations) == {LOST}
    store.close()
    again = Store(path)
    assert set(again.open().calibrations) == {LOST}, "at every start, until somebody calibrates"
    again.close()


def test_a_file_that_is_damaged_in_use_takes_no_calibration_with_it(tmp_path: Path) -> None:
    path = with_calibrations(filled(tmp_path / "floodbell.db"))
    store = Store(path)
    store.open()
    spoil_header(path)
    store.suspect_damage()
    until(lambda: bool(list(tmp_path.glob("floodbell.damaged-*"))))
    until(lambda: store.commit(Batch(events=({"n": 1},)), 1.0))
    with store.reader() as reader:
        assert reader.calibrations() == {"door": '{"numbers": 1}'}
    store.close()


def test_the_settings_of_the_last_good_start_outlive_a_file_damaged_in_use(tmp_path: Path) -> None:
    path = filled(tmp_path / "floodbell.db")
    store = Store(path)
    assert store.open().settings is None
    assert store.commit(Batch(settings="[site]\n"), LONG_S)
    spoil_header(path)
    store.suspect_damage()
    until(lambda: bool(list(tmp_path.glob("floodbell.damaged-*"))))
    until(lambda: store.commit(Batch(events=({"n": 1},)), 1.0))
    with store.reader() as reader:
        assert reader.settings() == "[site]\n"
    store.close()
    again = Store(path)
    assert again.open().settings == "[site]\n"
    again.close()


def test_a_damaged_file_from_before_there_were_calibrations_has_lost_none(tmp_path: Path) -> None:
    path = filled(tmp_path / "floodbell.db")
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TABLE calibrations")
        db.execute("PRAGMA user_version = 1")
        db.execute("DROP TABLE messages")
        db.commit()
    store = Store(path)
    recovered = store.open()
    assert recovered.trouble is not None
    assert recovered.calibrations == {}
    store.close()


@pytest.mark.parametrize("version", [1, 2])
def test_a_file_of_a_version_before_is_brought_up_to_date(tmp_path: Path, version: int) -> None:
    """What version 2 added are the calibrations, version 3 the log of CAP documents."""
    path = filled(tmp_path / "floodbell.db")
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TABLE cap")
        db.execute("DELETE FROM meta WHERE name LIKE 'cap.%'")
        if version < 2:
            db.execute("DROP TABLE calibrations")
        events = db.execute("SELECT * FROM events").fetchall()
        db.execute(f"PRAGMA user_version = {version}")
        db.commit()
    with Reader(path) as reader:  # a command, before the daemon has been started again
        assert set(reader.ids) == {"events", "readings"}
        assert reader.history("events") == events
    store = Store(path)
    recovered = store.open()
    assert recovered.trouble is None
    assert recovered.state == "danger"
    assert store.commit(Batch(calibrations=(("door", "1"),), cap=("<alert/>",)), LONG_S)
    assert store.newest("cap") == 1
    with store.reader() as reader:
        assert reader.rows("cap", 0, 10, 1000) == [(1, "<alert/>")]
        assert reader.history("events") == events, "nothing else has changed"
    store.close()
    again = Store(path)
    assert set((again.open().log_ids or {}).values()) == {again.log_id(log) for log in LOGS}
    assert again.backlog()["cap"] == 1
    again.close()


def test_a_file_set_aside_in_1970_is_not_the_first_to_go(tmp_path: Path) -> None:
    path = tmp_path / "floodbell.db"
    for year in range(2090, 2090 + 7):
        (tmp_path / f"floodbell.damaged-{year}0101T000000.000000Z.db").touch()
    path.touch()
    aside = set_aside(path)
    assert aside is not None
    kept = sorted(tmp_path.glob("floodbell.damaged-*.db"))
    assert aside in kept
    assert [one.name[18:22] for one in kept[1:]] == ["2093", "2094", "2095", "2096"]
    for count in range(2, 4):
        path.touch()
        set_aside(path)
        assert len(list(tmp_path.glob("floodbell.damaged-*.db"))) == 5, count
