"""Keeping the database inside its bound: what goes, and in which order.

Invariant: an event or CAP document that the centre has not acknowledged is never deleted; the
newest row of a log never is, because the next number follows from it; readings that go
unacknowledged are named by an event, in the same transaction. Leaves the time of trimming to
``store``.

Order: settled messages but the newest; acknowledged readings, oldest first; acknowledged CAP
documents, then events; then unacknowledged readings are thinned, oldest first, to the extremes of
each sensor.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

from edge.store.database import page_bytes, page_count, used_bytes
from edge.store.ledger import Ledger
from edge.store.pending import StampEvent, without_incident
from edge.store.rows import SETTLED, Log, to_json

_SETTLED_KEPT: Final = 1000  # several floods of texts: for a technician, and for late reports
CHUNK: Final = 1000  # rows a transaction: some 5 ms, so that an alarm never waits long
_THIN_TRIES: Final = 4  # chunks looked at in one call; the next call goes on from there
_BLOCK: Final = 8  # of so many readings of one sensor in a row, the lowest and the highest stay


class Retention:
    """Trims one database, a chunk at a time; remembers how far it has thinned."""

    def __init__(self, ledger: Ledger, max_bytes: int, stamp_event: StampEvent) -> None:
        self._ledger = ledger
        self._db = ledger.db
        self._max_bytes = max_bytes
        self._stamp_event = stamp_event
        self._thinned_to = 0
        self._bound_pages = max_bytes // page_bytes(self._db)

    @property
    def due(self) -> bool:
        """Whether the database is over its bound; cheap while the whole file is below it."""
        if page_count(self._db) <= self._bound_pages:
            return False
        return used_bytes(self._db) > self._max_bytes

    def trim(self) -> int:
        """Free some space in one transaction; returns how many rows went, 0 if nothing may go.

        Raises:
            sqlite3.Error: Nothing went.
        """
        if gone := self._delete_settled():
            return gone
        for log in ("readings", "cap", "events"):
            if gone := self._delete_acked(log):
                return gone
        return self._thin()

    def _delete_settled(self) -> int:
        """Messages of long ago: their incidents are closed, so their keys never come again."""
        words = ",".join("?" * len(SETTLED))
        with self._ledger.transaction():
            return self._db.execute(
                "DELETE FROM messages WHERE id IN (SELECT id FROM messages"  # noqa: S608 - marks
                f" WHERE status IN ({words}) AND id <= (SELECT max(id) FROM messages) - ?"
                " ORDER BY id LIMIT ?)",
                (*sorted(SETTLED), _SETTLED_KEPT, CHUNK),
            ).rowcount

    def _delete_acked(self, log: Log) -> int:
        newest_to_go = min(self._ledger.acked[log], self._ledger.last[log] - 1)
        with self._ledger.transaction():
            return self._db.execute(
                f"DELETE FROM {log} WHERE seq IN"  # noqa: S608 - log is one of three words
                f" (SELECT seq FROM {log} WHERE seq <= ? ORDER BY seq LIMIT ?)",
                (newest_to_go, CHUNK),
            ).rowcount

    def _thin(self) -> int:
        for _ in range(_THIN_TRIES):
            rows = self._readings_from(max(self._ledger.acked["readings"], self._thinned_to) + 1)
            if not rows:  # at the end: once more from the oldest
                self._thinned_to = 0
                continue
            self._thinned_to = rows[-1][0]
            kept = extremes(rows)
            gone = [(seq,) for seq, _ in rows if seq not in kept]
            if gone:
                self._replace(gone, rows[0][0], rows[-1][0], len(kept))
                return len(gone)
        return 0

    def _replace(self, gone: list[tuple[int]], from_seq: int, to_seq: int, kept: int) -> None:
        named = {
            "readings_log": self._ledger.ids["readings"],  # "log" is the id of the event's own log
            "from_seq": from_seq,
            "to_seq": to_seq,
            "kept": kept,
        }
        fields = without_incident("the store is full", named)
        event = to_json(self._stamp_event("readings_thinned", fields))
        with self._ledger.transaction():
            self._db.executemany("DELETE FROM readings WHERE seq = ?", gone)
            self._db.execute(
                "INSERT INTO events VALUES (?, ?)", (self._ledger.last["events"] + 1, event)
            )
        self._ledger.last["events"] += 1

    def _readings_from(self, seq: int) -> list[tuple[int, str]]:
        return self._db.execute(
            "SELECT seq, body FROM readings WHERE seq >= ? AND seq < ? ORDER BY seq LIMIT ?",
            (seq, self._ledger.last["readings"], CHUNK),
        ).fetchall()


def extremes(rows: Iterable[tuple[int, str]]) -> set[int]:
    """Numbers of the readings to keep: of each eight of a sensor, the lowest and the highest."""
    blocks: dict[str, list[tuple[float, int]]] = {}
    kept: set[int] = set()
    for seq, body in rows:
        reading = _parsed(body)
        sensor = str(reading.get("sensor"))
        block = blocks.setdefault(sensor, [])
        block.append((_depth_mm(reading), seq))
        if len(block) == _BLOCK:
            kept |= _ends(blocks.pop(sensor))
    for block in blocks.values():
        kept |= _ends(block)
    return kept


def _ends(block: list[tuple[float, int]]) -> set[int]:
    return {min(block)[1], max(block)[1]}


def _parsed(body: str) -> Mapping[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _depth_mm(reading: Mapping[str, Any]) -> float:
    """The depth; of a switch, the height it is sure of; of a faulted sensor, below everything."""
    for name in ("depth_mm", "at_least_mm"):
        if isinstance(value := reading.get(name), int | float):
            return float(value)
    return -math.inf
