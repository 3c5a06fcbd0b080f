"""What the bell writes, and where: a card must last for years, and its root may be read-only."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.store.journal import Journal
from tests.bells import QUICK, Bell
from tests.brokers import Heard, Listener, Mosquitto

READ_ONLY = """
set -e
mount --make-rprivate /
for own in "$1" "$2"; do mount --bind "$own" "$own"; done
# /proc, /sys and device nodes are no disk; the state and run directories are what may be written.
findmnt --list --noheadings --output TARGET | while read -r at; do
    case "$at" in
        /proc*|/sys*|/dev|/dev/pts|"$1"|"$2") ;;
        *) mount -o remount,bind,ro "$at" ;;
    esac
done
shift 2
# What must fail here: or the test would prove nothing.
! touch / "$HOME" /tmp /var/tmp 2>/dev/null
exec "$@"
"""


def may_mount() -> str:
    """Why no mount namespace can be had; empty if it can."""
    tried = subprocess.run(
        ["unshare", "--mount", "true"], capture_output=True, text=True, check=False
    )
    return tried.stderr.strip()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "broker") as running:
        yield running


def dirtied_bytes(bell: Bell) -> int:
    """What the process has let the kernel write to a disk so far."""
    assert bell.process is not None
    lines = Path(f"/proc/{bell.process.pid}/io").read_text().splitlines()
    return int(dict(line.split(": ") for line in lines)["write_bytes"])


def uptime_s(health: Heard) -> float:
    return float(json.loads(health.payload)["uptime_s"])


def test_a_quiet_bell_writes_nothing_for_heartbeats_answers_and_readings(
    tmp_path: Path, broker: Mosquitto
) -> None:
    """A quarter of an hour may pass until the next commit; five heartbeats are seen here."""
    with Bell(tmp_path / "home", mqtt_port=broker.port) as bell:
        bell.start().ready()
        with Listener(broker, "floodbell/+/+/+/health", name="ear") as ear:
            # What the start leaves behind: its events, the first reading, the log laid out.
            ear.wait_for(lambda m: uptime_s(m) >= 3.0, 15.0)
            before, lines = dirtied_bytes(bell), len(bell.log)
            bell.ask("status")
            bell.ask("outbox")
            ear.wait_for(lambda m: uptime_s(m) >= 8.0, 15.0)
        assert dirtied_bytes(bell) == before
        assert bell.log[lines:] == []


@pytest.mark.skipif(bool(may_mount()), reason=f"no mount namespace: {may_mount()}")
def test_everything_may_be_read_only_but_the_state_and_run_directories(
    tmp_path: Path, broker: Mosquitto
) -> None:
    """Reports and restarts included; TMPDIR and HOME are as read-only as the rest."""
    home = tmp_path / "home"
    own = [home / "state", home / "run"]
    for folder in own:
        folder.mkdir(parents=True)
    wrap = ("unshare", "--mount", "sh", "-c", READ_ONLY, "sh", *map(str, own))
    with Bell(home, mqtt_port=broker.port, more=QUICK, wrap=wrap) as bell:
        bell.start().ready()
        bell.rise(200, 200)
        bell.await_text_to("119")
        bell.kill()
        bell.start().ready()
        assert bell.ask("status")["incident"] is not None
        assert bell.ask("status")["store"]["ok"]


@pytest.fixture
def small_run(tmp_path: Path) -> Iterator[Path]:
    """A run directory of 64 kB in memory, full to the last byte; needs root."""
    run = tmp_path / "home" / "run"
    run.mkdir(parents=True)
    tried = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(run)],
        capture_output=True,
        text=True,
        check=False,
    )
    if tried.returncode != 0:
        pytest.skip(f"no file system of our own: {tried.stderr.strip()}")
    fill(run)
    yield run
    subprocess.run(["umount", "--lazy", str(run)], check=True)


def fill(folder: Path) -> None:
    """Write until there is no room."""
    with contextlib.suppress(OSError), (folder / "filler").open("wb", buffering=0) as filler:
        while filler.write(b"x" * 4096):
            pass


def test_a_full_run_directory_costs_lines_of_the_journal_and_gives_back_none_that_is_torn(
    small_run: Path,
) -> None:
    (small_run / "filler").unlink()
    journal = Journal(small_run / "report.journal", max_bytes=1 << 20)

    def record(number: int) -> bool:
        return journal.record("accepted", f"{number:0900}", monotonic_s=number, boot_id="b")

    number = 0
    while record(number):
        number += 1
    assert number > 30
    fill(small_run)
    assert not record(number)
    assert [int(entry.key) for entry in journal.read()] == list(range(number))
    (small_run / "filler").unlink()
    with (small_run / "report.journal").open("r+b") as file:
        file.truncate(file.seek(0, 2) // 2)  # somebody made room with an axe
    assert record(number)
    kept = [int(entry.key) for entry in journal.read()]
    assert kept[-1] == number
    assert kept[:-1] == list(range(len(kept) - 1))


def test_a_full_run_directory_keeps_no_report_from_119(small_run: Path) -> None:
    with Bell(small_run.parent, more=QUICK) as bell:
        bell.start().ready()
        bell.rise(200, 200)
        bell.await_text_to("119")
        bell.await_log("cannot write .*report.journal")
        assert bell.ask("status")["incident"] is not None
