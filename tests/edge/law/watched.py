"""A basement whose every step is checked against what the law promises (design 1 and 4).

The checks keep books of their own, made of nothing but the readings that went in: what the law
believes of itself is never asked to prove the law.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from math import inf, isfinite

from edge.effects import Effect, Notice, Purpose, Report, Sound
from edge.events import Attempted, Hand, Health, Outcome, Reading, Tick
from edge.law import due_s, memory
from edge.law.levels import Level
from edge.law.policy import SensorPolicy, ZonePolicy
from edge.law.state import State
from tests.edge.law.basement import DOOR_AND_FLOAT, ONE_SENSOR, Basement

THREE_SENSORS = replace(
    DOOR_AND_FLOAT,
    sensors={**DOOR_AND_FLOAT.sensors, "window": SensorPolicy("bedroom")},
    zones={**DOOR_AND_FLOAT.zones, "bedroom": ZonePolicy(("window",))},
)

TWO_OF_TWO = replace(
    ONE_SENSOR,
    sensors={
        "door": SensorPolicy("entrance"),
        "float": SensorPolicy("entrance", height_mm=150, two_wire=True),
    },
    zones={"entrance": ZonePolicy(("door", "float"), needed=2)},
)

TROUBLES = (Purpose.TROUBLE, Purpose.TROUBLE_CLEARED, Purpose.DIGEST)

LONGEST_RUN_S = memory.RESUME_WITHIN_S + 15.0
"""No wet run is older than this when it raises a level: the longest delay, and a restart."""

DEEP_MM = 100.0
"""A sensor that is lost in water this deep may have drowned (design 4.3)."""

MOST_READINGS = 40

STALE_AFTER_S = 5.0


@dataclass
class Watched(Basement):
    """Breaks the moment the law breaks a promise."""

    depths: dict[str, float] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    clear_since: dict[tuple[str, Level], float | None] = field(default_factory=dict)
    was_wet: dict[Level, set[str]] = field(default_factory=dict)
    wet_read_s: dict[Level, float] = field(default_factory=dict)
    deepest_mm: float = -inf
    asked: Counter[tuple[str, int]] = field(default_factory=Counter)
    keys: set[str] = field(default_factory=set)
    acknowledged: set[tuple[str, int]] = field(default_factory=set)
    resetting: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self.depths = dict.fromkeys(self.policy.sensors, 0.0)
        self.was_wet = {Level.ALERT: set(), Level.DANGER: set()}
        self.wet_read_s = {Level.ALERT: -inf, Level.DANGER: -inf}

    # What happens

    def event(self, event: object) -> None:
        before = self.state
        if isinstance(event, Reading):
            self._book(event)
        super().event(event)
        self._judge_levels(before)

    def _took(self, effects: tuple[Effect, ...]) -> None:
        self._judge_effects(effects)
        super()._took(effects)
        self._judge_deadline()

    def water(self, depth_mm: float, rate_mm_s: float, hold_s: float, sensors: list[str]) -> None:
        """Let it rise or fall at some of the sensors, and stand."""
        rising_s = max(abs(depth_mm - self.depths[name]) for name in sensors) / rate_mm_s
        began_s, from_mm = self.now_s, dict(self.depths)
        for span_s in (rising_s, hold_s):
            end_s, interval_s = self.now_s + span_s, max(self.interval_s, span_s / MOST_READINGS)
            while self.now_s < end_s:
                self.wait(min(interval_s, max(end_s - self.now_s, 0.05)))
                share = min(1.0, (self.now_s - began_s) / rising_s) if rising_s else 1.0
                for name in sensors:
                    self.depths[name] = from_mm[name] + share * (depth_mm - from_mm[name])
                self.read_all()

    def read_all(self) -> None:
        """Every sensor that is not lost says what it sees."""
        for name, sensor in self.policy.sensors.items():
            if name in self.lost:
                continue
            depth_mm, height_mm = self.depths[name], sensor.height_mm
            if height_mm is None:
                self.read(name, depth_mm)
            elif depth_mm >= height_mm:
                self.bound(name, height_mm)
            else:
                self.bound(name, -inf, height_mm)

    def wait(self, seconds: float) -> None:
        """Let time pass; the law is called whenever it asked to be."""
        end_s = self.now_s + seconds
        while (due := due_s(self.state, self.policy)) <= end_s:
            self.now_s = max(self.now_s, due)
            self.event(Tick())
        self.now_s = end_s

    def silence(self, seconds: float) -> None:
        """Nothing reads for a while; conditioning says so when the sensors' deadline is over."""
        self.wait(min(seconds, STALE_AFTER_S))
        if seconds > STALE_AFTER_S:
            for name in self.policy.sensors.keys() - self.lost:
                self.lose(name)
            self.wait(seconds - STALE_AFTER_S)
        self.read_all()

    def lose_sensor(self, sensor: str, health: Health) -> None:
        self.lost.add(sensor)
        self.lose(sensor, health)

    def drown(self, sensor: str, bound_mm: float) -> None:
        """Water in the blind zone: a bound, suspect."""
        self.event(Reading(sensor, bound_mm, inf, Health.SUSPECT, "too near"))

    def answer(self, outcome: Outcome) -> None:
        """The modem says what became of every report that waits."""
        incident = self.state.incident
        for report in incident.reports if incident else ():
            if incident and report.waiting:
                key = f"{incident.id}/{report.episode}/report/119/{report.repeat}/1"
                self.event(Attempted(key, "modem", outcome, "as the test says"))

    def hand(self, hand: Hand, *, local: bool = True) -> str:
        before = self.state
        if hand is Hand.ACK and local and before.incident:
            self.acknowledged |= {(before.incident.id, r.episode) for r in before.incident.reports}
        self.resetting = hand is Hand.RESET
        refusal = super().hand(hand, local=local)
        self._judge_levels(before)
        self.resetting = False
        return refusal

    def restart(self, gap_s: float | None = 1.0) -> None:
        before = self.state
        self.clear_since.clear()
        super().restart(gap_s)
        assert self.state.level is before.level, "a restart never lowers a level"
        assert _id(self.state) == _id(before), "nor drops an incident"

    # What is promised

    def _book(self, reading: Reading) -> None:
        switch = self.policy.sensors[reading.sensor_id].switch
        for level in (Level.ALERT, Level.DANGER):
            setpoint = self.policy.setpoint(level)
            clear_mm = setpoint.mm if switch else setpoint.mm - setpoint.deadband_mm
            place = (reading.sensor_id, level)
            if not reading.health.votes or reading.below_mm > clear_mm:
                self.clear_since[place] = None
            elif self.clear_since.get(place) is None:
                self.clear_since[place] = self.now_s
            if reading.health.votes:
                self.deepest_mm = max(self.deepest_mm, reading.at_least_mm)
            if reading.health.votes and reading.at_least_mm >= setpoint.mm:
                self.wet_read_s[level] = self.now_s
                if self.state.level >= level:
                    self.was_wet[level].add(reading.sensor_id)

    def _judge_levels(self, before: State) -> None:
        after = self.state
        if after.level > before.level:
            fresh = self.now_s - self.wet_read_s[after.level] <= LONGEST_RUN_S
            assert fresh or self._drowned(), f"{after.level.word} without water"
        if after.level < before.level and not self.resetting:
            for level in (Level.ALERT, Level.DANGER):
                if after.level < level <= before.level:
                    self._judge_fall(level)
        for level in (Level.ALERT, Level.DANGER):
            if after.level < level:
                self.was_wet[level].clear()
        if after.incident is not None and before.incident is None:
            fresh = self.now_s - self.wet_read_s[Level.ALERT] <= LONGEST_RUN_S
            assert fresh or after.incident.bell, "an incident on a dry floor"

    def _drowned(self) -> bool:
        """Whether danger comes of a sensor that was lost in deep water (design 4.3)."""
        incident = self.state.incident
        return incident is not None and bool(incident.drowned) and self.deepest_mm >= DEEP_MM

    def _judge_fall(self, level: Level) -> None:
        off_delay_s = self.policy.setpoint(level).off_delay_s
        for sensor in self.was_wet[level]:
            since_s = self.clear_since.get((sensor, level))
            assert since_s is not None, f"{level.word} left while {sensor} did not read clear"
            assert self.now_s - since_s >= off_delay_s - 1e-6, f"{level.word} left too early"

    def _judge_effects(self, effects: tuple[Effect, ...]) -> None:
        told = [i for i, e in enumerate(effects) if isinstance(e, (Notice, Report))]
        rang = [i for i, e in enumerate(effects) if isinstance(e, Sound) and e.siren]
        for place, effect in enumerate(effects):
            if isinstance(effect, Report):
                self._judge_report(effect)
            elif isinstance(effect, Notice) and effect.purpose not in TROUBLES:
                assert self.state.incident is not None, "told on a dry floor"
                assert effect.incident == self.state.incident.id
                if effect.purpose in (Purpose.DANGER, Purpose.BELL):
                    assert rang, "people are told of danger and nothing sounds"
                    assert rang[0] < min(told), "the siren comes first"
                    assert place > rang[0]

    def _judge_report(self, report: Report) -> None:
        incident = self.state.incident
        assert self.state.armed, "a report while unarmed"
        assert incident is not None
        if report.origin == "water":
            seen = isfinite(self.wet_read_s[Level.DANGER])
            assert seen or self._drowned(), "a report without water"
            assert incident.latched is Level.DANGER
        else:
            assert incident.bell, "a bell report without the bell"
        episode = (report.incident, report.episode)
        self.asked[episode] += 1
        assert self.asked[episode] <= self.policy.report.repeats
        assert report.key not in self.keys, "the same report was asked for twice"
        self.keys.add(report.key)
        if episode in self.acknowledged:
            assert report.repeat == 1, "a repeat after an acknowledgement on the device"

    def _judge_deadline(self) -> None:
        """What is due now is done by one more call: the loop never spins."""
        if due_s(self.state, self.policy) <= self.now_s:
            super().event(Tick())
            assert due_s(self.state, self.policy) > self.now_s, "due for ever"

    def judge_memory(self) -> None:
        """What is written down is JSON, and read back it is the same."""
        stored = json.loads(json.dumps(memory.dump(self.state, self.now_s), allow_nan=False))
        loaded, _ = memory.load(stored, self.now_s, self.policy, gap_s=0.0)
        again = memory.dump(loaded, self.now_s)
        for key in ("level", "zone", "level_for_s", "incident"):
            assert again[key] == stored[key], key
        told = [
            [t for t in form["troubles"] if t["raised_for_s"] is not None]
            for form in (stored, again)
        ]
        assert told[0] == told[1]
        assert {(r["zone"], r["level"]) for r in again["raising"]} == {
            (r["zone"], r["level"]) for r in stored["raising"]
        }


def _id(state: State) -> str | None:
    return state.incident.id if state.incident else None
