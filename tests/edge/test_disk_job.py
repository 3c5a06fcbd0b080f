"""Danger while the disk is full, cannot be written, or stands still: 119 hears all the same."""

from __future__ import annotations

import os
import resource
import sqlite3
import subprocess
import threading
from contextlib import closing
from pathlib import Path

import pytest

from tests.bells import PHONES, QUICK, Bell

WITHIN_S = 20.0
STALL_S = 5.0
SETTINGS = QUICK + "\n[trouble]\noff_delay_s = 1.0\n"


def told_in_time(bell: Bell) -> None:
    began_s = bell.rise(200, 500)
    (report, *_) = bell.await_text_to("119")
    assert report.accepted_s - began_s < WITHIN_S
    for phone in PHONES.values():
        bell.await_text_to(phone)


def written_back(bell: Bell, folder: Path) -> None:
    """What was kept in memory is on the disk, nothing twice, and the trouble is over."""
    bell.await_state(lambda s: s["store"]["ok"] and not s["store"]["pending"], 30.0)
    bell.await_state(lambda s: "store" not in {t["cause"] for t in s["troubles"]}, 30.0)
    rows = statuses(folder)
    sent = [key for key, status in rows.items() if status in {"accepted", "delivered"}]
    assert sum("/report/" in key for key in sent) == 1
    told = [key for key in sent if "/danger/" in key]
    assert {key.split("/")[3] for key in told} == set(PHONES)


def statuses(folder: Path) -> dict[str, str]:
    with closing(sqlite3.connect(folder / "state" / "floodbell.db", timeout=10.0)) as database:
        rows = database.execute("select key, status from messages").fetchall()
    assert len(dict(rows)) == len(rows)
    return dict(rows)


def test_a_full_disk_holds_119_up_for_no_longer_than_its_patience(tmp_path: Path) -> None:
    with Bell(tmp_path, more=SETTINGS).start() as bell:
        bell.ready()
        assert bell.process is not None
        full = (0, resource.RLIM_INFINITY)
        was = resource.prlimit(bell.process.pid, resource.RLIMIT_FSIZE, full)
        told_in_time(bell)
        bell.await_state(lambda s: "store" in {t["cause"] for t in s["troubles"]})
        resource.prlimit(bell.process.pid, resource.RLIMIT_FSIZE, was)
        written_back(bell, tmp_path)


@pytest.mark.long
def test_a_disk_that_stands_still_while_danger_comes(tmp_path: Path) -> None:
    with Bell(tmp_path, more=SETTINGS).start() as bell:
        bell.ready()
        database = sqlite3.connect(
            tmp_path / "state" / "floodbell.db", timeout=10.0, isolation_level=None
        )
        with closing(database):
            database.execute("begin exclusive")
            told_in_time(bell)
            bell.await_state(lambda s: "store" in {t["cause"] for t in s["troubles"]})
            database.execute("rollback")
        written_back(bell, tmp_path)


@pytest.mark.long
def test_a_disk_that_stands_still_for_five_seconds_again_and_again(tmp_path: Path) -> None:
    """As a worn card does: five seconds of nothing, a moment of writing, and so on."""
    over = threading.Event()

    def stall() -> None:
        path = tmp_path / "state" / "floodbell.db"
        with closing(sqlite3.connect(path, timeout=10.0, isolation_level=None)) as database:
            while not over.is_set():
                database.execute("begin exclusive")
                over.wait(STALL_S)
                database.execute("rollback")
                over.wait(0.1)

    with Bell(tmp_path, more=SETTINGS).start() as bell:
        bell.ready()
        stalling = threading.Thread(target=stall)
        stalling.start()
        try:
            told_in_time(bell)
            bell.await_log("trouble_raised.*store")
        finally:
            over.set()
            stalling.join(STALL_S * 3)
        written_back(bell, tmp_path)


@pytest.mark.long
def test_a_state_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """As root every folder can be written, so it is mounted read-only for the daemon then.

    When it can be written again, so is all that was kept in memory.
    """
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
    with Bell(tmp_path, more=SETTINGS, wrap=wrap).start() as bell:
        bell.await_log("ready: ")
        told_in_time(bell)
        bell.await_log("trouble_raised.*store")
        if wrap:
            assert bell.process is not None  # which the shell became
            again = ("nsenter", "--mount", "--target", str(bell.process.pid))
            subprocess.run(
                [*again, "mount", "-o", "remount,bind,rw", str(state)], check=True, timeout=10.0
            )
        else:
            state.chmod(0o755)
        written_back(bell, tmp_path)
