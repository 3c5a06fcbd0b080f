"""Which message leaves next, by which route, and what becomes of it. Pure.

Total order: purpose (119 report, danger, call-yourself, unconfirmed, drowned, bell, the call to
119, alert, receded, trouble and so on, as ``Purpose`` lists them), a first report before a repeat,
then age, then nearness to the water, then part. Between two parts of one text a worse message may
leave: a part is a message of its own. Of the CAP documents about one incident the oldest goes first
and the others wait for it, also while it waits itself: a centre must not hear an Update before its
Alert, nor a Cancel after which the Alert comes. If it is refused for good or given up, the next one
goes all the same: each is complete by itself, and a centre takes an Update it cannot place as news.

Invariant: every attempt ends in exactly one of settled, rescheduled or refused; nothing that a
person must know of is given up while its incident is open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import inf

from edge.effects import Purpose
from edge.events import Attempted
from edge.messages import retrying
from edge.messages.message import NEVER_GIVEN_UP, PURPOSE_ORDER, Message, Status

GIVE_UP_AFTER_S = 86400.0
"""A message that is not about an open danger is given up after a day, with an event (design 5)."""

SETTLED_KEPT = 256
"""So many settled messages are remembered beside those of the open incident, as many as the store
hands out after a restart: the network numbers texts to 255, so the report of an older one could not
be told from a newer one's. A sensor that flaps for a day must not fill the memory."""

VOICE = "voice"
"""The route of the call to 119: the modem's own line, beside its texts."""

WHOLE_TEXT_ROUTES = frozenset({"http"})
"""Routes that carry a text of any length in one piece: its parts go together, and are settled
together. A text of which a part was refused by the modem arrives whole by the other way."""

_CUT_SHORT = frozenset({Purpose.DRILL, Purpose.TEST})
"""Texts of which half is no worse than all."""

HURRYING = frozenset(
    {
        Purpose.REPORT,
        Purpose.DANGER,
        Purpose.CALL_YOURSELF,
        Purpose.UNCONFIRMED,
        Purpose.DROWNED,
        Purpose.BELL,
    }
)
"""What does not wait long for a lower text in flight (design 5)."""


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
    chosen = min(due, key=order)
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


def order(message: Message) -> tuple[int, bool, float, int, int]:
    """Return what messages are sorted by to leave.

    A first report goes before a repeat: somebody else is in danger.
    """
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
    after = retrying.after(message, event, now_s, min_attempts=min_attempts, jitter=jitter)
    changed = {after.key: after, **_taken_along(outbox, message, after, event)}
    return replace(outbox, messages={**outbox.messages, **changed}), after


def _taken_along(
    outbox: Outbox, before: Message, after: Message, event: Attempted
) -> dict[str, Message]:
    """What the end of one part means for the other parts that still wait.

    By a route that carries whole texts all of them have gone, or none. On the modem each part goes
    by itself; but when one has to take another route, the rest goes with it.
    """
    whole = event.route in WHOLE_TEXT_ROUTES
    elsewhere = (after.routes, after.route) != (before.routes, before.route)
    if not (whole or elsewhere):
        return {}
    rest = (m for m in parts_of(outbox, before) if m.key != before.key and _may_follow(m, outbox))
    if whole:
        return {m.key: _as_its_like(m, after) for m in rest}
    return {
        m.key: replace(m, routes=after.routes, route=after.route, not_before_s=after.not_before_s)
        for m in rest
    }


def _may_follow(message: Message, outbox: Outbox) -> bool:
    return message.status is Status.WAITING and message.key not in outbox.flying.values()


def _as_its_like(message: Message, like: Message) -> Message:
    """Return a part as the one with which it went."""
    return replace(like, key=message.key, text=message.text, part=message.part)


def parts_of(outbox: Outbox, message: Message) -> tuple[Message, ...]:
    """Return all parts of a message's text, in order."""
    text = text_of(message.key)
    parts = (m for key, m in outbox.messages.items() if text_of(key) == text)
    return tuple(sorted(parts, key=lambda m: m.part))


