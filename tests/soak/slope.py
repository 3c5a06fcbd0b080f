"""The slope of a series, and how sure it is: Theil and Sen, without a library. Pure.

The slope is the median of the slopes between all pairs of points, so a few outliers do not move it;
its interval is read from the same ordered slopes by the variance of Kendall's S.

Source: P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau", JASA 63 (1968),
1379-1389.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

_Z_95: Final = 1.96  # two-sided 95 % of the normal distribution


@dataclass(frozen=True, slots=True)
class Slope:
    """In units of ``y`` a unit of ``x``; the true one lies between ``low`` and ``high`` by 95 %."""

    slope: float
    low: float
    high: float

    def __mul__(self, factor: float) -> Slope:
        return Slope(self.slope * factor, self.low * factor, self.high * factor)


def theil_sen(points: Sequence[tuple[float, float]]) -> Slope:
    """Return the slope through ``(x, y)``.

    Raises:
        ValueError: Fewer than three points, or no two of different ``x``: that has no slope.
    """
    slopes = sorted(
        (y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in combinations(points, 2) if x2 != x1
    )
    if len(points) < 3 or not slopes:
        raise ValueError(f"{len(points)} points have no slope")
    n = len(points)
    spread = _Z_95 * math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    low = max(0, math.floor((len(slopes) - spread) / 2))
    high = min(len(slopes) - 1, math.ceil((len(slopes) + spread) / 2))
    return Slope(statistics.median(slopes), slopes[low], slopes[high])
