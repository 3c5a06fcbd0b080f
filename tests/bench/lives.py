"""Several homes live at the same time for a minute, each as a bell and, beside it, as a bare loop.

They share the minute because a minute each would take half an hour; what is counted is CPU time of
one process and its own memory, to which the others do little. Floor and ours see the same machine.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from drivers.emulated.ranger import EmulatedA02yyuw
from drivers.emulated.sms_service import SmsService
from tests.bells import MOUNT_MM, Bell
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
class Home:
    """One home.

    Attributes:
        sensors: How many ultrasonic sensors, each on a port of its own.
        wire_hz: Frames a second of each; 0: nothing is said.
        interval_s: How often each is sampled.
        pins: A float switch, a button, siren, strobe and lamp on gpiozero's mock pins as well.
        web: Texts by a web service as well.
        floor: Whether a bare loop lives beside it.
    """

    sensors: int = 1
    wire_hz: float = 1.0
    interval_s: float = 1.0
    pins: bool = False
    web: bool = False
    floor: bool = True


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


def live(session: Session, homes: Mapping[str, Home], for_s: float) -> dict[str, Lived]:
    """Let all of them live, and count for so long after they have settled."""
    with contextlib.ExitStack() as closing:
        bells = {
            name: _bell(session, home, f"home-{number}", closing)
            for number, (name, home) in enumerate(homes.items())
        }
        floors = {name: _bare(session, home, closing) for name, home in homes.items() if home.floor}
        for bell in bells.values():
            bell.ready(60.0)
        time.sleep(min(SETTLE_S, for_s))
        ours = {name: _pid(bell) for name, bell in bells.items()}
        before = [(pid, cpu_s(pid), time.monotonic()) for pid in (*ours.values(), *floors.values())]
        time.sleep(for_s)
        used = {pid: _used(pid, cpu, began_s) for pid, cpu, began_s in before}
        return {
            name: Lived(used[ours[name]], used[floors[name]] if name in floors else None)
            for name in homes
        }


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
