"""From readings to zones: accepting, voting, telling a rise from a jump (design 4.1, 4.3, 4.4).

Invariant: a fault makes the device more willing to alarm, never less.
"""

from __future__ import annotations

from dataclasses import replace

from edge.events import Health, Reading
from edge.law.levels import Level, Vote, is_clear, vote
from edge.law.policy import Policy
from edge.law.state import SensorState, State

STEP_WINDOW_S = 1.0
"""A step is measured against the last second's readings, so that noise of a few millimetres between
two fast samples is not taken for a jump (A02YYUW sends ten a second; domain 4.1)."""


NOISE_MM = 5.0
"""Two readings of a still surface differ by up to so much: ±3 mm for the best of the ultrasonic
sensors (FloodNet's MB7389, domain 1.5). Without it, water just below ``max_rise_mm_s`` is often a
jump."""


SILENCE_BELIEVED_S = 10.0
"""A sensor that has been silent or faulted for so long says "dry" no more (design 4.10's on-delay).
A figure of its own: no setting may hold 119 back."""


def accept(sensor: SensorState, reading: Reading, now_s: float, policy: Policy) -> SensorState:
    """Return the sensor's state after a reading, with its rise and its clear times kept up."""
    wet_before = sensor.at_least_mm >= policy.alert.mm
    doubted = sensor.doubted or (wet_before and _lost(reading))
    fell_too_fast = _fell_too_fast(sensor, reading, now_s, policy)
    good = reading.health is Health.GOOD or (reading.health.votes and not doubted)
    steps, recent = _climb(sensor, reading, now_s, policy)
    switch = policy.sensors[reading.sensor_id].switch

    def clear_since(level: Level, before: float | None) -> float | None:
        if not good or not is_clear(reading.below_mm, policy.setpoint(level), switch=switch):
            return None
        if before is None or (doubted and fell_too_fast):
            return now_s
        return before

    return SensorState(
        at_least_mm=reading.at_least_mm,
        below_mm=reading.below_mm,
        health=reading.health,
        reason=reading.reason,
        read_s=now_s,
        steps=steps,
        recent=recent,
        clear_alert_s=clear_since(Level.ALERT, sensor.clear_alert_s),
        clear_danger_s=clear_since(Level.DANGER, sensor.clear_danger_s),
        doubted=doubted,
    )


def _lost(reading: Reading) -> bool:
    """Whether a sensor that was wet went silent, faulted or too near."""
    too_near = reading.health is Health.SUSPECT and reading.below_mm > reading.at_least_mm
    return too_near or not reading.health.votes


def _fell_too_fast(sensor: SensorState, reading: Reading, now_s: float, policy: Policy) -> bool:
    if sensor.at_least_mm == -float("inf") or reading.depth_mm is None:
        return False
    return sensor.at_least_mm - reading.depth_mm > policy.max_rise_mm_s * (now_s - sensor.read_s)


def _climb(
    sensor: SensorState, reading: Reading, now_s: float, policy: Policy
) -> tuple[tuple[tuple[float, float], ...], tuple[tuple[float, float], ...]]:
    """Return the steps of the rise and the recent readings after a reading.

    A step up counts if some reading of the last second (or the last one, if it is older) explains
    it at no more than ``max_rise_mm_s``. Anything faster is a jump: the way to it was not seen, and
    the history begins anew.
    """
    depth_mm = reading.depth_mm
    if depth_mm is None or not reading.health.votes:
        return (), ()
    recent = sensor.recent
    # What was left again faster than water falls explains nothing that comes later: a cat's first
    # visit does not make its second one a rise. A wave's crest, which is lower, still does.
    crest_mm = depth_mm + policy.max_rise_mm_s * STEP_WINDOW_S
    kept = (
        *(r for r in recent if now_s - r[0] <= STEP_WINDOW_S and r[1] <= crest_mm),
        (now_s, depth_mm),
    )
    if not recent:
        return ((now_s, depth_mm),), kept
    known = kept[:-1] or recent[-1:]
    believable = any(
        depth_mm - mm <= policy.max_rise_mm_s * (now_s - at_s) + NOISE_MM for at_s, mm in known
    )
    if not believable:
        return ((now_s, depth_mm),), ((now_s, depth_mm),)
    steps = tuple(s for s in sensor.steps if s[1] <= depth_mm + policy.alert.deadband_mm)
    if not steps or depth_mm > steps[-1][1]:
        steps = (*steps, (now_s, depth_mm))[-3:]
    return steps, kept


