"""Episodes: each has its own report to 119 and its own notices (design 4.5).

One begins each time the level rises to danger from below, the depth passes the last reported depth
by 100 mm, or the bell is pressed anew, whatever is latched or acknowledged: the second flood of the
night is reported too.
"""

from __future__ import annotations

from dataclasses import replace

from edge.effects import Effect, Log, Origin, Purpose, Withdraw
from edge.law import reports, siren
from edge.law.levels import Level, Vote
from edge.law.notices import facts, notice
from edge.law.policy import Policy
from edge.law.state import SensorState, State
from edge.law.voting import contradicted, sensor_vote

_CONTESTED = "a two-wire contact alone, and another sensor sees no water"


def begin(
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
        incident = replace(incident, contested=contested, unopposed_s=None)
    if contested:
        out.append(Log("report_withheld", incident.id, incident.episode, f"{reason}; {_CONTESTED}"))
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
    """Report after all once nothing speaks against the contact any more.

    At once if the others have all been silent for long enough. If one of them sees water now, that
    must last: one reading, or a hand at the wire, is no witness. What others see of danger itself
    is judged as always (``raising``).
    """
    incident = state.incident
    if incident is None or not incident.contested or state.level is not Level.DANGER:
        return state
    still_wet = tuple(
        name
        for name in incident.contested
        if name in state.sensors and sensor_vote(state.sensors[name], policy.danger.mm) is Vote.WET
    )
    if not still_wet or contradicted(state, still_wet, now_s, policy):
        if incident.unopposed_s is None:
            return state
        return replace(state, incident=replace(incident, unopposed_s=None))
    if incident.unopposed_s is None:
        incident = replace(incident, unopposed_s=now_s)
        state = replace(state, incident=incident)
    others = (s for name, s in state.sensors.items() if name not in still_wet)
    waits_s = policy.uncorroborated_delay_s if any(s.health.votes for s in others) else 0.0
    if now_s < (incident.unopposed_s or now_s) + waits_s:
        return state
    reason = f"{', '.join(still_wet)} wet, and no sensor sees a dry floor any more"
    state = siren.sound(state, now_s, reason, out)
    return begin(state, "water", now_s, policy, reason=reason, out=out)


def _stands(sensor: SensorState, now_s: float, policy: Policy) -> bool:
    """Whether a depth may be quoted as a peak: one wild reading is none."""
    if sensor.jumped_s is not None:
        return False
    if sensor.depth_mm is not None:
        return True
    return now_s >= (sensor.changed_s or now_s) + policy.danger.on_delay_s


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
    seen_mm = depth_mm if sensor and _stands(state.sensors[sensor], now_s, policy) else 0.0
    peak_mm, crest_mm = (
        max(incident.peak_mm or 0.0, seen_mm),
        max(incident.crest_mm or 0.0, seen_mm),
    )
    deeper_since_s = None
    step_mm = (incident.reported_mm or 0.0) + policy.episode_step_mm
    if (
        state.undisputed is Level.DANGER
        and incident.reported_mm is not None
        and depth_mm >= step_mm
    ):
        deeper_since_s = incident.deeper_since_s or now_s
    deeper = replace(incident, peak_mm=peak_mm, crest_mm=crest_mm, deeper_since_s=deeper_since_s)
    if deeper != incident:
        incident = deeper
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
    state = siren.sound(state, now_s, reason, out)
    return begin(state, "water", now_s, policy, reason=reason, out=out)
