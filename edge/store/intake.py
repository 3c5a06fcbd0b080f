"""Where the other threads meet the store's thread: what was handed over, and how the disk does.

Invariant: every method is safe on any thread and holds the lock for microseconds only; a caller
that waits gets its answer within the time it gave. Leaves the disk itself to ``writer``.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from edge.store.pending import Pending, StampEvent, Work
from edge.store.rows import Batch, Log, MessageRow

QUIET_S: Final = 1.0  # so long may a reading wait for others to share its commit
STALLED_S: Final = 1.0  # a commit takes milliseconds; on a worn card now and then a second


@dataclass(frozen=True, slots=True)
class InHand:
    """What a writer has taken to the disk, and the last numbers of the logs before that."""

    work: Work
    last: Mapping[Log, int]


class Intake:
    """Batches and readings on their way to the disk, and the words for what keeps them from it.

    Args:
        stamp_event: Makes an event that the store itself has to tell.
        clock: Monotonic seconds.
        patient: False where no thread waits for another: who drives the writer turn by turn, on a
            clock of its own, decides how long everything takes.
    """

    def __init__(
        self,
        stamp_event: StampEvent,
        *,
        clock: Callable[[], float] = time.monotonic,
        patient: bool = True,
    ) -> None:
        self._changed = threading.Condition()
        self._clock = clock
        self._patient = patient
        self._pending = Pending(stamp_event)
        self._done_ticket = 0
        self._urgent = False
        self._quiet_until_s = 0.0
        self._closing = False
        self._failure: str | None = None
        self._busy_since_s: float | None = None
        self._notice = ""
        self._writer: object = None
        self._in_hand: InHand | None = None

    # For those who hand over.

    def add(self, batch: Batch) -> int:
        """Take a batch, to be written at once; returns its ticket."""
        with self._changed:
            self._urgent = True
            ticket = self._pending.add(batch)
            self._changed.notify_all()
            return ticket

    def add_readings(
        self, rows: Iterable[Mapping[str, Any]], *, urgent: bool, within_s: float = QUIET_S
    ) -> None:
        """Take readings, to be written within ``within_s``, or at once when ``urgent``.

        They go with whatever is written before that, and when they are as many as one commit takes.
        """
        with self._changed:
            until_s = self._clock() + within_s
            if self._pending.has_readings:
                until_s = min(until_s, self._quiet_until_s)
            self._quiet_until_s = until_s
            self._pending.add_readings(tuple(rows))
            self._urgent |= urgent or self._pending.fills_a_commit
            self._changed.notify_all()

    def await_done(self, ticket: int, wait_s: float) -> bool:
        """Whether this batch is on disk; waits for it, but not for a disk that is unwell."""
        with self._changed:
            if self._patient and self._unwell() is None:
                self._changed.wait_for(
                    lambda: self._done_ticket >= ticket or self._failure is not None, wait_s
                )
            return self._done_ticket >= ticket

    def hurry(self) -> None:
        """Let the thread look at once."""
        with self._changed:
            self._urgent = True
            self._changed.notify_all()

    def close(self) -> None:
        """Let the thread write what waits, and end."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()

    def __len__(self) -> int:
        with self._changed:
            return len(self._pending)

    @property
    def closing(self) -> bool:
        """Whether the store is being closed."""
        return self._closing

    def trouble(self) -> str | None:
        """Words for what is wrong with the disk now; None when it answers."""
        with self._changed:
            return self._unwell()

    @property
    def notice(self) -> str:
        """What happened to the file earlier and should be told; empty if nothing."""
        return self._notice

    def _unwell(self) -> str | None:
        if self._failure is not None:
            return self._failure
        if self._busy_since_s is not None:
            busy_s = self._clock() - self._busy_since_s
            if busy_s > STALLED_S:
                return f"the disk of the store has not answered for {busy_s:.0f} s"
        return None

    def hand_over(self, writer: object) -> InHand | None:
        """From now on only this writer is heard.

        Returns:
            What the one before has not told the end of: the file knows whether it was stored.
        """
        with self._changed:
            self._writer = writer
            self._busy_since_s = None
            self._urgent = True
            self._changed.notify_all()
            return self._in_hand

    # For the store's thread. A writer that was superseded is not heard, whenever it comes back.

    def await_work(self, at_most_s: float, by: object = None) -> None:
        """Return when something is to be written, when closing, or after ``at_most_s``."""
        with self._changed:
            if by is not self._writer:
                return
            self._busy_since_s = None
            if not self._patient:
                return
            end_s = self._clock() + at_most_s
            while not (self._urgent or self._closing):
                due_s = min(end_s, self._quiet_until_s) if self._pending.has_readings else end_s
                left_s = due_s - self._clock()
                if left_s <= 0:
                    break
                self._changed.wait(left_s)
                if by is not self._writer:
                    return
            self._busy_since_s = self._clock()

    def begin(self, by: object = None) -> None:
        """The thread is going to the disk."""
        with self._changed:
            if by is self._writer:
                self._busy_since_s = self._clock()

    def take(self, last: Mapping[Log, int] | None = None, by: object = None) -> Work:
        """What to write now; it stays here until ``written``.

        Args:
            last: The last numbers of the logs now.
            by: Who asks; one that was superseded gets nothing.
        """
        with self._changed:
            if by is not self._writer:
                return Work(None, (), (), (), 0)
            urgent, self._urgent = self._urgent or self._closing, False
            if not urgent and self._pending.only_readings and self._clock() < self._quiet_until_s:
                return Work(None, (), (), (), 0)  # the beat alone is no reason to write
            work = self._pending.peek()
            self._in_hand = InHand(work, dict(last)) if last is not None and work else None
            return work

    def written(self, work: Work, by: object = None) -> bool:
        """It is on the disk; returns whether the disk had been failing."""
        with self._changed:
            if by is not self._writer:
                return False
            self._in_hand = None
            self._pending.done(work)
            self._done_ticket = max(self._done_ticket, work.ticket)
            self._urgent |= self._pending.has_readings and bool(work.readings)
            failed, self._failure = self._failure is not None, None
            self._changed.notify_all()
            return failed

    def failed(self, words: str, pause_s: float, by: object = None) -> None:
        """The disk refused: whoever waits is told; returns after the pause or at closing."""
        with self._changed:
            if by is not self._writer:
                return
            self._in_hand = None
            was_closing = self._closing
            self._busy_since_s = None
            self._failure = words
            self._urgent = True
            self._changed.notify_all()
            if not self._patient:
                return
            self._changed.wait_for(lambda: self._closing and not was_closing, pause_s)
            self._busy_since_s = self._clock()

    def begin_afresh(
        self,
        notice: str,
        state: str | None,
        messages: tuple[MessageRow, ...],
        calibrations: Mapping[str, str],
        settings: str | None = None,
    ) -> None:
        """The file was set aside: queue for the fresh one what must not be forgotten."""
        with self._changed:
            self._notice = notice
            self._urgent = True
            self._pending.restore(state, messages, calibrations, settings)
