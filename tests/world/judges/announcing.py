"""L3: what is wrong with the device is told, and that it is well again too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any

from edge.centre.vitals import health
from edge.effects import Purpose
from edge.store.rows import Batch
from tests.world.hearing import SLACK_S
from tests.world.judge import Judge
from tests.world.judges.keys import cause_of, contact_of, purpose_of
from tests.world.modem import Taken
from tests.world.sensors import Fault, FaultKind
from tests.world.timetable import DiskKind, ModemKind

if TYPE_CHECKING:
    from tests.world.world import World

ANNOUNCED_S = 200.0
"""What was last told is true within so long (design 4.10)."""

UNSTABLE_S = 3600.0
"""What comes and goes is cleared only after an hour of good (design 4.10)."""

BUSY_BEFORE_S = 150.0
"""A spell of the modem's casts its shadow: a text in flight, its reset, and the back-off of what
has failed before."""

HEARTBEAT_S = 60.0
"""``health`` goes out every 30 s; a link that was good for so long has carried one."""

BROKER_S = (1800.0, 3600.0)
"""The device texts that the broker's link is lost after 30 min, and up to 30 of jitter."""

STORE_SEEN_S = 60.0
"""A dead disk is met when something is to be written: readings are, once a minute."""

FLAP_S = UNSTABLE_S + ANNOUNCED_S


@dataclass(frozen=True, slots=True)
class Ill:
    """One cause that stands from ``begins_s`` to ``ends_s``; ``good_s`` is until when it is well
    after that, for certain."""

    cause: str
    begins_s: float
    ends_s: float
    good_s: float


