"""What was measured, as the readings log remembers it: which rows, and where in time. Pure.

Rows come in as the store has them, newest first to find the beginning, then in order, one at a
time: a log may be as large as the disk allows. A row that cannot be read is passed over. Where rows
lie in time although the clock jumps is ``timeline``'s.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import inf
from typing import Final

from edge.cli.timeline import Timeline, begun

DAY_S: Final = 86400.0


@dataclass(frozen=True, slots=True)
class Row:
    """One reading of the log.

    ``at_s`` is where it lies in time, ``ts`` what it says of that. ``thinned`` counts the numbers
    that are missing since the beginning: readings that a full disk has thinned away.
    """

    seq: int
    at_s: float
    ts: str
    clock_synced: bool
    sensor: str
    depth_mm: float | None
    at_least_mm: float | None
    below_mm: float | None
    quality: str
    thinned: int = 0

    @property
    def low_mm(self) -> float | None:
        """The depth, or the height that the water has reached for certain."""
        return self.at_least_mm if self.depth_mm is None else self.depth_mm


@dataclass(slots=True)
class Tally:
    """What the readings of one sensor come to; heights in millimetres, places in seconds.

    ``lowest_mm`` and ``deepest_mm`` are depths; ``reached_mm`` is the greatest height that the
    water had reached for certain, by a depth or a bound, and ``reached_s`` when first.
    """

    count: int = 0
    lowest_mm: float | None = None
    deepest_mm: float | None = None
    reached_mm: float | None = None
    reached_s: float = 0.0
    last: Row | None = None

    def add(self, row: Row) -> None:
        """Take the next reading."""
        self.count += 1
        self.last = row
        if row.depth_mm is not None:
            self.lowest_mm = min(row.depth_mm, inf if self.lowest_mm is None else self.lowest_mm)
            self.deepest_mm = max(
                row.depth_mm, -inf if self.deepest_mm is None else self.deepest_mm
            )
        low_mm = row.low_mm
        if low_mm is not None and (self.reached_mm is None or low_mm > self.reached_mm):
            self.reached_mm, self.reached_s = low_mm, row.at_s


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody asked to see.

    Args:
        since_s: From this second on; None: from the beginning, or, with ``last_s``, as far as that
            reaches back.
        until_s: Before this second; None: to the end.
        last_s: With it, so much of what there is, counted back from the newest reading wanted.
        sensors: Of these; all if empty.
    """

    since_s: float | None = None
    until_s: float | None = None
    last_s: float | None = None
    sensors: frozenset[str] = frozenset()

    def takes(self, row: Row) -> bool:
        """Whether it is a reading of a wanted sensor."""
        return not self.sensors or row.sensor in self.sensors


@dataclass(slots=True)
class Found:
    """The rows that are wanted: ``first_seq`` to ``last_seq``, from ``begins_s`` to ``ends_s``.

    ``older`` says that the log has rows before them. ``count`` is how many there are, of all
    ``sensors``, and ``unread`` how many more that cannot be read; ``bounded`` says that some are
    bounds, ``unset`` that for some the clock was not set. ``newest`` is the last row of the log,
    whatever was asked for; None for a log without one.
    """

    timeline: Timeline
    first_seq: int = 0
    last_seq: int = 0
    begins_s: float = 0.0
    ends_s: float = 0.0
    count: int = 0
    older: bool = False
    unread: int = 0
    bounded: bool = False
    unset: bool = False
    sensors: set[str] = field(default_factory=set)
    newest: Row | None = None

    @property
    def thinned(self) -> int:
        """How many readings of all sensors are missing: a full disk has thinned them away."""
        between = self.last_seq - self.first_seq + 1 if self.count else 0
        return between - self.count - self.unread


def look_back(newest_first: Callable[[], Iterable[tuple[int, str]]], wanted: Wanted) -> Found:
    """Find the wanted rows of the readings log.

    Args:
        newest_first: Begins to read the log from its end backwards; it is read only as far as
            needed, and not held.
        wanted: What is asked for.
    """
    search = _Search(wanted, _timeline(newest_first()))
    for seq, body in newest_first():
        row = read(seq, body)
        if row is None:
            search.pass_over()
        elif not search.take(row):
            search.found.older = True
            break
    return search.found


def _timeline(rows: Iterable[tuple[int, str]]) -> Timeline:
    read_ = (read(seq, body) for seq, body in rows)
    return begun((row.seq, row.at_s, row.clock_synced) for row in read_ if row is not None)


class _Search:
    def __init__(self, wanted: Wanted, timeline: Timeline) -> None:
        self._wanted = wanted
        self._since_s = -inf if wanted.since_s is None else wanted.since_s
        self._counts_back = wanted.since_s is None and wanted.last_s is not None
        self._passed_over = 0
        self.found = Found(timeline)

    def pass_over(self) -> None:
        """The next row back cannot be read."""
        self._passed_over += 1

    def take(self, row: Row) -> bool:
        """Take the next row back; False if it and all before it are too old."""
        found, wanted = self.found, self._wanted
        at_s = found.timeline.back(row.seq, row.at_s, synced=row.clock_synced)
        if found.newest is None:
            found.newest = replace(row, at_s=at_s)
        if at_s < self._since_s:
            return False
        if wanted.until_s is not None and at_s >= wanted.until_s:
            return True
        if self._counts_back and wanted.last_s is not None and wanted.takes(row):
            self._counts_back, self._since_s = False, at_s - wanted.last_s
        if found.count:
            found.unread += self._passed_over
        else:
            found.last_seq, found.ends_s = row.seq, at_s
        self._passed_over = 0
        found.first_seq, found.begins_s = row.seq, at_s
        found.count += 1
        found.sensors.add(row.sensor)
        found.bounded |= row.depth_mm is None
        found.unset |= not row.clock_synced
        return True


def read(seq: int, body: str) -> Row | None:
    """Read a row of the readings log, placed where it says; None if it cannot be read."""
    try:
        value = json.loads(body)
        return Row(
            seq,
            datetime.fromisoformat(value["ts"]).timestamp(),
            value["ts"],
            value.get("clock_synced") is not False,
            str(value["sensor"]),
            _number(value.get("depth_mm")),
            _number(value.get("at_least_mm")),
            _number(value.get("below_mm")),
            str(value.get("quality")),
        )
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return None


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def readings(rows: Iterable[tuple[int, str]], found: Found) -> Iterator[Row]:
    """Return the rows that were found, of all sensors, in order and in their place.

    Args:
        rows: The log from ``found.first_seq`` to ``found.last_seq``.
        found: What ``look_back`` found.
    """
    seen = 0
    for seq, body in rows:
        if (row := read(seq, body)) is None:
            seen += 1
            continue
        place_s = found.timeline.place_s(seq, row.at_s)
        yield replace(row, at_s=place_s, thinned=seq - found.first_seq - seen)
        seen += 1
