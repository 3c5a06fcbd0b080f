"""What the system says of the service: its journal and its unit, through their own commands.

Owns two commands and their bounds. Invariant: each ends within its time, and of a journal of any
size no more than ``MOST_BYTES`` is held.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Final

UNIT: Final = "floodbell"
MOST_LINES: Final = 5000
MOST_BYTES: Final = 2 * 1024 * 1024
_LINE_BYTES: Final = 4096
_JOURNAL_WITHIN_S: Final = 20.0
_COMMAND_WITHIN_S: Final = 5.0

_PROPERTIES: Final = (
    "LoadState ActiveState SubState Result UnitFileState NRestarts MainPID ExecMainStatus"
    " ExecMainCode ExecMainStartTimestamp ActiveEnterTimestamp InactiveEnterTimestamp StatusText"
    " WatchdogUSec WatchdogTimestamp MemoryCurrent MemoryMax TasksCurrent CPUUsageNSec"
    " FragmentPath DropInPaths NeedDaemonReload"
)
UNIT_PROPERTIES: Final = tuple(_PROPERTIES.split())
"""Never ``Environment``: people put secrets there."""


class NotToBeHad(Exception):
    """A part of the bundle cannot be had here; says why."""


def journal() -> list[str]:
    """Return the newest lines of the service's journal, oldest first.

    Raises:
        NotToBeHad: There is no journal, or this user may not read it.
    """
    program = _program("journalctl")
    command = [program, f"--unit={UNIT}", "--no-pager", "--quiet", "--output=short-iso"]
    with subprocess.Popen(  # noqa: S603 - a fixed command
        [*command, f"--lines={MOST_LINES}"],
        env=_in_english(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        clock = threading.Timer(_JOURNAL_WITHIN_S, process.kill)
        clock.start()
        try:
            lines = _newest(process)
        finally:
            clock.cancel()
            process.kill()
    if not lines:
        raise NotToBeHad("the journal has no lines of the service that this user may read")
    return lines


def _newest(process: subprocess.Popen[bytes]) -> list[str]:
    assert process.stdout is not None  # noqa: S101 - asked for above
    lines: list[str] = []
    held = first = 0
    while raw := process.stdout.readline(_LINE_BYTES):
        lines.append(raw.decode("utf-8", "replace").rstrip("\n"))
        held += len(raw)
        while held > MOST_BYTES or len(lines) - first > MOST_LINES:
            held -= len(lines[first].encode()) + 1
            lines[first] = ""
            first += 1
        if first > MOST_LINES:
            del lines[:first]
            first = 0
    return lines[first:]


def unit() -> dict[str, str]:
    """Return what systemd knows of the service.

    Raises:
        NotToBeHad: There is no systemd, or it does not answer.
    """
    asked = [f"--property={name}" for name in UNIT_PROPERTIES]
    answer = run([_program("systemctl"), "show", UNIT, "--no-pager", *asked])
    pairs = (line.partition("=") for line in answer.splitlines())
    return {name: value for name, equals, value in pairs if equals and name in UNIT_PROPERTIES}


def run(command: list[str]) -> str:
    """Run one of the system's commands and return what it printed.

    Raises:
        NotToBeHad: It failed, or took too long.
    """
    try:
        ran = subprocess.run(  # noqa: S603 - fixed commands
            command,
            env=_in_english(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_COMMAND_WITHIN_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotToBeHad(f"{Path(command[0]).name}: {error}") from error
    if ran.returncode != 0:
        words = ran.stderr.decode("utf-8", "replace").strip()[:200]
        raise NotToBeHad(f"{Path(command[0]).name}: {words or f'exit {ran.returncode}'}")
    return ran.stdout[:MOST_BYTES].decode("utf-8", "replace")


def _in_english() -> dict[str, str]:
    return {**os.environ, "LC_ALL": "C", "LANGUAGE": ""}


def _program(name: str) -> str:
    if found := shutil.which(name):
        return found
    raise NotToBeHad(f"{name} is not here")
