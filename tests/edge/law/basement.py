"""A basement for the law alone: sensors, water and people on a virtual clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import inf

from edge.effects import Effect, Log, Notice, Purpose, Report, Sound, Withdraw
from edge.events import (
    Armed,
    Attempted,
    BellPressed,
    Hand,
    Handled,
    Health,
    Outcome,
    Reading,
    Tick,
    TroubleGone,
    TroubleSeen,
)
from edge.law import due_s, memory, step
from edge.law.hands import handle
from edge.law.levels import Level, Setpoint
from edge.law.policy import Policy, Role, SensorPolicy, ZonePolicy
from edge.law.state import State

PEOPLE = {
    "mother": Role.GUARDIAN,
    "home": Role.RESIDENT,
    "kim": Role.PARTNER,
    "office": Role.OFFICE,
    "tech": Role.TECHNICIAN,
}

ONE_SENSOR = Policy(
    alert=Setpoint(Level.ALERT, 20, 5, 5, 600),
    danger=Setpoint(Level.DANGER, 150, 20, 3, 1800),
    sensors={"door": SensorPolicy("entrance")},
    zones={"entrance": ZonePolicy(("door",))},
    contacts=PEOPLE,
)

DOOR_AND_FLOAT = replace(
    ONE_SENSOR,
    sensors={
        "door": SensorPolicy("entrance"),
        "float": SensorPolicy("entrance", height_mm=20, two_wire=True),
    },
    zones={"entrance": ZonePolicy(("door", "float"))},
)

DOOR_AND_WINDOW = replace(
    ONE_SENSOR,
    sensors={"door": SensorPolicy("entrance"), "window": SensorPolicy("bedroom")},
    zones={"entrance": ZonePolicy(("door",)), "bedroom": ZonePolicy(("window",))},
)

WITH_HIGH_CONTACT = replace(
    ONE_SENSOR,
    sensors={
        "door": SensorPolicy("entrance"),
        "high": SensorPolicy("entrance", height_mm=150, two_wire=True),
    },
    zones={"entrance": ZonePolicy(("door", "high"))},
)

Depth = Callable[[float], float]

CALM_S = 100.0
"""So long after a change, and before the next, every reading is given."""


@dataclass
class Basement:
    """Drives the law; remembers every effect with its time."""

    policy: Policy = ONE_SENSOR
    interval_s: float = 0.2
    accepts: bool = True
    state: State = field(default_factory=lambda: State(armed=True, report_armed=True))
    now_s: float = 1000.0
    ids: int = 0
    effects: list[tuple[float, Effect]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._refill()

    def event(self, event: object) -> None:
        """Let something happen now; an accepting 119 answers at once."""
        self.state, effects = step(self.state, event, self.now_s, self.policy)  # type: ignore[arg-type]
        self._took(effects)

    def _took(self, effects: tuple[Effect, ...]) -> None:
        self._refill()
        for effect in effects:
            self.effects.append((self.now_s, effect))
            if isinstance(effect, Report) and self.accepts:
                self.event(Attempted(effect.key, "modem", Outcome.ACCEPTED, reference=1))

    def _refill(self) -> None:
        if not self.state.next_id:
            self.ids += 1
            self.state = replace(self.state, next_id=f"i{self.ids}")

    def read(self, sensor: str, depth_mm: float) -> None:
        self.event(Reading(sensor, depth_mm, depth_mm, Health.GOOD))

    def bound(self, sensor: str, at_least_mm: float, below_mm: float = inf) -> None:
        self.event(Reading(sensor, at_least_mm, below_mm, Health.GOOD))

    def lose(self, sensor: str, health: Health = Health.STALE) -> None:
        self.event(Reading(sensor, -inf, inf, health, "no frame"))

    def run(self, seconds: float, **depths: Depth | float | None) -> None:
        """Let time pass with readings; None is a sensor that says nothing.

        Where nothing changes, one reading a second is as good as five.
        """
        end_s = self.now_s + seconds
        began_s = self.now_s
        changing = any(callable(depth) for depth in depths.values())
        while self.now_s < end_s - 1e-9:
            calm = not changing and began_s + CALM_S < self.now_s < end_s - CALM_S
            interval_s = max(self.interval_s, 1.0) if calm else self.interval_s
            self.now_s = round(self.now_s + interval_s, 6)
            for sensor, depth in depths.items():
                if depth is not None:
                    at = depth(self.now_s - began_s) if callable(depth) else depth
                    self.read(sensor, at)
            if due_s(self.state, self.policy) <= self.now_s:
                self.event(Tick())

    def flood(self, to_mm: float = 200.0, rate_mm_s: float = 10.0, sensor: str = "door") -> None:
        """Let water rise at a believable rate, and stand for a while."""
        self.run(2, **{sensor: 0.0})
        self.run(to_mm / rate_mm_s, **{sensor: lambda t: min(to_mm, rate_mm_s * t)})
        self.run(15, **{sensor: to_mm})

    def press(self) -> None:
        self.event(BellPressed())

    def hand(self, hand: Hand, *, local: bool = True) -> str:
        return self.ask(hand, local=local)

    def ask(
        self,
        hand: Hand,
        minutes: float | None = None,
        *,
        local: bool = True,
        stage: str = "",
        contacts: tuple[str, ...] = (),
    ) -> str:
        """Let a person do something; return why it was refused, if it was."""
        out: list[Effect] = []
        handled = Handled(hand, "tester", local, minutes, stage, contacts)
        self.state, refusal = handle(self.state, handled, self.now_s, self.policy, out)
        self._took(tuple(out))
        return refusal

    def arm(self, armed: bool) -> None:
        self.event(Armed(armed, "test"))

    def trouble(self, cause: str, detail: str = "broken") -> None:
        self.event(TroubleSeen(cause, detail))

    def mend(self, cause: str) -> None:
        self.event(TroubleGone(cause))

    def restart(self, gap_s: float | None = 1.0) -> None:
        """Kill the process and take up what was stored; None is a power cut."""
        stored = memory.dump(self.state, self.now_s)
        armed = self.state.armed
        self.now_s += gap_s if gap_s is not None else 30.0
        self.state, effects = memory.load(stored, self.now_s, self.policy, gap_s=gap_s)
        self.state = replace(self.state, armed=armed)
        self._took(effects)

    def stands_at(self, level: Level) -> bool:
        return self.state.level is level

    @property
    def reports(self) -> list[tuple[float, Report]]:
        return [(t, e) for t, e in self.effects if isinstance(e, Report)]

    def notices(self, purpose: Purpose) -> list[Notice]:
        return [e for _, e in self.effects if isinstance(e, Notice) and e.purpose is purpose]

    def told(self, purpose: Purpose) -> set[str]:
        return {name for notice in self.notices(purpose) for name in notice.contacts}

    def logs(self, kind: str) -> list[Log]:
        return [e for _, e in self.effects if isinstance(e, Log) and e.type == kind]

    def withdrawn(self) -> list[Withdraw]:
        return [e for _, e in self.effects if isinstance(e, Withdraw)]

    def sounds(self) -> list[Sound]:
        return [e for _, e in self.effects if isinstance(e, Sound)]
