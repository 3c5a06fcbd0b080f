"""One worker thread a route: takes one job, hands it to the port, says what happened (design 5).

Which message goes next is decided by the outbox on the main thread; the worker knows one job at a
time, so 119 waits for nothing but the text in flight. Invariant: every job ends in exactly one
``Attempted``, unless the process dies; an outcome is never better than what the other side said.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from math import inf
from typing import Final, Protocol

from drivers.errors import (
    DriverError,
    NoResponse,
    NotRegistered,
    PortGone,
    SubmitAmbiguous,
    in_our_words,
)
from drivers.modem.at import CallEnded, CallerId, RegistrationChanged, Ring
from drivers.modem.modem import (
    LateReference,
    ModemEvent,
    ModemStatus,
    OutgoingText,
    Rung,
    StatusReported,
    TextReceived,
)
from drivers.modem.nitz import NetworkTime
from edge.beating import BeatingThread
from edge.events import (
    Attempted,
    CallCame,
    Delivered,
    ModemCard,
    Outcome,
    RouteState,
    TextCame,
)
from edge.messages.calling import VoiceLine
from edge.messages.job import Job, came_to_nothing, outcome_of

_log = logging.getLogger(__name__)

ROUTE: Final = "modem"
STATUS_EVERY_S: Final = 30.0
STATUS_EVERY_UNREGISTERED_S: Final = 3.0
IDLE_S: Final = 5.0
"""How long an idle worker listens before it beats again."""

REOPEN_FIRST_S: Final = 0.5
REOPEN_LONGEST_S: Final = 5.0
MOST_UNANSWERED: Final = 32
"""Texts whose late answer is still waited for; the modem itself forgets them after minutes."""

UNWELL_AFTER_FAILURES: Final = 5
"""So many failures in a row, though the modem says that it has a network, are a trouble."""

RESET_AFTER_FAILURES: Final = 3
"""The reset ladder begins after the third failure in a row (design 4.7)."""


def card_of(status: ModemStatus) -> ModemCard:
    """Return what a technician wants to know of a modem."""
    return ModemCard(
        manufacturer=status.manufacturer,
        model=status.model,
        firmware=status.firmware,
        imei=status.imei,
        own_number=status.own_number,
        service_centre=status.service_centre,
        registration=status.registration,
        technology=status.technology,
        voice=status.voice,
    )


class ModemPort(Protocol):
    """What the worker needs of ``drivers.modem.Modem``."""

    def open(self) -> None:
        """Open the port and bring the modem up."""

    def take_away(self) -> None:
        """Let nothing pass any more, whatever its thread does; from any thread."""

    def close(self) -> None:
        """Release the port."""

    def wait(self, timeout_s: float) -> list[ModemEvent]:
        """Listen for what the modem says by itself."""

    def wake(self) -> None:
        """End a ``wait`` early; from any thread."""

    def check(self) -> ModemStatus:
        """Ask for SIM, registration and signal."""

    def submit(
        self, text: OutgoingText, answer_timeout_s: float = ..., hurried: Callable[[], bool] = ...
    ) -> int:
        """Send one text; return the network's reference."""

    def reset(self, rung: Rung) -> None:
        """Take one step up the reset ladder."""


