"""A piece of the run is a process of its own, with an end: what it said, and what became of it.

Owns the starting, the outer time limit and the reading of the last line, which is JSON. A process
that says nothing has crashed, one that is over its limit hangs: both are findings.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

REPOSITORY: Final = Path(__file__).resolve().parents[2]
GUARD: Final = REPOSITORY / "tests" / "guard"
_TAIL: Final = 1800


@dataclass
class Outcome:
    """What one process came to.

    Attributes:
        piece: ``fuzz``, ``faults``, ``kills`` or ``door``.
        name: Which one of them.
        runs: Inputs, schedules or kills.
        found: What broke, in words; empty if nothing did.
        not_judged: What was not judged because the machine stood still, in words.
        again: The command that repeats it alone.
        more: Figures of the piece's own.
    """

    piece: str
    name: str
    runs: int = 0
    found: list[str] = field(default_factory=list)
    not_judged: list[str] = field(default_factory=list)
    again: str = ""
    took_s: float = 0.0
    more: dict[str, Any] = field(default_factory=dict)


class Runner:
    """Starts processes, and ends every one that it has started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[str]] = set()
        self.ended = threading.Event()

    def run(
        self, module: list[str], limit_s: float, *, nice: int = 0, mounts: bool = False
    ) -> tuple[int | None, str]:
        """Run ``python -m …``; return its exit code, None if it had to be killed, and its words."""
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        guard = folder / "guard"
        guard.touch()
        path = os.pathsep.join(
            filter(None, (str(GUARD), str(REPOSITORY), os.environ.get("PYTHONPATH")))
        )
        environment = {
            **os.environ,
            "PYTHONPATH": path,
            "FLOODBELL_GUARD_LOG": str(guard),
            "TMPDIR": str(folder),
        }
        output = folder / "output"
        # In a space of its own for mounts, they are gone with it, however it ends.
        wrap = ["unshare", "--mount", "--propagation", "private"] if mounts and _may_mount() else []
        with output.open("w", encoding="utf-8") as said:
            process = subprocess.Popen(
                [*wrap, "nice", "-n", str(nice), sys.executable, "-m", *module],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                text=True,
                cwd=REPOSITORY,
                env=environment,
                start_new_session=True,
            )
        with self._lock:
            self._running.add(process)
        code: int | None
        try:
            code = process.wait(limit_s)
        except subprocess.TimeoutExpired:
            code = None
        self._end(process)
        words = output.read_text("utf-8", "replace")
        if reached := guard.read_text("utf-8"):
            words += f"\nthis reached for the outside world: {reached}"
            code = code or 1
        return code, words

    def _end(self, process: subprocess.Popen[str]) -> None:
        """End what is left of the process and its children: they are one session."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10.0)
        with self._lock:
            self._running.discard(process)

    def end_all(self) -> None:
        """End all of them; nothing new begins."""
        self.ended.set()
        with self._lock:
            running = tuple(self._running)
        for process in running:
            self._end(process)


def _may_mount() -> bool:
    tried = ["unshare", "--mount", "--propagation", "private", "true"]
    try:
        return subprocess.run(tried, check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def last_json(words: str) -> dict[str, Any] | None:
    """The last line that is a JSON object."""
    for line in reversed(words.splitlines()):
        if line.startswith("{"):
            try:
                told = json.loads(line)
            except ValueError:
                continue
            if isinstance(told, dict):
                return told
    return None


def tail(words: str) -> str:
    """The end of what was said, without the fuzzer's chatter."""
    kept = [
        line for line in words.splitlines() if not re.match(r"INFO: |WARNING: (Fail|SIG)", line)
    ]
    return "\n".join(kept)[-_TAIL:]
