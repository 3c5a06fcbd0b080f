"""From raw samples to readings: the median, the mounting, health, staleness (design 4.2). Pure.

Invariant: no measurement older than its deadline counts; a faulted sensor is neither dry nor wet,
and no number is made of a fault. A depth is never clamped: a negative one is noise round the floor,
or a sensor that was knocked aside, and both must be seen. A mark (suspect) never changes a number
and never takes a vote away.

``echoes``  many frames → one range → a depth under this mounting
``air``     what the temperature of the air does to a range
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf
from typing import Final

from edge.conditioning.air import AIR_ERROR_BORNE_MM, AIR_FRESH_S, air_error_mm
from edge.conditioning.echoes import Mounting as Mounting
from edge.conditioning.echoes import middle_mm, only_value_mm
from edge.events import AirFelt, Echoed, Health, Measured, Reading, SensorFailed

RawEvent = Echoed | Measured | SensorFailed | AirFelt

UNCHANGED_S: Final = 86400.0
"""Not one changed raw value for so long from a sensor that measures: suspect (design 4.2)."""

UNCHANGED: Final = f"not one changed raw value in {UNCHANGED_S / 3600:.0f} h: stuck?"

PAST_FLOOR_FRAMES: Final = 5
"""So many frames in a row that see past the floor are a fault at once.

