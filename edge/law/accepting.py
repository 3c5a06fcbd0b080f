"""Accepting a reading: what a sensor's state remembers of it (design 4.2, 4.4).

Owns the difference between a rise and a jump, since when a sensor has read clear, whether it is to
be believed when it does, and what outlives its loss. Leaves to ``voting`` what follows from it.
"""

from __future__ import annotations

from dataclasses import replace

from edge.events import Health, Reading
from edge.law.levels import Level, is_clear
from edge.law.policy import Policy
from edge.law.state import INF, SensorState

STEP_WINDOW_S = 1.0
"""A step is measured against the last second's readings, so that noise of a few millimetres between
two fast samples is not taken for a jump (A02YYUW sends ten a second; domain 4.1)."""


NOISE_MM = 5.0
"""Two readings of a still surface differ by up to so much: ±3 mm for the best of the ultrasonic
sensors (FloodNet's MB7389, domain 1.5). Without it, water just below ``max_rise_mm_s`` is often a
jump."""


LONGEST_GAP_S = 2.0
"""A gap between two readings explains no more than so long a rise: after missed samples a cat would
otherwise be 200 mm of water that nobody saw coming."""

TRAIL_EVERY_S = 10.0
TRAIL_S = 60.0
"""Over so long it is told whether water was falling when its sensor was lost (design 4.3)."""


DEEP_MM = 100.0
"""The last accepted depth from which a blind zone counts as danger (design 4.3)."""

_Points = tuple[tuple[float, float], ...]


def accept(sensor: SensorState, reading: Reading, now_s: float, policy: Policy) -> SensorState:
    """Return the sensor's state after a reading, with its rise and its clear times kept up."""
    wet_before = sensor.at_least_mm >= policy.alert.mm
    doubted = sensor.doubted or (wet_before and _lost(reading))
    fell_too_fast = _fell_too_fast(sensor, reading, now_s, policy)
    good = reading.health is Health.GOOD or (reading.health.votes and not doubted)
    steps, recent, jumped_s = _climb(sensor, reading, now_s, policy)
    switch = policy.sensors[reading.sensor_id].switch

    def clear_since(level: Level, before: float | None) -> float | None:
        if not good or not is_clear(reading.below_mm, policy.setpoint(level), switch=switch):
            return None
        if before is None or (doubted and fell_too_fast):
            return now_s
        return before

    said_mm = None if reading.at_least_mm == -INF else reading.at_least_mm
    same = said_mm == sensor.last_mm and sensor.changed_s is not None
    wet = said_mm is not None and (switch or said_mm >= policy.alert.mm)
    return SensorState(
        at_least_mm=reading.at_least_mm,
        below_mm=reading.below_mm,
        health=reading.health,
        reason=reading.reason,
        read_s=now_s,
        steps=steps,
        recent=recent,
        jumped_s=jumped_s,
        clear_alert_s=clear_since(Level.ALERT, sensor.clear_alert_s),
        clear_danger_s=clear_since(Level.DANGER, sensor.clear_danger_s),
        doubted=doubted,
        last_mm=said_mm,
        trail=_trail(sensor.trail, said_mm, now_s),
        changed_s=sensor.changed_s if same else now_s,
        wet_s=now_s if wet or sensor.wet_s is None else sensor.wet_s,
        proven=wet or sensor.proven,
    )


def _trail(trail: _Points, said_mm: float | None, now_s: float) -> _Points:
    """Keep a depth every so often, of the last minute."""
    if said_mm is None:
        return ()
    if trail and now_s < trail[-1][0] + TRAIL_EVERY_S:
        return trail
    return (*(one for one in trail if now_s - one[0] <= TRAIL_S), (now_s, said_mm))


