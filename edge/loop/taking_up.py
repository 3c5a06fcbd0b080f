"""Taking up after a restart: what the store and the journal remember becomes the loop's state.

Invariant: nothing that can be read is forgotten, and a memory that cannot be read is a trouble,
never a reason not to start; the newer of store and journal is believed (design 4.11). Leaves the
law's own form to ``edge.law.memory``, and messages to ``Sender.restore``.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from edge.effects import Effect
from edge.events import TroubleSeen
from edge.law import memory
from edge.law.policy import Policy
from edge.law.state import State
from edge.loop.hands_journal import believe
from edge.messages.restoring import left
from edge.messages.retrying import AMBIGUOUS_RETRY_S
from edge.store.journal import Entry, Journal
from edge.store.rows import Recovered

if TYPE_CHECKING:
    from edge.loop.app import App

_log = logging.getLogger(__name__)

_UNREADABLE: Final = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError)
"""What a stored state of another form, or with a byte that a worn card has changed, may raise."""


@dataclass(frozen=True, slots=True)
class TakenUp:
    """The state to go on with, what must sound again, and the starts so far in this boot."""

    state: State
    effects: tuple[Effect, ...] = ()
    starts: int = 0
    stored_s: float = float("-inf")  # when it was written, if in this boot
    cap: Mapping[str, Any] | None = None  # what was told by CAP, in its own form
    put_up: tuple[str, ...] = ()  # retained topics that lie at the broker


class Memory:
    """What the last run left behind, in the store and in the journal.

    Args:
        policy: The settings now.
        journal: The journal of reports.
        boot_id: The boot in which we run.
        put: Takes the troubles that come of it.
        knew_utc: Takes the newest time that the last run was certain of.

    Attributes:
        journalled: The journal as it was when it was last read.
    """

    def __init__(
        self,
        policy: Policy,
        journal: Journal,
        boot_id: str,
        put: Callable[[TroubleSeen], None],
        knew_utc: Callable[[datetime], None] = lambda _utc: None,
    ) -> None:
        self._policy = policy
        self._journal = journal
        self._boot_id = boot_id
        self._put = put
        self._knew_utc = knew_utc
        self.journalled: tuple[Entry, ...] = ()

    def read_journal(self) -> tuple[Entry, ...]:
        """Read the journal; return its entries."""
        self.journalled = self._journal.read()
        return self.journalled

    def take_up(self, recovered: Recovered, now_s: float) -> TakenUp:
        """Return the state as the store remembers it, or a fresh one."""
        taken = TakenUp(State(level_since_s=now_s))
        if recovered.trouble:
            self._put(TroubleSeen("store", recovered.trouble))
        if recovered.state is not None:
            try:
                taken = self._load(recovered.state, now_s)
            except _UNREADABLE as error:
                _log.exception("the stored state cannot be used")
                self._put(TroubleSeen("store", f"the stored state cannot be used: {error!r}"))
        known = believe(taken.state, self.journalled, self._boot_id, taken.stored_s, now_s)
        not_before_s = self._report_not_before_s(known)
        state = replace(known, started_s=now_s, report_not_before_s=not_before_s)
        return replace(taken, state=state)

    def take_up_late(self, app: App, recovered: Recovered) -> None:
        """Take up what a disk remembers that came only after the start."""
        self.read_journal()
        now_s = app.parts.clocks.now_s()
        taken = self.take_up(recovered, now_s)
        state = taken.state
        if app.parts.announcer is not None:
            app.parts.announcer.take_up(taken.cap, now_s)
        known = state.incident or state.disarmed or state.service
        if known is not None and app.state.incident is None:
            app.adopt(taken.state, taken.effects)
        elif state.disarmed is not None and app.state.disarmed is None:
            app.adopt_disarming(state.disarmed)
        news = app.parts.sender.restore(
            recovered.messages, recovered.accepted, self.journalled, app.state, now_s
        )
        app.recall(news, now_s)

    def _load(self, stored: str, now_s: float) -> TakenUp:
        fields: Mapping[str, Any] = json.loads(stored)
        same_boot = fields["boot_id"] == self._boot_id
        gap_s = max(0.0, now_s - fields["written_s"]) if same_boot else None
        starts = int(fields.get("starts", 0)) if same_boot else 0
        state, effects = memory.load(fields["law"], now_s, self._policy, gap_s=gap_s)
        stored_s = fields["written_s"] if same_boot else float("-inf")
        state = replace(state, armed=bool(fields.get("armed")))
        put_up = tuple(map(str, fields.get("put_up") or ()))
        if fields.get("newest_utc"):
            self._knew_utc(datetime.fromisoformat(fields["newest_utc"]))
        return TakenUp(state, effects, starts, stored_s, fields.get("cap"), put_up)

    def _report_not_before_s(self, state: State) -> float:
        known = state.incident.id if state.incident else None
        return paced_until_s(self.journalled, self._boot_id, known, self._policy)


def paced_until_s(
    journalled: Iterable[Entry], boot_id: str, known: str | None, policy: Policy
) -> float:
    """Until when the journal asks water reports to wait.

    It counts what 119 was told, or may have been told, of an incident that the stored state does
    not know: the disk died, and the journal is the newer of the two (design 4.11).

    Args:
        journalled: The journal.
        boot_id: The boot in which we run.
        known: The incident that the stored state knows.
        policy: The settings.
    """
    waits = [float("-inf")]
    for entry in left(journalled, boot_id):
        if entry.key.partition("/")[0] != known:
            accepted = entry.kind == "accepted"
            wait_s = policy.report.repeat_interval_s if accepted else AMBIGUOUS_RETRY_S
            waits.append(entry.monotonic_s + wait_s)
    return max(waits)
