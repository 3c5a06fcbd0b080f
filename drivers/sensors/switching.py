"""What all sensors that switch at one height have in common: what they know, and what they decide.

A switch that is wet knows "at least so much", one that is dry "less than that", and neither knows a
depth. How wet and dry are told apart is the driver's business.
"""

from __future__ import annotations

import math

from pydantic import Field

from drivers.measurement import Measurement
from drivers.sensors.mounting import Mounting


class Switching(Mounting):
    """Fields and answers of a sensor that switches at one height."""

    height_mm: float = Field(gt=0, le=5000, description="depth at which it switches")

    def can_decide(self, setpoint_mm: float) -> bool:
        """Only at its own height, and only if a cut wire cannot pass for dry.

        Below its height a dry switch has no opinion, above it a wet one has none.
        """
        return not self.cut_reads_dry and self.height_mm == setpoint_mm


def bounds(height_mm: float, *, wet: bool) -> Measurement:
    """Return what a switch at ``height_mm`` knows of the water; the other side is infinite."""
    if wet:
        return Measurement(at_least_mm=height_mm, below_mm=math.inf)
    return Measurement(at_least_mm=-math.inf, below_mm=height_mm)
