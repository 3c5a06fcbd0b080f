"""How far one log has gone to the centre. Pure.

Invariant: the watermark passes a row only when the broker has acknowledged it and every row before
it; after a lost connection everything behind the watermark goes again.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass


@dataclass(slots=True)
class _Sent:
    packet_id: int
    last_seq: int
    size_bytes: int
    acknowledged: bool = False


class Drain:
    """Bookkeeping of what is under way.

    Attributes:
        sent: The last number that was handed to the connection.
        acked: The number up to which the centre has everything.
        bytes_under_way: Payload bytes that are not acknowledged.
    """

    def __init__(self, acked: int) -> None:
        self.sent = acked
        self.acked = acked
        self.bytes_under_way = 0
        self._under_way: deque[_Sent] = deque()

    def __len__(self) -> int:
        return len(self._under_way)

    def put(self, packet_id: int, last_seq: int, size_bytes: int) -> None:
        """A message with the rows up to ``last_seq`` is on its way."""
        self._under_way.append(_Sent(packet_id, last_seq, size_bytes))
        self.bytes_under_way += size_bytes
        self.sent = last_seq

    def acknowledge(self, packet_id: int) -> bool:
        """The broker has it; returns whether the watermark moved."""
        for one in self._under_way:
            if one.packet_id == packet_id and not one.acknowledged:
                one.acknowledged = True
                self.bytes_under_way -= one.size_bytes
                break
        before = self.acked
        while self._under_way and self._under_way[0].acknowledged:
            self.acked = self._under_way.popleft().last_seq
        return self.acked > before

    def rewind(self) -> None:
        """The connection is lost, or the broker refused a message: go on behind the watermark."""
        self._under_way.clear()
        self.bytes_under_way = 0
        self.sent = self.acked
