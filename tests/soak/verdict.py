"""What a soak has shown: slopes after the warm-up, and whether anything is held that was not. Pure.

A minute is one point of a slope: its calm samples, by their median. Samples seconds apart are not
independent of each other, and would make the slope look surer than it is.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from tests.soak.slope import Slope, theil_sen
from tests.soak.watching import Sample

CALM: Final = "calm"
MEASURES: Final[dict[str, Callable[[Sample], int]]] = {
    "anonymous memory": lambda sample: sample.anonymous_kb,
    "PSS": lambda sample: sample.pss_kb,
    "RSS": lambda sample: sample.rss_kb,
}
JUDGED: Final = ("anonymous memory", "RSS")
"""Not PSS: it counts pages of libraries by how many others share them, and they come and go."""

GROWS_KB_H: Final = 64.0
"""What may not be exceeded surely: a slope is a fault if all of its interval is above 0 and its
median above this. 64 kB an hour fill the 192 MiB that the unit allows in 94 days."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found; ``faults`` is empty if all is well. Slopes in kB an hour."""

    slopes: dict[str, Slope]
    descriptors: tuple[int, int]
    threads: tuple[int, int]
    faults: list[str] = field(default_factory=list)


def minutes(samples: Sequence[Sample], value: Callable[[Sample], int]) -> list[tuple[float, float]]:
    """One point for each calm minute: when (hours) and the median."""
    by_minute: dict[int, list[Sample]] = defaultdict(list)
    for sample in samples:
        if sample.phase == CALM:
            by_minute[int(sample.at_s // 60)].append(sample)
    return [
        (
            statistics.mean(one.at_s for one in some) / 3600.0,
            float(statistics.median(map(value, some))),
        )
        for some in by_minute.values()
    ]


def judge(samples: Sequence[Sample], warm_up_s: float) -> Verdict:
    """Judge what came after the warm-up.

    Raises:
        ValueError: Fewer than three calm minutes.
    """
    counted = [sample for sample in samples if sample.at_s >= warm_up_s]
    calm = [sample for sample in counted if sample.phase == CALM]
    slopes = {name: theil_sen(minutes(counted, value)) for name, value in MEASURES.items()}
    held = {
        "descriptors": _range([sample.descriptors for sample in calm]),
        "threads": _range([sample.threads for sample in calm]),
    }
    faults = [
        f"{name} grows by {slope.slope:.0f} kB an hour ({slope.low:.0f} to {slope.high:.0f})"
        for name, slope in slopes.items()
        if name in JUDGED and slope.low > 0.0 and slope.slope > GROWS_KB_H
    ]
    faults += [
        f"{name}: {low} to {high} in calm" for name, (low, high) in held.items() if low != high
    ]
    return Verdict(slopes, held["descriptors"], held["threads"], faults)


def _range(values: Sequence[int]) -> tuple[int, int]:
    return min(values), max(values)
