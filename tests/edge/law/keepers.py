"""Keepers of a device, who write down what they are told of its troubles, and when."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from edge.effects import Log, Notice, Purpose
from edge.events import Tick
from edge.law import due_s, memory
from edge.law.state import Disarmed
from edge.law.wet_runs import WetRuns
from tests.edge.law.basement import Basement

HOUR_S = 3600.0
DAY_S = 86400.0

TOLD = (Purpose.TROUBLE, Purpose.TROUBLE_CLEARED)


@dataclass
class Keepers(Basement):
    """A basement whose keepers write down what they are told; time passes by the law's deadlines.

    What is stored is what the loop stores: at once what matters, the rest every 15 minutes.
    """

    began_s: float = 1000.0
    stored: tuple[float, dict[str, object]] = (0.0, {})
    wet_runs: WetRuns = field(default_factory=WetRuns)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.state = replace(self.state, started_s=self.now_s, report_armed=True)
        self._store()

    def event(self, event: object) -> None:
        before = self.state
        super().event(event)
        at_once = self.wet_runs.look(self.state, self.now_s)
        differs = at_once or memory.differs(before, self.state)
        if differs or self.now_s >= self.stored[0] + 900.0:
            self._store()

    def trouble(self, cause: str, detail: str = "broken") -> None:
        if cause == "unarmed":  # what is set by hand is remembered by itself
            disarmed = self.state.disarmed or Disarmed(self.now_s, None, "kim")
            self.state = replace(self.state, disarmed=disarmed)
        super().trouble(cause, detail)

    def mend(self, cause: str) -> None:
        if cause == "unarmed":
            self.state = replace(self.state, disarmed=None)
        super().mend(cause)

    def _store(self) -> None:
        self.stored = (self.now_s, memory.dump(self.state, self.now_s))
        self.wet_runs.stored(self.state)

    def wait(self, seconds: float) -> None:
        """Let time pass; the law is called whenever it asked to be."""
        end_s = self.now_s + seconds
        while (due := min(due_s(self.state, self.policy), self.stored[0] + 900.0)) <= end_s:
            self.now_s = max(self.now_s, due)
            self.event(Tick())
            assert due_s(self.state, self.policy) > self.now_s, "due for ever"
        self.now_s = end_s

    def crash(self, away_s: float = 1.0, *, power_cut: bool = False) -> None:
        """End the process, and take up what was stored last."""
        written_s, stored = self.stored
        self.now_s += away_s
        gap_s = None if power_cut else self.now_s - written_s
        self.state, effects = memory.load(stored, self.now_s, self.policy, gap_s=gap_s)
        self._took(effects)
        self._store()

    def told_of(self, cause: str) -> list[tuple[float, str]]:
        """When the keepers were texted about a cause, seconds since the beginning, and what."""
        return [
            (t - self.began_s, e.purpose.value + " unstable" * e.facts.unstable)
            for t, e in self.effects
            if isinstance(e, Notice) and e.purpose in TOLD and e.facts.cause == cause
        ]

    def logged(self, cause: str) -> list[tuple[float, str]]:
        """When the centre was told, and what."""
        return [
            (t - self.began_s, e.type + " unstable" * bool(e.fields["unstable"]))
            for t, e in self.effects
            if isinstance(e, Log) and e.fields.get("cause") == cause
        ]
