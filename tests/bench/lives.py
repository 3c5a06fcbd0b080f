"""Several homes live at the same time for a minute, each as a bell and, beside it, as a bare loop.

They share the minute because a minute each would take half an hour; what is counted is CPU time of
one process and its own memory, to which the others do little. Floor and ours see the same machine.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from drivers.emulated.ranger import EmulatedA02yyuw
from drivers.emulated.sms_service import SmsService
from tests.bells import MOUNT_MM, Bell
from tests.bench.homes import Home
from tests.bench.process import Memory, cpu_s, memory
from tests.bench.session import Session, bare

SETTLE_S: Final = 5.0
_HEARTBEAT_S: Final = 30.0  # the default

_SENSOR: Final = """
[sensors.s{number}]
driver = "a02yyuw"
port = "{port}"
mount_height_mm = {mount_mm}
sample_interval_s = {interval_s}
stale_after_s = {stale_s}
"""
_PINS: Final = """
[sensors.float]
driver = "float_switch"
zone = "entrance"
pin = 17
height_mm = 20
contact = "normally_open"
[bell]
button_pin = 5
siren_pin = 16
strobe_pin = 13
lamp_pin = 26
"""
_WEB: Final = """
[http_sms]
provider = "webhook"
url = "{url}"
sender = "+8221234567"
"""


@dataclass(frozen=True, slots=True)
class Used:
    """CPU seconds a minute, and memory at the end of it."""

    cpu_s: float
    memory: Memory


@dataclass(frozen=True, slots=True)
class Lived:
    """A home as a bell and as a bare loop."""

    ours: Used
    floor: Used | None


def minutes(session: Session) -> list[dict[str, Lived]]:
    """The quiet homes by name, one minute a run. They are lived once in a session."""
    return _runs(session, session.plan.quiet, session.plan.live_s)


def busy_spells(session: Session) -> list[dict[str, Lived]]:
    """The busy homes by name, one spell a run. They are lived once in a session."""
    return _runs(session, session.plan.busy, session.plan.busy_s)


def _runs(session: Session, named: Mapping[str, Home], for_s: float) -> list[dict[str, Lived]]:
    """Homes that are alike, and live as long, are one."""
    known: dict[tuple[Home, float], list[Lived]] = session.lived
    if fresh := [home for home in dict.fromkeys(named.values()) if (home, for_s) not in known]:
        runs = [_live(session, fresh, for_s) for _ in range(session.plan.runs)]
        known.update({(home, for_s): [run[home] for run in runs] for home in fresh})
    return [
        {name: known[home, for_s][run] for name, home in named.items()}
        for run in range(session.plan.runs)
    ]


def _live(session: Session, homes: Sequence[Home], for_s: float) -> dict[Home, Lived]:
    """Let all of them live, and count for so long after they have settled."""
    with contextlib.ExitStack() as closing:
        bells = {
            home: _bell(session, home, f"home-{number}", closing)
            for number, home in enumerate(homes)
        }
        floors = {home: _bare(session, home, closing) for home in homes if home.floor}
        for bell in bells.values():
            bell.ready(60.0)
        time.sleep(min(SETTLE_S, for_s))
        ours = {home: _pid(bell) for home, bell in bells.items()}
        before = [(pid, cpu_s(pid), time.monotonic()) for pid in (*ours.values(), *floors.values())]
        time.sleep(for_s)
        used = {pid: _used(pid, cpu, began_s) for pid, cpu, began_s in before}
        for home, bell in bells.items():
            _look_at(bell, silent=home.wire_hz == 0)
        return {
            home: Lived(used[ours[home]], used[floors[home]] if home in floors else None)
            for home in homes
        }


def _look_at(bell: Bell, *, silent: bool) -> None:
    """What was measured was a bell that is well, or one that has noticed that it is not."""
    sensors = bell.ask("status")["sensors"]
    heard = {name: one["quality"] for name, one in sensors.items() if name != "float"}
    assert all((quality == "good") != silent for quality in heard.values()), heard


def _used(pid: int, before_s: float, began_s: float) -> Used:
    a_minute = 60.0 / (time.monotonic() - began_s)
    return Used((cpu_s(pid) - before_s) * a_minute, memory(pid))


def _pid(bell: Bell) -> int:
    assert bell.process is not None
    return bell.process.pid


def _bell(session: Session, home: Home, site: str, closing: contextlib.ExitStack) -> Bell:
    stale_s = max(2.0, 5 * home.interval_s)
    more = "".join(
        _SENSOR.format(
            number=number,
            port=_sensor(home, closing).path,
            mount_mm=MOUNT_MM,
            interval_s=home.interval_s,
            stale_s=stale_s,
        )
        for number in range(1, home.sensors)
    )
    if home.pins:
        more += _PINS
    if home.web:
        service = closing.enter_context(SmsService("webhook"))
        more += _WEB.format(url=service.url)
    bell = closing.enter_context(
        Bell(
            session.fresh("home"),
            site=site,
            mqtt_port=session.broker.port,
            interval_s=home.interval_s,
            stale_s=stale_s,
            heartbeat_s=_HEARTBEAT_S,
            more=more,
            environment={**os.environ, "GPIOZERO_PIN_FACTORY": "mock"},
        )
    )
    bell.sensor.close()
    bell.sensor = _sensor(home, closing)
    return bell.start()


def _bare(session: Session, home: Home, closing: contextlib.ExitStack) -> int:
    ports = [_sensor(home, closing).path for _ in range(home.sensors)]
    return closing.enter_context(bare("bare_paho", session.broker.port, *ports)).pid


def _sensor(home: Home, closing: contextlib.ExitStack) -> EmulatedA02yyuw:
    """Over a floor that is dry within a millimetre or two: each frame says something new."""
    sensor = closing.enter_context(EmulatedA02yyuw(MOUNT_MM, rate_hz=home.wire_hz or 1.0))
    sensor.follow(lambda: float(time.monotonic_ns() % 3))
    sensor.mute(home.wire_hz == 0)
    return sensor
