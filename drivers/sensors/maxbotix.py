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

from drivers.declaring import Field
from drivers.sensors.framing import LineReader
from drivers.sensors.listening import Limits, Listener, Manner
from drivers.sensors.ranging import Part, SerialRanging

if TYPE_CHECKING:
    from drivers.ports import Ports

PARTS: Final = {
    5000: Part(0.9, 0.2, 300.0, 4999.0, feels_air=True),
    9999: Part(0.9, 0.2, 500.0, 9998.0, feels_air=True),
}
"""The five-metre and the ten-metre parts, by the full scale, which itself means "no target".

Source:
    MaxBotix HRXL-MaxSonar-WR data sheet (PD11500): 300 to 5000 mm, 500 to 9999 mm; 7.5, 6.67, 6 or
    5.17 readings a second by part, their filter 1.5 to 1.2 a second; "internal speed-of-sound
    temperature compensation".
"""


class MaxbotixSettings(SerialRanging):
    """One MaxBotix HRXL-WR on a serial port, free-running, looking down at the floor.

    It corrects for the temperature of the air by itself; in the sun its own warmth misleads it
    (FloodNet, domain 1.5).
    """

    driver: Literal["maxbotix"]
    full_scale_mm: Literal[5000, 9999] = Field(
        default=5000, description="told when nothing is seen: 9999 by ten-metre parts"
    )

    @property
    def data_sheet(self) -> Part:
        """By its full scale."""
        return PARTS[self.full_scale_mm]

    def open(self, ports: Ports | None = None) -> Listener:  # noqa: ARG002 - all drivers open alike
        """Return the sensor; its port is opened by the first ``read``."""
        farthest_mm = self.data_sheet.farthest_mm
        limits = Limits(self.blind_mm, farthest_mm, nothing=frozenset({self.full_scale_mm}))
        return Listener(self.port, Manner(new_reader=LineReader), limits)
