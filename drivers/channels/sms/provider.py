"""What every provider of texts is asked for, and what passes between it and the channel.

Owns the value types. A provider is two pure functions: it words a request, and it says what an
answer means. It opens nothing, reads no clock and throws no dice: time and nonce come in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from drivers.channels.answer import Answer


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the service knows us by; never shown."""

    key: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One text to one person; ``number`` in E.164, ``key`` the same whenever it is tried again."""

    number: str = field(repr=False)
    text: str
    key: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """When a request is made, by this device's wall clock, and what makes it unlike any other."""

    wall_utc: datetime
    nonce: str


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be posted; ``to`` is the number as it stands in it, for the last gate."""

    url: str = field(repr=False)
    to: str = field(repr=False)
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


class Provider(Protocol):
    """A service that texts people."""

    def request(self, outgoing: Outgoing, stamp: Stamp) -> Request:
        """Word the request.

        Raises:
            NumberRefused: This service cannot text such a number.
        """

    def outcome(self, answer: Answer, behind_s: float | None) -> str | None:
        """Say what an answer means.

        Args:
            answer: Any: nothing in it can make this fail otherwise than by a ``DriverError``.
            behind_s: How far our clock is behind the service's; None if it did not tell.

        Returns:
            The service's id of the text it accepted, if it gave one.

        Raises:
            NumberRefused: Refused for good.
            RouteRefused: It is us that it refuses.
            SubmitFailed: Certainly not sent, try again; ``Throttled`` says when.
            SubmitAmbiguous: It may have been sent.
        """
