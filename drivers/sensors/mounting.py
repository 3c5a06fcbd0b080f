"""What every sensor has in common: where it hangs, how often it is read, what it can decide.

Owns the settings fields shared by all drivers and the questions that a settings check asks of each.
A driver's own fields and its defaults live in the driver's file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from drivers.declaring import BaseModel, ConfigDict, Field

Kind = Literal["ultrasonic", "pressure", "contact", "supervised contact", "simulated"]
"""The physics behind a sensor: two sensors of one kind can be fooled by one cause."""

IDENTIFIER = r"^[A-Za-z0-9_-]{1,32}$"
"""A name that can be a topic segment, a file name and a Home Assistant object id."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Something of the machine that a sensor takes for itself.

    ``key`` is the key inside the sensor's table that names it, ``what`` is the thing in words
    (``pin 17``, ``port /dev/ttyAMA0``). Two may have the same thing only if both say the same in
    ``shared_as``: slaves of one RS-485 line, channels of one converter.
    """

    key: str
    what: str
    shared_as: str = ""


class Mounting(BaseModel):
    """The fields and answers that all sensor drivers share."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    kind: ClassVar[Kind]

    two_wire: ClassVar[bool] = False
    """Whether it cannot tell water from a cut or a short, so that alone it calls nobody (law
    4.4)."""

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
    def blind_mm(self) -> float:
        """Nearest distance from the face at which it measures; rising water ends there."""
        return 0.0

    @property
    def nearest_mm(self) -> float:
        """The blind zone as the calibration sees it."""
        return self.blind_mm

    @property
    def base_mm(self) -> float:
        """Height above the floor from which it measures upwards; 0 for one that looks down."""
        return 0.0

    @property
    def least_mm(self) -> float:
        """The least that it can tell from nothing at all; what is less is "not reached"."""
        return 0.0

    @property
    def assumed_air_celsius(self) -> float | None:
        """The air for which an ultrasonic sensor computes its range; see ``drivers.sensors.air``.

        None: it feels the air by itself, or does not measure by sound.
        """
        return None

    @property
    def cut_reads_dry(self) -> bool:
        """Whether a cut wire reads as dry for ever; such a contact saves no zone from blindness."""
        return False

    @property
    def frame_interval_s(self) -> float | None:
        """Longest time between two frames of a sensor that talks; None: it is asked."""
        return None

    @property
    def filter_delay_s(self) -> float:
        """How much later than the water the driver and the median over its frames are."""
        return 0.0

    def claims(self) -> Iterator[Claim]:
        """Tell which ports, pins and channels it takes."""
        yield from ()

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
