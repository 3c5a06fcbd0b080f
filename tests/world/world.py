"""The simulated world: one device-year, from event to event on one virtual clock.

Owns the order of things and the walk through time. Invariant: the same year gives the same trace,
and nothing is passed over that a device would have noticed: while nothing changes, sensors would
have gone on saying the same, so a jump ends with fresh samples before any time passes for the
device; a deadline of the law or of the outbox is met exactly.

Leaves what happens to ``happenings``, and what may never happen to ``invariants``.
"""

from __future__ import annotations

import heapq
import logging
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import inf
from pathlib import Path
from random import Random
from typing import Any

from edge import conditioning
from edge.events import Attempted, BellPressed, Handled, Outcome, SensorFailed
from edge.law import due_s
from edge.loop.inbox import InboxEvent
from edge.messages.job import Job
from edge.store.rows import Batch
from tests.world.books import Books
from tests.world.clocks import VirtualClock
from tests.world.device import Build, Device, Link
from tests.world.invariants import INVARIANTS, Judge, Violation
from tests.world.modem import Network
from tests.world.timetable import DiskKind, Kill, PowerCut, Spell, Year
from tests.world.water import Course, Disturbance

DENSE_S = 1.0
"""While anything may be decided, sensors are read so often, as in a home."""

AFTER_CROSSING_S = 25.0
"""So long after the water has reached danger nothing is passed over."""

STEP_MM = 20.0
"""Between two samples the water rises or falls by no more than this, or a second passes."""

GROWTH = 8.0
FRESH_S = 4.0
"""A sample older than this is taken anew before time passes for the device."""

UNCHANGED_S = 6 * 3600.0
"""After so long a jump a living sensor is not heard to say again just what it said before it."""

ROUNDING_S = 1e-6
MOST_AT_ONCE = 500
"""Steps at one and the same second; a burst of texts and events takes some thirty."""

LONGEST_STEP_S = 6 * 3600.0


class Killed(BaseException):
    """The process dies here, in the middle of what it is doing."""


@dataclass(order=True)
class Due:
    """Something that happens at a time."""

    at_s: float
    order: int
    act: Callable[[], None] = field(compare=False)
    to_device: bool = field(default=False, compare=False)


