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
"""Connections that may end while a message waits for its acknowledgement; then it is given up,
until the next start. One can be chance."""


class Extras:
    """What is still to be put up over this connection.

    Args:
        messages: Full topics with their payloads; an empty one makes the broker forget the topic.

    Attributes:
        detail: What became of them, in words; empty while all is well.
    """

    def __init__(self, messages: Mapping[str, bytes] | None = None) -> None:
        self.detail = ""
        self._messages = dict(messages or {})
        self._due: deque[str] = deque()
        self._under_way: str | None = None
        self._strikes: dict[str, int] = {}

    def begin(self) -> None:
        """A new connection: the broker may have forgotten all of them."""
        lost, self._under_way = self._under_way, None
        if lost is not None:
            self._strikes[lost] = self._strikes.get(lost, 0) + 1
            if self._strikes[lost] >= _STRIKES:
                self.detail = f"the broker hangs up on {lost}: not tried again before a restart"
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
        self._strikes.pop(topic, None)
        if refusal is not None:
            self.detail = f"{topic}: {refusal}"
        elif self.detail.startswith(f"{topic}:"):
            self.detail = ""
