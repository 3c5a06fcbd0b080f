"""How the sensors of a simulated home fail: the kinds, and one fault with its time.

Owns the names and what can be told from them. Invariant: a fault belongs to one sensor, and its
kind is one that such a sensor can have (``FAULTS_OF``). What it makes the sensor say is in
``sensors``.

Sources: the fault catalogue of design 4.2; a normally closed contact reads a cut wire as water
(domain 4.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The physics of a sensor."""

    ULTRASONIC = "ultrasonic"
    FLOAT = "float switch"
    PRESSURE = "pressure level"


class FaultKind(StrEnum):
    """How a sensor fails."""

    UNPLUGGED = "unplugged"  # nothing comes: a cable, a port, its 5 V
    FAULTED = "faulted"  # no echo; loop current outside its range
    STUCK = "stuck"  # the same raw value for ever; a float: as it stands
    WILD = "wild"  # moisture in the housing: echoes from anywhere
    TOO_NEAR = "too near"  # something sits on the face
    KNOCKED = "knocked aside"  # looks past the floor, ``amount_mm`` farther
    NOISE = "noise burst"  # ± ``amount_mm``, and every fifth frame is bad
    DRIFT = "drift"  # error growing to ``amount_mm``
    CUT = "cut wire"  # a normally closed contact reads it as water
    SHORT = "short"  # and a short as dry
    STUCK_WET = "stuck wet"
    STUCK_DRY = "stuck dry"


FAULTS_OF: dict[Kind, tuple[FaultKind, ...]] = {
    Kind.ULTRASONIC: (
        FaultKind.UNPLUGGED,
        FaultKind.FAULTED,
        FaultKind.STUCK,
        FaultKind.WILD,
        FaultKind.TOO_NEAR,
        FaultKind.KNOCKED,
        FaultKind.NOISE,
        FaultKind.DRIFT,
    ),
    Kind.FLOAT: (FaultKind.CUT, FaultKind.SHORT, FaultKind.STUCK_WET, FaultKind.STUCK_DRY),
    Kind.PRESSURE: (FaultKind.UNPLUGGED, FaultKind.FAULTED, FaultKind.STUCK, FaultKind.DRIFT),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of one sensor, from ``begins_s`` until ``ends_s``."""

    kind: FaultKind
    sensor: str
    begins_s: float
    ends_s: float
    amount_mm: float = 0.0

    @property
    def plain(self) -> bool:
        """Whether the device can know of it at once, from this sensor alone (design 4.2)."""
        if self.kind is FaultKind.KNOCKED:
            return self.amount_mm > 40.0  # floor tolerance, noise and drift
        return self.kind in (FaultKind.UNPLUGGED, FaultKind.FAULTED)

    @property
    def reads_wet(self) -> bool:
        """Whether it can look like water on a dry floor."""
        return self.kind in (
            FaultKind.CUT,
            FaultKind.STUCK_WET,
            FaultKind.TOO_NEAR,
            FaultKind.WILD,
            FaultKind.NOISE,
        )
