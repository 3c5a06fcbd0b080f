"""What stands beside the readings: stages, bell, reports, restarts, and where nothing is. Pure.

Events and readings are two logs under one clock. An event is placed by the readings where their
clock said the same, else by its own log (``timeline``). Invariant: silence is a row of its own,
never an empty space that looks like calm.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from typing import Any, Final

from edge.cli.history_book import Found, Row
from edge.cli.incident_book import events
from edge.cli.timeline import Timeline, begun

WOVEN: Final = frozenset(
    {"stage_changed", "bell_pressed", "incident_closed", "reset"}
    | {"report_accepted", "report_withheld", "report_unreached", "report_unconfirmed"}
    | {"started", "stopped", "service_on", "service_off", "drill_started", "drill_ended"}
    | {"calibrated", "readings_lost"}
)
"""Events that stand among the readings: what the water or the bell did, and what explains a gap."""

CLOCK_SET_S: Final = 2.0
"""From so much on it is told that the clock was set: less is a correction that nobody looks for."""

_SHORTEST_SILENCE_S: Final = 60.0
_INTERVALS: Final = 3


def silence_s(interval_s: float) -> float:
    """Return after how long without a reading something is wrong: three intervals of the log.

    An interval below a minute counts as one: a sensor may be read that rarely (contract 1).
    """
    return _INTERVALS * max(interval_s, _SHORTEST_SILENCE_S)


def silent(before: Row, row: Row, interval_s: float) -> bool:
    """Return whether nothing was measured between two rows, as far as the log can tell.

    A number that is missing between them was a reading that a full disk has thinned away: each may
    stand for an interval.
    """
    missing = row.thinned - before.thinned
    return row.at_s - before.at_s > silence_s(interval_s) + missing * interval_s


@dataclass(frozen=True, slots=True)
class Mark:
    """An event that stands among the readings, and where in time."""

    at_s: float
    seq: int
    event: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """Its type."""
        return str(self.event.get("type"))


@dataclass(frozen=True, slots=True)
class Silence:
    """From one reading to the next, and longer than there may be none."""

    from_s: float
    to_s: float


@dataclass(frozen=True, slots=True)
class ClockSet:
    """Between two readings the clock was set, by so many seconds forward."""

    at_s: float
    by_s: float


Line = Row | Mark | Silence | ClockSet


@dataclass(slots=True)
class Span:
    """An incident: ``to_s`` is infinity while it is open."""

    from_s: float
    to_s: float


@dataclass(slots=True)
class Beside:
    """What the events log says of the time of the readings that were found.

    ``marks`` are in order. ``stage`` is the level at their beginning, "" where nobody knows.
    """

    marks: list[Mark] = field(default_factory=list)
    incidents: dict[str, Span] = field(default_factory=dict)
    stage: str = ""

    @property
    def stages(self) -> list[tuple[float, str]]:
        """The level from each moment on at which it changed."""
        return [
            (mark.at_s, str(mark.event.get("stage")))
            for mark in self.marks
            if mark.kind == "stage_changed"
        ]


def look_beside(
    newest_first: Callable[[], Iterable[tuple[int, str]]],
    found: Found,
    level: str,
    *,
    begins_s: float,
    ends_s: float,
) -> Beside:
    """Read the events log back to the beginning of the readings, and on to the level before them.

    Args:
        newest_first: Begins to read the log from its end backwards.
        found: The readings.
        level: The level now: it held before, if no change of it is remembered.
        begins_s: Where the time that is looked at begins,
        ends_s: and where it ends.
    """
    beside = Beside(stage=level)
    timeline = begun(_stamps(newest_first()))
    for seq, event in events(newest_first()):
        if (stamp := _stamp(seq, event)) is None:
            continue
        own_s = timeline.back(*stamp[:2], synced=stamp[2])
        at_s = found.timeline.beside_s(stamp[1], own_s, synced=stamp[2])
        at_s = own_s if at_s is None else at_s
        changed = event.get("type") == "stage_changed"
        _note_incident(beside.incidents, event, at_s)
        if at_s < begins_s and changed:
            beside.stage = str(event.get("stage"))
            break
        if changed:
            beside.stage = str(event.get("from") or "")
        if begins_s <= at_s <= ends_s and event.get("type") in WOVEN:
            beside.marks.append(Mark(at_s, seq, event))
    beside.marks.sort(key=lambda mark: (mark.at_s, mark.seq))
    return beside


def level_of(state: str | None) -> str:
    """Return the level that the last stored state has; "" where it cannot be read."""
    try:
        return str(json.loads(state or "null")["law"]["level"])
    except (ValueError, KeyError, TypeError):
        return ""


def _note_incident(incidents: dict[str, Span], event: Mapping[str, Any], at_s: float) -> None:
    """Seen backwards: the first event of an incident that comes is its last."""
    if not isinstance(incident := event.get("incident"), str):
        return
    if incident not in incidents:
        # Only the newest can be open: one is over before another begins.
        open_ = not incidents and event.get("type") != "incident_closed"
        incidents[incident] = Span(at_s, inf if open_ else at_s)
    incidents[incident].from_s = min(incidents[incident].from_s, at_s)


def _stamps(rows: Iterable[tuple[int, str]]) -> Iterator[tuple[int, float, bool]]:
    return (stamp for seq, event in events(rows) if (stamp := _stamp(seq, event)) is not None)


def _stamp(seq: int, event: Mapping[str, Any]) -> tuple[int, float, bool] | None:
    """Number, logged second and whether the clock was set; None for what bears no time."""
    try:
        logged_s = datetime.fromisoformat(event["ts"]).timestamp()
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return seq, logged_s, event.get("clock_synced") is not False


def woven(
    rows: Iterable[Row], marks: Iterable[Mark], timeline: Timeline, interval_s: float
) -> Iterator[Line]:
    """Weave everything into one order.

    Args:
        rows: The readings, in order.
        marks: The events, in order.
        timeline: That of the readings: it knows where the clock was set.
        interval_s: A sensor that is alive is logged at least so often.
    """
    waiting = iter(marks)
    mark = next(waiting, None)
    before: Row | None = None
    for row in rows:
        if before is not None and silent(before, row, interval_s):
            yield Silence(before.at_s, row.at_s)
        by_s = 0.0 if before is None else timeline.set_by_s(before.seq, row.seq)
        if abs(by_s) >= CLOCK_SET_S:
            yield ClockSet(row.at_s, by_s)
        while mark is not None and mark.at_s <= row.at_s:
            yield mark
            mark = next(waiting, None)
        yield row
        before = row
    if mark is not None:
        yield mark
        yield from waiting
