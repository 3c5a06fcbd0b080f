"""One session of measuring: how long, how often, in which folder, with which broker."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from tests.bench.homes import BUSY, QUIET, Home
from tests.brokers import Mosquitto

ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured.

    Attributes:
        runs: Of each measurement; the floor and ours in turn.
        warm_ups: Starts that do not count: all is compiled, and in the cache.
        quiet, busy: The homes in which memory and CPU are measured.
        live_s: Memory is read, and CPU counted, until a bell is so old.
        busy_s: So long is CPU counted where much comes in.
        frames: Of one run of the latency.
        trials: Of one run of danger: a bell of its own each.
        drained: How many stored readings are drained.
        waiting: With how many readings waiting memory is looked at.
        rest_s: How long a bell with a backlog is left alone before its memory is read.
        card_s: How long cards are watched; a quiet bell writes once in 15 minutes and a half.
        settle_s: Before that: what a start dirties is on the card after 30 s.
        steps: Of the law in one run.
        years: Of a device in one run.
    """

    runs: int = 5
    warm_ups: int = 1
    quiet: Mapping[str, Home] = field(default_factory=lambda: QUIET)
    busy: Mapping[str, Home] = field(default_factory=lambda: BUSY)
    live_s: float = 60.0
    busy_s: float = 20.0
    frames: int = 100
    trials: int = 20
    drained: tuple[int, int] = (20_000, 100_000)
    waiting: tuple[int, int, int] = (1, 10_000, 1_000_000)
    rest_s: float = 4.0
    card_s: float = 930.0
    settle_s: float = 40.0
    steps: int = 50_000
    years: int = 10


QUICK: Final = Plan(
    live_s=15.0,
    busy_s=5.0,
    frames=30,
    trials=4,
    waiting=(1, 10_000, 100_000),
    rest_s=2.0,
    card_s=30.0,
    settle_s=35.0,
    steps=20_000,
    years=4,
)


@dataclass
class Session:
    """Where it is done; its broker runs from the first use to the end."""

    folder: Path
    plan: Plan
    lived: dict[Any, Any] = field(default_factory=dict)
    _closing: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _made: int = 0
    _began_s: float = field(default_factory=time.monotonic)

    def fresh(self, name: str) -> Path:
        """A folder that does not exist yet."""
        self._made += 1
        return self.folder / f"{self._made:03}-{name}"

    @cached_property
    def broker(self) -> Mosquitto:
        """A broker that is there all the time."""
        return self._closing.enter_context(Mosquitto(self.folder / "broker"))

    def at_end(self, end: Callable[[], object]) -> None:
        """Call this at the end of the session."""
        self._closing.callback(end)

    def close(self) -> None:
        """End the broker, and whatever else was begun."""
        self._closing.close()

    def say(self, what: str) -> None:
        """Tell how far it is."""
        took_s = time.monotonic() - self._began_s
        print(f"  {took_s:4.0f} s: {what}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def bare(name: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """One of the bare floors as a process; killed at the end of the block."""
    process = subprocess.Popen(
        [sys.executable, "-P", ROOT / "tests/bench" / f"{name}.py", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
