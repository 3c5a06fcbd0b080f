"""Which message leaves next, by which route, and when to try again. Pure.

Total order: purpose (119 report, danger, call-yourself, drowned, bell, alert, receded, trouble,
test, CAP documents), then age, then part. Between two parts of one text a worse message may leave:
a part is a message of its own. Of the CAP documents about one incident the oldest goes first and
the others wait for it, also while it waits itself: a centre must not hear an Update before its
Alert, nor a Cancel after which the Alert comes. If it is refused for good or given up, the next one
goes all the same: each is complete by itself, and a centre takes an Update it cannot place as news.

Invariant: every attempt ends in exactly one of settled, rescheduled or refused; nothing that a
person must know of is given up while its incident is open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import inf

from edge.effects import Facts, Origin, Purpose
from edge.events import Attempted, Outcome

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
"""So many ambiguous attempts of one episode count as sent (design 4.7)."""

RETRY_FIRST_S = 5.0
RETRY_LONGEST_S = 120.0
"""Back-off between attempts for people: doubling from 5 s to 2 min, plus jitter."""

GIVE_UP_AFTER_S = 86400.0
"""A message that is not about an open danger is given up after a day, with an event (design 5)."""

NEVER_GIVEN_UP = frozenset({Purpose.REPORT, Purpose.DANGER, Purpose.BELL, Purpose.CALL_YOURSELF})

PURPOSE_ORDER = {purpose: place for place, purpose in enumerate(Purpose)}


class Status(StrEnum):
    """Where a message stands. Everything but ``WAITING`` is final for the sender."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Message:
    """One part of one text to one contact, or one report to 119.

    ``key`` is incident / episode / purpose / contact / repeat / part, and is accepted once, for
    ever. A report has no ``text``: it is worded when it leaves, with the depth of that moment.
    Times are monotonic seconds.
    """

    key: str
    purpose: Purpose
    contact: str
    incident: str | None
    episode: int
    decided_s: float
    routes: tuple[str, ...]
    text: str = ""
    repeat: int = 1
    repeats: int = 1
    part: int = 1
    parts: int = 1
    concat_reference: int | None = None
    origin: Origin | None = None
    facts: Facts = field(default_factory=Facts)
    reason: str = ""
    rank: int = 0
    status: Status = Status.WAITING
    attempts: int = 0
    registered_attempts: int = 0
    ambiguous: int = 0
    silences_before: int = 0  # ambiguous attempts of earlier reports of the same episode
    tries_here: int = 0
    route: int = 0
    not_before_s: float = -inf
    accepted_s: float | None = None
    submit_reference: int | None = None
    accepted_route: str | None = None
    last_error: str = ""
    recalled: str = ""  # why it was withdrawn while in flight: it is not tried again


@dataclass(frozen=True, slots=True)
class Outbox:
    """Every message not yet settled, those that await a status report, and what is in flight."""

    messages: Mapping[str, Message] = field(default_factory=dict)
    flying: Mapping[str, str] = field(default_factory=dict)  # route → key

    def waiting(self) -> tuple[Message, ...]:
        """Return the messages that are still to be accepted."""
        return tuple(m for m in self.messages.values() if m.status is Status.WAITING)


def add(outbox: Outbox, messages: Iterable[Message]) -> Outbox:
    """Return the outbox with new messages; a key that is known already is left as it is."""
    fresh = {m.key: m for m in messages if m.key not in outbox.messages}
    return replace(outbox, messages={**outbox.messages, **fresh})


def take(
    outbox: Outbox, route: str, now_s: float, *, seized: bool = False
) -> tuple[Outbox, Message | None]:
    """Return the message that this idle route must send now, if any, and mark it as in flight.

    ``seized`` holds back everything but reports: a danger delay runs, and 119 must not wait.
    """
    if route in outbox.flying:
        return outbox, None
    behind = _behind(outbox)
    due = [
        m
        for m in outbox.messages.values()
        if _is_due(m, outbox, route, now_s, seized) and m.key not in behind
    ]
    if not due:
        return outbox, None
    chosen = min(due, key=_order)
    return replace(outbox, flying={**outbox.flying, route: chosen.key}), chosen


