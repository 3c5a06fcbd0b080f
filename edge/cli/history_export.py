"""A history for other programs: CSV (RFC 4180) and JSON, written as it is read.

Invariant: nothing is held but one row; what is written of a row is what was logged.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from edge.cli.beside import Mark
from edge.cli.history_book import Found, Row, Tally

COLUMNS: Final = (
    "ts",
    "clock_synced",
    "seq",
    "sensor",
    "depth_mm",
    "at_least_mm",
    "below_mm",
    "quality",
)


def write_csv(rows: Iterable[Row]) -> None:
    """Write a header and a line a reading to stdout; what is not known is an empty cell."""
    writer = csv.writer(sys.stdout)  # ends lines as RFC 4180 wants, with CR LF
    writer.writerow(COLUMNS)
    for row in rows:
        document = _row(row)
        document["clock_synced"] = "true" if row.clock_synced else "false"
        writer.writerow([document[name] for name in COLUMNS])


def write_json(
    rows: Iterable[Row],
    marks: Iterable[Mark],
    about: Mapping[str, Any],
    tallies: Mapping[str, Tally],
) -> None:
    """Write one document to stdout: the readings one by one, then what they came to.

    Args:
        rows: The readings; each is written before the next is read.
        marks: The events beside them.
        about: What stands first.
        tallies: What the readings come to, complete when the last has been read.
    """
    write = sys.stdout.write
    for name, value in about.items():
        write(f"{'{' if name == next(iter(about)) else ','}\n  {_json(name)}: {_json(value)}")
    write(',\n  "readings": [')
    for place, row in enumerate(rows):
        write(f"{',' if place else ''}\n    {_json(_row(row))}")
    write('\n  ],\n  "events": [')
    for place, mark in enumerate(marks):
        write(f"{',' if place else ''}\n    {_json({'seq': mark.seq, **mark.event})}")
    summed = {sensor: _tally(tally) for sensor, tally in sorted(tallies.items())}
    write(f'\n  ],\n  "sensors": {_json(summed)}\n}}\n')


def about(found: Found, log_id: str) -> dict[str, Any]:
    """What ``--json`` says before the readings."""
    return {
        "ok": True,
        "log": log_id,
        "begins": utc(found.begins_s) if found.count else None,
        "ends": utc(found.ends_s) if found.count else None,
        "older": found.older,
        "thinned": found.thinned,
    }


def utc(at_s: float) -> str:
    """RFC 3339 in UTC, with milliseconds, as everything that leaves a bell."""
    moment = datetime.fromtimestamp(at_s, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _row(row: Row) -> dict[str, Any]:
    return {
        "ts": row.ts,
        "clock_synced": row.clock_synced,
        "seq": row.seq,
        "sensor": row.sensor,
        "depth_mm": row.depth_mm,
        "at_least_mm": row.at_least_mm,
        "below_mm": row.below_mm,
        "quality": row.quality,
    }


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "readings": tally.count,
        "lowest_mm": tally.lowest_mm,
        "deepest_mm": tally.deepest_mm,
        "reached_mm": tally.reached_mm,
        "reached": None if tally.reached_mm is None else utc(tally.reached_s),
        "last": None if tally.last is None else _row(tally.last),
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
