"""Measures what a card is given to write: the real bell on an ext4 file system of its own.

Each home has a card, a broker and sensors of its own, and all live at the same time. What counts is
what the block device is told, the journal of ext4 included, and what the daemon says on stderr.
Options: ``--minutes N`` (default 31: a quiet bell writes once in 15), ``--homes NAME …``,
``--json`` for a program. Needs root, for the loop devices; with ``--no-card`` there are none, and
only what the daemon itself has dirtied is counted.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from rich.console import Console
from rich.table import Table

from drivers.emulated.ranger import EmulatedA02yyuw
from tests.bells import MOUNT_MM, Bell
from tests.bench.card import Card, Written
from tests.bench.process import dirtied_bytes
from tests.bench.wal import Commit, WalWatch, by_cause, tables
from tests.brokers import Mosquitto

DAY_S: Final = 86_400.0
SETTLE_S: Final = 40.0  # the start is over, and what it dirtied is on the card: ext4 takes 30 s
LOOK_S: Final = 5.0
SENSOR: Final = """
[sensors.s{number}]
driver = "a02yyuw"
port = "{port}"
mount_height_mm = {mount_mm}
sample_interval_s = 1.0
stale_after_s = 5.0
"""


@dataclass(frozen=True, slots=True)
class Home:
    """One home: how many sensors, what they see, and how its card is mounted."""

    sensors: int = 1
    depth_mm: float = 0.0
    noise_mm: float = 0.0
    waves_mm: float = 0.0  # so much lower in every other second
    broker: bool = True
    options: str = "noatime"
    more: str = ""


HOMES: Final = {
    "quiet": Home(),
    "quiet, four sensors": Home(sensors=4),
    "quiet, broker away": Home(broker=False),
    "noise of ±6 mm": Home(depth_mm=6.0, noise_mm=6.0),
    "quiet, lazytime,commit=60": Home(options="noatime,lazytime,commit=60"),
    "water at 10 cm": Home(depth_mm=100.0),
    "quiet, every reading logged": Home(more="[log]\ninterval_s = 1.0\n"),
    "waves at the alert setpoint": Home(depth_mm=23.0, waves_mm=10.0),
}


@dataclass(frozen=True, slots=True)
class Used:
    """What one home has written in so many seconds; ``card`` is None if it had none."""

    for_s: float
    card: Written | None
    process_bytes: int
    commits: int
    rounds: int
    causes: Counter[str] = field(default_factory=Counter)
    frames_bytes: int = 0
    lines: int = 0

    @property
    def a_day(self) -> float:
        """Factor from what was measured to a day."""
        return DAY_S / self.for_s


def main() -> int:
    """Let the homes live, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=31.0)
    parser.add_argument("--homes", nargs="*", choices=list(HOMES), default=list(HOMES))
    parser.add_argument("--settle", type=float, default=SETTLE_S, help="seconds before that")
    parser.add_argument("--no-card", action="store_true")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that no card stays behind
    used = measured(asked.homes, asked.minutes * 60.0, asked.settle, card=not asked.no_card)
    if asked.json:
        print(json.dumps([_as_json(name, one) for name, one in used]))
    else:
        Console(width=120).print(table(used))
    return 0


def _as_json(name: str, one: Used) -> dict[str, Any]:
    card = one.card and one.card.written_bytes * one.a_day / 1e6
    return {
        "home": name,
        "for_s": one.for_s,
        "card_mb_a_day": card,
        "process_mb_a_day": one.process_bytes * one.a_day / 1e6,
        "commits": one.commits,
        "lines": one.lines,
    }


def measured(
    names: list[str], for_s: float, settle_s: float = SETTLE_S, *, card: bool = True
) -> list[tuple[str, Used]]:
    """What each of these homes writes; they live at the same time. A name may come twice.

    Raises:
        RuntimeError: A home could not be measured.
    """
    found: dict[int, Used] = {}
    stopping = threading.Event()
    # Not on a file system in memory: there nothing is dirtied.
    with tempfile.TemporaryDirectory(dir=None if card else "/var/tmp") as folder:

        def measure(number: int, name: str) -> None:
            one = Path(folder) / str(number)
            found[number] = _measure(one, HOMES[name], (settle_s, for_s), stopping, card=card)

        threads = [
            threading.Thread(target=measure, args=(number, name), name=name)
            for number, name in enumerate(names)
        ]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                thread.join()
        finally:  # interrupted: each takes its card away by itself
            stopping.set()
            for thread in threads:
                thread.join()
    if missing := [name for number, name in enumerate(names) if number not in found]:
        raise RuntimeError(f"not measured: {', '.join(missing)}")
    return [(name, found[number]) for number, name in enumerate(names)]


