"""What the daemon leaves at the broker besides its own truth, and that it is taken down again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bells import QUICK, Bell
from tests.brokers import Listener, Mosquitto, mosquitto

BASE = "floodbell/v1/jongno/jongno-0042"
CONFIG = "homeassistant/device/jongno-0042/config"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path / "broker") as running:
        yield running


def test_a_sensor_that_left_the_settings_leaves_the_broker(
    tmp_path: Path, broker: Mosquitto
) -> None:
    second = '[sensors.attic]\ndriver = "simulated"\nzone = "entrance"\n'
    second += "script = [[0.0, 0.0]]\n"
    with Bell(tmp_path / "bell", mqtt_port=broker.port, more=QUICK + second) as bell:
        with Listener(broker, f"{BASE}/sensors/#") as listener:
            bell.start()
            listener.wait_for(lambda m: m.topic == f"{BASE}/sensors/attic")
            bell.terminate()
            bell.more = QUICK
            bell.start()
            gone = listener.wait_for(lambda m: m.topic == f"{BASE}/sensors/attic" and not m.payload)
            assert gone.payload == b""
            listener.wait_for(lambda m: m.topic == f"{BASE}/sensors/door")
        with Listener(broker, f"{BASE}/sensors/#", name="late") as late:
            assert late.wait_for(lambda m: m.retain).topic == f"{BASE}/sensors/door"


def test_home_assistant_is_told_of_the_bell_until_it_is_turned_off(
    tmp_path: Path, broker: Mosquitto
) -> None:
    with (
        Bell(tmp_path / "bell", mqtt_port=broker.port, more=QUICK) as bell,
        Listener(broker, "homeassistant/#") as listener,
    ):
        bell.start()
        told = json.loads(listener.wait_for(lambda m: m.topic == CONFIG).payload)
        assert told["dev"]["ids"] == ["floodbell-jongno-0042"]
        assert "sensor_door_depth" in told["cmps"]
        bell.terminate()
        bell.mqtt_more = 'home_assistant = ""\n'
        bell.start().ready()
        assert listener.wait_for(lambda m: m.topic == CONFIG).payload == b""
        with Listener(broker, f"{BASE}/health", name="health") as health:
            for _ in range(4):  # one a second: the loop has looked round and stored it
                health.wait_for(lambda m: not m.retain)
            bell.terminate()
            bell.start()
            for _ in range(3):
                health.wait_for(lambda m: not m.retain)
        listener.publish("homeassistant/end", b"")
        listener.wait_for(lambda m: m.topic == "homeassistant/end")
        # A second removal would be a warning in its log.
        assert [m.payload for m in listener.heard if m.topic == CONFIG][1:] == [b""]
