"""A test text by the modem, because a technician asks for one (contract 2, ``modem sms``).

Owns when one may leave and for how long it is tried. Invariant: it is born without an origin, so
the last gate never lets it to 119; it never speaks of calm while an incident is open; and it comes
soon or never: a text that the technician has given up must not wake anybody at night. It is never
stored: a restart ends it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from edge.effects import Effect, Facts, Log, Notice, Purpose, Withdraw
from edge.events import Attempted, Handled, Outcome
from edge.law.policy import Policy
from edge.law.state import INF, State

CAUSE: Final = "modem_test"
ROUTE: Final = "modem"

WITHIN_S: Final = 90.0
"""For so long it is tried: the network takes one to five seconds, at most a minute and more (domain
5.1), and the reset of a modem that hangs half a minute."""

_HOUR_S: Final = 3600.0
LIMITS: Final = ((3, 60.0), (20, _HOUR_S))
"""At most so many in so many seconds: each one costs, and each holds the line that 119 needs."""


def begin(
    state: State, event: Handled, now_s: float, policy: Policy, out: list[Effect]
) -> tuple[State, str]:
    """Text one contact, or say why not."""
    refusal = _refusal(state, event, now_s, policy)
    if refusal:
        return state, refusal
    (contact,) = event.contacts
    reason = f"test text to {contact} by {event.by}"
    out.append(Log("modem_tested", reason=reason, fields={"by": event.by, "contact": contact}))
    out.append(notice(contact, now_s, reason, armed=state.armed))
    recent = tuple(s for s in state.modem_tests_s if s > now_s - _HOUR_S)
    until_s = min(due_s(state), now_s + WITHIN_S)
    return replace(state, modem_tests_s=(*recent, now_s), modem_test_until_s=until_s), ""


def notice(contact: str, now_s: float, reason: str, *, armed: bool) -> Notice:
    """Return what is texted: by the modem, whatever the contact's own routes are.

    Args:
        contact: To whom.
        now_s: Monotonic seconds; they make its key.
        reason: Why, in words.
        armed: Whether a report to 119 may leave.
    """
    return Notice(
        purpose=Purpose.TEST,
        contacts=(contact,),
        incident=None,
        episode=int(now_s * 1000),
        facts=Facts(armed=armed, cause=CAUSE),
        reason=reason,
        routes=(ROUTE,),
    )


def _refusal(state: State, event: Handled, now_s: float, policy: Policy) -> str:
    if not event.local:
        return "a test text is asked for at the device only"
    if state.incident is not None:
        return f"incident {state.incident.id} is open"
    if not event.contacts:
        return "no contact is named"
    if unknown := [name for name in event.contacts if name not in policy.contacts]:
        return f"not among the contacts in the settings: {', '.join(unknown)}"
    if len(event.contacts) > 1:
        return "a test text goes to one contact at a time"
    wait_s = max(_wait_s(state, now_s, most, span_s) for most, span_s in LIMITS)
    return f"enough test texts for now: the next in {wait_s:.0f} s" if wait_s > 0.0 else ""


def _wait_s(state: State, now_s: float, most: int, span_s: float) -> float:
    """Return how long the next one has to wait; not more than zero: it may go."""
    earlier = state.modem_tests_s
    return earlier[-most] + span_s - now_s if len(earlier) >= most else 0.0


def settle(event: Attempted, out: list[Effect]) -> None:
    """Take what became of a text: one that did not arrive has shown it, and is not sent again."""
    if event.outcome is Outcome.UNDELIVERED and event.key.startswith(f"{CAUSE}@"):
        out.append(_withdrawn("the network says that it was not delivered"))


def advance(state: State, now_s: float, out: list[Effect]) -> State:
    """Give up what has not left in time, or all of it when something real has begun."""
    if state.modem_test_until_s is None:
        return state
    if state.incident is not None:
        out.append(_withdrawn("something real has begun"))
        return replace(state, modem_test_until_s=None)
    if now_s < state.modem_test_until_s:
        return state
    # Both by the sum of the deadline: none is left out for a rounding.
    over = (asked_s for asked_s in state.modem_tests_s if asked_s + WITHIN_S <= now_s)
    over_s = max(over, default=now_s - WITHIN_S)  # none, if nobody looked for an hour
    out.append(_withdrawn(f"not accepted within {WITHIN_S:.0f} s", decided_by_s=over_s))
    ends_s = (asked_s + WITHIN_S for asked_s in state.modem_tests_s)
    until_s = min((end_s for end_s in ends_s if end_s > now_s), default=None)
    return replace(state, modem_test_until_s=until_s)


def _withdrawn(reason: str, decided_by_s: float | None = None) -> Withdraw:
    return Withdraw(None, (Purpose.TEST,), reason, cause=CAUSE, decided_by_s=decided_by_s)


def due_s(state: State) -> float:
    """Return when it is given up; infinity without one."""
    return INF if state.modem_test_until_s is None else state.modem_test_until_s
