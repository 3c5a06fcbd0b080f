"""Armed or not: what the settings say, and what a person has disarmed (design 4.8).

Owns ``State.armed``: the settings say so and nobody has disarmed it. Invariant: a disarming with an
end always ends; one without is told of as a trouble. The last gate is the interlock before the
modem's port, which follows ``State.armed``.
"""

from __future__ import annotations

from dataclasses import replace

from edge.effects import Effect, Log
from edge.events import Armed, Handled
from edge.law import reports, troubles
from edge.law.policy import Policy
from edge.law.state import INF, Disarmed, State
from edge.law.voting import sees_danger

LONGEST_MIN = 480.0
"""Disarming for a time lasts eight hours at most (contract 2)."""

UNARMED = "unarmed"
"""The trouble of a device that does not call 119 though its settings say so."""

NEEDED = ("modem", "store")
"""What a report needs besides a sensor: while one of these is a trouble, arming is refused."""


def as_set(state: State, event: Armed, now_s: float, policy: Policy, out: list[Effect]) -> State:
    """Take what the settings say; a disarming by hand outlives them."""
    armed = event.armed and state.disarmed is None
    if armed != state.armed:
        out.append(
            Log("armed" if armed else "disarmed", reason=event.reason, fields={"by": event.by})
        )
    newly = armed and not state.armed
    state = told(replace(state, report_armed=event.armed, armed=armed), now_s)
    return reports.armed_again(state, now_s, policy) if newly else state


def disarm(
    state: State, event: Handled, now_s: float, policy: Policy, out: list[Effect]
) -> tuple[State, str]:
    """Stop calling 119 for a time, or until somebody arms it; return why not if refused."""
    refusal = _disarm_refusal(state, event, now_s)
    if refusal:
        return state, refusal
    minutes = event.minutes
    until_s = None if minutes is None else now_s + minutes * 60.0
    lasts = "until it is armed again" if minutes is None else f"for {minutes:g} min"
    fields = {"by": event.by, "minutes": minutes}
    out.append(Log("disarmed", reason=f"by {event.by}, {lasts}", fields=fields))
    state = replace(state, armed=False, disarmed=Disarmed(now_s, until_s, event.by))
    return reports.disarmed(told(state, now_s), policy, out), ""


def _disarm_refusal(state: State, event: Handled, now_s: float) -> str:
    if not event.local:
        return "disarming is done at the device only"
    if event.minutes is not None and not 0 < event.minutes <= LONGEST_MIN:
        return f"more than 0 and at most {LONGEST_MIN:.0f} minutes, not {event.minutes:g}"
    if not state.report_armed:
        return "nothing to disarm: report.armed is not true in the settings"
    if state.disarmed is not None:
        return f"disarmed already by {state.disarmed.by}, {lasts_words(state.disarmed, now_s)}"
    return ""


def lasts_words(disarmed: Disarmed, now_s: float) -> str:
    """Return for how long it stays disarmed, in words."""
    if disarmed.until_s is None:
        return "until it is armed again"
    return f"for {max(1.0, (disarmed.until_s - now_s) / 60.0):.0f} min more"


def arm(
    state: State, event: Handled, now_s: float, policy: Policy, out: list[Effect]
) -> tuple[State, str]:
    """End a disarming, or say what 119 needs that is missing.

    What is armed stays armed; but who asks to be sure is told if 119 could not be reached.
    """
    if not event.local:
        return state, "arming is done at the device only"
    if not state.report_armed:
        return state, "report.armed is not true in the settings"
    missing = _missing(state, now_s, policy)
    if state.disarmed is None:
        return state, missing and f"it is armed, but could not call 119: {missing}"
    if missing:
        return state, missing
    return _armed(state, f"by {event.by}", event.by, now_s, policy, out), ""


def _missing(state: State, now_s: float, policy: Policy) -> str:
    """What 119 needs and the device has not: a sensor that sees danger, the modem, the store."""
    for zone, zone_policy in policy.zones.items():
        able = (n for n in zone_policy.sensors if sees_danger(n, policy))
        seeing = any(n in state.sensors and state.sensors[n].health.votes for n in able)
        if zone_policy.danger and not seeing:
            return f"zone {zone} has no healthy sensor that can decide danger"
    for cause in NEEDED:
        trouble = state.troubles.get(cause)
        if trouble is not None and (trouble.gone_s is None or trouble.gone_s > now_s):
            return f"{cause}: {trouble.detail}"
    return ""


def _armed(
    state: State, reason: str, by: str, now_s: float, policy: Policy, out: list[Effect]
) -> State:
    out.append(Log("armed", reason=reason, fields={"by": by}))
    state = told(replace(state, armed=state.report_armed, disarmed=None), now_s)
    return reports.armed_again(state, now_s, policy)


def advance(state: State, now_s: float, policy: Policy, out: list[Effect]) -> State:
    """Arm again when the time of a disarming is over, whatever is broken."""
    if now_s < due_s(state):
        return state
    disarmed = state.disarmed
    by = disarmed.by if disarmed else ""
    if not state.report_armed:
        return replace(state, disarmed=None)
    return _armed(state, "the time of the disarming is over", by, now_s, policy, out)


def told(state: State, now_s: float) -> State:
    """Keep the trouble of being disarmed against the settings; the troubles say when it is told."""
    if state.report_armed and state.disarmed is not None:
        detail = f"disarmed by {state.disarmed.by}"
        return troubles.seen(state, UNARMED, detail, now_s)
    return troubles.gone(state, UNARMED, now_s)


def due_s(state: State) -> float:
    """Return when a disarming ends by itself, or infinity."""
    disarmed = state.disarmed
    return INF if disarmed is None or disarmed.until_s is None else disarmed.until_s
