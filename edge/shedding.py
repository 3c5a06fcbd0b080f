"""What the bell does less often while it lives on its battery. Pure.

Sensing, the law, siren, strobe, texts and calls stay exactly as they are, and so does the heartbeat
by which the centre knows that the bell lives. What goes less often is what says nothing new: each
packet keeps the radio of an LTE modem up for 5 to 10 s (the network's inactivity timer), so one a
second never lets it rest.

Invariant: above normal, with an incident open, in service or in a drill nothing is shed, nor while
nobody knows whether mains are there.

Source: docs/power.md, for the timer and for what was measured of the bell; the paces are ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.law.state import State
    from edge.supply import Supply


@dataclass(frozen=True, slots=True)
class Pace:
    """How much less often; 0 where nothing is shed.

    Attributes:
        repeat_s: A sensor that says the same is published no sooner than after so long, together
            with the heartbeat.
        least_change_mm: By less than this it says the same.
        log_interval_s: A reading that says the same enters the log no sooner than after so long.
        lamp_every_s: Between two bouts of the status lamp, unless there is an alarm.
    """

    repeat_s: float = 0.0
    least_change_mm: float = 0.0
    log_interval_s: float = 0.0
    lamp_every_s: float = 0.0


class Shedding(Enum):
    """How much is shed, from least to most; the value is its name outside."""

    NONE = "none"
    BATTERY = "battery"
    LOW = "low"

    @property
    def pace(self) -> Pace:
        """What it means."""
        return _PACES[self]


_PACES = {
    Shedding.NONE: Pace(),
    # A minute: what [mqtt] repeat_s may be at most. Three of them are the 180 s after which the
    # centre holds a sensor's word for old (domain 3.2).
    Shedding.BATTERY: Pace(60.0, 5.0, 300.0, 5.0),
    Shedding.LOW: Pace(60.0, 5.0, 900.0, 10.0),
}


def shedding(supply: Supply, state: State, now_s: float) -> Shedding:
    """Return how much is shed now.

    Args:
        supply: What is known of mains and battery.
        state: The law's state.
        now_s: Monotonic seconds.
    """
    if not supply.on_battery or supply.doubted(now_s) or _is_busy(state):
        return Shedding.NONE
    return Shedding.LOW if supply.low else Shedding.BATTERY


def _is_busy(state: State) -> bool:
    at_work = state.service is not None or state.drill is not None
    return bool(state.level) or bool(state.raising) or state.incident is not None or at_work