def _is_due(message: Message, outbox: Outbox, route: str, now_s: float, seized: bool) -> bool:
    return (
        message.status is Status.WAITING
        and now_s >= message.not_before_s
        and message.routes[message.route] == route
        and (not seized or message.purpose is Purpose.REPORT)
        and message.key not in outbox.flying.values()
    )


def _behind(outbox: Outbox) -> frozenset[str]:
    """CAP documents that wait for an older one about the same incident, by key."""
    first: dict[str, Message] = {}
    waiting = [
        m
        for m in outbox.messages.values()
        if m.purpose is Purpose.CAP and m.status is Status.WAITING
    ]
    for message in waiting:
        about = about_of(message.key)
        first[about] = min(first.get(about, message), message, key=lambda m: m.rank)
    return frozenset(m.key for m in waiting if m is not first[about_of(m.key)])


def _order(message: Message) -> tuple[int, bool, float, int, int]:
    """A first report goes before a repeat: somebody else is in danger."""
    repeat = message.repeat > 1
    return (PURPOSE_ORDER[message.purpose], repeat, message.decided_s, message.rank, message.part)


def due_s(outbox: Outbox, route: str, *, seized: bool = False) -> float:
    """Return when ``take`` will next have something for this route; infinity if nothing waits."""
    if route in outbox.flying:
        return inf
    behind = _behind(outbox)
    return min(
        (
            m.not_before_s
            for m in outbox.messages.values()
            if _is_due(m, outbox, route, inf, seized) and m.key not in behind
        ),
        default=inf,
    )


def settle(
    outbox: Outbox, event: Attempted, now_s: float, *, min_attempts: int, jitter: float
) -> tuple[Outbox, Message | None]:
    """Take the end of an attempt: settled, rescheduled or refused.

    Args:
        outbox: Before.
        event: How the attempt ended.
        now_s: Monotonic seconds.
        min_attempts: Attempts on a registered modem before a report slows down to one a minute.
        jitter: 0 to 1, from outside: spreads retries.

    Returns:
        The outbox, and the message as it now stands (None if it is not known any more).
    """
    flying = {route: key for route, key in outbox.flying.items() if key != event.key}
    outbox = replace(outbox, flying=flying)
    message = outbox.messages.get(event.key)
    if message is None or message.status is not Status.WAITING:
        return outbox, None
    after = _after(message, event, now_s, min_attempts, jitter)
    return replace(outbox, messages={**outbox.messages, after.key: after}), after


def _after(
    message: Message, event: Attempted, now_s: float, min_attempts: int, jitter: float
) -> Message:
    message = replace(
        message,
        attempts=message.attempts + 1,
        registered_attempts=message.registered_attempts + event.registered,
        ambiguous=message.ambiguous + (event.outcome is Outcome.AMBIGUOUS),
        last_error=event.detail if event.outcome is not Outcome.ACCEPTED else "",
    )
    silences = message.ambiguous + message.silences_before
    # A document may come twice, its identifier tells: silence never counts as sent.
    counted = message.ambiguous > 0 and message.purpose is not Purpose.CAP
    enough = counted and silences >= AMBIGUOUS_MOST
    if event.outcome is Outcome.ACCEPTED or enough:
        return replace(
            message,
            status=Status.ACCEPTED,
            accepted_s=now_s,
            submit_reference=event.reference,
            accepted_route=event.route,
        )
    if message.recalled:
        return replace(message, status=Status.WITHDRAWN, last_error=message.recalled)
    if message.purpose is Purpose.REPORT:
        return replace(message, not_before_s=now_s + _report_retry_s(message, event, min_attempts))
    return _next_route(message, event, now_s, jitter)


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
    if event.outcome is Outcome.AMBIGUOUS:
        pause_s = max(pause_s, AMBIGUOUS_RETRY_S)
    pause_s *= 1.0 + 0.25 * jitter
    return replace(
        message, route=0, tries_here=message.tries_here + 1, not_before_s=now_s + pause_s
    )


