"""What the store remembers that tells how an installation has been looked after.

Owns the reading of it: when each sensor was last wet, when a text was last accepted, when the last
self-test was made. Invariant: reading changes nothing and waits for nobody; what cannot be read is
unknown, which is not the same as never.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from edge.store.reader import Reader, UnreadableError

DATABASE: Final = "floodbell.db"
_MOST_EVENTS: Final = 5000
"""Of the newest; years of a quiet bell."""


@dataclass(frozen=True, slots=True)
class Past:
    """What is remembered.

    Attributes:
        known: False: there is no store, or it cannot be read; nothing below says anything then.
        wet_test_s: Seconds since a sensor's last water, by sensor, as long as the store has been
            written; one that is not in it was never wet.
        accepted: When a text was last accepted by the modem; None: none of those remembered.
        self_test: When the last self-test was made.
        self_test_accepted: When one was last accepted.
    """

    known: bool = False
    wet_test_s: Mapping[str, float] = field(default_factory=dict)
    accepted: datetime | None = None
    self_test: datetime | None = None
    self_test_accepted: datetime | None = None


def remembered(state: Path) -> Past:
    """Read the store in a state directory.

    Args:
        state: ``paths.state``.
    """
    path = state / DATABASE
    try:
        if not path.exists():
            return Past()
        with Reader(path) as reader:
            body = reader.state()
            rows = reader.history("events", limit_rows=_MOST_EVENTS)
        events = [json.loads(row) for _seq, row in rows]
    except (UnreadableError, OSError, ValueError):
        return Past()
    return Past(
        known=True,
        wet_test_s=_wet_tests(body, _unwritten_s(path)),
        accepted=_last(events, _accepted_by_modem),
        self_test=_last(events, lambda event: event.get("type") == "self_test"),
        self_test_accepted=_last(
            events, lambda event: _accepted_by_modem(event) and event.get("purpose") == "test"
        ),
    )


def _unwritten_s(path: Path) -> float:
    """Seconds since the store was last written: a bell that is off does not count them."""
    log = Path(f"{path}-wal")  # whoever reads leaves an empty one behind
    files = [path, *([log] if log.exists() and log.stat().st_size else [])]
    written = max(file.stat().st_mtime for file in files)
    return max(0.0, time.time() - written)


def _wet_tests(body: str | None, unwritten_s: float) -> dict[str, float]:
    try:
        sensors = json.loads(body or "{}")["law"]["sensors"]
        return {
            name: float(one["dry_for_s"]) + unwritten_s
            for name, one in sensors.items()
            if one.get("proven") and one["dry_for_s"] is not None
        }
    except (ValueError, KeyError, TypeError, AttributeError):  # of a version that we do not know
        return {}


def _accepted_by_modem(event: Mapping[str, Any]) -> bool:
    told = event.get("type") in ("notice_accepted", "report_accepted")
    return told and event.get("route") == "modem"


def _last(
    events: list[dict[str, Any]], wanted: Callable[[Mapping[str, Any]], bool]
) -> datetime | None:
    for event in reversed(events):
        if wanted(event):
            try:
                return datetime.fromisoformat(str(event["ts"]))
            except (KeyError, ValueError):
                return None
    return None
