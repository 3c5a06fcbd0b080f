"""Which wet runs the store is told of, and how soon (design 4.11). Pure.

A delay that runs is stored with its first wet vote, then once a second, and when it ends without an
alarm: so a kill amid it costs nothing. Water that stands just at the alert setpoint begins and
breaks such a run every second or two, for days, and each is a commit or more: a gigabyte a day. So
runs at the alert setpoint that come to nothing have an allowance. Beyond it they are not stored at
all: a kill in those seconds makes the delay begin anew, and no alarm is lost. A danger run is
always stored: above alert each reading is a commit anyway.

Invariant: what the store holds of a run is taken back as soon as the run has ended, so that nothing
resumes a delay that a dry vote has broken.
"""

from __future__ import annotations

from math import inf
from typing import Final

from edge.law.levels import Level
from edge.law.state import State

RUNS_AT_ONCE: Final = 60
"""So many runs at the alert setpoint are stored as they come; then one more for each of these:"""

RUN_EVERY_S: Final = 900.0
"""As often as the state is stored anyway. Waves of a real rise are a few; hovering is thousands."""

Run = tuple[str, Level, float]
"""Zone, level, and when it began."""


def runs_of(state: State) -> frozenset[Run]:
    """Return the delays that run."""
    return frozenset((r.zone, r.level, r.first_wet_s) for r in state.raising)


class WetRuns:
    """Remembers what the store knows of the delays that run."""

    def __init__(self) -> None:
        self._seen: frozenset[Run] = frozenset()
        self._granted: frozenset[Run] = frozenset()  # of those that run, what is to be stored
        self._stored: frozenset[Run] = frozenset()
        self._spent_until_s = -inf

    def look(self, state: State, now_s: float) -> bool:
        """Return whether the state is to be stored at once, for a run that has begun or ended."""
        if not (state.raising or self._seen or self._stored):
            return False
        runs = runs_of(state)
        if state.level is not Level.NORMAL:
            self._spent_until_s = -inf  # they came to something
        begun = sorted(runs - self._seen)
        self._granted &= runs
        self._granted |= {run for run in begun if self._grant(run, now_s)}
        self._seen = runs
        return bool(self._stored - runs or self._granted - self._stored)

    @property
    def progress(self) -> bool:
        """Whether what has elapsed of a delay is to be stored, once a second."""
        return bool(self._granted)

    def stored(self, state: State) -> None:
        """The whole state has been handed to the store, with all its runs."""
        self._stored = runs_of(state)

    def _grant(self, run: Run, now_s: float) -> bool:
        if run[1] is not Level.ALERT:
            return True
        spent_until_s = max(self._spent_until_s, now_s)
        if spent_until_s > now_s + (RUNS_AT_ONCE - 1) * RUN_EVERY_S:
            return False
        self._spent_until_s = spent_until_s + RUN_EVERY_S
        return True
