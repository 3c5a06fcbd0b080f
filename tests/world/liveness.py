"""L1 to L5: the right thing always happens.

Each is an obligation with a time: the truth of the year says when it begins, the books say whether
it was met. What keeps the device from meeting it is named in the statement, and nothing else does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from edge.effects import Purpose
from edge.law.levels import Level
from edge.law.troubles import standing
from edge.messages.delivery import Job
from edge.store.rows import Batch
from tests.world.books import SLACK_S
from tests.world.judge import Judge
from tests.world.modem import Taken
from tests.world.safety import ABOUT_FLOODBELL, WATER, purpose_of
from tests.world.timetable import DiskKind, ModemKind
from tests.world.water import Course

if TYPE_CHECKING:
    from tests.world.world import World

WITHIN_S = 20.0
MODEM_UP_S = 4.0
"""From the start of the process until a modem that is there has been opened and looked at."""

NOISE_MM = 5.0
BUSY_BEFORE_S = 150.0
"""A spell of the modem's casts its shadow: a text in flight, a rung of the reset ladder."""


@dataclass(slots=True)
class Crossing:
    """The true water of a zone passes danger, by as much as its working sensors err."""

    zone: str
    course: Course
    at_s: float
    above_mm: float


class ReportedInTime(Judge):
    """L1. Water at danger is reported within 20 s, whenever the modem can send.

    When the true depth of a zone passes the danger setpoint, by the present error and noise of its
    Mth best sensor (a sensor 4 mm low sees 150 mm at 154), and stays there for 20 s, and at least M
    full sensors of the zone that can decide it are working, 119 has a water report within 20 s.
    A report counts that was taken since the stage that is shown rose to danger, or in the minute
    before: chattering inside an off-delay is one episode. The 20 s begin anew when the process has
    started and opened its modem, when service ends and when it is armed again. Excused: the modem
    was not well at some time in the last 150 s (a text in flight, its reset) or in the 20 s; 119
    has had all that the port's limits allow; the device was not armed, in service, or not running.
    A two-wire contact is no full sensor (design 4.4).
    """

    name = "L1"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        for crossing in self._crossings():
            self.world.at(crossing.at_s + WITHIN_S, lambda c=crossing: self._look(c, c.at_s))  # type: ignore[misc]

    def _crossings(self) -> Iterator[Crossing]:
        danger_mm = self.books.policy.danger.mm
        for flood in self.books.year.floods:
            for zone, course in flood.zones.items():
                if not self.books.policy.zones[zone].danger:
                    continue
                for first_s in course.rises_past(danger_mm):
                    yield from self._seen(zone, course, first_s, danger_mm)

    def _seen(
        self, zone: str, course: Course, first_s: float, danger_mm: float
    ) -> Iterator[Crossing]:
        """Say when the Mth best working sensor must see it."""
        errors = sorted(
            max(0.0, -self.world.probes[n].error_mm(first_s, danger_mm)) for n in self._able(zone)
        )
        needed = self.books.policy.zones[zone].needed
        if len(errors) < needed:
            return
        above_mm = danger_mm + errors[needed - 1] + NOISE_MM
        at_s = next((t for t in course.rises_past(above_mm) if t >= first_s), None)
        if at_s is not None and at_s < first_s + 600.0:
            yield Crossing(zone, course, at_s, above_mm)

    def _able(self, zone: str) -> list[str]:
        policy = self.books.policy
        return [
            n
            for n in policy.zones[zone].sensors
            if policy.sensors[n].decides(policy.danger.mm) and not policy.sensors[n].two_wire
        ]

    def _look(self, crossing: Crossing, asked_s: float) -> None:
        books = self.books
        if not books.up:
            return self._again(crossing)
        base_s = max(
            crossing.at_s,
            books.up_s + MODEM_UP_S,
            books.service_until_s if books.service_until_s < inf else -inf,
            books.rearmed_s,
            books.disarmed_until_s if books.disarmed_until_s < inf else -inf,
        )
        if base_s > asked_s + SLACK_S:
            return self._again(crossing, base_s)
        if self._excused(crossing, base_s):
            return None
        since_s = min(base_s - 60.0, books.rose_s if books.shown.stage is Level.DANGER else inf)
        for row in books.reports():
            if row.text.startswith(WATER) and since_s - SLACK_S <= row.taken_s <= books.now_s:
                return None
        raise self.broken(
            f"{crossing.above_mm:.0f} mm in {crossing.zone} since {crossing.at_s:.1f} s, "
            f"looked from {base_s:.1f} s, and 119 does not know"
        )

    def _again(self, crossing: Crossing, base_s: float | None = None) -> None:
        """Ask once more, 20 s after whatever held the device back; not after the water."""
        from_s = self.books.now_s if base_s is None else base_s
        if from_s < crossing.course.ends_s:
            self.world.at(
                max(from_s + WITHIN_S, self.books.now_s + 0.01),
                lambda: self._look(crossing, from_s),
            )

    def _excused(self, crossing: Crossing, base_s: float) -> bool:
        books, policy = self.books, self.books.policy
        now_s = books.now_s
        danger_since_s = books.rose_s if books.shown.stage is Level.DANGER else base_s
        began_s = min(base_s, danger_since_s)
        if books.disarmed or books.in_service or not books.armed:
            return True
        if not books.network.well(began_s - BUSY_BEFORE_S, now_s):
            return True
        if not self._stood(crossing, base_s, now_s):
            return True
        times = (base_s - 5.0, base_s, base_s + 5.0, base_s + 10.0, base_s + 15.0, now_s)
        working = [
            n
            for n in self._able(crossing.zone)
            if all(self.world.probes[n].working(t, crossing.course.depth_mm(t)) for t in times)
        ]
        if len(working) < policy.zones[crossing.zone].needed:
            return True
        reports = books.reports()
        lately = [r for r in reports if r.began_s > base_s - 3600.0]
        return len(lately) >= 12 or sum(r.began_s > base_s - 60.0 for r in lately) >= 3

    def _stood(self, crossing: Crossing, from_s: float, to_s: float) -> bool:
        course = crossing.course
        inside = [t for t in course.corners() if from_s < t < to_s]
        return all(course.depth_mm(t) >= crossing.above_mm - 0.01 for t in (from_s, *inside, to_s))


