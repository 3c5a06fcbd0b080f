"""A message of the outbox: one part of one text, one report, or one call; and where it stands.

Owns the values. What leaves next is decided in ``outbox``, what the end of an attempt means in
``retrying``. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from math import inf

from edge.effects import Facts, Origin, Purpose

NEVER_GIVEN_UP = frozenset(
    {
        Purpose.REPORT,
        Purpose.DANGER,
        Purpose.BELL,
        Purpose.CALL_YOURSELF,
        Purpose.UNCONFIRMED,
    }
)
"""What is tried for as long as its incident is open (design 5)."""

PURPOSE_ORDER = {purpose: place for place, purpose in enumerate(Purpose)}


class Status(StrEnum):
    """Where a message stands. Everything but ``WAITING`` is final for the sender."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Message:
    """One part of one text to one contact, one report to 119, or one call to it.

    ``key`` is incident / episode / purpose / contact / repeat / part, and is accepted once; only
    the network's word that it was not delivered opens it again. A report has no ``text``: it is
    worded when it leaves, with the depth of that moment. Times are monotonic seconds.
    """

    key: str
    purpose: Purpose
    contact: str
    incident: str | None
    episode: int
    decided_s: float
    routes: tuple[str, ...]
    text: str = ""
    repeat: int = 1
    repeats: int = 1
    part: int = 1
    parts: int = 1
    concat_reference: int | None = None
    origin: Origin | None = None
    facts: Facts = field(default_factory=Facts)
    reason: str = ""
    rank: int = 0
    status: Status = Status.WAITING
    attempts: int = 0
    registered_attempts: int = 0
    ambiguous: int = 0
    silences_before: int = 0  # ambiguous attempts of earlier reports of the same episode
    undelivered: int = 0  # so often the network took it, and then said that it did not arrive
    tries_here: int = 0
    route: int = 0
    not_before_s: float = -inf
    accepted_s: float | None = None
    submit_reference: int | None = None
    accepted_route: str | None = None
    last_error: str = ""
    recalled: str = ""  # why it was withdrawn while in flight: it is not tried again

    @property
    def unconfirmed(self) -> bool:
        """Whether it counts as sent though no route has said so."""
        return self.status is Status.ACCEPTED and self.accepted_route is None
