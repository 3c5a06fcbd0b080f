"""The demo's settings file: an ordinary one, written out so that it can be read and kept.

Owns its text. Pure. Only what the demo shortens or invents differs from what a district would
write, and each such line says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from edge.demo.pace import Pace
from edge.demo.people import PEOPLE
from edge.demo.scenarios import ALERT_MM, DANGER_MM, MOUNT_MM

SITE_ID: Final = "demo"
DISTRICT: Final = "jongno"
BASE: Final = f"floodbell/v1/{DISTRICT}/{SITE_ID}"
"""Every topic of this site begins so. Source: contract 3."""
SENSOR_ID: Final = "door"
ADDRESS: Final = "서울 종로구 창신길 12-3 B01호"

_RATE_HZ: Final = 10.0
"""Source: DFRobot wiki, SEN0311, raw output every 100 ms."""


@dataclass(frozen=True, slots=True)
class Wires:
    """Where the emulated parts are.

    Attributes:
        sensor_port: Pseudo-terminal of the sensor.
        modem_port: Pseudo-terminal of the modem.
        mqtt_port: The broker's port on loopback.
        mqtt_version: 5 or 3.
        state: State directory.
        run: Run directory.
        credentials: Directory of the secrets; the demo has none.
    """

    sensor_port: str
    modem_port: str
    mqtt_port: int
    mqtt_version: int
    state: str
    run: str
    credentials: str


def frame_rate_hz(pace: Pace) -> float:
    """Frames a second that the emulated sensor sends: its own, times the speed, up to fifty."""
    return min(_RATE_HZ * pace.haste, 50.0)


def settings_toml(pace: Pace, wires: Wires, language: str) -> str:
    """The whole settings file.

    Args:
        pace: Shortens the delays.
        wires: Where the parts are.
        language: ``ko`` or ``en``: the language of the texts.
    """
    return "\n".join((_site(language), _alarm(pace), _parts(pace, wires), _contacts(), ""))


def _site(language: str) -> str:
    return f"""\
# Written by `floodbell demo`: delays are the defaults divided by the speed; other lines say so.
[site]
id = "{SITE_ID}"
district = "{DISTRICT}"
address = "{ADDRESS}"
occupants = 1
language = "{language}"
"""


def _alarm(pace: Pace) -> str:
    alert_s, danger_s = pace.delay_s(5.0), pace.delay_s(3.0)
    return f"""\
[alarm]
# off_delay_s is 6 s instead of 10 and 30 minutes, so that the end of a flood can be seen as well.
alert = {{ setpoint_mm = {ALERT_MM:g}, on_delay_s = {alert_s}, off_delay_s = {pace.off_s} }}
danger = {{ setpoint_mm = {DANGER_MM:g}, on_delay_s = {danger_s}, off_delay_s = {pace.off_s} }}
max_rise_mm_s = {pace.max_rise_mm_s}
uncorroborated_delay_s = {pace.delay_s(10.0)}

[report]
armed = true  # this 119 is an emulated modem
repeats = {pace.repeats}
repeat_interval_s = {pace.repeat_interval_s}  # instead of 60 s

[trouble]
on_delay_s = {pace.delay_s(10.0)}
off_delay_s = {pace.off_s}  # instead of 60 s

[log]
interval_s = {pace.delay_s(10.0)}  # instead of 60 s
alarm_interval_s = {pace.delay_s(1.0)}
"""


def _parts(pace: Pace, wires: Wires) -> str:
    return f"""\
[sensors.{SENSOR_ID}]
driver = "a02yyuw"
zone = "entrance"
port = "{wires.sensor_port}"
mount_height_mm = {MOUNT_MM:g}
sample_interval_s = {pace.sample_interval_s}
stale_after_s = {pace.delay_s(5.0, at_least_s=1.0)}

[modem]
port = "{wires.modem_port}"

[mqtt]
host = "127.0.0.1"
port = {wires.mqtt_port}
version = {wires.mqtt_version}
heartbeat_s = {pace.delay_s(5.0, at_least_s=1.0)}  # instead of 30 s
reconnect_max_s = {pace.delay_s(5.0, at_least_s=0.5)}  # instead of 10 s

[paths]
state = "{wires.state}"
run = "{wires.run}"
credentials = "{wires.credentials}"
"""


def _contacts() -> str:
    return "\n".join(
        f"""\
[contacts.{person.id}]
role = "{person.role}"
name = "{person.name}"
phone = "{person.phone}"
"""
        for person in PEOPLE
    )
