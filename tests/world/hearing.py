"""What an onlooker makes of the samples: each sensor's opinion, each zone's vote, who drowned.

Owns the rules of design 4.1 to 4.4 written a second time, on purpose, and as simply as they can be.
Invariant: nothing here is asked of conditioning or of the law; where they may know a little more
than a sample tells (whether one odd frame is a fault), both readings are allowed for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf

from edge.conditioning import Mounting
from edge.events import Measured, SensorFailed
from edge.law.levels import Level
from edge.law.policy import Policy
from tests.world.sensors import Raw

SLACK_S = 1e-3
FLOOR_TOLERANCE_MM = 30.0
ONE_SURFACE_MM = 20.0
LEVELS = (Level.ALERT, Level.DANGER)

TRUST_READINGS = 3
"""After so many wet readings a zone that falls silent is raised by the clock (design 4.4)."""

DEEP_MM = 100.0
DROWNED_AFTER_S = 60.0
"""A zone blind for so long, last seen at that depth or more and not falling (design 4.3)."""

NOT_FALLING_MM = 15.0
"""Readings of a still surface differ by noise and, on a coarse walk through time, by its slope."""

PAST_FLOOR_S = 1.5
"""A look past the floor may be a bad frame for so long (edge.conditioning)."""

UNCHANGED_S = 86400.0 - 1800.0
"""A day (design 4.3), less what restarts may forget of it: it is stored every 15 minutes."""


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


NOISE_MM = 5.0
"""Two readings of a still surface differ by up to so much."""


@dataclass(slots=True)
class Heard:
    """One sensor, as its samples have it.

    ``odd_s`` is since when its samples have told nothing, and ``gone_s`` when that must have made
    an end of its opinion (``opinion``); the device may have ended it from ``odd_s`` on.
    ``asked`` is whether this process has had a sample of it.
    ``clear_s`` is since when it has read clear of a level without a break, ``wet_s`` when it was
    last wet at it, ``changed_s`` when it last said something else than before.
    """

    at_least_mm: float = -inf
    below_mm: float = inf
    opinion: bool = False
    asked: bool = False
    heard_s: float = -inf
    odd_s: float | None = None
    gone_s: float = inf
    clear_s: dict[Level, float | None] = field(
        default_factory=lambda: {Level.ALERT: None, Level.DANGER: None}
    )
    wet_s: dict[Level, float] = field(
        default_factory=lambda: {Level.ALERT: -inf, Level.DANGER: -inf}
    )
    changed_s: float = -inf
    last_mm: float = -inf
    lately: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=90))

    def lose(self) -> None:
        """It has no opinion any more."""
        self.opinion = False
        self.at_least_mm, self.below_mm = -inf, inf
        self.clear_s = {Level.ALERT: None, Level.DANGER: None}

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
    """A stretch in which a zone was never dry at a level: since its first wet vote."""

    since_s: float
    samples: int = 0


class Hearing:
    """All sensors of a home, and what follows for its zones."""

    def __init__(self, policy: Policy, mountings: Mapping[str, Mounting]) -> None:
        self.policy = policy
        self.mountings = mountings
        self.heard = {name: Heard() for name in mountings}
        self.runs: dict[tuple[str, Level], Run] = {}
        self.up_s = 0.0

    def repeats(self, raw: Raw) -> bool:
        """Whether a sample says exactly what the last one of its sensor said."""
        found = bounds_of(raw, self.mountings[raw.sensor_id])
        heard = self.heard[raw.sensor_id]
        return found is not None and found == (heard.at_least_mm, heard.below_mm)

    def began(self, now_s: float) -> None:
        """A process has begun: nothing has been heard in it."""
        self.up_s = now_s
        for heard in self.heard.values():
            heard.lose()
            heard.asked, heard.gone_s, heard.heard_s = False, inf, -inf

    def forget_runs(self) -> None:
        """After a power cut, and after a minute in the dark, delays begin at zero (design 4.11)."""
        self.runs.clear()

    def sampled(self, raw: Raw, now_s: float) -> None:
        """A sample has gone in."""
        self.age(now_s)
        heard = self.heard[raw.sensor_id]
        heard.asked = True
        mounting = self.mountings[raw.sensor_id]
        found = bounds_of(raw, mounting)
        if found is None:
            self._odd(raw, heard, mounting, now_s)
            return
        if found[0] != heard.last_mm:
            heard.changed_s = now_s
        heard.at_least_mm, heard.below_mm = found
        heard.opinion, heard.heard_s = True, now_s
        heard.odd_s, heard.gone_s = None, inf
        heard.last_mm = found[0]
        if found[0] > -inf:
            heard.lately.append((now_s, found[0]))
        self._weigh(raw.sensor_id, heard, now_s)

    def _weigh(self, name: str, heard: Heard, now_s: float) -> None:
        """What a reading means at each level."""
        sensor = self.policy.sensors[name]
        for level in LEVELS:
            setpoint = self.policy.setpoint(level)
            clear_mm = setpoint.mm if sensor.switch else setpoint.mm - setpoint.deadband_mm
            if heard.below_mm > clear_mm:
                heard.clear_s[level] = None
            elif heard.clear_s[level] is None:
                heard.clear_s[level] = now_s
            wet = heard.at_least_mm >= setpoint.mm
            if wet:
                heard.wet_s[level] = now_s
            if wet or self.runs:
                self._run(sensor.zone, level, wet=wet, now_s=now_s)

    def _odd(self, raw: Raw, heard: Heard, mounting: Mounting, now_s: float) -> None:
        """A sample that tells nothing: at once the end of an opinion, or after a while."""
        if heard.odd_s is None:
            heard.odd_s = now_s
        if isinstance(raw, SensorFailed):
            spoke_s = max(heard.heard_s, self.up_s)
            gone_s = spoke_s + mounting.stale_after_s if raw.silent else now_s
        else:
            gone_s = heard.odd_s + PAST_FLOOR_S
        heard.gone_s = min(heard.gone_s, gone_s)
        self.age(now_s)

    def age(self, now_s: float) -> None:
        """End the opinions whose time is over."""
        for heard in self.heard.values():
            if heard.opinion and now_s >= heard.gone_s - SLACK_S:
                heard.lose()

    # Zones

    def _run(self, zone: str, level: Level, *, wet: bool, now_s: float) -> None:
        vote = self.vote(zone, level, now_s)
        run = self.runs.get((zone, level))
        if vote is False:
            if all(self.heard[n].asked for n in self.policy.zones[zone].sensors):
                self.runs.pop((zone, level), None)  # else who saw the water may yet say so
        elif wet and (run is not None or vote):
            self.runs.setdefault((zone, level), Run(now_s)).samples += 1

    def vote(self, zone: str, level: Level, now_s: float) -> bool | None:
        """Return whether a zone is wet at a level; None if it does not know.

        MooN among those with an opinion; M sinks to what is left, and what has said the very same
        for a day outvotes nobody (design 4.3). Who was odd a moment ago may have lost its vote:
        then its "wet" counts, and its "dry" does not.
        """
        mm = self.policy.setpoint(level).mm
        some = [self.heard[name] for name in self.policy.zones[zone].sensors]
        wet = sum(h.opinion and h.at_least_mm >= mm for h in some)
        dry = [h for h in some if h.opinion and h.odd_s is None and h.at_least_mm < mm]
        # While a zone is judged, noise round the setpoint is no opinion of a sensor that measures.
        dry = [h for h in dry if h.below_mm <= mm - NOISE_MM * (h.at_least_mm == h.below_mm)]
        needed = self.policy.zones[zone].needed
        alive = sum(now_s - h.changed_s < UNCHANGED_S for h in dry)
        if wet and wet >= min(needed, wet + alive):
            return True
        lost = sum(not h.opinion or h.odd_s is not None for h in some)
        if wet and wet + lost >= needed:
            return None
        return False if dry else None

    def held(self, zone: str, level: Level, now_s: float) -> bool:
        """Whether a zone has been wet for its on-delay, with no dry vote between (design 4.4).

        Wet at the end of it, or unknown after three wet samples: then the clock decides.
        """
        run = self.runs.get((zone, level))
        if run is None:
            return False
        if now_s - run.since_s < self.policy.setpoint(level).on_delay_s - SLACK_S:
            return False
        vote = self.vote(zone, level, now_s)
        return vote is True or (vote is None and run.samples >= TRUST_READINGS)

    def drowned(self, zone: str, now_s: float) -> bool:
        """Whether a zone has drowned.

        All that can decide danger lost for 60 s, one of them last at 100 mm or more and not
        falling.
        """
        self.age(now_s)
        able = self.able(zone)
        if not able or any(h.opinion for h in able):
            return False
        # A minute that was begun before a restart goes on after it.
        lost_s = max(inf if h.odd_s is None else h.odd_s for h in able)
        deep = any(h.last_mm >= DEEP_MM - SLACK_S and not h.falling for h in able)
        return deep and now_s >= lost_s + DROWNED_AFTER_S - SLACK_S

    def able(self, zone: str) -> list[Heard]:
        """Return the sensors of a zone that can decide danger."""
        policy = self.policy
        names = policy.zones[zone].sensors
        return [self.heard[n] for n in names if policy.sensors[n].decides(policy.danger.mm)]
