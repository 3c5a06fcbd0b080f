"""A broker that is away for a whole day, on a virtual clock: what enters the log, stays and comes.

The readings go the real way: ``ReadingLog`` chooses, ``Front`` shows and stores, the store's real
writer commits and thins, turn by turn; only the seconds are counted instead of waited for.
"""

from __future__ import annotations

import gc
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from edge.centre.front import Front
from edge.events import Health, Reading
from edge.reading_log import LogPolicy, ReadingLog
from edge.store.intake import Intake
from edge.store.pending import bare_event
from edge.store.rows import Recovered
from edge.store.store import Store
from edge.store.writer import WAL_BYTES, Writer
from tests.brokers import mosquitto
from tests.edge.centre.home_at_centre import Home, keeping_books, resident_mib

DAY_S = 24 * 3600
FLOOD_S = range(10 * 3600, 11 * 3600)  # at ten in the morning, for an hour
FLAT_MIB = 6.0  # a day at 1 Hz is 16 MiB of JSON: it must not be in memory


class ClockedStore(Store):
    """``Store`` without its thread: each turn of the real writer is made by hand, at a time given.

    Only what the disk costs is left out (``synchronous``): a day has 86,400 commits.
    """

    def __init__(self, path: Path, max_mb: int) -> None:
        super().__init__(path)
        self.now_s = 0.0
        self._intake = Intake(bare_event, clock=lambda: self.now_s, patient=False)
        self._writer = Writer(
            path,
            self._intake,
            max_bytes=max_mb * 1024 * 1024 - 2 * WAL_BYTES,  # as Store has it
            has_centre=True,
            on_committed=lambda: None,
            on_recovered=lambda _recovered: None,
            stamp_event=bare_event,
            beat=lambda: None,
        )

    def open(self) -> Recovered:
        """Open the file in the calling thread, the only one that may turn."""
        self.turn()
        assert self._writer.ledger is not None
        self._writer.ledger.db.execute("PRAGMA synchronous = OFF")
        return self._writer.await_recovered(0.0)

    def turn(self) -> None:
        """Commit what waits, and tidy up a little."""
        self._intake.hurry()
        assert self._writer.turn()
        assert self.trouble() is None, self.trouble()

    def settle(self) -> None:
        """Commit, and turn until nothing more is thinned, as the thread does without a pause."""
        before = -1
        while before != self.newest("events"):
            before = self.newest("events")
            self.turn()

    def close(self, timeout_s: float = 2.0) -> bool:
        """Let go of the file."""
        del timeout_s
        self._writer.shut()
        return True


def depth_mm(at_s: int) -> float:
    """Dry with a millimetre of noise, and an hour of flood up to 300 mm."""
    noise_mm = (at_s * 7919) % 3 - 1.0
    if at_s not in FLOOD_S:
        return noise_mm
    return 300.0 * math.sin(math.pi * (at_s - FLOOD_S.start) / len(FLOOD_S)) + noise_mm


@dataclass
class Day:
    """A day of one sensor at one sample a second, with the broker away."""

    home: Home
    store: ClockedStore
    policy: LogPolicy
    commit_every_s: int

    def live(self) -> float:
        """Let it pass; returns by how many MiB the process has grown."""
        log = ReadingLog(self.policy)
        front = Front(self.home.centre, self.store)
        for second in range(60):  # what every first time costs is no growth
            self._live_a_second(front, log, second)
        gc.collect()
        before_mib = resident_mib()
        most_mib = before_mib
        for second in range(60, DAY_S):
            self._live_a_second(front, log, second)
            if second % 600 == 0:
                most_mib = max(most_mib, resident_mib())
        return most_mib - before_mib

    def _live_a_second(self, front: Front, log: ReadingLog, second: int) -> None:
        self.store.now_s = float(second)
        measured_mm = depth_mm(second)
        wet = second in FLOOD_S
        reading = Reading("door", measured_mm, measured_mm, Health.GOOD)
        stamp: Mapping[str, Any] = {"ts": f"2025-11-28T{second:06}Z", "clock_synced": False}
        wanted = log.wants(reading, self.store.now_s, above_normal=wet)
        front.reading(reading, stamp, log=wanted)
        if second % self.commit_every_s == 0 or wet:
            self.store.settle()


def a_day_away(
    tmp_path: Path, policy: LogPolicy, max_mb: int, commit_every_s: int
) -> tuple[int, int]:
    """Live a day without a broker, then let it all come; returns rows given out and thinned."""
    with mosquitto(tmp_path / "broker") as broker, keeping_books(broker) as books:
        broker.stop()
        store = ClockedStore(tmp_path / "state" / "floodbell.db", max_mb)
        home = Home(tmp_path / "state", broker.port, store=store)
        home.centre.start()
        try:
            grown_mib = Day(home, store, policy, commit_every_s).live()
            assert grown_mib < FLAT_MIB
            store.settle()
            assert store.health().size_bytes <= max_mb * 1024 * 1024
            broker.start()
            books.await_back()
            newest = home.newest()
            books.await_all(newest, 60.0)
        finally:
            home.close()
        assert books.received.faults(newest) == []
        log_id = next(iter(newest))
        return newest[log_id], newest[log_id] - len(books.received.numbers(log_id))


DEFAULT = LogPolicy()
EVERY_SECOND = LogPolicy(interval_s=1.0)


def test_a_day_at_the_default_settings_comes_whole(tmp_path: Path) -> None:
    given, thinned = a_day_away(tmp_path, DEFAULT, max_mb=64, commit_every_s=60)
    assert thinned == 0
    assert given >= 23 * 60 + 3600, "one a minute, and one a second of the flood"


def test_a_day_at_one_a_second_in_a_small_store_comes_thinned_and_every_gap_is_named(
    tmp_path: Path,
) -> None:
    given, thinned = a_day_away(tmp_path, EVERY_SECOND, max_mb=4, commit_every_s=300)
    assert given == DAY_S
    assert thinned > DAY_S / 2


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("policy", [DEFAULT, EVERY_SECOND], ids=["default", "1 Hz"])
@pytest.mark.parametrize("max_mb", [64, 4])
def test_a_day_with_a_commit_every_second(tmp_path: Path, policy: LogPolicy, max_mb: int) -> None:
    given, thinned = a_day_away(tmp_path, policy, max_mb, commit_every_s=1)
    assert thinned == 0 or max_mb == 4
    assert given == DAY_S or policy is DEFAULT
