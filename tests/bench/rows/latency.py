"""From the last byte of a frame on the wire to a subscriber of ``sensors/{id}``.

The sample interval is the shortest that settings allow, 0.05 s: what is measured is the way, not
how long somebody has chosen to wait before looking.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from typing import Final

from drivers.emulated.ranger import EmulatedA02yyuw, EmulatedRanger
from drivers.sensors.framing import frame_of
from tests.bells import MOUNT_MM, Bell
from tests.bench.ear import Ear
from tests.bench.figures import Measured, Row, quantile
from tests.bench.session import Session, bare

ROWS = (
    Row("serial byte → subscriber, median, ms", must=2.0, aim=1.1),
    Row("serial byte → subscriber, p99, ms", must=20.0),
)
_UNCOUNTED: Final = 5
_EVERY_S: Final = 0.06
_HEARD_WITHIN_S: Final = 3.0


def measure(session: Session) -> list[Measured]:
    """So many frames with a fresh process of each, in turn."""
    floor, ours = [], []
    for run in range(session.plan.runs):
        floor.append(_floor_ms(session, run))
        ours.append(_ours_ms(session, run))
    return [
        Measured(ROWS[0], [*map(statistics.median, ours)], [*map(statistics.median, floor)]),
        Measured(
            ROWS[1],
            [quantile(one, 0.99) for one in ours],
            value=quantile([ms for one in ours for ms in one], 0.99),
            floor_value=quantile([ms for one in floor for ms in one], 0.99),
        ),
    ]


def _floor_ms(session: Session, run: int) -> list[float]:
    port = session.broker.port
    with (
        EmulatedA02yyuw() as sensor,
        Ear(port, "bare/range", name=f"latency-{run}") as ear,
        bare("bare_paho", port, sensor.path),
    ):
        ear.next()
        sensor.mute()
        return _frames_ms(sensor, ear, session.plan.frames, _bare_mm)


def _ours_ms(session: Session, run: int) -> list[float]:
    port = session.broker.port
    with (
        Bell(session.fresh("latency"), mqtt_port=port, interval_s=0.05) as bell,
        Ear(port, "floodbell/+/+/+/sensors/door", name=f"latency-{run}") as ear,
    ):
        bell.start().ready()
        bell.sensor.mute()
        return _frames_ms(bell.sensor, ear, session.plan.frames, _depth_mm)


def _bare_mm(payload: bytes) -> float:
    return MOUNT_MM - float(payload)


def _depth_mm(payload: bytes) -> float | None:
    return json.loads(payload)["depth_mm"]  # type: ignore[no-any-return]


def _frames_ms(
    sensor: EmulatedRanger, ear: Ear, count: int, depth_mm: Callable[[bytes], float | None]
) -> list[float]:
    """Each frame is told apart by what it says: nobody takes the echo of the one before for it.

    On a machine that stands still a frame may come before its sample is due, and is then kept for
    the next, which this sensor does not send by itself: it is sent anew, and not counted.
    """
    time.sleep(0.3)  # what was on its way has come
    taken: list[float] = []
    number = again = 0
    while number < count + _UNCOUNTED:
        deep_mm = 1 + number % 7
        frame = frame_of(MOUNT_MM - deep_mm)
        sent_s = time.monotonic()
        sensor.send(frame)
        try:
            while depth_mm((said := ear.fresh(sent_s, _HEARD_WITHIN_S)).payload) != deep_mm:
                pass
        except TimeoutError:
            again += 1
            if again > _UNCOUNTED:
                raise
            continue
        taken.append((said.at_s - sent_s) * 1e3)
        number += 1
        time.sleep(max(0.0, sent_s + _EVERY_S - time.monotonic()))
    return taken[_UNCOUNTED:]
