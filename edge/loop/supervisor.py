"""Beats of all threads, and the systemd watchdog (design 3).

Invariant: the watchdog is fed only if the main loop has stepped and every thread has beaten. A
sensor's or the broker's thread may instead be declared in trouble; main, store and modem threads
may not. Leaves to ``crew`` who replaces whom.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass, field
from typing import Final, Protocol

HUNG_AFTER_S: Final = 30.0
"""A thread without a beat for so long hangs (design 3)."""

END_AFTER_S: Final = 40.0
"""A thread that cannot be declared in trouble and is not replaced by then ends the process."""

END_AFTER_REPORT_WAITS_S: Final = 35.0
"""The same while a report waits: another process may do better."""


class Pulse(Protocol):
    """Where the beats of one thread are seen."""

    last_s: float


class _Beat:
    """A beat is one store of a float: safe from any thread."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.last_s = clock()
        self._clock = clock

    def __call__(self) -> None:
        self.last_s = self._clock()


@dataclass(slots=True)
class Beats:
    """When the thread that counts has last beaten, by its name."""

    clock: Callable[[], float]
    vital: frozenset[str]
    pulses: dict[str, Pulse] = field(default_factory=dict)

    def beat_of(self, name: str) -> Callable[[], None]:
        """Return the function that a thread calls at least every few seconds.

        From now on the beats of an earlier thread of this name do not count.
        """
        beat = _Beat(self.clock)
        self.pulses[name] = beat
        return beat

    def take_over(self, name: str, pulse: Pulse) -> None:
        """Watch another thread under this name."""
        self.pulses[name] = pulse

    def forget(self, name: str) -> None:
        """A thread has ended on purpose."""
        self.pulses.pop(name, None)

    def forgive(self, span_s: float) -> None:
        """Count no silence for a time in which no thread could beat: all of us stood still."""
        now_s = self.clock()
        for pulse in tuple(self.pulses.values()):
            pulse.last_s = max(pulse.last_s, min(now_s, pulse.last_s + span_s))

    def hung(self, now_s: float) -> dict[str, float]:
        """Return the threads that hang, and for how long."""
        return {
            name: now_s - pulse.last_s
            for name, pulse in tuple(self.pulses.items())
            if now_s - pulse.last_s >= HUNG_AFTER_S
        }

    def may_feed(self, now_s: float, spared: Set[str] = frozenset()) -> bool:
        """Whether the watchdog may be fed: no vital thread hangs but the spared."""
        return not any(name in self.vital - spared for name in self.hung(now_s))

    def beyond_mending(
        self, now_s: float, *, report_waits: bool, spared: Set[str] = frozenset()
    ) -> str | None:
        """Return the vital thread that has hung for too long, if any but the spared."""
        limit_s = END_AFTER_REPORT_WAITS_S if report_waits else END_AFTER_S
        for name, hung_s in self.hung(now_s).items():
            if name in self.vital - spared and hung_s >= limit_s:
                return name
        return None
