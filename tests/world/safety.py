"""S1 to S7: nothing wrong ever happens.

Each statement is written after design 4 and judged by the books: samples that went in, what was
shown and sounded, what the network took.
"""

from __future__ import annotations

from collections import defaultdict, deque
from math import inf
from typing import TYPE_CHECKING

from edge.effects import Purpose
from edge.events import Hand
from edge.law.levels import Level
from edge.messages.delivery import Job
from edge.store.rows import Batch
from tests.world.books import SLACK_S
from tests.world.judge import Judge
from tests.world.modem import Taken

if TYPE_CHECKING:
    from tests.world.world import World

WATER = "[침수]"
BELL = "[비상벨]"
DRILL = "[훈련]"

ABOUT_FLOODBELL = frozenset(
    {
        Purpose.TROUBLE,
        Purpose.TROUBLE_CLEARED,
        Purpose.DIGEST,
        Purpose.SERVICE_ENDS,
        Purpose.DRILL,
        Purpose.TEST,
    }
)
HOUR_S = 3600.0


def incident_of(key: str) -> str:
    """Return what a message is about, as its key has it."""
    return key.partition("/")[0]


def purpose_of(key: str) -> Purpose:
    """Return what a message is for, as its key has it."""
    return Purpose(key.rsplit("/", 4)[1])


class ReportsOnlyForCause(Judge):
    """S1. 119 takes no report of an incident unless that incident had its cause when it left.

    For a water report (``[침수]``): while the incident was shown, or when it opened, some zone had
    given samples at or above the danger setpoint for the danger on-delay, or three of them (a zone
    that then falls silent is raised by the clock), with no moment between in which the zone said
    "dry" and nothing else; or a zone drowned as design 4.3 says: at alert or above, all its sensors
    able to decide danger lost for 60 s, the last accepted depth at least 100 mm and not falling.
    For a bell report (``[비상벨]``): the bell was pressed while the incident was shown, or opened
    it.
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


class NoReportUnarmed(Judge):
    """S2. No report is submitted while the device is unarmed, and none of water in service.

    Unarmed: the settings say so, or a person disarmed it and the minutes are not over (they are
    kept across a restart; they may last longer than by the wall, never shorter). In service, only
    the bell may call 119. No text to 119 is marked as a drill, and none is anything but a report.
    """

    name = "S2"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._wrong: dict[str, str] = {}

    def handed(self, job: Job) -> None:
        """Judge it as it is submitted."""
        if job.number != self.books.network.report_number:
            return
        wrong = ""
        if self.books.disarmed:
            wrong = "the device is not armed"
        elif self.books.in_service and not job.text.startswith(BELL):
            wrong = "a technician's service stands"
        elif DRILL in job.text or purpose_of(job.key) is not Purpose.REPORT:
            wrong = "it is no report"
        self._wrong[job.key] = wrong

    def taken(self, row: Taken) -> None:
        """Only what arrived is a violation."""
        if row.number == self.books.network.report_number and self._wrong.get(row.key):
            raise self.broken(f"119 was told {row.text!r}: {self._wrong[row.key]}")


class FaultsNeverLower(Judge):
    """S3. A sensor fault, silence, restart or clock jump never lowers the stage that is shown.

    A stage drops only while every sensor that was wet at it, in this incident and since the stage
    was last below it, has an opinion now; after a restart it is what it was, if the disk had
    everything (design 4.5, 4.11). Exempt: a reset by hand that was not refused, which needs every
    sensor with an opinion to be below alert; and the end of a technician's service.
    """

    name = "S3"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._left = Level.NORMAL
        self._known = True

    def shown(self) -> None:
        """A stage that drops needs everybody's word."""
        books = self.books
        if books.shown.stage >= books.before.stage or books.starting or _excused(self):
            return
        for name, heard in books.heard.items():
            if not heard.opinion and any(_was_wet(self, name, level) for level in _dropped(self)):
                raise self.broken(
                    f"{books.before.stage.word} dropped to {books.shown.stage.word} "
                    f"though {name} was wet and says nothing"
                )

    def gone(self, power: bool) -> None:
        """Note what was shown, and whether the disk knows it."""
        del power
        self._left = self.books.shown.stage
        self._known = not self.books.owed_at_death and self.world.disk_spell is None

    def started(self) -> None:
        """It must be shown again."""
        if not self._known or self.world.disk_spell is not None:
            return
        if self.books.shown.stage < self._left:
            raise self.broken(f"a restart made {self.books.shown.stage.word} of {self._left.word}")


def _excused(judge: Judge) -> bool:
    """Whether a person lowered the stage, or a service ended."""
    books = judge.books
    if books.hand is not None and books.hand.hand in (Hand.RESET, Hand.SERVICE_OFF):
        if books.hand.hand is Hand.RESET:
            for name, heard in books.heard.items():
                if heard.opinion and heard.at_least_mm >= books.policy.alert.mm:
                    raise judge.broken(f"a reset was obeyed while {name} is wet")
        return True
    told = books.incidents.get(books.before.incident or "")
    return told is not None and books.service_on_s <= told.shown_s <= books.service_may_until_s


def _dropped(judge: Judge) -> tuple[Level, ...]:
    """Return the stages that are being left."""
    books = judge.books
    return tuple(
        level
        for level in (Level.ALERT, Level.DANGER)
        if books.before.stage >= level > books.shown.stage
    )


def _was_wet(judge: Judge, name: str, level: Level) -> bool:
    """Whether a sensor was wet at a stage, in this incident and since the stage was last left."""
    books = judge.books
    told = books.incidents.get(books.before.incident or "")
    since_s = books.lowered_before_s[level]
    return told is not None and books.heard[name].wet_s[level] >= max(told.shown_s, since_s)


