"""What a run of the fleet came to: figures, and what they would be for ten times as many. Pure."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Final

BREAK_S: Final = 20.0  # for which the broker is down
AT_LAST_S: Final = 60.0  # by which all are back (the promise)
PROMISED: Final = 10_000


@dataclass
class Figures:
    """One run. Times in seconds; rates are the most in any one second, or means where said."""

    devices: int
    tls: bool = False
    all_connected_s: float = 0.0
    connects_a_second: float = 0.0
    steady_messages_a_second: float = 0.0
    steady_broker_percent: float = 0.0
    steady_fleet_percent: float = 0.0
    broker_mib: float = 0.0
    tries_a_second_while_down: float = 0.0
    first_back_s: float = 0.0
    half_back_s: float = 0.0
    all_back_s: float = 0.0
    reconnects_a_second: float = 0.0
    broker_ms_a_reconnect: float = 0.0
    storm_messages_a_second: float = 0.0
    storm_broker_percent: float = 0.0
    alarms_shown: int = 0
    alarms_seen: int = 0
    alarm_median_ms: float = 0.0
    alarm_p99_ms: float = 0.0
    alarm_worst_ms: float = 0.0
    rows: int = 0
    faults: list[str] = field(default_factory=list)
    tries_s: list[float] = field(default_factory=list)
    ups_s: list[float] = field(default_factory=list)
    load: str = ""


WORDS: Final = {
    "all_connected_s": "all connected after a start together, s",
    "connects_a_second": "… connections in the busiest second",
    "steady_messages_a_second": "calm: messages a second to the broker",
    "steady_broker_percent": "calm: broker, % of a core",
    "steady_fleet_percent": "calm: all devices together, % of a core",
    "broker_mib": "broker's memory, MiB",
    "tries_a_second_while_down": "broker down: tries in the busiest second",
    "first_back_s": "broker back: first device after, s",
    "half_back_s": "… half of them after, s",
    "all_back_s": "… all of them after, s",
    "reconnects_a_second": "… connections in the busiest second",
    "broker_ms_a_reconnect": "… broker's CPU for one of them, ms",
    "storm_messages_a_second": "all flooded in 10 s: messages a second",
    "storm_broker_percent": "… broker, % of a core",
    "alarms_shown": "… alarms raised",
    "alarms_seen": "… of them seen by a subscriber",
    "alarm_median_ms": "… raised → seen, median ms",
    "alarm_p99_ms": "… p99 ms",
    "alarm_worst_ms": "… the last, ms",
    "rows": "numbered rows, all of them heard in order",
}
GROWING: Final = {
    "steady_messages_a_second",
    "steady_broker_percent",
    "steady_fleet_percent",
    "broker_mib",
    "tries_a_second_while_down",
    "reconnects_a_second",
    "storm_messages_a_second",
    "storm_broker_percent",
    "alarms_shown",
    "rows",
}
"""What grows with the devices, and may be drawn on as a line."""


def busiest_second(times_s: Sequence[float]) -> int:
    """The most of them in any one second."""
    ordered = sorted(times_s)
    return max((bisect_right(ordered, at + 1.0) - n for n, at in enumerate(ordered)), default=0)


def between(times_s: Sequence[float], begin_s: float, end_s: float) -> list[float]:
    """Those of the sorted times that lie in between."""
    ordered = sorted(times_s)
    return ordered[bisect_left(ordered, begin_s) : bisect_left(ordered, end_s)]


def quantile(values: Sequence[float], part: float) -> float:
    """The value that this part of them does not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * part) - 1)] if ordered else 0.0


def drawn_on(smaller: Figures, larger: Figures, devices: int) -> dict[str, float]:
    """Each growing figure on the line through two runs, at so many devices."""
    found = {}
    for one in fields(Figures):
        if one.name in GROWING:
            low, high = (float(getattr(run, one.name)) for run in (smaller, larger))
            slope = (high - low) / (larger.devices - smaller.devices)
            found[one.name] = high + slope * (devices - larger.devices)
    return found


def limits(smaller: Figures, larger: Figures, devices: int = PROMISED) -> list[tuple[float, str]]:
    """Per cent of one core that the broker needs, the highest first, and for what."""
    drawn = drawn_on(smaller, larger, devices)
    back = drawn["reconnects_a_second"] * larger.broker_ms_a_reconnect / 10.0
    found = [
        (drawn["steady_broker_percent"], "calm"),
        (drawn["storm_broker_percent"], "all flooded within 10 s"),
        (back, "the busiest second of coming back"),
    ]
    return sorted(found, reverse=True)
