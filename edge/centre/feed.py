"""The three logs on their way from the store to the broker's thread.

Invariant: rows leave in the order of their numbers, none left out; a fresh file, which has logs
with new ids, is followed from its beginning; a disk that is unwell is not read. Belongs to the
broker's thread. Leaves the connection to ``centre``.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

from edge.centre import topics
from edge.centre.drain import Drain
from edge.centre.window import Window
from edge.store.reader import Reader, UnreadableError
from edge.store.rows import LOGS, Log
from edge.store.store import Store

_log = logging.getLogger(__name__)

_ROWS: Final = 200
_SHORTEST_ROW_BYTES: Final = 96
_RETRY_S: Final = 2.0
_SOON_S: Final = 0.1
_NUMBER_BYTES: Final = 24  # {"seq":…, in front of a row
_HEAD_BYTES: Final = 80  # {"log":"…","readings":[…]}


@dataclass(frozen=True, slots=True)
class Message:
    """Rows ready to go: the payload, and the number of the last of them."""

    payload: bytes
    last_seq: int


_ALONE_ROWS: Final = 200  # after trouble with one row so many go one by one
_LOST_ALONE: Final = 2
_LOST_SHORT: Final = 4
_SHORT_BYTES: Final = 1024  # an event has 300; a CAP document 4,000


@dataclass(slots=True)
class _Stuck:
    """How often the row behind the watermark has failed to pass: it must not hold up the rest.

    Refused for what it is, it goes alone, and then in short: its number is not missing. With 3.1.1
    a broker says nothing and hangs up: what is long then goes in short after four lost connections.
    """

    refusals: int = 0
    losses: int = 0
    alone_to: int = 0

    def alone(self, after_seq: int) -> bool:
        """Whether the next row goes by itself."""
        return after_seq < self.alone_to

    @property
    def limit_bytes(self) -> int:
        """The longest message that has a chance."""
        if self.refusals > 1:
            return 1
        return _SHORT_BYTES if self.losses >= _LOST_SHORT else 1 << 30

    def moved(self) -> None:
        """It has passed."""
        self.refusals = self.losses = 0

    def refused(self, acked: int) -> None:
        """The broker does not like it."""
        self.refusals += 1
        self.alone_to = acked + _ALONE_ROWS

    def lost(self, acked: int) -> None:
        """The connection ended over it."""
        self.losses += 1
        if self.losses >= _LOST_ALONE:
            self.alone_to = acked + _ALONE_ROWS


class Feed:
    """Reads what the broker does not have yet, and tells the store what it has."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._reader: Reader | None = None
        self._drains: dict[Log, Drain] = {log: Drain(0) for log in LOGS}
        self._not_before_s: dict[Log, float] = dict.fromkeys(LOGS, 0.0)
        self._window = Window()
        self._stuck: dict[Log, _Stuck] = {log: _Stuck() for log in LOGS}

    @property
    def has_room(self) -> bool:
        """Whether the path takes one more message."""
        return self._window.has_room(self._bytes_under_way())

    def _bytes_under_way(self) -> int:
        return sum(drain.bytes_under_way for drain in self._drains.values())

    def due_s(self) -> float:
        """When a log that owes the broker something may go on; infinity if none does."""
        owing = (log for log in LOGS if self._owes(log))
        return min((self._not_before_s[log] for log in owing), default=float("inf"))

    def next(self, log: Log, limit_bytes: int, now_s: float) -> Message | None:
        """The next message of a log, or None if there is none, or not now.

        Args:
            log: Which one.
            limit_bytes: The longest payload that the broker takes.
            now_s: Monotonic time.
        """
        if now_s < self._not_before_s[log] or not self._owes(log):
            return None
        message = None
        try:
            reader = self._follow()
            if reader is not None:
                after_seq, stuck = self._drains[log].sent, self._stuck[log]
                wanted_bytes = 1 if stuck.alone(after_seq) else self._window.message_bytes
                if after_seq == self._drains[log].acked:  # those behind it are not to blame
                    limit_bytes = min(limit_bytes, stuck.limit_bytes)
                message = _message(reader, log, after_seq, limit_bytes, wanted_bytes)
        except UnreadableError as error:
            _log.warning("%s", error)
            self.close()
            if error.damaged:
                self._store.suspect_damage()
            self._pause(now_s + _RETRY_S)
        else:
            if message is None and self._owes(log):
                self._pause(now_s + _SOON_S)
        return message

    def _owes(self, log: Log) -> bool:
        newest = self._store.newest(log)
        follows = self._reader is not None and self._reader.ids[log] == self._store.log_id(log)
        return newest > (self._drains[log].sent if follows else 0)

    def _follow(self) -> Reader | None:
        """A reader on the store's present file; None if there is none to be read now."""
        if self._store.trouble() is not None:
            return None
        if self._reader is not None and self._reader.ids["events"] == self._store.log_id("events"):
            return self._reader
        self.close()
        reader = self._store.reader()
        if reader.ids["events"] != self._store.log_id("events"):  # just being replaced
            reader.close()
            return None
        self._reader = reader
        self._drains = {log: Drain(self._store.acked(log)) for log in LOGS}
        return reader

    def _pause(self, until_s: float) -> None:
        for log in LOGS:  # what the broker refused may be held back for longer
            self._not_before_s[log] = max(self._not_before_s[log], until_s)

    def put(self, log: Log, packet_id: int, message: Message, now_s: float) -> None:
        """The message has been handed to the connection."""
        self._drains[log].put(packet_id, message.last_seq, len(message.payload))
        self._window.sent(packet_id, now_s)

    def acknowledge(self, log: Log, packet_id: int, now_s: float) -> None:
        """The broker has it."""
        drain = self._drains[log]
        before, mine = self._bytes_under_way(), drain.bytes_under_way
        moved = drain.acknowledge(packet_id)
        self._window.acknowledged(packet_id, mine - drain.bytes_under_way, before, now_s)
        if moved:
            self._stuck[log].moved()
        if moved and self._reader is not None:
            self._store.acknowledge(log, drain.acked, self._reader.ids[log])

    def refused(self, log: Log, not_before_s: float, *, for_itself: bool = False) -> None:
        """The broker refused a message of this log: again from the watermark, but not before.

        Args:
            log: Which one.
            not_before_s: Monotonic time.
            for_itself: It was for what the message is, not for who sends it or when.
        """
        drain = self._drains[log]
        if for_itself:
            self._stuck[log].refused(drain.acked)
        drain.rewind()
        self._not_before_s[log] = not_before_s

    def rewind(self) -> None:
        """The connection is lost: what was under way goes again, on a path not yet known."""
        self._window = Window()
        for log, drain in self._drains.items():
            if len(drain):
                self._stuck[log].lost(drain.acked)
            drain.rewind()

    def close(self) -> None:
        """Let go of the file."""
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()


