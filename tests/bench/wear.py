"""Measures what a card is given to write: the real bell on an ext4 file system of its own.

Each home has a card, a broker and sensors of its own, and all live at the same time. What counts is
what the block device is told, the journal of ext4 included, and what the daemon says on stderr.
Options: ``--minutes N`` (default 31: a quiet bell writes once in 15), ``--homes NAME …``. Needs
root, for the loop devices.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from rich.console import Console
from rich.table import Table

from drivers.emulated.ranger import EmulatedA02yyuw
from tests.bells import MOUNT_MM, Bell
from tests.bench.card import Card, Written
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
    broker: bool = True
    options: str = "noatime"


HOMES: Final = {
    "quiet": Home(),
    "quiet, four sensors": Home(sensors=4),
    "quiet, broker away": Home(broker=False),
    "noise of ±6 mm": Home(depth_mm=6.0, noise_mm=6.0),
    "quiet, lazytime,commit=60": Home(options="noatime,lazytime,commit=60"),
    "water at 10 cm": Home(depth_mm=100.0),
}


@dataclass(frozen=True, slots=True)
class Used:
    """What one home has written in so many seconds."""

    for_s: float
    card: Written
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
    asked = parser.parse_args()
    Console(width=120).print(table(measured(asked.homes, asked.minutes * 60.0)))
    return 0


def measured(names: list[str], for_s: float) -> dict[str, Used]:
    """What each of these homes writes; they live at the same time.

    Raises:
        RuntimeError: A home could not be measured.
    """
    found: dict[str, Used] = {}
    with tempfile.TemporaryDirectory() as folder:

        def measure(number: int, name: str) -> None:
            found[name] = _measure(Path(folder) / str(number), HOMES[name], for_s)

        threads = [
            threading.Thread(target=measure, args=(number, name), name=name)
            for number, name in enumerate(names)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if missing := set(names) - set(found):
        raise RuntimeError(f"not measured: {', '.join(sorted(missing))}")
    return {name: found[name] for name in names}


def _measure(folder: Path, home: Home, for_s: float) -> Used:
    with contextlib.ExitStack() as closing:
        card = closing.enter_context(Card(folder / "bell" / "state", options=home.options))
        broker = closing.enter_context(Mosquitto(folder / "broker"))
        if not home.broker:
            broker.stop()
        sensors = [
            closing.enter_context(EmulatedA02yyuw(MOUNT_MM, rate_hz=5.0))
            for _ in range(home.sensors - 1)
        ]
        more = "".join(
            SENSOR.format(number=number, port=sensor.path, mount_mm=MOUNT_MM)
            for number, sensor in enumerate(sensors)
        )
        bell = closing.enter_context(
            Bell(folder / "bell", interval_s=1.0, mqtt_port=broker.port, more=more)
        )
        for sensor in [bell.sensor, *sensors]:
            sensor.follow(lambda: home.depth_mm + random.uniform(-home.noise_mm, home.noise_mm))
        bell.start().ready(30.0)
        time.sleep(SETTLE_S)
        return _watch(bell, card, for_s)


def _watch(bell: Bell, card: Card, for_s: float) -> Used:
    assert bell.process is not None
    database = card.at / "floodbell.db"
    watch = WalWatch(database.with_name("floodbell.db-wal"))
    watch.fresh()
    card.settle()
    before, dirtied, lines = card.written(), _dirtied(bell.process.pid), len(bell.log)
    begun_s = time.monotonic()
    commits: list[Commit] = []
    while time.monotonic() < begun_s + for_s:
        time.sleep(LOOK_S)
        commits += watch.fresh()
    card.settle()
    return Used(
        for_s=time.monotonic() - begun_s,
        card=card.written() - before,
        process_bytes=_dirtied(bell.process.pid) - dirtied,
        commits=len(commits),
        rounds=watch.rounds,
        causes=by_cause(commits, tables(database)),
        frames_bytes=sum(map(watch.bytes_of, commits)),
        lines=len(bell.log) - lines,
    )


def _dirtied(pid: int) -> int:
    """Bytes that the process has dirtied and not taken back, as the kernel counts them."""
    lines = Path(f"/proc/{pid}/io").read_text().splitlines()
    fields = {name: int(value) for name, value in (line.split(": ") for line in lines)}
    return fields["write_bytes"] - fields["cancelled_write_bytes"]


def table(used: dict[str, Used]) -> Table:
    """Everything as a day of it would be."""
    made = Table(
        "a day of", "MB to the card", "by the daemon", "commits", "kB each", "flushes", "log lines",
        "commits in the measurement", title="floodbell and its card",
    )  # fmt: skip
    for name, one in used.items():
        causes = ", ".join(f"{count} {cause}" for cause, count in one.causes.most_common())
        made.add_row(
            name,
            f"{one.card.written_bytes * one.a_day / 1e6:.1f}",
            f"{one.process_bytes * one.a_day / 1e6:.1f}",
            f"{one.commits * one.a_day:,.0f}",
            f"{one.card.written_bytes / max(1, one.commits) / 1e3:.0f}",
            f"{one.card.flushes * one.a_day:,.0f}",
            f"{one.lines * one.a_day:,.0f}",
            f"{one.for_s / 60:.0f} min: {causes}",
        )
    return made


if __name__ == "__main__":
    sys.exit(main())
