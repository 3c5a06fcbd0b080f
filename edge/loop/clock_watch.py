"""Notices that the time was set, once a second: the one place where a step of the clock is told.

Owns the event ``clock_set``, and who is woken by a step. Invariant: a row whose ``ts`` is not in
line with the row before it has a ``clock_set`` between them, within two seconds; a clock that does
not come to rest is told once a minute. No timer, delay or report hangs on any of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from math import inf
from typing import TYPE_CHECKING, Final

from drivers.host.clock import STEP_S
from edge.centre.topics import timestamp

if TYPE_CHECKING:
    from drivers.host.clock import Clock
    from edge.loop.app import App

TELL_EVERY_S: Final = 60.0
"""Two programs that fight over the clock must not fill the log: what came meanwhile is summed."""


WAKE_EVERY_S: Final = 10.0
"""Nor may they drive those who are woken to try every second."""


class ClockWatch:
    """Compares what the time is with what it was, carried on by the monotonic clock.

    Args:
        clock: The machine's.
        wake: Called after every step of the kernel's clock, and when a time server has set it:
            those whom a wrong clock keeps out, because a certificate is not valid then, try again.
    """

    def __init__(self, clock: Clock, wake: Iterable[Callable[[], None]] = ()) -> None:
        self._clock = clock
        self._wake = tuple(wake)
        seen = clock.look()
        self._steps, self._synced = seen.steps, seen.synced
        self._line_s = self._now_line_s()
        self._told_s = -inf
        self._woken_s = -inf
        self._set = False

    def __call__(self, app: App) -> None:
        """Look once."""
        seen = self._clock.look()
        self._set |= seen.steps != self._steps or (seen.synced and not self._synced)
        self._steps, self._synced = seen.steps, seen.synced
        now_s = self._clock.now_s()
        if self._set and now_s >= self._woken_s + WAKE_EVERY_S:
            self._set, self._woken_s = False, now_s
            for wake in self._wake:
                wake()
            app.parts.sender.clock_was_set(now_s)
        self._tell(app)

    def _tell(self, app: App) -> None:
        line_s, now_s = self._now_line_s(), self._clock.now_s()
        by_s = line_s - self._line_s
        if abs(by_s) < STEP_S or now_s < self._told_s + TELL_EVERY_S:
            return
        self._line_s, self._told_s = line_s, now_s
        to = datetime.fromtimestamp(line_s + now_s, UTC)
        app.tell(
            "clock_set",
            f"the time was set by {by_s:+.1f} s",
            from_ts=timestamp(to - timedelta(seconds=by_s)),
            to_ts=timestamp(to),
            by_s=round(by_s, 3),
            source=self._clock.source(),
        )

    def _now_line_s(self) -> float:
        """What time it was when the monotonic clock began: constant but for steps."""
        now_s = self._clock.now_s()
        return self._clock.wall_utc().timestamp() - now_s
