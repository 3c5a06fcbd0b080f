"""Levels, votes and setpoints: the vocabulary of the law (design 4.1).

A measurement is a bound, so a sensor's opinion on a setpoint is wet, dry or unknown, and "clear"
(for falling) is more than "not wet".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum


class Level(IntEnum):
    """How bad it is. The names are what the centre sees."""

    NORMAL = 0
    ALERT = 1
    DANGER = 2

    @property
    def word(self) -> str:
        """The name on the wire: ``normal``, ``alert`` or ``danger``."""
        return self.name.lower()


class Vote(Enum):
    """A sensor's or a zone's opinion on one setpoint."""

    WET = "wet"
    DRY = "dry"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Setpoint:
    """A depth that matters, with the delays and the deadband around it.

    Depths in millimetres above the floor, delays in seconds. Source of the defaults: the Jongno
    bell's 2 cm and 15 cm (domain 1.1); deadbands and delays domain 3.1 and 8.
    """

    level: Level
    mm: float
    deadband_mm: float
    on_delay_s: float
    off_delay_s: float


def vote(at_least_mm: float, below_mm: float, setpoint_mm: float) -> Vote:
    """Return what bounds on the depth say about a setpoint."""
    if at_least_mm >= setpoint_mm:
        return Vote.WET
    if below_mm <= setpoint_mm:
        return Vote.DRY
    return Vote.UNKNOWN


def is_clear(below_mm: float, setpoint: Setpoint, *, switch: bool) -> bool:
    """Return whether bounds are below a setpoint by its deadband.

    A switch has its own mechanical hysteresis, so for a switch hanging dry below the setpoint is
    enough.
    """
    return below_mm <= (setpoint.mm if switch else setpoint.mm - setpoint.deadband_mm)