class FaultsAreAnnounced(Judge):
    """L3. A fault of a sensor, a zone, the modem or the disk is announced within 200 s.

    For each fault that the device can know of at once (a sensor unplugged, without an echo, or
    knocked aside beyond the floor tolerance with nothing under it; a zone left without a sensor
    that can decide danger; a modem without network or gone; a dead disk, a minute later) and that
    stands for 200 s in one life of the process: by then the event log's last word on it is
    ``trouble_raised``, and it is among the troubles of the ``health`` payload. If the broker's link
    was not good for the last minute, and the modem was well all the while, the last that the office
    was texted of this cause is that it is raised.

    When it has been well for 200 s in one life, and what was told of it is not "comes and goes", or
    for an hour and 200 s in any case: by then ``health`` lists it no more, the log's last word is
    not ``trouble_raised``, and, the modem well, the last that the office was texted of it is not
    that it is raised.

    A lost broker link is seen by the centre itself: the device texts the office of it never within
    30 min of the link's loss, and by 60 min and 200 s, if the modem is well from the 30th on.
    """

    name = "L3"

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._texted: dict[str, Purpose] = {}
        self._logged: dict[str, str] = {}
        for ill in self._all():
            if ill.ends_s > ill.begins_s + ANNOUNCED_S:
                self._ask(self._announced, ill, ill.begins_s, ANNOUNCED_S)
                self._ask(self._cleared, ill, ill.ends_s, ANNOUNCED_S)
        for begins_s, ends_s in self._without_broker():
            if ends_s > begins_s + BROKER_S[1] + ANNOUNCED_S:
                ill = Ill("broker", begins_s, ends_s, inf)
                self._ask(self._broker_texted, ill, begins_s, BROKER_S[1] + ANNOUNCED_S)

    # What is wrong, and when: the truth of the year

    def _all(self) -> Iterator[Ill]:
        year = self.books.year
        for fault in year.faults:
            if fault.plain and not self._hidden(fault):
                later = [f.begins_s for f in year.faults if f.sensor == fault.sensor]
                good_s = min([*self._drowned_s(fault.sensor, fault.ends_s), *_after(fault, later)])
                causes = [f"sensor:{fault.sensor}", *self._blinds(fault.sensor)]
                for cause in causes:
                    yield Ill(cause, fault.begins_s, fault.ends_s, good_s)
        for modem in year.modem:
            if modem.kind in (ModemKind.NO_NETWORK, ModemKind.PORT_GONE):
                good_s = min(_after(modem, [m.begins_s for m in year.modem]))
                yield Ill("modem", modem.begins_s, modem.ends_s, good_s)
        for disk in year.disk:
            if disk.kind is DiskKind.DEAD:
                good_s = min(_after(disk, [d.begins_s for d in year.disk]))
                yield Ill("store", disk.begins_s + STORE_SEEN_S, disk.ends_s, good_s)

    def _hidden(self, fault: Fault) -> bool:
        """Whether something under a sensor that was knocked aside hides that it looks too far."""
        year, zone = self.books.year, self.books.home.fittings[fault.sensor].zone
        spans = [(f.begins_s, f.ends_s) for f in year.floods if zone in f.zones]
        spans += [(d.begins_s, d.ends_s) for d in year.disturbances if fault.sensor in d.sensors]
        return fault.kind is FaultKind.KNOCKED and any(
            begins_s < fault.ends_s and ends_s > fault.begins_s for begins_s, ends_s in spans
        )

    def _drowned_s(self, sensor: str, after_s: float) -> Iterator[float]:
        """When water next comes near a sensor's face: what it says then is its own affair."""
        fitting = self.books.home.fittings[sensor]
        for flood in self.books.year.floods:
            course = flood.zones.get(fitting.zone)
            if course is not None and flood.ends_s > after_s:
                yield flood.begins_s

    def _blinds(self, sensor: str) -> Iterator[str]:
        """The zone whose only able sensor this is."""
        policy = self.books.policy
        zone = policy.sensors[sensor].zone
        of_zone = policy.zones[zone]
        able = [n for n in of_zone.sensors if policy.sensors[n].decides(policy.danger.mm)]
        if of_zone.danger and able == [sensor]:
            yield f"blind:{zone}"

    def _without_broker(self) -> list[tuple[float, float]]:
        """The spells of the broker's, joined where it came back for too short a time to count."""
        joined: list[tuple[float, float]] = []
        for spell in self.books.year.broker:
            if joined and spell.begins_s < joined[-1][1] + FLAP_S:
                joined[-1] = joined[-1][0], spell.ends_s
            else:
                joined.append((spell.begins_s, spell.ends_s))
        return joined

    # What was told

    def taken(self, row: Taken) -> None:
        """Remember what the office was last told of each cause."""
        purpose = purpose_of(row.key)
        if purpose not in (Purpose.TROUBLE, Purpose.TROUBLE_CLEARED):
            return
        if contact_of(row.key) != "office":
            return
        cause = cause_of(row.key)
        self._texted[cause] = purpose
        if cause == "broker" and purpose is Purpose.TROUBLE:
            self._not_too_soon(row)

    def _not_too_soon(self, row: Taken) -> None:
        lost_s = [b for b, e in self._without_broker() if b <= row.taken_s <= e + FLAP_S]
        if not lost_s or row.taken_s < lost_s[0] + BROKER_S[0]:
            raise self.broken(f"{row.key}: the broker has not been gone for 30 min")

    def committed(self, batch: Batch, stored: bool) -> None:
        """Remember what the event log last says of each cause."""
        del stored
        for event in batch.events:
            if event["type"] in ("trouble_raised", "trouble_cleared"):
                self._logged[event["cause"]] = event["type"]

    def _listed(self, cause: str) -> dict[str, Any] | None:
        """What the ``health`` payload says of a cause, None if it does not list it."""
        device = self.world.device
        assert device is not None
        troubles = health(device.app, self.world.folder)["troubles"]
        return next((t for t in troubles if t["cause"] == cause), None)

    # Asking

    def _ask(self, look: Callable[..., None], ill: Ill, from_s: float, after_s: float) -> None:
        self.world.at(from_s + after_s, lambda: self._in_one_life(look, ill, from_s, after_s))

    def _in_one_life(
        self, look: Callable[..., None], ill: Ill, from_s: float, after_s: float
    ) -> None:
        """Look if the process has lived so long; else as soon as it has."""
        books = self.books
        until_s = ill.good_s if from_s >= ill.ends_s else ill.ends_s
        base_s = max(from_s, books.up_s) if books.up else books.now_s
        if base_s > from_s + SLACK_S or not books.up:
            at_s = max(base_s + after_s, books.now_s + 0.01)
            if at_s < until_s:
                self.world.at(at_s, lambda: self._in_one_life(look, ill, base_s, after_s))
        elif books.now_s < until_s:
            look(ill, from_s)

    def _announced(self, ill: Ill, from_s: float) -> None:
        books, now_s = self.books, self.books.now_s
        if self._listed(ill.cause) is None:
            raise self.broken(f"{ill.cause} since {ill.begins_s:.1f} s, and health has nothing")
        if self._logged.get(ill.cause) != "trouble_raised":
            raise self.broken(f"{ill.cause} since {ill.begins_s:.1f} s, and it is not logged")
        linked = not any(
            s.begins_s < now_s and s.ends_s > now_s - HEARTBEAT_S for s in books.year.broker
        )
        if linked or not books.network.well(from_s - BUSY_BEFORE_S, now_s):
            return
        if self._texted.get(ill.cause) is not Purpose.TROUBLE:
            raise self.broken(f"{ill.cause} since {ill.begins_s:.1f} s, and nobody was texted")

    def _cleared(self, ill: Ill, from_s: float) -> None:
        books, now_s = self.books, self.books.now_s
        listed = self._listed(ill.cause)
        if listed is not None and listed["unstable"] and now_s < from_s + UNSTABLE_S:
            self._ask(self._cleared, ill, from_s, UNSTABLE_S + ANNOUNCED_S)
            return
        if listed is not None:
            raise self.broken(f"{ill.cause} is over since {ill.ends_s:.1f} s, and health lists it")
        if self._logged.get(ill.cause) == "trouble_raised":
            raise self.broken(f"{ill.cause} is over since {ill.ends_s:.1f} s, not in the log")
        if not books.network.well(from_s - BUSY_BEFORE_S, now_s):
            return
        if self._texted.get(ill.cause) is Purpose.TROUBLE:
            raise self.broken(f"{ill.cause} is over since {ill.ends_s:.1f} s, and nobody was told")

    def _broker_texted(self, ill: Ill, from_s: float) -> None:
        if not self.books.network.well(from_s + BROKER_S[0] - BUSY_BEFORE_S, self.books.now_s):
            return
        if self._texted.get(ill.cause) is not Purpose.TROUBLE:
            raise self.broken(f"no broker since {ill.begins_s:.1f} s, and nobody was texted")


def _after(one: Any, begins_s: list[float]) -> list[float]:
    """Return when the next of its sort begins, or never."""
    return [*(at_s for at_s in begins_s if at_s > one.begins_s), inf]
