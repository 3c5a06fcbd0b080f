"""Danger while the disk is full, cannot be written, or stands still: 119 hears all the same."""

from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests.bells import PHONES, QUICK, Bell

WITHIN_S = 20.0


def told_in_time(bell: Bell) -> None:
    began_s = bell.rise(200, 500)
    (report, *_) = bell.await_text_to("119")
    assert report.accepted_s - began_s < WITHIN_S
    for phone in PHONES.values():
        bell.await_text_to(phone)


def statuses(folder: Path) -> dict[str, str]:
    with closing(sqlite3.connect(folder / "state" / "floodbell.db", timeout=10.0)) as database:
        return dict(database.execute("select key, status from messages").fetchall())


def test_a_full_disk_holds_119_up_for_no_longer_than_its_patience(tmp_path: Path) -> None:
    with Bell(tmp_path, more=QUICK).start() as bell:
        bell.ready()
        assert bell.process is not None
        full = (0, resource.RLIM_INFINITY)
        was = resource.prlimit(bell.process.pid, resource.RLIMIT_FSIZE, full)
        told_in_time(bell)
        bell.await_state(lambda s: "store" in {t["cause"] for t in s["troubles"]})
        resource.prlimit(bell.process.pid, resource.RLIMIT_FSIZE, was)
        bell.await_state(lambda s: s["store"]["ok"] and not s["store"]["pending"], 30.0)
        rows = statuses(tmp_path)
        assert sum("/report/" in key for key in rows) == 1, "written back, once"
        assert sum("/danger/" in key for key in rows) >= len(PHONES)


@pytest.mark.long
def test_a_disk_that_stands_still_for_five_seconds_again_and_again(tmp_path: Path) -> None:
    with Bell(tmp_path, more=QUICK).start() as bell:
        bell.ready()
        database = sqlite3.connect(
            tmp_path / "state" / "floodbell.db", timeout=10.0, isolation_level=None
        )
        with closing(database):
            database.execute("begin exclusive")
            told_in_time(bell)
            database.execute("rollback")
        bell.await_state(lambda s: s["store"]["ok"] and not s["store"]["pending"], 30.0)
        assert any("/report/" in key for key in statuses(tmp_path))


@pytest.mark.long
def test_a_state_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """As root every folder can be written, so it is mounted read-only for the daemon then."""
    state = tmp_path / "state"
    wrap: tuple[str, ...] = ()
    state.mkdir()
    if os.geteuid() == 0:
        mount = f'mount --bind "{state}" "{state}" && mount -o remount,bind,ro "{state}"'
        wrap = ("unshare", "--mount", "sh", "-c", f'{mount} && exec "$@"', "sh")
        if subprocess.run([*wrap, "true"], check=False, capture_output=True).returncode:
            pytest.skip("no mount namespace can be had here")
    else:
        state.chmod(0o555)
    with Bell(tmp_path, more=QUICK, wrap=wrap).start() as bell:
        bell.await_log("ready: ")
        told_in_time(bell)
        bell.await_log("trouble_raised.*store")
    state.chmod(0o755)
