"""The real command on a terminal: what a technician types, and what then stands on the screen.

``Terminal`` is one command, live: pexpect holds its pseudo-terminal and pyte reads what it draws.
``on_terminals`` runs many that end by themselves, in children of one process that has loaded the
command line once: to start Python for each would cost half a second.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pexpect
import pyte

ROOT = Path(__file__).parents[3]
FORKING = Path(__file__).with_name("on_terminals.py")
_TALL = 400
"""Rows enough for whatever a command prints: what has scrolled away cannot be read."""


def surroundings(**more: str) -> dict[str, str]:
    """Return an environment in which only ``more`` says what language is spoken."""
    of_the_caller = ("LC_", "LANG", "COLUMNS", "LINES")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(of_the_caller)}
    return {**kept, "LANG": "C.UTF-8", "PYTHONUTF8": "1", "TERM": "xterm-256color", **more}


def shown(data: bytes, columns: int, rows: int = _TALL) -> str:
    """Return what stands on a screen after these bytes, without what is blank."""
    screen = pyte.Screen(columns, rows)
    pyte.ByteStream(screen).feed(data)
    return _text(screen)


def _text(screen: pyte.Screen) -> str:
    return "\n".join(line.rstrip() for line in screen.display).rstrip()


@dataclass(frozen=True)
class Ran:
    """One command that has ended."""

    code: int
    screen: str


def on_terminals(
    commands: Sequence[Sequence[str]], columns: int = 80, **environment: str
) -> list[Ran]:
    """Run commands, one after the other, each on a terminal of its own."""
    asked = json.dumps({"columns": columns, "rows": _TALL, "commands": commands})
    ran = subprocess.run(
        [sys.executable, str(FORKING)],
        cwd=ROOT,
        env=surroundings(PYTHONPATH=str(ROOT), **environment),
        input=asked.encode(),
        capture_output=True,
        timeout=50,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr.decode()
    told: list[dict[str, Any]] = json.loads(ran.stdout)
    return [Ran(one["code"], shown(bytes.fromhex(one["output"]), columns)) for one in told]


class Terminal:
    """One command on a terminal.

    Attributes:
        raw: Everything it wrote, escape sequences included.
    """

    def __init__(
        self, *arguments: str, columns: int = 80, rows: int = 24, **environment: str
    ) -> None:
        """Start it."""
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.raw = bytearray()
        self._child: pexpect.spawn[bytes] = pexpect.spawn(
            sys.executable,
            ["-m", "edge.cli", *arguments],
            cwd=str(ROOT),
            env=surroundings(**environment),
            dimensions=(rows, columns),
            timeout=20,
        )

    @property
    def screen(self) -> str:
        """What stands there now."""
        return _text(self._screen)

    def until(self, seen: str | Callable[[str], bool], timeout_s: float = 20.0) -> Self:
        """Wait until words stand on the screen, or something is true of it."""
        true = seen if callable(seen) else lambda screen: seen in screen
        deadline_s = time.monotonic() + timeout_s
        while not true(self.screen):
            assert time.monotonic() < deadline_s, f"waited for {seen!r}:\n{self.screen}"
            if not self._read(0.1) and not self._child.isalive():
                assert true(self.screen), f"it ended without {seen!r}:\n{self.screen}"
        return self

    @property
    def line_by_line(self) -> bool:
        """Whether the terminal collects keys until return, as a shell leaves it."""
        return bool(termios.tcgetattr(self._child.child_fd)[3] & termios.ICANON)

    def press(self, keys: str) -> Self:
        """Press keys; ``\\r`` is return."""
        self._child.send(keys)
        return self

    def resize(self, columns: int, rows: int) -> None:
        """Make the window another size."""
        self._screen.resize(rows, columns)
        self._screen.reset()
        self._child.setwinsize(rows, columns)

    def ended(self, timeout_s: float = 10.0) -> int:
        """Wait for its end; return its exit code."""
        deadline_s = time.monotonic() + timeout_s
        while self._child.isalive() or self._read(0.0):
            assert time.monotonic() < deadline_s, self.screen
            self._read(0.1)
        code = self._child.exitstatus
        return -(self._child.signalstatus or 0) if code is None else code

    def _read(self, within_s: float) -> bool:
        try:
            data = self._child.read_nonblocking(65536, timeout=within_s)
        except (pexpect.TIMEOUT, pexpect.EOF):
            return False
        self.raw += data
        self._stream.feed(data)
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._child.close(force=True)
