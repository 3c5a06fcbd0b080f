"""Whether the other end is still there. Pure: time comes in.

Invariant: a link over which nothing is heard is given up 5 s after its keep-alive at the latest, so
within 25 s with the default of 20 s (paho itself gives up at about 20), and 12 s after a message
that nobody acknowledges. TCP alone would take a
quarter of an hour to notice (tcp_retries2), and would never notice a broker that hangs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_PING_PART: Final = 0.75
"""Of the keep-alive: a ping then has time to be answered before the link is given up."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the other end may take, in seconds.

    Attributes:
        connect_s: From the name look-up to CONNACK: one that comes back is met within 10 s.
        ack_s: Of silence while an acknowledgement is owed.
        ack_at_last_s: For an acknowledgement, whatever else the broker says meanwhile.
        grace_s: Of silence beyond the keep-alive.
    """

    connect_s: float = 8.0
    ack_s: float = 12.0
    ack_at_last_s: float = 60.0
    grace_s: float = 5.0


class Liveness:
    """Remembers what is owed since when.

    Args:
        keepalive_s: The link's keep-alive.
        patience: What silence is given beyond it.
        now_s: Monotonic time of the connection.
    """

    def __init__(self, keepalive_s: float, patience: Patience, now_s: float) -> None:
        self._keepalive_s = keepalive_s
        self._patience = patience
        self._pinged_s = now_s - 1.0
        self._owed: dict[int, float] = {}

    @property
    def owed(self) -> int:
        """How many messages are not acknowledged."""
        return len(self._owed)

    def sent(self, packet_id: int, now_s: float) -> None:
        """An acknowledgement is owed from now on."""
        self._owed[packet_id] = now_s

    def acknowledged(self, packet_id: int) -> None:
        """It came."""
        self._owed.pop(packet_id, None)

    def pinged(self, now_s: float) -> None:
        """The broker was asked whether it is there."""
        self._pinged_s = now_s

    def ping_due(self, now_s: float, heard_s: float) -> bool:
        """Whether the silence has lasted long enough to ask, once for each silence."""
        return self._pinged_s <= heard_s and now_s >= heard_s + _PING_PART * self._keepalive_s

    def verdict(self, now_s: float, heard_s: float) -> str | None:
        """Words for why the link must be given up; None while it may live."""
        if self._owed:
            oldest_s = next(iter(self._owed.values()))
            if now_s >= self._ack_due_s(oldest_s, heard_s):
                return f"the broker has acknowledged nothing for {now_s - oldest_s:.0f} s"
        if now_s >= heard_s + self._keepalive_s + self._patience.grace_s:
            return f"the broker has been silent for {now_s - heard_s:.0f} s"
        return None

    def _ack_due_s(self, oldest_s: float, heard_s: float) -> float:
        patience = self._patience
        return min(max(oldest_s, heard_s) + patience.ack_s, oldest_s + patience.ack_at_last_s)

    def next_look_s(self, now_s: float, heard_s: float) -> float:
        """Seconds from now until a ping or a verdict may be due."""
        pinged = self._pinged_s > heard_s
        due_s = heard_s + (
            self._keepalive_s + self._patience.grace_s if pinged else _PING_PART * self._keepalive_s
        )
        if self._owed:
            oldest_s = next(iter(self._owed.values()))
            due_s = min(due_s, self._ack_due_s(oldest_s, heard_s))
        return max(0.01, due_s - now_s)
