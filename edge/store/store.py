"""The memory of the bell: one SQLite file, owned by one thread.

Invariant: what ``commit`` said True to is on the disk; what it said False to is kept in memory and
written as soon as the disk lets us, in order; no call blocks longer than it says, whatever the disk
does. Leaves to others what state and messages mean, when a trouble is raised (``health`` has the
words), and everything about the centre but the number up to which it has the logs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from edge.store.intake import QUIET_S, Intake
from edge.store.pending import StampEvent, bare_event
from edge.store.reader import Reader
from edge.store.rows import LOGS, Batch, Log, Recovered, StoreHealth
from edge.store.writer import WAL_BYTES, Writer

_OPEN_S: Final = 5.0
_MIB: Final = 1024 * 1024


class Store:
    """Hands batches to the disk and remembers them until it has them.

    Args:
        path: The database file; its directory is made if missing.
        max_mb: Bound of the file in MiB, at least 4.
        on_committed: Called on the store's thread after each commit that added rows to a log.
        beat: Called on the store's thread at least every 5 s while the disk answers.
        stamp_event: Makes an event that the store itself has to tell (``readings_thinned``,
            ``readings_lost``), with time and session; called on any thread.
        on_recovered: Called on the store's thread with what a file remembered that could be opened
            only after ``open`` had returned without it.
        has_centre: False without a broker: then no row waits to be acknowledged.
    """

    def __init__(
        self,
        path: Path,
        *,
        max_mb: int = 64,
        on_committed: Callable[[], None] = lambda: None,
        beat: Callable[[], None] = lambda: None,
        stamp_event: StampEvent = bare_event,
        on_recovered: Callable[[Recovered], None] = lambda _recovered: None,
        has_centre: bool = True,
    ) -> None:
        self._path = path
        self._intake = Intake(stamp_event)
        self._writer = Writer(
            path,
            self._intake,
            max_bytes=max_mb * _MIB - 2 * WAL_BYTES,
            has_centre=has_centre,
            on_committed=on_committed,
            on_recovered=on_recovered,
            stamp_event=stamp_event,
            beat=beat,
        )
        self._thread = thread_of(self._writer)

    def open(self) -> Recovered:
        """Start the thread and return what the file remembers, after 5 s at the latest.

        Never raises for a bad disk: ``trouble`` then says what is wrong, and the store goes on in
        memory until the disk is back. After a damaged file, state and messages are empty.
        """
        self._thread.start()
        return self._writer.await_recovered(_OPEN_S)

    @property
    def thread(self) -> threading.Thread:
        """The thread that writes."""
        return self._thread

    def start(self) -> None:
        """Let the thread of a renewed store begin."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to write what waits, and to end; returns at once."""
        self._intake.close()

    def renew(self, beat: Callable[[], None]) -> None:
        """Put another writer in the place of the present one, whose thread hangs or has died.

        Nothing that was handed over is lost, or stored twice. Begin it with ``start``.
        """
        self._writer = self._writer.successor(beat, died=not self._thread.is_alive())
        self._thread = thread_of(self._writer)

    def commit(self, batch: Batch, wait_s: float = 0.25) -> bool:
        """Hand over what belongs together.

        Args:
            batch: Stored together or not at all. Its readings may follow in a later commit.
            wait_s: How long to wait for the disk, at most; not at all for one known to be unwell.

        Returns:
            True when it is on the disk. False when that is not known yet: it is kept and written as
            soon as possible, under the same keys.
        """
        return self._intake.await_done(self._intake.add(batch), wait_s)

    def log_readings(
        self,
        rows: Iterable[Mapping[str, Any]],
        *,
        urgent: bool = False,
        within_s: float = QUIET_S,
    ) -> None:
        """Append to the readings log: within so many seconds with others, at once when ``urgent``.

        Until then a power cut or a kill takes them: they have no number yet, so none is missing.
        """
        self._intake.add_readings(rows, urgent=urgent, within_s=within_s)

    def acknowledge(self, log: Log, upto_seq: int, log_id: str) -> None:
        """The centre has every row of this log up to this number.

        Written with the next commit: after a crash some rows may be sent again, none is left out.
        """
        if (ledger := self._writer.ledger) is not None:
            ledger.acknowledge(log, upto_seq, log_id)

    def acked(self, log: Log) -> int:
        """The number up to which the centre has everything."""
        ledger = self._writer.ledger
        return ledger.acked[log] if ledger is not None else 0

    def newest(self, log: Log) -> int:
        """The highest number given out in this log, 0 for none yet; its row is never deleted."""
        ledger = self._writer.ledger
        return ledger.last[log] if ledger is not None else 0

    def log_id(self, log: Log) -> str | None:
        """The random id of a log; None while there is no file."""
        ledger = self._writer.ledger
        return ledger.ids[log] if ledger is not None else None

    def backlog(self) -> dict[Log, int]:
        """How many numbers of each log the centre has not acknowledged, thinned ones included."""
        ledger = self._writer.ledger
        if ledger is None:
            return dict.fromkeys(LOGS, 0)
        return {log: max(0, ledger.last[log] - ledger.acked[log]) for log in LOGS}

    def reader(self) -> Reader:
        """A view of the file for the calling thread.

        Raises:
            UnreadableError: There is no file, or it cannot be read now.
        """
        return Reader(self._path)

    def suspect_damage(self) -> None:
        """A reader found the file malformed: check it, and begin a fresh one if it is."""
        self._writer.damage_suspected = True
        self._intake.hurry()

    def trouble(self) -> str | None:
        """Words for what is wrong with the disk now, None when it answers; asks no disk."""
        return self._intake.trouble()

    def health(self) -> StoreHealth:
        """How the store is; ``detail`` has the words for a trouble, or is empty. Asks no disk."""
        trouble = self._intake.trouble()
        return StoreHealth(
            ok=trouble is None,
            detail=trouble or self._intake.notice,
            size_bytes=self._writer.size_bytes,
            pending=len(self._intake),
            backlog=self.backlog(),
        )

    def close(self, timeout_s: float = 2.0) -> bool:
        """Write what waits and end the thread, within ``timeout_s``.

        Returns:
            True when everything is on the disk.
        """
        self._intake.close()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive() and len(self._intake) == 0


def thread_of(writer: Writer) -> threading.Thread:
    """Return the thread of a writer, not started yet."""
    return threading.Thread(target=writer.run, name="store", daemon=True)
