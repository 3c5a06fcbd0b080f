"""L2 and L0: what was decided arrives, and nothing else does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.effects import Purpose
from edge.messages.job import Job
from edge.store.rows import Batch
from tests.world.judge import Judge
from tests.world.judges.keys import purpose_of
from tests.world.modem import Taken

if TYPE_CHECKING:
    from tests.world.world import World

QUEUE_S = 1800.0
"""Back-off of at most 2.5 min, and some hundred texts of a few seconds each before it."""

HOUR_S = 3600.0
PACED_FROM = 9
"""So many reports in an hour, and one of the bell may have to wait (4.7; drivers.modem.interlock:
three of the twelve are kept for water)."""


class EveryNoticeArrives(Judge):
    """L2. Half an hour after a route came back and stayed well, no older message waits.

    Judged by the rows that were handed to the store: one that was waiting when the half hour began,
    and that the disk knew at the last crash, is accepted, withdrawn or refused by then, reports to
    119 as well.

    Excused: a report while the device is not armed, may be in service, or has had nine reports or
    more within the hour; everything while the disk is not well, and in a life younger than the half
    hour (asked again when it is).
    """

    name = "L2"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._waiting: dict[str, tuple[float, bool]] = {}
        ends_s = [0.0, *(spell.ends_s for spell in self.books.network.spells)]
        for begins_s in ends_s:
            self.world.at(begins_s + QUEUE_S, self._look)

    def committed(self, batch: Batch, stored: bool) -> None:
        """Note everything that waits, and whether the disk has it."""
        if stored:
            for key, (since_s, _) in self._waiting.items():
                self._waiting[key] = since_s, True
        for row in batch.messages:
            if row.status != "waiting":
                self._waiting.pop(row.key, None)
            else:
                since_s, known = self._waiting.get(row.key, (self.books.now_s, False))
                self._waiting[row.key] = since_s, known or stored

    def gone(self, power: bool) -> None:
        """What the disk never had is forgotten with reason."""
        del power
        if self.books.owed_at_death:
            self._waiting = {k: v for k, v in self._waiting.items() if v[1]}

    def _look(self) -> None:
        books = self.books
        began_s = max(books.now_s - QUEUE_S, 0.0)
        if not books.network.well(began_s, books.now_s) or self.world.disk_spell is not None:
            return
        if not books.up or books.up_s > began_s:
            if self._waiting:
                self.world.at(books.now_s + QUEUE_S, self._look)
            return
        late = [key for key, (since_s, _) in self._waiting.items() if since_s < began_s]
        if self._reports_may_wait(began_s):
            late = [key for key in late if purpose_of(key) is not Purpose.REPORT]
        if late:
            raise self.broken(f"{len(late)} wait though the modem is well, {late[0]} among them")

    def _reports_may_wait(self, began_s: float) -> bool:
        books = self.books
        held = books.disarmed or max(books.rearmed_s, books.disarmed_until_s) > began_s
        served = books.may_be_in_service or books.service_ended_s > began_s
        lately = sum(r.began_s > books.now_s - HOUR_S for r in books.reports())
        return held or served or lately >= PACED_FROM

    def end(self) -> None:
        """Look once more."""
        self._look()


class OnlyWhatWasHandedOver(Judge):
    """L0. The network has nothing that was not handed over: the books are sound."""

    name = "L0"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._handed: set[str] = set()

    def handed(self, job: Job) -> None:
        """Note it."""
        self._handed.add(job.key)

    def taken(self, row: Taken) -> None:
        """It must have been handed over."""
        if row.key not in self._handed:
            raise self.broken(f"{row.key} was never handed over")
