"""What a sensor driver returns: facts about the water or the echo, never an opinion on them.

A driver that knows a depth (a float switch, a pressure probe) returns a ``Measurement``. An
ultrasonic driver sees only distances from its face, and returns ``Echoes``: the mounting is
knowledge of the site, so conditioning turns them into a depth, never the driver. A fault is an
exception, never a number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from drivers.sensors.trace import Trace


@dataclass(frozen=True, slots=True)
class Measurement:
    """Bounds on the depth of the water above the floor at the sensor, in millimetres.

    Both equal for a sensor that measures. A switch that is wet knows only ``at_least_mm``
    (``below_mm`` is infinity); one that is dry knows only ``below_mm`` (``at_least_mm`` is minus
    infinity: it says nothing about zero).
    """

    at_least_mm: float
    below_mm: float


@dataclass(frozen=True, slots=True)
class Echoes:
    """What an ultrasonic sensor heard since it was last read, oldest first.

    ``ranges_mm`` are valid frames: distance from the sensor's face to the target, checksum right,
    inside the sensor's own range. A frame below the range is counted in ``too_near`` (it is a bound
    on the depth, not a fault). Never both empty: a driver that heard nothing raises.
    """

    ranges_mm: tuple[int, ...]
    too_near: int = 0


Sample = Measurement | Echoes


class Sensor(Protocol):
    """The contract every sensor driver keeps.

    ``talks`` is True for a sensor that sends frames by itself: ``read`` then blocks until at least
    one frame is there and returns everything heard since. Otherwise ``read`` asks the hardware now.
    ``trace`` holds what was heard last, for a technician's eyes.
    """

    talks: bool
    trace: Trace

    def read(self) -> Sample:
        """Return a sample or raise a ``DriverError`` within the driver's time-out (at most 5 s).

        "I cannot measure" (``OutOfRange``, ``BadFrame``) is believed at once, so a driver raises it
        only after more than one frame: one in 100 is bad.
        """

    def close(self) -> None:
        """Release the port; safe to call twice, never raises."""