def _measure(
    folder: Path,
    home: Home,
    settle_and_for_s: tuple[float, float],
    stopping: threading.Event,
    *,
    card: bool,
) -> Used:
    settle_s, for_s = settle_and_for_s
    with contextlib.ExitStack() as closing:
        state = folder / "bell" / "state"
        mounted = closing.enter_context(Card(state, options=home.options)) if card else None
        broker = closing.enter_context(Mosquitto(folder / "broker"))
        if not home.broker:
            broker.stop()
        sensors = [
            closing.enter_context(EmulatedA02yyuw(MOUNT_MM, rate_hz=5.0))
            for _ in range(home.sensors - 1)
        ]
        more = home.more + "".join(
            SENSOR.format(number=number, port=sensor.path, mount_mm=MOUNT_MM)
            for number, sensor in enumerate(sensors)
        )
        bell = closing.enter_context(
            Bell(
                folder / "bell",
                interval_s=1.0,
                mqtt_port=broker.port,
                heartbeat_s=30.0,
                more=more,
            )
        )
        for sensor in [bell.sensor, *sensors]:
            sensor.follow(lambda: _depth_mm(home))
        bell.start().ready(30.0)
        stopping.wait(settle_s)
        return _watch(bell, mounted, state / "floodbell.db", for_s, stopping)


def _depth_mm(home: Home) -> float:
    noise_mm = random.uniform(-home.noise_mm, home.noise_mm)
    return home.depth_mm + noise_mm - home.waves_mm * (int(time.monotonic()) % 2)


def _watch(
    bell: Bell, card: Card | None, database: Path, for_s: float, stopping: threading.Event
) -> Used:
    assert bell.process is not None
    watch = WalWatch(database.with_name("floodbell.db-wal"))
    watch.fresh()
    if card is not None:
        card.settle()
    before = card.written() if card is not None else None
    dirtied, lines = dirtied_bytes(bell.process.pid), len(bell.log)
    begun_s = time.monotonic()
    commits: list[Commit] = []
    while (left_s := begun_s + for_s - time.monotonic()) > 0 and not stopping.is_set():
        stopping.wait(min(LOOK_S, left_s))
        commits += watch.fresh()
    if card is not None:
        card.settle()
    return Used(
        for_s=time.monotonic() - begun_s,
        card=card.written() - before if card is not None and before is not None else None,
        process_bytes=dirtied_bytes(bell.process.pid) - dirtied,
        commits=len(commits),
        rounds=watch.rounds,
        causes=by_cause(commits, tables(database)),
        frames_bytes=sum(map(watch.bytes_of, commits)),
        lines=len(bell.log) - lines,
    )


def table(used: list[tuple[str, Used]]) -> Table:
    """Everything as a day of it would be."""
    made = Table(
        "a day of", "MB to the card", "by the daemon", "commits", "kB each", "flushes", "log lines",
        "commits in the measurement", title="floodbell and its card",
    )  # fmt: skip
    for name, one in used:
        written = one.card or Written(0, 0, 0)
        causes = ", ".join(f"{count} {cause}" for cause, count in one.causes.most_common())
        made.add_row(
            name,
            f"{written.written_bytes * one.a_day / 1e6:.1f}",
            f"{one.process_bytes * one.a_day / 1e6:.1f}",
            f"{one.commits * one.a_day:,.0f}",
            f"{written.written_bytes / max(1, one.commits) / 1e3:.0f}",
            f"{written.flushes * one.a_day:,.0f}",
            f"{one.lines * one.a_day:,.0f}",
            f"{one.for_s / 60:.0f} min: {causes}",
        )
    return made


if __name__ == "__main__":
    sys.exit(main())
