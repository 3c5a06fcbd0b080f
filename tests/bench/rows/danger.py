"""From the frame that is danger on the wire to the first byte of 119's ``AT+CMGS`` at the modem.

Delays are 0: what is measured is what the way takes, not how long the law waits to be sure. Each
trial is a bell of its own, because a second report of the same bell would have to wait for texts
that are under way.
"""

from __future__ import annotations

import os
import select
import statistics
import time
from typing import Final

from drivers.emulated.pty import PseudoTerminal
from drivers.sensors.framing import frame_of
from tests.bells import MOUNT_MM, Bell
from tests.bench.figures import Measured, Row, quantile
from tests.bench.session import Session, bare

ROWS = (
    Row("danger frame → AT+CMGS, median, ms"),
    Row("danger frame → AT+CMGS, p99, ms", must=50.0, aim=10.0),
)
AT_ONCE: Final = """
[alarm]
alert = { setpoint_mm = 20, on_delay_s = 0.0 }
danger = { setpoint_mm = 150, on_delay_s = 0.0 }
uncorroborated_delay_s = 0.0
"""
_DEPTH_MM: Final = 200
_EVERY_S: Final = 0.06


def measure(session: Session) -> list[Measured]:
    """A run of so many trials, floor and ours in turn."""
    floor, ours = [], []
    for _ in range(session.plan.runs):
        floor.append(_floor_ms(session.plan.trials))
        ours.append([_ours_ms(session) for _ in range(session.plan.trials)])
    return [
        Measured(ROWS[0], [*map(statistics.median, ours)], [*map(statistics.median, floor)]),
        Measured(
            ROWS[1],
            [max(one) for one in ours],
            value=quantile([ms for one in ours for ms in one], 0.99),
            floor_value=quantile([ms for one in floor for ms in one], 0.99),
        ),
    ]


def _floor_ms(count: int) -> list[float]:
    sensor, modem, taken = PseudoTerminal(), PseudoTerminal(), []
    with bare("bare_report", sensor.path, modem.path, MOUNT_MM - 150) as process:
        assert process.stdout is not None
        process.stdout.readline()
        for _ in range(count):
            sent_s = time.monotonic()
            os.write(sensor.fd, frame_of(MOUNT_MM - _DEPTH_MM))
            assert select.select([modem.fd], [], [], 5.0)[0], "the bare loop said nothing"
            taken.append((time.monotonic() - sent_s) * 1e3)
            time.sleep(_EVERY_S)
            os.read(modem.fd, 4096)
    sensor.close()
    modem.close()
    return taken


def _ours_ms(session: Session) -> float:
    with Bell(session.fresh("danger"), more=AT_ONCE, interval_s=0.05) as bell:
        bell.start().ready()
        bell.sensor.mute()
        time.sleep(0.2)
        sent_s = time.monotonic()
        bell.sensor.send(frame_of(MOUNT_MM - _DEPTH_MM))
        return float((bell.await_text_to("119")[0].first_byte_s - sent_s) * 1e3)
