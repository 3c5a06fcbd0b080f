"""What an onlooker writes down: samples that went in, what was shown, sounded, stored and taken.

Owns the facts that invariants are judged by. Invariant: nothing here is asked of the law or of the
outbox; every figure is made again from what passed a port, by rules written a second time, on
purpose, and as simply as they can be.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import inf

from edge.conditioning import Mounting
from edge.events import Hand, Handled, Measured, SensorFailed
from edge.law.levels import Level
from edge.law.policy import Policy
from tests.world.homes import Home
from tests.world.modem import Network, Taken
from tests.world.sensors import Raw
from tests.world.timetable import Year

SLACK_S = 1e-3
FLOOR_TOLERANCE_MM = 30.0
ONE_SURFACE_MM = 20.0
SERVICE_S = 3600.0
"""How long a service lasts at least if it asks for more, or says nothing."""

SERVICE_AT_MOST_S = 2 * 3600.0
"""Design 4.9: two hours at most."""

TRUST_READINGS = 3
"""After so many wet readings a zone that falls silent is raised by the clock (design 4.4)."""

NOT_FALLING_MM = 15.0
"""Readings of a still surface differ by noise and, on a coarse walk through time, by its slope."""


def bounds_of(raw: Raw, mounting: Mounting) -> tuple[float, float] | None:
    """Return what a sample says of the depth, or None if it says nothing."""
    if isinstance(raw, SensorFailed):
        return None
    if isinstance(raw, Measured):
        return raw.at_least_mm, raw.below_mm
    ordered = sorted([-inf] * raw.too_near + [float(r) for r in raw.ranges_mm])
    half = len(ordered) // 2
    middle_mm = ordered[half]
    if len(ordered) % 2 == 0:  # two looks at one surface, or the nearer of two things
        near_mm, far_mm = ordered[half - 1], ordered[half]
        middle_mm = (near_mm + far_mm) / 2 if far_mm - near_mm <= ONE_SURFACE_MM else near_mm
    if middle_mm == -inf:
        return mounting.height_mm - mounting.blind_zone_mm, inf
    if middle_mm > mounting.height_mm + FLOOR_TOLERANCE_MM:
        return None
    depth_mm = mounting.height_mm - middle_mm
    return depth_mm, depth_mm


@dataclass(slots=True)
class Heard:
    """One sensor, as its samples have it.

    ``clear_s`` is since when it has read clear of a level without a break; ``lost_s`` since when it
    has had no opinion; ``wet_s`` when it was last wet at a level.
    """

    at_least_mm: float = -inf
    below_mm: float = inf
    opinion: bool = False
    heard_s: float = -inf
    lost_s: float | None = None
    clear_s: dict[Level, float | None] = field(
        default_factory=lambda: {Level.ALERT: None, Level.DANGER: None}
    )
    wet_s: dict[Level, float] = field(
        default_factory=lambda: {Level.ALERT: -inf, Level.DANGER: -inf}
    )
    last_mm: float = -inf
    lately: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=90))

    @property
    def falling(self) -> bool:
        """Whether its last readings before it fell silent went down."""
        if not self.lately:
            return False
        last_s, last_mm = self.lately[-1]
        before = [mm for at_s, mm in self.lately if 5.0 <= last_s - at_s <= 60.0]
        return bool(before) and last_mm < before[0] - NOT_FALLING_MM


@dataclass(slots=True)
class Run:
    """A stretch in which a zone was wet at a level: since when, and how many wet samples."""

    since_s: float
    samples: int = 1


@dataclass(slots=True)
class Told:
    """One incident as it was shown: what gave it the right to tell people, and 119."""

    id: str
    shown_s: float
    wet_at: set[Level] = field(default_factory=set)
    drowned: bool = False
    bell: bool = False
    texts: int = 0


@dataclass(slots=True)
class Shown:
    """The alarm as it was last put up."""

    stage: Level = Level.NORMAL
    latched: Level = Level.NORMAL
    incident: str | None = None
    bell: bool = False


@dataclass
class Books:
    """The onlooker's books of one device-year."""

    year: Year
    network: Network
    now_s: float = 0.0
    up: bool = False
    up_s: float = 0.0
    starting: bool = False
    boot: int = 0
    life: int = 0
    shown: Shown = field(default_factory=Shown)
    before: Shown = field(default_factory=Shown)
    incidents: dict[str, Told] = field(default_factory=dict)
    siren_on: bool = False
    rang_s: float = -inf
    pressed_s: float = -inf
    reset_s: float = -inf
    armed: bool = False
    disarmed_until_s: float = -inf
    service_until_s: float = -inf
    service_may_until_s: float = -inf
    service_lasts_s: float = 0.0
    rearmed_s: float = -inf
    service_on_s: float = -inf
    disk_well_s: float = 0.0
    hand: Handled | None = None
    rose_s: float = -inf
    owed_at_death: bool = False
    gone_s: float = inf
    lowered_s: dict[Level, float] = field(
        default_factory=lambda: {Level.ALERT: -inf, Level.DANGER: -inf}
    )

    def __post_init__(self) -> None:
        self.home: Home = self.year.home
        self.policy: Policy = self.home.policy
        self.mountings = self.home.mountings
        self.heard = {name: Heard() for name in self.home.fittings}
        self.runs: dict[tuple[str, Level], Run] = {}
        self.armed = self.year.armed
        self.lowered_before_s = dict(self.lowered_s)

    # Samples

    def sampled(self, raw: Raw) -> None:
        """A sample has gone in."""
        name = raw.sensor_id
        heard = self.heard[name]
        mounting = self.mountings[name]
        if isinstance(raw, SensorFailed) and raw.silent:
            self._silent(name, heard, mounting)
            return
        found = bounds_of(raw, mounting)
        if found is None:
            self._lost(name, heard)
            return
        at_least_mm, below_mm = found
        heard.at_least_mm, heard.below_mm = at_least_mm, below_mm
        heard.opinion, heard.heard_s, heard.lost_s = True, self.now_s, None
        heard.last_mm = at_least_mm
        if at_least_mm > -inf:
            heard.lately.append((self.now_s, at_least_mm))
        sensor = self.policy.sensors[name]
        for level in (Level.ALERT, Level.DANGER):
            setpoint = self.policy.setpoint(level)
            clear_mm = setpoint.mm if sensor.switch else setpoint.mm - setpoint.deadband_mm
            if below_mm > clear_mm:
                heard.clear_s[level] = None
            elif heard.clear_s[level] is None:
                heard.clear_s[level] = self.now_s
            if at_least_mm >= setpoint.mm:
                heard.wet_s[level] = self.now_s
            self._run(sensor.zone, level, wet=at_least_mm >= setpoint.mm)

    def repeats(self, raw: Raw) -> bool:
        """Whether a sample says exactly what the last one of its sensor said."""
        found = bounds_of(raw, self.mountings[raw.sensor_id])
        heard = self.heard[raw.sensor_id]
        return found is not None and found == (heard.at_least_mm, heard.below_mm)

    def _silent(self, name: str, heard: Heard, mounting: Mounting) -> None:
        if self.now_s >= max(heard.heard_s, self.up_s) + mounting.stale_after_s - SLACK_S:
            self._lost(name, heard)

    def _lost(self, name: str, heard: Heard) -> None:
        heard.opinion = False
        heard.at_least_mm, heard.below_mm = -inf, inf
        heard.clear_s = {Level.ALERT: None, Level.DANGER: None}
        if heard.lost_s is None:
            heard.lost_s = self.now_s
        zone = self.policy.sensors[name].zone
        for level in (Level.ALERT, Level.DANGER):
            self._qualify(zone, level)

    def _run(self, zone: str, level: Level, *, wet: bool) -> None:
        run = self.runs.get((zone, level))
        if wet:
            if run is None:
                run = self.runs[zone, level] = Run(self.now_s, 0)
            run.samples += 1
        elif run is not None and self._dry(zone, level):
            del self.runs[zone, level]
        self._qualify(zone, level)

    def _dry(self, zone: str, level: Level) -> bool:
        """Whether some sensor of a zone says "dry" and none says "wet"."""
        mm = self.policy.setpoint(level).mm
        opinions = [self.heard[n] for n in self.policy.zones[zone].sensors if self.heard[n].opinion]
        return not any(h.at_least_mm >= mm for h in opinions) and any(
            h.below_mm <= mm for h in opinions
        )

    def _qualify(self, zone: str, level: Level) -> None:
        """Give the incident that is shown the right that the zone's water gives it."""
        told = self.incidents.get(self.shown.incident or "")
        if told is not None and level not in told.wet_at and self.held(zone, level):
            told.wet_at.add(level)

    def held(self, zone: str, level: Level) -> bool:
        """Whether a zone has been wet for its on-delay, or often enough to trust the clock."""
        run = self.runs.get((zone, level))
        if run is None:
            return False
        long_s = self.now_s - run.since_s
        delay_s = self.policy.setpoint(level).on_delay_s
        return long_s >= delay_s - SLACK_S or run.samples >= TRUST_READINGS

    # What was shown

    def alarm(self, stage: str, latched: str, incident: str | None, *, bell: bool) -> None:
        """The alarm was put up."""
        self.before = self.shown
        self.lowered_before_s = dict(self.lowered_s)
        self.shown = Shown(Level[stage.upper()], Level[latched.upper()], incident, bell)
        for level in (Level.ALERT, Level.DANGER):
            if self.before.stage >= level > self.shown.stage:
                self.lowered_s[level] = self.now_s
        if self.shown.stage is Level.DANGER > self.before.stage:
            self.rose_s = self.now_s
        if incident is None or incident in self.incidents:
            return
        told = self.incidents[incident] = Told(incident, self.now_s)
        told.bell = self.pressed_s == self.now_s
        for zone in self.policy.zones:
            for level in (Level.ALERT, Level.DANGER):
                self._qualify(zone, level)

    def pressed(self) -> None:
        """The bell was pressed and the device took it."""
        self.pressed_s = self.now_s

    def credit_bell(self) -> None:
        """The press belongs to the incident that is shown after it."""
        told = self.incidents.get(self.shown.incident or "")
        if told is not None and self.pressed_s == self.now_s:
            told.bell = True

    def look_for_drowned(self) -> None:
        """Note whether a zone is drowned as design 4.3 says."""
        told = self.incidents.get(self.shown.incident or "")
        if told is None or told.drowned or self.shown.stage is Level.NORMAL:
            return
        told.drowned = any(self.drowned(zone) for zone in self.policy.zones)

    def drowned(self, zone: str) -> bool:
        """All that can decide danger lost for 60 s, last at 100 mm or more and not falling."""
        danger_mm = self.policy.danger.mm
        able = [
            self.heard[n]
            for n in self.policy.zones[zone].sensors
            if self.policy.sensors[n].decides(danger_mm)
        ]
        if not able or any(h.opinion for h in able):
            return False
        lost_s = max(h.lost_s if h.lost_s is not None else inf for h in able)
        deep = [h for h in able if h.last_mm >= 100.0 - SLACK_S and not h.falling]
        return bool(deep) and self.now_s >= lost_s + 60.0 - 1.0

    # Lives

    def started(self) -> None:
        """A process has begun: nothing has been heard in it."""
        self.up, self.up_s, self.starting = True, self.now_s, True
        self.life += 1
        if self.gone_s <= self.service_may_until_s:
            # What was left of it goes on, as it was last stored: it stands still in the dark.
            self.service_may_until_s = self.now_s + self.service_lasts_s
        for heard in self.heard.values():
            heard.opinion, heard.lost_s = False, None
            heard.heard_s = -inf
            heard.clear_s = {Level.ALERT: None, Level.DANGER: None}

    def gone(self, *, owed: bool, power: bool) -> None:
        """The process is no more; ``owed`` is whether the disk did not have everything yet."""
        self.up = False
        self.gone_s = self.now_s
        self.owed_at_death = owed
        self.siren_on = False
        if power and owed:
            self.disarmed_until_s = min(self.disarmed_until_s, self.now_s)
            self.service_until_s = min(self.service_until_s, self.now_s)

    # Hands

    def handled(self, event: Handled) -> None:
        """The device did what a person asked."""
        lasts_s = inf if event.minutes is None else event.minutes * 60.0
        if event.hand is Hand.DISARM:
            self.disarmed_until_s = self.now_s + lasts_s
        elif event.hand is Hand.ARM:
            self.disarmed_until_s = self.now_s
            self.rearmed_s = self.now_s
        elif event.hand is Hand.SERVICE_ON:
            self.service_on_s = self.now_s
            self.service_until_s = self.now_s + min(lasts_s, SERVICE_S)
            self.service_lasts_s = min(lasts_s, SERVICE_AT_MOST_S)
            self.service_may_until_s = self.now_s + self.service_lasts_s
        elif event.hand is Hand.SERVICE_OFF:
            self.service_until_s = min(self.service_until_s, self.now_s)
            self.service_may_until_s = min(self.service_may_until_s, self.now_s)
        elif event.hand is Hand.RESET:
            self.reset_s = self.now_s

    @property
    def disarmed(self) -> bool:
        """Whether 119 may not be called now: never armed, or disarmed by a person."""
        return not self.armed or self.now_s < self.disarmed_until_s

    @property
    def in_service(self) -> bool:
        """Whether a technician's service certainly stands."""
        return self.now_s < self.service_until_s

    # Truth

    def depth_mm(self, zone: str, at_s: float) -> float:
        """Return the true depth."""
        return self.year.depth_mm(zone, at_s)

    def reports(self) -> list[Taken]:
        """Return what 119 was told."""
        return [t for t in self.network.book if t.number == self.network.report_number]
