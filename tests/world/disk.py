"""The store on a disk that stalls, fills up or dies: the real writer, turned by hand.

Owns when the disk does what. Invariant: what ``commit`` said True to is in the real SQLite file and
survives everything; what it said False to is in the store's own memory, and is lost with the
process. Faults are made where the disk is: SQLite itself refuses, nobody pretends.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from math import inf
from pathlib import Path
from random import Random
from typing import Any

from edge.store.database import open_database
from edge.store.intake import Intake
from edge.store.rows import Batch, Recovered
from edge.store.store import Store
from edge.store.writer import WAL_BYTES, Writer
from tests.world.clocks import VirtualClock
from tests.world.timetable import DiskKind

RETRY_S = 5.0
"""The longest pause of the real writer after a failure: it finds a disk that is back by then."""


class Disk(Store):
    """``Store`` without its thread: a turn of the real writer is made when the disk lets it."""

    def __init__(
        self,
        path: Path,
        clock: VirtualClock,
        random: Random,
        *,
        stamp_event: Callable[[str, Mapping[str, Any]], Mapping[str, Any]],
        on_recovered: Callable[[Recovered], None],
        before_commit: Callable[[Batch], None] = lambda _batch: None,
        on_commit: Callable[[Batch, bool], None] = lambda _batch, _stored: None,
    ) -> None:
        super().__init__(path)
        self._intake = Intake(stamp_event, clock=clock.now_s, patient=False)
        self._writer = Writer(
            path,
            self._intake,
            max_bytes=64 * WAL_BYTES,
            has_centre=False,
            on_committed=lambda: None,
            on_recovered=on_recovered,
            stamp_event=stamp_event,
            beat=lambda: None,
        )
        self._writer.open_file = self._open_file
        self._clock = clock
        self._random = random
        self._before_commit = before_commit
        self._on_commit = on_commit
        self._fault: DiskKind | None = None
        self._ends_s = inf
        self.next_s = inf
        """When the disk next gets something done by itself, in seconds of the world."""

    def behave(self, fault: DiskKind | None, ends_s: float = inf) -> None:
        """From now on the disk is like this; ``ends_s`` is when that is over."""
        self._fault, self._ends_s = fault, ends_s
        ledger = self._writer.ledger
        if ledger is not None:
            self._spoil(ledger.db)

    def open(self) -> Recovered:
        """Open the file, or go on without it; what it remembers may come late."""
        self._turn()
        return self._writer.await_recovered(0.0)

    def commit(self, batch: Batch, wait_s: float = 0.25) -> bool:
        """Hand over a batch; a disk that is slow costs the caller its patience."""
        self._before_commit(batch)
        ticket = self._intake.add(batch)
        if self._fault is DiskKind.SLOW and self.trouble() is None:
            self._stall(wait_s)
        elif self._fault is None or self.trouble() is None:
            self._turn()
        stored = self._intake.await_done(ticket, 0.0)
        self._on_commit(batch, stored)
        return stored

    def _stall(self, wait_s: float) -> None:
        if self.next_s == inf:
            self._intake.begin()
            self.next_s = self._clock.world_s + self._random.uniform(0.3, 6.0)
        self._clock.world_s += wait_s

    def turn(self) -> None:
        """Let the writer do what it has been about to do."""
        self.next_s = inf
        self._turn()

    def _turn(self) -> None:
        self._intake.hurry()
        self._writer.turn()
        if self.trouble() is None:
            return
        # The real writer tries every 5 s; while the fault stands, nothing comes of it.
        again_s = self._clock.world_s + self._random.uniform(0.5, RETRY_S)
        if self._fault is not None and self._ends_s < inf:
            again_s = max(again_s, self._ends_s + self._random.uniform(0.0, RETRY_S))
        self.next_s = again_s

    def lose(self) -> None:
        """The process is gone, and what was in its memory with it."""
        self._writer.shut()

    @property
    def owes(self) -> bool:
        """Whether something waits in memory for the disk, readings aside."""
        work = self._intake.take()
        return bool(work.state is not None or work.messages or work.events)

    def _open_file(self, path: Path) -> sqlite3.Connection:
        if self._fault is DiskKind.DEAD:
            raise sqlite3.OperationalError("disk I/O error")
        db = open_database(path)
        db.execute("PRAGMA synchronous = OFF")  # what is in the file stays: the power is ours
        self._spoil(db)
        return db

    def _spoil(self, db: sqlite3.Connection) -> None:
        """Make SQLite itself refuse: full beyond its present pages, or not allowed anything."""
        db.set_authorizer(None)
        full = self._fault is DiskKind.FULL
        db.execute(f"PRAGMA max_page_count = {1 if full else 2**30}")
        dead = self._fault is DiskKind.DEAD
        db.set_authorizer((lambda *_: sqlite3.SQLITE_DENY) if dead else None)