A wild frame in 100 (domain 1.5) does that once in 10^10 frames, 30 years at ten a second; an
A02YYUW that was knocked aside, ten frames a second, has done it with its first interval.
"""

PAST_FLOOR_S: Final = 1.5
"""With fewer frames the next interval is awaited, but no longer than this: a sensor of one sample a
second, a quarter late (the poller's slack), still has its second look. One that is asked more
seldom has none, and one bad frame makes it faulted until the next."""


@dataclass(frozen=True, slots=True)
class Conditioned:
    """What conditioning remembers of one sensor; seconds are monotonic.

    ``heard_s`` is when it last gave anything usable (or when watching began), ``silence`` why it
    has not since. ``raw_mm`` is the last raw value, before median, air and calibration (minus
    infinity: too near), and ``changed_s`` since when it has been that: None counts from
    ``heard_s``, and what was known before a restart may be put in. ``past_floor`` counts the frames
    in a row that saw past the floor, the first at ``past_floor_s``. ``air_celsius`` was felt at
    ``air_s``.
    """

    heard_s: float
    silence: str = ""
    last: Reading | None = None
    raw_mm: float | None = None
    changed_s: float | None = None
    past_floor: int = 0
    past_floor_s: float = inf
    air_celsius: float | None = None
    air_s: float = -inf


def condition(
    memory: Conditioned, event: RawEvent, now_s: float, mounting: Mounting
) -> tuple[Conditioned, Reading | None]:
    """Judge one raw event.

    Returns:
        The memory, and the reading; None while there is nothing to say of the water: a silent
        sensor still has time until its deadline, a first look past the floor may be a bad frame,
        and the air is not water.
    """
    if isinstance(event, AirFelt):
        return replace(memory, air_celsius=event.celsius, air_s=now_s), None
    if isinstance(event, SensorFailed):
        if event.silent:
            return replace(memory, silence=event.reason), None
        return _remember(memory, _without_opinion(event.sensor_id, Health.FAULTED, event.reason))
    if isinstance(event, Echoed):
        only_mm = only_value_mm(event.ranges_mm, event.too_near)
        last_mm = float(event.ranges_mm[-1]) if event.ranges_mm else -inf
        memory = _watched_for_change(memory, only_mm, last_mm, now_s)
        return _judge_echoes(memory, event, now_s, mounting)
    if event.at_least_mm == event.below_mm:  # a switch does not measure: it may rest for years
        memory = _watched_for_change(memory, event.below_mm, event.below_mm, now_s)
    return _voting(memory, _from_bounds(event, mounting), now_s, mounting)


def overdue(
    memory: Conditioned, sensor_id: str, now_s: float, mounting: Mounting
) -> tuple[Conditioned, Reading | None]:
    """Return the reading of a sensor whose deadline is over.

    Stale if nothing fresh came in time; faulted if it saw past the floor and nothing has spoken
    against it.
    """
    if now_s < stale_s(memory, mounting):
        return memory, None
    if now_s >= memory.past_floor_s + PAST_FLOOR_S:
        reason = "sees past the floor, and nothing better since"
        return _remember(memory, _without_opinion(sensor_id, Health.FAULTED, reason))
    reason = memory.silence or f"nothing fresh for {now_s - memory.heard_s:.1f} s"
    return _remember(memory, _without_opinion(sensor_id, Health.STALE, reason))


def stale_s(memory: Conditioned, mounting: Mounting) -> float:
    """Return when ``overdue`` has something to say; infinity once it is without an opinion."""
    if memory.last is not None and not memory.last.health.votes:
        return inf
    return min(memory.heard_s + mounting.stale_after_s, memory.past_floor_s + PAST_FLOOR_S)


def _remember(memory: Conditioned, reading: Reading) -> tuple[Conditioned, Reading]:
    return replace(memory, last=reading), reading


def _without_opinion(sensor_id: str, health: Health, reason: str) -> Reading:
    return Reading(sensor_id, -inf, inf, health, reason)


def _watched_for_change(
    memory: Conditioned, only_mm: float | None, last_mm: float, now_s: float
) -> Conditioned:
    """Keep since when every raw value has been the same; ``only_mm`` is None if they differ."""
    since_s = memory.heard_s if memory.changed_s is None else memory.changed_s
    if only_mm is None or memory.raw_mm not in (None, only_mm):
        since_s = now_s
    elif memory.raw_mm is not None:
        return memory
    return replace(memory, raw_mm=last_mm, changed_s=since_s)


def _judge_echoes(
    memory: Conditioned, event: Echoed, now_s: float, mounting: Mounting
) -> tuple[Conditioned, Reading | None]:
    """The median of the raw frames, then the air, then the mounting."""
    middle = middle_mm(event.ranges_mm, event.too_near)
    if middle == -inf:
        reason = f"too near: within {mounting.blind_zone_mm:.0f} mm of the sensor's face"
        bound_mm = mounting.too_near_depth_mm
        reading = Reading(event.sensor_id, bound_mm, inf, Health.SUSPECT, reason)
        return _voting(memory, reading, now_s, mounting)
    air_celsius = memory.air_celsius if now_s - memory.air_s <= AIR_FRESH_S else None
    range_mm = mounting.true_range_mm(middle, air_celsius)
    if mounting.past_floor(range_mm):
        frames = sum(
            mounting.past_floor(mounting.true_range_mm(r, air_celsius)) for r in event.ranges_mm
        )
        return _past_floor(memory, event.sensor_id, frames, range_mm, now_s, mounting)
    depth_mm = mounting.height_mm - range_mm
    reading = Reading(event.sensor_id, depth_mm, depth_mm, Health.GOOD)
    if mounting.assumed_air_celsius is not None and air_celsius is None:
        reading = _in_unknown_air(reading, middle, mounting.assumed_air_celsius)
    return _voting(memory, reading, now_s, mounting)


def _past_floor(
    memory: Conditioned,
    sensor_id: str,
    frames: int,
    range_mm: float,
    now_s: float,
    mounting: Mounting,
) -> tuple[Conditioned, Reading | None]:
    """A fault at once if enough frames say so; one or two may be bad, and have to be confirmed."""
    since_s = min(memory.past_floor_s, now_s)
    frames += memory.past_floor
    memory = replace(memory, past_floor=frames, past_floor_s=since_s)
    voted = memory.last is None or memory.last.health.votes
    if voted and frames < PAST_FLOOR_FRAMES and now_s < since_s + PAST_FLOOR_S:
        return memory, None
    reason = f"sees past the floor: {range_mm:.0f} mm, mounted at {mounting.height_mm:.0f} mm"
    return _remember(memory, _without_opinion(sensor_id, Health.FAULTED, reason))


def _in_unknown_air(reading: Reading, range_mm: float, assumed_celsius: float) -> Reading:
    """Mark what the unknown air may have moved too far; its number is the best there is."""
    error_mm = air_error_mm(range_mm, assumed_celsius)
    if error_mm <= AIR_ERROR_BORNE_MM:
        return reading
    reason = f"air temperature unknown: may be out by {error_mm:.0f} mm"
    return replace(reading, health=Health.SUSPECT, reason=reason)


def _from_bounds(event: Measured, mounting: Mounting) -> Reading:
    at_least_mm, below_mm = mounting.bounds_mm(event.at_least_mm, event.below_mm)
    return Reading(event.sensor_id, at_least_mm, below_mm, Health.GOOD)


def _voting(
    memory: Conditioned, reading: Reading, now_s: float, mounting: Mounting
) -> tuple[Conditioned, Reading]:
    """Take a reading that votes: mark what is odd about it, and remember that it came."""
    reading = _unchanged(memory, reading, now_s)
    reading = _rate_gate(memory, reading, now_s, mounting)
    after = Conditioned(
        heard_s=now_s,
        last=reading,
        raw_mm=memory.raw_mm,
        changed_s=memory.changed_s,
        air_celsius=memory.air_celsius,
        air_s=memory.air_s,
    )
    return after, reading


def _unchanged(memory: Conditioned, reading: Reading, now_s: float) -> Reading:
    """Mark a sensor that may be stuck: real water, air and electronics are never quite still."""
    if memory.raw_mm is None or memory.changed_s is None or reading.depth_mm is None:
        return reading  # a switch may rest for years, and "too near" is suspect as it is
    if now_s - memory.changed_s < UNCHANGED_S:
        return reading
    return replace(reading, health=Health.SUSPECT, reason=UNCHANGED)


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
