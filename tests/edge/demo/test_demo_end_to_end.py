"""The demo as a person starts it: real daemon, real broker, real ptys, at high speed."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from edge.demo.scenarios import SCENARIOS

END_S = 10.0
QUICK = ("flash-flood", "cat", "broker-away")


@pytest.fixture
def room() -> Iterator[Path]:
    """A folder for the demo's own folder; short, because a Unix socket's path may not be long."""
    with tempfile.TemporaryDirectory(prefix="fb-") as directory:
        yield Path(directory)


def command(*options: str) -> list[str]:
    return [sys.executable, "-m", "edge", "--lang", "en", "demo", "--plain", *options]


@contextlib.contextmanager
def started(room: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    demo = subprocess.Popen(
        command(*options),
        env=os.environ | {"TMPDIR": str(room)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert demo.stdout is not None
    try:
        yield demo
    finally:
        demo.kill()
        demo.wait(END_S)
        demo.stdout.close()


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


@dataclass(frozen=True)
class Run:
    """What a finished demo left behind."""

    code: int
    out: str
    processes: list[str]
    files: list[Path]


@pytest.fixture(scope="session")
def runs() -> Iterator[Callable[[str], Run]]:
    """Demos at full speed, side by side: each mostly waits."""
    with contextlib.ExitStack() as stack:
        demos: dict[str, tuple[Path, subprocess.Popen[str]]] = {}
        for scenario in QUICK:
            room = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fb-")))
            demo = started(room, "--scenario", scenario, "--speed", "8")
            demos[scenario] = room, stack.enter_context(demo)

        def finished(scenario: str) -> Run:
            room, demo = demos[scenario]
            out, _ = demo.communicate(timeout=45)
            return Run(demo.returncode, out, wait_until_gone(room), list(room.iterdir()))

        yield finished


@pytest.mark.xdist_group("demos")  # where their processes are
@pytest.mark.parametrize("scenario", QUICK)
def test_the_daemon_keeps_its_promises(runs: Callable[[str], Run], scenario: str) -> None:
    run = runs(scenario)
    assert run.code == 0, run.out
    assert "BROKEN" not in run.out
    assert ("119 ← [침수]" in run.out) == (scenario != "cat"), run.out
    assert (run.processes, run.files) == ([], [])


@pytest.mark.long
@pytest.mark.timeout(150)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_scenario_keeps_its_promises_at_the_pace_of_life(room: Path, scenario: str) -> None:
    with started(room, "--scenario", scenario) as demo:
        out, _ = demo.communicate(timeout=120)
    assert demo.returncode == 0, out


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_demo_leaves_nothing_running_and_no_file(
    room: Path, how: signal.Signals
) -> None:
    with started(room) as demo:
        read_until(demo, r"begins")
        assert len(processes_of(room)) == 2  # daemon and broker
        demo.send_signal(how)
        out, _ = demo.communicate(timeout=END_S)
    assert demo.returncode == 130, out
    assert processes_of(room) == []
    assert list(room.iterdir()) == []


def test_a_demo_that_is_killed_takes_its_processes_with_it(room: Path) -> None:
    with started(room) as demo:
        read_until(demo, r"begins")
        demo.kill()
        demo.communicate(timeout=END_S)
    assert wait_until_gone(room) == []


def test_a_window_too_small_for_the_picture_gets_lines_and_a_sentence(room: Path) -> None:
    ours, theirs = pty.openpty()
    try:
        termios.tcsetwinsize(theirs, (20, 60))
        live = [one for one in command() if one != "--plain"]
        unset = {"COLUMNS", "LINES"}
        kept = {name: value for name, value in os.environ.items() if name not in unset}
        demo = subprocess.Popen(
            live, env=kept | {"TMPDIR": str(room), "TERM": "xterm"}, stdout=theirs, stderr=theirs,
            start_new_session=True,
        )  # fmt: skip
        try:
            heard = b""
            end_s = time.monotonic() + END_S
            while b"begins" not in heard and time.monotonic() < end_s:
                if select.select([ours], [], [], 0.1)[0]:
                    heard += os.read(ours, 4096)
            demo.terminate()
            assert demo.wait(END_S) == 130
        finally:
            demo.kill()
            demo.wait(END_S)
    finally:
        os.close(theirs)
        os.close(ours)
    assert b"80 \xc3\x97 24 characters: lines instead" in heard
    assert b"the script begins" in heard
    assert b"\x1b[?1049h" not in heard  # the screen was not taken


@pytest.mark.parametrize("options", [("--speed", "0"), ("--scenario", "no-such")])
def test_what_does_not_exist_is_refused_with_exit_2(room: Path, options: tuple[str, str]) -> None:
    with started(room, *options) as demo:
        out, _ = demo.communicate(timeout=END_S)
    assert demo.returncode == 2, out
    assert "Traceback" not in out
    assert list(room.iterdir()) == []
