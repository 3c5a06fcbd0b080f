"""Incidents as the event log remembers them: one summary each, and the events of one. Pure.

Owns what of the log belongs to an incident. A field that is missing or strange is left out: an old
log, or one of a newer floodbell, is shown as far as it can be read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

_RANK: Final = {"normal": 0, "alert": 1, "danger": 2}
_SHORTEST_ID: Final = 8

ALONGSIDE: Final = frozenset({"started", "stopped", "trouble_raised", "trouble_cleared"})
"""Events of no incident that explain one when they fall into it."""


@dataclass(slots=True)
class Summary:
    """One incident. Times are RFC 3339 UTC as logged; ``ends`` is None while it is open.

    ``accepted`` counts reports that 119's network accepted, ``withheld`` those that the bell held
    back; ``unreached`` says that people were told to call 119 themselves. ``first_seq`` and
    ``last_seq`` are where its events lie in the log.
    """

    id: str
    begins: str
    first_seq: int
    last_seq: int
    clock_synced: bool = True
    ends: str | None = None
    highest: str = "normal"
    bell: bool = False
    peak_mm: float | None = None
    accepted: int = 0
    withheld: int = 0
    unreached: bool = False

    def note(self, seq: int, event: Mapping[str, Any]) -> None:
        """Take one event of this incident."""
        self.last_seq = seq
        kind = event.get("type")
        if kind == "stage_changed":
            stage = str(event.get("stage"))
            self.highest = max(self.highest, stage, key=lambda word: _RANK.get(word, -1))
            self.note_depth(event.get("depth_mm"))
        elif kind == "incident_closed":
            self.ends = str(event.get("ts") or "")
            self.note_depth(event.get("peak_mm"))
        self.bell |= kind == "bell_pressed"
        self.accepted += kind == "report_accepted"
        self.withheld += kind == "report_withheld"
        self.unreached |= kind in ("report_unreached", "report_unconfirmed")

    def note_depth(self, depth_mm: object) -> None:
        """Keep the greatest depth; whatever is no number says nothing."""
        if isinstance(depth_mm, int | float):
            self.peak_mm = max(self.peak_mm or 0.0, float(depth_mm))

    def document(self) -> dict[str, Any]:
        """What ``--json`` prints of it."""
        return {
            "id": self.id,
            "begins": self.begins,
            "ends": self.ends,
            "open": self.ends is None,
            "clock_synced": self.clock_synced,
            "highest": self.highest,
            "bell": self.bell,
            "peak_mm": self.peak_mm,
            "reports_accepted": self.accepted,
            "reports_withheld": self.withheld,
            "unreached": self.unreached,
        }


def summaries(rows: Iterable[tuple[int, str]], state: str | None) -> list[Summary]:
    """Return the incidents of a log, oldest first.

    Args:
        rows: Its rows in order: number and JSON.
        state: The last state that was stored: it knows the peak of the incident that is open.
    """
    found: dict[str, Summary] = {}
    for seq, event in events(rows):
        incident = event.get("incident")
        if not isinstance(incident, str):
            continue
        if incident not in found:
            synced = event.get("clock_synced") is not False
            begins = str(event.get("ts") or "")
            found[incident] = Summary(incident, begins, seq, seq, clock_synced=synced)
        found[incident].note(seq, event)
    _note_peak(found, state)
    return list(found.values())


def _note_peak(found: Mapping[str, Summary], state: str | None) -> None:
    try:
        incident = json.loads(state or "null")["law"]["incident"]
        found[incident["id"]].note_depth(incident["peak_mm"])
    except (ValueError, KeyError, TypeError):
        return  # nothing is open, or nothing that can be read


def events(rows: Iterable[tuple[int, str]]) -> Iterable[tuple[int, dict[str, Any]]]:
    """Return the rows that are events, with their numbers."""
    for seq, body in rows:
        try:
            event = json.loads(body)
        except ValueError:
            continue
        if isinstance(event, dict):
            yield seq, event


def belongs(event: Mapping[str, Any], incident: str) -> bool:
    """Whether an event between the first and the last of an incident is part of its story."""
    if event.get("incident") is None:
        return event.get("type") in ALONGSIDE
    return event.get("incident") == incident


def short_ids(incidents: Iterable[Summary]) -> dict[str, str]:
    """Return as much of each id as tells it from all others, at least eight characters."""
    ids = sorted(incident.id for incident in incidents)
    short: dict[str, str] = {}
    for place, one in enumerate(ids):
        beside = (*ids[max(0, place - 1) : place], *ids[place + 1 : place + 2])
        length = max((_common(one, other) + 1 for other in beside), default=0)
        short[one] = one[: max(length, _SHORTEST_ID)]
    return short


def _common(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
