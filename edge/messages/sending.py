"""The outbox at work on the main thread: drafts, hands over, settles.

Owns what is done with the pure rules of ``outbox``, and the journal of reports. Invariant: a report
is in the journal before it is handed to the modem, and again when it is accepted, so that neither a
crash nor a dead disk can make 119 hear twice what it accepted once. Taking up after a restart is
``restoring``, the words of a job ``jobs``.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from math import inf
from typing import Final, Protocol

from edge.effects import Call, Effect, Log, Notice, Purpose, Report, Withdraw
from edge.events import Attempted, Delivered, Outcome
from edge.law.policy import Policy
from edge.law.state import State
from edge.messages import outbox as rules
from edge.messages import sequels
from edge.messages.book import Book
from edge.messages.cap_threads import Document
from edge.messages.drafting import Desk, draft_call, draft_document, draft_notice, draft_report
from edge.messages.job import Job
from edge.messages.jobs import Clerk
from edge.messages.message import Message, Status
from edge.messages.outbox import VOICE, Outbox
from edge.messages.restoring import Restorer
from edge.store.journal import Entry
from edge.store.rows import MessageRow

PROBE_EVERY_S: Final = 30.0
"""How often a text is tried on a route that says it is down."""

_BY_INTERNET: Final = frozenset({"http", "cap"})
"""Routes that a certificate can close."""

TOLD_TO_LAW: Final = frozenset({Purpose.REPORT, Purpose.TEST})
"""What the law waits for: it repeats a report, and a self-test that stays away is a trouble."""


class Worker(Protocol):
    """A route's worker, as the main thread sees it."""

    def submit(self, job: Job) -> None:
        """Hand over one job; only when the one before has ended."""

    def hurry(self) -> None:
        """Let what is in flight make way: something worse waits."""


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
        self._min_attempts = min_attempts
        self._time_words = time_words
        self._random = random.Random()  # jitter and references, not secrets
        self._book = Book(boot_id)
        self._clerk = Clerk(desk, policy, report_number)
        self._restorer = Restorer(self._book, desk, boot_id)
        self._down_s: dict[str, float] = {}  # since when, or when a text was last tried
        self.reported_s: float | None = None
        """When 119 last accepted a report in this boot, None if it has not: it may call back."""

        self._hurried: dict[str, str] = {}  # route → key of what was told to hurry

    @property
    def routes(self) -> tuple[str, ...]:
        """The names of the ways out that are configured."""
        return tuple(self._workers)

    @property
    def outbox(self) -> Outbox:
        """All messages, as they stand."""
        return self._book.outbox

    @property
    def given_up(self) -> tuple[Message, ...]:
        """The last messages that came to nothing since the start, the oldest first."""
        return tuple(self._book.given_up.values())

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
        self._restorer.take_up([*accepted, *waiting], state, now_s)
        self.redraft_missing_reports(state, now_s)
        entries = tuple(journal)
        accepted_s = (e.monotonic_s for e in self._restorer.of_this_boot(entries, "accepted"))
        self.reported_s = max(accepted_s, default=self.reported_s)
        return self._restorer.believe(entries, now_s)

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
                self._book.add([self._report(effect, report.setpoint_mm, now_s)])

    # What the law wants

    def perform(self, effects: Iterable[Effect], state: State, now_s: float) -> None:
        """Draft what the law wants sent, and drop what it withdraws."""
        dropped: list[Message] = []
        for effect in effects:
            if isinstance(effect, Notice):
                for notice in sequels.fitted(effect, dropped, self._recalled()):
                    self._draft(notice, now_s)
            elif isinstance(effect, Report):
                self._book.add([self._report(effect, _setpoint_mm(effect, state), now_s)])
            elif isinstance(effect, Call):
                self._call(effect, now_s)
            elif isinstance(effect, Withdraw):
                dropped += self._withdraw(effect)

    def post(self, documents: Iterable[Document], now_s: float) -> None:
        """Draft CAP documents for whoever takes them by HTTPS, if anybody does."""
        if self._desk.cap_routes:
            drafts = (draft_document(self._desk, document, now_s) for document in documents)
            self._book.add(drafts)

    def _draft(self, notice: Notice, now_s: float) -> None:
        self._book.add(
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

    def _call(self, effect: Call, now_s: float) -> None:
        """Ask for a call, unless one that says the same is on its way or there is no line."""
        waiting = (m for m in self.outbox.waiting() if m.purpose is Purpose.CALL)
        if self._desk.call_route in self._workers and not any(
            m.incident == effect.incident for m in waiting
        ):
            self._book.add([draft_call(self._desk, effect, now_s)])

    def _withdraw(self, effect: Withdraw) -> tuple[Message, ...]:
        self._book.outbox, dropped = rules.withdraw(
            self.outbox,
            effect.incident,
            effect.purposes,
            effect.cause,
            effect.reason,
            keys=effect.keys,
            decided_by_s=effect.decided_by_s,
        )
        recalled = self._recalled()
        self._book.changed(*recalled, *dropped)
        for message in dropped:
            if message.part == 1:
                self._book.tell("notice_withdrawn", message, effect.reason)
        if any(m.purpose is Purpose.CALL for m in recalled):
            self._workers[VOICE].hurry()  # nobody is to be rung any more
        return dropped

    # What became of it

    def settle(self, event: Attempted, now_s: float) -> Attempted | None:
        """Take the end of an attempt; return what the law must know of it."""
        self._book.outbox, message = rules.settle(
            self.outbox,
            event,
            now_s,
            min_attempts=self._min_attempts,
            jitter=self._random.random(),
        )
        if message is None:
            return None
        self._book.changed(*rules.parts_of(self.outbox, message))
        if event.outcome is Outcome.ACCEPTED:
            self.up(event.route, now_s)  # whatever it says of its network: it has just sent
            self._hasten(lambda m: _found_no_network(m, event.route), now_s)
        event = _as_it_counts(event, message)
        if message.purpose is Purpose.REPORT:
            self._settle_report(event, message, now_s)
        elif message.purpose is Purpose.CALL:
            self._settle_call(event, message)
        else:
            self._settle_notice(event, message)
        return event if message.purpose in TOLD_TO_LAW else None

    def _settle_notice(self, event: Attempted, message: Message) -> None:
        if message.status is Status.ACCEPTED:
            kind = "notice_unconfirmed" if message.unconfirmed else "notice_accepted"
            self._book.tell_if_complete(kind, message, event.detail)
        elif message.status is Status.REFUSED:
            self._book.tell("notice_failed", message, f"refused: {event.detail}")
        elif message.status is Status.WITHDRAWN:
            self._book.tell("notice_withdrawn", message, message.recalled)
            keys = sequels.needless(message, self.outbox.waiting())
            if keys:
                why = "nobody was told of the trouble"
                self._withdraw(Withdraw(None, (Purpose.TROUBLE_CLEARED,), why, keys=keys))

    def _settle_report(self, event: Attempted, message: Message, now_s: float) -> None:
        if message.status is Status.ACCEPTED:
            self._record("accepted", message.key, now_s)
            self.reported_s = now_s
            return
        if event.outcome is not Outcome.AMBIGUOUS:
            self._record("failed", message.key, now_s)
        if self._worth_telling(message):
            self._book.tell("report_attempt_failed", message, f"{event.outcome}: {event.detail}")

    def _settle_call(self, event: Attempted, message: Message) -> None:
        kinds = {
            Status.ACCEPTED: "call_answered",
            Status.REFUSED: "call_failed",
            Status.WITHDRAWN: "call_withdrawn",
        }
        kind = kinds.get(message.status, "call_attempt_failed")
        if kind != "call_attempt_failed" or self._worth_telling(message):
            self._book.tell(kind, message, event.detail)

    def _worth_telling(self, message: Message) -> bool:
        """The first attempts one by one, then one in thirty: a dead modem must not fill the log."""
        return message.attempts <= self._min_attempts or message.attempts % 30 == 0

    def delivered(
        self, event: Delivered, now_s: float, open_incident: str | None
    ) -> Attempted | None:
        """Take a status report of the network; return what the law must know of it."""
        self._book.outbox, message = rules.reported(
            self.outbox,
            event.route,
            event.reference,
            delivered=event.delivered,
            now_s=now_s,
            open_incident=open_incident,
            meant=lambda m: self._clerk.went_to(m, event.number),
        )
        if message is None:
            return None
        self._book.changed(message)
        if event.delivered:
            self._book.tell("notice_delivered", message, event.detail)
            return None
        self._book.tell("notice_undelivered", message, event.detail)
        if message.status is Status.REFUSED:
            self._book.tell("notice_failed", message, message.last_error)
        if message.status is not Status.WAITING and message.purpose is not Purpose.TEST:
            return None  # nothing comes of it any more
        if message.purpose is Purpose.REPORT:
            self._record("undelivered", message.key, now_s)
        if message.purpose not in TOLD_TO_LAW:
            return None
        return Attempted(message.key, event.route, Outcome.UNDELIVERED, event.detail)

    # What leaves

    def down(self, route: str, now_s: float) -> None:
        """A route says that it cannot send: only reports try it, and a text now and then."""
        self._down_s.setdefault(route, now_s)

    def up(self, route: str, now_s: float) -> None:
        """A route is back: what waits for it is due, but not what may have been sent already."""
        if self._down_s.pop(route, None) is None:
            return
        self._hasten(lambda m: m.routes[m.route] == route and not m.undelivered, now_s)

    def clock_was_set(self, now_s: float) -> None:
        """What waits for a way over the internet is due: a certificate may be valid now."""
        self._hasten(lambda m: m.routes[m.route] in _BY_INTERNET and not m.undelivered, now_s)

    def armed(self, now_s: float) -> None:
        """The interlock is open again: reports that it withheld are due, not seconds later."""
        self._hasten(lambda m: m.purpose is Purpose.REPORT, now_s)

    def disarmed(self) -> None:
        """The interlock has closed: 119 is not rung any more."""
        if VOICE in self.outbox.flying:
            self._workers[VOICE].hurry()

    def _hasten(self, meant: Callable[[Message], bool], now_s: float) -> None:
        for message in self.outbox.waiting():
            if meant(message) and not message.ambiguous:
                sooner_s = min(message.not_before_s, now_s)
                self._book.put(replace(message, not_before_s=sooner_s), store=False)

    def dispatch(self, state: State, now_s: float, *, seized: bool) -> None:
        """Give every idle route the message that is due, and hurry a busy one if it must be."""
        self._drop_what_is_over(state)
        self._pass_by_what_rests(now_s)
        for route, worker in self._workers.items():
            if route in self.outbox.flying:
                self._hurry(route, worker, now_s, seized=seized)
                continue
            if route == VOICE and (seized or self._line_is_busy()):
                continue
            held = route != VOICE and (seized or self._resting(route, now_s))
            outbox, message = rules.take(self.outbox, route, now_s, seized=held)
            if message is None:
                continue
            if message.purpose is Purpose.REPORT:
                self._record("submitting", message.key, now_s, origin=message.origin)
            elif message.purpose is Purpose.CALL:
                self._record("dialling", message.key, now_s, origin=message.origin)
            job = self._clerk.job(message, route, outbox, state)
            self._book.outbox = outbox  # in flight only once there is something to hand over
            if message.purpose is not Purpose.REPORT and route in self._down_s:
                self._down_s[route] = now_s
            self._hurried.pop(route, None)
            worker.submit(job)

    def _drop_what_is_over(self, state: State) -> None:
        """The last look before 119: nothing goes there of an incident that is not open."""
        open_id = state.incident.id if state.incident else None
        for message in self.outbox.waiting():
            of_119 = message.purpose in (Purpose.REPORT, Purpose.CALL)
            flying = message.key in self.outbox.flying.values()
            if of_119 and message.incident != open_id and not flying:
                why = "its incident is not open any more"
                self._book.put(replace(message, status=Status.WITHDRAWN, last_error=why))
                self._book.tell("notice_withdrawn", message, why)

    def _pass_by_what_rests(self, now_s: float) -> None:
        """A text whose route rests takes its next one at once, if that one does not."""
        if not self._down_s:
            return
        for message in self.outbox.waiting():
            if not self._resting(message.routes[message.route], now_s):
                continue
            further = (
                place
                for place, route in enumerate(message.routes)
                if place > message.route and not self._resting(route, now_s)
            )
            place = next(further, None)
            if place is not None and message.key not in self.outbox.flying.values():
                self._book.put(replace(message, route=place), store=False)

    def _line_is_busy(self) -> bool:
        """Whether the modem has something in hand that goes before a call."""
        return rules.busy_with_worse(self.outbox, self._desk.report_route, Purpose.CALL)

    def _hurry(self, route: str, worker: Worker, now_s: float, *, seized: bool) -> None:
        key = self.outbox.flying[route]
        if self._hurried.get(route) == key or route == VOICE:
            return
        if rules.hurries(self.outbox, route, now_s, seized=seized):
            self._hurried[route] = key
            worker.hurry()

    def _resting(self, route: str, now_s: float) -> bool:
        """Whether a route that says it is down is left to the reports for now.

        When it comes back, 119 must not wait behind a text that happened to be tried just then; but
        a modem may be wrong about its network, so a text is tried all the same now and then.
        """
        return now_s < self._down_s.get(route, -inf) + PROBE_EVERY_S

    def due_s(self, now_s: float, *, seized: bool) -> float:
        """Return when ``dispatch`` will next have something to do."""
        return min((self._due_s(route, now_s, seized) for route in self._workers), default=inf)

    def _due_s(self, route: str, now_s: float, seized: bool) -> float:
        if route == VOICE:
            held = seized or self._line_is_busy()
            return inf if held else rules.due_s(self.outbox, route)
        report_s = rules.due_s(self.outbox, route, seized=True)
        if seized:
            return report_s
        rested_s = self._down_s.get(route, -inf) + PROBE_EVERY_S
        any_s = rules.due_s(self.outbox, route)
        return min(report_s, any_s if rested_s <= now_s else max(any_s, rested_s))

    def tried_at_s(self, message: Message) -> float:
        """Return when a message that waits is tried next, if its route is idle then."""
        route = message.routes[message.route]
        if message.purpose is Purpose.REPORT:
            return message.not_before_s
        return max(message.not_before_s, self._down_s.get(route, -inf) + PROBE_EVERY_S)

    def is_down(self, route: str) -> bool:
        """Whether a route says that it cannot send."""
        return route in self._down_s

    @property
    def flying(self) -> bool:
        """Whether a text is in flight."""
        return any(route != VOICE for route in self.outbox.flying)

    def expire(self, now_s: float, open_incident: str | None) -> None:
        """Give up what is a day old and not about an open danger."""
        self._book.outbox, given_up = rules.expire(self.outbox, now_s, open_incident)
        for message in given_up:
            self._book.changed(message)
            self._book.tell("notice_failed", message, message.last_error)

    def try_journal(self, now_s: float) -> None:
        """Write an entry that means nothing: whoever keeps the journal says whether it can be."""
        self._record("tried", "", now_s)

    def report_waits(self) -> bool:
        """Whether a report to 119 is still to be accepted."""
        return self._book.report_waits()

    def drain(self) -> tuple[tuple[MessageRow, ...], tuple[Log, ...]]:
        """Return what changed since the last call: rows for the store, and events."""
        return self._book.drain()


def _found_no_network(message: Message, route: str) -> bool:
    """Whether a report waits for a network that a modem tells nothing of."""
    searched = message.attempts > message.registered_attempts
    return message.purpose is Purpose.REPORT and searched and route in message.routes


def _as_it_counts(event: Attempted, message: Message) -> Attempted:
    """Return the outcome as the law is to hear it: so many silences count as an acceptance."""
    if not message.unconfirmed:
        return event
    why = f"counted as sent after {message.ambiguous} attempts without an answer"
    return replace(event, outcome=Outcome.ACCEPTED, detail=why, confirmed=False)


def _setpoint_mm(effect: Report, state: State) -> float:
    incident = state.incident
    if incident is None:
        return 0.0
    return next((r.setpoint_mm for r in incident.reports if r.episode == effect.episode), 0.0)
