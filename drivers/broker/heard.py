"""What is heard from the broker, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

NOT_SUBSCRIBED: Final = 0x10
"""PUBACK "no matching subscribers": the broker took it, nobody listens. Source: MQTT 5, 3.4.2.1."""

PACKET_TOO_LARGE: Final = 0x95
"""More than the broker's Maximum Packet Size. Source: MQTT 5, 2.4."""

PAYLOAD_FORMAT_INVALID: Final = 0x99
"""The broker looks into payloads and does not like this one. Source: MQTT 5, 2.4."""

_FIRST_FAILURE: Final = 0x80  # MQTT 5, 2.4


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A PUBACK; ``packet_id`` is what ``publish`` returned."""

    packet_id: int
    code: int

    @property
    def success(self) -> bool:
        """Whether the broker took the message."""
        return self.code < _FIRST_FAILURE


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message that the broker sent us. The last three are of MQTT 5 only."""

    topic: str
    payload: bytes
    retained: bool
    response_topic: str | None = None
    correlation: bytes | None = None
    user_properties: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A SUBACK; the worst of its codes."""

    code: int

    @property
    def success(self) -> bool:
        """Whether the broker will send us what we asked for."""
        return self.code < _FIRST_FAILURE


Heard = Acknowledged | Incoming | Subscribed