def _message(
    reader: Reader, log: Log, after_seq: int, limit_bytes: int, wanted_bytes: int
) -> Message | None:
    """The next rows as one message: no longer than wanted if one row fits, nor than the limit."""
    wanted_bytes = min(limit_bytes, wanted_bytes)
    count = 1
    if log == "readings":
        count = max(1, min(_ROWS, wanted_bytes // _SHORTEST_ROW_BYTES))
    head_bytes = _HEAD_BYTES + count * _NUMBER_BYTES
    rows = reader.rows(log, after_seq, count, max(1, wanted_bytes - head_bytes))
    cut = False
    while rows:
        payload = _payload(reader.ids[log], log, rows)
        if len(payload) <= (wanted_bytes if len(rows) > 1 else limit_bytes) or cut:
            return Message(payload, rows[-1][0])
        if len(rows) == 1:
            _log.error("row %d of %s is too long for the broker: sent in short", rows[0][0], log)
            rows = [topics.short_document(rows[0]) if log == "cap" else topics.stub(rows[0])]
            cut = True
        else:
            rows = rows[: len(rows) // 2]
    return None


def _payload(log_id: str, log: Log, rows: list[topics.Row]) -> bytes:
    if log == "readings":
        return topics.readings(log_id, rows)
    if log == "events":
        return topics.event(log_id, rows[0])
    return rows[0][1].encode()
