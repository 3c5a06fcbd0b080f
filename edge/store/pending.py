"""What waits in memory for the disk.

Invariant: nothing leaves before the disk has it; events, CAP documents and messages are never
dropped, readings are bounded and their loss is an event. Not safe for threads: the store locks
around every call.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final

from edge.store.rows import ACCEPTED, REOPENED, Batch, MessageRow, clean, to_json

MAX_READINGS: Final = 20_000  # about 5 MiB; at one reading a second, five hours without a disk
READINGS_A_COMMIT: Final = 500  # some 5 ms of writing, so that an alarm never waits long

StampEvent = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""Makes an event of a type and its fields, with the time and session of the device."""


def bare_event(kind: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """An event without time or session."""
    return {"type": kind, **fields}


def without_incident(reason: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields of an event of the store's own: every event says what it belongs to, and why."""
    return {"incident": None, "episode": None, "reason": reason, **fields}


def may_follow(old: str, new: str) -> bool:
    """Whether a message may go from one status to the other: what was accepted stays accepted."""
    if old == "accepted":
        return new in ACCEPTED or new == REOPENED
    return old not in ACCEPTED or old == new


@dataclass(frozen=True, slots=True)
class Work:
    """What one transaction writes. ``ticket`` is that of the last commit contained in it."""

    state: str | None
    messages: tuple[MessageRow, ...]
    events: tuple[str, ...]
    readings: tuple[str, ...]
    ticket: int
    calibrations: tuple[tuple[str, str], ...] = ()
    cap: tuple[str, ...] = ()
    settings: str | None = None

    @property
    def appends(self) -> bool:
        """Whether it adds rows to a log."""
        return bool(self.events or self.readings or self.cap)

    def __bool__(self) -> bool:
        rows = self.messages or self.calibrations or self.appends
        return bool(self.state is not None or self.settings is not None or rows)


class Pending:
    """Everything handed over and not yet on disk, merged so that memory stays bounded."""

    def __init__(self, stamp_event: StampEvent = bare_event) -> None:
        self.ticket = 0
        self._stamp_event = stamp_event
        self._state: str | None = None
        self._messages: dict[str, MessageRow] = {}
        self._events: list[str] = []
        self._readings: deque[str] = deque()
        self._calibrations: dict[str, str] = {}
        self._cap: list[str] = []
        self._settings: str | None = None

    def __len__(self) -> int:
        state = int(self._state is not None) + int(self._settings is not None)
        logs = len(self._events) + len(self._readings) + len(self._cap)
        return state + len(self._messages) + logs + len(self._calibrations)

    @property
    def has_readings(self) -> bool:
        """Whether a reading waits."""
        return bool(self._readings)

    @property
    def only_readings(self) -> bool:
        """Whether nothing but readings waits."""
        return len(self) == len(self._readings)

    @property
    def fills_a_commit(self) -> bool:
        """Whether so many readings wait as one commit takes."""
        return len(self._readings) >= READINGS_A_COMMIT

    def add(self, batch: Batch) -> int:
        """Take a batch; returns its ticket. The newest state wins, events keep their order."""
        if batch.state is not None:
            self._state = clean(batch.state)
        if batch.settings is not None:
            self._settings = clean(batch.settings)
        for row in batch.messages:
            self.add_message(replace(row, body_json=clean(row.body_json)))
        self._events.extend(map(to_json, batch.events))
        self._cap.extend(map(clean, batch.cap))
        self.add_readings(batch.readings)
        self._calibrations.update(batch.calibrations)
        self.ticket += 1
        return self.ticket

    def add_message(self, row: MessageRow) -> None:
        """The newest row of a key wins, unless an older one was accepted."""
        old = self._messages.get(row.key)
        if old is None or may_follow(old.status, row.status):
            self._messages[row.key] = row

    def add_event(self, kind: str, fields: Mapping[str, Any]) -> None:
        """An event that the store itself has to tell."""
        self._events.append(to_json(self._stamp_event(kind, fields)))

    def add_readings(self, rows: tuple[Mapping[str, Any], ...]) -> None:
        """Queue readings; beyond the bound, every second one of the older half is given up."""
        self._readings.extend(map(to_json, rows))
        if len(self._readings) <= MAX_READINGS:
            return
        older = len(self._readings) // 2
        kept = [*islice(self._readings, 0, older, 2), *islice(self._readings, older, None)]
        lost = {"count": len(self._readings) - len(kept)}
        self.add_event("readings_lost", without_incident("no disk, and the memory is full", lost))
        self._readings = deque(kept)

    def restore(
        self,
        state: str | None,
        messages: tuple[MessageRow, ...],
        calibrations: Mapping[str, str],
        settings: str | None = None,
    ) -> None:
        """Write these again, unless something newer waits: a fresh file has been begun."""
        if self._state is None:
            self._state = state
        if self._settings is None:
            self._settings = settings
        self._calibrations = {**calibrations, **self._calibrations}
        newer, self._messages = self._messages, {row.key: row for row in messages}
        for row in newer.values():
            self.add_message(row)

    def peek(self) -> Work:
        """What the next transaction shall write: all but the readings beyond the bound."""
        return Work(
            state=self._state,
            messages=tuple(self._messages.values()),
            events=tuple(self._events),
            readings=tuple(islice(self._readings, READINGS_A_COMMIT)),
            ticket=self.ticket,
            calibrations=tuple(self._calibrations.items()),
            cap=tuple(self._cap),
            settings=self._settings,
        )

    def done(self, work: Work) -> None:
        """Forget what is on disk now; what came meanwhile stays."""
        self._state = None if self._state is work.state else self._state
        self._settings = None if self._settings is work.settings else self._settings
        for row in work.messages:
            if self._messages.get(row.key) is row:
                del self._messages[row.key]
        for sensor_id, body in work.calibrations:
            if self._calibrations.get(sensor_id) is body:
                del self._calibrations[sensor_id]
        del self._events[: len(work.events)]
        del self._cap[: len(work.cap)]
        for reading in work.readings:  # by identity: the queue may have been thinned meanwhile
            if self._readings and self._readings[0] is reading:
                self._readings.popleft()
