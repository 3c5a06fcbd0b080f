"""Calls on the modem's line: 119 is rung, and 119 calling back is answered (design 5).

Belongs to the modem's worker, between two texts: a call goes on by itself meanwhile, so it never
holds back a report. Invariant: every job ends in exactly one ``Attempted``; nobody is answered whom
design 5 does not name; every call has an end. That 119 may be dialled at all is the interlock's
decision, when is the outbox's.

Source: design 5; domain 2.2 (ten tries, each ringing for 30 s at least).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Final, Protocol

from drivers.errors import DriverError, NoResponse, PortGone
from drivers.modem.at import CallEnded, CallerId, Ring, Urc
from drivers.modem.callers import CALLED_BACK_WITHIN_S, may_answer
from drivers.modem.calls import Call, CallStage
from edge.events import Attempted, CallCame, Outcome
from edge.messages.job import Job, came_to_nothing
from edge.messages.outbox import VOICE

_log = logging.getLogger(__name__)

RING_S: Final = 45.0
"""How long 119 is rung before it counts as not answered: 30 s at least (domain 2.2)."""

TALK_LONGEST_S: Final = 3600.0
"""Every call has an end, also one whose end nobody tells us of."""

LOOK_EVERY_S: Final = 1.0
"""How often the modem is asked how the call goes."""

CALLER_WITHIN_S: Final = 3.0
"""``+CLIP`` follows the first RING; who has none by then is withheld."""


class CallPort(Protocol):
    """What is needed of ``drivers.modem.Modem`` for calls."""

    def dial(self, number: str, live_origin: str | None) -> None:
        """Ring a number; return when the modem has taken the command."""

    def calls(self) -> tuple[Call, ...] | None:
        """Ask for the calls there are; None if the modem cannot tell."""

    def answer(self) -> None:
        """Take the call that comes in."""

    def hang_up(self) -> None:
        """End every call."""

    def make_hands_free(self) -> bool:
        """Let the room speak and hear; False if the modem cannot."""

    def play_message(self, name: str) -> bool:
        """Play a recording to the other side; False if the modem cannot."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Who may be answered now: set by the main thread.

    ``reported_s`` is when 119 last accepted a report, monotonic seconds; None if not of late.
    """

    incident_open: bool = False
    reported_s: float | None = None


@dataclass(slots=True)
class _Ringing:
    """119 is being rung for a job, or talks: ``answered_s`` says since when."""

    job: Job
    since_s: float
    answered_s: float | None = None


class VoiceLine:
    """The calls of one modem.

    ``submit``, ``hurry`` and ``expected`` are for the main thread, the rest for the modem's worker.

    Args:
        modem: The modem's calls.
        put: Takes outcomes and what came in; from the worker's thread.
        clock: Monotonic seconds.
        report_number: Who rings from it is the fire service itself (``report.number``).
        answer_calls_from: Numbers, or prefixes with ``*`` (``modem.answer_calls_from``).
        message: Name of the recording on the modem, None without one.
    """

    def __init__(
        self,
        modem: CallPort,
        *,
        put: Callable[[Attempted | CallCame], None],
        clock: Callable[[], float],
        report_number: str,
        answer_calls_from: Sequence[str] = (),
        message: str | None = None,
    ) -> None:
        self.expected = Expected()
        self.wake: Callable[[], None] = lambda: None
        self._modem = modem
        self._put = put
        self._clock = clock
        self._report_number = report_number
        self._answered_from = answer_calls_from
        self._message = message
        self._job: Job | None = None
        self._give_up = threading.Event()
        self._ringing: _Ringing | None = None
        self._look_s = inf
        self._rings_since_s: float | None = None
        self._caller: str | None = None
        self._judged = False
        self._talking_since_s: float | None = None  # to somebody who called us
        self._talking_to_119 = False
        self._may_ring_on = True  # a call of ours may be on the line that nobody follows
        self._dialled = False  # in the life of this process

    # The main thread

    def submit(self, job: Job) -> None:
        """Ring 119 for this job as soon as the line is free."""
        self._job = job
        self.wake()

    def hurry(self) -> None:
        """Ring no longer: nobody wants the call any more. A conversation goes on."""
        self._give_up.set()
        self.wake()

    def has_begun(self, job: Job) -> bool:
        """Whether this call was begun, or may have been; once the modem was taken away."""
        return self._job is not job

    def take_over(self, before: VoiceLine) -> None:
        """Know what one knew whose worker was lost: nobody who talks to 119 is cut off for it.

        What it was ringing for is told by the relay; a call that still rings is ended as after any
        loss of the line.
        """
        self.expected = before.expected
        self._dialled = before._dialled
        self._modem_is_blind = before._modem_is_blind
        self._talking_since_s = before._talking_since_s
        self._talking_to_119 = before._talking_to_119
        ringing = before._ringing
        if ringing is not None and ringing.answered_s is not None:
            self._ringing = ringing
        if self._ringing is not None or self._talking_since_s is not None:
            self._look_s = self._clock()

    # The worker

    def due_s(self) -> float:
        """Return when ``serve`` has something to do; infinity if nothing is going on."""
        unfollowed = self._may_ring_on and self._ringing is None
        if self._job is not None or self._give_up.is_set() or unfollowed:
            return -inf  # at once, whatever the time
        return self._look_s

    def serve(self) -> None:
        """Do one thing: give up, dial, or look how the call goes.

        Raises:
            DriverError: The port is gone or the modem mute; the job in hand has ended before.
        """
        if self._give_up.is_set():
            self._give_up.clear()
            self._stop_ringing()
        elif self._may_ring_on and self._ringing is None:
            self._end_what_rings_on()
        elif self._job is not None:
            self._dial()
        else:
            self._look()

    def _end_what_rings_on(self) -> None:
        """End a call of ours that nobody follows: the port went, or another process began it.

        One that was answered is somebody talking to 119: it is left alone.
        """
        calls = self._modem.calls()
        ours = [c for c in calls or () if not c.incoming]
        unknown = calls is None and self._dialled
        if unknown or any(c.stage is not CallStage.ACTIVE for c in ours):
            self._modem.hang_up()
        self._may_ring_on = False

    def heard(self, event: Urc) -> None:
        """Take what the modem says of calls by itself."""
        now_s = self._clock()
        if isinstance(event, Ring):
            if self._rings_since_s is None:
                self._rings_since_s, self._caller, self._judged = now_s, None, False
            self._look_s = now_s
        elif isinstance(event, CallerId):
            self._caller = event.number
            self._look_s = now_s
        elif isinstance(event, CallEnded):
            self._forget_incoming()
            if self._ringing is not None and self._modem_is_blind:
                self._ended()
                self._may_ring_on = False
            self._look_s = now_s if self._ringing is not None else inf

    def lost(self, error: Exception) -> None:
        """The port is gone: a call that was ringing has failed, one that waits too."""
        job, self._job = self._job, None
        if job is not None:
            self._fail(job, f"modem not open: {error}", registered=False)
        if self._ringing is not None:
            self._ended()
        self._forget_incoming()
        self._look_s = inf

    _modem_is_blind = False

    def _dial(self) -> None:
        job, self._job = self._job, None
        if job is None:
            return
        if self._talking_to_119 or self._talks():
            self._put(Attempted(job.key, VOICE, Outcome.ACCEPTED, "119 is on the line already"))
            return
        try:
            if self._rings_since_s is not None or self._talking_since_s is not None:
                self._modem.hang_up()  # whoever it is: the line is for 119 now
                self._forget_incoming()
            self._modem.make_hands_free()
            self._may_ring_on = self._dialled = True
            self._modem.dial(job.number, job.origin)
        except DriverError as error:
            self._put(came_to_nothing(job.key, VOICE, error))
            if isinstance(error, (PortGone, NoResponse)):
                raise  # it may ring all the same: that is looked after once the modem is back
            self._may_ring_on = False
            return
        now_s = self._clock()
        self._ringing = _Ringing(job, now_s)
        self._look_s = now_s + LOOK_EVERY_S

    def _talks(self) -> bool:
        return self._ringing is not None and self._ringing.answered_s is not None

    def _look(self) -> None:
        now_s = self._clock()
        self._look_s = now_s + LOOK_EVERY_S
        calls = self._modem.calls()
        self._modem_is_blind = calls is None
        if calls is not None and all(c.incoming for c in calls):
            self._may_ring_on = False
        if self._ringing is not None:
            self._follow(self._ringing, calls, now_s)
        self._follow_incoming(calls, now_s)
        if self._ringing is None and self._rings_since_s is None and self._talking_since_s is None:
            self._look_s = inf

    def _follow(self, ringing: _Ringing, calls: tuple[Call, ...] | None, now_s: float) -> None:
        """How the call goes that we made."""
        ours = [c for c in calls or () if not c.incoming]
        if calls is not None and not ours:
            self._ended()
        elif ringing.answered_s is None and any(c.stage is CallStage.ACTIVE for c in ours):
            ringing.answered_s = now_s
            detail = f"119 answered after {now_s - ringing.since_s:.0f} s"
            self._put(Attempted(ringing.job.key, VOICE, Outcome.ACCEPTED, detail))
            if self._message is not None:
                self._modem.play_message(self._message)
        elif ringing.answered_s is None and now_s >= ringing.since_s + RING_S:
            self._rang_out(ringing, blind=calls is None, now_s=now_s)
        elif ringing.answered_s is not None and now_s >= ringing.answered_s + TALK_LONGEST_S:
            self._modem.hang_up()
            self._ringing = None

    def _rang_out(self, ringing: _Ringing, *, blind: bool, now_s: float) -> None:
        if blind:
            # It may be a conversation by now, and nothing tells: nobody is cut off for a guess.
            ringing.answered_s = now_s
            detail = f"rung for {RING_S:.0f} s; the modem does not say whether 119 answered"
            self._put(Attempted(ringing.job.key, VOICE, Outcome.ACCEPTED, detail))
            return
        self._ringing = None
        self._fail(ringing.job, f"119 has not answered within {RING_S:.0f} s")
        self._hang_up()

    def _hang_up(self) -> None:
        self._modem.hang_up()  # if this fails, what may ring on is ended when the modem is back
        self._may_ring_on = False

    def _follow_incoming(self, calls: tuple[Call, ...] | None, now_s: float) -> None:
        """Who rings, and whether a conversation that we took has ended."""
        if calls is not None:
            theirs = [c for c in calls if c.incoming]
            if not theirs:
                self._forget_incoming()
                return
            waiting = next((c for c in theirs if c.stage is CallStage.INCOMING), None)
            if waiting is not None:
                self._rings_since_s = self._rings_since_s or now_s
                self._judge_when_known(waiting.number, now_s)
        elif self._rings_since_s is not None:
            self._judge_when_known("", now_s)
        if self._talking_since_s is not None and now_s >= self._talking_since_s + TALK_LONGEST_S:
            self._modem.hang_up()
            self._forget_incoming()

    def _judge_when_known(self, number: str, now_s: float) -> None:
        """Judge by the number, which may be told a moment after the first RING."""
        since_s = now_s if self._rings_since_s is None else self._rings_since_s
        if number or self._caller is not None or now_s >= since_s + CALLER_WITHIN_S:
            self._judge(number or self._caller or "")

    def _judge(self, number: str) -> None:
        """Answer, or not: once for each call."""
        if self._judged:
            return
        self._judged = True
        now_s, expected = self._clock(), self.expected
        since_s = None if expected.reported_s is None else now_s - expected.reported_s
        wanted = may_answer(
            number,
            self._answered_from,
            incident_open=expected.incident_open,
            since_report_s=since_s,
        )
        self._put(CallCame(answered=wanted, withheld=not number))
        if wanted:
            self._modem.make_hands_free()
            self._modem.answer()
            self._rings_since_s, self._talking_since_s = None, now_s
            # From any of the numbers that are answered 119 may call back once it has a report.
            reported = since_s is not None and since_s <= CALLED_BACK_WITHIN_S
            self._talking_to_119 = reported or number == self._report_number
        elif expected.incident_open and self._ringing is None:
            self._modem.hang_up()  # nobody holds the line while 119 may want it; it cuts all calls

    def _stop_ringing(self) -> None:
        job, self._job = self._job, None
        if job is not None:
            self._fail(job, "not wanted any more")
        if self._ringing is not None and self._ringing.answered_s is None:
            ringing, self._ringing = self._ringing, None
            self._fail(ringing.job, "not wanted any more")
            self._hang_up()

    def _ended(self) -> None:
        """Our call is over; if nobody had answered it, it has failed."""
        ringing, self._ringing = self._ringing, None
        if ringing is not None and ringing.answered_s is None:
            after_s = self._clock() - ringing.since_s
            self._fail(ringing.job, f"the call ended after {after_s:.0f} s without an answer")

    def _fail(self, job: Job, detail: str, *, registered: bool = True) -> None:
        self._put(Attempted(job.key, VOICE, Outcome.FAILED, detail, registered=registered))

    def _forget_incoming(self) -> None:
        self._rings_since_s = self._caller = self._talking_since_s = None
        self._talking_to_119 = False
        self._judged = False
