"""Incidents: opening, getting worse, the bell, receding, closing (design 4.5).

One incident a flood: from the first level above normal, or a press of the bell, until the level is
normal and the latch is gone. What is reported and told again within it is in ``episodes``.
"""

from __future__ import annotations

from dataclasses import replace

from edge.effects import Effect, Log, Purpose, Sound, Withdraw
from edge.law import episodes, siren
from edge.law.levels import Level
from edge.law.notices import facts, notice
from edge.law.policy import Policy
from edge.law.raising import Raised, is_anew
from edge.law.state import Incident, Siren, State
from edge.law.voting import contradicted


def rise(
    state: State, raised: tuple[Raised, ...], now_s: float, policy: Policy, out: list[Effect]
) -> State:
    """Take the levels that zones have reached: the worst rules the home."""
    for one in sorted(raised, key=lambda r: -r.level):
        anew = is_anew(state, one.zone, one.level, now_s, policy)
        if one.level > state.undisputed or anew:
            state = _rise_to(state, one, now_s, policy, out)
    return state


def _rise_to(
    state: State, raised: Raised, now_s: float, policy: Policy, out: list[Effect]
) -> State:
    before = state.level
    state, incident = _opened(state, now_s)
    wet = frozenset(raised.wet)
    incident = replace(
        incident,
        latched=max(incident.latched, raised.level),
        zone=raised.zone,
        normal_since_s=None,
        wet_alert=incident.wet_alert | wet,
        # Also where the bell had opened it: only what its water causes goes no further.
        service=incident.service or (state.service is not None and not incident.latched),
        wet_danger=incident.wet_danger | (wet if raised.level is Level.DANGER else frozenset()),
        drowned=incident.drowned | ({raised.zone} if raised.drowned else frozenset()),
        danger_zones=incident.danger_zones
        | ({raised.zone} if raised.level is Level.DANGER else frozenset()),
    )
    state = replace(
        state,
        level=raised.level,
        zone=raised.zone,
        level_since_s=now_s,
        raising=tuple(r for r in state.raising if r.level > raised.level),
    )
    depth_mm, _, _ = state.depth_of(policy.zones[raised.zone].sensors)
    incident = replace(
        incident,
        peak_mm=max(filter(None, (incident.peak_mm, depth_mm)), default=None),
        crest_mm=depth_mm,
    )
    state = replace(state, incident=incident)
    if raised.level is Level.DANGER:
        state = siren.sound(state, now_s, raised.reason, out)
        if before is not raised.level:
            out.append(_stage_changed(state, before, raised.reason, policy))
        contested = contradicted(state, raised.wet, now_s, policy)
        return episodes.begin(
            state,
            "water",
            now_s,
            policy,
            reason=raised.reason,
            out=out,
            contested=raised.wet if contested else (),
        )
    state = siren.sound(state, now_s, raised.reason, out, siren=False)
    out.append(_stage_changed(state, before, raised.reason, policy))
    return _alerted(state, incident, policy, raised.reason, out)


def _alerted(
    state: State, incident: Incident, policy: Policy, reason: str, out: list[Effect]
) -> State:
    incident = replace(incident, alerts=incident.alerts + 1)
    state = replace(state, incident=incident)
    if incident.recedings:
        out.append(Withdraw(incident.id, (Purpose.RECEDED,), "the water is back"))
    out.extend(
        notice(
            Purpose.ALERT,
            policy,
            reason,
            incident=incident,
            episode=incident.alerts,
            about=facts(state, policy, setpoint_mm=policy.alert.mm),
            origin="water",
        )
    )
    return state


def press(state: State, now_s: float, policy: Policy, out: list[Effect]) -> State:
    """The bell is pressed: an episode of its own, at once, whatever the water does."""
    state, incident = _opened(state, now_s)
    state = replace(state, incident=replace(incident, bell=True, pressed_s=now_s))
    state = siren.sound(state, now_s, "bell pressed", out)
    out.append(Log("bell_pressed", incident.id, incident.episode + 1, "bell pressed"))
    return episodes.begin(state, "bell", now_s, policy, reason="bell pressed", out=out)


def fall(
    state: State, level: Level, now_s: float, policy: Policy, reason: str, out: list[Effect]
) -> State:
    """The water has fallen to a lower level and stayed there."""
    incident = state.incident
    if incident is None or level >= state.level:
        return state
    before = state.level
    incident = replace(
        incident,
        wet_danger=frozenset(),
        danger_zones=frozenset(),
        contested=(),
        unopposed_s=None,
        drowned=frozenset(),
    )
    if level is Level.NORMAL:
        incident = replace(incident, normal_since_s=now_s, drowned_told=())
        state = _believed(state)
    state = replace(state, level=level, level_since_s=now_s, incident=incident)
    out.append(_stage_changed(state, before, reason, policy))
    if level is Level.NORMAL:
        incident = replace(incident, recedings=incident.recedings + 1)
        state = replace(state, incident=incident)
        out.append(Log("receded", incident.id, incident.episode, reason))
        out.append(Withdraw(incident.id, (Purpose.ALERT, Purpose.DROWNED), "superseded by receded"))
        out.extend(
            notice(
                Purpose.RECEDED,
                policy,
                reason,
                incident=incident,
                episode=incident.recedings,
                about=facts(state, policy),
            )
        )
    return state


def close(state: State, now_s: float, reason: str, out: list[Effect]) -> State:
    """End the incident: nothing sounds, nothing is latched, no report of it leaves any more.

    What people have not been told yet goes on; a report is tried until accepted or the incident
    closes (design 4.7).
    """
    incident = state.incident
    if incident is None:
        return state
    out.append(Withdraw(incident.id, (Purpose.REPORT, Purpose.CALL), reason))
    out.append(Sound(siren=False, strobe=False, reason=reason))
    out.append(
        Log(
            "incident_closed",
            incident.id,
            incident.episode,
            reason,
            {"peak_mm": incident.peak_mm, "lasted_s": round(now_s - incident.opened_s, 1)},
        )
    )
    return replace(
        _believed(state),
        incident=None,
        level=Level.NORMAL,
        zone=None,
        level_since_s=now_s,
        siren=Siren(),
        raising=(),
    )


def _believed(state: State) -> State:
    """Return the state with no sensor doubted any more: the water is gone, or somebody says so."""
    return replace(
        state,
        sensors={name: replace(s, doubted=False) for name, s in state.sensors.items()},
        remembered={name: replace(s, doubted=False) for name, s in state.remembered.items()},
    )


def _opened(state: State, now_s: float) -> tuple[State, Incident]:
    """Return the open incident, or a new one under the id that was laid ready."""
    if state.incident is not None:
        return state, state.incident
    incident = Incident(id=state.next_id, opened_s=now_s)
    return replace(state, incident=incident, next_id=""), incident


def _stage_changed(state: State, before: Level, reason: str, policy: Policy) -> Log:
    incident = state.incident
    about = facts(state, policy)
    return Log(
        "stage_changed",
        incident.id if incident else None,
        incident.episode + 1 if incident and state.level is Level.DANGER else 0,
        reason,
        {
            "stage": state.level.word,
            "from": before.word,
            "zone": state.zone,
            "depth_mm": about.depth_mm,
        },
    )
