"""How fast the demo runs: what ``--speed`` does to the script, to the delays and to the bounds.

Owns the arithmetic. Invariant: no value leaves the ranges that the settings allow. Faster than life
shortens the water's script and floodbell's delays alike; slower than life stretches only the water,
for a longer danger delay than the default would break the promise to 119 and be refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SPEED_MIN: Final = 0.2
SPEED_MAX: Final = 8.0
"""Faster, the flood would outrun what a sensor with ten frames a second can tell from a cat."""

_PART_FLOOR_S: Final = 6.0
"""No bound is scaled below this: neither processes nor the disk run faster with the script."""

_REPEATS_UP_TO: Final = 4.0
"""Beyond this speed three reports, at least five seconds apart, outlast the water."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The speed, and all that follows from it.

    Attributes:
        speed: Script seconds a second of the clock, ``SPEED_MIN`` to ``SPEED_MAX``.
    """

    speed: float

    def __post_init__(self) -> None:
        if not SPEED_MIN <= self.speed <= SPEED_MAX:
            raise ValueError(f"speed {self.speed:g} is not between {SPEED_MIN:g} and {SPEED_MAX:g}")

    @property
    def haste(self) -> float:
        """By how much delays are shortened, at least 1."""
        return max(1.0, self.speed)

    def script_s(self, at_s: float) -> float:
        """The script second at a second of the clock since the start."""
        return at_s * self.speed

    def clock_s(self, script_s: float) -> float:
        """The second of the clock at which a script second comes."""
        return script_s / self.speed

    def delay_s(self, default_s: float, *, at_least_s: float = 0.1) -> float:
        """A delay of the settings at this speed, not below what its range allows."""
        return round(max(default_s / self.haste, at_least_s), 3)

    @property
    def max_rise_mm_s(self) -> float:
        """What still counts as water: the default, or a fourth more than the quickened flood."""
        return max(50.0, 12.5 * self.speed)

    @property
    def off_s(self) -> float:
        """Off-delays: six script seconds, so that a flood's end fits into a minute."""
        return self.delay_s(6.0)

    @property
    def repeats(self) -> int:
        """Reports an episode: three, or as many as come before a quick script is over."""
        return 3 if self.haste <= _REPEATS_UP_TO else 1

    @property
    def repeat_interval_s(self) -> float:
        """Between two reports; the settings allow no less than five seconds."""
        return self.delay_s(10.0, at_least_s=5.0)

    @property
    def sample_interval_s(self) -> float:
        """Between two readings of the sensor."""
        return self.delay_s(0.2, at_least_s=0.05)

    def within_s(self, promised_s: float) -> float:
        """The bound by which a promise is judged at this speed; the promise itself at speed 1."""
        return max(promised_s / self.haste, min(promised_s, _PART_FLOOR_S))
