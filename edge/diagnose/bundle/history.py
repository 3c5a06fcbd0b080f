"""What the store remembers, for the bundle: events, incidents, messages without their texts, sizes.

Owns how much of it is read. Invariant: whatever the size of the store, no more than
``SCANNED_EVENTS`` events are looked through, a piece at a time, and ``SHOWN_EVENTS`` are held.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from edge.diagnose.bundle import facts
from edge.diagnose.bundle.keeping import EVENT_KEPT, MESSAGE_KEPT, only
from edge.store.reader import Reader

SHOWN_EVENTS: Final = 500
SHOWN_INCIDENTS: Final = 100
SHOWN_MESSAGES: Final = 300
SCANNED_EVENTS: Final = 20_000
_ROWS_AT_ONCE: Final = 500
_BYTES_AT_ONCE: Final = 256 * 1024
_CHECK_WITHIN_S: Final = 5.0
_TABLES: Final = ("events", "readings", "cap", "messages", "state", "calibrations")


class History:
    """The newest part of the event log, read once."""

    def __init__(self, path: Path) -> None:
        """Read it.

        Raises:
            UnreadableError: There is no store, or it cannot be read.
        """
        self.newest: deque[tuple[int, dict[str, Any]]] = deque(maxlen=SHOWN_EVENTS)
        self.people: set[str] = set()
        with Reader(path) as reader:
            self.incidents = self._look_through(reader)

    def _look_through(self, reader: Reader) -> list[dict[str, Any]]:
        from edge.cli.incident_book import summaries  # noqa: PLC0415

        found = summaries(self._rows(reader), reader.state())
        return [one.document() for one in found[-SHOWN_INCIDENTS:]]

    def _rows(self, reader: Reader) -> Iterator[tuple[int, str]]:
        last = reader.history("events", limit_rows=1)
        after = max(0, last[0][0] - SCANNED_EVENTS) if last else 0
        while rows := reader.rows("events", after, _ROWS_AT_ONCE, _BYTES_AT_ONCE):
            for seq, body in rows:
                self._note(seq, body)
                yield seq, body
            after = rows[-1][0]

    def _note(self, seq: int, body: str) -> None:
        try:
            event = json.loads(body)
        except ValueError:
            return
        if isinstance(event, dict):
            self.newest.append((seq, event))
            if isinstance(by := event.get("by"), str):
                self.people.add(by)

    def events(self) -> list[dict[str, Any]]:
        """Return the newest events, oldest first, without anybody's words."""
        return [{"seq": seq, **only(event, EVENT_KEPT)} for seq, event in self.newest]


def outbox(path: Path) -> list[dict[str, Any]]:
    """Return the newest messages, oldest first: to whom, why, how often; never what they said.

    Raises:
        UnreadableError: There is no store, or it cannot be read.
    """
    shown = []
    with Reader(path) as reader:
        for row in reader.messages(limit_rows=SHOWN_MESSAGES):
            try:
                body = json.loads(row.body_json)
            except ValueError:
                body = {}
            shown.append({"key": row.key, "stored_status": row.status, **only(body, MESSAGE_KEPT)})
    return shown


def store(path: Path) -> dict[str, Any]:
    """Return the sizes of the store, what is in it, and whether it is whole.

    A file that is damaged is reported as far as it can be looked at.
    """
    found: dict[str, Any] = {"files": facts.files(path.parent)}
    try:
        uri = f"file:{quote(str(path))}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=1.0)) as db:
            ends_s = time.monotonic() + _CHECK_WITHIN_S
            db.set_progress_handler(lambda: time.monotonic() > ends_s, 10_000)
            found["schema"] = db.execute("PRAGMA user_version").fetchone()[0]
            found["ids"] = dict(db.execute("SELECT name, value FROM meta WHERE name LIKE '%.id'"))
            found["rows"] = {name: _count(db, name) for name in _TABLES}
            found["quick_check"] = [row[0] for row in db.execute("PRAGMA quick_check(10)")]
    except sqlite3.Error as error:
        found["fault"] = str(error)
    return found


def _count(db: sqlite3.Connection, table: str) -> dict[str, Any]:
    try:
        column = "seq" if table in ("events", "readings", "cap") else "rowid"
        if table in ("state", "calibrations"):
            return {"rows": db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]}  # noqa: S608 - of _TABLES
        rows, first, last = db.execute(
            f"SELECT count(*), min({column}), max({column}) FROM {table}"  # noqa: S608 - of _TABLES
        ).fetchone()
    except sqlite3.Error as error:
        return {"fault": str(error)}
    return {"rows": rows, "first": first, "last": last}
