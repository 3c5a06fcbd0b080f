"""CAP documents at work on the main thread: the clock, the zone and the memory of what was told.

Owns the threads (pure rules in ``edge.messages.cap_threads``). Invariant: what was told is stored
in the same transaction as the document that tells it, so that a restart neither repeats nor forgets
one; a fault of ours in here is a trouble and holds nothing else up. Leaves the way out to the
store's log (MQTT) and to the outbox (HTTPS).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from math import inf
from typing import Any, Final, Protocol

from edge.events import TroubleGone, TroubleSeen
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

CAUSE: Final = "fault:cap"

TRY_AGAIN_S: Final = 3.0
"""After a fault of ours, as with a siren that does not obey."""

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
        put: Takes the trouble that documents cannot be written.
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
        put: Callable[[TroubleSeen | TroubleGone], None],
        keeps: bool,
    ) -> None:
        self.keeps = keeps
        self.threads = Threads()
        self._source = source
        self._policy = policy
        self._clocks = clocks
        self._zone = zone
        self._run = run_id[-_RUN_CHARACTERS:]
        self._put = put
        self._failed = False
        self._not_before_s = -inf

    def announce(self, state: State, now_s: float, *, synced: bool) -> tuple[Document, ...]:
        """Return the documents that bring the centre up to this state; usually none."""
        if state.incident is None and state.drill is None and not self.threads.open:
            return ()
        if now_s < self._not_before_s:
            return ()
        try:
            written = self._written(state, now_s, synced=synced)
        except Exception as error:  # noqa: BLE001 - a report to 119 must leave all the same
            self._not_before_s = now_s + TRY_AGAIN_S
            if not self._failed:  # told at each turn, it would keep the loop busy with itself
                _log.exception("what stands cannot be told by CAP")
                words = f"CAP documents cannot be written: {type(error).__name__}"
                self._put(TroubleSeen(CAUSE, words))
            self._failed = True
            return ()
        if self._failed:
            self._failed = False
            self._put(TroubleGone(CAUSE))
        return written

    def _written(self, state: State, now_s: float, *, synced: bool) -> tuple[Document, ...]:
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
