"""Reading the logs back, on a connection of the reader's own.

Invariant: reading never blocks the writer (WAL) and never changes the file. A reader belongs to the
thread that opened it. Leaves to the caller what to do when the file cannot be read.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import quote

from edge.store.database import CACHE_KIB, FILE_ERRORS, is_damage, log_ids
from edge.store.ledger import good_settings
from edge.store.rows import LOGS, Log, MessageRow

_BUSY_S: Final = 1.0
_BEHIND_ALL: Final = 2**63 - 1  # SQLite's greatest row number


class UnreadableError(Exception):
    """The database cannot be read now; ``damaged`` if the file itself is to blame."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(f"cannot read the store: {cause}")
        self.damaged = is_damage(cause)


class Reader:
    """A read-only view of the database at ``path``, always of the newest commit.

    ``ids`` are the random ids of the logs in this file. When the writer begins a fresh file, a
    reader goes on showing the old one: compare the ids.

    Raises:
        UnreadableError: There is no database, or it cannot be opened. Every method may raise it.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._db = sqlite3.connect(
                f"file:{quote(str(path))}?mode=ro", uri=True, timeout=_BUSY_S, isolation_level=None
            )
        except FILE_ERRORS as error:
            raise UnreadableError(error) from error
        try:
            self._db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            # An empty file is one that is only just being made: no damage, and no history yet.
            tables = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            ids = log_ids(self._db) if tables else {}
        except FILE_ERRORS as error:
            self._db.close()
            raise UnreadableError(error) from error
        if "events" not in ids or "readings" not in ids:
            self._db.close()
            raise UnreadableError(ValueError(f"{path} has no logs"))
        # A log may be missing that came with an update: the daemon brings the file up to date.
        self.ids: dict[Log, str] = {log: ids[log] for log in LOGS if log in ids}

    def settings(self) -> str | None:
        """The text of the settings file of the last good start; None if none is remembered."""
        try:
            return good_settings(self._db)
        except FILE_ERRORS as error:
            raise UnreadableError(error) from error

    def rows(
        self, log: Log, after_seq: int, limit_rows: int, limit_bytes: int
    ) -> list[tuple[int, str]]:
        """The next rows of a log: number and body (JSON; a CAP document is XML), in order.

        Args:
            log: Which one.
            after_seq: The number before the first one wanted.
            limit_rows: At most so many.
            limit_bytes: At most so many characters of them, but always one row if there is one.
        """
        found: list[tuple[int, str]] = []
        size = 0
        try:
            with closing(
                self._db.execute(
                    f"SELECT seq, body FROM {log} WHERE seq > ? ORDER BY seq LIMIT ?",  # noqa: S608 - log is one of three words
                    (after_seq, limit_rows),
                )
            ) as cursor:
                for seq, body in cursor:
                    size += len(body)
                    if found and size > limit_bytes:
                        break
                    found.append((seq, body))
        except FILE_ERRORS as error:
            raise UnreadableError(error) from error
        return found

    def rows_before(
        self, log: Log, before_seq: int | None, limit_rows: int
    ) -> list[tuple[int, str]]:
        """The rows of a log before a number, newest first: for looking back from the end.

        Args:
            log: Which one.
            before_seq: The number after the first one wanted; None for the end of the log.
            limit_rows: At most so many.
        """
        return self._all(
            f"SELECT seq, body FROM {log} WHERE seq < ? ORDER BY seq DESC LIMIT ?",  # noqa: S608 - log is one of three words
            (_BEHIND_ALL if before_seq is None else before_seq, limit_rows),
        )

    def history(
        self, log: Log, *, since: str | None = None, limit_rows: int = 1000
    ) -> list[tuple[int, str]]:
        """The newest rows of a log whose rows are JSON, oldest first.

        Args:
            log: Which one.
            since: Only rows whose ``ts`` is at or after this (RFC 3339 UTC, as stored).
            limit_rows: At most so many.
        """
        return self._all(
            f"SELECT seq, body FROM {log}"  # noqa: S608 - log is one of three words
            " WHERE ? IS NULL OR json_extract(body, '$.ts') >= ? ORDER BY seq DESC LIMIT ?",
            (since, since, limit_rows),
        )[::-1]

    def messages(
        self,
        *,
        among: Collection[str] | None = None,
        without: Collection[str] = (),
        limit_rows: int = 1000,
    ) -> list[MessageRow]:
        """The newest messages of the outbox, oldest first.

        Args:
            among: Only those of these statuses; None for any.
            without: None of these statuses.
            limit_rows: At most so many.
        """
        rows = self._all(
            "SELECT key, status, body FROM messages"
            " WHERE (? OR status IN (SELECT value FROM json_each(?)))"
            " AND status NOT IN (SELECT value FROM json_each(?))"
            " ORDER BY id DESC LIMIT ?",
            (among is None, json.dumps([*(among or ())]), json.dumps([*without]), limit_rows),
        )
        return [MessageRow(*row) for row in rows[::-1]]

    def state(self) -> str | None:
        """The last state that was stored."""
        found = self._all("SELECT body FROM state", ())
        return str(found[0][0]) if found else None

    def calibrations(self) -> dict[str, str]:
        """What is remembered of each sensor's calibration, by its id."""
        there = self._all("SELECT 1 FROM sqlite_schema WHERE name = 'calibrations'", ())
        if not there:  # not started since an update: the daemon brings the file up to date
            return {}
        return dict(self._all("SELECT sensor, body FROM calibrations", ()))

    def _all(self, query: str, values: tuple[object, ...]) -> list[Any]:
        try:
            return self._db.execute(query, values).fetchall()
        except FILE_ERRORS as error:
            raise UnreadableError(error) from error

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
