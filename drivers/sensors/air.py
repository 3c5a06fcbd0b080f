"""The temperature of the air, for an ultrasonic sensor that does not feel it by itself.

Owns the settings that such a driver's model adds to its own, and the reading of a thermometer that
the kernel shows as a file. Invariant: ``Thermometer.read`` returns a temperature that a home can
have, or raises; how old one may be, and what it does to a range, is decided by conditioning.

Wiring of a DS18B20: 3.3 V, ground, data to GPIO 4 with 4.7 kΩ to 3.3 V, ``dtoverlay=w1-gpio`` in
config.txt. It hangs beside the sensor, where the sound goes, not in the warm box of the board.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from drivers.declaring import Field
from drivers.errors import BadFrame, OutOfRange, PortGone
from drivers.sensors.mounting import Mounting

COLDEST_C: Final = -30.0
WARMEST_C: Final = 60.0
"""What is outside is not the air of a home. A DS18B20 that lost its supply says 85 °C.

Source: Maxim DS18B20 data sheet, power-on reset value; A02YYUW works from -15 to 60 °C (DFRobot
wiki, SEN0311).
"""


class MeasuresThroughAir(Mounting):
    """What the settings of a sensor have in common that takes the air's temperature for granted."""

    air_temperature: str | None = Field(
        default=None,
        pattern=r"^/[^\x00]+$",
        max_length=4096,
        description="kernel file with the air's temperature in millidegrees, such as "
        "/sys/bus/w1/devices/28-…/temperature or /sys/bus/iio/devices/iio:device0/in_temp_input",
    )

    @property
    def assumed_air_celsius(self) -> float | None:
        """The air that its sum is made for: sound goes 343 m/s at 20 °C."""
        return 20.0


class Thermometer:
    """A file of the kernel that holds millidegrees Celsius; reading it makes the thermometer look.

    Source: kernel documentation, w1_therm (``temperature``) and sysfs-bus-iio (``in_temp_input``).
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    def read(self) -> float:
        """Return the temperature in degrees Celsius; a DS18B20 takes up to 0.75 s for it.

        Raises:
            PortGone: The file is not there, or the thermometer does not answer.
            BadFrame: The file holds no number.
            OutOfRange: Not the temperature of a home's air.
        """
        try:
            text = self._path.read_text(encoding="ascii", errors="replace").strip()
        except OSError as error:
            raise PortGone(f"{self._path}: {error.strerror}; is the thermometer plugged in?") from (
                error
            )
        try:
            celsius = int(text) / 1000
        except ValueError:
            raise BadFrame(f"{self._path}: found {text[:40]!r}, expected millidegrees") from None
        if not COLDEST_C <= celsius <= WARMEST_C:
            raise OutOfRange(
                f"{self._path}: {celsius:g} °C is not between {COLDEST_C:g} and {WARMEST_C:g} °C;"
                " is its supply connected?"
            )
        return celsius
