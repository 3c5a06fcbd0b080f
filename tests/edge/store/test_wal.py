"""How full the write-ahead log is, and when it is brought home."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.store.rows import Batch
from edge.store.store import Store
from edge.store.wal import filled_bytes, lay_out
from edge.store.writer import WAL_BYTES, wal_path

LONG_S = 20.0


def test_a_full_log_is_brought_home_once_and_not_after_every_commit_from_then_on(
    tmp_path: Path,
) -> None:
    """Its file keeps its length: that alone must not cost every commit a second write."""
    path = tmp_path / "floodbell.db"
    log = wal_path(path)
    store = Store(path)
    store.open()
    number = 0
    while filled_bytes(log) <= WAL_BYTES:
        number += 1
        assert store.commit(Batch(state=f"{number}" + "x" * 50_000), LONG_S)
    assert store.commit(Batch(state="short"), LONG_S)
    home_ns = path.stat().st_mtime_ns
    fills = [filled_bytes(log)]
    assert fills[0] < WAL_BYTES / 2 < log.stat().st_size
    for number in range(6):
        assert store.commit(Batch(events=({"n": number},)), LONG_S)
        fills.append(filled_bytes(log))
    assert fills == sorted(set(fills)), "it grows with every commit"
    assert path.stat().st_mtime_ns == home_ns
    store.close()


def test_no_log_and_half_a_header_are_empty(tmp_path: Path) -> None:
    log = tmp_path / "floodbell.db-wal"
    assert filled_bytes(log) == 0
    log.write_bytes(b"\x37\x7f\x06\x82" * 4)
    assert filled_bytes(log) == 0
    log.write_bytes(b"\x37\x7f\x06\x82" + b"\0\x2d\xe2\x18" + b"\0\0\4\0" + b"\1" * 20)
    assert filled_bytes(log) == 0


def test_a_log_is_laid_out_once_and_nothing_that_is_there_is_touched(tmp_path: Path) -> None:
    log = tmp_path / "floodbell.db-wal"
    log.write_bytes(b"frames")
    lay_out(log, 200_000)
    assert log.read_bytes() == b"frames" + bytes(200_000 - 6)
    lay_out(log, 100_000)
    assert log.stat().st_size == 200_000
    with pytest.raises(FileNotFoundError):
        lay_out(tmp_path / "none", 10)


def test_the_log_has_its_whole_length_from_the_first_commits_on(tmp_path: Path) -> None:
    path = tmp_path / "floodbell.db"
    store = Store(path)
    store.open()
    for number in range(3):
        assert store.commit(Batch(events=({"n": number},)), LONG_S)
    assert wal_path(path).stat().st_size > WAL_BYTES
    assert filled_bytes(wal_path(path)) < WAL_BYTES / 8
    with store.reader() as reader:
        assert len(reader.rows("events", 0, 9, 10_000)) == 3
    store.close()