class World:
    """One home for one year."""

    def __init__(
        self,
        year: Year,
        folder: Path,
        *,
        build: Build | None = None,
        judges: Iterable[type[Judge]] = INVARIANTS,
        trace: Callable[[str], None] | None = None,
    ) -> None:
        self.year = year
        self.folder = folder
        self.build = build or Build()
        self.random = Random(f"world/{year.seed}")
        self.clock = VirtualClock()
        self.network = Network(year.modem, Random(f"network/{year.seed}"))
        self.link = Link()
        self.books = Books(year, self.network)
        self.probes = year.probes()
        self.device: Device | None = None
        self.steps = 0
        self._trace = trace
        self._moved_s = -inf
        self._standing = 0
        self._boot = 0
        self._life = 0
        self._dying = 0
        self._said: list[tuple[float, int, InboxEvent]] = []
        self._order = 0
        self._round_s = -inf
        self._next_round_s = 0.0
        self._step_s = DENSE_S
        self._floods: list[Course] = []
        self._under: dict[str, list[Course]] = {}
        self._shows: list[Disturbance] = []
        self._silent: set[str] = set()
        self._dense_until_s = -inf
        self._agenda: list[Due] = []
        self._judges = [judge(self) for judge in judges]
        self._asked = {name: _asked(self._judges, name) for name in HOOKS}
        self._plan()

    # The plan

    def at(self, at_s: float, act: Callable[[], None], *, to_device: bool = False) -> None:
        """Let something happen at a time; what is done to the device finds fresh samples."""
        self._order += 1
        heapq.heappush(self._agenda, Due(at_s, self._order, act, to_device))

    def _plan(self) -> None:
        year = self.year
        self.at(0.0, self._start)
        for corner_s in year.corners():
            self.at(corner_s, self._look_again)
        for zone_courses in (flood.zones for flood in year.floods):
            for course in zone_courses.values():
                for cross_s in _near(course, self.books.policy.danger.mm):
                    self.at(max(course.begins_s, cross_s - 3.0), self._go_dense)
        for deed in year.deeds:
            self.at(deed.at_s, lambda deed=deed: self._does(deed.event), to_device=True)  # type: ignore[misc]
        self._plan_faults(year)

    def _plan_faults(self, year: Year) -> None:
        for kill in year.kills:
            self.at(kill.at_s, lambda kill=kill: self._kill_soon(kill))  # type: ignore[misc]
        for cut in year.power_cuts:
            self.at(cut.at_s, lambda cut=cut: self._cut(cut))  # type: ignore[misc]
        for jump in year.clock_jumps:
            self.at(jump.at_s, lambda by_s=jump.by_s: self._jump(by_s))  # type: ignore[misc]
        for spell in year.broker:
            self.at(spell.begins_s, lambda: self._broker(up=False))
            self.at(spell.ends_s, lambda: self._broker(up=True))
        for spell in year.disk:
            self.at(spell.begins_s, lambda spell=spell: self._disk(spell))  # type: ignore[misc]
            self.at(spell.ends_s, lambda: self._disk(None))

    # The walk through time

    def run(self) -> None:
        """Live through the year.

        Raises:
            Violation: An invariant does not hold.
        """
        try:
            while (at_s := self._next_s()) < self.year.length_s:
                self._step(at_s)
                self._does_time_pass()
            self._tell("end")
        finally:
            if self.device is not None:
                self.device.disk.lose()

    def _does_time_pass(self) -> None:
        """A device that is always due turns its loop as fast as it can: no home has that power."""
        if self.clock.world_s > self._moved_s:
            self._moved_s, self._standing = self.clock.world_s, 0
        self._standing += 1
        if self._standing > MOST_AT_ONCE:
            raise Violation("the loop spins", self.clock.world_s, f"{self._standing} turns at once")

    def _next_s(self) -> float:
        at_s = min(self._agenda[0].at_s if self._agenda else inf, self.network.next_s())
        if self.device is None:
            return at_s
        if self._said:
            at_s = min(at_s, self._said[0][0])
        return max(
            self.clock.world_s,
            min(at_s, self.device.serve_s, self.device.disk.next_s, self._due_s()),
        )

    def _due_s(self) -> float:
        """When the device must be looked at again, as seen from outside."""
        assert self.device is not None
        app = self.device.app
        state, policy = app.state, self.device.policy
        if self._quiet():
            return inf
        now_s = self.clock.now_s()
        law_s = due_s(state, policy)
        stale_s = min(
            (
                conditioning.stale_s(app.conditioned[name], app.mountings[name])
                for name in self._silent
            ),
            default=inf,
        )
        sender_s = app.parts.sender.due_s(now_s, seized=bool(state.raising))
        # Seconds of the world have fewer digits left than those of a young boot.
        at_s = min(law_s, stale_s, sender_s) + self.clock.booted_s + ROUNDING_S
        return min(max(at_s, self.clock.world_s), self._next_round_s)

    def _quiet(self) -> bool:
        """Nothing is open, nothing is wrong, the floor is dry and every sensor lives."""
        assert self.device is not None
        if self.clock.world_s < self._next_round_s - LONGEST_STEP_S or self._step_s < 4.0:
            return False
        state = self.device.app.state
        return not (
            state.incident
            or state.troubles
            or state.raising
            or state.service
            or state.drill
            or state.disarmed
            or self._floods
            or self._shows
            or self._silent
            or self.disk_spell is not None
            or self.device.app.parts.sender.outbox.waiting()
            or any(p.fault_at(self.clock.world_s) for p in self.probes.values())
        )

    def _step(self, at_s: float) -> None:
        self.steps += 1
        self.clock.world_s = max(self.clock.world_s, at_s)
        self.books.now_s = at_s = self.clock.world_s
        for taken in self.network.settle(at_s):
            self.note("119" if taken.number == "119" else "text", taken.key, taken.text)
            self._tell("taken", taken)
        for_device: list[Callable[[], None]] = []
        while self._agenda and self._agenda[0].at_s <= at_s:
            due = heapq.heappop(self._agenda)
            if due.to_device:
                for_device.append(due.act)
            else:
                due.act()
        if self.device is not None:
            try:
                self._live(self.device, at_s, for_device)
            except Killed:
                self._die()
        self._tell("step")

    def _live(self, device: Device, at_s: float, deeds: list[Callable[[], None]]) -> None:
        if at_s >= self._next_round_s or not (self._fresh(at_s) or self._calm(device)):
            self._round(device, at_s)
        elif not self._fresh(at_s):
            self._goes_on(device)
        for act in deeds:
            act()
        while self._said and self._said[0][0] <= at_s:
            self._hear(device, heapq.heappop(self._said)[2])
        self._drain(device)
        self.books.look_for_drowned()
        device.app.pass_time(self.clock.now_s())
        self._drain(device)
        if device.serve_s <= at_s:
            device.serve()
        if device.disk.next_s <= at_s:
            device.disk.turn()
            self._drain(device)
            self._step_s = min(self._step_s, DENSE_S)  # the loop looks at its disk each second
            self._next_round_s = min(self._next_round_s, at_s + DENSE_S)
        if at_s >= self._next_round_s:
            self._plan_round(device, at_s)

    def _fresh(self, at_s: float) -> bool:
        return at_s - self._round_s <= FRESH_S

    def _calm(self, device: Device) -> bool:
        """Nothing stirs under a sensor, and nothing is being decided."""
        return not (self._floods or self._shows or device.app.state.raising)

    def _goes_on(self, device: Device) -> None:
        """Sensors under which nothing stirs have gone on saying what they said last."""
        app, now_s = device.app, self.clock.now_s()
        for name in self.probes.keys() - self._silent:
            app.conditioned[name] = replace(app.conditioned[name], heard_s=now_s)

    def _round(self, device: Device, at_s: float) -> None:
        """Read every sensor once."""
        long = at_s - self._round_s > UNCHANGED_S
        self._round_s = at_s
        self._next_round_s = min(self._next_round_s, at_s)
        self._silent.clear()
        for name, probe in self.probes.items():
            seen_mm = self._seen_mm(name, at_s)
            raw = probe.sample(at_s, seen_mm)
            for _ in range(5 if long else 0):
                if not self.books.repeats(raw):
                    break
                raw = probe.sample(at_s, seen_mm)  # it has said other things meanwhile
            heard = device.build.heard(raw)
            if isinstance(heard, SensorFailed) and heard.silent:
                self._silent.add(name)
            self.books.sampled(raw)
            device.app.take(heard, self.clock.now_s())

    def _plan_round(self, device: Device, at_s: float) -> None:
        """When the sensors are read again: at once while something may be decided."""
        if device.app.state.raising or at_s < self._dense_until_s:
            self._step_s = DENSE_S
        else:
            self._step_s = min(self._step_s * GROWTH, LONGEST_STEP_S)
        self._next_round_s = at_s + min(self._step_s, self._slope_s(at_s))

    def _slope_s(self, at_s: float) -> float:
        """How long the water takes for ``STEP_MM``."""
        steepest = 0.0
        for course in self._floods:
            rate_mm_s = abs(course.depth_mm(at_s + 0.5) - course.depth_mm(at_s)) * 2
            steepest = max(steepest, rate_mm_s)
        return max(DENSE_S, STEP_MM / steepest) if steepest else inf

    def _seen_mm(self, sensor: str, at_s: float) -> float:
        depth_mm = 0.0
        for course in self._under.get(self.books.policy.sensors[sensor].zone, ()):
            depth_mm = max(depth_mm, course.depth_mm(at_s))
        for one in self._shows:
            if sensor in one.sensors:
                depth_mm = max(depth_mm, one.sees_mm(at_s))
        return depth_mm

    # What happens to the world

    def _look_again(self) -> None:
        """Something begins, changes or ends: find what stands now, and go slowly."""
        at_s = self.clock.world_s
        self._under = {}
        for flood in self.year.floods:
            if flood.begins_s <= at_s < flood.ends_s:
                for zone, course in flood.zones.items():
                    self._under.setdefault(zone, []).append(course)
        self._floods = [course for courses in self._under.values() for course in courses]
        self._shows = [d for d in self.year.disturbances if d.begins_s <= at_s < d.ends_s]
        self._go_slowly()

    def _go_slowly(self) -> None:
        self._step_s = DENSE_S / GROWTH
        self._next_round_s = min(self._next_round_s, self.clock.world_s)

    def _go_dense(self) -> None:
        self._dense_until_s = self.clock.world_s + 3.0 + AFTER_CROSSING_S
        self._go_slowly()

    def _jump(self, by_s: float) -> None:
        self.note("wall clock", f"{by_s:+.1f} s")
        self.clock.wall_error_s += by_s
        self.clock.synced = not self.clock.synced

    def _broker(self, *, up: bool) -> None:
        self.note("broker", "up" if up else "gone")
        self.link.up = up
        self.link.detail = "" if up else "the broker does not answer"

    def _disk(self, spell: Spell | None) -> None:
        kind = spell.kind if spell else None
        self.note("disk", kind or "well")
        self.disk_spell = spell
        if self.device is None:
            return
        assert kind is None or isinstance(kind, DiskKind)
        disk = self.device.disk
        disk.behave(kind, spell.ends_s if spell else inf)
        # Readings are logged every minute: the disk is asked by then, flood or not.
        disk.next_s = min(disk.next_s, self.clock.world_s + self.random.uniform(1.0, 60.0))

    disk_spell: Spell | None = None

    # What happens to the device

    def _does(self, event: Handled | BellPressed) -> None:
        """A person does something at the device or from afar."""
        device = self.device
        if device is None:
            return
        self._go_slowly()
        if isinstance(event, BellPressed):
            self.note("bell")
            self.books.pressed()
            self.books.credit_bell()
            device.app.take(device.build.heard(event), self.clock.now_s())
            return
        self.books.hand = event
        refusal = device.app.handle(event, self.clock.now_s())
        self.books.hand = None
        self.note("hand", f"{event.hand} {event.minutes or ''} local={event.local}", refusal)
        if not refusal:
            self.books.handled(event)
        self._tell("handled", event, refusal)

    def _hear(self, device: Device, event: InboxEvent) -> None:
        if isinstance(event, Attempted):
            self.note("attempted", event.key, event.outcome, event.detail)
            row = self._row_of(event) if event.outcome is Outcome.ACCEPTED else None
            device.app.take(event, self.clock.now_s())
            if row is not None:
                row.answered = True
                self._tell("answered", row)
            return
        device.app.take(event, self.clock.now_s())

    def _row_of(self, event: Attempted) -> Any:
        rows = [t for t in self.network.book[-40:] if t.key == event.key]
        return rows[-1] if rows else None

    def _drain(self, device: Device) -> None:
        for _ in range(1000):
            if device.inbox.empty():
                return
            _, event = device.inbox.get_nowait()
            device.app.take(event, self.clock.now_s())

    def _deliver(self, at_s: float, event: InboxEvent) -> None:
        self._order += 1
        heapq.heappush(self._said, (at_s, self._order, event))

    def _start(self) -> None:
        self._life += 1
        self.note("start", f"life {self._life} boot {self._boot}")
        device = Device(
            self.year.home,
            self.folder,
            self.clock,
            self.network,
            self.link,
            self,
            f"{self.year.seed}/{self._life}",
            self._boot,
            self._life,
            self.year.armed,
            self.build,
            self._deliver,
        )
        if self.disk_spell is not None:
            kind = self.disk_spell.kind
            assert isinstance(kind, DiskKind)
            device.disk.behave(kind, self.disk_spell.ends_s)
        self.device = device
        self._said.clear()
        self.books.started()
        try:
            device.start()
        except Killed:
            self._die()
            return
        self.books.starting = False
        self._tell("started")
        self._round_s = self.clock.world_s  # the sensors speak within their first interval
        self._next_round_s = self.clock.world_s + 0.5
        self._step_s = DENSE_S / GROWTH

    def _kill_soon(self, kill: Kill) -> None:
        """Kill the process: between two steps, or in the middle of one, at a port."""
        self._down_s = kill.down_s
        if self.device is None:
            return
        if self.random.random() < 0.5:
            self._die()
            return
        self._dying = self.random.randint(1, 6)
        life = self._life
        self.at(self.clock.world_s + 2.0, lambda: self._die() if life == self._life else None)

    _down_s = 1.0

    def _port_passed(self) -> None:
        """A port was just used: does the process die here?"""
        if self._dying:
            self._dying -= 1
            if not self._dying:
                raise Killed

    def _die(self) -> None:
        if self.device is None:
            return
        self._dying = 0
        self.note("killed", "owes" if self.device.disk.owes else "")
        self._gone(power=False)
        self.network.process_gone(self.clock.world_s)
        self.at(self.clock.world_s + self._down_s, self._start)

    def _gone(self, *, power: bool) -> None:
        device, self.device = self.device, None
        assert device is not None
        self.books.gone(owed=device.disk.owes, power=power)
        self._tell("gone", power)
        device.disk.lose()
        self._said.clear()
        self._silent.clear()

    def _cut(self, cut: PowerCut) -> None:
        if self.device is None:
            # Down already: its journal goes all the same, and it boots when the power is back.
            self._agenda = [d for d in self._agenda if d.act != self._start]
            heapq.heapify(self._agenda)
        else:
            self.note("power cut", f"{cut.off_s:.0f} s")
            self._gone(power=True)
        self._dying = 0
        self.network.power_gone()
        (self.folder / "report.journal").unlink(missing_ok=True)
        self.at(cut.at_s + cut.off_s, self._boot_up)

    def _boot_up(self) -> None:
        self._boot += 1
        self.clock.booted_s = self.clock.world_s - self.random.uniform(8.0, 30.0)
        self._start()

    # What passes a port

    def siren(self, *, siren: bool | None, strobe: bool | None) -> None:
        """A pin was set."""
        self.note("siren", f"{siren} strobe {strobe}")
        if siren is not None:
            self.books.siren_on = siren
            if siren:
                self.books.rang_s = self.clock.world_s
        self._port_passed()

    def shown(self, topic: str, payload: Mapping[str, Any]) -> None:
        """A retained topic was put up."""
        if topic != "alarm":
            return
        books = self.books
        books.alarm(payload["stage"], payload["latched"], payload["incident"], bell=payload["bell"])
        if books.shown != books.before:
            self.note("shown", f"{payload['stage']} ({payload['latched']}) {payload['incident']}")
            self._go_slowly()
            self._tell("shown")

    def commits(self, batch: Batch) -> None:
        """A batch is being handed to the store."""
        self.books.commits(batch)
        self._tell("commits", batch)
        self._port_passed()

    def committed(self, batch: Batch, *, stored: bool) -> None:
        """The store has answered."""
        if self._trace is not None:
            for event in batch.events:
                self.note("event", f"{event['type']} {event.get('cause') or ''}", event["reason"])
        self._tell("committed", batch, stored)
        self._port_passed()

    def handed_over(self, job: Job) -> None:
        """A text was given to the modem's worker."""
        self._tell("handed", job)
        self._port_passed()

    # The judges

    def _tell(self, hook: str, *what: object) -> None:
        for ask in self._asked[hook]:
            ask(*what)

    def note(self, *words: object) -> None:
        """Write a line into the trace, if one is kept."""
        if self._trace is not None:
            self._trace(f"{self.clock.world_s:14.3f}  " + "  ".join(str(w) for w in words if w))

    @property
    def lives(self) -> int:
        """How often the process was started."""
        return self._life

    @property
    def owes(self) -> bool:
        """Whether the disk does not have everything yet."""
        return self.device is not None and self.device.disk.owes


