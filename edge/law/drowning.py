"""Water that drowns its own sensor (design 4.3).

A zone that turns blind while the home is at alert or above may be blind because of the water:
people are told to go and look, and if the last that was seen of it was deep and not falling, the
zone counts as danger after a minute. Leaves the trouble ``blind:`` to ``troubles``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from edge.effects import Effect, Purpose
from edge.law import incidents
from edge.law.accepting import DEEP_MM, falling
from edge.law.levels import Level
from edge.law.notices import facts, notice
from edge.law.policy import Policy
from edge.law.raising import Raised
from edge.law.state import INF, Incident, State
from edge.law.voting import blind_for_danger, has_no_opinion, sees_danger

TOLD_AFTER_S = 3.0
"""A sensor that misses one echo in splashing water sends nobody; one that stays away does."""

COUNTS_AFTER_S = 60.0
"""So long must a deep zone be blind until it counts as danger (design 4.3)."""


def advance(state: State, now_s: float, policy: Policy, out: list[Effect]) -> State:
    """Keep book of the zones that are blind, tell people of them, and count what has drowned."""
    incident = state.incident
    if incident is None:
        return state
    known = dict(incident.blind_since)
    blind_since = tuple(
        (zone, known.get(zone, now_s))
        for zone in policy.zones
        if state.level is not Level.NORMAL
        and (_blind(state, zone, policy) or _unheard(state, zone, known, policy))
    )
    told = _still_told(incident, dict(blind_since), now_s, policy)
    if (blind_since, told) != (incident.blind_since, incident.drowned_told):
        incident = replace(incident, blind_since=blind_since, drowned_told=told)
        state = replace(state, incident=incident)
    for zone, since_s in blind_since:
        if now_s >= since_s + TOLD_AFTER_S and zone not in dict(incident.drowned_told):
            state, incident = _tell(state, incident, zone, policy, out)
    for zone, since_s in blind_since:
        if now_s >= since_s + COUNTS_AFTER_S and state.undisputed is Level.ALERT:
            state = _count(state, zone, now_s, policy, out)
    return state


def _still_told(
    incident: Incident, blind: Mapping[str, float], now_s: float, policy: Policy
) -> tuple[tuple[str, float | None], ...]:
    """Forget that people were told of a zone once it has seen for as long as water recedes.

    A sensor that flaps is told once; one that drowns hours later is told again.
    """
    kept: list[tuple[str, float | None]] = []
    for zone, sees_s in incident.drowned_told:
        if zone in blind:
            if sees_s is None or now_s < sees_s + policy.alert.off_delay_s:
                kept.append((zone, None))
        else:
            kept.append((zone, now_s if sees_s is None else sees_s))
    return tuple(kept)


def _blind(state: State, zone: str, policy: Policy) -> bool:
    return blind_for_danger(state, zone, policy) and has_no_opinion(state, zone, policy)


def _unheard(state: State, zone: str, known: Mapping[str, float], policy: Policy) -> bool:
    """Whether a zone was blind before a restart, and its sensors have not spoken since."""
    return zone in known and any(n not in state.sensors for n in _able(zone, policy))


def _tell(
    state: State, incident: Incident, zone: str, policy: Policy, out: list[Effect]
) -> tuple[State, Incident]:
    incident = replace(
        incident,
        drowned_told=(*incident.drowned_told, (zone, None)),
        drowned_tellings=incident.drowned_tellings + 1,
    )
    state = replace(state, incident=incident)
    out.extend(
        notice(
            Purpose.DROWNED,
            policy,
            f"zone {zone} is blind while the home is at {state.level.word}: water may have drowned "
            f"{', '.join(_able(zone, policy))}",
            incident=incident,
            episode=incident.drowned_tellings,
            about=replace(facts(state, policy), zone=zone),
            origin="water",
        )
    )
    return state, incident


def _count(state: State, zone: str, now_s: float, policy: Policy, out: list[Effect]) -> State:
    deep = _deep(state, zone, policy)
    if not deep:
        return state
    seen = ", ".join(f"{name} {state.sensors[name].last_mm:.0f} mm" for name in deep)
    reason = (
        f"zone {zone} blind for {COUNTS_AFTER_S:.0f} s; last seen {seen} ≥ {DEEP_MM:.0f} mm, "
        "not falling: drowned"
    )
    raised = Raised(zone, Level.DANGER, deep, reason, drowned=True)
    return incidents.rise(state, (raised,), now_s, policy, out)


def _deep(state: State, zone: str, policy: Policy) -> tuple[str, ...]:
    """Which of a zone's lost sensors last saw water that was deep and not falling."""
    return tuple(
        name
        for name in _able(zone, policy)
        if (sensor := state.sensors.get(name)) is not None and sensor.deep and not falling(sensor)
    )


def _able(zone: str, policy: Policy) -> tuple[str, ...]:
    return tuple(n for n in policy.zones[zone].sensors if sees_danger(n, policy))


def due_s(state: State, policy: Policy) -> float:
    """Return when people are told of a blind zone, or it counts as danger; infinity if never."""
    incident = state.incident
    if incident is None:
        return INF
    due = INF
    for zone, since_s in incident.blind_since:
        if zone not in dict(incident.drowned_told):
            due = min(due, since_s + TOLD_AFTER_S)
        elif state.undisputed is Level.ALERT and _deep(state, zone, policy):
            due = min(due, since_s + COUNTS_AFTER_S)
    return due
