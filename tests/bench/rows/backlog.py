"""What the daemon holds while readings wait, however many: with no broker, and while they leave.

The daemon is started with so many of them in its store and no broker; then the broker comes up. A
bare loop has them in memory: what it holds with as many queued is the floor. It cannot queue more
than 65,535.
"""

from __future__ import annotations

import statistics
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from drivers.errors import DriverError
from tests.bells import Bell
from tests.bench.bare_drain import QUEUED
from tests.bench.figures import Measured, Row
from tests.bench.process import resident_mib
from tests.bench.rows.drain import counting, result
from tests.bench.session import Session, bare
from tests.bench.stored import copied, store_of
from tests.brokers import Mosquitto

_COUNTS: Final = (1, 10_000, 1_000_000)
_FLAT: Final = 2.0  # MiB more than with one reading: what two starts differ by
ROWS = (
    *(Row(f"resident memory with {count:,} waiting, no broker, MiB") for count in _COUNTS),
    *(Row(f"… the most while {count:,} leave, MiB") for count in _COUNTS),
    Row(f"… {_COUNTS[-1]:,} waiting: MiB more than with 1", must=_FLAT, aim=_FLAT / 2),
    Row(f"… {_COUNTS[-1]:,} leaving: MiB more than with 1", must=_FLAT, aim=_FLAT / 2),
)
_LOOK_S: Final = 0.02
_ASK_EVERY: Final = 25  # looks: to ask costs more than to look
_AT_MOST_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Held:
    """MiB with all of it waiting, and the most while it left."""

    waiting_mib: float
    leaving_mib: float
    took_s: float


def measure(session: Session) -> list[Measured]:
    """One, many, most, in turn; each count once."""
    plan = session.plan
    stores = {n: store_of(session.fresh("backlog") / "floodbell.db", n) for n in set(plan.waiting)}
    held: dict[int, list[Held]] = {count: [] for count in stores}
    floors: dict[int, list[float]] = {count: [] for count in stores}
    for _ in range(plan.runs):
        for count, store in sorted(stores.items()):
            held[count].append(_held(session, store))
            if count <= QUEUED:
                floors[count].append(_floor_mib(session, count))
    waiting = [[one.waiting_mib for one in held[count]] for count in plan.waiting]
    leaving = [[one.leaving_mib for one in held[count]] for count in plan.waiting]
    took_s = statistics.median(one.took_s for one in held[plan.waiting[-1]])
    return [
        *map(Measured, ROWS[:3], waiting, [floors[count] for count in plan.waiting]),
        *map(Measured, ROWS[3:6], leaving),
        Measured(ROWS[6], _more(waiting)),
        Measured(ROWS[7], _more(leaving), note=f"all {plan.waiting[-1]:,} left in {took_s:.1f} s"),
    ]


def _more(runs: list[list[float]]) -> list[float]:
    return [most - one for one, most in zip(runs[0], runs[-1], strict=True)]


def _held(session: Session, store: Path) -> Held:
    folder = copied(store, session.fresh("waiting"))
    broker = Mosquitto(session.fresh("waiting-broker"))
    more = "[store]\nmax_mb = 1024\n"
    with Bell(folder, mqtt_port=broker.port, interval_s=1.0, heartbeat_s=30.0, more=more) as bell:
        bell.start().ready(30.0)
        assert bell.process is not None
        time.sleep(session.plan.rest_s)
        waiting_mib = leaving_mib = resident_mib(bell.process.pid)
        began_s = time.monotonic()
        with broker:
            looks = 0
            while looks % _ASK_EVERY or not _all_left(bell):
                assert time.monotonic() - began_s < _AT_MOST_S, "the backlog does not leave"
                threading.Event().wait(_LOOK_S)
                leaving_mib = max(leaving_mib, resident_mib(bell.process.pid))
                looks += 1
            took_s = time.monotonic() - began_s
        return Held(waiting_mib, leaving_mib, took_s)


def _all_left(bell: Bell) -> bool:
    try:
        broker = bell.ask("status")["broker"]
    except DriverError:  # it had something better to do
        return False
    return bool(broker["connected"]) and sum(broker["backlog"].values()) == 0


def _floor_mib(session: Session, count: int) -> float:
    port = session.broker.port
    with (
        counting(port, "bare/status", "bare/away", count) as ear,
        bare("bare_drain", port, count, 1) as process,
    ):
        result(ear)
        return float(result(process)["queued_mib"])
