"""Lowering a level, and the latch (design 4.5).

Invariant: a lifted level never drops without the off-delay below the deadband, read by every sensor
that voted wet; a faulted or silent sensor holds it. Only a person's reset overrides.
"""

from __future__ import annotations

from dataclasses import replace

from edge.law.levels import Level, Vote
from edge.law.policy import Policy
from edge.law.state import INF, Incident, SensorState, State
from edge.law.voting import sensor_vote


def note_wet(state: State, policy: Policy) -> State:
    """Return the state with every sensor that votes wet now remembered in the open incident."""
    incident = state.incident
    if incident is None:
        return state
    wet_alert = {
        name for name, s in state.sensors.items() if sensor_vote(s, policy.alert.mm) is Vote.WET
    }
    wet_danger = {
        name for name, s in state.sensors.items() if sensor_vote(s, policy.danger.mm) is Vote.WET
    }
    # A switch is wet at its own height, which may lie between the setpoints or below both.
    wet_alert |= {
        name
        for name, s in state.sensors.items()
        if policy.sensors[name].switch and s.health.votes and s.at_least_mm > 0
    }
    if wet_alert <= incident.wet_alert and wet_danger <= incident.wet_danger:
        return state
    return replace(
        state,
        incident=replace(
            incident,
            wet_alert=incident.wet_alert | wet_alert,
            wet_danger=incident.wet_danger | wet_danger,
        ),
    )


def lowered_level(state: State, now_s: float, policy: Policy) -> Level:
    """Return the level that the water has fallen to: the present one, or lower."""
    incident = state.incident
    if incident is None or state.level is Level.NORMAL:
        return state.level
    if state.level is Level.DANGER and now_s < _clear_s(state, incident, Level.DANGER, policy):
        return Level.DANGER
    if now_s < _clear_s(state, incident, Level.ALERT, policy):
        return Level.ALERT
    return Level.NORMAL


def _clear_s(state: State, incident: Incident, level: Level, policy: Policy) -> float:
    """When every sensor that voted wet has read clear for the off-delay; never while one holds."""
    names = incident.wet_danger if level is Level.DANGER else incident.wet_alert
    off_delay_s = policy.setpoint(level).off_delay_s
    return max((_since(state.sensors.get(n), level) + off_delay_s for n in names), default=-INF)


def _since(sensor: SensorState | None, level: Level) -> float:
    if sensor is None:
        return INF  # not heard yet after a restart: it holds until it speaks
    since = sensor.clear_danger_s if level is Level.DANGER else sensor.clear_alert_s
    return INF if since is None else since


def zone_is_clear(state: State, zone: str, now_s: float, policy: Policy) -> bool:
    """Whether all of a zone's sensors that were wet at danger have read clear for the off-delay."""
    incident = state.incident
    wet = incident.wet_danger if incident else frozenset[str]()
    off_delay_s = policy.danger.off_delay_s
    return all(
        now_s >= _since(state.sensors.get(name), Level.DANGER) + off_delay_s
        for name in policy.zones[zone].sensors
        if name in wet
    )


def latch_clear_due_s(state: State, policy: Policy) -> float:
    """When the latch goes by itself: after ``latch_clear_s`` of positively clear and normal."""
    incident = state.incident
    if incident is None or state.level is not Level.NORMAL or state.raising:
        return INF  # what is being judged may be the next flood
    due = max(
        (_since(state.sensors.get(n), Level.ALERT) for n in incident.wet_alert),
        default=-INF,
    )
    due = max(due, incident.normal_since_s or -INF) + policy.latch_clear_s
    if incident.pressed_s is None:
        return due
    bell_due = incident.pressed_s + policy.bell_incident_s
    return max(due, bell_due) if incident.latched is not Level.NORMAL else bell_due


def due_s(state: State, policy: Policy) -> float:
    """Return when time alone may lower the level or end the incident, or infinity."""
    incident = state.incident
    if incident is None:
        return INF
    if state.level is Level.NORMAL:
        return latch_clear_due_s(state, policy)
    return _clear_s(state, incident, state.level, policy)


def holds(state: State) -> tuple[str, ...]:
    """Return the sensors that keep the level up: faulted, silent, or no longer in the settings."""
    incident = state.incident
    if incident is None or state.level is Level.NORMAL:
        return ()
    names = incident.wet_danger if state.level is Level.DANGER else incident.wet_alert
    silent = (n for n in names if n not in state.sensors or not state.sensors[n].health.votes)
    return tuple(sorted(silent))
