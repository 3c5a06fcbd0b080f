"""What every sensor has in common: where it hangs, how often it is read, what it can decide.

Owns the settings fields shared by all drivers and the questions that a settings check asks of each.
A driver's own fields and its defaults live in the driver's file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["ultrasonic", "contact", "simulated"]
"""The physics behind a sensor: two sensors of one kind can be fooled by one cause."""

IDENTIFIER = r"^[A-Za-z0-9_-]{1,32}$"
"""A name that can be a topic segment, a file name and a Home Assistant object id."""


class Mounting(BaseModel):
    """The fields and answers that all sensor drivers share."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    kind: ClassVar[Kind]
    blind_zone_mm: ClassVar[float] = 0.0
    """Nearest distance from the sensor's face at which it measures; rising water ends there."""

    assumed_air_celsius: ClassVar[float | None] = None
    """The air for which an ultrasonic sensor computes its range; None: it feels the air by itself,
    or does not measure by sound. See ``drivers.sensors.air``."""

    zone: str = Field(default="home", pattern=IDENTIFIER, description="place that it watches")
    sample_interval_s: float = Field(
        default=1.0, ge=0.05, le=60, description="time between two readings"
    )
    stale_after_s: float = Field(
        default=5.0,
        gt=0,
        le=600,
        description="a reading older than this does not count; at least twice sample_interval_s",
    )
    cable: str | None = Field(
        default=None,
        min_length=1,
        max_length=64,
        description="contacts on one cable count as one sensor",
    )

    @property
    def nearest_mm(self) -> float:
        """The nearest distance from the face at which water can be told, after the calibration."""
        return self.blind_zone_mm

    @property
    def filter_delay_s(self) -> float:
        """How much later than the water the driver and the median over its frames are."""
        return 0.0

    def contradictions(self) -> Iterator[tuple[str, object, str]]:
        """Tell which fields are each good and do not go together.

        Returns:
            Key inside this sensor's table, value found, what is allowed.
        """
        if self.stale_after_s < 2 * self.sample_interval_s:
            yield (
                "stale_after_s",
                self.stale_after_s,
                f"at least twice sample_interval_s: {2 * self.sample_interval_s:g}",
            )

    def can_decide(self, setpoint_mm: float) -> bool:
        """Whether it can tell water at ``setpoint_mm`` from water below it.

        Args:
            setpoint_mm: A depth above the floor.

        Returns:
            True if the sensor has an opinion on that depth, both wet and dry.
        """
        raise NotImplementedError(setpoint_mm)
