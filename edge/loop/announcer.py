"""CAP documents at work on the main thread: the clock, the zone and the memory of what was told.

Owns the threads (pure rules in ``edge.messages.cap_threads``). Invariant: what was told is stored
in the same transaction as the document that tells it, so that a restart neither repeats nor forgets
one. Leaves the way out to the store's log (MQTT) and to the outbox (HTTPS).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any, Final, Protocol

from edge.law.policy import Policy
from edge.law.state import State
from edge.messages.cap import Source
from edge.messages.cap_threads import (
    Document,
    Occasion,
    Threads,
    announce,
    dump,
    joined,
    load,
)

_log = logging.getLogger(__name__)

_RUN_CHARACTERS: Final = 12
"""Of a UUID 7's random end: 48 bits, so that no two runs of a device ever share them."""


class WallClock(Protocol):
    """What is needed of the machine's clocks."""

    def wall_utc(self) -> datetime:
        """Wall clock in UTC."""


class Announcer:
    """Knows what the centre was told by CAP, and writes the next document.

    Args:
        source: Who speaks, about which home.
        policy: The settings.
        clocks: The wall clock.
        zone: Of the home; None for the machine's own.
        run_id: Random, of this run of the daemon.
        keeps: Whether documents enter the log that goes to the broker.
    """

    def __init__(
        self,
        source: Source,
        policy: Policy,
        clocks: WallClock,
        zone: tzinfo | None,
        *,
        run_id: str,
        keeps: bool,
    ) -> None:
        self.keeps = keeps
        self.threads = Threads()
        self._source = source
        self._policy = policy
        self._clocks = clocks
        self._zone = zone
        self._run = run_id[-_RUN_CHARACTERS:]

    def announce(self, state: State, now_s: float, *, synced: bool) -> tuple[Document, ...]:
        """Return the documents that bring the centre up to this state; usually none."""
        if state.incident is None and state.drill is None and not self.threads.open:
            return ()
        wall = self._clocks.wall_utc().astimezone(self._zone)
        occasion = Occasion(now_s, wall, synced, self._run)
        self.threads, written = announce(self.threads, state, self._policy, self._source, occasion)
        for one in written:
            _log.info("CAP %s %d about %s", one.kind, one.number, one.about)
        return written

    def dump(self, now_s: float) -> dict[str, Any]:
        """Return what was told as it goes into the store, beside the law's state."""
        return dump(self.threads, now_s)

    def take_up(self, stored: Mapping[str, Any] | None, now_s: float) -> None:
        """Go on with what the store remembers: at the start, or when a disk comes late."""
        if stored is None:
            return
        try:
            self.threads = joined(load(stored, now_s), self.threads)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            _log.error("what was told by CAP cannot be read: %r", error)
