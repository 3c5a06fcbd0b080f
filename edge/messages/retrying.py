"""What the end of an attempt means for its message: settled, tried again, or given up. Pure.

Owns every pause between two attempts, and when silence counts as sent. Invariant: a message is
accepted only by the word of a route, or after as many silences as the design allows; what certainly
did not leave is tried again, and the next route at once.

Source: design 4.7 and 5; domain 5.1.
"""

from __future__ import annotations

from dataclasses import replace

from edge.effects import Purpose
from edge.events import Attempted, Outcome
from edge.messages.message import NEVER_GIVEN_UP, Message, Status

REPORT_RETRY_S = 2.0
"""A failed report is tried again so soon (design 4.7)."""

REPORT_SEARCHING_RETRY_S = 10.0
"""On a modem that goes on searching for its network: when it finds one, the report is due at once;
until then each attempt is written down, and hours of one every 2 s wear the card."""

REPORT_PATIENT_RETRY_S = 60.0
"""After the least number of attempts, one a minute until accepted (design 4.7)."""

AMBIGUOUS_RETRY_S = 20.0
"""A text that may have been sent is repeated no sooner (design 4.7; domain 2.2)."""

AMBIGUOUS_MOST = 10
"""So many ambiguous attempts of one episode count as sent (design 4.7). The same for a text that is
never given up: its reader has it ten times by then, or the modem is not what it says."""

CALL_MOST = 10
"""So often 119 is dialled for an episode, the first time included (domain 2.2)."""

CALL_RETRY_S = 5.0
"""Between two tries to ring 119: a busy line is busy for a moment."""

RETRY_FIRST_S = 5.0
RETRY_LONGEST_S = 120.0
"""Back-off between attempts for people: doubling from 5 s to 2 min, plus jitter."""

UNDELIVERED_FIRST_S = 60.0
UNDELIVERED_LONGEST_S = 1800.0
"""Before a text that did not arrive goes the same way again: a telephone that is off stays off for
a while, and each try costs a text."""

UNDELIVERED_MOST = 3
"""So often a text that is not about an open danger is opened again."""


def after(
    message: Message, event: Attempted, now_s: float, *, min_attempts: int, jitter: float
) -> Message:
    """Return the message as it stands after an attempt.

    Args:
        message: As it was.
        event: How the attempt ended.
        now_s: Monotonic seconds.
        min_attempts: Attempts on a registered modem before a report slows down to one a minute.
        jitter: 0 to 1, from outside: spreads retries.
    """
    message = replace(
        message,
        attempts=message.attempts + 1,
        registered_attempts=message.registered_attempts + event.registered,
        ambiguous=message.ambiguous + (event.outcome is Outcome.AMBIGUOUS),
        last_error=event.detail if event.outcome is not Outcome.ACCEPTED else "",
    )
    if event.outcome is Outcome.ACCEPTED:
        return replace(
            message,
            status=Status.ACCEPTED,
            accepted_s=now_s,
            submit_reference=event.reference,
            accepted_route=event.route,
        )
    if _counts_as_sent(message, event):
        return replace(message, status=Status.ACCEPTED, accepted_s=now_s)
    if message.recalled:
        return replace(message, status=Status.WITHDRAWN, last_error=message.recalled)
    if message.purpose is Purpose.REPORT:
        return replace(message, not_before_s=now_s + _report_retry_s(message, event, min_attempts))
    if message.purpose is Purpose.CALL:
        return _call_again(message, event, now_s)
    return _next_route(message, event, now_s, jitter)


def _counts_as_sent(message: Message, event: Attempted) -> bool:
    """Whether silence has answered it so often that it counts as sent.

    A person's text takes the next route at once, then goes once more the first way: one silence
    more than there are routes, and it is left at that. One that is never given up goes on for
    longer.
    """
    if message.purpose is Purpose.CAP:
        return False  # a document may come twice, its identifier tells
    if message.purpose in NEVER_GIVEN_UP:
        silences = message.ambiguous + message.silences_before
        return message.ambiguous > 0 and silences >= AMBIGUOUS_MOST
    return event.outcome is Outcome.AMBIGUOUS and message.ambiguous > len(message.routes)


