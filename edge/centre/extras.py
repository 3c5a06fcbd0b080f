"""Retained messages that are not the bell's own truth: discovery, and what is taken down.

Invariant: they go one at a time and after everything else, and cost the link at most two
connections: a broker that hangs up on a topic it forbids must not lose the bell over a courtesy.
Pure: belongs to the broker's thread, which does the sending.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Final

_STRIKES: Final = 2
"""So often a message may be refused, or a connection end over it; then it is given up until the
next start. Once can be chance."""


class Extras:
    """What is still to be put up over this connection.

    Args:
        messages: Full topics with their payloads; an empty one makes the broker forget the topic.

    Attributes:
        detail: What became of them, in words; empty while all is well.
        taken_down: Topics that the broker has forgotten at our word.
    """

    def __init__(self, messages: Mapping[str, bytes] | None = None) -> None:
        self.detail = ""
        self.taken_down: frozenset[str] = frozenset()
        self._messages = dict(messages or {})
        self._due: deque[str] = deque()
        self._under_way: str | None = None
        self._strikes: dict[str, int] = {}

    def begin(self) -> None:
        """A new connection: the broker may have forgotten all of them."""
        lost, self._under_way = self._under_way, None
        if lost is not None:
            self._strike(lost, "the connection ended over it")
        self._due = deque(t for t in self._messages if self._strikes.get(t, 0) < _STRIKES)

    def next(self) -> tuple[str, bytes] | None:
        """The next one, if none is under way."""
        if self._under_way is not None or not self._due:
            return None
        self._under_way = self._due.popleft()
        return self._under_way, self._messages[self._under_way]

    def settled(self, refusal: str | None) -> None:
        """The broker has taken the one under way, or refused it with these words."""
        topic, self._under_way = self._under_way, None
        if topic is None:
            return
        if refusal is not None:  # Mosquitto 2.0.11 says so and hangs up all the same
            self._strike(topic, refusal)
            return
        self._strikes.pop(topic, None)
        if not self._messages[topic]:  # once is enough: Home Assistant warns of a second time
            self.taken_down |= {topic}
            del self._messages[topic]
        if self.detail.startswith(f"{topic}: "):
            self.detail = ""

    def _strike(self, topic: str, why: str) -> None:
        self._strikes[topic] = self._strikes.get(topic, 0) + 1
        again = self._strikes[topic] < _STRIKES
        self.detail = f"{topic}: {why}{'' if again else '; not tried again before a restart'}"
