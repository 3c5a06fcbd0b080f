"""What other programs took for the same work, measured once on another run; our column is new.

The workload was the same for all: lines written to a pseudo-terminal, a Mosquitto of its own, a
subscriber with QoS 1. Each peer ran with the settings that suit it best (mqtt-io looks every 10 ms,
not every 60 s as by default; ThingsBoard Gateway keeps its readings in a file).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tests.bench.figures import Measured, cell

MEASURED_ON: Final = "2026-11-22"
HEADINGS: Final = (
    "measure",
    "bare paho then",
    "mqtt-io 2.7.0",
    "Node-RED 4.1.15",
    "ThingsBoard Gateway 3.8.5",
    "bare floor now",
    "floodbell now",
)
_NONE: Final = "keeps none"
_PEERS: Final = {
    "start → first publish, s": ("0.126", "0.475", "1.18", "1.53"),
    "resident memory after a minute, all packages, MiB": ("22.2", "33.5", "93.5", "61.5"),
    "CPU, 1 sensor, no input, s a minute": ("0.05", "2.82", "0.14", "1.10"),
    "CPU, 1 sensor, 1 Hz, s a minute": ("0.036", "3.07", "0.22", "1.34"),
    "CPU, 1 sensor, 10 Hz, s a minute": ("0.35", "3.20", "0.88", "2.36"),
    "serial byte → subscriber, median, ms": ("0.55", "6.76", "1.18", "59.1"),
    "serial byte → subscriber, p99, ms": ("4.6", "14.6", "13.3", "99.8"),
    "drain of 20,000 stored readings, a second": (
        "19,860 (from memory)",
        "cuts lines: not comparable",
        _NONE,
        "19,905 (joins readings of one millisecond)",
    ),
    "disk, sensor sampled at 1 Hz, quiet, default settings, MB a day": ("0", "0", "0", "432"),
}


def rows(measured: Sequence[Measured]) -> list[list[str]]:
    """Theirs then beside ours now, for each row that was measured with both."""
    found = []
    for one in measured:
        if (theirs := _PEERS.get(one.row.words)) is not None:
            floor = one.floor_figure
            now = ["" if floor is None else cell(floor), cell(one.figure)]
            found.append([one.row.words, *theirs, *now])
    return found
