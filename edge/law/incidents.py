"""Incidents and episodes: opening, worse, the bell, receding, closing; the siren (design 4.5).

One incident a flood. Each time the level rises to danger from below, the depth passes the last
reported depth by 100 mm, or the bell is pressed anew, an episode begins: with its own report and
its own notices, whatever is latched or acknowledged.
"""

from __future__ import annotations

from dataclasses import replace

from edge.effects import Effect, Log, Origin, Purpose, Sound, Withdraw
from edge.law import reports, troubles
from edge.law.levels import Level, Vote
from edge.law.notices import facts, notice
from edge.law.policy import Policy
from edge.law.raising import Raised
from edge.law.state import Incident, Siren, State
from edge.law.voting import contradicted, sensor_vote

_CONTESTED = "a two-wire contact alone, and another sensor sees no water"


def rise(
    state: State, raised: tuple[Raised, ...], now_s: float, policy: Policy, out: list[Effect]
) -> State:
    """Take the levels that zones have reached: the worst rules the home."""
    for one in sorted(raised, key=lambda r: -r.level):
        if one.level > state.level:
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
        wet_danger=incident.wet_danger | (wet if raised.level is Level.DANGER else frozenset()),
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
        incident, peak_mm=max(filter(None, (incident.peak_mm, depth_mm)), default=None)
    )
    state = replace(state, incident=incident)
    if raised.level is Level.DANGER:
        state = _sounded(state, now_s, raised.reason, out)
        out.append(_stage_changed(state, before, raised.reason, policy))
        contested = contradicted(state, raised.wet, now_s, policy)
        return begin_episode(
            state,
            "water",
            now_s,
            policy,
            reason=raised.reason,
            out=out,
            contested=raised.wet if contested else (),
        )
    state = _sounded(state, now_s, raised.reason, out, siren=False)
    out.append(_stage_changed(state, before, raised.reason, policy))
    return _alerted(state, policy, raised.reason, out)


def _alerted(state: State, policy: Policy, reason: str, out: list[Effect]) -> State:
    incident = state.incident
    if incident is None:
        return state
    incident = replace(incident, alerts=incident.alerts + 1)
    state = replace(state, incident=incident)
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


def begin_episode(
    state: State,
    origin: Origin,
    now_s: float,
    policy: Policy,
    *,
    reason: str,
    out: list[Effect],
    contested: tuple[str, ...] = (),
) -> State:
    """Begin an episode: a 119 report, and danger or bell notices that supersede waiting alerts.

    ``contested`` are two-wire contacts that nobody else confirms: people are told, 119 is not,
    until ``settle_contest`` finds that the others can no longer say "dry" (design 4.4).
    """
    incident = state.incident
    if incident is None:
        return state
    depth_mm, _, _ = state.depth()
    setpoint_mm = policy.danger.mm if origin == "water" else 0.0
    incident = replace(
        incident,
        episode=incident.episode + 1,
        reported_mm=max(depth_mm or 0.0, setpoint_mm)
        if origin == "water"
        else incident.reported_mm,
        acknowledged=False,
    )
    if origin == "water":
        incident = replace(incident, contested=contested)
    if contested:
        out.append(Log("report_withheld", incident.id, incident.episode, f"{reason}; {_CONTESTED}"))
        state = troubles.seen(state, "discrepancy", f"{reason}; {_CONTESTED}", now_s)
    else:
        incident = reports.begin(
            incident,
            origin,
            now_s,
            setpoint_mm,
            reason,
            not_before_s=state.report_not_before_s,
        )
    state = replace(state, incident=incident)
    if origin == "water":
        out.append(Withdraw(incident.id, (Purpose.ALERT, Purpose.RECEDED), "superseded by danger"))
    out.extend(
        notice(
            Purpose.DANGER if origin == "water" else Purpose.BELL,
            policy,
            reason,
            incident=incident,
            episode=incident.episode,
            about=replace(
                facts(state, policy, setpoint_mm=setpoint_mm), armed=state.armed and not contested
            ),
            origin=origin,
        )
    )
    return reports.advance(state, now_s, policy, out)


def settle_contest(state: State, now_s: float, policy: Policy, out: list[Effect]) -> State:
    """Report after all once the sensors that saw no water can no longer say so."""
    incident = state.incident
    if incident is None or not incident.contested or state.level is not Level.DANGER:
        return state
    still_wet = tuple(
        name
        for name in incident.contested
        if name in state.sensors and sensor_vote(state.sensors[name], policy.danger.mm) is Vote.WET
    )
    if not still_wet or contradicted(state, still_wet, now_s, policy):
        return state
    reason = f"{', '.join(still_wet)} wet, and no sensor sees a dry floor any more"
    return begin_episode(state, "water", now_s, policy, reason=reason, out=out)


