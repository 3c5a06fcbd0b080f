"""From the command to the first message at the broker."""

from __future__ import annotations

import time

from drivers.emulated.ranger import EmulatedA02yyuw
from tests.bells import Bell
from tests.bench.ear import Ear
from tests.bench.figures import Measured, Row
from tests.bench.session import Session, bare

ROWS = (Row("start → first publish, s", must=0.6, aim=0.45),)


def measure(session: Session) -> list[Measured]:
    """Both once unmeasured, so that all is compiled and in the cache; then in turn."""
    floor, ours = [], []
    for run in range(-session.plan.warm_ups, session.plan.runs):
        floor_s, ours_s = _floor_s(session, run), _ours_s(session, run)
        if run >= 0:
            floor.append(floor_s)
            ours.append(ours_s)
    return [Measured(ROWS[0], ours, floor)]


def _floor_s(session: Session, run: int) -> float:
    port = session.broker.port
    with EmulatedA02yyuw() as sensor, Ear(port, "bare/#", name=f"start-{run}") as ear:
        began_s = time.monotonic()
        with bare("bare_paho", port, sensor.path):
            return ear.fresh(began_s).at_s - began_s


def _ours_s(session: Session, run: int) -> float:
    port = session.broker.port
    with (
        Bell(session.fresh("start"), mqtt_port=port, interval_s=1.0) as bell,
        Ear(port, "floodbell/#", name=f"start-{run}") as ear,
    ):
        began_s = time.monotonic()
        bell.start()
        return ear.fresh(began_s).at_s - began_s