QUEUE_S = 1800.0
"""Back-off of at most 2.5 min, and some hundred texts of a few seconds each before it."""


class EveryNoticeArrives(Judge):
    """L2. Half an hour after a route came back and stayed well, no older notice waits.

    Judged by the rows that were stored: one that was waiting when the half hour began, and that the
    disk knew, is accepted, withdrawn or refused by then. Reports are L1's; the 12 an hour hold them
    back rightly.
    """

    name = "L2"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._waiting: dict[str, tuple[float, bool]] = {}
        ends_s = [0.0, *(spell.ends_s for spell in self.books.network.spells)]
        for begins_s in ends_s:
            self.world.at(begins_s + QUEUE_S, self._look)

    def committed(self, batch: Batch, stored: bool) -> None:
        """Note every notice that waits, and whether the disk has it."""
        if stored:
            for key, (since_s, _) in self._waiting.items():
                self._waiting[key] = since_s, True
        for row in batch.messages:
            if row.status != "waiting":
                self._waiting.pop(row.key, None)
            elif purpose_of(row.key) is not Purpose.REPORT:
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
        if late:
            raise self.broken(f"{len(late)} wait though the modem is well, {late[0]} among them")

    def end(self) -> None:
        """Look once more."""
        self._look()


ANNOUNCED_S = 200.0


class FaultsAreAnnounced(Judge):
    """L3. A fault of a sensor, a zone, the modem or the disk is announced within 200 s.

    For each fault that the device can know of at once (a sensor unplugged, without an echo, or
    knocked aside beyond the floor tolerance; a zone left without a sensor that can decide danger; a
    modem without network or gone; a dead disk) and that stands for 200 s in one life of the
    process: by then it is among the troubles of ``health``, if the broker's link was good at some
    time in the last minute; else, if the modem was well all the while, the last that the office was
    told of this cause is that it is raised; else it stands in what the device shows. A lost broker
    link is seen by the centre itself; the device texts it within 65 min.
    """

    name = "L3"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._last: dict[str, Purpose] = {}
        self._healthy: dict[str, float] = {}
        year = self.books.year
        for fault in year.faults:
            if fault.plain:
                self._ask(f"sensor:{fault.sensor}", fault.begins_s, fault.ends_s)
        for modem in year.modem:
            if modem.kind in (ModemKind.NO_NETWORK, ModemKind.PORT_GONE):
                self._ask("modem", modem.begins_s, modem.ends_s)
        for disk in year.disk:
            if disk.kind is DiskKind.DEAD:
                self._ask("store", disk.begins_s + 60.0, disk.ends_s)
        self._blindness()

    def _blindness(self) -> None:
        """A zone whose able sensors are all plainly faulted at once."""
        year, policy = self.books.year, self.books.policy
        for zone, of_zone in policy.zones.items():
            able = [n for n in of_zone.sensors if policy.sensors[n].decides(policy.danger.mm)]
            if not of_zone.danger or len(able) != 1:
                continue
            for fault in year.faults:
                if fault.plain and fault.sensor == able[0]:
                    self._ask(f"blind:{zone}", fault.begins_s, fault.ends_s)

    def _ask(self, cause: str, begins_s: float, ends_s: float) -> None:
        if ends_s > begins_s + ANNOUNCED_S:
            self.world.at(
                begins_s + ANNOUNCED_S, lambda: self._look(cause, begins_s, begins_s, ends_s)
            )

    def taken(self, row: Taken) -> None:
        """Remember what the office was last told of each cause."""
        purpose = purpose_of(row.key)
        if purpose in ABOUT_FLOODBELL and "/office/" in row.key:
            self._last[row.key.partition("@")[0]] = purpose

    def _look(self, cause: str, begins_s: float, asked_s: float, ends_s: float) -> None:
        books, now_s = self.books, self.books.now_s
        device = self.world.device
        base_s = max(begins_s, books.up_s) if books.up else now_s
        if base_s > asked_s + SLACK_S:
            if base_s + ANNOUNCED_S < ends_s:
                self.world.at(
                    max(base_s + ANNOUNCED_S, now_s + 0.01),
                    lambda: self._look(cause, begins_s, base_s, ends_s),
                )
            return
        if device is None or self._told(cause, base_s):
            return
        raise self.broken(f"{cause} since {begins_s:.1f} s, and nobody was told")

    def _told(self, cause: str, base_s: float) -> bool:
        books, now_s = self.books, self.books.now_s
        assert self.world.device is not None
        shown = {str(t["cause"]) for t in standing(self.world.device.app.state, now_s)}
        link_good = all(
            not (s.begins_s < now_s and s.ends_s > now_s - 60.0) for s in books.year.broker
        )
        if link_good:
            return cause in shown
        if books.network.well(base_s - BUSY_BEFORE_S, now_s):
            return self._last.get(cause) is Purpose.TROUBLE
        return cause in shown


