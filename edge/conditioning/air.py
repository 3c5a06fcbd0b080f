"""What warm or cold air does to an ultrasonic range, and how to undo it. Pure.

A sensor times an echo and multiplies by a speed of sound. One that does not feel the air takes a
fixed temperature for granted: in warmer air the echo is back sooner, the range reads short and the
depth too high (an alarm for nothing); in colder air the depth reads too low, and water is met late.

What that is worth: air 20 °C from the assumed 20 °C moves a range of 450 mm (the danger setpoint
under a sensor at 600 mm) by 16 mm, one of 600 mm by 21 mm: more than the whole alert setpoint.
"""

from __future__ import annotations

from math import sqrt
from typing import Final

SPEED_AT_0_C_M_S: Final = 331.3
"""In dry air. Damp air of 20 °C is at most 0.4 % faster, 2 mm at 450 mm: not corrected.

Source: domain 4.1; the root is the law of an ideal gas, of which its 331.3 + 0.606 T is the
tangent.
"""

ABSOLUTE_ZERO_C: Final = -273.15

AIR_MAY_DIFFER_C: Final = 20.0
"""How far the air of a basement may be from what is assumed, summer or winter.

Source: the error model that this product is proved against (sensors are tried at ±20 °C).
"""

AIR_ERROR_BORNE_MM: Final = 20.0
"""A depth that may be out by more than this is suspect: it is the whole alert setpoint, and
danger's deadband. A sensor at 575 mm or lower never gets there.

Source: contract 1, the defaults.
"""

AIR_FRESH_S: Final = 600.0
"""A temperature older than this is not used. 600 mm of air change by 1 mm for each degree, and the
air of a room moves by a few degrees in an hour."""


def speed_of_sound_m_s(air_celsius: float) -> float:
    """Return the speed of sound in air of this temperature."""
    return SPEED_AT_0_C_M_S * sqrt(1.0 - air_celsius / ABSOLUTE_ZERO_C)


def range_in_air_mm(range_mm: float, assumed_celsius: float, air_celsius: float) -> float:
    """Return the true range of what a sensor computed for air of another temperature.

    Args:
        range_mm: As the sensor tells it.
        assumed_celsius: The temperature that its sum is made for.
        air_celsius: The temperature of the air between its face and the water.
    """
    spread = speed_of_sound_m_s(air_celsius) / speed_of_sound_m_s(assumed_celsius)
    return range_mm * spread


def air_error_mm(range_mm: float, assumed_celsius: float) -> float:
    """Return by how much a range may be out when nobody knows the air; colder is the worse side."""
    coldest = assumed_celsius - AIR_MAY_DIFFER_C
    return range_mm - range_in_air_mm(range_mm, assumed_celsius, coldest)
