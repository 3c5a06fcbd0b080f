"""The outbox at work on the main thread: drafts, hands over, settles, and takes up after a restart.

Owns the outbox (pure rules in ``edge.messages.outbox``) and the journal of reports. Invariant: a
report is in the journal before it is handed to the modem, and again when it is accepted, so that
neither a crash nor a dead disk can make 119 hear twice what it accepted once.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import replace
from math import inf
from typing import Any, Final, Protocol

from drivers.modem.alphabet import Alphabet, alphabet_of
from drivers.modem.pdu import Concat
from edge.effects import Effect, Log, Notice, Purpose, Report, Withdraw
from edge.events import Attempted, Delivered, Outcome
from edge.law.notices import facts
from edge.law.policy import Policy
from edge.law.reports import key_of
from edge.law.state import State
from edge.messages import outbox as rules
from edge.messages import outbox_memory, sequels
from edge.messages.cap_threads import Document
from edge.messages.delivery import Job
from edge.messages.drafting import Desk, draft_document, draft_notice, draft_report
from edge.messages.outbox import Message, Outbox, Status
from edge.messages.words import REPORT_MAX_CHARACTERS, TextsError, report_text
from edge.store.journal import Entry
from edge.store.rows import MessageRow

_log = logging.getLogger(__name__)

PROBE_EVERY_S: Final = 30.0
"""How often a text is tried on a route that says it is down."""

ANSWER_TIMEOUT_S: Final = 60.0
"""How long the network may take to accept a text; vendors allow 40 to 120 s (domain 5.1)."""

REPORT_ANSWER_TIMEOUT_S: Final = 30.0
"""The same for a report: people wait behind it, and a late answer is still credited to it."""


class Worker(Protocol):
    """A route's worker, as the main thread sees it."""

    def submit(self, job: Job) -> None:
        """Hand over one job; only when the one before has ended."""


