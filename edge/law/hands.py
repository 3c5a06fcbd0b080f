"""A person's hands: acknowledge, silence, reset; by name service, drill, arming, test text (4.9).

Invariant: nothing a person does from afar ends a report; no hand hides standing water.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from edge.effects import Effect, Log, Purpose, Sound, Withdraw
from edge.events import Hand, Handled
from edge.law import arming, drill, incidents, modemtest, reports, service
from edge.law.levels import Level, Vote, is_clear
from edge.law.policy import Policy
from edge.law.state import State
from edge.law.voting import zone_vote

_Hand = Callable[[State, Handled, float, Policy, list[Effect]], tuple[State, str]]


def handle(
    state: State, event: Handled, now_s: float, policy: Policy, out: list[Effect]
) -> tuple[State, str]:
    """Do what a person asks, or say why not.

    Returns:
        The state, and the reason of a refusal (empty when it was done).
    """
    return _HANDS[event.hand](state, event, now_s, policy, out)


def _acknowledge(state: State, event: Handled, out: list[Effect]) -> tuple[State, str]:
    incident = state.incident
    if incident is None:
        return state, "nothing to acknowledge: no incident is open"
    out.append(
        Log(
            "acknowledged",
            incident.id,
            incident.episode,
            f"by {event.by}",
            {"by": event.by, "local": event.local},
        )
    )
    if event.local:
        withdrawn = reports.withdrawn_repeats(incident)
        if withdrawn:
            out.append(withdrawn)
        incident = reports.acknowledge(incident)
    return replace(state, incident=replace(incident, acknowledged=True)), ""


def _silence(state: State, event: Handled, out: list[Effect]) -> tuple[State, str]:
    if not state.siren.on:
        return state, "nothing sounds"
    incident = state.incident
    out.append(Sound(siren=False, strobe=True, reason=f"silenced by {event.by}"))
    out.append(
        Log(
            "silenced",
            incident.id if incident else None,
            incident.episode if incident else 0,
            f"by {event.by}",
            {"by": event.by},
        )
    )
    return replace(state, siren=replace(state.siren, on=False, silenced=True)), ""


def _reset(
    state: State, event: Handled, now_s: float, policy: Policy, out: list[Effect]
) -> tuple[State, str]:
    incident = state.incident
    if incident is None:
        return state, "nothing to reset: no incident is open"
    refusal = _standing_water(state, policy, local=event.local)
    if (
        not refusal
        and not event.local
        and any(r.waiting and not r.accepted for r in incident.reports)
    ):
        refusal = "119 has not accepted the report yet"
    if refusal:
        return state, refusal
    reason = f"reset by {event.by}"
    out.append(Log("reset", incident.id, incident.episode, reason, {"by": event.by}))
    out.append(
        Withdraw(
            incident.id,
            (
                Purpose.DANGER,
                Purpose.BELL,
                Purpose.ALERT,
                Purpose.CALL_YOURSELF,
                Purpose.UNCONFIRMED,
                Purpose.DROWNED,
            ),
            reason,
        )
    )
    return incidents.close(state, now_s, reason, out), ""


def _standing_water(state: State, policy: Policy, *, local: bool) -> str:
    """Why a reset must wait: a zone is wet or blind; from afar, a zone is not positively dry."""
    for zone, zone_policy in policy.zones.items():
        alert, wet = zone_vote(state, zone, Level.ALERT, policy)
        if wet or alert is Vote.WET:
            return f"zone {zone} is wet ({', '.join(wet)})"
        if zone_policy.danger:
            danger, _ = zone_vote(state, zone, Level.DANGER, policy)
            if danger is Vote.UNKNOWN:
                return f"zone {zone} is blind: no healthy sensor can say that it is dry"
        if not local and not _all_clear(state, zone, policy):
            return f"zone {zone} is not positively dry"
    return ""


def _all_clear(state: State, zone: str, policy: Policy) -> bool:
    """Whether a zone is below the alert setpoint by the deadband, as far as its sensors see."""
    heard = [
        is_clear(sensor.below_mm, policy.alert, switch=policy.sensors[name].switch)
        for name in policy.zones[zone].sensors
        if (sensor := state.sensors.get(name)) is not None and sensor.health.votes
    ]
    return bool(heard) and all(heard)


_HANDS: dict[Hand, _Hand] = {
    Hand.ACK: lambda state, event, _now_s, _policy, out: _acknowledge(state, event, out),
    Hand.SILENCE: lambda state, event, _now_s, _policy, out: _silence(state, event, out),
    Hand.RESET: _reset,
    Hand.SERVICE_ON: service.begin,
    Hand.SERVICE_OFF: service.end_by_hand,
    Hand.DRILL: drill.begin,
    Hand.DRILL_END: drill.end_by_hand,
    Hand.ARM: arming.arm,
    Hand.DISARM: arming.disarm,
    Hand.MODEM_TEST: modemtest.begin,
}
