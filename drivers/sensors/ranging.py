"""What the settings of all sensors that look down at the water by sound have in common.

Owns their mounting: how high the face hangs, what is too near for it, how it is corrected. What a
part can do by itself (its blind zone, its farthest range, how slowly it answers) is told by the
driver's own model.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field

from drivers.sensors.air import MeasuresThroughAir
from drivers.sensors.calibration import Calibration
from drivers.sensors.mounting import Claim, Kind

HIGHEST_MM = 10_000.0
"""No part here sees farther (MaxBotix HRXL-WR, ten-metre parts)."""


class Ranging(MeasuresThroughAir):
    """Fields and answers of an ultrasonic sensor that hangs above the floor."""

    kind: ClassVar[Kind] = "ultrasonic"

    mount_height_mm: float = Field(
        gt=0,
        le=HIGHEST_MM,
        description="sensor face above the floor; more than the danger setpoint and the blind zone",
    )
    blind_zone_mm: float | None = Field(
        default=None,
        ge=0,
        le=2000,
        description="nearest range that it measures; the part's own if left out",
    )
    calibration: Calibration = Field(default_factory=Calibration)

    @property
    def part_blind_mm(self) -> float | None:
        """The blind zone by the part's data sheet; None if that is not known here."""
        raise NotImplementedError

    @property
    def farthest_mm(self) -> float:
        """The farthest range that the part measures."""
        raise NotImplementedError

    @property
    def response_s(self) -> float:
        """How long what it sends may lag behind the water."""
        raise NotImplementedError

    @property
    def blind_mm(self) -> float:
        """What is nearer is too near to be measured, before the calibration."""
        return self.blind_zone_mm if self.blind_zone_mm is not None else self.part_blind_mm or 0.0

    @property
    def nearest_mm(self) -> float:
        """The blind zone as the calibration sees it."""
        return self.calibration.apply(self.blind_mm)

    @property
    def filter_delay_s(self) -> float:
        """The sensor's own response, and the median over the frames of one interval.

        Water that comes in the middle of an interval is in half of its frames or fewer, so that
        only the next interval is wet: half an interval late. A delay that has to end with a reading
        ends up to a whole one late, half of which lies in the second that the rule of 14 s leaves.
        An interval is never shorter than the time between two frames.
        """
        return self.response_s + max(self.sample_interval_s, self.frame_interval_s or 0.0)

    def can_decide(self, setpoint_mm: float) -> bool:
        """Whether water at ``setpoint_mm`` is farther from the face than the blind zone."""
        return self.mount_height_mm - self.nearest_mm > setpoint_mm

    def contradictions(self) -> Iterator[tuple[str, object, str]]:
        """The face hangs where the part can see the floor, and where it can see at all."""
        yield from super().contradictions()
        if self.mount_height_mm > self.farthest_mm:
            yield (
                "mount_height_mm",
                self.mount_height_mm,
                f"at most {self.farthest_mm:g}, the farthest that this part sees",
            )
        if self.blind_zone_mm is None and self.part_blind_mm is None:
            yield ("blind_zone_mm", "nothing", "the nearest range of this part's data sheet")
        if self.air_temperature is not None and self.assumed_air_celsius is None:
            yield (
                "air_temperature",
                self.air_temperature,
                "nothing: this part corrects for the air by itself",
            )


class SerialRanging(Ranging):
    """An ultrasonic sensor on a serial port of its own."""

    port: str = Field(min_length=1, max_length=256, description="device path or pyserial URL")

    def claims(self) -> Iterator[Claim]:
        """Its port: one sensor talks on a line."""
        yield Claim("port", f"port {self.port}")
