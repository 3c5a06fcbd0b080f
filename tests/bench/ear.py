"""The least of an MQTT subscriber, so that the listener is not what is measured.

One socket, one thread: no queue between the wire and who asks. Speaks MQTT 3.1.1 to a broker on
loopback, hears with QoS 1 and acknowledges. Not for anything but measuring: it never comes back.
"""

from __future__ import annotations

import select
import socket
import struct
import time
from collections import deque
from dataclasses import dataclass
from typing import Final, Self

_CHUNK_BYTES: Final = 1 << 18
_CONNACK, _PUBLISH, _SUBACK = 2, 3, 9


@dataclass(frozen=True, slots=True)
class Said:
    """One message, and the monotonic second at which its last byte was read."""

    topic: str
    payload: bytes
    retain: bool
    at_s: float


class Ear:
    """Subscribes to some topics of a broker on loopback; ``next`` gives what was heard, in order.

    Args:
        port: The broker's.
        topics: Filters, QoS 1.
        name: The client id: one of its own for each.
    """

    def __init__(self, port: int, *topics: str, name: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10.0)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._bytes = bytearray()
        self._heard: deque[Said] = deque()
        self._answers: deque[int] = deque()
        head = _text("MQTT") + bytes([4, 2]) + struct.pack(">H", 0)
        self._socket.sendall(_packet(0x10, head + _text(name)))
        self._await_answer(_CONNACK)
        filters = b"".join(_text(one) + b"\1" for one in topics)
        self._socket.sendall(_packet(0x82, b"\0\1" + filters))
        self._await_answer(_SUBACK)

    def next(self, timeout_s: float = 10.0) -> Said:
        """The next message.

        Raises:
            TimeoutError: None came in time.
        """
        end_s = time.monotonic() + timeout_s
        while not self._heard:
            self._read(end_s)
        return self._heard.popleft()

    def fresh(self, after_s: float, timeout_s: float = 10.0) -> Said:
        """The next message that was said now, not kept from earlier, and heard after a moment."""
        while True:
            said = self.next(timeout_s)
            if not said.retain and said.at_s > after_s:
                return said

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _await_answer(self, kind: int) -> None:
        end_s = time.monotonic() + 10.0
        while not self._answers:
            self._read(end_s)
        if (found := self._answers.popleft()) != kind:
            raise ConnectionError(f"the broker answered {found}, not {kind}")

    def _read(self, end_s: float) -> None:
        left_s = max(0.0, end_s - time.monotonic())
        if not select.select([self._socket], [], [], left_s)[0]:
            raise TimeoutError("nothing was heard in time")
        more = self._socket.recv(_CHUNK_BYTES)
        if not more:
            raise ConnectionError("the broker hung up")
        self._bytes += more
        self._take_packets(time.monotonic())

    def _take_packets(self, now_s: float) -> None:
        """Every whole packet; acknowledgements go together."""
        at, data = 0, self._bytes
        acknowledged = bytearray()
        while (found := _length(data, at)) is not None and len(data) >= sum(found):
            body, size = found
            first = data[at]
            if first >> 4 == _PUBLISH:
                until = body + 2 + int.from_bytes(data[body : body + 2])
                topic = data[body + 2 : until].decode()
                if first & 0x06:
                    acknowledged += b"\x40\x02" + data[until : until + 2]
                    until += 2
                payload = bytes(data[until : body + size])
                self._heard.append(Said(topic, payload, bool(first & 1), now_s))
            else:
                self._answers.append(first >> 4)
            at = body + size
        del data[:at]
        if acknowledged:
            self._socket.sendall(acknowledged)


def _length(data: bytearray, at: int) -> tuple[int, int] | None:
    """Where the body of the packet at ``at`` begins and how long it is, if that is known yet."""
    size = shift = 0
    for place in range(at + 1, min(at + 5, len(data))):
        size |= (data[place] & 0x7F) << shift
        shift += 7
        if not data[place] & 0x80:
            return place + 1, size
    return None


def _packet(first: int, body: bytes) -> bytes:
    size, length = b"", len(body)
    while True:
        length, digit = divmod(length, 128)
        size += bytes([digit | 0x80 if length else digit])
        if not length:
            return bytes([first]) + size + body


def _text(value: str) -> bytes:
    return struct.pack(">H", len(value)) + value.encode()
