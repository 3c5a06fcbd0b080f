"""The demo as a person starts it: real daemon, real broker, real ptys, at high speed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

END_S = 10.0


@pytest.fixture
def room() -> Iterator[Path]:
    """A folder for the demo's own folder; short, because a Unix socket's path may not be long."""
    with tempfile.TemporaryDirectory(prefix="fb-") as directory:
        yield Path(directory)


def command(*options: str) -> list[str]:
    return [sys.executable, "-m", "edge", "--lang", "en", "demo", "--plain", *options]


def start(room: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(*options),
        env=os.environ | {"TMPDIR": str(room)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def processes_of(room: Path) -> list[str]:
    """Command lines of all processes that were given a file of this demo."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it ended while we looked
        if str(room) in line:
            found.append(line)
    return found


def wait_until_gone(room: Path) -> list[str]:
    pause = threading.Event()
    end_s = time.monotonic() + END_S
    while (left := processes_of(room)) and time.monotonic() < end_s:
        pause.wait(0.05)
    return left


def read_until(demo: subprocess.Popen[str], wanted: str) -> str:
    assert demo.stdout is not None
    heard = ""
    for line in demo.stdout:
        heard += line
        if re.search(wanted, line):
            return heard
    raise AssertionError(f"{wanted!r} never came:\n{heard}")


@pytest.mark.parametrize("scenario", ["flash-flood", "cat", "broker-away"])
def test_the_daemon_keeps_its_promises(room: Path, scenario: str) -> None:
    demo = start(room, "--scenario", scenario, "--speed", "12")
    out, _ = demo.communicate(timeout=45)
    assert demo.returncode == 0, out
    assert "BROKEN" not in out
    assert ("119 ← [침수]" in out) == (scenario != "cat"), out
    assert wait_until_gone(room) == []
    assert list(room.iterdir()) == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_demo_leaves_nothing_running_and_no_file(
    room: Path, how: signal.Signals
) -> None:
    demo = start(room)
    read_until(demo, r" s  door| s  trouble|begins")
    assert len(processes_of(room)) >= 2  # daemon and broker
    demo.send_signal(how)
    out, _ = demo.communicate(timeout=END_S)
    assert demo.returncode == 130, out
    assert processes_of(room) == []
    assert list(room.iterdir()) == []


def test_a_demo_that_is_killed_takes_its_processes_with_it(room: Path) -> None:
    demo = start(room)
    read_until(demo, r"begins")
    demo.kill()
    demo.communicate(timeout=END_S)
    assert wait_until_gone(room) == []


@pytest.mark.parametrize("options", [("--speed", "0"), ("--scenario", "no-such")])
def test_what_does_not_exist_is_refused_with_exit_2(room: Path, options: tuple[str, str]) -> None:
    demo = start(room, *options)
    out, _ = demo.communicate(timeout=END_S)
    assert demo.returncode == 2, out
    assert "Traceback" not in out
    assert list(room.iterdir()) == []
