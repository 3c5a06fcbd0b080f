"""Try the announcement on a running Home Assistant: the real daemon, a real Mosquitto, a flood.

By hand, for it needs Home Assistant 2024.11 or later (tried with 2026.2.3, which wants Python 3.13)
in a virtual environment of its own, with ``paho-mqtt`` as that release pins it:

    python3.13 -m venv ~/hass && ~/hass/bin/pip install homeassistant==2026.2.3 paho-mqtt==2.1.0
    make home-assistant FLOODBELL_HOME_ASSISTANT=~/hass

The daemon publishes ``status``, ``alarm``, ``sensors/door`` and ``health``. What this machine has
no part for, a float switch, is said by hand in the daemon's words, from ``edge.centre.front``.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from math import inf
from pathlib import Path
from typing import Any, Final

from edge import __version__
from edge.centre import discovery
from edge.centre.discovery import Device, Sensor
from edge.centre.front import bounds
from edge.centre.requests import REQUESTS
from edge.events import Health, Reading
from edge.store.rows import to_json
from tests.bells import QUICK, Bell
from tests.brokers import Heard, Listener, mosquitto
from tests.home_assistant.hass import HomeAssistant

ROOT: Final = Path(__file__).parents[2]
WHERE: Final = "FLOODBELL_HOME_ASSISTANT"
PREFIX: Final = "homeassistant"
BASE: Final = "floodbell/v1/jongno/jongno-0042"
FLOAT_MM: Final = 20.0
DEVICE: Final = Device(
    BASE,
    "jongno-0042",
    __version__,
    (Sensor("door", "entrance"), Sensor("door-float", "entrance", FLOAT_MM)),
)
UNAVAILABLE: Final = "unavailable"

_EXPECTED: Final = ("pip", "zlib")
"""Warnings of Home Assistant about its own installation."""


class Trial:
    """One home, one Home Assistant, and what was seen."""

    def __init__(self, hass: HomeAssistant, bell: Bell, broker: Listener) -> None:
        self.hass, self.bell, self.broker = hass, bell, broker
        self.topic, self.payload = discovery.announcement(DEVICE, PREFIX)
        self.announced = json.loads(self.payload)

    def all_of_it(self) -> None:
        """Everything, in the order in which a home lives it."""
        self.announce()
        self.calm()
        self.flood()
        self.faults()
        self.buttons()
        self.restart()
        self.gone_and_back()
        if "--expiry" in sys.argv:
            self.expiry()
        self.remove()

    def announce(self) -> None:
        """One device, and every component an entity with what it asked for."""
        self.switch(-inf, FLOAT_MM)
        self.broker.publish(self.topic, self.payload, retain=True)
        wanted = {c["def_ent_id"]: c for c in self.announced["cmps"].values()}
        self.until(lambda: set(self.hass.states()) == set(wanted), "all entities")
        devices = self.hass.devices()
        assert len(devices) == 1, devices
        say(f"one device: {next(iter(devices.values()))}")
        for entity_id, state in sorted(self.hass.states().items()):
            asked, got = wanted[entity_id], state["attributes"]
            for short, name in (
                ("unit_of_meas", "unit_of_measurement"),
                ("dev_cla", "device_class"),
                ("stat_cla", "state_class"),
                ("ops", "options"),
            ):
                assert got.get(name) == asked.get(short), (entity_id, name, got)
            assert got["friendly_name"].endswith(asked["name"]), (entity_id, got)
        say(f"{len(wanted)} entities of {len(self.payload)} bytes, each with its class and unit")

    def calm(self) -> None:
        """A dry home."""
        self.shows(
            {
                "sensor.stage": "normal",
                "sensor.latched": "normal",
                "binary_sensor.water": "off",
                "binary_sensor.bell": "off",
                "binary_sensor.acknowledged": "off",
                "binary_sensor.drill": "off",
                "binary_sensor.armed": "on",
                "binary_sensor.service": "off",
                "binary_sensor.online": "on",
                "binary_sensor.problem": "off",
                "binary_sensor.registered": "on",
                "binary_sensor.sensor_door_problem": "off",
                "binary_sensor.sensor_door_float_wet": "off",
                "button.ack": "unknown",
            }
        )
        for entity_id, state in sorted(self.hass.states().items()):
            unit = state["attributes"].get("unit_of_measurement", "")
            name = state["attributes"]["friendly_name"]
            say(f"    {entity_id.split('jongno_0042_')[1]:28} {state['state']} {unit}  ({name})")

    def flood(self) -> None:
        """The water rises to danger."""
        self.bell.rise(170, 200)
        self.switch(FLOAT_MM, inf)
        self.shows(
            {
                "sensor.stage": "danger",
                "sensor.latched": "danger",
                "binary_sensor.water": "on",
                "binary_sensor.sensor_door_float_wet": "on",
            }
        )
        depth = self.hass.states()[full("sensor.sensor_door_depth")]
        assert abs(float(depth["state"]) - 170) <= 2, depth
        stage = self.hass.states()[full("sensor.stage")]["attributes"]
        say(f"danger at {depth['state']} mm; attributes of the stage: {some(stage)}")

    def faults(self) -> None:
        """No echo, no contact, nothing at all on a topic."""
        self.bell.sensor.lose_echo()
        self.switch(-inf, inf, Health.STALE, "no reading for 5 s")
        self.shows(
            {
                "sensor.sensor_door_depth": "unknown",
                "binary_sensor.sensor_door_problem": "on",
                "binary_sensor.sensor_door_float_wet": "unknown",
                "binary_sensor.sensor_door_float_problem": "on",
                "binary_sensor.problem": "on",
            }
        )
        states = self.hass.states()
        for entity in ("binary_sensor.sensor_door_problem", "binary_sensor.problem"):
            say(f"{entity}: {some(states[full(entity)]['attributes'])}")
        for topic in ("sensors/door-float", "alarm", "status", "health"):
            self.broker.publish(f"{BASE}/{topic}", b"", retain=True)
            self.broker.publish(f"{BASE}/{topic}", b"{}", retain=True)
        self.bell.sensor.lose_echo(False)
        self.switch(-inf, FLOAT_MM)
        say("topics emptied and without a single field: nothing raised")

    def buttons(self) -> None:
        """Each press is a new request that the daemon's own model takes."""
        self.bell.kill()  # the daemon must say status and alarm again
        self.bell.start()
        self.shows({"binary_sensor.online": "on", "binary_sensor.sensor_door_problem": "off"})
        ids = set()
        for name in ("ack", "silence", "ack", "ack"):
            self.hass.press(full(f"button.{name}"))
            heard = self.asked(name)
            assert not heard.retain
            ids.add(REQUESTS[name].model_validate_json(heard.payload).id)
            say(f"cmd/{name}: {heard.payload.decode()}")
        assert len(ids) == 4, ids
        self.broker.wait_for(lambda m: m.topic == f"{BASE}/cmd/ack/reply")

    def asked(self, name: str) -> Heard:
        """The next request of that name."""
        return self.broker.wait_for(lambda m: m.topic == f"{BASE}/cmd/{name}")

    def restart(self) -> None:
        """Home Assistant itself comes back, to what is retained."""
        self.hass.stop()
        self.hass.start()
        self.shows({"binary_sensor.online": "on", "binary_sensor.sensor_door_float_wet": "off"})
        say("after a restart of Home Assistant: all there")

    def gone_and_back(self) -> None:
        """The will, and the return."""
        self.bell.kill()
        self.until(
            lambda: self.unavailable() == len(self.hass.states()) - 1, "all unavailable but one"
        )
        self.shows({"binary_sensor.online": "off"})
        say(f"killed: {self.unavailable()} entities unavailable, connectivity off")
        self.bell.start()
        self.shows({"binary_sensor.online": "on", "binary_sensor.armed": "on"})
        self.until(lambda: self.unavailable() == 0, "all available again")
        say("started again: none unavailable")

    def expiry(self) -> None:
        """A sensor that says nothing for three minutes looks like nothing."""
        began_s = time.monotonic()
        self.switch(-inf, FLOAT_MM)
        entity = full("binary_sensor.sensor_door_float_wet")
        self.until(
            lambda: self.hass.states()[entity]["state"] == UNAVAILABLE, "expired", within_s=240.0
        )
        self.shows({"binary_sensor.sensor_door_problem": "off"})
        say(
            f"a silent sensor: unavailable after {time.monotonic() - began_s:.0f} s, others are not"
        )

    def remove(self) -> None:
        """The empty payload takes everything away."""
        self.broker.publish(*discovery.removal(DEVICE.site, PREFIX), retain=True)
        self.until(lambda: not self.hass.states() and not self.hass.devices(), "nothing left")
        say("removed: no device, no entity")

    def switch(
        self, at_least_mm: float, below_mm: float, health: Health = Health.GOOD, reason: str = ""
    ) -> None:
        """Say what a float switch would."""
        about = bounds(Reading("door-float", at_least_mm, below_mm, health, reason))
        payload = to_json({**about, "reason": reason, "ts": "2026-07-01T00:00:00.000Z"})
        self.broker.publish(f"{BASE}/sensors/door-float", payload.encode(), retain=True)

    def unavailable(self) -> int:
        """How many entities are."""
        return sum(state["state"] == UNAVAILABLE for state in self.hass.states().values())

    def shows(self, wanted: Mapping[str, str]) -> None:
        """Wait for these states."""
        last: dict[str, str] = {}

        def as_wanted() -> bool:
            states = self.hass.states()
            for entity in wanted:
                last[entity] = states.get(full(entity), {}).get("state", "absent")
            return last == dict(wanted)

        self.until(as_wanted, lambda: f"{wanted}; last: {last}")

    def until(
        self, done: Callable[[], bool], what: str | Callable[[], str], within_s: float = 40.0
    ) -> None:
        """Wait for it, with an end."""
        end_s = time.monotonic() + within_s
        while not done():
            words = what if isinstance(what, str) else what()
            assert time.monotonic() < end_s, f"never came to pass: {words}"
            threading.Event().wait(0.2)


