"""Where the main thread hands its jobs over, whichever thread serves the route just now.

Owns what is known of the job in flight. Invariant: every job that was handed over ends in exactly
one ``Attempted``, also when its worker is lost: what it had begun may have been sent, what it had
not begun has failed. Which message goes next is the outbox's business, who replaces whom the
crew's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from edge.events import Attempted, Outcome
from edge.messages.job import Job


class RelayedWorker(Protocol):
    """What is asked of a route's worker."""

    def submit(self, job: Job) -> None:
        """Hand over one job."""

    def hurry(self) -> None:
        """Let what is in flight make way."""

    def has_begun(self, job: Job) -> bool:
        """Whether the worker has taken up this job, or may have."""


class Relay:
    """The worker of one route as the main thread sees it, over all generations of its thread."""

    def __init__(self, route: str, put: Callable[[Attempted], None]) -> None:
        self._route = route
        self._put = put
        self._lock = threading.Lock()
        self._worker: RelayedWorker | None = None
        self._job: Job | None = None
        self._why = "not served yet"

    def serve_by(self, worker: RelayedWorker) -> None:
        """From now on this worker gets the jobs."""
        self._worker = worker

    def submit(self, job: Job) -> None:
        """Hand over the next job; the one before must have ended."""
        worker = self._worker
        if worker is None:
            self._end(job, Outcome.FAILED, f"not sent: {self._why}")
            return
        with self._lock:
            self._job = job
        worker.submit(job)

    def hurry(self) -> None:
        """Let what is in flight make way: something worse waits."""
        if self._worker is not None:
            self._worker.hurry()

    def heard(self, event: object) -> None:
        """Note the end of the job in flight: from whoever lets the worker's events in."""
        if isinstance(event, Attempted):
            with self._lock:
                if self._job is not None and self._job.key == event.key:
                    self._job = None

    def lost(self, why: str) -> None:
        """The worker is heard no more: tell what became of the job that it had."""
        worker, self._worker, self._why = self._worker, None, why
        with self._lock:
            job, self._job = self._job, None
        if job is None:
            return
        if worker is not None and not worker.has_begun(job):
            self._end(job, Outcome.FAILED, f"not sent: {why}")
        else:
            self._end(job, Outcome.AMBIGUOUS, f"{why}: it may have been sent")

    def _end(self, job: Job, outcome: Outcome, detail: str) -> None:
        registered = outcome is Outcome.AMBIGUOUS  # else it was no try on a modem with a network
        self._put(Attempted(job.key, self._route, outcome, detail, registered=registered))