def sensor_vote(sensor: SensorState, setpoint_mm: float) -> Vote:
    """Return one sensor's opinion; a faulted or stale one has none."""
    if not sensor.health.votes:
        return Vote.UNKNOWN
    return vote(sensor.at_least_mm, sensor.below_mm, setpoint_mm)


def zone_vote(
    state: State, zone: str, level: Level, policy: Policy
) -> tuple[Vote, tuple[str, ...]]:
    """Return a zone's opinion on a level, and which sensors are wet.

    MooN among the sensors with an opinion; when faults leave fewer than M, M sinks to what is left.
    Contacts on one cable count as one.
    """
    setpoint_mm = policy.setpoint(level).mm
    wet: list[str] = []
    dry = 0
    for sensor_id in policy.zones[zone].sensors:
        sensor = state.sensors.get(sensor_id)
        opinion = sensor_vote(sensor, setpoint_mm) if sensor else Vote.UNKNOWN
        if opinion is Vote.WET:
            wet.append(sensor_id)
        elif opinion is Vote.DRY:
            dry += 1
    independent = _independent(wet, policy)
    needed = min(policy.zones[zone].needed, independent + dry)
    if wet and independent >= needed:
        return Vote.WET, tuple(wet)
    if dry:
        return Vote.DRY, tuple(wet)
    return Vote.UNKNOWN, tuple(wet)


def _independent(wet: list[str], policy: Policy) -> int:
    """How many of these sensors are independent: those on one cable count once."""
    cables = {policy.sensors[name].cable or name for name in wet if name in policy.sensors}
    return len(cables)


def corroborated(state: State, wet: tuple[str, ...], policy: Policy) -> str | None:
    """Return another healthy sensor that is wet at alert or at its own height, if any."""
    witness = wet[0]
    cable = policy.sensors[witness].cable
    for sensor_id, sensor in state.sensors.items():
        mine = policy.sensors[sensor_id]
        if sensor_id == witness or not sensor.health.votes or (cable and mine.cable == cable):
            continue
        height_mm = mine.height_mm if mine.height_mm is not None else policy.alert.mm
        if sensor.at_least_mm >= min(height_mm, policy.alert.mm) > 0 or (
            mine.switch and sensor.at_least_mm >= height_mm
        ):
            return sensor_id
    return None


def contradicted(state: State, wet: tuple[str, ...], now_s: float, policy: Policy) -> bool:
    """Whether only a two-wire contact is wet while another sensor sees no water.

    A two-wire contact cannot tell water from a cut or a short (design 4.4): alone it sounds and
    tells people, but does not call 119 against the word of a sensor that can. A sensor that has not
    spoken since the start may yet say "dry", and one that has just failed said so a moment ago:
    both count until their silence has stood for a while.
    """
    if not only_contacts(wet, policy):
        return False
    return any(
        _may_say_dry(state, name, now_s, policy)
        for name, sensor in policy.sensors.items()
        if name not in wet and not sensor.two_wire
    )


def only_contacts(wet: tuple[str, ...], policy: Policy) -> bool:
    """Whether these are two-wire contacts that count as one."""
    contacts = all(policy.sensors[name].two_wire for name in wet if name in policy.sensors)
    return contacts and _independent(list(wet), policy) <= 1


def _may_say_dry(state: State, name: str, now_s: float, policy: Policy) -> bool:
    sensor = state.sensors.get(name)
    if sensor is None:
        return now_s < state.started_s + SILENCE_BELIEVED_S
    if not sensor.health.votes:
        return now_s < (sensor.lost_s or 0.0) + SILENCE_BELIEVED_S
    return sensor_vote(sensor, policy.alert.mm) is Vote.DRY


def unread(sensor: SensorState, health: Health, reason: str, now_s: float) -> SensorState:
    """Return the sensor's state after it went silent or faulted: no opinion, never clear."""
    wet_before = sensor.at_least_mm > 0 and sensor.health.votes
    lost_s = now_s if sensor.health.votes or sensor.lost_s is None else sensor.lost_s
    return replace(
        sensor,
        at_least_mm=-float("inf"),
        below_mm=float("inf"),
        health=health,
        reason=reason,
        clear_alert_s=None,
        clear_danger_s=None,
        steps=(),
        recent=(),
        doubted=sensor.doubted or wet_before,
        lost_s=lost_s,
    )
