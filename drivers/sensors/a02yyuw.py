"""DFRobot's ultrasonic sensors with four-byte frames: A02YYUW, A01NYUB and their relatives.

Owns what each part can do. The frame is the same for all, and that is the trap: one part's 417 is
millimetres, another's centimetres, so the unit belongs to the part and is never guessed. Listening
is done by ``listening.Listener``.

Wiring: 5 V, ground, TX of the sensor to RX of the header; its RX high or floating for processed
values. SEN0627 is made to measure by a falling edge on its RX: TX of the header goes there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from drivers.declaring import Field
from drivers.sensors.listening import SILENT_S, Limits, Listener, Manner
from drivers.sensors.ranging import Part, SerialRanging

if TYPE_CHECKING:
    from drivers.ports import Ports

PartName = Literal["A02YYUW", "A01NYUB", "ME007YS", "SEN0754", "SEN0627"]


FARTHEST_MM: Final = 4500.0
"""Of all but the A01NYUB."""

PARTS: Final[dict[PartName, Part]] = {
    "A02YYUW": Part(0.5, 0.1, 30.0, FARTHEST_MM, feels_air=True),
    "A01NYUB": Part(0.3, 0.15, 280.0, 7500.0),
    "ME007YS": Part(0.3, 0.1, 280.0, FARTHEST_MM),
    "SEN0754": Part(2.0, 0.1, None, FARTHEST_MM, baud=115200),
    "SEN0627": Part(2.5, 2.6, None, FARTHEST_MM, mm_per_unit=10, ask=b"\x00", ask_every_s=2.6),
}
"""What is known of each part.

Source:
    DFRobot wiki. SEN0311 (A02YYUW): 30 to 4500 mm, 30 or less is below its limit, 100 to 300 ms by
    the English page, 500 ms by the Chinese one, of which the slower counts; ten frames a second;
    the maker's module, the DYP-A02, has a thermometer on its board (register 0x0102 of its RS-485
    form). SEN0313 (A01NYUB): 280 to 7500 mm, 150 to 300 ms. SEN0312 (ME007YS): 100 to 300 ms, its
    sample program takes 280 mm for the limit. SEN0754: 115200 baud, a frame every 100 ms, processed
    values at least 2 s late; its blind zone is in no page that was at hand, so the settings have to
    name it. SEN0627: centimetres, 0.9 to 2.5 s after a falling edge of 10 us to 2 ms on its RX, no
    sooner than 2.5 s after the last (a NUL at 9600 baud holds the line low for 0.94 ms). None of
    these pages names a thermometer but the A02's, so the others are taken to have none.
"""

_LONGEST_SILENCE_S: Final = 4.0
"""A driver answers within 5 s (``drivers.measurement.Sensor``)."""


class A02yyuwSettings(SerialRanging):
    """One of DFRobot's serial ultrasonic sensors, looking down at the floor."""

    driver: Literal["a02yyuw"]
    part: PartName = Field(default="A02YYUW", description="which of the family it is")
    baud: Literal[9600, 115200] | None = Field(
        default=None, description="the part's own if left out"
    )
    unit: Literal["mm", "cm"] | None = Field(
        default=None, description="what its frames count; the part's own if left out"
    )

    @property
    def data_sheet(self) -> Part:
        """By its name."""
        return PARTS[self.part]

    def open(self, ports: Ports | None = None) -> Listener:  # noqa: ARG002 - all drivers open alike
        """Return the sensor; its port is opened by the first ``read``."""
        part = PARTS[self.part]
        unit_mm = {"mm": 1, "cm": 10, None: part.mm_per_unit}[self.unit]
        manner = Manner(
            baud=self.baud or part.baud,
            ask=part.ask,
            ask_every_s=part.ask_every_s,
            silent_s=min(_LONGEST_SILENCE_S, max(SILENT_S, 1.5 * part.frame_s)),
        )
        return Listener(self.port, manner, Limits(self.blind_mm, part.farthest_mm, unit_mm))