class IncidentsClose(Judge):
    """L4. An incident closes once every wet sensor reads clear; the digest names it till then.

    When every sensor of the home has read clear of alert, in this life of the process, for the
    longest off-delay and the latch together, and the last press of the bell is six hours ago, no
    incident is shown. While one has been open for 26 h, the device up and the modem well, the
    office has had a digest in those 26 h.
    """

    name = "L4"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        policy = self.books.policy
        off_s = max(policy.alert.off_delay_s, policy.danger.off_delay_s)
        self._closes_s = off_s + policy.latch_clear_s + 60.0
        self._digest_s = -inf

    def taken(self, row: Taken) -> None:
        """Note the digest."""
        if purpose_of(row.key) is Purpose.DIGEST and "/office/" in row.key:
            self._digest_s = row.taken_s

    def step(self) -> None:
        """Look at the clock."""
        books = self.books
        if books.shown.incident is None or not books.up:
            return
        told = books.incidents[books.shown.incident]
        open_s = max(told.shown_s, books.up_s)
        if books.now_s > open_s + self._closes_s:
            self._must_be_closed(open_s)
        from_s = books.now_s - DIGEST_S
        if from_s > max(open_s, self._digest_s) and books.network.well(from_s - 600, books.now_s):
            raise self.broken(f"{told.id} is open since {told.shown_s:.0f} s without a digest")

    def _must_be_closed(self, open_s: float) -> None:
        books = self.books
        clear_s = open_s
        for heard in books.heard.values():
            since_s = heard.clear_s[Level.ALERT]
            if since_s is None:
                return
            clear_s = max(clear_s, since_s)
        pressed_s = books.pressed_s + books.policy.bell_incident_s + 60.0
        if books.now_s > max(clear_s + self._closes_s, pressed_s):
            raise self.broken(
                f"{books.shown.incident} is still open, all clear since {clear_s:.0f} s"
            )


DIGEST_S = 26 * 3600.0


class IncidentsGoOn(Judge):
    """L5. After any crash the incident goes on: the same one, and it sounds as it did.

    What was shown before the process died, and was on the disk, is shown by the next one before
    anything else happens: the same incident, at no lower a latch; and where the siren sounded at
    danger, it sounds. Exempt: a disk that did not have everything, or does not give it back.
    """

    name = "L5"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._incident: str | None = None
        self._latched = Level.NORMAL
        self._sounded = False
        self._known = True
        self._siren_on = False

    def shown(self) -> None:
        """Follow the siren while the process lives: at its death the pin falls."""
        self._siren_on = self.books.siren_on

    def step(self) -> None:
        """Follow the siren."""
        if self.books.up:
            self._siren_on = self.books.siren_on

    def gone(self, power: bool) -> None:
        """Note what was shown."""
        del power
        shown = self.books.shown
        self._incident, self._latched = shown.incident, shown.latched
        self._sounded = self._siren_on and shown.stage is Level.DANGER
        self._known = not self.books.owed_at_death and self.world.disk_spell is None

    def started(self) -> None:
        """Compare."""
        if not self._known or self.world.disk_spell is not None or self._incident is None:
            return
        shown = self.books.shown
        if shown.incident != self._incident or shown.latched < self._latched:
            raise self.broken(
                f"{self._incident} ({self._latched.word}) became {shown.incident} "
                f"({shown.latched.word})"
            )
        if self._sounded and not self.books.siren_on:
            raise self.broken("the siren sounded before the crash and does not after it")


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


LIVENESS = (
    ReportedInTime,
    EveryNoticeArrives,
    FaultsAreAnnounced,
    IncidentsClose,
    IncidentsGoOn,
    OnlyWhatWasHandedOver,
)