def falling(sensor: SensorState) -> bool:
    """Whether the water stood lower in the last of a minute than in the first, by more than noise.

    Waves go up and down between two looks, so that the last three must all lie below the first
    three; of fewer looks, the last half below the first. What fell and came back is not falling.
    """
    looks_mm = [mm for at_s, mm in sensor.trail if at_s < sensor.read_s]
    looks_mm.append(sensor.last_mm or 0.0)
    few = min(3, len(looks_mm) // 2)
    return few > 0 and max(looks_mm[-few:]) < min(looks_mm[:few]) - NOISE_MM


def seen_deep(sensor: SensorState, now_s: float) -> bool:
    """Whether deep water was seen coming, or standing for a while: one wild reading is no flood.

    Of a lost sensor: whether it had been seen so when it was lost.
    """
    if not sensor.health.votes:
        return sensor.deep
    if (sensor.last_mm or 0.0) < DEEP_MM:
        return False
    stood = any(now_s - at_s >= TRAIL_EVERY_S and mm >= DEEP_MM for at_s, mm in sensor.trail)
    return sensor.rising or stood


def _lost(reading: Reading) -> bool:
    """Whether a sensor that was wet went silent, faulted or too near."""
    too_near = reading.health is Health.SUSPECT and reading.below_mm > reading.at_least_mm
    return too_near or not reading.health.votes


def _fell_too_fast(sensor: SensorState, reading: Reading, now_s: float, policy: Policy) -> bool:
    if sensor.at_least_mm == -INF or reading.depth_mm is None:
        return False
    return sensor.at_least_mm - reading.depth_mm > policy.max_rise_mm_s * (now_s - sensor.read_s)


def _climb(
    sensor: SensorState, reading: Reading, now_s: float, policy: Policy
) -> tuple[_Points, _Points, float | None]:
    """Return the steps of the rise, the recent readings, and when it jumped, after a reading.

    A step up counts if some reading of the last second (or the last one, if it is older) explains
    it at no more than ``max_rise_mm_s``, and if it is more than noise. Anything faster is a jump:
    the way to it was not seen. What moves on from there is no rise either until the corroboration
    delay is over: a cat that walks in and then stretches has not been seen rising.
    """
    depth_mm = reading.depth_mm
    if depth_mm is None or not reading.health.votes:
        return (), (), None
    recent = sensor.recent
    # What was left again faster than water falls explains nothing that comes later: a cat's first
    # visit does not make its second one a rise. A wave's crest, which is lower, still does.
    crest_mm = depth_mm + policy.max_rise_mm_s * STEP_WINDOW_S
    kept = (
        *(r for r in recent if now_s - r[0] <= STEP_WINDOW_S and r[1] <= crest_mm),
        (now_s, depth_mm),
    )
    if not recent:
        wet = depth_mm >= policy.alert.mm  # at start there is no history: nobody saw it come
        return (() if wet else ((now_s, depth_mm),)), kept, now_s if wet else None
    known = kept[:-1] or recent[-1:]
    believable = any(
        depth_mm - mm <= policy.max_rise_mm_s * min(now_s - at_s, LONGEST_GAP_S) + NOISE_MM
        for at_s, mm in known
    )
    if not believable:
        return (), ((now_s, depth_mm),), now_s
    if _still_doubted(sensor, depth_mm, now_s, policy):
        return (), kept, sensor.jumped_s
    steps = tuple(s for s in sensor.steps if s[1] <= depth_mm + policy.alert.deadband_mm)
    if not steps or depth_mm > steps[-1][1] + NOISE_MM:
        steps = (*steps, (now_s, depth_mm))[-3:]
    return steps, kept, None


def _still_doubted(sensor: SensorState, depth_mm: float, now_s: float, policy: Policy) -> bool:
    """Whether what a sensor jumped to may still turn out to be no water."""
    if sensor.jumped_s is None or depth_mm < policy.alert.mm - policy.alert.deadband_mm:
        return False
    return now_s < sensor.jumped_s + policy.uncorroborated_delay_s


def unread(sensor: SensorState, health: Health, reason: str, now_s: float) -> SensorState:
    """Return the sensor's state after it went silent or faulted: no opinion, never clear."""
    wet_before = sensor.at_least_mm > 0 and sensor.health.votes
    lost_s = now_s if sensor.health.votes or sensor.lost_s is None else sensor.lost_s
    return replace(
        sensor,
        at_least_mm=-INF,
        below_mm=INF,
        health=health,
        reason=reason,
        clear_alert_s=None,
        clear_danger_s=None,
        steps=(),
        recent=(),
        jumped_s=None,
        deep=seen_deep(sensor, now_s),
        doubted=sensor.doubted or wet_before,
        lost_s=lost_s,
    )
