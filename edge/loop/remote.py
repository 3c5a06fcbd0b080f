"""What the centre asks, done on the main thread: hands from afar, and a look at the sensors.

Invariant: nothing here arms, disarms, begins service or ends a report: each hand goes to the law as
one that is not at the bell, and the law refuses what it must (design 4.9). Every request is an
event that says who asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from edge.events import Hand, Handled
from edge.loop.answers import sensors
from edge.loop.inbox import Asked, Refused

if TYPE_CHECKING:
    from edge.loop.app import App


def obey(app: App, event: Asked | Refused) -> None:
    """Do what is asked, log it, and answer; or log that something was turned away."""
    if isinstance(event, Refused):
        _note(app, event)
        return
    asked = event
    result = COMMANDS[asked.name](app, asked)
    done = bool(result.get("done", True))
    app.tell(
        "command",
        str(result.get("reason", "")),
        command=asked.name,
        id=asked.id,
        by=asked.by,
        done=done,
    )
    asked.answer(result if done else {"error": "refused", **result})


def _note(app: App, refused: Refused) -> None:
    app.tell(
        "commands_refused",
        refused.reason,
        command=refused.name,
        error=refused.error,
        by=refused.by,
        count=refused.count,
    )


def _hand(hand: Hand) -> Callable[[App, Asked], dict[str, Any]]:
    def command(app: App, asked: Asked) -> dict[str, Any]:
        return _handled(app, asked, hand)

    return command


def _handled(app: App, asked: Asked, hand: Hand) -> dict[str, Any]:
    given = asked.arguments
    handled = Handled(
        hand,
        asked.by,
        local=False,
        stage=str(given.get("stage") or ""),
        contacts=tuple(given.get("contacts") or ()),
    )
    refusal = app.handle(handled, app.parts.clocks.now_s())
    return {"done": not refusal, "reason": refusal}


def _service(app: App, asked: Asked) -> dict[str, Any]:
    hand = Hand.SERVICE_ON if asked.arguments.get("on") else Hand.SERVICE_OFF
    return _handled(app, asked, hand)


def _read(app: App, asked: Asked) -> dict[str, Any]:
    seen = sensors(app, app.parts.clocks.now_s())
    wanted = asked.arguments.get("sensor")
    if wanted is None:
        return {"sensors": seen}
    if wanted not in seen:
        names = ", ".join(seen)
        return {"done": False, "reason": f"no sensor {wanted!r} here; there are: {names}"}
    return {"sensors": {wanted: seen[wanted]}}


COMMANDS: Final[Mapping[str, Callable[[App, Asked], dict[str, Any]]]] = {
    "ack": _hand(Hand.ACK),
    "silence": _hand(Hand.SILENCE),
    "reset": _hand(Hand.RESET),
    "service": _service,
    "drill": _hand(Hand.DRILL),
    "read": _read,
}
"""The same names as in ``edge.centre.requests``; a test holds them to it."""
