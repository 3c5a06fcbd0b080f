"""What each sensor would say of a depth: the raw event that its thread would put into the inbox.

Pure. An ultrasonic sensor is given the whole millimetres from its face to the water, blind zone and
calibration undone, so that conditioning has its real work; a switch only its height. Millimetres
are rounded away from the water: no sensor here sees a setpoint reached before it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf
from typing import Final

from edge.conditioning import Mounting
from edge.events import Echoed, Measured

FRAMES_A_SECOND: Final = 10
"""Source: DFRobot wiki, SEN0311: raw values every 100 ms."""

_LEAST_FRAMES: Final = 3


@dataclass(frozen=True, slots=True)
class Probe:
    """One sensor of the home in the water of the series.

    ``height_mm`` is where a switch turns over, None for a sensor that measures. ``wet`` is False
    for a sensor that the water of the series does not reach: it sees a dry floor.
    """

    sensor_id: str
    interval_s: float
    mounting: Mounting
    height_mm: float | None = None
    wet: bool = True

    @property
    def measures(self) -> bool:
        """Whether it knows a depth, and not one height only."""
        return self.height_mm is None

    def sense(self, depth_mm: float) -> Echoed | Measured:
        """Return what it says of water that deep, in millimetres above the floor."""
        if not self.wet:
            depth_mm = 0.0
        if self.height_mm is not None:
            wet = depth_mm >= self.height_mm
            bounds = (self.height_mm, inf) if wet else (-inf, self.height_mm)
            return Measured(self.sensor_id, *bounds)
        mounting = self.mounting
        if mounting.height_mm <= 0:
            head_mm = depth_mm - mounting.base_mm
            if mounting.base_mm and head_mm < 0:
                head_mm = 0.0  # the water does not reach it
            measured_mm = (head_mm - mounting.offset_mm) / mounting.scale
            return Measured(self.sensor_id, measured_mm, measured_mm)
        range_mm = ceil((mounting.height_mm - depth_mm - mounting.offset_mm) / mounting.scale)
        frames = max(_LEAST_FRAMES, round(FRAMES_A_SECOND * self.interval_s))
        if range_mm <= mounting.blind_zone_mm:
            return Echoed(self.sensor_id, (), too_near=frames)
        return Echoed(self.sensor_id, (range_mm,) * frames)
