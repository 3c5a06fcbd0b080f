"""What cannot be at the same time, and what the law does not promise to withstand together.

Invariant: nothing is moved or made up here; what does not fit is left out, the later one first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol, TypeVar

from tests.world.homes import Home
from tests.world.sensors import Fault, FaultKind, Kind
from tests.world.timetable import Kill, PowerCut
from tests.world.water import ALERT_MM, Disturbance

BESIDE_S: Final = 60.0
"""Closer than this is together: a sensor's doubts and a resumed delay last no longer (design
4.11)."""


class Lasting(Protocol):
    """Anything with a beginning and an end."""

    @property
    def begins_s(self) -> float:
        """When it begins."""
        ...

    @property
    def ends_s(self) -> float:
        """When it is over."""
        ...


Some = TypeVar("Some", bound=Lasting)


def one_at_a_time(some: Iterable[Some], of: Callable[[Some], object]) -> tuple[Some, ...]:
    """Return those that begin after the last one of the same thing has ended, sorted."""
    ended_s: dict[object, float] = {}
    kept: list[Some] = []
    for each in sorted(some, key=lambda e: e.begins_s):
        if each.begins_s > ended_s.get(of(each), -1.0):
            ended_s[of(each)] = each.ends_s
            kept.append(each)
    return tuple(kept)


def one_stop_at_a_time(stops: Iterable[Kill | PowerCut]) -> tuple[Kill | PowerCut, ...]:
    """Return the stops that find a running device, sorted."""
    kept: list[Kill | PowerCut] = []
    back_s = -1.0
    for stop in sorted(stops, key=lambda s: s.at_s):
        if stop.at_s > back_s:
            kept.append(stop)
            back_s = stop.at_s + (stop.down_s if isinstance(stop, Kill) else stop.off_s)
    return tuple(kept)


def alone(some: Iterable[Disturbance]) -> list[Disturbance]:
    """Return those that show no more than a film, and of the tall ones those far from another."""
    kept = [d for d in some if not d.longest_s(ALERT_MM)]
    ended_s = -BESIDE_S
    for each in sorted((d for d in some if d.longest_s(ALERT_MM)), key=lambda d: d.begins_s):
        if each.begins_s > ended_s + BESIDE_S:
            kept.append(each)
            ended_s = each.ends_s
    return kept


def withstood(
    faults: Sequence[Fault], shown: Sequence[Disturbance], home: Home, longest_s: float
) -> list[Fault]:
    """Return the faults that call nobody on a dry floor, by what design 4.4 says.

    Left out are: echoes from anywhere; something on a sensor's face for longer than ``longest_s``;
    a fault that reads wet with no other working full sensor in the home, or beside another one, or
    beside something tall under any sensor; a fault of the very sensor that something tall is under.
    """
    tall = [d for d in shown if d.longest_s(ALERT_MM)]
    kept: list[Fault] = []
    for fault in sorted(faults, key=lambda f: f.begins_s):
        others = [other for other in kept if _meet(fault, other)]
        beside = [d for d in tall if _meet(fault, d)]
        if _stands_alone(fault, beside, longest_s) and _has_witness(fault, others, home):
            kept.append(fault)
    return kept


def _stands_alone(fault: Fault, beside: Sequence[Disturbance], longest_s: float) -> bool:
    if fault.kind is FaultKind.WILD:
        return False
    if fault.kind is FaultKind.TOO_NEAR and fault.ends_s - fault.begins_s > longest_s:
        return False
    return not any(fault.reads_wet or fault.sensor in d.sensors for d in beside)


def _has_witness(fault: Fault, others: Sequence[Fault], home: Home) -> bool:
    """Whether a full sensor says "dry" while any of these faults reads wet."""
    wet = [f for f in (fault, *others) if f.reads_wet]
    if not wet:
        return True
    lost = {f.sensor for f in (fault, *others)}
    return len(wet) == 1 and bool(set(home.of_kind(Kind.ULTRASONIC, Kind.PRESSURE)) - lost)


def _meet(one: Lasting, other: Lasting) -> bool:
    return one.begins_s < other.ends_s + BESIDE_S and other.begins_s < one.ends_s + BESIDE_S
