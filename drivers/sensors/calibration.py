"""The correction of what a sensor measures.

Owns the ``calibration`` table of a sensor's settings. What measured it, and where it is kept, is
``edge.calibration``'s business; conditioning applies it.
"""

from __future__ import annotations

from typing import Final

from drivers.declaring import BaseModel, ConfigDict, Field

LARGEST_OFFSET_MM: Final = 200.0
SMALLEST_SCALE: Final = 0.8
LARGEST_SCALE: Final = 1.25
"""What needs more correction than this is broken, the wrong part, or hangs over something else."""


class Calibration(BaseModel):
    """Corrects what is measured, a range or a head of water: ``measured × scale + offset_mm``."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    offset_mm: float = Field(
        default=0.0,
        ge=-LARGEST_OFFSET_MM,
        le=LARGEST_OFFSET_MM,
        description="added to what is measured",
    )
    scale: float = Field(
        default=1.0,
        ge=SMALLEST_SCALE,
        le=LARGEST_SCALE,
        description="what is measured is multiplied by it",
    )

    def apply(self, measured_mm: float) -> float:
        """Return the corrected value."""
        return self.scale * measured_mm + self.offset_mm
