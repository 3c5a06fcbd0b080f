"""S2 and S4: when 119 may be called, and how often."""

from __future__ import annotations

from collections import defaultdict, deque
from math import inf
from typing import TYPE_CHECKING

from edge.effects import Purpose
from edge.messages.job import Job
from tests.world.hearing import SLACK_S
from tests.world.judge import Judge
from tests.world.judges.keys import BELL, DRILL, episode_of, purpose_of, repeat_of
from tests.world.modem import Taken

if TYPE_CHECKING:
    from tests.world.world import World

HOUR_S = 3600.0
LIMITS = ((3, 60.0), (12, HOUR_S))
AGAIN_AFTER_S = 20.0
ANSWER_WITHIN_S = 30.0
SILENT_AT_MOST = 10


class Leaving(Judge):
    """A judge of what leaves the port towards 119, in the order of its leaving."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._seen = 0
        self._ahead: list[Taken] = []

    def step(self) -> None:
        """Look at what has been handed to the network since."""
        left = self.books.network.left
        if self._seen < len(left):
            for row in left[self._seen :]:
                if row.number == self.books.network.report_number:
                    self.begun(row)
                    self._ahead.append(row)
            self._seen = len(left)
        while self._ahead and self._ahead[0].handed_s <= self.books.now_s:
            self.left(self._ahead.pop(0))

    def begun(self, row: Taken) -> None:
        """Its submission has begun just now: its last byte may lie a moment ahead."""

    def left(self, row: Taken) -> None:
        """Its last byte was written."""

    def gone(self, power: bool) -> None:
        """The process died before the last byte: then nothing has left."""
        del power
        self.step()
        self._ahead.clear()


class NoReportUnarmed(Leaving):
    """S2. No report leaves while the device is unarmed, and none of water in service.

    Unarmed: the settings say so, or a person disarmed it and the minutes are not over (they are
    kept across a restart; they may last longer than by the wall, never shorter). In service, only
    the bell may call 119. No text to 119 is marked as a drill, and none is anything but a report.

    Exempt: a disarming or a service that a power cut took before the disk had everything.
    """

    name = "S2"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._wrong: dict[int, str] = {}

    def begun(self, row: Taken) -> None:
        """Judge it as the last gate does."""
        if self.books.disarmed:
            self._wrong[id(row)] = "the device is not armed"
        elif self.books.in_service and not row.text.startswith(BELL):
            self._wrong[id(row)] = "a technician's service stands"
        elif DRILL in row.text or purpose_of(row.key) is not Purpose.REPORT:
            self._wrong[id(row)] = "it is no report"

    def left(self, row: Taken) -> None:
        """Only what has left is a violation."""
        if id(row) in self._wrong:
            raise self.broken(f"119 was told {row.text!r}: {self._wrong[id(row)]}")


class AtMostSoManyReports(Leaving):
    """S4. 119 is not stormed, whatever is stored.

    In one boot no more than 3 reports leave the port within 60 s, and no more than 12 within an
    hour. A report (incident, episode, repeat) that was answered is not submitted again; repeats are
    numbered 1 to ``repeats``. Of one episode at most ten attempts stay without an answer, and each
    further repeat is tried once more; the next attempt of an episode begins no sooner than 20 s
    after an unanswered one was given up, or, a crash between, was given to the modem's worker: the
    journal knows no more.

    Allowed besides: one more attempt for each crash between submission and its record. After a
    crash that the disk could not remember the ten are counted anew (the journal keeps 3 and 12);
    after a power cut 3, 12 and 20 s begin at zero, and an answer the disk did not have is not
    known.
    """

    name = "S4"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._left_s: deque[float] = deque(maxlen=13)
        self._done: set[str] = set()
        self._silent: dict[str, list[Taken]] = defaultdict(list)
        self._more: dict[str, int] = defaultdict(int)
        self._last: Taken | None = None
        self._waits: str | None = None
        self._boot_s = -inf
        self._given_s: dict[str, float] = {}
        self._begun_s: dict[int, float] = {}

    def handed(self, job: Job) -> None:
        """Note when the worker got it."""
        self._given_s[job.key] = self.books.now_s

    def begun(self, row: Taken) -> None:
        """Note it with the attempt."""
        self._begun_s[id(row)] = self._given_s.get(row.key, row.began_s)

    def left(self, row: Taken) -> None:
        """Count it."""
        self._pace(row)
        if row.key in self._done:
            raise self.broken(f"{row.key} was accepted, and was sent again")
        repeat = repeat_of(row.key)
        if not 1 <= repeat <= self.books.policy.report.repeats:
            raise self.broken(f"repeat {repeat} of {row.key}")
        episode = episode_of(row.key)
        silent = self._silent[episode]
        if silent:
            self._again(silent[-1], row)
        silent.append(row)
        if len(silent) > SILENT_AT_MOST + repeat - 1 + self._more[episode]:
            raise self.broken(f"{len(silent)} attempts of {episode} without an answer")
        self._last = row

    def _pace(self, row: Taken) -> None:
        self._left_s.append(row.began_s)
        for most, span_s in LIMITS:
            if len(self._left_s) > most:
                took_s = self._left_s[-1] - self._left_s[-1 - most]
                if took_s < span_s - SLACK_S:
                    raise self.broken(f"{most + 1} reports within {took_s:.1f} s")

    def _again(self, before: Taken, row: Taken) -> None:
        if before.began_s < self._boot_s:
            return
        lived = before.life == row.life
        given_up_s = before.handed_s + ANSWER_WITHIN_S if lived else self._begun_s[id(before)]
        if row.began_s < given_up_s + AGAIN_AFTER_S - SLACK_S:
            raise self.broken(f"{row.key} followed an unanswered attempt too soon")

    def answered(self, row: Taken) -> None:
        """Its key is used up."""
        if row.number != self.books.network.report_number:
            return
        self._done.add(row.key)
        silent = self._silent[episode_of(row.key)]
        if row in silent:
            silent.remove(row)
        self._waits = row.key if self.world.owes else None

    def gone(self, power: bool) -> None:
        """A crash allows one more; darkness takes journal and interlock."""
        super().gone(power)
        if self.books.owed_at_death:
            self._silent.clear()
        elif self._last is not None and self._under_way(self._last):
            self._more[episode_of(self._last.key)] += 1
        if power:
            self._boot_s = self.books.now_s
            self._left_s.clear()
            if self._waits is not None and self.books.owed_at_death:
                self._done.discard(self._waits)

    def _under_way(self, row: Taken) -> bool:
        over_s = row.handed_s + ANSWER_WITHIN_S
        return row.key not in self._done and self.books.now_s <= over_s + SLACK_S
