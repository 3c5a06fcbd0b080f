"""One seeded schedule: water, cats, mops and presses, with faults at random instants woven in.

Two things go on side by side: the story (what is true in the home) and the faults. Each has its own
random numbers from the seed, so that the story is the same however long a fault took to do.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Final

from drivers.errors import DriverError
from tests.torture.faults.befalling import FAULTS, STANDING, Fault, Lift
from tests.torture.faults.promises import WITHIN_S, longest_clear_s, told_s
from tests.torture.faults.record import (
    BELL,
    SENSORS,
    WATER,
    Origin,
    Spell,
    Standing,
    speaks_of_danger,
)
from tests.torture.faults.tortured_home import ALERT_MM, DANGER_MM, Home

HOLD_S: Final = 0.7
_HEARD_S: Final = 45.0
_SETTLED_S: Final = 150.0
_TICK_S: Final = 0.05


@dataclass(frozen=True)
class Plan:
    """How much of everything."""

    floods: int = 2
    fault_every_s: float = 4.0
    quiet_s: float = 8.0
    standing: bool = True
    only: tuple[str, ...] = ()  # names of faults; all, if empty

    @staticmethod
    def of(seed: int) -> Plan:
        """The plan of a seed."""
        random = Random(f"plan {seed}")
        return Plan(
            floods=random.choice((1, 1, 2, 2)),
            fault_every_s=random.choice((1.5, 3.0, 6.0)),
            quiet_s=random.uniform(4.0, 12.0),
            standing=random.random() < 0.5,
        )


class Weaver:
    """Does faults at random instants, and lifts them."""

    def __init__(self, home: Home, seed: int, plan: Plan) -> None:
        self._home = home
        self._random = Random(f"faults {seed}")
        self._every_s = plan.fault_every_s
        self._faults = [one for one in FAULTS if not plan.only or one.name in plan.only]
        self._standing: list[tuple[float, Fault, Lift, Spell]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="faults", daemon=True)
        self.count = 0
        self.failed: list[str] = []
        self.story: list[str] = []

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """No more of them; all are lifted."""
        self._stop.set()
        self._thread.join(60.0)
        while self._standing:
            self._lift_one(self._standing.pop(0))

    def _run(self) -> None:
        next_s = time.monotonic() + self._random.expovariate(1.0 / self._every_s)
        while not self._stop.wait(_TICK_S):
            now_s = time.monotonic()
            for one in [one for one in self._standing if one[0] <= now_s]:
                self._standing.remove(one)
                self._lift_one(one)
            if now_s >= next_s:
                self._begin_one()
                next_s = time.monotonic() + self._random.expovariate(1.0 / self._every_s)

    def _begin_one(self) -> None:
        weights = [one.weight for one in self._faults]
        fault = self._random.choices(self._faults, weights)[0]
        lasts_s = self._random.uniform(0.05, fault.longest_s)
        busy = {one.part for _, one, _, _ in self._standing}
        blind = {"door", "window"} & busy if fault.part in ("door", "window") else set()
        if fault.part in busy or blind:
            return  # one sensor at a time: with both gone nothing is promised
        now_s = time.monotonic()
        spell = Spell(fault.name, fault.hits, now_s, None, fault.grace_s)
        if fault.hits == SENSORS:
            spell.hits = f"one of the {SENSORS}"  # the other sees: no excuse
        self._home.record.spells.append(spell)
        self._note(f"{fault.name} for {lasts_s:.1f} s")
        try:
            lift = fault.begin(self._home, self._random)
        except Exception as error:  # noqa: BLE001 - a fault that cannot be done is told, not raised
            self.failed.append(f"{fault.name}: {error!r}")
            spell.end_s = time.monotonic()
            return
        self.count += 1
        self._standing.append((time.monotonic() + lasts_s, fault, lift, spell))

    def _lift_one(self, one: tuple[float, Fault, Lift, Spell]) -> None:
        _, fault, lift, spell = one
        try:
            lift()
        except Exception as error:  # noqa: BLE001 - as above
            self.failed.append(f"end of {fault.name}: {error!r}")
        spell.end_s = time.monotonic()

    def _note(self, words: str) -> None:
        self.story.append(f"{time.monotonic() - self._home.record.began_s:7.2f} s  {words}")


class Story:
    """What is true in the home."""

    def __init__(self, home: Home, seed: int, plan: Plan, note: Callable[[str], None]) -> None:
        self._home = home
        self._record = home.record
        self._random = Random(f"story {seed}")
        self._plan = plan
        self._note = note
        self._pause = threading.Event()

    def tell(self) -> None:
        """Live through all of it."""
        for number in range(self._plan.floods):
            self._quiet_time()
            if self._random.random() < (0.35 if number else 0.2):
                self._press()
            self._flood()
        if self._random.random() < 0.4:
            self._press()

    def _wait(self, seconds: float) -> None:
        self._pause.wait(seconds)

    def _quiet_time(self) -> None:
        end_s = time.monotonic() + self._plan.quiet_s
        while time.monotonic() < end_s:
            self._wait(self._random.uniform(0.5, 3.0))
            if self._random.random() < 0.6:
                self._disturbance()

    def _disturbance(self) -> None:
        """A cat, or a mop, under one of the sensors: shorter than what is alone must stand."""
        name = self._random.choice(("door", "window"))
        depth_mm = self._random.choice((300.0, 250.0, 200.0, 30.0))
        lasts_s = self._random.uniform(0.5, 1.2)
        self._note(f"a cat or a mop under {name}, {depth_mm:.0f} mm for {lasts_s:.1f} s")
        self._home.depths[name] = lambda: depth_mm
        self._wait(lasts_s)
        self._home.depths[name] = lambda: 0.0
        self._wait(2.5)

    def _flood(self) -> None:
        home, record = self._home, self._record
        top_mm = self._random.uniform(170.0, 215.0)
        rate_mm_s = self._random.choice((30.0, 80.0, 250.0, 400.0))
        began_s = time.monotonic()

        def depth() -> float:
            return min(top_mm, rate_mm_s * (time.monotonic() - began_s))

        if record.wet_s is None:
            record.wet_s = began_s + ALERT_MM / rate_mm_s
        origin = Origin(WATER, began_s + DANGER_MM / rate_mm_s)
        record.origins.append(origin)
        self._note(f"water rises to {top_mm:.0f} mm at {rate_mm_s:.0f} mm/s")
        for name in home.depths:
            home.depths[name] = depth
        self._until_reported(origin)
        self._until_told(origin)
        self._wait(self._random.uniform(0.0, 4.0))
        self._recede(origin, top_mm)

    def _until_reported(self, origin: Origin) -> None:
        """The water stands until 119 has heard, or has had all the time that it may take."""
        while True:
            self._record.texts = self._home.texts()
            if told_s(self._record, origin) is not None:
                return
            now_s = time.monotonic()
            if (
                now_s > origin.true_s
                and longest_clear_s(self._record, origin, now_s) > WITHIN_S + 3
            ):
                return
            self._wait(0.1)

    def _until_told(self, origin: Origin) -> None:
        end_s = time.monotonic() + _HEARD_S
        while time.monotonic() < end_s:
            texts = [
                t
                for t in self._home.texts()
                if t.at_s >= origin.true_s and speaks_of_danger(t.text)
            ]
            if {t.number for t in texts} >= set(self._record.phones):
                return
            self._wait(0.2)

    def _recede(self, origin: Origin, from_mm: float) -> None:
        began_s = time.monotonic()

        def depth() -> float:
            return max(0.0, from_mm - 120.0 * (time.monotonic() - began_s))

        self._note("the water falls")
        for name in self._home.depths:
            self._home.depths[name] = depth
        self._until_normal(8.0)
        if self._everybody_told(origin):
            with suppress(DriverError):
                self._home.ask("reset")
                self._note("reset by hand")
        origin.closed_s = time.monotonic()
        for name in self._home.depths:
            self._home.depths[name] = lambda: 0.0

    def _until_normal(self, within_s: float) -> None:
        end_s = time.monotonic() + within_s
        while time.monotonic() < end_s:
            with suppress(DriverError):
                if self._home.ask("status", 1.0)["stage"] == "normal":
                    return
            self._wait(0.2)

    def _everybody_told(self, origin: Origin) -> bool:
        texts = (t for t in self._home.texts() if t.at_s >= origin.true_s)
        told = {text.number for text in texts if speaks_of_danger(text.text)}
        return told >= set(self._record.phones)

    def _press(self) -> None:
        self._note("the bell is pressed")
        began_s = time.monotonic()
        origin = Origin(BELL, began_s + HOLD_S)
        self._record.origins.append(origin)
        self._home.press(True)
        self._wait(HOLD_S + self._random.uniform(0.4, 1.2))
        self._home.press(False)
        end_s = time.monotonic() + 12.0
        while time.monotonic() < end_s:
            self._record.texts = self._home.texts()
            if told_s(self._record, origin) is not None:
                break
            self._wait(0.1)


def leave_standing(home: Home, seed: int, note: Callable[[str], None], within_s: float) -> None:
    """Kill one part for good, and wait until the centre has heard of it."""
    random = Random(f"standing {seed}")
    cause, begin = STANDING[random.choice(sorted(STANDING))]
    one = Standing(cause, time.monotonic())
    home.record.standing.append(one)
    note(f"{cause} is dead for good")
    lift = begin(home, random)
    while time.monotonic() < one.begin_s + within_s and one.heard_s is None:
        home.hear()
        one.heard_s = home.knows_dead(cause, one.begin_s)
        threading.Event().wait(0.2)
    lift()
