"""A year in the making: each thing that can happen to a home, by name and time.

Owns how each of them goes: how long it lasts, what follows it. Invariant: all is drawn from the one
``random`` that was passed in. What comes together with what is decided in ``happenings``.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log
from random import Random
from typing import Final

from edge.events import BellPressed, Hand, Handled
from tests.world import disturbances
from tests.world.apart import one_at_a_time, one_stop_at_a_time
from tests.world.homes import PEOPLE, Home
from tests.world.sensors import DAY_S, FAULTS_OF, YEAR_S, Fault, FaultKind, Kind
from tests.world.timetable import (
    BrokerKind,
    ClockJump,
    Deed,
    DiskKind,
    Flood,
    Kill,
    ModemKind,
    PowerCut,
    Spell,
    Year,
)
from tests.world.water import MAKERS, Course, Disturbance, burst_pipe

LAST_S: Final = YEAR_S - 3 * DAY_S
"""No water is there later, so that latches too have ended before the year has."""

LONGEST_LASTING_S: Final = 40 * DAY_S
"""More than any disturbance lasts: a doormat lies for up to 3e6 s."""

_WETTING = (disturbances.mopping, disturbances.splash)
"""What a float is moved by, too; the others only stand in an ultrasonic sensor's way."""


def flood_of(course: Course, home: Home) -> Flood:
    """Return a course as it stands in each zone of a home that it reaches."""
    levels = {zone: course.lowered(home.floors_mm.get(zone, 0.0)) for zone in home.zones}
    return Flood(course, {zone: level for zone, level in levels.items() if level is not None})


