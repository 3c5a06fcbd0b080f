"""How fast the law is by itself, and how fast whole devices can be lived through in simulation."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time

from edge.events import Health, Reading
from edge.law import step
from edge.law.levels import Level, Setpoint
from edge.law.policy import Policy, SensorPolicy, ZonePolicy
from edge.law.state import State
from tests.bench.figures import Measured, Row
from tests.bench.session import ROOT, Session

ROWS = (
    Row("the law: calls of step() a second", more_is_better=True),
    Row("simulated device-years a minute, one core", more_is_better=True),
)
_POLICY = Policy(
    alert=Setpoint(Level.ALERT, 20, 5, 5, 600),
    danger=Setpoint(Level.DANGER, 150, 20, 3, 1800),
    sensors={"door": SensorPolicy("entrance")},
    zones={"entrance": ZonePolicy(("door",))},
    contacts={},
)


def measure(session: Session) -> list[Measured]:
    """Nothing to compare with: no bare loop decides anything."""
    runs, plan = range(session.plan.runs), session.plan
    return [
        Measured(ROWS[0], [_steps_a_second(plan.steps) for _ in runs]),
        Measured(ROWS[1], [_years_a_minute(plan.years) for _ in runs]),
    ]


def _steps_a_second(count: int) -> float:
    """Readings of a floor that is wet by a few millimetres, ten a second."""
    state = State(next_id="x")
    began_s = time.perf_counter()
    for number in range(count):
        depth_mm = float(number & 3)
        reading = Reading("door", depth_mm, depth_mm, Health.GOOD)
        state, _ = step(state, reading, number * 0.1, _POLICY)
    return count / (time.perf_counter() - began_s)


def _years_a_minute(years: int) -> float:
    """``make world`` with one process, its start left out: it says itself how long it took."""
    said = subprocess.run(
        [sys.executable, "-m", "tests.world", "--processes", "1", "--years", str(years)],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = re.search(r"([\d.]+) a minute", said)
    assert found, said
    return float(found[1])
