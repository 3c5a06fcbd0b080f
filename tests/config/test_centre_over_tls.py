"""The broker's thread against brokers as districts run them: Mosquitto as shipped, and amqtt."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from paho.mqtt import publish

from drivers.emulated.broker import EmbeddedBroker
from drivers.emulated.centre import Centre as SmallCentre
from drivers.emulated.centre import Heard, retained
from tests.config.shipped import Authority, Identity, Party, ShippedMosquitto, broker_authority
from tests.edge.centre.test_centre import BASE, SESSION, House, until

SITE = "jongno-0042"
ROWS = 1500


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return broker_authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def broker(
    authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ShippedMosquitto]:
    with ShippedMosquitto(tmp_path_factory.mktemp("broker"), authority) as running:
        yield running


def settled_in(state: Path, bell: Identity) -> dict[str, str]:
    """Put the bell's key where its credentials are; the settings that go with it."""
    state.mkdir(exist_ok=True)
    shutil.copy(bell.key, state / "mqtt-key")
    return {"ca": str(bell.ca), "cert": str(bell.certificate), "key_credential": "mqtt-key"}


def readings(heard: list[tuple[str, bytes]]) -> list[int]:
    payloads = [json.loads(payload) for topic, payload in heard if topic == f"{BASE}/readings"]
    return [row["seq"] for payload in payloads for row in payload["readings"]]


@pytest.fixture
def house(broker: ShippedMosquitto, authority: Authority, tmp_path: Path) -> Iterator[House]:
    settings = settled_in(tmp_path / "state", authority.device(SITE))
    made = House(tmp_path / "state", broker.port, **settings)
    yield made
    made.close()


def test_logs_state_commands_and_the_will_through_the_shipped_rules(
    broker: ShippedMosquitto, authority: Authority, house: House
) -> None:
    centre = Party(broker.inner_port, authority.role("centre"), "centre-1", "floodbell/#")
    house.centre.show("alarm", {"stage": "danger"})
    house.centre.show("sensors/door", {"depth_mm": 160.0})
    house.log(0, ROWS)
    house.start()
    centre.until(lambda: ROWS in readings(centre.heard))
    assert readings(centre.heard) == [*range(1, ROWS + 1)]
    for topic in ("status", "alarm", "sensors/door", "health", "events"):
        centre.await_topic(f"{BASE}/{topic}")
    until(lambda: set(house.store.backlog().values()) == {0})
    assert house.centre.detail == "", "the rules refuse nothing that a bell says"

    centre.publish(f"{BASE}/cmd/ack", b'{"id":"1"}')
    command = house.commands.get(timeout=5.0)
    house.centre.reply(command, {"id": "1", "ok": True})
    centre.await_topic(f"{BASE}/cmd/ack/reply", b'{"id":"1","ok":true}')

    # Whoever takes the client id cuts the bell off, as a dead line would: its will speaks for it.
    thief = Party(broker.port, authority.device(SITE), SITE)
    will = json.dumps({"online": False, "session": SESSION}, separators=(",", ":"))
    centre.await_topic(f"{BASE}/status", will.encode())
    house.await_state(False)
    house.await_state(True)
    thief.close()
    centre.close()


# A second broker, by other people: MQTT 3.1.1, plain, and it queues nothing.


@pytest.fixture
def amqtt(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    pytest.importorskip("amqtt", reason="the extra `demo` is not installed")
    made = EmbeddedBroker(tmp_path, ("amqtt",))
    made.start()
    yield made
    made.stop()


def test_another_make_of_broker_gets_the_same(amqtt: EmbeddedBroker, tmp_path: Path) -> None:
    heard: list[Heard] = []
    centre = SmallCentre(amqtt.port, amqtt.version, heard.append)
    assert centre.await_listening(10.0)
    (tmp_path / "state").mkdir()
    house = House(tmp_path / "state", amqtt.port, version=3)
    try:
        house.centre.show("alarm", {"stage": "alert"})
        house.log(0, ROWS)
        house.start()

        def messages() -> list[tuple[str, bytes]]:
            return [(one.topic, one.payload) for one in list(heard)]

        until(lambda: ROWS in readings(messages()))
        assert readings(messages()) == [*range(1, ROWS + 1)]
        until(lambda: set(house.store.backlog().values()) == {0})
        kept = retained(amqtt.port, amqtt.version)
        assert json.loads(kept[f"{BASE}/alarm"]) == {"stage": "alert"}
        assert json.loads(kept[f"{BASE}/status"])["online"] is True

        publish.single(f"{BASE}/cmd/read", b'{"id":"9"}', 1, port=amqtt.port)
        command = house.commands.get(timeout=5.0)
        assert command.reply_to == f"{BASE}/cmd/read/reply"
        house.centre.reply(command, {"id": "9"})
        until(lambda: (command.reply_to, b'{"id":"9"}') in messages())
    finally:
        house.close()
        centre.close()
