"""Where requests of the centre come in: on the broker's thread, answered at once or handed on.

Invariant: it never waits and never raises; a request reaches the loop as plain values, and only one
that was admitted. Leaves to ``admission`` which are, and to the loop what they do.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from edge.centre.admission import Admission, Admitted, Earlier, Refusal
from edge.centre.commands import Command

_log = logging.getLogger(__name__)

_TELL_EVERY_S: Final = 60.0
"""Refused requests are one event a minute, with their number: a flood of them must not push the
events of a flood of water out of the store."""

_WHO: Final = "by"
_NAME_CHARACTERS: Final = 64

Answer = Callable[[Mapping[str, Any]], None]
TakeAsked = Callable[[str, Admitted, str, Answer], None]
"""Hands a request to the loop: name, request, who asked, and where the answer goes."""

TellRefused = Callable[[str, Refusal, str, int], None]
"""Tells the loop of refused requests: name and reason of the last, who asked, how many."""


class Desk:
    """Reads requests and judges them.

    Args:
        take: Gets what is admitted.
        tell: Gets what was refused, at most once a minute.
        reply: Sends an answer.
        stamp: ``ts`` and ``session`` of an answer.
        clock: Monotonic seconds.
        wall_utc: The time of day, None while it cannot be believed.
        done_before: Requests of before this start; asked for once, with the first.

    Attributes:
        taken, refused: How many requests came to what since the start.
    """

    def __init__(
        self,
        *,
        take: TakeAsked,
        tell: TellRefused,
        reply: Callable[[Command, Mapping[str, Any]], None],
        stamp: Callable[[], Mapping[str, Any]],
        clock: Callable[[], float],
        wall_utc: Callable[[], datetime | None],
        done_before: Callable[[], Iterable[Earlier]] = tuple,
    ) -> None:
        self.taken = 0
        self.refused = 0
        self._take = take
        self._tell = tell
        self._reply = reply
        self._stamp = stamp
        self._clock = clock
        self._wall_utc = wall_utc
        self._done_before = done_before
        self._admission: Admission | None = None
        self._untold = 0
        self._told_s = float("-inf")

    def hear(self, command: Command) -> None:
        """Take a request as it came from the broker."""
        now_s = self._clock()
        if self._admission is None:
            self._admission = Admission(self._done_before(), now_s)
        admission = self._admission
        by = asker(command.user_properties, None)
        if command.retained:
            self._refuse(command.name, Refusal("too_old", "a retained request"), by, now_s)
            return  # nobody waits for an answer to it
        judged = admission.judge(command.name, command.payload, now_s, self._wall_utc())
        if isinstance(judged, Refusal):
            self._refuse(command.name, judged, by, now_s)
            refused = {"done": False, "error": judged.error, "reason": judged.reason}
            self._send(command, judged.id, refused)
            return
        self.taken += 1

        def answer(result: Mapping[str, Any]) -> None:
            more = {"done": True, "error": None, "reason": "", **result}
            if not more["done"]:
                admission.refund(command.name)
            self._send(command, judged.id, more)

        by = asker(command.user_properties, judged.by)
        self._take(command.name, judged, by, answer)

    def _refuse(self, name: str, refusal: Refusal, by: str, now_s: float) -> None:
        self.refused += 1
        self._untold += 1
        if now_s < self._told_s + _TELL_EVERY_S:
            return
        self._told_s = now_s
        count, self._untold = self._untold, 0
        _log.warning("request %r by %s refused: %s", name[:32], by, refusal.reason)
        self._tell(name[:32], refusal, by, count)

    def _send(
        self, command: Command, request_id: str | int | None, more: Mapping[str, Any]
    ) -> None:
        head = {"id": request_id, "command": command.name[:32]}
        self._reply(command, {**head, **more, **self._stamp()})


def asker(properties: Iterable[tuple[str, str]], in_request: str | None) -> str:
    """Who asks, as the user property ``by`` of MQTT 5 says, else the request itself.

    It is a word for the log, not a proof: who may ask at all is the broker's to decide. What could
    be a phone number is left out.
    """
    said = next((value for name, value in properties if name == _WHO), in_request or "")
    name = "".join(c for c in said if c.isprintable()).strip()[:_NAME_CHARACTERS]
    return re.sub(r"\+?\d[\d -]{5,}\d", "…", name) or "the centre"
