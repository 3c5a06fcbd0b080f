"""What an onlooker writes down: what went in, what was shown, sounded, asked, stored and taken.

Owns the facts that invariants are judged by. Invariant: nothing here is asked of the law or of the
outbox; every figure is made again from what passed a port, by rules written a second time, on
purpose, and as simply as they can be.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf

from edge.events import Hand, Handled
from edge.law.levels import Level
from edge.law.policy import Policy
from edge.store.rows import Batch
from tests.world.hearing import Hearing
from tests.world.homes import Home
from tests.world.modem import Network, Taken
from tests.world.sensors import Raw
from tests.world.timetable import Year

SERVICE_S = 3600.0
"""How long a service lasts at least if it asks for more, or says nothing."""

SERVICE_AT_MOST_S = 2 * 3600.0
"""Design 4.9: two hours at most."""

STORED_TO_S = 0.01
"""What is left of a time is stored in milliseconds: after a restart it ends so much sooner."""

DELAY_GOES_ON_S = 60.0
"""A restart within so long lets a raising delay go on with what was left (design 4.11)."""


@dataclass(slots=True)
class Told:
    """One incident as it was shown: what gave it the right to tell people, and 119."""

    id: str
    shown_s: float
    wet_at: set[Level] = field(default_factory=set)
    drowned: bool = False
    bell: bool = False


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
    life: int = 0
    shown: Shown = field(default_factory=Shown)
    before: Shown = field(default_factory=Shown)
    incidents: dict[str, Told] = field(default_factory=dict)
    siren_on: bool = False
    rang_s: float = -inf
    incident_s: float = -inf
    pressed_s: float = -inf
    reset_s: float = -inf
    armed: bool = False
    disarmed_until_s: float = -inf
    service_until_s: float = -inf
    service_may_until_s: float = -inf
    service_lasts_s: float = 0.0
    service_ended_s: float = -inf
    rearmed_s: float = -inf
    service_on_s: float = -inf
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
        self.hearing = Hearing(self.policy, self.home.mountings)
        self.heard = self.hearing.heard
        self.armed = self.year.armed
        self.lowered_before_s = dict(self.lowered_s)

    # Samples

    def sampled(self, raw: Raw) -> None:
        """A sample has gone in."""
        self.hearing.sampled(raw, self.now_s)
        if self.hearing.runs:
            self._qualify()

    def repeats(self, raw: Raw) -> bool:
        """Whether a sample says exactly what the last one of its sensor said."""
        return self.hearing.repeats(raw)

    def _qualify(self) -> None:
        """Give the incident that is shown the right that the water gives it."""
        told = self.incidents.get(self.shown.incident or "")
        if told is None:
            return
        for zone, level in self.hearing.runs:
            if level not in told.wet_at and self.hearing.held(zone, level, self.now_s):
                told.wet_at.add(level)

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
        if incident != self.before.incident:
            self.incident_s = self.now_s
        if incident is not None and incident not in self.incidents:
            self.incidents[incident] = Told(incident, self.now_s, bell=self.pressed_s == self.now_s)
        self._qualify()

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
        told.drowned = any(self.hearing.drowned(zone, self.now_s) for zone in self.policy.zones)

    # Lives

    def started(self) -> None:
        """A process has begun: nothing has been heard in it."""
        self.up, self.up_s, self.starting = True, self.now_s, True
        self.life += 1
        if self.gone_s <= self.service_may_until_s:
            # What was left of it goes on, as it was last stored: it stands still in the dark.
            self.service_may_until_s = self.now_s + self.service_lasts_s
        if self.now_s > self.gone_s + DELAY_GOES_ON_S:
            self.hearing.forget_runs()
        self.hearing.began(self.now_s)

    def gone(self, *, owed: bool, power: bool) -> None:
        """The process is no more; ``owed`` is whether the disk did not have everything yet."""
        self.up = False
        self.gone_s = self.now_s
        self.owed_at_death = owed
        self.siren_on = False
        if power:
            self.hearing.forget_runs()
        if power and owed:
            self.disarmed_until_s = min(self.disarmed_until_s, self.now_s)
            self.service_until_s = min(self.service_until_s, self.now_s)

    # Hands

    def commits(self, batch: Batch) -> None:
        """The device is writing down what has happened."""
        if any(event["type"] == "service_off" for event in batch.events):
            self.service_ended_s = self.now_s

    def handled(self, event: Handled) -> None:
        """The device did what a person asked."""
        lasts_s = inf if event.minutes is None else event.minutes * 60.0
        if event.hand is Hand.DISARM:
            self.disarmed_until_s = self.now_s + lasts_s
        elif event.hand is Hand.ARM:
            self.disarmed_until_s = self.now_s
            self.rearmed_s = self.now_s
        elif event.hand is Hand.SERVICE_ON:
            if self.now_s >= self.service_may_until_s:  # else it was only made longer
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
        return not self.armed or self.now_s < self.disarmed_until_s - STORED_TO_S

    @property
    def in_service(self) -> bool:
        """Whether a technician's service certainly stands."""
        return self.now_s < self.service_until_s

    @property
    def may_be_in_service(self) -> bool:
        """Whether it may: what is left of it stands still while the device is dark."""
        begun = self.service_on_s > self.service_ended_s
        return begun and self.now_s <= self.service_may_until_s

    # Truth

    def depth_mm(self, zone: str, at_s: float) -> float:
        """Return the true depth."""
        return self.year.depth_mm(zone, at_s)

    def reports(self) -> list[Taken]:
        """Return what 119 was told."""
        return [t for t in self.network.book if t.number == self.network.report_number]