class Script:
    """A year in the making: what happens is added by name and time, and sorted at the end."""

    def __init__(self, random: Random, home: Home) -> None:
        self.random = random
        self.home = home
        self.seed = random.getrandbits(48)
        self.floods: list[Flood] = []
        self.disturbances: list[Disturbance] = []
        self.faults: list[Fault] = []
        self.deeds: list[Deed] = []
        self.modem: list[Spell] = []
        self.broker: list[Spell] = []
        self.disk: list[Spell] = []
        self.stops: list[Kill | PowerCut] = []
        self.clock_jumps: list[ClockJump] = []

    # Many at once

    def rain(self, count: int) -> None:
        """Let water come, some of it soon after the last: while a latch stands, or an off-delay."""
        begins_s = sorted(self.random.uniform(DAY_S, LAST_S - 5 * DAY_S) for _ in range(count))
        for at_s in begins_s:
            after_s = self.floods[-1].ends_s if self.floods else 0.0
            if self.floods and self.random.random() < 0.4:
                at_s = after_s + self._about(120.0, 60000.0)  # noqa: PLW2901 - the same night
            maker = self.random.choice(MAKERS)
            course = maker(self.random, max(at_s, after_s + 60.0))
            if course.ends_s > LAST_S:
                break
            flood = flood_of(course, self.home)
            if maker is burst_pipe:
                zone = self.random.choice(self.home.zones)
                flood = Flood(course, {zone: course})
            self.floods.append(flood)

    def disturb(
        self,
        count: int,
        makers: tuple[disturbances.Maker, ...],
        longest_s: float = disturbances.LONGEST_S,
        *,
        together: bool = True,
    ) -> None:
        """Let things stand and move under sensors: one each time, or sometimes several."""
        for _ in range(count):
            maker = self.random.choice(makers)
            fooled = (Kind.ULTRASONIC, Kind.FLOAT)[: 1 + (maker in _WETTING)]
            sensors = self.home.of_kind(*fooled)
            if not sensors:
                return
            some = self.random.randint(1, len(sensors)) if together else 1
            under = tuple(sorted(self.random.sample(sensors, some)))
            self.disturbances.append(maker(self.random, self._whenever(), under, longest_s))

    def scatter(self, count: int, kinds: tuple[Callable[[Script, float], None], ...]) -> None:
        """Let things happen at any time of the year."""
        for _ in range(count):
            self.random.choice(kinds)(self, self._whenever())

    def outages(self) -> None:
        """Let ports fail and the device stop, water or not."""
        for count, happens in (
            (self.random.randint(0, 2), Script.modem_spell),
            (self.random.randint(0, 2), Script.broker_spell),
            (self.random.randint(0, 1), Script.disk_spell),
            (self.random.randint(0, 2), Script.kill),
            (self.random.randint(0, 1), Script.power_cut),
            (self.random.randint(0, 1), Script.clock_jump),
        ):
            self.scatter(count, (happens,))

    # One thing each

    def fault(self, at_s: float) -> None:
        """Let a sensor fail, for seconds or for days."""
        sensor = self.random.choice(sorted(self.home.fittings))
        kind = self.random.choice(FAULTS_OF[self.home.fittings[sensor].kind])
        # What alone takes a dry floor past the alert setpoint is a box by another name: the air's
        # swing, a film, noise and drift together stay below it.
        swings = self.home.fittings[sensor].swing_c > 0
        amount_mm = {
            FaultKind.KNOCKED: self.random.uniform(5.0, 300.0),
            FaultKind.NOISE: self.random.uniform(4.0, 5.0 if swings else 12.0),
            FaultKind.DRIFT: self.random.uniform(-12.0, 0.0 if swings else 8.0),
        }.get(kind, 0.0)
        until_s = at_s + self._about(3.0, 2 * DAY_S)
        self.faults.append(Fault(kind, sensor, at_s, until_s, amount_mm))

    def kill(self, at_s: float) -> None:
        """Kill the process once; systemd starts it again within seconds."""
        self.stops.append(Kill(at_s, self.random.uniform(0.5, 5.0)))

    def crash_loop(self, at_s: float) -> None:
        """Kill it ten times, each time seconds after it has come up."""
        for _ in range(10):
            down_s = self.random.uniform(0.5, 3.0)
            self.stops.append(Kill(at_s, down_s))
            at_s += down_s + self._about(0.3, 20.0)

    def power_cut(self, at_s: float) -> None:
        """Take mains and battery away."""
        self.stops.append(PowerCut(at_s, self._about(15.0, 14400.0)))

    def clock_jump(self, at_s: float) -> None:
        """Let the wall clock jump: NTP at last, a dead RTC, or 1970."""
        by_s = self.random.choice((3600.0, -3600.0, -YEAR_S * 30, YEAR_S, 0.9, -40.0))
        self.clock_jumps.append(ClockJump(at_s, by_s))

    def modem_spell(self, at_s: float) -> None:
        """Let the modem fail to help, in one of its ways."""
        kind = self.random.choice(list(ModemKind))
        most_s = 6 * 3600.0 if kind is ModemKind.NO_NETWORK else 900.0
        self.modem.append(Spell(kind, at_s, at_s + self._about(3.0, most_s)))

    def broker_spell(self, at_s: float) -> None:
        """Take the centre away, for minutes or days."""
        kind = self.random.choice(list(BrokerKind))
        self.broker.append(Spell(kind, at_s, at_s + self._about(20.0, 2 * DAY_S)))

    def disk_spell(self, at_s: float) -> None:
        """Let the disk fail."""
        kind = self.random.choice(list(DiskKind))
        self.disk.append(Spell(kind, at_s, at_s + self._about(1.0, DAY_S)))

    def press(self, at_s: float) -> None:
        """Press the bell: once, or many times in a row, or again later."""
        self._does(at_s, BellPressed())
        for _ in range(self.random.choice((0, 0, 0, 0, 1, 2, 6))):
            at_s += self._about(1.5, 300.0)
            self._does(at_s, BellPressed())

    def mute(self, at_s: float) -> None:
        """Acknowledge, silence or reset, at the device or from afar; often one after another."""
        for _ in range(self.random.choice((1, 1, 2, 3))):
            hand = self.random.choice((Hand.ACK, Hand.SILENCE, Hand.RESET))
            self._does(at_s, Handled(hand, "resident", local=self.random.random() < 0.7))
            at_s += self._about(2.0, 3600.0)

    def service_alone(self, at_s: float) -> None:
        """Begin service, and touch no sensor."""
        self._serve(at_s)

    def service(self, at_s: float) -> None:
        """Begin service and stand a sensor in a bucket; now and then it is left standing there."""
        ends_s = self._serve(at_s)
        zone = self.random.choice(self.home.zones)
        sensors = self.home.policy.zones[zone].sensors
        some = self.random.choice((sensors, (self.random.choice(sensors),)))
        begins_s = at_s + self.random.uniform(5.0, 50.0)
        lasts_s = self.random.uniform(5.0, ends_s - begins_s)
        if self.random.random() < 0.25:
            lasts_s = ends_s - begins_s + self._about(5.0, 3600.0)
        depth_mm = self.random.uniform(25.0, 220.0)
        self.disturbances.append(disturbances.bucket(begins_s, some, depth_mm, lasts_s))

    def drill(self, at_s: float) -> None:
        """Practise, with some of the people; then see whether the modem texts one of them."""
        some = tuple(self.random.sample(sorted(PEOPLE), self.random.randint(1, 4)))
        stage = self.random.choice(("alert", "danger", "bell"))
        self._does(at_s, Handled(Hand.DRILL, "technician", stage=stage, contacts=some))
        if self.random.random() < 0.3:
            later_s = at_s + self.random.uniform(5.0, 900.0)
            self._does(later_s, Handled(Hand.DRILL_END, "technician"))
        self._does(at_s + 700.0, Handled(Hand.MODEM_TEST, "technician", contacts=some[:1]))

    def disarm(self, at_s: float) -> None:
        """Disarm for minutes, or until armed; arm again by hand, now and then."""
        minutes = self.random.choice((1.0, 10.0, 30.0, 120.0, 480.0, None))
        self._does(at_s, Handled(Hand.DISARM, "technician", minutes=minutes))
        if minutes is None or self.random.random() < 0.4:
            later_s = at_s + self._about(5.0, 7200.0)
            self._does(later_s, Handled(Hand.ARM, "technician"))

    # Putting it in order

    def finished(self, *, armed: bool) -> Year:
        """Sort everything, and drop what cannot be at the same time."""
        stops = one_stop_at_a_time(self.stops)
        return Year(
            seed=self.seed,
            home=self.home,
            armed=armed,
            floods=tuple(self.floods),
            disturbances=tuple(sorted(self.disturbances, key=lambda d: d.begins_s)),
            faults=one_at_a_time(self.faults, lambda f: f.sensor),
            deeds=tuple(sorted(self.deeds, key=lambda d: d.at_s)),
            modem=one_at_a_time(self.modem, lambda _: ""),
            broker=one_at_a_time(self.broker, lambda _: ""),
            disk=one_at_a_time(self.disk, lambda _: ""),
            kills=tuple(s for s in stops if isinstance(s, Kill)),
            power_cuts=tuple(s for s in stops if isinstance(s, PowerCut)),
            clock_jumps=tuple(sorted(self.clock_jumps, key=lambda j: j.at_s)),
        )

    def _serve(self, at_s: float) -> float:
        """Begin service; end it by hand, or forget it. Returns when it is over."""
        minutes = self.random.choice((10.0, 30.0, 60.0, 120.0, None))
        self._does(at_s, Handled(Hand.SERVICE_ON, "technician", minutes=minutes))
        ends_s = at_s + 60.0 * (minutes or 120.0)
        if self.random.random() < 0.5:
            ends_s = at_s + self.random.uniform(60.0, ends_s - at_s)
            self._does(ends_s, Handled(Hand.SERVICE_OFF, "technician"))
        return ends_s

    def _does(self, at_s: float, event: Handled | BellPressed) -> None:
        self.deeds.append(Deed(at_s, event))

    def _whenever(self) -> float:
        return self.random.uniform(3600.0, LAST_S - 40 * DAY_S)

    def _about(self, least_s: float, most_s: float) -> float:
        """Return seconds or days, each as likely as the other."""
        return exp(self.random.uniform(log(least_s), log(most_s)))