def withdraw(
    outbox: Outbox,
    incident: str | None,
    purposes: Iterable[Purpose],
    cause: str | None,
    why: str,
    *,
    keys: tuple[str, ...] = (),
) -> tuple[Outbox, tuple[Message, ...]]:
    """Drop what has not left. What is in flight may still land, and is not tried again if it fails.

    A text of which a part has left goes on to its end: half a text helps nobody. Not so a drill's:
    its last part would arrive after the real thing, and say of it that it is only a drill.
    """
    wanted = frozenset(purposes)

    def meant(m: Message) -> bool:
        about = m.incident == incident and (cause is None or m.facts.cause == cause)
        named = not keys or m.key in keys
        return m.status is Status.WAITING and m.purpose in wanted and about and named

    begun = {text_of(m.key) for m in outbox.messages.values() if m.status is not Status.WAITING}
    begun |= {text_of(key) for key in outbox.flying.values()}
    flying = frozenset(outbox.flying.values())

    def may_stop(m: Message) -> bool:
        return m.parts == 1 or m.purpose is Purpose.DRILL

    dropped = tuple(
        replace(m, status=Status.WITHDRAWN, last_error=why)
        for m in outbox.messages.values()
        if meant(m)
        and m.key not in flying
        and (text_of(m.key) not in begun or m.purpose is Purpose.DRILL)
    )
    gone = {m.key for m in dropped}
    kept = {
        key: replace(m, recalled=why) if key in flying and may_stop(m) and meant(m) else m
        for key, m in outbox.messages.items()
        if key not in gone
    }
    return replace(outbox, messages=kept), dropped


def text_of(key: str) -> str:
    """Return what the parts of one text have in common in their keys."""
    return key.rsplit("/", 1)[0]


def about_of(key: str) -> str:
    """Return what a key is about: the incident, or what else."""
    return key.partition("/")[0]


def expire(
    outbox: Outbox, now_s: float, open_incident: str | None
) -> tuple[Outbox, tuple[Message, ...]]:
    """Give up what is a day old and not about an open danger; forget what was settled then."""
    given_up = tuple(
        replace(m, status=Status.EXPIRED, last_error="not accepted within a day")
        for m in outbox.waiting()
        if now_s - m.decided_s > GIVE_UP_AFTER_S
        and not (m.purpose in NEVER_GIVEN_UP and m.incident == open_incident)
        and m.key not in outbox.flying.values()
    )
    gone = {m.key for m in given_up}
    kept = {
        key: m
        for key, m in outbox.messages.items()
        if key not in gone and (m.status is Status.WAITING or _age_s(m, now_s) < GIVE_UP_AFTER_S)
    }
    return replace(outbox, messages=kept), given_up


def _age_s(message: Message, now_s: float) -> float:
    return now_s - (message.decided_s if message.accepted_s is None else message.accepted_s)


def reported(
    outbox: Outbox, route: str, reference: int, *, delivered: bool
) -> tuple[Outbox, Message | None]:
    """Take a status report: the newest accepted message with that reference on that route."""
    candidates = [
        m
        for m in outbox.messages.values()
        if m.submit_reference == reference
        and m.accepted_route == route
        and m.status is Status.ACCEPTED
    ]
    if not candidates:
        return outbox, None
    message = max(candidates, key=lambda m: m.accepted_s or 0.0)
    after = (
        replace(message, status=Status.DELIVERED)
        if delivered
        else replace(message, last_error="the network says that it was not delivered")
    )
    return replace(outbox, messages={**outbox.messages, after.key: after}), after
