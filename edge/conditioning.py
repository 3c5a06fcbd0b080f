"""From raw samples to readings: the median, the mounting, health, staleness (design 4.2). Pure.

Invariant: no measurement older than its deadline counts; a faulted sensor is neither dry nor wet,
and no number is made of a fault. A depth is never clamped: a negative one is noise round the floor,
or a sensor that was knocked aside, and both must be seen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf

from edge.events import Echoed, Health, Measured, Reading, SensorFailed


@dataclass(frozen=True, slots=True)
class Mounting:
    """How a sensor hangs in the home; millimetres and seconds.

    ``height_mm`` is the height of the sensor's face above the floor and ``blind_zone_mm`` the
    nearest range it can measure; both are 0 for a sensor that knows a depth by itself. Calibration
    corrects what the sensor measures, a range or a depth: ``scale`` × measured + ``offset_mm``.
    """

    height_mm: float = 0.0
    blind_zone_mm: float = 0.0
    floor_tolerance_mm: float = 30.0
    offset_mm: float = 0.0
    scale: float = 1.0
    stale_after_s: float = 5.0
    max_rise_mm_s: float = 50.0


@dataclass(frozen=True, slots=True)
class Conditioned:
    """What conditioning remembers of one sensor.

    ``heard_s`` is when it last gave anything usable (or when watching began), ``silence`` why it
    has not since.
    """

    heard_s: float
    silence: str = ""
    last: Reading | None = None


def condition(
    memory: Conditioned, event: Echoed | Measured | SensorFailed, now_s: float, mounting: Mounting
) -> tuple[Conditioned, Reading | None]:
    """Judge one raw event.

    Returns:
        The memory, and the reading; None while a silent sensor still has time until its deadline.
    """
    if isinstance(event, SensorFailed):
        if event.silent:
            return replace(memory, silence=event.reason), None
        return _remember(memory, _without_opinion(event.sensor_id, Health.FAULTED, event.reason))
    if isinstance(event, Echoed):
        reading = _from_echoes(event, mounting)
    else:
        reading = _from_bounds(event, mounting)
    if not reading.health.votes:
        return _remember(memory, reading)
    reading = _rate_gate(memory, reading, now_s, mounting)
    return Conditioned(heard_s=now_s, last=reading), reading


def overdue(
    memory: Conditioned, sensor_id: str, now_s: float, mounting: Mounting
) -> tuple[Conditioned, Reading | None]:
    """Return the stale reading of a sensor from which nothing fresh came by its deadline."""
    if now_s < stale_s(memory, mounting):
        return memory, None
    reason = memory.silence or f"nothing fresh for {now_s - memory.heard_s:.1f} s"
    return _remember(memory, _without_opinion(sensor_id, Health.STALE, reason))


def stale_s(memory: Conditioned, mounting: Mounting) -> float:
    """Return when the sensor goes stale; infinity once it is without an opinion."""
    if memory.last is not None and not memory.last.health.votes:
        return inf
    return memory.heard_s + mounting.stale_after_s


def _remember(memory: Conditioned, reading: Reading) -> tuple[Conditioned, Reading]:
    return replace(memory, last=reading), reading


def _without_opinion(sensor_id: str, health: Health, reason: str) -> Reading:
    return Reading(sensor_id, -inf, inf, health, reason)


def _from_echoes(event: Echoed, mounting: Mounting) -> Reading:
    """Median of the raw frames, then the mounting.

    Source: 1 ultrasonic reading in 100 is bad; a median over a few removes them (domain 1.5).
    """
    range_mm = _median(event.ranges_mm, event.too_near)
    if range_mm == -inf:
        return Reading(
            event.sensor_id,
            mounting.height_mm - mounting.blind_zone_mm,
            inf,
            Health.SUSPECT,
            f"too near: within {mounting.blind_zone_mm:.0f} mm of the sensor's face",
        )
    range_mm = mounting.scale * range_mm + mounting.offset_mm
    if range_mm > mounting.height_mm + mounting.floor_tolerance_mm:
        return _without_opinion(
            event.sensor_id,
            Health.FAULTED,
            f"sees past the floor: {range_mm:.0f} mm, mounted at {mounting.height_mm:.0f} mm",
        )
    depth_mm = mounting.height_mm - range_mm
    return Reading(event.sensor_id, depth_mm, depth_mm, Health.GOOD)


def _median(ranges_mm: tuple[int, ...], too_near: int) -> float:
    """The median, with "too near" below every number; minus infinity when that is the middle."""
    ordered = [-inf] * too_near + sorted(float(r) for r in ranges_mm)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def _from_bounds(event: Measured, mounting: Mounting) -> Reading:
    def corrected(mm: float) -> float:
        return mounting.scale * mm + mounting.offset_mm if abs(mm) != inf else mm

    if event.at_least_mm == event.below_mm:
        depth_mm = corrected(event.at_least_mm)
        return Reading(event.sensor_id, depth_mm, depth_mm, Health.GOOD)
    return Reading(event.sensor_id, event.at_least_mm, event.below_mm, Health.GOOD)


def _rate_gate(memory: Conditioned, reading: Reading, now_s: float, mounting: Mounting) -> Reading:
    """Mark, and never discard, what rose faster than water does (design 4.2)."""
    last = memory.last
    if last is None or last.depth_mm is None or reading.depth_mm is None:
        return reading
    rose_mm = reading.depth_mm - last.depth_mm
    within_s = max(now_s - memory.heard_s, 1.0)  # a second's noise is not a rate
    if rose_mm <= mounting.max_rise_mm_s * within_s:
        return reading
    return replace(
        reading, health=Health.SUSPECT, reason=f"rose {rose_mm:.0f} mm within {within_s:.1f} s"
    )
