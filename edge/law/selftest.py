"""The self-test: now and then a text to somebody who is not 119, to see that texts still leave.

Invariant: silence never looks like safety. A self-test that no route has accepted within an hour,
or that did not arrive, is the trouble ``self_test`` until one has. It waits while an incident is
open: the line is not for small talk then. Its time is counted in seconds, as the digest's is.

Source: contract 1 (``modem.self_test``); domain 8: daily, the class of a 25 h supervision.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from edge.effects import Effect, Facts, Log, Notice, Purpose
from edge.events import Attempted, Outcome
from edge.law import troubles
from edge.law.policy import Policy
from edge.law.state import INF, State

CAUSE: Final = "self_test"

FIRST_AFTER_S: Final = 600.0
"""The first one after an installation: the technician may still be there."""

WITHIN_S: Final = 3600.0
"""A modem that takes no text for so long is not merely without network for a moment."""


def due_s(state: State, policy: Policy) -> float:
    """Return when the next self-test is due, or this one is overdue; infinity if never."""
    if policy.self_test is None:
        return INF
    overdue_s = INF if state.self_test_s is None else state.self_test_s + WITHIN_S
    return min(_next_s(state, policy), overdue_s)


def _next_s(state: State, policy: Policy) -> float:
    if policy.self_test is None or state.incident is not None:
        return INF
    if state.self_tested_s is not None:
        return state.self_tested_s + policy.self_test.every_s
    return INF if state.started_s == -INF else state.started_s + FIRST_AFTER_S


def advance(state: State, now_s: float, policy: Policy, out: list[Effect]) -> State:
    """Text, if it is time; and raise the trouble of one that stays away."""
    if state.self_test_s is not None and now_s >= state.self_test_s + WITHIN_S:
        words = f"no route has taken the self-test within {WITHIN_S / 60:.0f} min"
        state = replace(troubles.seen(state, CAUSE, words, now_s), self_test_s=None)
    if policy.self_test is None or now_s < _next_s(state, policy):
        return state
    contact = policy.self_test.contact
    out.append(Log("self_test", reason="it is time", fields={"contact": contact}))
    out.append(
        Notice(
            purpose=Purpose.TEST,
            contacts=(contact,),
            incident=None,
            episode=int(now_s * 1000),  # each has a key of its own
            facts=Facts(armed=state.armed, cause=CAUSE),
            reason=f"self-test every {policy.self_test.every_s / 3600:g} h",
        )
    )
    return replace(state, self_tested_s=now_s, self_test_s=now_s)


def settle(state: State, event: Attempted, now_s: float) -> State:
    """Take what became of a text: of a self-test, whether texts still leave."""
    if f"/{Purpose.TEST}/" not in event.key or not event.key.startswith(CAUSE):
        return state
    if event.outcome is Outcome.ACCEPTED and event.confirmed:
        return troubles.gone(replace(state, self_test_s=None), CAUSE, now_s)
    if event.outcome in (Outcome.REFUSED, Outcome.UNDELIVERED):
        words = f"the self-test was {event.outcome}: {event.detail}"
        return troubles.seen(state, CAUSE, words, now_s)
    return state
