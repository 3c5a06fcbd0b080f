"""The timetable of one simulated device-year: what happens to a home, and when. Plain data.

Owns what a year is made of; ``happenings`` draws one. What becomes of it is the engine's: a killed
device comes back after ``down_s``, a deed is put into the inbox, a spell is what a simulated port
does from ``begins_s`` to ``ends_s``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from edge.events import BellPressed, Handled
from tests.world.homes import Home
from tests.world.sensors import YEAR_S, Fault, Probe
from tests.world.water import Course, Disturbance


class ModemKind(StrEnum):
    """What the modem does during a spell."""

    BUSY = "busy"  # a call, or the network's congestion: ERROR now, good in a while
    NO_NETWORK = "no network"  # not registered, for hours
    SWALLOWED = "swallowed answers"  # it sends, and says nothing after Ctrl-Z
    ERRORS = "errors"  # +CMS ERROR to everything
    PORT_GONE = "port gone"  # the USB device has vanished
    SLOW = "slow"  # answers within 5 s to 60 s


class BrokerKind(StrEnum):
    """What the broker does during a spell."""

    GONE = "gone"
    DEAF = "deaf"  # connected, and no PUBACK comes


class DiskKind(StrEnum):
    """What the disk does during a spell."""

    SLOW = "slow"  # every commit takes seconds
    FULL = "full"
    DEAD = "dead"  # read and write errors


@dataclass(frozen=True, slots=True)
class Spell:
    """One port behaves in one way for a while."""

    kind: ModemKind | BrokerKind | DiskKind
    begins_s: float
    ends_s: float


@dataclass(frozen=True, slots=True)
class Flood:
    """One water event: its course at the lowest floor, and in each zone that it reaches."""

    course: Course
    zones: Mapping[str, Course]

    @property
    def begins_s(self) -> float:
        """When the first floor gets wet."""
        return self.course.begins_s

    @property
    def ends_s(self) -> float:
        """When the last floor is dry."""
        return self.course.ends_s


@dataclass(frozen=True, slots=True)
class Deed:
    """A person does something."""

    at_s: float
    event: Handled | BellPressed


@dataclass(frozen=True, slots=True)
class Kill:
    """The process is killed, and started again after ``down_s`` in the same boot."""

    at_s: float
    down_s: float


@dataclass(frozen=True, slots=True)
class PowerCut:
    """Mains and battery are gone for ``off_s``; then the device boots."""

    at_s: float
    off_s: float


@dataclass(frozen=True, slots=True)
class ClockJump:
    """Wall-clock time jumps; monotonic time does not."""

    at_s: float
    by_s: float


@dataclass(frozen=True, slots=True)
class Year:
    """A device-year: one home, and all that happens to it from 0 s to ``length_s``.

    Every tuple is sorted by its beginning. Floods do not overlap, nor do two faults of one sensor,
    two spells of one port, or the times in which the device is not running.
    """

    seed: int
    home: Home
    armed: bool
    floods: tuple[Flood, ...] = ()
    disturbances: tuple[Disturbance, ...] = ()
    faults: tuple[Fault, ...] = ()
    deeds: tuple[Deed, ...] = ()
    modem: tuple[Spell, ...] = ()
    broker: tuple[Spell, ...] = ()
    disk: tuple[Spell, ...] = ()
    kills: tuple[Kill, ...] = ()
    power_cuts: tuple[PowerCut, ...] = ()
    clock_jumps: tuple[ClockJump, ...] = ()
    length_s: float = YEAR_S

    def probes(self) -> dict[str, Probe]:
        """Return the home's sensors, new, with their faults; each has a seed of its own."""
        return {
            name: Probe(name, fitting, Random(f"{self.seed}/{name}"), self.faults)
            for name, fitting in self.home.fittings.items()
        }

    def depth_mm(self, zone: str, t_s: float) -> float:
        """Return the true depth above a zone's floor."""
        for flood in self.floods:
            if flood.begins_s <= t_s <= flood.ends_s and zone in flood.zones:
                return flood.zones[zone].depth_mm(t_s)
        return 0.0

    def seen_mm(self, sensor: str, t_s: float) -> float:
        """Return the depth that is under a sensor, or that a disturbance makes it see."""
        seen_mm = self.depth_mm(self.home.fittings[sensor].zone, t_s)
        for disturbance in self.disturbances:
            if sensor in disturbance.sensors and disturbance.begins_s <= t_s < disturbance.ends_s:
                seen_mm = max(seen_mm, disturbance.sees_mm(t_s))
        return seen_mm

    def corners(self) -> tuple[float, ...]:
        """Return every second at which anything begins, changes or ends, sorted."""
        return tuple(sorted(set(self._corners())))

    def _corners(self) -> Iterator[float]:
        for flood in self.floods:
            for course in flood.zones.values():
                yield from course.corners()
        for disturbance in self.disturbances:
            yield from disturbance.corners()
        lasting: tuple[Fault | Spell, ...] = (*self.faults, *self.modem, *self.broker, *self.disk)
        for each in lasting:
            yield each.begins_s
            yield each.ends_s
        yield from (deed.at_s for deed in self.deeds)
        yield from (jump.at_s for jump in self.clock_jumps)
        for kill in self.kills:
            yield kill.at_s
            yield kill.at_s + kill.down_s
        for cut in self.power_cuts:
            yield cut.at_s
            yield cut.at_s + cut.off_s
