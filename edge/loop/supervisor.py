"""Beats of all threads, and the systemd watchdog (design 3).

Invariant: the watchdog is fed only if the main loop has stepped and every thread has beaten. A
sensor's or the broker's thread may instead be declared in trouble; main, store and modem threads
may not.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass, field
from typing import Final

HUNG_AFTER_S: Final = 30.0
"""A thread without a beat for so long hangs (design 3)."""

END_AFTER_S: Final = 40.0
"""A thread that cannot be declared in trouble and is not replaced by then ends the process."""

END_AFTER_REPORT_WAITS_S: Final = 35.0
"""The same while a report waits: another process may do better."""


@dataclass(slots=True)
class Beats:
    """When each thread has last beaten. A beat is one store of a float: safe from any thread."""

    clock: Callable[[], float]
    vital: frozenset[str]
    last_s: dict[str, float] = field(default_factory=dict)

    def beat_of(self, name: str) -> Callable[[], None]:
        """Return the function that a thread calls at least every few seconds."""
        self.last_s[name] = self.clock()

        def beat() -> None:
            self.last_s[name] = self.clock()

        return beat

    def forget(self, name: str) -> None:
        """A thread has ended on purpose."""
        self.last_s.pop(name, None)

    def hung(self, now_s: float) -> dict[str, float]:
        """Return the threads that hang, and for how long."""
        return {
            name: now_s - last_s
            for name, last_s in tuple(self.last_s.items())
            if now_s - last_s >= HUNG_AFTER_S
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
