"""Seconds of CPU a minute: nobody says anything, one and ten frames a second, one and 16 sensors.

Sampled as often as frames come, and each frame says something new, so that each is published, as
the bare loop does. The last row is what most homes have: ten frames a second, sampled once.
"""

from __future__ import annotations

from typing import Final

from tests.bench.figures import Measured, Row
from tests.bench.homes import BUSY, QUIET
from tests.bench.lives import Lived, busy_spells, minutes
from tests.bench.session import Session

_BOUNDS: Final = {"1 sensor, 1 Hz": (0.15, 0.10)}
NAMES: Final = (*(name for name in QUIET if "sensor" in name), *BUSY)
ROWS = tuple(Row(f"CPU, {name}, s a minute", *_BOUNDS.get(name, ())) for name in NAMES)


def measure(session: Session) -> list[Measured]:
    """The quiet homes for a minute, the busy ones for less."""
    quiet, busy = minutes(session), busy_spells(session)
    return [
        _row(row, [one[name] for one in (quiet if name in QUIET else busy)])
        for row, name in zip(ROWS, NAMES, strict=True)
    ]


def _row(row: Row, lived: list[Lived]) -> Measured:
    floors = [one.floor.cpu_s for one in lived if one.floor is not None]
    return Measured(row, [one.ours.cpu_s for one in lived], floors)
