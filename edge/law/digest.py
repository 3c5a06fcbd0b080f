"""The digest: once a day the keepers are told of everything that stands (design 4.10).

Invariant: whatever was told and is not over, and whatever was never texted because of its kind, is
named within a day and again each day until it is over; an incident that is held open too. On a day
on which nothing stands nobody is texted. The day is counted in seconds, so that a clock that is
wrong cannot swallow one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from edge.effects import Effect, Facts, Log, Purpose, Withdraw
from edge.law.notices import notice
from edge.law.policy import Policy
from edge.law.state import INF, State

EVERY_S: Final = 86400.0
"""Once a day (design 4.10)."""


def due_s(state: State) -> float:
    """Return when the next digest is due; infinity for a law that was not told when it began."""
    began_s = _began_s(state)
    return INF if began_s == -INF else began_s + EVERY_S


def _began_s(state: State) -> float:
    """Since when the present day is counted: the last digest, or the first start."""
    return state.started_s if state.digested_s is None else state.digested_s


def dump(state: State, now_s: float) -> float | None:
    """Return how much of the present day is over, in seconds: it goes on after a restart."""
    began_s = _began_s(state)
    return None if began_s == -INF else round(now_s - began_s, 3)


def advance(state: State, now_s: float, policy: Policy, out: list[Effect]) -> State:
    """Text what stands, if it is time."""
    if now_s < due_s(state):
        return state
    causes = standing(state)
    if causes:
        reason = "stands today: " + ", ".join(causes)
        out.append(Log("digest", reason=reason, fields={"causes": list(causes)}))
        out.append(Withdraw(None, (Purpose.DIGEST,), "superseded by today's"))
        out.extend(
            notice(
                Purpose.DIGEST,
                policy,
                reason,
                incident=None,
                episode=int(now_s * 1000),  # each digest has a key of its own
                about=Facts(armed=state.armed, cause=",".join(causes)),
            )
        )
    return replace(state, digested_s=now_s)


def standing(state: State) -> tuple[str, ...]:
    """Return the causes of everything that stands, the gravest first."""
    causes = []
    if state.incident is not None:
        causes.append("incident")
    if state.disarmed is not None or (state.report_armed and not state.armed):
        causes.append("unarmed")
    if state.service is not None:
        causes.append("service")
    causes += [t.cause for t in state.troubles.values() if t.raised]
    return tuple(dict.fromkeys(causes))
