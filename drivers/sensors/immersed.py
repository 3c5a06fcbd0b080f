"""What all pressure probes that lie in the water have in common.

Owns their settings: how far they measure, how high above the floor they lie, how heavy the water
is. A driver returns the head above its probe, corrected for nothing; conditioning adds the height
of the probe and the calibration, for these are knowledge of the site.

A column of water presses 9.80665 kPa for each metre at 1 kg/l. Air presses as well: the cable of a
gauge probe has a vent, and a blocked one moves the zero by 10 mm for each hectopascal of weather.
"""

from __future__ import annotations

from typing import ClassVar, Final

from drivers.declaring import Field
from drivers.sensors.calibration import Calibration
from drivers.sensors.mounting import Kind, Mounting

ACCURACY: Final = 0.005
"""Of full scale, the usual class; so a span of 5 m is 25 mm out and cannot tell 2 cm of water.

Source: domain 4.3.
"""

MM_PER_KPA: Final = 1000.0 / 9.80665
"""Head of water at 1 kg/l. Source: ISO 80000-3, standard gravity."""


class Immersed(Mounting):
    """Fields and answers of a probe that measures the head of water above it."""

    kind: ClassVar[Kind] = "pressure"

    span_mm: float = Field(
        gt=0,
        le=10_000,
        description="head of water at full scale; 1000 or less, or it cannot tell 2 cm",
    )
    density: float = Field(default=1.0, ge=0.9, le=1.2, description="of the water, kg per litre")
    probe_height_mm: float = Field(
        default=0.0, ge=0, le=1000, description="the probe's face above the floor"
    )
    calibration: Calibration = Field(default_factory=Calibration)

    @property
    def base_mm(self) -> float:
        """Water below the probe's face is not measured."""
        return self.probe_height_mm

    @property
    def least_mm(self) -> float:
        """A head less than the probe's own error may be no water at all."""
        return ACCURACY * self.span_mm

    def can_decide(self, setpoint_mm: float) -> bool:
        """Whether ``setpoint_mm`` lies between the probe's face and its full scale."""
        head_mm = setpoint_mm - self.base_mm
        nothing_mm = self.least_mm if self.base_mm else 0.0
        return nothing_mm < head_mm <= self.calibration.apply(self.span_mm)
