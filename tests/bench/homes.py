"""The homes in which memory and CPU are measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ONCE_A_SECOND_HZ: Final = 1.05
"""A frame every 0.95 s: a whole second without a byte is silence, and so a fault, to the bell."""


@dataclass(frozen=True, slots=True)
class Home:
    """One home.

    Attributes:
        sensors: How many ultrasonic sensors, each on a port of its own.
        wire_hz: Frames a second of each; 0: nothing is said.
        interval_s: How often each is sampled.
        pins: A float switch, a button, siren, strobe and lamp on gpiozero's mock pins as well.
        web: Texts by a web service as well.
        floor: Whether a bare loop lives beside it.
    """

    sensors: int = 1
    wire_hz: float = ONCE_A_SECOND_HZ
    interval_s: float = 1.0
    pins: bool = False
    web: bool = False
    floor: bool = True


ALL: Final = "all packages"
WEB: Final = "all packages and the web"
QUIET: Final = {
    "1 sensor, no input": Home(wire_hz=0.0),
    "1 sensor, 1 Hz": Home(),
    ALL: Home(pins=True),
    WEB: Home(pins=True, web=True, floor=False),
}
BUSY: Final = {
    "1 sensor, 10 Hz": Home(wire_hz=10.0, interval_s=0.1),
    "16 sensors, no input": Home(sensors=16, wire_hz=0.0),
    "16 sensors, 1 Hz": Home(sensors=16),
    "16 sensors, 10 Hz": Home(sensors=16, wire_hz=10.0, interval_s=0.1),
    "1 sensor, 10 Hz, sampled once a second": Home(wire_hz=10.0),
}
