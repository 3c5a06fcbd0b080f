"""L1: water at danger reaches 119 in time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from edge.law.levels import Level
from tests.world.hearing import SLACK_S
from tests.world.judge import Judge
from tests.world.judges.keys import WATER, incident_of
from tests.world.water import Course

if TYPE_CHECKING:
    from tests.world.world import World

WITHIN_S = 20.0
MODEM_UP_S = 4.0
"""From the start of the process until a modem that is there has been opened and looked at."""

NOISE_MM = 5.0
BUSY_BEFORE_S = 90.0
"""A spell of the modem's casts its shadow: the text in flight is given up after 60 s, and a rung of
the reset ladder, begun in the spell, takes up to 15 s more, with a look every few seconds."""

LIMITS = ((3, 60.0), (12, 3600.0))


@dataclass(slots=True)
class Crossing:
    """The true water of a zone passes danger, by as much as its working sensors err."""

    zone: str
    course: Course
    at_s: float
    above_mm: float


PACED_S = 60.0


class ReportedInTime(Judge):
    """L1. Water at danger is reported within 20 s, whenever the modem can send.

    When the true depth of a zone passes the danger setpoint, by the present error and noise of its
    Mth best sensor (a sensor 4 mm low sees 150 mm at 154), and stays there for 20 s, and at least M
    full sensors of the zone that can decide it are working, 119 has taken a water report within
    20 s: one of the incident that is shown, since the stage rose to danger (chattering inside an
    off-delay is one episode). The 20 s begin anew when the process has started and opened its
    modem, when service ends and when it is armed again.

    Excused, each because design asks no more: the modem was not well in the 20 s, or in the 90 s
    before (a text in flight, its reset); 119 has had the 3 in 60 s or 12 in an hour that the port
    lets pass (4.7); the device is not armed (4.8), may be in service (4.9), or is not running. A
    two-wire contact is no full sensor (4.4). A sensor works if it reads the truth within 20 mm.
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
            books.service_ended_s,
            books.rearmed_s,
            books.disarmed_until_s if books.disarmed_until_s < inf else -inf,
        )
        if base_s > asked_s + SLACK_S:
            return self._again(crossing, base_s)
        if books.disarmed or books.may_be_in_service:
            return self._again(crossing)
        if self._excused(crossing, base_s) or self._told():
            return None
        raise self.broken(
            f"{crossing.above_mm:.0f} mm in {crossing.zone} since {crossing.at_s:.1f} s, "
            f"looked from {base_s:.1f} s, and 119 does not know"
        )

    def _told(self) -> bool:
        """Whether 119 knows of the danger that is shown."""
        books = self.books
        if books.shown.stage is not Level.DANGER:
            return False
        known_s = books.rose_s
        if books.owed_at_death:
            # A disk that could not remember: the same flood has another name now, and the journal
            # lets the next report of it wait for its minute (4.11).
            known_s = min(known_s, books.up_s - PACED_S)
        return any(
            row.text.startswith(WATER)
            and (incident_of(row.key) == books.shown.incident or books.owed_at_death)
            and row.taken_s >= known_s - SLACK_S
            for row in books.reports()
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
        books, now_s = self.books, self.books.now_s
        danger_since_s = books.rose_s if books.shown.stage is Level.DANGER else base_s
        began_s = min(base_s, danger_since_s)
        if not books.armed or not books.network.well(began_s - BUSY_BEFORE_S, now_s):
            return True
        return (
            not self._stood(crossing, base_s, now_s)
            or not self._enough_work(crossing, base_s, now_s)
            or self._paced(base_s)
        )

    def _stood(self, crossing: Crossing, from_s: float, to_s: float) -> bool:
        course = crossing.course
        inside = [t for t in course.corners() if from_s < t < to_s]
        return all(course.depth_mm(t) >= crossing.above_mm - 0.01 for t in (from_s, *inside, to_s))

    def _enough_work(self, crossing: Crossing, base_s: float, now_s: float) -> bool:
        times = (base_s - 5.0, base_s, base_s + 5.0, base_s + 10.0, base_s + 15.0, now_s)
        working = [
            n
            for n in self._able(crossing.zone)
            if all(self.world.probes[n].working(t, crossing.course.depth_mm(t)) for t in times)
        ]
        return len(working) >= self.books.policy.zones[crossing.zone].needed

    def _paced(self, base_s: float) -> bool:
        """Whether 119 has had, when the 20 s began, all that may leave."""
        books = self.books
        left_s = [r.began_s for r in books.network.left if r.number == books.network.report_number]
        return any(
            sum(base_s - span_s < at_s <= books.now_s for at_s in left_s) >= most
            for most, span_s in LIMITS
        )
