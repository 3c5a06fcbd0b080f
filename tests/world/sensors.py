"""The sensors of a simulated home: what each of them says of a true depth, and when it lies.

Owns the error models and what a fault makes of them. Invariant: what a probe says is within its
error model of the truth, or a fault is standing; ``working`` tells which, and is never told to the
device. Whether a sensor can decide a setpoint is not asked here: policies know that.

Sources: A02YYUW 30 to 4500 mm, ten frames a second (DFRobot wiki SEN0311, domain 4.1); ±3 mm and 1
reading in 100 bad (FloodNet, domain 1.5); speed of sound 331.3 + 0.606·T m/s (domain 4.1); a float
switch has its own hysteresis, and a normally closed one reads a cut wire as water (domain 4.2).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf, pi, sin
from random import Random

from edge.events import Echoed, Measured, SensorFailed
from tests.world.faults import FAULTS_OF, Fault, FaultKind, Kind

__all__ = ["FAULTS_OF", "Fault", "FaultKind", "Fitting", "Kind", "Probe", "Raw"]

Raw = Echoed | Measured | SensorFailed

DAY_S = 86400.0
YEAR_S = 365 * DAY_S

BLIND_ZONE_MM = 30
FARTHEST_MM = 4500
NOISE_MM = 3.0
BAD_FRAME = 0.01
SWITCH_HYSTERESIS_MM = 4.0
ASSUMED_AIR_C = 20.0
WORKING_WITHIN_MM = 20.0
"""A sensor farther from the truth than this does not count as working: a whole alert setpoint."""

_POOL = 12
"""Usual samples at one range: enough that none is the same value for ever."""


@dataclass(frozen=True, slots=True)
class Fitting:
    """One sensor as it is fitted; ``height_mm`` is its face's, or where a float lifts.

    ``drowned`` is what an ultrasonic sensor does under water: ``too near`` for as long as it is
    there, ``silent`` or ``wild``. ``swing_c`` is how far the air strays from 20 °C over a year
    where that is not compensated; ``drift_mm_year`` grows from the beginning.
    """

    kind: Kind
    zone: str
    height_mm: float = 0.0
    sample_interval_s: float = 1.0
    frames: int = 5
    drowned: str = "too near"
    swing_c: float = 0.0
    drift_mm_year: float = 0.0


class Probe:
    """One sensor of the home; sampled with time that never goes back."""

    def __init__(
        self, sensor_id: str, fitting: Fitting, random: Random, faults: Iterable[Fault] = ()
    ) -> None:
        self.sensor_id = sensor_id
        self.fitting = fitting
        self.faults = tuple(
            sorted((f for f in faults if f.sensor == sensor_id), key=lambda f: f.begins_s)
        )
        self._random = random
        self._fault: Fault | None = None
        self._fault_from_s = self._fault_until_s = -inf
        self._stuck: Raw | None = None
        self._lifted = False
        self._exact = not fitting.swing_c and not fitting.drift_mm_year
        self._rare = 1.0 - (1.0 - BAD_FRAME) ** fitting.frames
        self._pools: dict[int, tuple[Echoed, ...]] = {}
        self._wet = Measured(sensor_id, fitting.height_mm, inf)
        self._dry = Measured(sensor_id, -inf, fitting.height_mm)
        self._silent = SensorFailed(sensor_id, "silent for 1.5 s; cable?", silent=True)
        self._no_echo = SensorFailed(sensor_id, "no echo")

    # The truth, for those who judge

    def fault_at(self, t_s: float) -> Fault | None:
        """Return the fault that stands at any time: the sampling does not notice being asked."""
        return next((f for f in self.faults if f.begins_s <= t_s < f.ends_s), None)

    def error_mm(self, t_s: float, depth_mm: float = 0.0) -> float:
        """Return how much too deep it reads, noise aside; 0 for a float.

        Warm air carries the echo home early: 17.6 mm in a metre of air for 10 °C (domain 4.1).
        """
        fitting = self.fitting
        error_mm = fitting.drift_mm_year * t_s / YEAR_S
        if fitting.swing_c:
            warmer_c = self.air_celsius(t_s) - ASSUMED_AIR_C
            gap_mm = max(0.0, fitting.height_mm - depth_mm)
            error_mm += gap_mm * 0.606 * warmer_c / (331.3 + 0.606 * ASSUMED_AIR_C)
        fault = self.fault_at(t_s)
        if fault is None or fault.kind not in (FaultKind.DRIFT, FaultKind.KNOCKED):
            return error_mm
        if fault.kind is FaultKind.KNOCKED:
            return error_mm - fault.amount_mm
        share = (t_s - fault.begins_s) / (fault.ends_s - fault.begins_s)
        return error_mm + share * fault.amount_mm

    def air_celsius(self, t_s: float) -> float:
        """Return the temperature of the air under a sensor that does not feel it."""
        season = sin(2 * pi * t_s / YEAR_S) + 0.25 * sin(2 * pi * t_s / DAY_S)
        return ASSUMED_AIR_C + self.fitting.swing_c * season / 1.25

    def working(self, t_s: float, depth_mm: float = 0.0) -> bool:
        """Whether it reads the truth within 20 mm: plugged, not stuck, and not under water.

        A sensor whose face the water has come near still tells a bound that is true. A float works
        if it turns over at its height.
        """
        fault = self.fault_at(t_s)
        if fault is not None and fault.kind not in (FaultKind.DRIFT, FaultKind.KNOCKED):
            return False
        fitting = self.fitting
        if fitting.kind is Kind.ULTRASONIC and depth_mm >= fitting.height_mm:
            return fitting.drowned == "too near"
        return abs(self.error_mm(t_s, depth_mm)) <= WORKING_WITHIN_MM

    # What it says

    def sample(self, t_s: float, depth_mm: float) -> Raw:
        """Return what its driver would put into the inbox.

        Args:
            t_s: Now; never less than in the last call.
            depth_mm: What is under it: the true depth, or what a disturbance shows.
        """
        if not self._fault_from_s <= t_s < self._fault_until_s:
            self._look_up(t_s)
        if self._fault is not None:
            return self._faulty(self._fault, t_s, depth_mm)
        return self._sees(t_s, depth_mm)

    def _look_up(self, t_s: float) -> None:
        """Find the fault that stands now, and until when that is so."""
        self._fault, self._stuck = None, None
        self._fault_from_s, self._fault_until_s = t_s, inf
        for fault in self.faults:
            if fault.begins_s <= t_s < fault.ends_s:
                self._fault, self._fault_from_s = fault, fault.begins_s
                self._fault_until_s = fault.ends_s
                return
            if fault.begins_s > t_s:
                self._fault_until_s = fault.begins_s
                return

    def _sees(self, t_s: float, depth_mm: float) -> Raw:
        kind = self.fitting.kind
        if kind is Kind.FLOAT:
            return self._floats(depth_mm)
        seen_mm = depth_mm
        if self._fault is not None or not self._exact:
            seen_mm += self.error_mm(t_s, depth_mm)
        if kind is Kind.PRESSURE:
            level_mm = round(min(seen_mm, 5000.0) + self._random.uniform(-1.0, 1.0), 1)
            return Measured(self.sensor_id, level_mm, level_mm)
        if depth_mm >= self.fitting.height_mm and depth_mm < inf:
            return self._drowned()
        return self._ranges(self.fitting.height_mm - seen_mm)

    def _floats(self, depth_mm: float) -> Measured:
        fallen_mm = self.fitting.height_mm - (SWITCH_HYSTERESIS_MM if self._lifted else 0.0)
        self._lifted = depth_mm >= fallen_mm
        return self._wet if self._lifted else self._dry

    def _drowned(self) -> Raw:
        if self.fitting.drowned == "silent":
            return self._silent
        if self.fitting.drowned == "wild":
            return self._wild()
        return self._ranges(0.0)

    def _ranges(self, range_mm: float) -> Raw:
        """Gather the frames of one interval; the usual ones are drawn from a pool made once."""
        if range_mm < BLIND_ZONE_MM + NOISE_MM + 1 or range_mm > FARTHEST_MM - NOISE_MM - 1:
            return self._frames(range_mm, NOISE_MM, BAD_FRAME)
        chance = self._random.random()
        if chance < self._rare:
            first_bad = self._random.randrange(self.fitting.frames)
            return self._frames(range_mm, NOISE_MM, BAD_FRAME, first_bad)
        near_mm = round(range_mm)
        pool = self._pools.get(near_mm)
        if pool is None:
            drawn = (self._frames(near_mm, NOISE_MM, 0.0) for _ in range(_POOL))
            pool = self._pools[near_mm] = tuple(e for e in drawn if isinstance(e, Echoed))
        return pool[int((chance - self._rare) / (1.0 - self._rare) * _POOL)]

    def _frames(self, range_mm: float, noise_mm: float, bad: float, first_bad: int = -1) -> Raw:
        """Return frames round a range: those of the blind zone are counted, lost ones are lost.

        ``bad`` is how likely a frame is bad that comes after ``first_bad``, which surely is.
        """
        random = self._random
        ranges_mm: list[int] = []
        too_near = 0
        for i in range(self.fitting.frames):
            seen_mm = range_mm + random.triangular(-noise_mm, noise_mm)
            if i == first_bad or (bad and i > first_bad and random.random() < bad):
                seen_mm = random.choice((0.0, random.uniform(0.0, max(range_mm, 31.0)), 2e3, 6e3))
            if seen_mm <= BLIND_ZONE_MM + 0.5:
                too_near += 1
            elif seen_mm <= FARTHEST_MM:
                ranges_mm.append(int(seen_mm + 0.5))
        if not ranges_mm and not too_near:
            return self._no_echo
        return Echoed(self.sensor_id, tuple(ranges_mm), too_near)

    def _wild(self) -> Raw:
        anywhere_mm = self._random.uniform(0.0, 1.5 * FARTHEST_MM)
        return self._frames(anywhere_mm, 0.5 * FARTHEST_MM, 0.3)

    def _faulty(self, fault: Fault, t_s: float, depth_mm: float) -> Raw:
        said = self._out_of_order(fault)
        if said is not None:
            return said
        if fault.kind is FaultKind.NOISE:
            return self._frames(self.fitting.height_mm - depth_mm, fault.amount_mm, 0.2)
        if fault.kind is not FaultKind.STUCK:
            return self._sees(t_s, depth_mm)
        if self._stuck is None:
            self._stuck = self._sees(t_s, depth_mm)
        return self._stuck

    def _out_of_order(self, fault: Fault) -> Raw | None:
        """Return what a fault says whatever the water does, or None."""
        match fault.kind:
            case FaultKind.UNPLUGGED:
                return self._silent
            case FaultKind.FAULTED:
                return self._no_echo
            case FaultKind.CUT | FaultKind.STUCK_WET:
                return self._wet
            case FaultKind.SHORT | FaultKind.STUCK_DRY:
                return self._dry
            case FaultKind.TOO_NEAR:
                return Echoed(self.sensor_id, (), self.fitting.frames)
            case FaultKind.WILD:
                return self._wild()
            case _:
                return None
