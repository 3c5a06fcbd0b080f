"""Retained messages that are not the bell's own truth: discovery, and what is taken down.

Invariant: they go one at a time and after everything else, and cost the link at most two
connections: a broker that hangs up on a topic it forbids must not lose the bell over a courtesy.
Pure: belongs to the broker's thread, which does the sending.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from math import inf
from typing import Final

_STRIKES: Final = 2
"""So often a message may be refused, or a connection end over it; then it is given up until the
next start. Once can be chance."""

PROBATION_S: Final = 5.0
"""So soon after its acknowledgement the end of a connection is laid at a message's door, where an
acknowledgement tells no refusal: with 3.1.1 Mosquitto 2.0.11 takes what it forbids, and hangs up.
"""


class Extras:
    """What is still to be put up over this connection. Monotonic time comes in.

    Args:
        messages: Full topics with their payloads; an empty one makes the broker forget the topic.
        probation_s: 0 where an acknowledgement is to be believed, as with MQTT 5.

    Attributes:
        detail: What became of them, in words; empty while all is well.
        taken_down: Topics that the broker has forgotten at our word.
        next_s: When there is something to send; infinity for not now.
    """

    def __init__(self, messages: Mapping[str, bytes], probation_s: float = 0.0) -> None:
        self.detail = ""
        self.taken_down: frozenset[str] = frozenset()
        self.next_s = inf
        self._messages = dict(messages)
        self._probation_s = probation_s
        self._proven_s = -inf
        self._due: deque[str] = deque()
        self._sent: str | None = None
        self._waits = False
        self._strikes: dict[str, int] = {}

    def renewed(self) -> Extras:
        """Return what is still to be put up, for a thread that takes this one's place."""
        fresh = Extras(self._messages, self._probation_s)
        fresh.detail, fresh.taken_down = self.detail, self.taken_down
        fresh._strikes = dict(self._strikes)
        return fresh

    def begin(self, now_s: float) -> None:
        """A new connection: the broker may have forgotten all of them."""
        self._due = deque(t for t in self._messages if self._strikes.get(t, 0) < _STRIKES)
        self._look(now_s)

    def next(self, now_s: float) -> tuple[str, bytes] | None:
        """The next one, if it may go."""
        if now_s < self.next_s:
            return None
        self._passed()
        if not self._due:
            self.next_s = inf
            return None
        self._sent = self._due.popleft()
        self._waits, self.next_s = True, inf
        return self._sent, self._messages[self._sent]

    def settled(self, refusal: str | None, now_s: float) -> None:
        """The broker has acknowledged the one under way, or refused it with these words."""
        if self._sent is None:
            return
        self._waits = False
        if refusal is not None:  # Mosquitto 2.0.11 says so and hangs up all the same
            self._strike(self._sent, refusal)
            self._sent = None
        self._look(now_s + self._probation_s)

    def lost(self, now_s: float) -> None:
        """The connection has ended: over the last one, if that was just now."""
        if self._sent is not None and (self._waits or now_s < self._proven_s):
            self._strike(self._sent, "the connection ended over it")
            self._sent = None
        self._passed()
        self._due.clear()
        self.next_s = inf

    def _look(self, at_s: float) -> None:
        self._proven_s = at_s
        self.next_s = at_s if self._due or self._sent is not None else inf

    def _passed(self) -> None:
        """The last one was taken, and nothing came of it."""
        topic, self._sent = self._sent, None
        if topic is None or self._waits:
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
