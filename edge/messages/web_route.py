"""The worker of a way out over the internet: takes one job, hands it over, says what happened.

Owns the thread, and what is known of the route. Invariant: every job ends in exactly one
``Attempted``, unless the process dies; the route is down after a failure that is not the message's
own, and up again after the next one that it settles. Which message goes next, and when, is for the
outbox; how it is handed over, for the channel. It may carry anything but a report.
"""

from __future__ import annotations

import logging
import re
import threading
import traceback
from collections.abc import Callable
from math import inf
from typing import Final, Protocol

from drivers.errors import (
    ClockRefused,
    DriverError,
    NumberRefused,
    ReportWithheld,
    TransientError,
)
from edge.beating import BeatingThread
from edge.events import Attempted, Outcome, RouteState
from edge.messages.job import Job, came_to_nothing

_log = logging.getLogger(__name__)

IDLE_S: Final = 5.0
"""How long an idle worker waits before it beats again."""

LOOK_EVERY_S: Final = 120.0
"""How often a route that is down is looked at: the next text may be weeks away, and until then its
trouble would stand though the internet is back."""

_NOT_SHOWN: Final = re.compile(r"[^A-Za-z0-9._:-]")
_ID_CHARACTERS: Final = 64


class Channel(Protocol):
    """What the worker needs of a way out; ``drivers.channels.sms.channel.SmsChannel`` is one."""

    def submit(self, number: str, text: str, key: str) -> str | None:
        """Hand one message over; return the other side's id of it, or raise a ``DriverError``."""


class WebRoute(BeatingThread):
    """The worker of one route.

    Args:
        name: The route: what the outbox calls it, and the cause of its trouble.
        channel: The way out.
        put: Puts an event into the inbox; from this thread.
        beat: Called at least every few seconds while it is well.
        clock: Monotonic seconds.
        look: Sees whether the other side answers, sending nothing, or raises a ``DriverError``.
        stopping: Set by ``stop``; shared with a channel that is to end its waits then.
    """

    def __init__(
        self,
        name: str,
        channel: Channel,
        *,
        put: Callable[[Attempted | RouteState], None],
        beat: Callable[[], None],
        clock: Callable[[], float],
        look: Callable[[], None] | None = None,
        stopping: threading.Event | None = None,
    ) -> None:
        super().__init__(name, beat=beat, stopping=stopping)
        self._name = name
        self._channel = channel
        self._put = put
        self._clock = clock
        self._look = look
        self._look_s = inf
        self._job: Job | None = None
        self._there_is_a_job = threading.Event()
        self._known: tuple[bool, str] | None = None
        self._clock_set = False

    def submit(self, job: Job) -> None:
        """Hand over the next job; the one before must have ended."""
        self._job = job
        self._there_is_a_job.set()

    def clock_was_set(self) -> None:
        """Look at a route again that is down: its certificate may be valid now; from any thread.

        It is done within ``IDLE_S``. One that cannot be looked at is tried with what waits for it.
        """
        self._clock_set = True

    def hurry(self) -> None:
        """Nothing waits long behind a request: each ends within seconds by itself."""

    def has_begun(self, job: Job) -> bool:
        """Whether it has taken up this job, or may have; once it was told to stop."""
        return self._job is not job

    def stop(self) -> None:
        """Ask the worker to end after the job in flight; ``join`` waits for it."""
        super().stop()
        self._there_is_a_job.set()

    def _turn(self) -> None:
        if self._clock_set:
            self._clock_set = False
            if self._look_s < inf:  # it is down, and can be looked at
                self._look_s = self._clock()
        due_in_s = max(0.0, self._look_s - self._clock())
        if self._there_is_a_job.wait(min(IDLE_S, due_in_s)) and not self._stopping.is_set():
            self._serve()
        elif self._clock() >= self._look_s:
            self._look_again()

    def _serve(self) -> None:
        job, self._job = self._job, None
        self._there_is_a_job.clear()
        if job is None:
            return
        try:
            reference = self._channel.submit(job.number, job.text, job.key)
        except DriverError as error:
            self._put(came_to_nothing(job.key, self._name, error))
            self._judge(error)
        except Exception as error:  # noqa: BLE001 - a bug must not end this way out in silence
            self._tell_bug(error)
            words = f"{type(error).__name__} on the way: it may have been sent"
            self._ended(job, Outcome.AMBIGUOUS, words)
            self._is(up=False, detail=words)
        else:
            self._ended(job, Outcome.ACCEPTED, _shown(reference))
            self._is(up=True)

    def _look_again(self) -> None:
        self._look_s = self._clock() + LOOK_EVERY_S
        try:
            if self._look is not None:
                self._look()
        except DriverError as error:
            _log.debug("%s: still down: %s", self._name, error)
        except Exception as error:  # noqa: BLE001 - as for a text
            self._tell_bug(error)
        else:
            self._is(up=True)

    def _tell_bug(self, error: Exception) -> None:
        """Its own words could carry a number, so only its place is told."""
        place = traceback.extract_tb(error.__traceback__)[-1]
        _log.error("%s: %s at %s:%s", self._name, type(error).__name__, *place[:2])

    def _ended(self, job: Job, outcome: Outcome, detail: str) -> None:
        self._put(Attempted(job.key, self._name, outcome, detail))

    def _judge(self, error: DriverError) -> None:
        if isinstance(error, NumberRefused):
            self._is(up=True)  # the service knew us, and answered about this number
        elif not isinstance(error, ReportWithheld):
            self._is(up=False, detail=str(error))
            # A key that is refused is not proved good by an answer to somebody without one.
            passes = isinstance(error, (TransientError, ClockRefused)) and self._look is not None
            self._look_s = self._clock() + LOOK_EVERY_S if passes else inf

    def _is(self, *, up: bool, detail: str = "") -> None:
        """Tell of a change, once; a route that is up is not looked at.

        ``registered`` keeps the outbox from resting the route: a try costs seconds, and a text that
        waited for a resting route could meanwhile be on the modem.
        """
        self._look_s = inf
        if self._known != (up, detail):
            self._known = (up, detail)
            self._put(RouteState(self._name, up=up, detail=detail, registered=True))


def _shown(reference: str | None) -> str:
    """Return an id as it may stand in an event: short, and of plain characters."""
    if not reference:
        return ""
    return f"id {_NOT_SHOWN.sub('', reference)[:_ID_CHARACTERS]}"
