"""S3, S6 and S7: a stage drops only for a reason, and sounds before anything else."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from edge.effects import Purpose
from edge.events import Hand
from edge.law.levels import Level
from edge.messages.job import Job
from edge.store.rows import Batch
from tests.world.hearing import LEVELS, SLACK_S
from tests.world.judge import Judge, Remembering
from tests.world.judges.keys import DRILL, incident_of, purpose_of

if TYPE_CHECKING:
    from tests.world.world import World


class Dropping(Remembering):
    """A judge of the stage that is shown when it drops.

    A service's end drops what was born in it: the device must say ``service_off`` in the same
    breath, and the incident must have been shown first while a service may have stood.
    """

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._wrong = ""

    def shown(self) -> None:
        """A stage that drops needs its reason."""
        super().shown()
        books = self.books
        if books.shown.stage >= books.before.stage or books.starting or self._reset():
            return
        self._wrong = self.why_not()
        if self._wrong and not self._born_in_service():
            raise self.broken(self._wrong)

    def why_not(self) -> str:
        """Return why it may not drop; empty if it may."""
        raise NotImplementedError

    def commits(self, batch: Batch) -> None:
        """A service that has ended is an event of the same moment."""
        if self._wrong and any(event["type"] == "service_off" for event in batch.events):
            self._wrong = ""

    def step(self) -> None:
        """No such event came."""
        if self._wrong:
            raise self.broken(self._wrong)

    def _reset(self) -> bool:
        """Whether a person's reset is being obeyed."""
        books = self.books
        if books.hand is None or books.hand.hand is not Hand.RESET:
            return False
        for name, heard in books.heard.items():
            if heard.opinion and heard.at_least_mm >= books.policy.alert.mm:
                raise self.broken(f"a reset was obeyed while {name} is wet")
        return True

    def _born_in_service(self) -> bool:
        books = self.books
        told = books.incidents.get(books.before.incident or "")
        if told is None:
            return False
        return books.service_on_s <= told.shown_s <= books.service_may_until_s

    def left(self) -> tuple[Level, ...]:
        """Return the stages that are being left."""
        books = self.books
        return tuple(v for v in LEVELS if books.before.stage >= v > books.shown.stage)

    def was_wet(self, name: str, level: Level) -> bool:
        """Whether a sensor was wet at a stage, in this incident and since it was last left."""
        books = self.books
        told = books.incidents.get(books.before.incident or "")
        since_s = books.lowered_before_s[level]
        return told is not None and books.heard[name].wet_s[level] >= max(told.shown_s, since_s)


class FaultsNeverLower(Dropping):
    """S3. A sensor fault, silence, restart or clock jump never lowers the stage that is shown.

    A stage drops only while every sensor that was wet at it, in this incident and since the stage
    was last below it, has an opinion now; after a restart it is what it was (design 4.5, 4.11).

    Exempt: a reset by hand that was not refused, which needs every sensor with an opinion to be
    below alert; the end of a technician's service; a restart when the disk did not have everything,
    or is not well.
    """

    name = "S3"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._was = Level.NORMAL

    def why_not(self) -> str:
        """Everybody's word is needed."""
        for name, heard in self.books.heard.items():
            if not heard.opinion and any(self.was_wet(name, level) for level in self.left()):
                return (
                    f"{self.books.before.stage.word} dropped to {self.books.shown.stage.word} "
                    f"though {name} was wet and says nothing"
                )
        return ""

    def gone(self, power: bool) -> None:
        """Note what was shown, and whether the disk knows it."""
        super().gone(power)
        self._was = self.books.shown.stage

    def started(self) -> None:
        """It must be shown again."""
        if not self.known or self.world.disk_spell is not None:
            return
        if self.books.shown.stage < self._was:
            raise self.broken(f"a restart made {self.books.shown.stage.word} of {self._was.word}")


class NoDropWithoutOffDelay(Dropping):
    """S6. A lifted stage never drops before the off-delay, below the deadband, is over.

    Each sensor that was wet at it in this incident must have read clear without a break for the
    stage's off-delay, in this life of the process. Exempt as in S3: a reset, a service's end.
    """

    name = "S6"

    def why_not(self) -> str:
        """Count the seconds of every sensor that was wet."""
        books = self.books
        for level in self.left():
            off_delay_s = books.policy.setpoint(level).off_delay_s
            for name, heard in books.heard.items():
                since_s = heard.clear_s[level]
                clear_for_s = -inf if since_s is None else books.now_s - since_s
                if self.was_wet(name, level) and clear_for_s < off_delay_s - SLACK_S:
                    return (
                        f"{level.word} dropped though {name} has been clear for "
                        f"{clear_for_s:.1f} s of {off_delay_s:.0f}"
                    )
        return ""


class SirenFirst(Judge):
    """S7. The siren sounds before the disk is asked and before any text leaves, at whatever disk.

    When a state that says "the siren sounds" is handed to the store, the pin has been set already;
    when a report, danger or bell text of an incident is handed to the modem, the siren has sounded
    since the incident was first shown. Drills aside.
    """

    name = "S7"

    def commits(self, batch: Batch) -> None:
        """Look at what is to be stored."""
        sounds = batch.state is not None and '"siren":{"on":true' in batch.state
        if sounds and not self.books.siren_on:
            raise self.broken("the store was asked before the siren")

    def handed(self, job: Job) -> None:
        """Look at what leaves."""
        if DRILL in job.text or purpose_of(job.key) not in (
            Purpose.REPORT,
            Purpose.DANGER,
            Purpose.BELL,
        ):
            return
        told = self.books.incidents.get(incident_of(job.key))
        if told is not None and self.books.rang_s < told.shown_s - SLACK_S:
            raise self.broken(f"{job.key} left before the siren")