def rights(folder: Path) -> Path:
    """The broker's rules, as the page has them: they must be enough."""
    page = (ROOT / "docs" / "home-assistant.md").read_text(encoding="utf-8")
    rules = folder / "rules"
    rules.write_text("\n".join(re.findall(r"^```\n(user .*?)^```", page, re.DOTALL | re.MULTILINE)))
    return rules


def full(entity: str) -> str:
    """The entity id of ``platform.key``."""
    platform, _, key = entity.partition(".")
    return f"{platform}.floodbell_jongno_0042_{key}"


def some(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes that came by MQTT."""
    own = {"friendly_name", "device_class", "options", "icon"}
    return {name: value for name, value in attributes.items() if name not in own}


def say(words: str) -> None:
    """Tell whoever runs this."""
    print(words, flush=True)


def main() -> int:
    """Run the trial; 0 if everything was as it must be."""
    environment = os.environ.get(WHERE, "")
    if not environment:
        say(f"skipped: {WHERE} names no virtual environment with Home Assistant in it")
        return 0
    with (
        tempfile.TemporaryDirectory(prefix="floodbell-hass-") as name,
        mosquitto(Path(name) / "broker", settings=[f"acl_file {rights(Path(name))}"]) as broker,
        Listener(
            broker, f"{BASE}/cmd/#", configure=lambda client: client.username_pw_set(DEVICE.site)
        ) as listener,
        # The announcement is published here, not by the daemon.
        Bell(
            Path(name) / "bell",
            more=f'username = "{DEVICE.site}"\nhome_assistant = ""\n{QUICK}',
            mqtt_port=broker.port,
        ).start() as bell,
        HomeAssistant(Path(environment), Path(name) / "hass") as hass,
    ):
        bell.await_log(r"ready: ")
        hass.meet_broker(broker.port, username="home-assistant")
        Trial(hass, bell, listener).all_of_it()
        found = [line for line in hass.complaints() if not any(w in line for w in _EXPECTED)]
    say("\n".join(found) or "its log: no warning, no error")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