def _report_retry_s(message: Message, event: Attempted, min_attempts: int) -> float:
    if event.wait_s is not None:
        return event.wait_s
    if event.outcome in (Outcome.AMBIGUOUS, Outcome.WITHHELD):
        return AMBIGUOUS_RETRY_S
    if message.registered_attempts >= min_attempts:
        return REPORT_PATIENT_RETRY_S
    if not event.registered and message.attempts >= min_attempts:
        return REPORT_SEARCHING_RETRY_S
    return REPORT_RETRY_S


def _call_again(message: Message, event: Attempted, now_s: float) -> Message:
    """119 is rung ten times; what the gate holds back does not count, nor a modem without network.

    A call that is refused for good, e.g. by a SIM without voice, is not tried again: 119 has the
    report, and the texts say who is to go and look.
    """
    if event.outcome is Outcome.REFUSED or message.registered_attempts >= CALL_MOST:
        return replace(message, status=Status.REFUSED)
    if event.wait_s is not None or event.outcome is Outcome.WITHHELD:
        held = replace(message, registered_attempts=message.registered_attempts - event.registered)
        return replace(held, not_before_s=now_s + (event.wait_s or AMBIGUOUS_RETRY_S))
    pause_s = CALL_RETRY_S if event.registered else REPORT_SEARCHING_RETRY_S
    return replace(message, not_before_s=now_s + pause_s)


def _next_route(message: Message, event: Attempted, now_s: float, jitter: float) -> Message:
    """The next route at once; round again after a pause; refused by all is refused for good."""
    if event.outcome is Outcome.REFUSED:
        left = tuple(r for r in message.routes if r != event.route)
        if not left:
            return replace(message, status=Status.REFUSED)
        return replace(message, routes=left, route=0, not_before_s=now_s)
    if message.route + 1 < len(message.routes):
        return replace(message, route=message.route + 1, not_before_s=now_s)
    pause_s = min(RETRY_LONGEST_S, RETRY_FIRST_S * 2.0 ** min(message.tries_here, 8))
    if message.ambiguous:
        pause_s = max(pause_s, AMBIGUOUS_RETRY_S)
    pause_s = max(pause_s * (1.0 + 0.25 * jitter), event.wait_s or 0.0)
    return replace(
        message, route=0, tries_here=message.tries_here + 1, not_before_s=now_s + pause_s
    )


def reopened(message: Message, now_s: float) -> Message:
    """Return an accepted message of which the network says that it did not arrive.

    The next route is taken at once. By the same route again after a pause that grows; what is not
    about an open danger is left at that after some times.
    """
    why = "the network says that it was not delivered"
    message = replace(message, undelivered=message.undelivered + 1, last_error=why)
    if message.purpose not in NEVER_GIVEN_UP and message.undelivered > UNDELIVERED_MOST:
        return replace(message, status=Status.REFUSED)
    used = message.accepted_route
    place = message.routes.index(used) + 1 if used in message.routes else 0
    further = place < len(message.routes)
    return replace(
        message,
        status=Status.WAITING,
        accepted_s=None,
        submit_reference=None,
        accepted_route=None,
        route=place if further else 0,
        not_before_s=now_s if further else now_s + _undelivered_pause_s(message),
    )


def _undelivered_pause_s(message: Message) -> float:
    if message.purpose is Purpose.REPORT:
        return REPORT_RETRY_S if message.undelivered == 1 else REPORT_PATIENT_RETRY_S
    return min(UNDELIVERED_LONGEST_S, UNDELIVERED_FIRST_S * 2.0 ** (message.undelivered - 1))
