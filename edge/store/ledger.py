"""The database as its one writer sees it: rows, numbers and watermarks.

Invariant: the numbers of a log count from 1 by 1 in the order of the commits, across restarts; a
key that was accepted stays accepted. Leaves threads, retries and time to ``store``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Final

from edge.store.database import calibrations, log_ids
from edge.store.pending import Work
from edge.store.rows import ACCEPTED, LOGS, REOPENED, SETTLED, Log, MessageRow, Recovered

_REMEMBERED: Final = 256  # accepted messages handed out at start; a flood makes some thirty


def _words(statuses: frozenset[str]) -> str:
    return ", ".join(f"'{word}'" for word in sorted(statuses))


# The same rule as pending.may_follow, where only the database can know the old status.
_UPSERT: Final = f"""
    INSERT INTO messages (key, status, body) VALUES (?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET status = excluded.status, body = excluded.body
    WHERE messages.status NOT IN ({_words(ACCEPTED)}) OR messages.status = excluded.status
       OR (messages.status = 'accepted' AND excluded.status IN ({_words(ACCEPTED | {REOPENED})}))
"""  # noqa: S608 - the words are constants of ours
_STATE: Final = (
    "INSERT INTO state VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body"
)
_META: Final = (
    "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)


_CALIBRATION: Final = (
    "INSERT INTO calibrations VALUES (?, ?) ON CONFLICT (sensor) DO UPDATE SET body = excluded.body"
)
_SETTINGS: Final = "settings.good"
"""Name of the row of ``meta`` with the text of the settings file of the last good start."""


class Ledger:
    """Reads and writes the tables of an open database.

    ``last`` is the highest number given out in each log, ``acked`` the number up to which the
    centre has everything, ``ids`` the random ids of the logs.
    """

    def __init__(
        self, db: sqlite3.Connection, superseded: Callable[[], bool] = lambda: False
    ) -> None:
        """Read the numbers that go on.

        Args:
            db: The open database.
            superseded: Whether another writes now: then nothing is committed here any more.
        """
        self.db = db
        self._superseded = superseded
        ids = log_ids(db)
        self.ids: dict[Log, str] = {log: ids[log] for log in LOGS}
        self.last: dict[Log, int] = {log: self._last(log) for log in LOGS}
        self.acked: dict[Log, int] = {log: self._stored_watermark(log) for log in LOGS}
        self._acked_on_disk = dict(self.acked)

    def _last(self, log: Log) -> int:
        return int(self.db.execute(f"SELECT coalesce(max(seq), 0) FROM {log}").fetchone()[0])  # noqa: S608 - log is one of three words

    def _stored_watermark(self, log: Log) -> int:
        row = self.db.execute("SELECT value FROM meta WHERE name = ?", (f"{log}.acked",)).fetchone()
        return min(int(row[0]), self.last[log]) if row else 0

    @property
    def owes_watermark(self) -> bool:
        """Whether the disk does not know yet how far the centre has everything."""
        return self.acked != self._acked_on_disk

    def acknowledge(self, log: Log, upto_seq: int, log_id: str) -> None:
        """The centre has everything up to this number; a watermark never goes back."""
        if log_id == self.ids[log]:
            self.acked[log] = max(self.acked[log], min(upto_seq, self.last[log]))

    def write(self, work: Work) -> None:
        """Store it in one transaction, on disk when this returns.

        Raises:
            sqlite3.Error: Nothing of it is stored.
        """
        acked = dict(self.acked)
        rows: dict[Log, tuple[str, ...]] = {
            "events": work.events,
            "cap": work.cap,
            "readings": work.readings,
        }
        with self.transaction():
            if work.state is not None:
                self.db.execute(_STATE, (work.state,))
            self.db.executemany(
                _UPSERT, ((row.key, row.status, row.body_json) for row in work.messages)
            )
            self.db.executemany(_CALIBRATION, work.calibrations)
            if work.settings is not None:
                self.db.execute(_META, (_SETTINGS, work.settings))
            for log in LOGS:
                self._append(log, rows[log])
                if acked[log] != self._acked_on_disk[log]:
                    self.db.execute(_META, (f"{log}.acked", str(acked[log])))
        self._acked_on_disk = acked
        self.last = {log: self.last[log] + len(rows[log]) for log in LOGS}

    def transaction(self) -> Transaction:
        """Return a transaction that comes to nothing if another writer has taken over."""
        return Transaction(self.db, self._superseded)

    def _append(self, log: Log, rows: tuple[str, ...]) -> None:
        if rows:
            self.db.executemany(
                f"INSERT INTO {log} VALUES (?, ?)",  # noqa: S608 - log is one of three words
                enumerate(rows, self.last[log] + 1),
            )

    def recovered(self) -> Recovered:
        """What the last run left behind."""
        state = self.db.execute("SELECT body FROM state").fetchone()
        waiting = self.db.execute(
            f"SELECT key, status, body FROM messages WHERE status NOT IN ({_words(SETTLED)})"  # noqa: S608
            " ORDER BY id"
        )
        accepted = self.db.execute(
            f"SELECT key, status, body FROM messages WHERE status IN ({_words(ACCEPTED)})"  # noqa: S608
            f" ORDER BY id DESC LIMIT {_REMEMBERED}"
        )
        return Recovered(
            state=state[0] if state else None,
            messages=tuple(MessageRow(*row) for row in waiting),
            accepted=tuple(MessageRow(*row) for row in accepted)[::-1],
            log_ids=dict(self.ids),
            calibrations=calibrations(self.db),
            settings=good_settings(self.db),
        )


def good_settings(db: sqlite3.Connection) -> str | None:
    """Return the text of the settings file of the last good start; None before the first."""
    row = db.execute("SELECT value FROM meta WHERE name = ?", (_SETTINGS,)).fetchone()
    return row[0] if row else None


class SupersededError(Exception):
    """Another writer has taken over: nothing of this was stored."""


class Transaction:
    """``BEGIN IMMEDIATE`` to ``COMMIT``, or ``ROLLBACK`` when anything is raised on the way.

    Raises:
        SupersededError: Another writer has taken over, as late as just before the commit. Once that
            has begun, the other waits for the lock, and sees what became of it.
    """

    def __init__(
        self, db: sqlite3.Connection, superseded: Callable[[], bool] = lambda: False
    ) -> None:
        self._db = db
        self._superseded = superseded

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                if self._superseded():
                    raise SupersededError
                self._db.execute("COMMIT")
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
