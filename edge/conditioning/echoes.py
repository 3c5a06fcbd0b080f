"""From raw frames to one range, and from a range to a depth under a known mounting. Pure.

Invariant: a depth is never clamped. What the mounting makes impossible is a verdict of its own:
too near is a bound, past the floor is a fault (design 4.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Final

from edge.conditioning.air import range_in_air_mm

TIE_MM: Final = 20.0
"""Two middle frames that lie farther apart than this are not two looks at one surface.

Source: noise is ±3 mm (FloodNet, domain 1.5), and water that rises at 50 mm/s moves 5 mm from one
frame to the next (domain 4.1: ten a second).
"""


@dataclass(frozen=True, slots=True)
class Mounting:
    """How a sensor hangs in the home; millimetres and seconds.

    ``height_mm`` is the height of the sensor's face above the floor and ``blind_zone_mm`` the
    nearest range it can measure; both are 0 for a sensor that knows a depth by itself. Such a one
    measures upwards from ``base_mm`` above the floor (a pressure probe that does not lie on it),
    and a head of less than ``least_mm`` there may be no water at all. Calibration corrects what the
    sensor measures, a range or a head: ``scale`` × measured + ``offset_mm``.
    ``assumed_air_celsius`` is the air that its sum is made for; None for a sensor that feels the
    air itself, or that does not measure by sound.
    """

    height_mm: float = 0.0
    blind_zone_mm: float = 0.0
    floor_tolerance_mm: float = 30.0
    offset_mm: float = 0.0
    scale: float = 1.0
    stale_after_s: float = 5.0
    max_rise_mm_s: float = 50.0
    assumed_air_celsius: float | None = None
    base_mm: float = 0.0
    least_mm: float = 0.0

    def calibrated_mm(self, measured_mm: float) -> float:
        """Return what the calibration makes of a measured range or depth."""
        return self.scale * measured_mm + self.offset_mm

    def true_range_mm(self, range_mm: float, air_celsius: float | None) -> float:
        """Return the range after the air, if it is known, and the calibration."""
        if self.assumed_air_celsius is not None and air_celsius is not None:
            range_mm = range_in_air_mm(range_mm, self.assumed_air_celsius, air_celsius)
        return self.calibrated_mm(range_mm)

    def bounds_mm(self, at_least_mm: float, below_mm: float) -> tuple[float, float]:
        """Return the bounds on the depth that follow from those on what was measured.

        A probe above the floor that feels no water knows only that there is less than reaches it:
        never 0, for it has not seen the floor.
        """
        low_mm = self.base_mm + self.calibrated_mm(at_least_mm)
        high_mm = self.base_mm + self.calibrated_mm(below_mm)
        reached_mm = self.base_mm + self.least_mm
        if self.base_mm and low_mm == high_mm < reached_mm:
            return -inf, reached_mm
        return low_mm, high_mm

    @property
    def too_near_depth_mm(self) -> float:
        """The depth that there is at least when the water is too near to be measured.

        Never above the sensor's face: beyond that nothing is known, whatever the calibration says.
        """
        return self.height_mm - max(0.0, self.calibrated_mm(self.blind_zone_mm))

    def past_floor(self, range_mm: float) -> bool:
        """Whether a true range ends below the floor: the sensor was knocked aside."""
        return range_mm > self.height_mm + self.floor_tolerance_mm


def middle_mm(ranges_mm: tuple[int, ...], too_near: int) -> float:
    """Return the median of one sample interval's frames; minus infinity for "too near".

    "Too near" lies below every number. Of two middle frames the mean counts, but if they are not
    looks at one surface the nearer does, for the mean is a surface that nobody saw: a wet reading
    too many is gone before any delay is over, a dry one too many begins the delay anew.

    A frame in 100 is bad (FloodNet, domain 1.5). How often a reading that votes is then wrong by
    more than 20 mm, as ``test_conditioning`` measures it under a sensor at 600 mm, over 0 to 450 mm
    of water, with bad frames of any value (and with all of them near the face, the worst):

    ======  ==========================  ==========================
    frames  any value                   all near the face
    ======  ==========================  ==========================
    10      4 in 10^11: never           2 in 10^8: 1 in a year
    3       3 in 10^5: 3 a day          3 in 10^4: 26 a day
    1       1 in 10^3: 100 a day        1 in 10^2: 900 a day
    ======  ==========================  ==========================

    (per day: at one interval a second.) Each is wrong for one reading: a wet one is gone before any
    delay is over, a dry one among wet ones begins the delay anew. With one or two frames, a sample
    interval below 0.3 s, there is no median and only the law's delays protect: so ``check-config``
    advises against it.
    """
    ordered = [-inf] * too_near + sorted(float(r) for r in ranges_mm)
    upper = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[upper]
    nearer_mm, farther_mm = ordered[upper - 1], ordered[upper]
    if farther_mm - nearer_mm <= TIE_MM:
        return (nearer_mm + farther_mm) / 2
    return nearer_mm


def only_value_mm(ranges_mm: tuple[int, ...], too_near: int) -> float | None:
    """Return the value that all raw frames of an interval have; None if they differ."""
    if too_near:
        return None if ranges_mm else -inf
    first = ranges_mm[0]
    return float(first) if all(r == first for r in ranges_mm) else None