class ModemRoute(BeatingThread):
    """The worker of the modem.

    ``voice`` are the calls on the same line, served between two texts. ``is_report`` tells the
    number of 119 from others, for texts that come. ``clock`` gives monotonic seconds, and ``pause``
    waits for an event; simulations bring their own of both, and call ``serve`` instead of
    ``start``. ``told_time`` takes what time the network says it is, and the monotonic second of it.
    """

    def __init__(
        self,
        modem: ModemPort,
        *,
        put: Callable[[Attempted | Delivered | RouteState | CallCame | TextCame], None],
        beat: Callable[[], None],
        clock: Callable[[], float],
        voice: VoiceLine | None = None,
        is_report: Callable[[str], bool] = lambda _number: False,
        pause: Callable[[threading.Event, float], bool] = threading.Event.wait,
        told_time: Callable[[datetime, float], object] = lambda _utc, _at_s: None,
    ) -> None:
        super().__init__("modem", beat=beat)
        self._modem = modem
        self._put = put
        self._clock = clock
        self._pause = pause
        self.voice = voice
        self._is_report = is_report
        self._told_time = told_time
        self._network_time: NetworkTime | None = None
        if voice is not None:
            voice.wake = modem.wake
        self._job: Job | None = None
        self._under_way: Job | None = None
        self._there_is_a_job = threading.Event()
        self._hurried = threading.Event()
        self._open = False
        self._registered: bool | None = None
        self._failures = 0
        self._streak = 0
        self._last_failure = ""
        self._silences = 0
        self._rung = Rung.AT
        self._unanswered: dict[OutgoingText, str] = {}
        self._status_s = 0.0
        self._pause_s = REOPEN_FIRST_S
        self._reopen_s = 0.0
        self._why_lost: Exception | None = None

    def submit(self, job: Job) -> None:
        """Hand over the next job; the one before must have ended."""
        self._hurried.clear()
        self._job = job
        self._there_is_a_job.set()
        self._modem.wake()

    def hurry(self) -> None:
        """Something worse waits: the text in flight gets 8 s in all for its answer (design 5)."""
        self._hurried.set()

    def has_begun(self, job: Job) -> bool:
        """Whether it has taken up this job, or may have; from the main thread.

        Ask only once its port was taken from it: what it takes up later reaches nobody.
        """
        return self._job is not job

    def stop(self) -> None:
        """Ask the worker to end after the job in flight; ``join`` waits for it."""
        super().stop()
        self._there_is_a_job.set()
        self._modem.wake()

    def abandon(self) -> None:
        """Give it up: not one byte of its leaves from now on. From any thread, at once."""
        self._modem.take_away()
        self._there_is_a_job.set()
        super().abandon()

    def _turn(self) -> None:
        self.serve()

    def _let_go(self) -> None:
        self._modem.close()

    def serve(self) -> None:
        """Do one thing: open the port, serve one job, listen, or wait a little for the port."""
        try:
            if self._open:
                self._serve_open()
            elif self._clock() < self._reopen_s:
                self._wait_for_port()
            else:
                self._open_modem()
        except DriverError as error:
            self._lost(error)
        except Exception as error:  # noqa: BLE001 - a bug must not end the way to 119 in silence
            _log.exception("modem: worker failed")
            self._abandon(error)
            self._lost(error)

    def _open_modem(self) -> None:
        self._modem.open()
        self._open = True
        self._pause_s = REOPEN_FIRST_S
        self._failures = 0
        self._silences = 0
        self._look()

    def _serve_open(self) -> None:
        now_s = self._clock()
        call_s = inf if self.voice is None else self.voice.due_s()
        if self._there_is_a_job.is_set() and (self._is_urgent(self._job) or now_s < call_s):
            self._attempt()
        elif self.voice is not None and now_s >= call_s:
            self.voice.serve()
            if self._there_is_a_job.is_set():
                self._attempt()  # a call that is looked after each second starves no text
        elif now_s >= self._status_s:
            self._look()
        else:
            self._hear(self._modem.wait(min(IDLE_S, self._status_s - now_s, call_s - now_s)))

    @staticmethod
    def _is_urgent(job: Job | None) -> bool:
        return job is not None and job.origin is not None

    def _look(self) -> None:
        """Ask the modem how it is, and tell the main thread."""
        status = self._modem.check()
        self._registered = status.registered
        unwell = status.registered is False or self._streak >= UNWELL_AFTER_FAILURES
        every_s = STATUS_EVERY_UNREGISTERED_S if unwell else STATUS_EVERY_S
        self._status_s = self._clock() + every_s
        if status.network_time is not None and status.network_time != self._network_time:
            self._network_time = status.network_time
            self._told_time(status.network_time.utc, status.network_time.at_s)
        self._put(
            RouteState(
                ROUTE,
                up=not unwell,
                detail=self._unwell_words(status),
                fault=status.fault or "",
                registered=status.registered,
                signal_dbm=status.signal_dbm,
                operator=status.operator,
                sim=status.sim,
                card=card_of(status),
            )
        )

    def _unwell_words(self, status: ModemStatus) -> str:
        if status.words:
            return status.words
        if self._streak >= UNWELL_AFTER_FAILURES:
            return f"the network took none of the last {self._streak} texts: {self._last_failure}"
        return ""

    def _hear(self, events: list[ModemEvent]) -> None:
        for event in events:
            if isinstance(event, StatusReported):
                self._tell_delivery(event)
            elif isinstance(event, LateReference) and event.text is not None:
                self._accept_late(event.text, event.reference)
            elif isinstance(event, RegistrationChanged):
                self._status_s = 0.0  # look at once
            elif isinstance(event, TextReceived):
                from_119 = self._is_report(event.sender)
                self._put(TextCame(from_119, event.text if from_119 else ""))
            elif self.voice is not None and isinstance(event, (Ring, CallerId, CallEnded)):
                self.voice.heard(event)

    def _tell_delivery(self, event: StatusReported) -> None:
        delivered = event.report.delivered
        if delivered is None:
            return  # still trying
        detail = f"status {event.report.status:#04x}"
        report = event.report
        self._put(Delivered(ROUTE, report.reference, delivered, detail, report.number))

    def _accept_late(self, text: OutgoingText, reference: int) -> None:
        """An answer that came after its time-out settles the text that it is for, no other."""
        key = self._unanswered.pop(text, None)
        if key is not None:
            self._put(Attempted(key, ROUTE, Outcome.ACCEPTED, "answered late", reference=reference))

    def _attempt(self) -> None:
        job = self._job
        self._job = None
        self._there_is_a_job.clear()
        if job is None:
            return
        self._under_way = job
        text = OutgoingText(
            number=job.number, text=job.text, live_origin=job.origin, concat=job.concat
        )
        try:
            reference = self._modem.submit(text, job.answer_timeout_s, self._hurried.is_set)
        except DriverError as error:
            if isinstance(error, SubmitAmbiguous):
                self._unanswered[text] = job.key
                if len(self._unanswered) > MOST_UNANSWERED:
                    self._unanswered.pop(next(iter(self._unanswered)))
            self._attempt_failed(job, error)
            if isinstance(error, (PortGone, NoResponse)):
                raise
            self._climb(error)
            return
        self._failures = 0
        self._rung = Rung.AT
        if self._streak >= UNWELL_AFTER_FAILURES:
            self._status_s = 0.0  # say at once that it is well again
        self._streak = 0
        self._unanswered.pop(text, None)
        self._under_way = None
        self._put(Attempted(job.key, ROUTE, Outcome.ACCEPTED, reference=reference))

    def _attempt_failed(self, job: Job, error: DriverError) -> None:
        self._under_way = None
        self._put(came_to_nothing(job.key, ROUTE, error))
        self._status_s = 0.0

    def _abandon(self, error: Exception) -> None:
        """End a job that met a bug of ours: it may have been sent, and the next one must leave."""
        job, self._under_way = self._under_way, None
        if job is not None:
            detail = f"{type(error).__name__} on the way to the modem: it may have been sent"
            self._put(Attempted(job.key, ROUTE, Outcome.AMBIGUOUS, detail))

    def _climb(self, error: DriverError) -> None:
        """Take the reset ladder's next rung after the third failure in a row.

        Silence after a text is one too: a modem that takes every text and answers none hangs.
        """
        if isinstance(error, NotRegistered):
            return  # a network is waited for
        if outcome_of(error) not in (Outcome.FAILED, Outcome.AMBIGUOUS):
            return
        self._streak += 1
        self._last_failure = str(error)
        self._failures += 1
        if self._failures < RESET_AFTER_FAILURES:
            return
        if self._rung >= Rung.CFUN and (self._hurried.is_set() or self._is_urgent(self._job)):
            return  # it takes half a minute: what waits has its try before that
        self._failures = 0
        rung, self._rung = self._rung, Rung(min(self._rung + 1, Rung.POWER))
        self._modem.reset(rung)

    def _lost(self, error: Exception) -> None:
        """The port is gone, or the modem does not come up: fail what waits, pause, open again."""
        self._open = False
        self._registered = None
        self._modem.close()
        if self.voice is not None:
            self.voice.lost(error)
        self._put(RouteState(ROUTE, up=False, detail=in_our_words(error)))
        if isinstance(error, NoResponse):
            self._power_cycle()
        self._why_lost = error
        self._reopen_s = self._clock() + self._pause_s
        self._pause_s = min(REOPEN_LONGEST_S, self._pause_s * 2)

    def _wait_for_port(self) -> None:
        """Wait until the port is to be opened again; a job that comes meanwhile fails at once.

        It also brings the next try forward, but one job does so only once.
        """
        left_s = self._reopen_s - self._clock()
        if self._why_lost is None:
            self._pause(self._stopping, left_s)
        elif self._pause(self._there_is_a_job, left_s) and not self._stopping.is_set():
            error, self._why_lost = self._why_lost, None
            self._fail_waiting(error)
            self._reopen_s = self._clock() + REOPEN_FIRST_S

    def _power_cycle(self) -> None:
        """A modem that says nothing at all hears no command either: only its power key helps."""
        self._silences += 1
        if self._silences < RESET_AFTER_FAILURES:
            return
        self._silences = 0
        try:
            self._modem.reset(Rung.POWER)
        except DriverError as error:
            _log.warning("modem: power key: %s", error)

    def _fail_waiting(self, error: Exception) -> None:
        job, self._job = self._job, None
        self._there_is_a_job.clear()
        if job is not None:
            self._put(
                Attempted(
                    job.key, ROUTE, Outcome.FAILED, f"modem not open: {error}", registered=False
                )
            )