def withdraw(
    outbox: Outbox,
    incident: str | None,
    purposes: Iterable[Purpose],
    cause: str | None,
    why: str,
    *,
    keys: tuple[str, ...] = (),
    decided_by_s: float | None = None,
) -> tuple[Outbox, tuple[Message, ...]]:
    """Drop what has not left. What is in flight may still land, and is not tried again if it fails.

    A text of which a part has left goes on to its end: half a text helps nobody. Not so a drill's:
    its last part would arrive after the real thing, and say of it that it is only a drill; nor a
    test's, which says that nothing is to be done.
    """
    wanted = frozenset(purposes)

    def meant(m: Message) -> bool:
        about = m.incident == incident and (cause is None or m.facts.cause == cause)
        named = not keys or m.key in keys
        old = decided_by_s is None or m.decided_s <= decided_by_s
        return m.status is Status.WAITING and m.purpose in wanted and about and named and old

    begun = {text_of(m.key) for m in outbox.messages.values() if m.status is not Status.WAITING}
    begun |= {text_of(key) for key in outbox.flying.values()}
    flying = frozenset(outbox.flying.values())

    def may_stop(m: Message) -> bool:
        return m.parts == 1 or m.purpose in _CUT_SHORT

    dropped = tuple(
        replace(m, status=Status.WITHDRAWN, last_error=why)
        for m in outbox.messages.values()
        if meant(m)
        and m.key not in flying
        and (text_of(m.key) not in begun or m.purpose in _CUT_SHORT)
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
    """Give up what is a day old and not about an open danger; forget what was settled then.

    Of what is settled the newest ``SETTLED_KEPT`` are remembered, and all of the open incident.
    """
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
    settled = [
        key
        for key, m in kept.items()
        if m.status is not Status.WAITING and (m.incident or "") != open_incident
    ]
    for key in settled[:-SETTLED_KEPT]:
        del kept[key]
    return replace(outbox, messages=kept), given_up


def _age_s(message: Message, now_s: float) -> float:
    return now_s - (message.decided_s if message.accepted_s is None else message.accepted_s)


def reported(
    outbox: Outbox,
    route: str,
    reference: int,
    *,
    delivered: bool,
    now_s: float,
    open_incident: str | None,
    meant: Callable[[Message], bool] = lambda _message: True,
) -> tuple[Outbox, Message | None]:
    """Take a status report: it is about the newest accepted message with that reference.

    One that says that the text did not arrive opens its message again, unless it is of an incident
    that is over: whom it would reach now, it would tell what is not so.

    Args:
        outbox: Before.
        route: The route that it came by.
        reference: The network's number of the text; it counts to 255 and begins anew.
        delivered: Whether the text arrived.
        now_s: Monotonic seconds.
        open_incident: The incident that is open, if any.
        meant: Whether a message went to whom the report is about.
    """
    candidates = [
        m
        for m in outbox.messages.values()
        if m.submit_reference == reference
        and m.accepted_route == route
        and m.status is Status.ACCEPTED
        and meant(m)
    ]
    if not candidates:
        return outbox, None
    message = max(candidates, key=lambda m: m.accepted_s or 0.0)
    over = message.incident is not None and message.incident != open_incident
    if delivered:
        after = replace(message, status=Status.DELIVERED)
    elif over or message.recalled:
        why = "the network says that it was not delivered; its incident is over"
        after = replace(message, submit_reference=None, last_error=why)
    else:
        after = retrying.reopened(message, now_s)
    return replace(outbox, messages={**outbox.messages, after.key: after}), after


def _in_flight(outbox: Outbox, route: str) -> Message | None:
    key = outbox.flying.get(route)
    return None if key is None else outbox.messages.get(key)


def busy_with_worse(outbox: Outbox, route: str, purpose: Purpose) -> bool:
    """Whether something that goes before ``purpose`` is in flight on a route."""
    flying = _in_flight(outbox, route)
    return flying is not None and PURPOSE_ORDER[flying.purpose] < PURPOSE_ORDER[purpose]


def hurries(outbox: Outbox, route: str, now_s: float, *, seized: bool) -> bool:
    """Whether what is in flight on a route must make way for what is worse (design 5).

    ``seized`` says that a danger delay runs: the report that it may bring is worse than anything.
    """
    flying = _in_flight(outbox, route)
    if flying is None:
        return False
    if seized and flying.purpose is not Purpose.REPORT:
        return True
    place = PURPOSE_ORDER[flying.purpose]
    return any(
        m.purpose in HURRYING and PURPOSE_ORDER[m.purpose] < place
        for m in outbox.messages.values()
        if _is_due(m, outbox, route, now_s, seized=False)
    )
