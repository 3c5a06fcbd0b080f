"""What one power cut is to hit: drawn from a seed, so that a cut can be lived through again.

Pure. Leaves to ``instants`` to find the moment, and to ``living`` to live through it.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

ALERT_MM: Final = 20.0
DANGER_MM: Final = 150.0

INSTANTS: Final = (
    "rising",
    "alert delay",
    "danger delay",
    "at the prompt",
    "unanswered text",
    "between texts",
    "between reports",
    "all told",
    "falling",
    "receding texts",
    "reset",
)
"""Parts of a flood, in their order; every eleven cuts hit each of them once."""

OF_DANGER: Final = frozenset({"danger delay", "between reports"})
"""These there are only when water reaches danger."""

AFTER_THE_FLOOD: Final = frozenset({"falling", "receding texts", "reset"})


@dataclass(frozen=True, slots=True)
class Plan:
    """One flood and the cut in it.

    Attributes:
        number: From 1.
        instant: One of ``INSTANTS``.
        peak_mm: Where the water stops.
        rise_mm_s: How fast it rises; below ``alarm.max_rise_mm_s``.
        nth: Which text, of those that ``instant`` speaks of; from 0.
        part: How far into its part of the flood, 0 to 1.
        answer_s: How long the modem takes over a text.
        modem_dies: The modem has no battery of its own.
        gone: The water is gone when the power is back.
        again_s: How long after the power is back it is cut once more; None for never.
    """

    number: int
    instant: str
    peak_mm: float
    rise_mm_s: float
    nth: int
    part: float
    answer_s: float
    modem_dies: bool
    gone: bool
    again_s: float | None

    @property
    def cuts(self) -> int:
        """How often the power is cut in this flood."""
        return 1 if self.again_s is None else 2

    @property
    def is_danger(self) -> bool:
        """Whether the water reaches danger."""
        return self.peak_mm >= DANGER_MM


def plan_of(seed: int, number: int) -> Plan:
    """Draw the plan of a cut."""
    random = Random(f"{seed}/{number}")
    instant = INSTANTS[(number + seed) % len(INSTANTS)]
    danger = instant in OF_DANGER or random.random() < 0.7
    return Plan(
        number=number,
        instant=instant,
        peak_mm=round(random.uniform(160, 260) if danger else random.uniform(30, 90)),
        rise_mm_s=round(random.uniform(10, 40), 1),
        nth=random.randrange(3),
        part=random.random(),
        answer_s=round(random.uniform(0.2, 2.5), 1),
        modem_dies=random.random() < 0.5,
        gone=instant in AFTER_THE_FLOOD or random.random() < 0.25,
        again_s=round(random.uniform(2.0, 25.0), 1) if random.random() < 0.2 else None,
    )
