"""The outbox as it stands, what has changed of it since the last commit, and what is to be told.

Invariant: whatever changes here is handed out once by ``drain``, for the store and the event log,
and nothing changes in any other way. What changes, and why, is decided by those who call.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from edge.effects import Log, Purpose
from edge.messages import outbox as rules
from edge.messages import outbox_memory
from edge.messages.message import Message, Status
from edge.messages.outbox import Outbox
from edge.store.rows import REOPENED, MessageRow

GIVEN_UP_KEPT: Final = 20
"""So many of the last that came to nothing are kept for a person who asks; the log has them all."""

_CAME_TO_NOTHING: Final = frozenset({Status.REFUSED, Status.WITHDRAWN, Status.EXPIRED})


class Book:
    """Messages, and their changes; for the main thread.

    Attributes:
        outbox: All messages that are not forgotten yet.
        given_up: The last that came to nothing since the start, by key, the oldest first.
    """

    def __init__(self, boot_id: str) -> None:
        self.outbox = Outbox()
        self.given_up: dict[str, Message] = {}
        self._boot_id = boot_id
        self._changed: dict[str, Message] = {}
        self._told: list[Log] = []

    def add(self, messages: Iterable[Message]) -> None:
        """Enter new messages; a key that is known already is left as it is."""
        for message in messages:
            if message.key not in self.outbox.messages:
                self.put(message)

    def put(self, message: Message, *, store: bool = True) -> None:
        """Enter a message as it now stands; ``store`` is False for what a restart knows anyway."""
        self.outbox = replace(self.outbox, messages={**self.outbox.messages, message.key: message})
        if store:
            self.changed(message)

    def changed(self, *messages: Message) -> None:
        """Mark messages for the store; those that left the outbox too."""
        self._changed |= {message.key: message for message in messages}
        for message in messages:
            if message.status in _CAME_TO_NOTHING:
                document = message.purpose is Purpose.CAP  # long, and of no use to a person
                self.given_up[message.key] = replace(message, text="") if document else message
        while len(self.given_up) > GIVEN_UP_KEPT:
            del self.given_up[next(iter(self.given_up))]

    def report_waits(self) -> bool:
        """Whether a report to 119 is still to be accepted."""
        return any(m.purpose is Purpose.REPORT for m in self.outbox.waiting())

    def tell(self, kind: str, message: Message, reason: str) -> None:
        """Log an event about a message."""
        fields: dict[str, Any] = {
            "contact": message.contact,
            "purpose": message.purpose.value,
            "attempts": message.attempts,
        }
        if message.accepted_route:
            fields["route"] = message.accepted_route
        # What belongs to no incident has the time of its telling there, to make its key its own.
        episode = message.episode if message.incident else 0
        self._told.append(Log(kind, message.incident, episode, reason, fields))

    def tell_if_complete(self, kind: str, message: Message, reason: str) -> None:
        """Log an event about a text once none of its parts waits any more."""
        parts = rules.parts_of(self.outbox, message)
        if all(m.status is not Status.WAITING for m in parts):
            self.tell(kind, message, reason)

    def drain(self) -> tuple[tuple[MessageRow, ...], tuple[Log, ...]]:
        """Return what changed since the last call: rows for the store, and events."""
        rows = tuple(
            MessageRow(m.key, _stored_status(m), outbox_memory.dump(m, self._boot_id))
            for m in self._changed.values()
        )
        told = tuple(self._told)
        self._changed.clear()
        self._told.clear()
        return rows, told


def _stored_status(message: Message) -> str:
    """The store lets nothing that was accepted wait again, but for what did not arrive."""
    if message.status is Status.WAITING and message.undelivered:
        return REOPENED
    return message.status.value
