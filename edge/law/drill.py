"""A drill: the whole path with every text marked, never to 119 (design 4.8, 4.9).

Owns the one drill that may be under way. Invariant: nothing of a drill has an origin, so nothing of
it can reach 119; it ends at once when real water or the bell comes. It is never stored.
"""

from __future__ import annotations

from dataclasses import replace

from edge.effects import Effect, Facts, Log, Notice, Purpose, Sound, Withdraw
from edge.events import Handled
from edge.law import siren
from edge.law.levels import Level
from edge.law.policy import Policy
from edge.law.state import INF, Drill, Siren, State

LASTS_S = 600.0
"""A drill ends by itself after ten minutes (design 4.9)."""

STAGES = ("alert", "danger", "bell")


def begin(
    state: State, event: Handled, now_s: float, policy: Policy, out: list[Effect]
) -> tuple[State, str]:
    """Begin a drill, or say why not."""
    refusal = _refusal(state, event, policy)
    if refusal:
        return state, refusal
    contacts = tuple(dict.fromkeys(event.contacts))
    reason = f"drill of {event.stage} by {event.by}"
    loud = event.stage != "alert"
    out.append(Sound(siren=loud, strobe=True, reason=reason))
    out.append(
        Log(
            "drill_started",
            reason=reason,
            fields={"by": event.by, "stage": event.stage, "contacts": list(contacts)},
        )
    )
    out.append(
        Notice(
            purpose=Purpose.DRILL,
            contacts=contacts,
            incident=None,
            episode=int(now_s * 1000),
            facts=_played(event.stage, state, policy),
            reason=reason,
        )
    )
    drill = Drill(event.stage, now_s + LASTS_S, event.by, contacts)
    sounding = Siren(on=True, since_s=now_s) if loud else Siren()
    return replace(state, drill=drill, siren=sounding), ""


def _refusal(state: State, event: Handled, policy: Policy) -> str:
    unknown = [name for name in event.contacts if name not in policy.contacts]
    incident = state.incident
    reasons = (
        (incident is not None, f"incident {incident.id if incident else ''} is open"),
        (state.service is not None, "in service: end it first"),
        (state.drill is not None, "a drill is under way: end it first"),
        (event.stage not in STAGES, f"{event.stage!r} is not one of {', '.join(STAGES)}"),
        (not event.contacts, "no contact is named"),
        (bool(unknown), f"not among the contacts in the settings: {', '.join(unknown)}"),
    )
    return next((words for refused, words in reasons if refused), "")


def _played(stage: str, state: State, policy: Policy) -> Facts:
    """The water of a drill stands exactly at the setpoint that is played."""
    played_mm = {"alert": policy.alert.mm, "danger": policy.danger.mm}.get(stage)
    return Facts(
        depth_mm=played_mm,
        setpoint_mm=played_mm or 0.0,
        armed=state.armed,
        cause=stage,
        mark="drill",
    )


def end_by_hand(
    state: State, event: Handled, now_s: float, policy: Policy, out: list[Effect]
) -> tuple[State, str]:
    """End the drill because somebody says so."""
    del now_s, policy
    if state.drill is None:
        return state, "no drill is under way"
    return end(state, f"ended by {event.by}", out), ""


def end(state: State, reason: str, out: list[Effect]) -> State:
    """End a drill if there is one: silence, and what has not been sent stays unsent."""
    if state.drill is None:
        return state
    out.append(Sound(siren=False, strobe=False, reason=reason))
    return replace(_over(state, reason, out), siren=Siren())


def advance(state: State, now_s: float, policy: Policy, out: list[Effect]) -> State:
    """End the drill when its time is over, or when something real has begun."""
    drill = state.drill
    if drill is None:
        return state
    if state.incident is not None:
        return _cut_short(state, out)
    if now_s >= drill.until_s:
        return end(state, "its time is over", out)
    return siren.cut_off(state, now_s, policy, out)


def _cut_short(state: State, out: list[Effect]) -> State:
    """Something real has begun and sounds already; an alert only flashes, so the sound must go."""
    incident = state.incident
    real = state.level is Level.DANGER or (incident is not None and incident.bell)
    state = _over(state, "something real has begun", out)
    if real:
        return state
    out.append(Sound(siren=False, strobe=True, reason="the drill is over, the alert is real"))
    return replace(state, siren=Siren())


def _over(state: State, reason: str, out: list[Effect]) -> State:
    drill = state.drill
    fields = {"stage": drill.stage} if drill else {}
    out.append(Log("drill_ended", reason=reason, fields=fields))
    out.append(Withdraw(None, (Purpose.DRILL,), f"drill over: {reason}"))
    return replace(state, drill=None)


def due_s(state: State, policy: Policy) -> float:
    """Return when the drill ends by itself, or its sound; infinity without one."""
    if state.drill is None:
        return INF
    return min(state.drill.until_s, siren.due_s(state, policy))
