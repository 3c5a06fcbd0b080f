"""How much of the logs may be under way at once: what the path carries, and no more. Pure.

Invariant: what an alarm has to wait behind is worth ``_QUEUE_S`` of the path, whatever it carries,
once the first acknowledgements have come. A fixed window is too long for a cell's edge (64 KiB are
1 s at 0.5 Mbit/s) and too short for a fast path that is far (4,000 readings a second at 100 ms).
"""

from __future__ import annotations

from typing import Final

FIRST_BYTES: Final = 32 * 1024
SMALLEST_BYTES: Final = 4 * 1024
LARGEST_BYTES: Final = 256 * 1024  # 2.6 MB/s at 100 ms; 2 s of 1 Mbit/s if a path turns so slow
LONGEST_MESSAGE_BYTES: Final = 16 * 1024  # 85 readings or so
_QUEUE_S: Final = 0.3
"""Of waiting in front of the path, beyond what the quickest message took."""
_LATE_S: Final = 1.0  # in all: where even the quickest crawls; a satellite's 0.6 s are none


class Window:
    """Grows while the path keeps up, shrinks when acknowledgements come late.

    Attributes:
        size_bytes: Payload bytes that may be under way.
    """

    def __init__(self) -> None:
        self.size_bytes = FIRST_BYTES
        self._sent_s: dict[int, float] = {}
        self._quickest_s = float("inf")
        self._shrunk_s = float("-inf")

    @property
    def message_bytes(self) -> int:
        """The longest message worth sending: two fill the window of a slow path."""
        return min(LONGEST_MESSAGE_BYTES, self.size_bytes // 2)

    def has_room(self, under_way_bytes: int) -> bool:
        """Whether one more message may go."""
        return under_way_bytes + self.message_bytes <= self.size_bytes

    def sent(self, packet_id: int, now_s: float) -> None:
        """A message is on its way."""
        self._sent_s[packet_id] = now_s

    def acknowledged(
        self, packet_id: int, size_bytes: int, under_way_bytes: int, now_s: float
    ) -> None:
        """The broker has it.

        Args:
            packet_id: As in ``sent``.
            size_bytes: Of its payload.
            under_way_bytes: Of all, it included: a window that was not used says nothing.
            now_s: Monotonic time.
        """
        sent_s = self._sent_s.pop(packet_id, now_s)
        took_s = now_s - sent_s
        self._quickest_s = min(self._quickest_s, took_s)
        waited_s = took_s - self._quickest_s
        if waited_s > _QUEUE_S or took_s > _LATE_S:
            if sent_s >= self._shrunk_s:  # it was sent into the window as it is now
                self.size_bytes = max(SMALLEST_BYTES, self.size_bytes // 2)
                self._shrunk_s = now_s
        elif waited_s < _QUEUE_S / 2 and 2 * under_way_bytes >= self.size_bytes:
            known = self._shrunk_s > float("-inf")  # then by a message a round, not by doubling
            more_bytes = size_bytes * self.message_bytes // self.size_bytes if known else size_bytes
            self.size_bytes = min(LARGEST_BYTES, self.size_bytes + more_bytes)
