"""What the law remembers between two events: one frozen value.

All times are seconds on the monotonic clock that ``step`` is given. The state's size depends on the
number of sensors and of episodes in the present incident, never on how long the daemon has run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from edge.effects import Origin
from edge.events import Health
from edge.law.levels import Level

INF = float("inf")


@dataclass(frozen=True, slots=True)
class SensorState:
    """The last reading of one sensor, and what it takes to judge the next one.

    ``steps`` are up to three accepted depths, each deeper than the one before at a believable rate:
    three of them are a *rise* (design 4.4). ``recent`` are the readings of the last second, against
    which a step is measured. ``clear_alert_s`` and ``clear_danger_s`` say since when it has read
    clear without a break; None while it does not.
    """

    at_least_mm: float = -INF
    below_mm: float = INF
    health: Health = Health.STALE
    reason: str = "no reading yet"
    read_s: float = -INF
    steps: tuple[tuple[float, float], ...] = ()
    recent: tuple[tuple[float, float], ...] = ()
    jumped_s: float | None = None  # when it jumped to what it says; what follows is no rise
    clear_alert_s: float | None = None
    clear_danger_s: float | None = None
    lost_s: float | None = None  # since when it has had no opinion
    doubted: bool = False  # lost or too near while wet: only slow, good readings clear it again
    last_mm: float | None = None  # the last accepted depth, or lower bound; outlives a loss
    trail: tuple[tuple[float, float], ...] = ()  # a depth every 10 s of the last minute
    deep: bool = False  # when it was lost, it had seen deep water come or stand
    changed_s: float | None = None  # when what it says last changed
    wet_s: float | None = None  # when it was last wet, or first heard: its last wet test
    proven: bool = False  # whether it was ever wet: ``wet_s`` is then of water

    @property
    def depth_mm(self) -> float | None:
        """The depth where it measures one and can be believed."""
        return self.at_least_mm if self.at_least_mm == self.below_mm else None

    @property
    def rising(self) -> bool:
        """Whether the way to the present depth was seen."""
        return len(self.steps) >= 3


@dataclass(frozen=True, slots=True)
class Raising:
    """A zone that votes wet at a setpoint and has not yet held for its delay.

    ``first_wet_s`` is when it began, ``wet_readings`` how many wet readings there have been,
    ``rise`` whether the water was seen coming, ``sensor`` which one saw it first, ``lone`` whether
    it is one vote against sensors that have said the same for a day.
    """

    zone: str
    level: Level
    first_wet_s: float
    wet_readings: int
    rise: bool
    sensor: str
    lone: bool = False


@dataclass(frozen=True, slots=True)
class ReportState:
    """The 119 report of one episode.

    ``repeat`` is the repeat that is under way or was last accepted; ``waiting`` whether it is still
    to be accepted; ``next_s`` when the next one is due (None: no more). ``silences`` counts
    attempts that may have been sent, ``unreached`` says that people were told that 119 may not
    know.
    """

    episode: int
    origin: Origin
    began_s: float
    setpoint_mm: float
    repeat: int = 0
    waiting: bool = False
    next_s: float | None = None
    accepted: int = 0
    unreached: bool = False
    acknowledged: bool = False
    withheld: bool = False
    reason: str = ""
    silences: int = 0


@dataclass(frozen=True, slots=True)
class Incident:
    """From the first level above normal, or a press of the bell, until normal and unlatched.

    ``reported_mm`` is the depth of the last episode: 100 mm more begins another one.
    """

    id: str
    opened_s: float
    latched: Level = Level.NORMAL
    bell: bool = False
    pressed_s: float | None = None
    episode: int = 0
    alerts: int = 0
    peak_mm: float | None = None
    reported_mm: float | None = None
    zone: str | None = None
    acknowledged: bool = False
    deeper_since_s: float | None = None
    recedings: int = 0
    normal_since_s: float | None = None
    wet_alert: frozenset[str] = frozenset()
    wet_danger: frozenset[str] = frozenset()
    reports: tuple[ReportState, ...] = ()
    contested: tuple[str, ...] = ()
    unopposed_s: float | None = None  # since when nothing has spoken against the contested ones
    danger_zones: frozenset[str] = frozenset()  # zones whose danger has begun an episode
    crest_mm: float | None = None  # the deepest since the level last rose
    blind_since: tuple[tuple[str, float], ...] = ()  # zones blind for danger, and since when
    # Zones of which people were told to go and look, and since when they see again (None: blind).
    drowned_told: tuple[tuple[str, float | None], ...] = ()
    drowned_tellings: int = 0
    drowned: frozenset[str] = frozenset()  # zones that count as danger though nothing sees them
    service: bool = False  # born in a technician's service: what its water causes goes no further


@dataclass(frozen=True, slots=True)
class Service:
    """A technician is at work: what water causes goes to the technician only (design 4.9)."""

    until_s: float
    by: str
    warned: bool = False


@dataclass(frozen=True, slots=True)
class Drill:
    """An exercise under way; forgotten at a restart (design 4.9)."""

    stage: str
    until_s: float
    by: str
    contacts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Disarmed:
    """119 is not called until ``until_s`` (None: until it is armed again), though it should be."""

    since_s: float
    until_s: float | None
    by: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """A part of floodbell that is not well.

    Pending until its on-delay is over, then told (``raised_s``: when, ``texted_s``: when by text);
    over when it has been gone for the off-delay. ``since_s`` is when the fault began. ``gone_s`` is
    since when it has been good; after a restart it may lie ahead: good from then on unless seen
    before. ``unstable`` is one that was told as coming and going.
    """

    cause: str
    detail: str
    since_s: float
    raised_s: float | None = None
    texted_s: float | None = None
    gone_s: float | None = None
    unstable: bool = False

    @property
    def raised(self) -> bool:
        """Whether it was told and is not told as over."""
        return self.raised_s is not None


@dataclass(frozen=True, slots=True)
class Siren:
    """Whether it sounds: since when, and whether a person silenced it."""

    on: bool = False
    since_s: float | None = None
    silenced: bool = False
    cut_off: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """Everything the law remembers.

    ``report_not_before_s`` paces water reports after a start without a stored state: the journal
    tells that 119 accepted one in this boot, of an incident that nobody remembers (design 4.11).
    ``started_s`` is when the daemon began: for a moment its sensors may not have spoken yet.

    ``armed`` is whether a report may leave: the settings say so (``report_armed``) and nobody has
    disarmed it. ``remembered`` is what is known of sensors that have not spoken since the start.

    ``cleared_s`` are the causes whose troubles were told as over, and when: within the hour they
    may be told only once more. ``digested_s`` is when the last digest was made, if any was.
    ``self_tested_s`` is the same of the self-test, and ``self_test_s`` since when one waits to be
    accepted.

    ``modem_tests_s`` are the test texts that people asked for within the hour, the next of which is
    given up at ``modem_test_until_s``; like a drill they are forgotten at a restart.

    ``next_id`` is the id that the next incident will get: ids are random, so the caller refills it,
    and the law stays a function of its arguments.
    """

    sensors: Mapping[str, SensorState] = field(default_factory=dict)
    raising: tuple[Raising, ...] = ()
    level: Level = Level.NORMAL
    zone: str | None = None
    level_since_s: float = 0.0
    incident: Incident | None = None
    siren: Siren = Siren()
    troubles: Mapping[str, Trouble] = field(default_factory=dict)
    cleared_s: Mapping[str, float] = field(default_factory=dict)
    digested_s: float | None = None
    self_tested_s: float | None = None
    self_test_s: float | None = None
    armed: bool = False
    report_armed: bool = False
    disarmed: Disarmed | None = None
    service: Service | None = None
    drill: Drill | None = None
    modem_tests_s: tuple[float, ...] = ()
    modem_test_until_s: float | None = None
    remembered: Mapping[str, SensorState] = field(default_factory=dict)
    next_id: str = ""
    report_not_before_s: float = -INF
    started_s: float = -INF

    @property
    def undisputed(self) -> Level:
        """The level without a danger that only a contested contact speaks of (design 4.4)."""
        if self.level is Level.DANGER and self.incident is not None and self.incident.contested:
            return Level.ALERT
        return self.level

    def with_sensor(self, sensor_id: str, sensor: SensorState) -> State:
        """Return the state with one sensor replaced."""
        return replace(self, sensors={**self.sensors, sensor_id: sensor})

    def depth(self) -> tuple[float | None, bool, str | None]:
        """Return the deepest believable depth: mm, whether only a bound, sensor id."""
        best: tuple[float, bool, str] | None = None
        for sensor_id, sensor in self.sensors.items():
            if not sensor.health.votes or sensor.at_least_mm == -INF:
                continue
            bound = sensor.at_least_mm != sensor.below_mm
            if best is None or (sensor.at_least_mm, not bound) > (best[0], not best[1]):
                best = (sensor.at_least_mm, bound, sensor_id)
        return best if best else (None, False, None)

    def depth_of(self, zone_sensors: tuple[str, ...]) -> tuple[float | None, bool, str | None]:
        """As ``depth``, but among some sensors only."""
        few = {name: self.sensors[name] for name in zone_sensors if name in self.sensors}
        return replace(self, sensors=few).depth()
