"""What the control socket says of the modem, and of the messages that wait or were given up.

Runs on the main thread, like ``answers``; everything it tells is in memory. Owns the form of these
answers. The modem's numbers and the words of messages are told here and go nowhere else.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from edge.events import Hand, Handled, ModemCard
from edge.law import modemtest
from edge.law.troubles import standing
from edge.messages import outbox as rules
from edge.messages.message import Message, Status

if TYPE_CHECKING:
    from edge.loop.app import App
    from edge.loop.inbox import Question

MODEM: Final = "modem"
NO_MODEM: Final = "no modem in the settings"
MOST_ROWS: Final = 500
"""So many messages are shown: an answer stays small, and nobody reads more."""


def in_short(app: App) -> dict[str, Any] | None:
    """Return what the modem last said of itself, for ``status``; None if the settings have none."""
    if not app.parts.site.modem:
        return None
    known = app.routes.get(MODEM)
    if known is None:
        return {
            "state": "starting",
            "registered": None,
            "signal_dbm": None,
            "operator": None,
            "detail": "",
        }
    return {
        "state": "ready" if known.up else "down",
        "registered": known.registered,
        "signal_dbm": known.signal_dbm,
        "operator": known.operator,
        "sim": known.sim,
        "detail": known.detail,
    }


def modem(app: App, question: Question | None = None) -> dict[str, Any]:
    """Return all that is known of the modem, without asking it anything."""
    del question
    short = in_short(app)
    if short is None:
        raise ValueError(NO_MODEM)
    known = app.routes.get(MODEM)
    card = known.card if known is not None and known.card is not None else ModemCard()
    now_s = app.parts.clocks.now_s()
    return {
        **short,
        "sim": short.get("sim"),
        **asdict(card),
        "port": app.parts.site.modem_port,
        "power_pin": app.parts.site.power_pin,
        "troubles": [t for t in standing(app.state, now_s) if _of_the_modem(str(t["cause"]))],
        "last_accepted": _last_accepted(app, now_s),
    }


def _of_the_modem(cause: str) -> bool:
    return cause.partition(":")[0] in (MODEM, "self_test")


def _last_accepted(app: App, now_s: float) -> dict[str, Any] | None:
    """The last text that the network took by the modem in this boot: of others no time is known."""
    taken = [
        message
        for message in app.parts.sender.outbox.messages.values()
        if message.accepted_route == MODEM and message.submit_reference is not None
    ]
    last = max(taken, key=lambda message: message.accepted_s or 0.0, default=None)
    if last is None or last.accepted_s is None:
        return None
    return {
        "purpose": last.purpose.value,
        "contact": last.contact,
        "ago_s": round(now_s - last.accepted_s, 1),
        "ts": app.wall_of(last.accepted_s),
    }


def outbox(app: App, question: Question) -> dict[str, Any]:
    """Return what waits, in the order in which it leaves, and the last that were given up.

    With ``text`` only the parts of that one text, whatever became of them; with ``texts`` the words
    as well.
    """
    given, sender = question.arguments, app.parts.sender
    wanted, with_words = given.get("text"), given.get("texts") is True
    if wanted is not None and not isinstance(wanted, str):
        raise ValueError(f"text is the name of a text, not {wanted!r}")
    given_up: tuple[Message, ...] = sender.given_up
    waiting: tuple[Message, ...] = sender.outbox.waiting()
    if wanted is not None:
        known = {m.key: m for m in (*given_up, *sender.outbox.messages.values())}
        waiting, given_up = tuple(m for m in known.values() if rules.text_of(m.key) == wanted), ()
    shown = sorted(waiting, key=rules.order)[:MOST_ROWS]
    return {
        "waiting": [row(app, message, with_words=with_words) for message in shown],
        "given_up": [row(app, message, with_words=with_words) for message in given_up],
        "left_out": len(waiting) - len(shown),
    }


def row(app: App, message: Message, *, with_words: bool) -> dict[str, Any]:
    """Return one message as it stands."""
    now_s = app.parts.clocks.now_s()
    sender = app.parts.sender
    flying = message.key in sender.outbox.flying.values()
    waits = message.status is Status.WAITING and not flying
    words = {"text": message.text or None} if with_words else {}
    route = message.accepted_route or message.routes[message.route]
    return {
        "key": message.key,
        "purpose": message.purpose.value,
        "contact": message.contact,
        "incident": message.incident,
        "route": route,
        "route_down": message.status is Status.WAITING and sender.is_down(route),
        "state": _state(message, flying=flying),
        "attempts": message.attempts,
        "next_s": round(max(0.0, sender.tried_at_s(message) - now_s), 1) if waits else None,
        "reason": message.last_error,
        "why": message.reason,
        "age_s": round(now_s - message.decided_s, 1),
        "part": message.part,
        "parts": message.parts,
        **words,
    }


def _state(message: Message, *, flying: bool) -> str:
    if flying:
        return "in_flight"
    return "unconfirmed" if message.unconfirmed else message.status.value


def send_test(app: App, question: Question) -> dict[str, Any]:
    """Text one contact by the modem; ``text`` names it, for ``outbox``."""
    if not app.parts.site.modem:
        return {"done": False, "reason": NO_MODEM, "text": None}
    contact = str(question.arguments.get("contact") or "")
    before = frozenset(app.parts.sender.outbox.messages)
    handled = Handled(
        Hand.MODEM_TEST, question.by, local=True, contacts=(contact,) if contact else ()
    )
    refusal = app.handle(handled, app.parts.clocks.now_s())
    fresh = (
        message.key
        for message in app.parts.sender.outbox.messages.values()
        if message.facts.cause == modemtest.CAUSE and message.key not in before
    )
    key = next(fresh, None)
    return {
        "done": not refusal,
        "reason": refusal,
        "text": None if key is None else rules.text_of(key),
    }
