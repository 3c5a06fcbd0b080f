"""What all sensors that switch at one height have in common: what they know, and what they decide.

A switch that is wet knows "at least so much", one that is dry "less than that", and neither knows a
depth. How wet and dry are told apart is the driver's business; here is how long a bare contact has
to rest before its word counts.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Final

from drivers.declaring import Field
from drivers.measurement import Measurement
from drivers.sensors.mounting import Mounting

LOOK_EVERY_S: Final = 0.005
STEADY_S: Final = 0.030
"""Longer than a contact bounces (1 to 20 ms, domain 4.2)."""

SETTLES_WITHIN_S: Final = 0.150
"""A dirty contact, or a float in waves, may chatter for ever: then it has not settled."""


class Switching(Mounting):
    """Fields and answers of a sensor that switches at one height."""

    height_mm: float = Field(gt=0, le=5000, description="depth at which it switches")

    def can_decide(self, setpoint_mm: float) -> bool:
        """Only at its own height, and only if a cut wire cannot pass for dry.

        Below its height a dry switch has no opinion, above it a wet one has none.
        """
        return not self.cut_reads_dry and self.height_mm == setpoint_mm


def settled(look: Callable[[], bool], told: bool | None) -> bool | None:
    """Return the level of a contact that may bounce; at once if it is what was told before.

    Looks are counted rather than timed, so that a busy machine makes it slow but never wrong.

    Args:
        look: Tells the level now.
        told: What was told last; None if nothing was.

    Returns:
        The level once it has been the same for ``STEADY_S``; None if it never was within
        ``SETTLES_WITHIN_S``.
    """
    level = look()
    if level == told:
        return level
    same = 0
    for _ in range(round(SETTLES_WITHIN_S / LOOK_EVERY_S)):
        time.sleep(LOOK_EVERY_S)
        before, level = level, look()
        same = same + 1 if level == before else 0
        if same >= round(STEADY_S / LOOK_EVERY_S):
            return level
    return None


def bounds(height_mm: float, *, wet: bool) -> Measurement:
    """Return what a switch at ``height_mm`` knows of the water; the other side is infinite."""
    if wet:
        return Measurement(at_least_mm=height_mm, below_mm=math.inf)
    return Measurement(at_least_mm=-math.inf, below_mm=height_mm)
