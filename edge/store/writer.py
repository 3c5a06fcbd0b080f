"""The store's thread: the only one that writes the file.

Invariant: nothing leaves the intake before its commit has returned; after an error only a fresh
connection is believed; a damaged file is set aside and a fresh one begun with all that is not
settled. A writer whose thread hung or died has a successor: from then on it commits nothing and
touches no file by name, and what it was committing is found in the file or written again, never
both. Leaves to ``Store`` what other threads may ask.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from edge.store.database import (
    DamagedError,
    is_damage,
    open_database,
    salvaged_calibrations,
    set_aside,
    verdict_on,
)
from edge.store.intake import InHand, Intake
from edge.store.ledger import Ledger, SupersededError
from edge.store.mirror import Mirror
from edge.store.pending import StampEvent
from edge.store.place import HeldError, Identity, Place
from edge.store.retention import Retention
from edge.store.rows import LOGS, LOST, Recovered
from edge.store.wal import filled_bytes, lay_out

_log = logging.getLogger(__name__)

_BEAT_S: Final = 4.0
_RETRY_S: Final = (0.5, 1.0, 2.0, 5.0)
WAL_BYTES: Final = 1024 * 1024  # the write-ahead log is brought home beyond this
_LAST_COMMIT_BYTES: Final = 64 * 1024  # may lie behind that, before it is brought home


class Writer:
    """Opens, writes, tidies and closes the database; see ``Store`` for the callbacks.

    Attributes:
        ledger: The open database; None while there is none.
        open_file: Opens the database; simulations put a disk that fails in its place.
        damage_suspected: Set by a reader that found the file malformed.
        size_bytes: Of the file with its write-ahead log, when it was last looked at.
    """

    def __init__(
        self,
        path: Path,
        intake: Intake,
        *,
        max_bytes: int,
        has_centre: bool,
        on_committed: Callable[[], None],
        on_recovered: Callable[[Recovered], None],
        stamp_event: StampEvent,
        beat: Callable[[], None],
    ) -> None:
        self.ledger: Ledger | None = None
        self.open_file = open_database
        self.damage_suspected = False
        self._path = path
        self._place = Place(path)
        self._opened: Identity | None = None  # what lay there when it was opened
        self._orphan: Ledger | None = None  # of a writer whose thread has died
        self._wal_path = wal_path(path)
        self._intake = intake
        self._max_bytes = max_bytes
        self._has_centre = has_centre
        self._on_committed = on_committed
        self._on_recovered = on_recovered
        self._stamp_event = stamp_event
        self._beat = beat
        self._answered = threading.Event()
        self._answer_lock = threading.Lock()
        self._answer: Recovered | None = None
        self._retention: Retention | None = None
        self._mirror = Mirror()
        self._loaded = False
        self._previous: Ledger | None = None
        self._failures = 0
        self._saved: dict[str, str] = {}  # from a damaged file; one for all successors
        self._laid_out = False
        self._superseded = False
        self._token: object = None  # by which the intake knows us
        self._doubtful: InHand | None = None
        self.size_bytes = 0

    def successor(self, beat: Callable[[], None], *, died: bool) -> Writer:
        """Return a writer that goes on where this one was lost; not running yet.

        Args:
            beat: The successor's.
            died: Whether the thread of this one has ended, so that its connection may be closed.
        """
        fresh = Writer(
            self._path,
            self._intake,
            max_bytes=self._max_bytes,
            has_centre=self._has_centre,
            on_committed=self._on_committed,
            on_recovered=self._on_recovered,
            stamp_event=self._stamp_event,
            beat=beat,
        )
        self._superseded = True
        fresh._place = self._place
        fresh._token = fresh
        fresh._doubtful = self._intake.hand_over(fresh)
        fresh.open_file, fresh.damage_suspected = self.open_file, self.damage_suspected
        with self._answer_lock:
            fresh._answer = self._answer
        fresh._mirror, fresh._loaded, fresh._saved = self._mirror, self._loaded, self._saved
        fresh.size_bytes = self.size_bytes
        ledger = self.ledger
        fresh._previous = ledger or self._previous
        if died:
            fresh._orphan = ledger or self._orphan  # it may hold the lock amid a transaction
        elif ledger is not None:
            with contextlib.suppress(sqlite3.Error):
                ledger.db.interrupt()  # a statement that runs for ever ends; a disk does not
        return fresh

    def await_recovered(self, timeout_s: float) -> Recovered:
        """What the file remembers, or why it cannot be read yet; for the thread that opens."""
        self._answered.wait(timeout_s)
        with self._answer_lock:
            if self._answer is None:
                self._answer = Recovered(trouble=f"the disk under {self._path} does not answer")
            return self._answer

    def run(self) -> None:
        """The body of the thread: turns until closed, whatever goes wrong in one of them."""
        self._intake.begin(self._token)
        while self.turn():
            pass
        self.shut()

    def turn(self) -> bool:
        """Wait for work and do it, whatever goes wrong; False when all is done for good."""
        self._beat()
        try:
            return self._turn()
        except SupersededError:
            return False
        except (sqlite3.Error, OSError, DamagedError) as error:
            return self._failed(error)
        except Exception as error:  # noqa: BLE001 - top of the thread: a bug must not end it
            _log.exception("the store failed in a way it should not")
            return self._failed(error)

    def _turn(self) -> bool:
        """Open the file if need be, wait for work, do it; False when all is done for good."""
        ledger = self.ledger or self._open_file()
        self._intake.await_work(_BEAT_S, self._token)
        self._go_on()
        self._look_whether_it_lies_there()
        wrote = self._write(ledger)
        self._go_on()
        if self.damage_suspected:
            self.damage_suspected = False
            self._examine()
        if not self._intake.closing:
            self._tidy(ledger)
            return True
        return wrote

    def _go_on(self) -> None:
        if self._superseded:
            raise SupersededError

    def _look_whether_it_lies_there(self) -> None:
        """What is committed to a file that nobody will find again is lost: some 2 µs a turn."""
        if self._opened is not None and self._place.identity() != self._opened:
            raise DamagedError("its file was moved or deleted while in use")

    def _write(self, ledger: Ledger) -> bool:
        work = self._intake.take(ledger.last, self._token)
        wrote = bool(work) or (self._intake.closing and ledger.owes_watermark)
        if wrote:
            ledger.write(work)
        writes_again = self._intake.written(work, self._token)
        self._go_on()
        self._mirror.follow(work)
        self._failures = 0
        if writes_again:
            _log.info("the store writes again")
        if work.appends:
            self._appended(ledger)
        return wrote

    def _appended(self, ledger: Ledger) -> None:
        if not self._has_centre:
            for log in LOGS:
                ledger.acknowledge(log, ledger.last[log], ledger.ids[log])
        self._on_committed()

    def _examine(self) -> None:
        with self._place.alone(self._go_on):
            verdict = verdict_on(self._path, self._beat)
        if verdict != "ok":
            raise DamagedError(verdict)

    def _tidy(self, ledger: Ledger) -> None:
        """Bring the write-ahead log home and free space, a little at a time."""
        self.size_bytes = file_bytes(self._path) + file_bytes(self._wal_path)
        if not self._laid_out:
            self._laid_out = True
            with contextlib.suppress(OSError):  # a full disk: then each commit costs a little more
                lay_out(self._wal_path, WAL_BYTES + _LAST_COMMIT_BYTES)
        if filled_bytes(self._wal_path) > WAL_BYTES:
            ledger.db.execute("PRAGMA wal_checkpoint(PASSIVE)")
        if self._retention is not None and self._retention.due and self._retention.trim():
            self._appended(ledger)  # what was thinned is told by an event
            self._intake.hurry()  # there may be more to trim

    def _open_file(self) -> Ledger:
        """Open or begin the file, and tell what it remembers."""
        with self._place.alone(self._go_on):
            if self._orphan is not None:
                orphan, self._orphan = self._orphan, None
                _close(orphan)
            ledger, found, trouble = self._open_alone()
        if self._previous is not None:
            for log in LOGS:
                ledger.acknowledge(log, self._previous.acked[log], self._previous.ids[log])
        self.ledger = ledger
        self._laid_out = False
        self.size_bytes = file_bytes(self._path) + file_bytes(self._wal_path)
        self._retention = Retention(ledger, self._max_bytes, self._stamp_event)
        if not self._loaded:
            self._loaded = True
            # What was saved from a damaged file is on its way to the fresh one.
            found = replace(found, calibrations={**found.calibrations, **self._saved})
            self._mirror.load(found)
            self._tell(replace(found, trouble=trouble))
        return ledger

    def _open_alone(self) -> tuple[Ledger, Recovered, str | None]:
        """Open the file while nobody else can; in words, what had to be set aside for that."""
        trouble = None
        if self._place.condemned is not None:
            trouble = self._put_aside(self._place.condemned)
        try:
            ledger, found = self._load()
        except DamagedError as error:
            trouble = self._put_aside(error)
            ledger, found = self._load()
        if self._superseded:
            _close(ledger)
            raise SupersededError
        self._opened = self._place.identity()
        return ledger, found, trouble

    def _load(self) -> tuple[Ledger, Recovered]:
        db = self.open_file(self._path)
        try:
            if self._doubtful is not None:
                self._settle(self._doubtful, db)
            ledger = Ledger(db, lambda: self._superseded)
            return ledger, ledger.recovered()
        except sqlite3.OperationalError as error:
            db.close()
            if is_damage(error):
                raise DamagedError(str(error)) from error
            raise  # locked: whoever was lost is still at it
        except (sqlite3.Error, KeyError, ValueError) as error:  # tables missing, or not ours
            db.close()
            raise DamagedError(str(error)) from error

    def _settle(self, in_hand: InHand, db: sqlite3.Connection) -> None:
        """Find out whether the writer before us stored what it had in hand.

        Under the lock: its transaction is over, one way or the other, and it begins no other. Rows
        that were appended tell; what has none is the same when it is written twice.
        """
        db.execute("BEGIN IMMEDIATE")
        try:
            last = Ledger(db).last
        finally:
            db.execute("ROLLBACK")
        work = in_hand.work
        added = {"events": work.events, "cap": work.cap, "readings": work.readings}
        self._doubtful = None
        if work.appends and all(last[log] == in_hand.last[log] + len(added[log]) for log in LOGS):
            _log.info("what the lost writer had in hand is on the disk")
            self._mirror.follow(work)
            self._intake.written(work, self._token)

    def _tell(self, found: Recovered) -> None:
        with self._answer_lock:
            late = self._answer is not None
            if not late:
                self._answer = found
                self._answered.set()
        if late:
            self._on_recovered(found)

    def _put_aside(self, error: Exception) -> str:
        self._go_on()
        calibrations: dict[str, str] | None = self._mirror.calibrations
        if not self._loaded:
            calibrations = salvaged_calibrations(self._path)
        if calibrations is None:
            calibrations = dict(self._saved) or {LOST: "{}"}  # saved by a try that broke off
        self._go_on()
        self._place.condemned, where = error, "not wholly set aside"
        try:
            aside = set_aside(self._path)
            where = f"set aside as {aside.name}" if aside is not None else "nothing is left of it"
            self._place.condemned = None
        finally:  # half done, or superseded amid it: whoever comes next may find no file
            words = f"the store was damaged ({error}): {where}, a fresh one begun"
            _log.error("%s", words)
            self._saved.clear()
            self._saved.update(calibrations)
            mirror = self._mirror
            self._intake.begin_afresh(
                words, mirror.state, mirror.messages, calibrations, mirror.settings
            )
        self._go_on()
        return words

    def _failed(self, error: Exception) -> bool:
        """Keep everything, say why, wait a little; False when this was the last try of closing."""
        if self._superseded:
            return False
        last_try = self._intake.closing
        words = f"cannot write {self._path}: {error}"
        if not self._failures:
            _log.error("%s; going on in memory", words)
        with self._answer_lock:
            if self._answer is None:
                self._answer = Recovered(trouble=words)
                self._answered.set()
        self.shut()
        pause_s = _RETRY_S[min(self._failures, len(_RETRY_S) - 1)]
        if is_damage(error):
            self._place.condemned = error
            pause_s = pause_s if self._failures else 0.0  # a disk that damages all is given time
        self._failures += 1
        self._intake.failed(words, 0.0 if last_try else pause_s, self._token)
        return not last_try

    def shut(self) -> None:
        """Let go of the file; the next turn opens it again."""
        ledger, self.ledger, self._retention = self.ledger, None, None
        if ledger is None:
            return
        self._previous = ledger
        with contextlib.suppress(HeldError), self._place.alone():  # held: it stays open for now
            _close(ledger)


def _close(ledger: Ledger) -> None:
    """Let go of a connection; SQLite deletes the log of one that is the last on its file."""
    try:
        ledger.db.close()
    except sqlite3.Error as error:
        _log.warning("the store did not close well: %s", error)


def wal_path(path: Path) -> Path:
    """SQLite's write-ahead log beside a database."""
    return path.with_name(path.name + "-wal")


def file_bytes(path: Path) -> int:
    """Size of a file, 0 if it is not there."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
