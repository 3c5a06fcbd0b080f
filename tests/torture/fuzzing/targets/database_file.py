"""The database file after a bad card: bytes changed, pages lost, another's write-ahead log."""

from __future__ import annotations

import atexit
import json
import shutil
import sqlite3
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hypothesis import strategies as st

from edge.store.reader import Reader, UnreadableError
from edge.store.rows import Batch, MessageRow
from edge.store.store import Store
from tests.torture.fuzzing.target import Target

_PAGE = 1024  # edge/store/database.py
_OPEN_S = 8.0
_WRITTEN_S = 20.0


@dataclass(frozen=True)
class Harm:
    """One thing that a card, a cut of the power or a hand does to a file."""

    what: str  # flip, zero, cut, swap-wal, drop-wal, swap-pages, garbage
    of: str  # db or wal
    at: int
    length: int = 1
    byte: int = 0


@cache
def _template() -> Path:
    """A folder with a database in use, and another whose write-ahead log is not of it."""
    folder = Path(tempfile.mkdtemp(prefix="floodbell-torture-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in ("one", "two"):
        path = folder / name / "floodbell.db"
        store = Store(path)
        store.open()
        state = json.dumps({"law": {"물": name}, "text": "위험 " * 40})
        for number in range(6):
            key = f"i1/{number}/danger/mother"
            body = json.dumps({"key": key, "text": "침수 " * 30}, ensure_ascii=False)
            events = tuple({"type": "x", "n": n, "text": "가" * 60} for n in range(12))
            row = MessageRow(key, "waiting" if number % 2 else "accepted", body)
            calibrations = (("door", "{}"),)
            assert store.commit(Batch(state, (row,), events, calibrations=calibrations), 20.0)
            store.log_readings(({"sensor": "door", "depth_mm": n} for n in range(40)), urgent=True)
            assert store.commit(Batch(state + " "), 20.0)
        # As a power cut leaves it: with what is in the write-ahead log.
        shutil.copytree(path.parent, folder / f"{name}.cut")
        store.close(10.0)
        shutil.copytree(path.parent, folder / f"{name}.ended")
    return folder


def _harm(folder: Path, harm: Harm, other: Path) -> None:  # noqa: C901 - one case a line
    file = folder / ("floodbell.db" if harm.of == "db" else "floodbell.db-wal")
    if not file.exists():
        return
    data = bytearray(file.read_bytes())
    at = harm.at % max(1, len(data))
    page = at // _PAGE * _PAGE
    match harm.what:
        case "flip":
            for place in range(at, min(len(data), at + harm.length)):
                data[place] ^= harm.byte or 0x80
        case "zero":
            data[page : page + _PAGE] = bytes(len(data[page : page + _PAGE]))
        case "garbage":
            data[page : page + _PAGE] = bytes([harm.byte, 0xDE, 0xAD]) * (_PAGE // 3) + b"x"
        case "cut":
            del data[at:]
        case "swap-pages" if len(data) > 2 * _PAGE:
            second = (page + _PAGE * (1 + harm.byte % 7)) % (len(data) // _PAGE * _PAGE)
            one, two = data[page : page + _PAGE], data[second : second + _PAGE]
            if len(one) == len(two):
                data[page : page + _PAGE], data[second : second + _PAGE] = two, one
        case "swap-wal":
            shutil.copyfile(other / "floodbell.db-wal", folder / "floodbell.db-wal")
            return
        case "drop-wal":
            (folder / "floodbell.db-wal").unlink(missing_ok=True)
            return
        case _:
            pass
    file.write_bytes(data)


def check_database(case: tuple[str, list[Harm]]) -> None:
    """It opens in time, and takes a danger text that is there again after the next start."""
    kind, harms = case
    template = _template()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "state"
        shutil.copytree(template / f"one.{kind}", folder)
        for harm in harms:
            _harm(folder, harm, template / "two.cut")
        path = folder / "floodbell.db"
        began_s = time.monotonic()
        store = Store(path)
        recovered = store.open()
        assert time.monotonic() - began_s < _OPEN_S, "the start waited for a bad file"
        for row in (*recovered.messages, *recovered.accepted):
            assert isinstance(row.body_json, str)
        key = "i2/1/danger/mother"
        kept = store.commit(
            Batch('{"new": 1}', (MessageRow(key, "waiting", "{}"),), ({"type": "y"},)), _WRITTEN_S
        )
        health = store.health()
        assert kept, f"nothing is stored any more after {harms}: {health.detail}"
        store.log_readings(({"sensor": "door", "depth_mm": n} for n in range(3)), urgent=True)
        assert store.commit(Batch('{"new": 2}'), _WRITTEN_S), store.health().detail
        assert store.close(10.0), "the store's thread hangs"
        with closing(sqlite3.connect(path)) as db:
            assert db.execute("PRAGMA quick_check(state)").fetchone() == ("ok",)
        again = Store(path)
        found = again.open()
        assert again.close(10.0)
        assert found.state == '{"new": 2}', "what was stored is gone after the next start"
        assert key in {row.key for row in found.messages}
        try:
            with Reader(path) as reader:
                seqs = [seq for seq, _ in reader.rows("events", 0, 10_000, 10_000_000)]
        except UnreadableError:
            return  # a part that nobody checks at start: told when it is read
        assert seqs == sorted(set(seqs))


_KINDS = ("flip", "flip", "flip", "zero", "garbage", "cut", "swap-pages", "swap-wal", "drop-wal")
_HARM = st.builds(
    Harm,
    st.sampled_from(_KINDS),
    st.sampled_from(("db", "db", "wal")),
    st.integers(0, 600_000),
    st.integers(1, 64),
    st.integers(0, 255),
)
DATABASE = Target(
    "database",
    check_database,
    st.tuples(st.sampled_from(("cut", "ended")), st.lists(_HARM, min_size=1, max_size=4)),
    hang_s=60.0,
    guided=False,
    short=4,
)
