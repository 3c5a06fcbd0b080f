"""The store of a version on trial: given back with every number that the trial has used."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from debian.making.libraries import ROOT
from edge.store.rows import Batch
from edge.store.store import Store

STORE = ROOT / "debian/libexec/store.sh"


def logged(state: Path, *events: int) -> None:
    store = Store(state / "floodbell.db")
    store.open()
    for number in events:
        assert store.commit(Batch(state=str(number), events=({"n": number},)), 10.0)
    assert store.close()


def told(state: Path) -> tuple[list[tuple[int, int]], str]:
    store = Store(state / "floodbell.db")
    found = store.open()
    with store.reader() as reader:
        rows = [(seq, json.loads(body)["n"]) for seq, body in reader.rows("events", 0, 99, 9999)]
    store.close()
    assert found.trouble is None
    return rows, str(found.state)


def run(script: str, folder: Path) -> None:
    places = f"state={folder}/state\nbefore={folder}/before\n"
    fail = 'fail() { echo "$1" >&2; exit 1; }\n'
    command = f"set -eu\n{fail}. {STORE}\n{places}{script}"
    subprocess.run(["sh", "-c", command], check=True, timeout=20)


def another_schema(state: Path) -> None:
    with closing(sqlite3.connect(state / "floodbell.db")) as db:
        db.execute("CREATE TABLE later (name TEXT)")
        db.execute("PRAGMA user_version = 99")


def test_with_another_schema_the_old_store_comes_back_and_no_number_is_used_twice(
    tmp_path: Path,
) -> None:
    state = tmp_path / "state"
    logged(state, 1, 2, 3)
    run("copy_store /opt/new", tmp_path)
    logged(state, 4, 5)
    another_schema(state)
    run("give_store_back", tmp_path)
    assert told(state) == ([(n, n) for n in (1, 2, 3, 4, 5)], "3")
    logged(state, 6)
    assert told(state)[0][-1] == (6, 6)
    assert len(list(state.glob("floodbell.undone-*.db"))) == 1


def test_with_the_same_schema_nothing_is_taken_back(tmp_path: Path) -> None:
    state = tmp_path / "state"
    logged(state, 1)
    run("copy_store /opt/new", tmp_path)
    logged(state, 2)
    run("give_store_back", tmp_path)
    assert told(state) == ([(1, 1), (2, 2)], "2")


def test_a_table_that_the_new_version_has_changed_keeps_nothing_from_coming_back(
    tmp_path: Path,
) -> None:
    state = tmp_path / "state"
    logged(state, 1)
    run("copy_store /opt/new", tmp_path)
    logged(state, 2)
    another_schema(state)
    with closing(sqlite3.connect(state / "floodbell.db")) as db:
        db.execute("ALTER TABLE events RENAME COLUMN body TO words")
    run("give_store_back", tmp_path)
    assert told(state) == ([(1, 1)], "1")


def test_a_copy_that_was_not_finished_is_no_copy(tmp_path: Path) -> None:
    state = tmp_path / "state"
    logged(state, 1)
    shutil.copytree(state, tmp_path / "before.part")
    logged(state, 2)
    run("give_store_back", tmp_path)
    assert told(state)[1] == "2"