class AtMostSoManyReports(Judge):
    """S4. 119 is not stormed, whatever is stored.

    In one boot no more than 3 reports are taken within 60 s of submission times, and no more than
    12 within an hour. A report (incident, episode, repeat) that was answered, and whose answer was
    recorded, is never taken again; repeats are numbered 1 to ``repeats``. Attempts of one report
    without an answer are at most ten, plus one for each crash between submission and its record,
    and follow each other no sooner than 20 s after the last was given up.
    """

    name = "S4"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._left_s: deque[float] = deque(maxlen=13)
        self._done: dict[str, bool] = {}
        self._silent: dict[str, int] = defaultdict(int)
        self._crashes = 0
        self._waits: str | None = None

    def taken(self, row: Taken) -> None:
        """Count it."""
        if row.number != self.books.network.report_number:
            return
        self._left_s.append(row.began_s)
        for most, span_s in ((3, 60.0), (12, HOUR_S)):
            if len(self._left_s) > most:
                took_s = self._left_s[-1] - self._left_s[-1 - most]
                if took_s < span_s - SLACK_S:
                    raise self.broken(f"{most + 1} reports within {took_s:.1f} s")
        if self._done.get(row.key):
            raise self.broken(f"{row.key} was accepted, and was sent again")
        repeat = int(row.key.rsplit("/", 2)[1])
        if not 1 <= repeat <= self.books.policy.report.repeats:
            raise self.broken(f"repeat {repeat} of {row.key}")
        self._silent[row.key] += 1
        most = 10 + self._crashes
        if self._silent[row.key] > most:
            raise self.broken(f"{row.key} was taken {self._silent[row.key]} times")

    def answered(self, row: Taken) -> None:
        """Its key is used up, once the disk or the journal knows."""
        if row.number == self.books.network.report_number:
            self._done[row.key] = True
            self._waits = row.key if self.world.owes else None

    def gone(self, power: bool) -> None:
        """A crash allows one more; darkness takes journal and interlock."""
        self._crashes += 1
        if not power:
            return
        self._left_s.clear()
        if self._waits is not None and self.books.owed_at_death:
            self._done.pop(self._waits, None)


class NothingOnDryFloor(Judge):
    """S5. People hear of water or the bell only with a cause, of a trouble at most twice an hour.

    A text of an incident needs, when the incident opened or since: a zone that gave samples at or
    above the alert setpoint for the alert on-delay (or three of them), or at danger for its own, or
    a press of the bell. A drill's texts are marked as such. Of one cause, one contact is told at
    most twice within an hour that it is raised, and at most twice that it is cleared; a crash on a
    disk that fails forgets what was told.
    """

    name = "S5"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._told: dict[tuple[str, str, Purpose], deque[float]] = defaultdict(deque)
        self._keys: set[str] = set()

    def gone(self, power: bool) -> None:
        """What the disk does not know of having told may be told again."""
        del power
        if self.books.owed_at_death or self.world.disk_spell is not None:
            self._told.clear()

    def taken(self, row: Taken) -> None:
        """Judge every text to people."""
        purpose = purpose_of(row.key)
        if row.number == self.books.network.report_number:
            return
        if purpose in ABOUT_FLOODBELL:
            self._about_floodbell(row, purpose)
            return
        told = self.books.incidents.get(incident_of(row.key))
        if told is None or not (told.wet_at or told.bell or told.drowned):
            raise self.broken(f"{row.text!r} ({row.key}) has no cause")

    def _about_floodbell(self, row: Taken, purpose: Purpose) -> None:
        if row.key in self._keys or purpose not in (Purpose.TROUBLE, Purpose.TROUBLE_CLEARED):
            return
        self._keys.add(row.key)
        about, _, _, contact, _, part = row.key.rsplit("/", 5)
        if part != "1":
            return
        times = self._told[about.partition("@")[0], contact, purpose]
        times.append(row.taken_s)
        while times[0] <= row.taken_s - HOUR_S:
            times.popleft()
        if len(times) > 2:
            raise self.broken(f"{contact} was told of {about} {len(times)} times within an hour")


class NoDropWithoutOffDelay(Judge):
    """S6. A lifted stage never drops before the off-delay, below the deadband, is over.

    Each sensor that was wet at it in this incident must have read clear without a break for the
    stage's off-delay, in this life of the process. Exempt as in S3: a reset, a service's end.
    """

    name = "S6"

    def shown(self) -> None:
        """Count the seconds of every sensor that was wet."""
        books = self.books
        if books.shown.stage >= books.before.stage or books.starting or _excused(self):
            return
        for level in _dropped(self):
            off_delay_s = books.policy.setpoint(level).off_delay_s
            for name, heard in books.heard.items():
                since_s = heard.clear_s[level]
                clear_for_s = -inf if since_s is None else books.now_s - since_s
                if _was_wet(self, name, level) and clear_for_s < off_delay_s - SLACK_S:
                    raise self.broken(
                        f"{level.word} dropped though {name} has been clear for "
                        f"{clear_for_s:.1f} s of {off_delay_s:.0f}"
                    )


class SirenFirst(Judge):
    """S7. The siren sounds before the disk is asked and before any text leaves, at whatever disk.

    When a state that says "the siren sounds" is handed to the store, the pin has been set already;
    when the first report, danger or bell text of an incident is handed to the modem, the siren has
    sounded since the incident was first shown.
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


SAFETY = (
    ReportsOnlyForCause,
    NoReportUnarmed,
    FaultsNeverLower,
    AtMostSoManyReports,
    NothingOnDryFloor,
    NoDropWithoutOffDelay,
    SirenFirst,
)
