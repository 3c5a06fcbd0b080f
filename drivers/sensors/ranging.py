"""What the settings of all sensors that look down at the water by sound have in common.

Owns their mounting: how high the face hangs, what is too near for it, how it is corrected. What a
part can do by itself (its blind zone, its farthest range, how slowly it answers) is told by the
driver's own model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

from drivers.declaring import Field
from drivers.sensors.air import MeasuresThroughAir
from drivers.sensors.calibration import Calibration
from drivers.sensors.mounting import Claim, Kind

HIGHEST_MM: Final = 10_000.0
"""No part here sees farther (MaxBotix HRXL-WR, ten-metre parts)."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part by its data sheet.

    Attributes:
        response_s: How long what it tells may lag behind the water.
        frame_s: Longest time between two frames.
        blind_mm: What is told as this or less is too near to be measured; None: not published.
        farthest_mm: The farthest range that it measures.
        feels_air: Whether it corrects for the temperature of the air by itself.
        baud: Bits per second, if it is on a serial line.
        mm_per_unit: What its frames count: 1 for millimetres, 10 for centimetres.
        ask: What makes it measure, at most every ``ask_every_s``; empty: it talks by itself.
    """

    response_s: float
    frame_s: float
    blind_mm: float | None
    farthest_mm: float
    feels_air: bool = False
    baud: int = 9600
    mm_per_unit: int = 1
    ask: bytes = b""
    ask_every_s: float = 0.1


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
    def data_sheet(self) -> Part:
        """What the part can do by itself."""
        raise NotImplementedError

    @property
    def frame_interval_s(self) -> float | None:
        """By the data sheet."""
        return self.data_sheet.frame_s

    @property
    def assumed_air_celsius(self) -> float | None:
        """None for a part that feels the air."""
        return None if self.data_sheet.feels_air else super().assumed_air_celsius

    @property
    def blind_mm(self) -> float:
        """What is nearer is too near to be measured, before the calibration."""
        return self.data_sheet.blind_mm or 0.0 if self.blind_zone_mm is None else self.blind_zone_mm

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
        part = self.data_sheet
        return part.response_s + max(self.sample_interval_s, part.frame_s)

    def can_decide(self, setpoint_mm: float) -> bool:
        """Whether water at ``setpoint_mm`` is farther from the face than the blind zone."""
        return self.mount_height_mm - self.nearest_mm > setpoint_mm

    def contradictions(self) -> Iterator[tuple[str, object, str]]:
        """The face hangs where the part can see the floor, and where it can see at all."""
        yield from super().contradictions()
        part = self.data_sheet
        if self.mount_height_mm > part.farthest_mm:
            yield (
                "mount_height_mm",
                self.mount_height_mm,
                f"at most {part.farthest_mm:g}, the farthest that this part sees",
            )
        if self.stale_after_s < 2 * part.frame_s:
            allowed = f"at least two frames of this part: {2 * part.frame_s:g} s"
            yield ("stale_after_s", self.stale_after_s, allowed)
        if self.blind_zone_mm is None and part.blind_mm is None:
            yield ("blind_zone_mm", "nothing", "the nearest range of this part's data sheet")
        least_mm = part.blind_mm or 0.0
        if self.blind_zone_mm is not None and self.blind_zone_mm < least_mm:
            # What such a part tells of water that is nearer would be taken for a depth.
            yield ("blind_zone_mm", self.blind_zone_mm, f"at least the part's own: {least_mm:g}")
        if self.air_temperature is not None and part.feels_air:
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