class Sender:
    """Decides nothing about floods: it sees that what was decided leaves.

    ``record(kind, key, now_s, **more)`` writes into the journal of reports.
    """

    def __init__(
        self,
        desk: Desk,
        policy: Policy,
        workers: Mapping[str, Worker],
        *,
        record: Callable[..., None],
        boot_id: str,
        min_attempts: int,
        report_number: str,
        time_words: Callable[[], str],
    ) -> None:
        self._desk = desk
        self._policy = policy
        self._workers = workers
        self._record = record
        self._boot_id = boot_id
        self._min_attempts = min_attempts
        self._report_number = report_number
        self._time_words = time_words
        self._random = random.Random()  # jitter and references, not secrets
        self.outbox = Outbox()
        self._down_s: dict[str, float] = {}  # since when, or when a text was last tried
        self._changed: dict[str, Message] = {}
        self._told: list[Log] = []

    def restore(
        self,
        waiting: Iterable[MessageRow],
        accepted: Iterable[MessageRow],
        journal: Iterable[Entry],
        state: State,
        now_s: float,
    ) -> tuple[Attempted, ...]:
        """Take up what the store and the journal remember.

        Returns:
            Acceptances that the law's stored state does not know yet.
        """
        messages = [*self._load(accepted, now_s), *self._load(waiting, now_s)]
        self.outbox = rules.add(self.outbox, self._still_wanted(messages, state))
        self.redraft_missing_reports(state, now_s)
        news = []
        for entry in left(journal, self._boot_id):
            news += self._believe(entry, now_s)
        known = {r.key for r in news}
        news += [
            Attempted(m.key, "modem", Outcome.ACCEPTED, "as the store remembers")
            for m in self.outbox.messages.values()
            if m.purpose is Purpose.REPORT and m.accepted_s is not None and m.key not in known
        ]
        return tuple(news)

    def _still_wanted(self, messages: Iterable[Message], state: State) -> list[Message]:
        """Drop reports that the law does not wait for, and drills: none outlives a restart."""
        incident = state.incident
        awaited = {key_of(incident, r) for r in incident.reports} if incident else set()
        wanted = []
        for message in messages:
            waiting = message.status is Status.WAITING
            if waiting and (why := _unwanted(message, awaited)):
                dropped = replace(message, status=Status.WITHDRAWN, last_error=why)
                self._changed[dropped.key] = dropped
                self._tell("notice_withdrawn", dropped, why)
            else:
                wanted.append(message)
        return wanted

    def _load(self, rows: Iterable[MessageRow], now_s: float) -> list[Message]:
        loaded = []
        for row in rows:
            try:
                message = outbox_memory.load(row.body_json, boot_id=self._boot_id, now_s=now_s)
            except ValueError as error:
                _log.error("a stored message cannot be read: %s", error)
                continue
            if message.status is Status.WAITING:
                message = self._readdressed(message)
            elif message.status.value != row.status:  # recalled while in flight when the last died
                self._changed[message.key] = message
                self._tell("notice_withdrawn", message, message.recalled)
            loaded.append(message)
        return loaded

    def _readdressed(self, message: Message) -> Message:
        """The settings may have changed: routes come from them, not from the past."""
        if message.purpose is Purpose.REPORT:
            return replace(message, routes=(self._desk.report_route,))
        routes = self._routes_of(message)
        if not routes:
            gone = replace(message, status=Status.EXPIRED, last_error="contact no longer known")
            self._changed[gone.key] = gone
            return gone
        return replace(message, routes=routes)

    def _routes_of(self, message: Message) -> tuple[str, ...]:
        if message.purpose is Purpose.CAP:
            return self._desk.cap_routes
        addressee = self._desk.addressees.get(message.contact)
        return addressee.routes if addressee else ()

    def redraft_missing_reports(self, state: State, now_s: float) -> None:
        """A report that the law waits for must be in the outbox, whatever became of its row."""
        incident = state.incident
        if incident is None:
            return
        for report in incident.reports:
            if report.waiting:
                effect = Report(
                    incident.id,
                    report.episode,
                    report.repeat,
                    self._policy.report.repeats,
                    report.origin,
                    report.reason,
                )
                self._add([self._report(effect, report.setpoint_mm, now_s)])

    def _believe(self, entry: Entry, now_s: float) -> list[Attempted]:
        """The journal is newer than the store when the process died between the two."""
        message = self.outbox.messages.get(entry.key)
        if message is None and entry.kind == "accepted":
            # Of a report that the store never had: the law must not ask for it again.
            return [Attempted(entry.key, "modem", Outcome.ACCEPTED, "as the journal remembers")]
        if message is None or message.status is not Status.WAITING:
            return []
        if entry.kind == "submitting":
            later = replace(message, not_before_s=entry.monotonic_s + rules.AMBIGUOUS_RETRY_S)
            self._put(later)
            return []
        if entry.kind != "accepted":
            return []
        event = Attempted(entry.key, "modem", Outcome.ACCEPTED, "as the journal remembers")
        self.outbox, after = rules.settle(
            self.outbox, event, now_s, min_attempts=self._min_attempts, jitter=0.0
        )
        if after is not None:
            self._changed[after.key] = after
        return [event]

    def perform(self, effects: Iterable[Effect], state: State, now_s: float) -> None:
        """Draft what the law wants sent, and drop what it withdraws."""
        dropped: list[Message] = []
        for effect in effects:
            if isinstance(effect, Notice):
                for notice in sequels.fitted(effect, dropped, self._recalled()):
                    self._draft(notice, now_s)
            elif isinstance(effect, Report):
                self._add([self._report(effect, _setpoint_mm(effect, state), now_s)])
            elif isinstance(effect, Withdraw):
                dropped += self._withdraw(effect)

    def post(self, documents: Iterable[Document], now_s: float) -> None:
        """Draft CAP documents for whoever takes them by HTTPS, if anybody does."""
        if self._desk.cap_routes:
            self._add(draft_document(self._desk, document, now_s) for document in documents)

    def _draft(self, notice: Notice, now_s: float) -> None:
        self._add(
            draft_notice(
                self._desk,
                notice,
                now_s,
                time_words=self._time_words(),
                concat_reference=lambda: self._random.randrange(1, 256),
            )
        )

    def _recalled(self) -> tuple[Message, ...]:
        """What is in flight, and is not tried again if it fails."""
        flying = (self.outbox.messages.get(key) for key in self.outbox.flying.values())
        return tuple(m for m in flying if m is not None and m.recalled)

    def _report(self, effect: Report, setpoint_mm: float, now_s: float) -> Message:
        """Draft a report; how often its episode was answered by silence goes on being counted."""
        silences = max(
            (
                m.ambiguous + m.silences_before
                for m in self.outbox.messages.values()
                if m.purpose is Purpose.REPORT
                and (m.incident, m.episode) == (effect.incident, effect.episode)
            ),
            default=0,
        )
        report = draft_report(self._desk, effect, now_s, setpoint_mm)
        return replace(report, silences_before=silences)

    def _add(self, messages: Iterable[Message]) -> None:
        for message in messages:
            if message.key not in self.outbox.messages:
                self._put(message)

    def _put(self, message: Message) -> None:
        self.outbox = replace(self.outbox, messages={**self.outbox.messages, message.key: message})
        self._changed[message.key] = message

    def _withdraw(self, effect: Withdraw) -> tuple[Message, ...]:
        self.outbox, dropped = rules.withdraw(
            self.outbox,
            effect.incident,
            effect.purposes,
            effect.cause,
            effect.reason,
            keys=effect.keys,
        )
        self._changed |= {flying.key: flying for flying in self._recalled()}
        for message in dropped:
            self._changed[message.key] = message
            if message.part == 1:
                self._tell("notice_withdrawn", message, effect.reason)
        return dropped

    def settle(self, event: Attempted, now_s: float) -> Attempted | None:
        """Take the end of an attempt; return what the law must know of it (reports only)."""
        self.outbox, message = rules.settle(
            self.outbox,
            event,
            now_s,
            min_attempts=self._min_attempts,
            jitter=self._random.random(),
        )
        if message is None:
            return None
        self._changed[message.key] = message
        if event.outcome is Outcome.ACCEPTED:
            self.up(event.route, now_s)  # whatever it says of its network: it has just sent
        if message.purpose is Purpose.REPORT:
            return self._settle_report(event, message, now_s)
        if message.status is Status.ACCEPTED:
            self._tell_if_complete("notice_accepted", message, event.detail)
        elif message.status is Status.REFUSED:
            self._tell("notice_failed", message, f"refused: {event.detail}")
        elif message.status is Status.WITHDRAWN:
            self._tell("notice_withdrawn", message, message.recalled)
            keys = sequels.needless(message, self.outbox.waiting())
            if keys:
                why = "nobody was told of the trouble"
                self._withdraw(Withdraw(None, (Purpose.TROUBLE_CLEARED,), why, keys=keys))
        return None

    def _settle_report(self, event: Attempted, message: Message, now_s: float) -> Attempted:
        if message.status is Status.ACCEPTED:
            self._record("accepted", message.key, now_s)
            if event.outcome is not Outcome.ACCEPTED:
                why = f"counted as sent after {message.ambiguous} attempts without an answer"
                return replace(event, outcome=Outcome.ACCEPTED, detail=why)
            return event
        if event.outcome is not Outcome.AMBIGUOUS:
            self._record("failed", message.key, now_s)
        if self._worth_telling(message):
            self._tell("report_attempt_failed", message, f"{event.outcome}: {event.detail}")
        return event

    def _worth_telling(self, message: Message) -> bool:
        """The first attempts one by one, then one in thirty: a dead modem must not fill the log."""
        return message.attempts <= self._min_attempts or message.attempts % 30 == 0

    def delivered(self, event: Delivered) -> None:
        """Take a status report of the network."""
        self.outbox, message = rules.reported(
            self.outbox, event.route, event.reference, delivered=event.delivered
        )
        if message is None:
            return
        self._changed[message.key] = message
        kind = "notice_delivered" if event.delivered else "notice_undelivered"
        self._tell(kind, message, event.detail)

    def down(self, route: str, now_s: float) -> None:
        """A route says that it cannot send: only reports try it, and a text now and then."""
        self._down_s.setdefault(route, now_s)

    def up(self, route: str, now_s: float) -> None:
        """A route is back: what waits for it is due, but not what may have been sent already."""
        if self._down_s.pop(route, None) is None:
            return
        for message in self.outbox.waiting():
            if message.routes[message.route] == route and not message.ambiguous:
                hastened = replace(message, not_before_s=min(message.not_before_s, now_s))
                self.outbox = replace(
                    self.outbox, messages={**self.outbox.messages, message.key: hastened}
                )

    def armed(self, now_s: float) -> None:
        """The interlock is open again: reports that it withheld are due, not seconds later."""
        for message in self.outbox.waiting():
            if message.purpose is Purpose.REPORT and not message.ambiguous:
                hastened = replace(message, not_before_s=min(message.not_before_s, now_s))
                self.outbox = replace(
                    self.outbox, messages={**self.outbox.messages, message.key: hastened}
                )

    def dispatch(self, state: State, now_s: float, *, seized: bool) -> None:
        """Give every idle route the message that is due."""
        for route, worker in self._workers.items():
            held = seized or self._resting(route, now_s)
            outbox, message = rules.take(self.outbox, route, now_s, seized=held)
            if message is None:
                continue
            job = self._job(message, state, now_s)
            self.outbox = outbox  # in flight only once there is something to hand over
            if message.purpose is not Purpose.REPORT and route in self._down_s:
                self._down_s[route] = now_s
            worker.submit(job)

    def _resting(self, route: str, now_s: float) -> bool:
        """Whether a route that says it is down is left to the reports for now.

        When it comes back, 119 must not wait behind a text that happened to be tried just then; but
        a modem may be wrong about its network, so a text is tried all the same now and then.
        """
        return now_s < self._down_s.get(route, -inf) + PROBE_EVERY_S

    def _job(self, message: Message, state: State, now_s: float) -> Job:
        if message.purpose is Purpose.REPORT:
            self._record("submitting", message.key, now_s, origin=message.origin)
            return Job(
                key=message.key,
                number=self._report_number,
                text=self._report_words(message, state),
                origin=message.origin,
                answer_timeout_s=REPORT_ANSWER_TIMEOUT_S,
            )
        concat = None
        if message.concat_reference is not None:
            concat = Concat(
                message.concat_reference,
                message.parts,
                message.part,
                alphabet=self._alphabet(message),
            )
        return Job(
            key=message.key,
            number=self._number_of(message),
            text=message.text,
            origin=None,
            concat=concat,
            answer_timeout_s=ANSWER_TIMEOUT_S,
        )

    def _number_of(self, message: Message) -> str:
        """Whom to text; a document has no number, its route knows the one place that it goes to."""
        if message.purpose is Purpose.CAP:
            return ""
        return self._desk.addressees[message.contact].number

    def _alphabet(self, message: Message) -> Alphabet:
        """One alphabet for all parts of a text (3GPP TS 23.040): the widest that a part needs."""
        text = rules.text_of(message.key)
        parts = (m for key, m in self.outbox.messages.items() if rules.text_of(key) == text)
        needed = {alphabet_of(m.text) for m in parts}
        return Alphabet.UCS2 if Alphabet.UCS2 in needed else Alphabet.GSM7

    def _report_words(self, message: Message, state: State) -> str:
        """A report says what is true when it leaves: present depth, and the peak if it fell."""
        about = facts(state, self._policy, setpoint_mm=message.facts.setpoint_mm)
        origin = message.origin or "water"
        desk = self._desk
        try:
            return report_text(
                desk.texts,
                desk.home,
                origin,
                about,
                repeat=message.repeat,
                repeats=message.repeats,
            )
        except TextsError:  # the check at start should have found it: half a report beats none
            return (desk.texts.report[origin] + desk.home.address)[:REPORT_MAX_CHARACTERS]

    def due_s(self, now_s: float, *, seized: bool) -> float:
        """Return when ``dispatch`` will next have something to do."""
        return min((self._due_s(route, now_s, seized) for route in self._workers), default=inf)

    def _due_s(self, route: str, now_s: float, seized: bool) -> float:
        report_s = rules.due_s(self.outbox, route, seized=True)
        if seized:
            return report_s
        rested_s = self._down_s.get(route, -inf) + PROBE_EVERY_S
        any_s = rules.due_s(self.outbox, route)
        return min(report_s, any_s if rested_s <= now_s else max(any_s, rested_s))

    @property
    def flying(self) -> bool:
        """Whether a text is in flight."""
        return bool(self.outbox.flying)

    def expire(self, now_s: float, open_incident: str | None) -> None:
        """Give up what is a day old and not about an open danger."""
        self.outbox, given_up = rules.expire(self.outbox, now_s, open_incident)
        for message in given_up:
            self._changed[message.key] = message
            self._tell("notice_failed", message, message.last_error)

    def try_journal(self, now_s: float) -> None:
        """Write an entry that means nothing: whoever keeps the journal says whether it can be."""
        self._record("tried", "", now_s)

    def report_waits(self) -> bool:
        """Whether a report to 119 is still to be accepted."""
        return any(m.purpose is Purpose.REPORT for m in self.outbox.waiting())

    def drain(self) -> tuple[tuple[MessageRow, ...], tuple[Log, ...]]:
        """Return what changed since the last call: rows for the store, and events."""
        rows = tuple(
            MessageRow(m.key, m.status.value, outbox_memory.dump(m, self._boot_id))
            for m in self._changed.values()
        )
        told = tuple(self._told)
        self._changed.clear()
        self._told.clear()
        return rows, told

    def _tell_if_complete(self, kind: str, message: Message, reason: str) -> None:
        text = rules.text_of(message.key)
        parts = [m for key, m in self.outbox.messages.items() if rules.text_of(key) == text]
        if all(m.status is not Status.WAITING for m in parts):
            self._tell(kind, message, reason)

    def _tell(self, kind: str, message: Message, reason: str) -> None:
        fields: dict[str, Any] = {
            "contact": message.contact,
            "purpose": message.purpose.value,
            "attempts": message.attempts,
        }
        if message.accepted_route:
            fields["route"] = message.accepted_route
        self._told.append(Log(kind, message.incident, message.episode, reason, fields))


def left(journal: Iterable[Entry], boot_id: str) -> tuple[Entry, ...]:
    """Return what may have left in this boot: submissions that did not fail, and acceptances."""
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
    return (*told, *submitted.values())


def _unwanted(message: Message, awaited: Container[str]) -> str:
    """Why a message that waited when the process ended must not leave any more, if it must not."""
    if message.purpose is Purpose.REPORT and message.key not in awaited:
        return "its incident is not open any more"
    return "a drill ends with a restart" if message.purpose is Purpose.DRILL else ""


def _setpoint_mm(effect: Report, state: State) -> float:
    incident = state.incident
    if incident is None:
        return 0.0
    return next((r.setpoint_mm for r in incident.reports if r.episode == effect.episode), 0.0)
