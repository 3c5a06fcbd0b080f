"""MaxBotix HRXL-MaxSonar-WR: weather-proof ultrasonic sensors that send lines of text.

Owns what these parts can do. Listening is done by ``listening.Listener``. Two values stand for
something else than a range: what is nearer than the minimum is told as the minimum, and where
nothing is seen the full scale is told.

Wiring: TTL parts (MB738x, MB739x): 5 V, ground, pin 5 to RX of the header. RS-232 parts (MB736x,
MB737x) need a level converter. Their maker does not recommend them for personal safety: a second
kind of sensor beside one is not a luxury.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from pydantic import Field

from drivers.sensors.framing import LineReader
from drivers.sensors.listening import Limits, Listener, Manner
from drivers.sensors.ranging import SerialRanging

if TYPE_CHECKING:
    from drivers.ports import Ports

FULL_SCALE_MM: Final = 5000
BLIND_MM: Final[dict[int, float]] = {5000: 300.0, 9999: 500.0}
"""The minimum of the five-metre and of the ten-metre parts.

Source: MaxBotix HRXL-MaxSonar-WR data sheet (PD11500): minimum distance and maximum range reported,
300 to 5000 mm, 500 to 9999 mm for the ten-metre parts.
"""

FRAME_S: Final = 0.2
"""7.5, 6.67, 6 or 5.17 readings a second by part. Source: the same, sensor timing diagrams."""

RESPONSE_S: Final = 0.9
"""Free-running, the filter's rate is 1.5 to 1.2 a second. Source: the same."""


class MaxbotixSettings(SerialRanging):
    """One MaxBotix HRXL-WR on a serial port, free-running, looking down at the floor.

    It corrects for the temperature of the air by itself; in the sun its own warmth misleads it
    (FloodNet, domain 1.5).
    """

    driver: Literal["maxbotix"]
    full_scale_mm: Literal[5000, 9999] = Field(
        default=FULL_SCALE_MM, description="told when nothing is seen: 9999 by ten-metre parts"
    )

    @property
    def part_blind_mm(self) -> float | None:
        """By the data sheet."""
        return BLIND_MM[self.full_scale_mm]

    @property
    def farthest_mm(self) -> float:
        """The full scale itself means "no target"."""
        return float(self.full_scale_mm - 1)

    @property
    def response_s(self) -> float:
        """By the data sheet."""
        return RESPONSE_S

    @property
    def frame_interval_s(self) -> float | None:
        """By the data sheet."""
        return FRAME_S

    @property
    def assumed_air_celsius(self) -> float | None:
        """None: it has a thermometer.

        Source: the same, "internal speed-of-sound temperature compensation".
        """
        return None

    def open(self, ports: Ports | None = None) -> Listener:  # noqa: ARG002 - all drivers open alike
        """Return the sensor; its port is opened by the first ``read``."""
        limits = Limits(self.blind_mm, self.farthest_mm, nothing=frozenset({self.full_scale_mm}))
        return Listener(self.port, Manner(new_reader=LineReader), limits)
