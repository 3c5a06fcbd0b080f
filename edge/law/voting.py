"""From sensors to zones: opinions, votes, blindness, who confirms whom (design 4.1, 4.3, 4.4).

Invariant: a fault makes the device more willing to alarm, never less.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from edge.law.accepting import NOISE_MM
from edge.law.levels import Level, Vote, vote
from edge.law.policy import Policy
from edge.law.state import INF, SensorState, State

UNCHANGED_S = 86400.0
"""A sensor that has said the very same for so long may be stuck (design 4.2, 4.3)."""

AT_ONCE_S = 1.0
"""Contacts at one height that turn wet within so long do so by one short, or one sample."""

SILENCE_BELIEVED_S = 10.0
"""A sensor that has been silent or faulted for so long says "dry" no more (design 4.10's on-delay).
A figure of its own: no setting may hold 119 back."""


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
    Sensors that say "dry" and have not changed for a day outvote nobody (see ``is_lone``).
    """
    wet, dry = _opinions(state, zone, level, policy)
    independent = _independent(wet, state, policy)
    alive = sum(not unchanged(state.sensors[name]) for name in dry)
    if wet and independent >= min(policy.zones[zone].needed, independent + alive):
        return Vote.WET, wet
    if wet and independent + _lost_wet(state, zone, level, policy) >= policy.zones[zone].needed:
        return Vote.UNKNOWN, wet  # a fault makes the device more willing, never less
    return Vote.DRY if dry else Vote.UNKNOWN, wet


def _lost_wet(state: State, zone: str, level: Level, policy: Policy) -> int:
    """How many of a zone's sensors were wet at a level when they were lost."""
    sensors = (state.sensors.get(name) for name in policy.zones[zone].sensors)
    return sum(
        s is not None
        and not s.health.votes
        and s.doubted
        and (s.last_mm or 0.0) >= policy.setpoint(level).mm
        for s in sensors
    )


def is_lone(state: State, zone: str, level: Level, policy: Policy) -> bool:
    """Whether a wet zone is so only because the sensors against it have not changed for a day.

    Such a vote waits for ``uncorroborated_delay_s`` and raises a discrepancy (design 4.3).
    """
    wet, dry = _opinions(state, zone, level, policy)
    independent = _independent(wet, state, policy)
    return bool(wet) and independent < min(policy.zones[zone].needed, independent + len(dry))


def _opinions(
    state: State, zone: str, level: Level, policy: Policy
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Which sensors of a zone are wet and which are dry at a level."""
    setpoint_mm = policy.setpoint(level).mm
    wet: list[str] = []
    dry: list[str] = []
    for sensor_id in policy.zones[zone].sensors:
        sensor = state.sensors.get(sensor_id)
        opinion = sensor_vote(sensor, setpoint_mm) if sensor else Vote.UNKNOWN
        if opinion is Vote.WET:
            wet.append(sensor_id)
        elif opinion is Vote.DRY:
            dry.append(sensor_id)
    return tuple(wet), tuple(dry)


def nearly_wet(state: State, zone: str, level: Level, policy: Policy) -> bool:
    """Whether all that says "dry" in a zone lies below the setpoint by no more than noise.

    Water that stands just above a setpoint reads below it now and then; once it is being judged,
    that is no opinion. Otherwise its delay would begin again for as long as it stands there.
    """
    _, dry = _opinions(state, zone, level, policy)
    least_mm = policy.setpoint(level).mm - NOISE_MM
    return all(not policy.sensors[n].switch and state.sensors[n].below_mm > least_mm for n in dry)


def unchanged(sensor: SensorState) -> bool:
    """Whether a sensor has said the very same for a day."""
    return sensor.changed_s is not None and sensor.read_s - sensor.changed_s >= UNCHANGED_S


def blind_for_danger(state: State, zone: str, policy: Policy) -> bool:
    """Whether no healthy sensor of a zone can be relied on to see danger (design 4.3).

    Asked of those that always have an opinion: that a floor switch still hangs dry is a comfort for
    now, and people must know before it is wet. A zone whose sensors have not all been heard yet is
    not blind: the daemon has only just started.
    """
    if not policy.zones[zone].danger:
        return False
    return _all_lost(state, (n for n in policy.zones[zone].sensors if sees_danger(n, policy)))


def blind_for_alert(state: State, zone: str, policy: Policy) -> bool:
    """Whether a zone that need not see danger has no healthy sensor left at all."""
    sensors = policy.zones[zone].sensors
    return not policy.zones[zone].danger and bool(sensors) and _all_lost(state, sensors)


def _all_lost(state: State, names: Iterable[str]) -> bool:
    return all(n in state.sensors and not state.sensors[n].health.votes for n in names)


def has_no_opinion(state: State, zone: str, policy: Policy) -> bool:
    """Whether a blind zone is so at this moment: not even a floor switch hangs dry in it."""
    opinion, _ = zone_vote(state, zone, Level.DANGER, policy)
    believed_dry = (
        name
        for name in _opinions(state, zone, Level.DANGER, policy)[1]
        if not policy.sensors[name].cut_reads_dry
    )
    return opinion is not Vote.WET and not any(believed_dry)


def sees_danger(name: str, policy: Policy) -> bool:
    """Whether a sensor keeps its zone from being blind while it is healthy."""
    sensor = policy.sensors[name]
    return sensor.decides(policy.danger.mm) and not sensor.cut_reads_dry


def _independent(wet: Sequence[str], state: State, policy: Policy) -> int:
    """How many of these sensors are independent of each other."""
    kept: list[str] = []
    for name in wet:
        if not any(_are_one(name, other, state, policy) for other in kept):
            kept.append(name)
    return len(kept)


def _are_one(one: str, other: str, state: State, policy: Policy) -> bool:
    """Whether two sensors count as one (design 4.4).

    Those on one cable do, and two-wire contacts that turned wet sooner after each other than water
    rises from the lower to the higher: a cable that fills with water, or a short, wets both.
    """
    a, b = policy.sensors[one], policy.sensors[other]
    if a.cable is not None and a.cable == b.cable:
        return True
    if not (a.two_wire and b.two_wire):
        return False
    if (a.height_mm or 0.0) > (b.height_mm or 0.0):
        one, other, a, b = other, one, b, a
    climb_s = ((b.height_mm or 0.0) - (a.height_mm or 0.0)) / policy.max_rise_mm_s
    sensors = [state.sensors.get(n) for n in (one, other)]
    turned_s = [(s.changed_s if s else None) or 0.0 for s in sensors]
    if climb_s == 0:
        return abs(turned_s[1] - turned_s[0]) < AT_ONCE_S
    return turned_s[1] - turned_s[0] < climb_s


def corroborated(state: State, wet: tuple[str, ...], policy: Policy) -> str | None:
    """Return another healthy sensor that is wet at alert or at its own height, if any."""
    contested = state.incident.contested if state.incident else ()
    witness = next((name for name in wet if name not in contested), wet[0])
    for sensor_id, sensor in state.sensors.items():
        mine = policy.sensors[sensor_id]
        if sensor_id == witness or sensor_id in contested or not sensor.health.votes:
            continue
        if mine.two_wire and unchanged(sensor):
            continue  # wet since yesterday: it has seen nothing of this
        height_mm = mine.height_mm if mine.height_mm is not None else policy.alert.mm
        wet_here = sensor.at_least_mm >= min(height_mm, policy.alert.mm)
        if wet_here and not _are_one(witness, sensor_id, state, policy):
            return sensor_id
    return None


def contradicted(state: State, wet: tuple[str, ...], now_s: float, policy: Policy) -> bool:
    """Whether only a two-wire contact is wet while another sensor sees no water.

    A two-wire contact cannot tell water from a cut or a short (design 4.4): alone it sounds and
    tells people, but does not call 119 against the word of a sensor that can. A sensor that has not
    spoken since the start may yet say "dry", and one that has just failed said so a moment ago:
    both count until their silence has stood for a while.
    """
    others = (n for n in _wet_contacts(state, policy) if not unchanged(state.sensors[n]))
    wet = tuple(dict.fromkeys((*wet, *others)))
    if not only_contacts(wet, state, policy):
        return False
    return any(
        _may_say_dry(state, name, now_s, policy)
        for name, sensor in policy.sensors.items()
        if name not in wet and not (sensor.two_wire and sensor.cut_reads_dry)
    )


def contradiction(state: State, now_s: float, policy: Policy) -> str:
    """Return in words how sensors contradict each other about water; empty if they do not."""
    contacts = _wet_contacts(state, policy)
    if contacts and contradicted(state, contacts, now_s, policy):
        return f"{', '.join(contacts)} wet, and a sensor that should see it sees no water"
    for zone in policy.zones:
        for level in (Level.DANGER, Level.ALERT):
            opinion, wet = zone_vote(state, zone, level, policy)
            if opinion is Vote.WET and is_lone(state, zone, level, policy):
                return f"{', '.join(wet)} wet alone: the others have said the same for a day"
    return ""


def _wet_contacts(state: State, policy: Policy) -> tuple[str, ...]:
    """Two-wire contacts that are wet at their own height."""
    return tuple(
        name
        for name, sensor in state.sensors.items()
        if policy.sensors[name].two_wire
        and sensor_vote(sensor, policy.sensors[name].height_mm or INF) is Vote.WET
    )


def only_contacts(wet: tuple[str, ...], state: State, policy: Policy) -> bool:
    """Whether these are two-wire contacts that count as one."""
    contacts = all(policy.sensors[name].two_wire for name in wet if name in policy.sensors)
    return contacts and _independent(wet, state, policy) <= 1


def _may_say_dry(state: State, name: str, now_s: float, policy: Policy) -> bool:
    sensor = state.sensors.get(name)
    if sensor is None:
        return now_s < state.started_s + SILENCE_BELIEVED_S
    if not sensor.health.votes:
        return now_s < (sensor.lost_s or 0.0) + SILENCE_BELIEVED_S
    return sensor_vote(sensor, policy.alert.mm) is Vote.DRY
