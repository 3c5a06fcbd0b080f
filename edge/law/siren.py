"""The siren and the strobe: what sounds, and when it stops by itself (design 4.9).

The siren is for danger and for the bell, the strobe for everything above normal.
"""

from __future__ import annotations

from dataclasses import replace

from edge.effects import Effect, Sound
from edge.law.policy import Policy
from edge.law.state import INF, Siren, State


def sound(
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


def due_s(state: State, policy: Policy) -> float:
    """Return when the sounder cuts off, or infinity."""
    siren = state.siren
    if not siren.on or siren.since_s is None:
        return INF
    return siren.since_s + policy.siren_cutoff_s
