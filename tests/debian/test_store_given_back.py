"""The store of a version on trial: given back with every number that the trial has used."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path

import pytest

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


def run(script: str, folder: Path, *, check: bool = True) -> None:
    places = f"state={folder}/state\nbefore={folder}/before\n"
    fail = 'fail() { echo "$1" >&2; exit 1; }\n'
    command = f"set -eu\n{fail}. {STORE}\n{places}{script}"
    subprocess.run(["sh", "-c", command], check=check, timeout=20, stderr=subprocess.DEVNULL)


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


STEPS = "mv rm ln sync cp python3 date"
"""What gives a store back does nothing to the disk but by these, and by three marks of its own."""

CUT = """
steps=0
cut() {{ steps=$((steps + 1)); [ $steps -ne {at} ] || kill -9 $$; }}
"""
"""The power goes before the step of that number; none further is taken."""


def cut_before(step: int) -> str:
    wrapped = "".join(f'{name}() {{ cut; command {name} "$@"; }}\n' for name in STEPS.split())
    return CUT.format(at=step) + wrapped


def rows_below(state: Path) -> set[int]:
    """Every event that any database of the folder still holds."""
    found: set[int] = set()
    for number, file in enumerate(sorted(state.glob("*.db"))):
        copy = state.parent / f"look-{number}.db"  # and its log: a reader would bring it home
        for tail in ("", "-wal"):
            if (beside := Path(f"{file}{tail}")).exists():
                shutil.copyfile(beside, f"{copy}{tail}")
        with closing(sqlite3.connect(copy)) as db, suppress(sqlite3.Error):
            found |= {json.loads(body)["n"] for (body,) in db.execute("SELECT body FROM events")}
        for tail in ("", "-wal", "-shm"):
            Path(f"{copy}{tail}").unlink(missing_ok=True)
    return found


def on_trial(folder: Path) -> Path:
    """A store of before with its log beside it, and the one that the new version has made of it."""
    state = folder / "state"
    logged(state, 1, 2, 3)
    leave_in_the_log(state, 4)
    run("copy_store /opt/new", folder)
    logged(state, 5)
    another_schema(state)
    leave_in_the_log(state, 6)
    (state / "floodbell.undone-20200101T000000Z.db").write_text("of a year ago")
    return state


def leave_in_the_log(state: Path, number: int) -> None:
    """Log an event that only the write-ahead log has, as a bell leaves it that was killed."""
    write = (
        "import os, sqlite3, sys; db = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "db.execute('PRAGMA journal_mode = WAL');"
        "db.execute('INSERT INTO events (seq, body) VALUES (?, ?)',"
        " (sys.argv[2], '{\"n\": ' + sys.argv[2] + '}')); os._exit(0)"
    )
    command = [sys.executable, "-c", write, str(state / "floodbell.db"), str(number)]
    subprocess.run(command, check=True, timeout=20)
    assert (state / "floodbell.db-wal").stat().st_size > 0


def give_back_and_be_cut(folder: Path, step: int) -> bool:
    """Give a store back; return whether the power was still there at the end."""
    state, end = folder / "state", folder / f"end-{step}"
    whole = f"give_store_back\nforget_copy\n: >{end}"
    run(f"{cut_before(step)}{whole}", folder, check=False)
    assert rows_below(state) | rows_below(folder / "before") >= {1, 2, 3, 4, 5, 6}, step
    return end.exists()


def as_if_never_cut(folder: Path) -> None:
    run("give_store_back\nforget_copy", folder)
    assert told(folder / "state") == ([(n, n) for n in (1, 2, 3, 4, 5, 6)], "3")
    assert len(list((folder / "state").glob("floodbell.undone-*.db"))) == 1
    assert not (folder / "before").exists()


@pytest.mark.parametrize("step", [12, 18])
def test_a_cut_loses_no_row_and_the_next_boot_goes_on_from_there(tmp_path: Path, step: int) -> None:
    """In the midst of putting aside, and of putting back."""
    on_trial(tmp_path)
    assert not give_back_and_be_cut(tmp_path, step)
    as_if_never_cut(tmp_path)


@pytest.mark.long
@pytest.mark.timeout(400)
def test_a_cut_before_any_step_and_another_one_after_it_lose_no_row(tmp_path: Path) -> None:
    on_trial(tmp_path / "0")
    for step in range(1, 99):
        folder = tmp_path / str(step)
        shutil.copytree(tmp_path / "0", folder)
        if not give_back_and_be_cut(folder, step):
            again = tmp_path / f"{step}-again"
            for second in range(1, 9):
                shutil.rmtree(again, ignore_errors=True)
                shutil.copytree(folder, again)
                give_back_and_be_cut(again, second)
                as_if_never_cut(again)
        as_if_never_cut(folder)
        if (folder / f"end-{step}").exists():
            assert step > 20
            return


def test_a_store_that_is_missing_comes_back_and_an_undone_one_is_kept(tmp_path: Path) -> None:
    """As a cut once left it that came between putting aside and giving back."""
    state = on_trial(tmp_path)
    for tail in ("", "-wal"):
        (state / f"floodbell.db{tail}").rename(
            state / f"floodbell.undone-20260101T000000Z.db{tail}"
        )
    (state / "floodbell.db").touch()  # what asking for its schema once made
    run("give_store_back", tmp_path)
    assert told(state) == ([(n, n) for n in (1, 2, 3, 4)], "3")


def test_a_copy_of_a_trial_that_nobody_knows_is_kept_aside(tmp_path: Path) -> None:
    state = on_trial(tmp_path)
    run("keep_copy", tmp_path)
    assert not (tmp_path / "before").exists()
    assert len(list(state.glob("floodbell.undone-*.db"))) == 2


def test_a_store_is_asked_whether_it_remembers_settings(tmp_path: Path) -> None:
    state = tmp_path / "state"
    run("! remembers_settings", tmp_path)
    logged(state, 1)
    run("! remembers_settings", tmp_path)
    store = Store(state / "floodbell.db")
    store.open()
    assert store.commit(Batch(settings="[site]"), 10.0)
    store.close()
    run("remembers_settings", tmp_path)
