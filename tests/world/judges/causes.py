"""S1 and S5: 119, and people, hear of nothing that has no cause."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edge.effects import Purpose
from edge.law.levels import Level
from edge.messages.job import Job
from edge.store.rows import Batch
from tests.world.judge import Judge
from tests.world.judges.keys import (
    ABOUT_FLOODBELL,
    BELL,
    DRILL,
    WATER,
    cause_of,
    contact_of,
    incident_of,
    part_of,
    purpose_of,
)
from tests.world.modem import Taken
from tests.world.timetable import DiskKind

if TYPE_CHECKING:
    from tests.world.world import World

HOUR_S = 3600.0


class ReportsOnlyForCause(Judge):
    """S1. 119 takes no report of an incident unless that incident had its cause when it left.

    For a water report (``[침수]``): while the incident was shown, or when it opened, some zone held
    danger: M of its sensors that can say so were at or above the setpoint (M sinks to those that
    have an opinion and have changed within the day), it was never dry for the danger on-delay, and
    was wet at the end of it, or unknown after three wet samples. Or a zone drowned (design 4.3): at
    alert or above, all its sensors able to decide danger lost for 60 s, one of them last at 100 mm
    or more and not falling. For a bell report (``[비상벨]``): the bell was pressed while the
    incident was shown, or opened it.

    Not looked at: the longer delay of a jump (the table of disturbances is for that), and which
    contacts count as one.
    """

    name = "S1"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._wrong: dict[str, str] = {}

    def handed(self, job: Job) -> None:
        """Judge it as it leaves."""
        if job.number == self.books.network.report_number:
            self._wrong[job.key] = self._why_not(job)

    def _why_not(self, job: Job) -> str:
        self.books.look_for_drowned()
        told = self.books.incidents.get(incident_of(job.key))
        if told is None:
            return "of an incident that was never shown"
        if job.text.startswith(BELL):
            return "" if told.bell else "nobody has pressed the bell"
        if not job.text.startswith(WATER):
            return "neither of water nor of the bell"
        if Level.DANGER in told.wet_at or told.drowned:
            return ""
        return "no zone has held danger, and none has drowned"

    def taken(self, row: Taken) -> None:
        """Only what arrived is a violation."""
        if row.number == self.books.network.report_number:
            wrong = self._wrong.get(row.key, "never handed over")
            if wrong:
                raise self.broken(f"119 was told {row.text!r} ({row.key}): {wrong}")


@dataclass(slots=True)
class Tellings:
    """What one contact was told of one cause, and when it was raised anew.

    ``drafted`` are the raisings, by their place among all that was written, since the last clearing
    that was told; some are withdrawn before they leave, and then only the clearing is told.
    """

    raised_s: list[float] = field(default_factory=list)
    drafted: list[int] = field(default_factory=list)


class NothingOnDryFloor(Judge):
    """S5. People hear of water or the bell only with a cause, of a trouble at most twice an hour.

    A text of an incident needs, when the incident opened or since: a zone that held alert or danger
    for its on-delay, as in S1, or drowned, or a press of the bell; "danger" needs what S1 needs for
    water. A drill's texts begin with ``[훈련]``, and no other's do. Of one cause, one contact is
    told at most twice within any hour that it is raised; and between two clearings that he is told
    the device has raised it anew.

    Exempt: what was told before a crash that the disk could not remember: something was owed to it,
    or it gives nothing back.
    """

    name = "S5"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._told: dict[tuple[str, str], Tellings] = defaultdict(Tellings)
        self._keys: set[str] = set()
        self._drafted: dict[str, int] = {}
        self._forgiven: set[tuple[str, str]] = set()

    def gone(self, power: bool) -> None:
        """What the disk does not know of having told may be told again."""
        del power
        if self.books.owed_at_death:
            self._forgive()

    def started(self) -> None:
        """Nor what it does not give back."""
        spell = self.world.disk_spell
        if spell is not None and spell.kind is DiskKind.DEAD:
            self._forgive()

    def _forgive(self) -> None:
        self._forgiven |= self._told.keys()
        self._told.clear()

    def committed(self, batch: Batch, stored: bool) -> None:
        """Count what is raised, whatever becomes of its text."""
        del stored
        for row in batch.messages:
            if row.key in self._drafted or part_of(row.key) != "1":
                continue
            place = self._drafted[row.key] = len(self._drafted)
            if purpose_of(row.key) is Purpose.TROUBLE:
                about = cause_of(row.key), contact_of(row.key)
                self._told[about].drafted.append(place)

    def taken(self, row: Taken) -> None:
        """Judge every text to people."""
        if row.number == self.books.network.report_number:
            return
        purpose = purpose_of(row.key)
        if part_of(row.key) == "1" and (DRILL in row.text) is not (purpose is Purpose.DRILL):
            raise self.broken(f"{row.text!r} ({row.key}) is no drill, or looks like none")
        if purpose in ABOUT_FLOODBELL:
            self._about_floodbell(row, purpose)
            return
        told = self.books.incidents.get(incident_of(row.key))
        if told is None or not (told.wet_at or told.bell or told.drowned):
            raise self.broken(f"{row.text!r} ({row.key}) has no cause")
        if purpose is Purpose.DANGER and not (Level.DANGER in told.wet_at or told.drowned):
            raise self.broken(f"{row.text!r} ({row.key}): no zone has held danger")

    def _about_floodbell(self, row: Taken, purpose: Purpose) -> None:
        if row.key in self._keys or part_of(row.key) != "1":
            return
        self._keys.add(row.key)
        about = cause_of(row.key), contact_of(row.key)
        if purpose is Purpose.TROUBLE:
            times = self._told[about].raised_s
            times[:] = [at_s for at_s in times if at_s > row.taken_s - HOUR_S]
            times.append(row.taken_s)
            if len(times) > 2:
                raise self.broken(f"{about} was told {len(times)} times within an hour")
        elif purpose is Purpose.TROUBLE_CLEARED:
            self._cleared(row, about)

    def _cleared(self, row: Taken, about: tuple[str, str]) -> None:
        """It ends what was raised before it was written, and nothing else."""
        known = self._told[about]
        after = [place for place in known.drafted if place > self._drafted[row.key]]
        if len(after) == len(known.drafted) and about not in self._forgiven:
            raise self.broken(f"{about} was told once more that it is over")
        known.drafted = after
        self._forgiven.discard(about)