SEEN_LATE_MM = 25
"""A sensor that still counts as working may see a depth when it is so much deeper."""


def _near(course: Course, danger_mm: float) -> list[float]:
    """When water passes danger, and the depths at which a sensor that is low sees it."""
    depths = [danger_mm + late_mm for late_mm in range(0, SEEN_LATE_MM + 1, 5)]
    return sorted(cross_s for mm in depths for cross_s in course.rises_past(mm))


HOOKS = (
    "taken",
    "answered",
    "shown",
    "commits",
    "committed",
    "handed",
    "handled",
    "started",
    "gone",
    "step",
    "end",
)


def _asked(judges: Iterable[Judge], name: str) -> tuple[Callable[..., None], ...]:
    """Return the judges that want to know of something: most want little."""
    return tuple(
        getattr(judge, name)
        for judge in judges
        if getattr(type(judge), name) is not getattr(Judge, name)
    )


def live(
    year: Year,
    folder: Path,
    *,
    build: Build | None = None,
    judges: Iterable[type[Judge]] = INVARIANTS,
    trace: Callable[[str], None] | None = None,
) -> World:
    """Live through one year in a folder of its own, and return the world as it ended.

    Raises:
        Violation: An invariant does not hold; or a part of the device failed.
    """
    home = folder / f"year-{year.seed}"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    world = World(year, home, build=build, judges=judges, trace=trace)
    hushed = logging.root.manager.disable
    logging.disable(logging.CRITICAL)  # a year of it fills a disk; the trace says what matters
    try:
        world.run()
    except Violation:
        raise
    except Exception as error:
        raise Violation("the device failed", world.clock.world_s, repr(error)) from error
    finally:
        logging.disable(hushed)
        shutil.rmtree(home, ignore_errors=True)
    return world


__all__ = ["Killed", "Violation", "World", "live"]
