"""The outbox after a restart: what the store and the journal of reports remember of it.

Invariant: nothing that waited is forgotten, nothing that 119 accepted in this boot leaves again,
and what may have left waits as long as silence asks (design 4.11). The newer of store and journal
is believed.
"""

from __future__ import annotations

import logging
from collections.abc import Container, Iterable
from dataclasses import dataclass, replace

from edge.effects import Purpose
from edge.events import Attempted, Outcome
from edge.law import modemtest
from edge.law.reports import key_of
from edge.law.state import State
from edge.messages import outbox as rules
from edge.messages import outbox_memory, retrying
from edge.messages.book import Book
from edge.messages.drafting import Desk
from edge.messages.message import Message, Status
from edge.store.journal import Entry
from edge.store.rows import MessageRow

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Restorer:
    """Takes up what is remembered, into a book."""

    book: Book
    desk: Desk
    boot_id: str

    def take_up(self, rows: Iterable[MessageRow], state: State, now_s: float) -> None:
        """Enter what the store remembers, as far as it is still wanted."""
        wanted = self._still_wanted(self._load(rows, now_s), state)
        self.book.outbox = rules.add(self.book.outbox, wanted)

    def believe(self, journal: Iterable[Entry], now_s: float) -> tuple[Attempted, ...]:
        """Take what the journal knows better; return acceptances that the law may not know yet."""
        news: list[Attempted] = []
        for entry in left(journal, self.boot_id):
            news += self._believe(entry, now_s)
        known = {r.key for r in news}
        news += [
            Attempted(m.key, "modem", Outcome.ACCEPTED, "as the store remembers")
            for m in self.book.outbox.messages.values()
            if m.purpose is Purpose.REPORT and m.accepted_s is not None and m.key not in known
        ]
        return tuple(news)

    def of_this_boot(self, journal: Iterable[Entry], kind: str) -> tuple[Entry, ...]:
        """Return the entries of a kind whose seconds are those of our clock."""
        return tuple(e for e in journal if e.boot_id == self.boot_id and e.kind == kind)

    def _load(self, rows: Iterable[MessageRow], now_s: float) -> list[Message]:
        loaded = []
        for row in rows:
            try:
                message = outbox_memory.load(row.body_json, boot_id=self.boot_id, now_s=now_s)
            except ValueError as error:
                _log.error("a stored message cannot be read: %s", error)
                continue
            if message.status is Status.WAITING:
                message = self._readdressed(message)
            elif message.status.value != row.status:  # recalled while in flight when the last died
                self.book.changed(message)
                self.book.tell("notice_withdrawn", message, message.recalled)
            loaded.append(message)
        return loaded

    def _readdressed(self, message: Message) -> Message:
        """The settings may have changed: routes come from them, not from the past."""
        routes = self.desk.routes_to(message.purpose, message.contact)
        if not routes:
            gone = replace(message, status=Status.EXPIRED, last_error="contact no longer known")
            self.book.changed(gone)
            return gone
        return replace(message, routes=routes)

    def _still_wanted(self, messages: Iterable[Message], state: State) -> list[Message]:
        """Drop reports that the law does not wait for, drills, tests: none outlives a restart."""
        incident = state.incident
        awaited = {key_of(incident, r) for r in incident.reports} if incident else set()
        open_id = incident.id if incident else None
        wanted = []
        for message in messages:
            waiting = message.status is Status.WAITING
            if waiting and (why := _unwanted(message, awaited, open_id)):
                dropped = replace(message, status=Status.WITHDRAWN, last_error=why)
                self.book.changed(dropped)
                self.book.tell("notice_withdrawn", dropped, why)
            else:
                wanted.append(message)
        return wanted

    def _believe(self, entry: Entry, now_s: float) -> list[Attempted]:
        """The journal is newer than the store when the process died between the two."""
        message = self.book.outbox.messages.get(entry.key)
        if message is None and entry.kind == "accepted":
            # Of a report that the store never had: the law must not ask for it again.
            return [Attempted(entry.key, "modem", Outcome.ACCEPTED, "as the journal remembers")]
        if message is None or message.status is not Status.WAITING:
            return []
        if entry.kind == "submitting":
            later_s = entry.monotonic_s + retrying.AMBIGUOUS_RETRY_S
            self.book.put(replace(message, not_before_s=later_s))
            return []
        if entry.kind != "accepted":
            return []
        event = Attempted(entry.key, "modem", Outcome.ACCEPTED, "as the journal remembers")
        self.book.outbox, after = rules.settle(
            self.book.outbox, event, now_s, min_attempts=1, jitter=0.0
        )
        if after is not None:
            self.book.changed(after)
        return [event]


def _unwanted(message: Message, awaited: Container[str], open_incident: str | None) -> str:
    """Why a message that waited when the process ended must not leave any more, if it must not."""
    over = message.purpose is Purpose.CALL and message.incident != open_incident
    if over or (message.purpose is Purpose.REPORT and message.key not in awaited):
        return "its incident is not open any more"
    if message.purpose is Purpose.TEST and message.facts.cause == modemtest.CAUSE:
        return "a test text ends with a restart"
    return "a drill ends with a restart" if message.purpose is Purpose.DRILL else ""


def left(journal: Iterable[Entry], boot_id: str) -> tuple[Entry, ...]:
    """Return what may have left in this boot: submissions that did not fail, and acceptances.

    An acceptance that turned out not to have arrived is none.
    """
    submitted: dict[str, Entry] = {}
    told: list[Entry] = []
    for entry in journal:
        if entry.boot_id != boot_id:
            continue
        if entry.kind == "submitting":
            earlier = submitted.pop(entry.key, None)
            told += [earlier] if earlier else []
            submitted[entry.key] = entry
        elif entry.kind == "failed":
            submitted.pop(entry.key, None)
        elif entry.kind == "accepted":
            told += [submitted.pop(entry.key, entry), entry]
        elif entry.kind == "undelivered":
            told = [t for t in told if (t.key, t.kind) != (entry.key, "accepted")]
    return (*told, *submitted.values())