def press(state: State, now_s: float, policy: Policy, out: list[Effect]) -> State:
    """The bell is pressed: an episode of its own, at once, whatever the water does."""
    state, incident = _opened(state, now_s)
    state = replace(state, incident=replace(incident, bell=True, pressed_s=now_s))
    state = _sounded(state, now_s, "bell pressed", out)
    out.append(Log("bell_pressed", incident.id, incident.episode + 1, "bell pressed"))
    return begin_episode(state, "bell", now_s, policy, reason="bell pressed", out=out)


def deepen(state: State, now_s: float, policy: Policy, out: list[Effect]) -> State:
    """Keep the peak, and begin an episode when the water stands 100 mm deeper than last reported.

    The depth must hold for the danger on-delay, so that one wild reading is not an episode.
    """
    incident = state.incident
    if incident is None or state.level is Level.NORMAL:
        return state
    depth_mm, _, sensor = state.depth()
    if depth_mm is None:
        return state
    peak_mm = max(incident.peak_mm or 0.0, depth_mm)
    deeper_since_s = None
    step_mm = (incident.reported_mm or 0.0) + policy.episode_step_mm
    if state.level is Level.DANGER and incident.reported_mm is not None and depth_mm >= step_mm:
        deeper_since_s = incident.deeper_since_s or now_s
    if (peak_mm, deeper_since_s) != (incident.peak_mm, incident.deeper_since_s):
        incident = replace(incident, peak_mm=peak_mm, deeper_since_s=deeper_since_s)
        state = replace(state, incident=incident)
    if deeper_since_s is None or now_s < deeper_since_s + policy.danger.on_delay_s:
        return state
    deep = tuple(n for n, s in state.sensors.items() if s.health.votes and s.at_least_mm >= step_mm)
    if contradicted(state, deep, now_s, policy):
        return state
    reason = (
        f"{sensor} {depth_mm:.0f} mm ≥ {step_mm:.0f} mm for {now_s - deeper_since_s:.1f} s: "
        f"{policy.episode_step_mm:.0f} mm above the last report"
    )
    state = replace(state, incident=replace(incident, deeper_since_s=None))
    state = _sounded(state, now_s, reason, out)
    return begin_episode(state, "water", now_s, policy, reason=reason, out=out)


def fall(
    state: State, level: Level, now_s: float, policy: Policy, reason: str, out: list[Effect]
) -> State:
    """The water has fallen to a lower level and stayed there."""
    incident = state.incident
    if incident is None or level >= state.level:
        return state
    before = state.level
    incident = replace(incident, wet_danger=frozenset(), contested=())
    if level is Level.NORMAL:
        incident = replace(incident, normal_since_s=now_s)
        calm = {name: replace(s, doubted=False) for name, s in state.sensors.items()}
        state = replace(state, sensors=calm)
    state = replace(state, level=level, level_since_s=now_s, incident=incident)
    out.append(_stage_changed(state, before, reason, policy))
    if level is Level.NORMAL:
        incident = replace(incident, recedings=incident.recedings + 1)
        state = replace(state, incident=incident)
        out.append(Log("receded", incident.id, incident.episode, reason))
        out.append(Withdraw(incident.id, (Purpose.ALERT,), "superseded by receded"))
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
    out.append(Withdraw(incident.id, (Purpose.REPORT,), reason))
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
        state,
        incident=None,
        level=Level.NORMAL,
        zone=None,
        level_since_s=now_s,
        siren=Siren(),
        raising=(),
        sensors={name: replace(s, doubted=False) for name, s in state.sensors.items()},
    )


def _opened(state: State, now_s: float) -> tuple[State, Incident]:
    """Return the open incident, or a new one under the id that was laid ready."""
    if state.incident is not None:
        return state, state.incident
    incident = Incident(id=state.next_id, opened_s=now_s)
    return replace(state, incident=incident, next_id=""), incident


def _sounded(
    state: State, now_s: float, reason: str, out: list[Effect], *, siren: bool = True
) -> State:
    """Sound the siren (danger, bell) or only the strobe (alert); a rise ends a silence."""
    if not siren:
        out.append(Sound(siren=state.siren.on, strobe=True, reason=reason))
        return state
    out.append(Sound(siren=True, strobe=True, reason=reason))
    return replace(state, siren=Siren(on=True, since_s=now_s))


def cut_off(state: State, now_s: float, policy: Policy, out: list[Effect]) -> State:
    """Stop the sounder after its cut-off; the strobe goes on.

    Source: property alarms are expected to cut off after 20 min (domain 1.5).
    """
    siren = state.siren
    if not siren.on or siren.since_s is None or now_s < siren.since_s + policy.siren_cutoff_s:
        return state
    out.append(Sound(siren=False, strobe=True, reason="sounder cut off after its time"))
    return replace(state, siren=Siren(on=False, cut_off=True))


def _stage_changed(state: State, before: Level, reason: str, policy: Policy) -> Log:
    incident = state.incident
    about = facts(state, policy)
    return Log(
        "stage_changed",
        incident.id if incident else None,
        incident.episode + 1 if incident and state.level is Level.DANGER > before else 0,
        reason,
        {
            "stage": state.level.word,
            "from": before.word,
            "zone": state.zone,
            "depth_mm": about.depth_mm,
        },
    )
