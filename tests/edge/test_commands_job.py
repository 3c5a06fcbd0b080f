"""The whole bell asked from afar: the daemon as a process, a real Mosquitto, a centre with paho."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.bells import PHONES, QUICK, Bell
from tests.brokers import Heard, Listener, Mosquitto, mosquitto

BASE = "floodbell/v1/jongno/jongno-0042"


class Operator:
    """Somebody at the centre who asks and waits for the answer."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.asked = 0

    def ask(self, name: str, payload: bytes | None = None, **fields: Any) -> dict[str, Any]:
        self.asked += 1
        told = self._request(str(self.asked).encode())
        body = json.dumps({"id": f"q{self.asked}", **fields}).encode()
        self.listener.publish(
            f"{BASE}/cmd/{name}", body if payload is None else payload, properties=told
        )
        answer = self.listener.wait_for(lambda m: m.topic == "district/answers")
        assert answer.properties.CorrelationData == str(self.asked).encode()
        return dict(json.loads(answer.payload))

    @staticmethod
    def _request(correlation: bytes) -> Properties:
        told = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho
        told.ResponseTopic = "district/answers"
        told.CorrelationData = correlation
        told.UserProperty = [("by", "kim")]
        return told

    def shows(self, topic: str, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """What a topic has said, or will say soon: an answer may come after what it is about."""

        def found(message: Heard) -> bool:
            return message.topic == f"{BASE}/{topic}" and wanted(json.loads(message.payload))

        heard = next((m for m in self.listener.heard if found(m)), None)
        return dict(json.loads((heard or self.listener.wait_for(found)).payload))

    def reply_to(self, name: str) -> dict[str, Any]:
        """The next answer that lies beside its command."""
        topic = f"{BASE}/cmd/{name}/reply"
        return dict(json.loads(self.listener.wait_for(lambda m: m.topic == topic).payload))


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path / "broker") as running:
        yield running


@contextmanager
def connected(bell: Bell, broker: Mosquitto) -> Iterator[Operator]:
    with Listener(broker) as listener:
        bell.start().ready()
        listener.wait_for(lambda m: m.topic == f"{BASE}/health")
        yield Operator(listener)


def test_a_centre_asks_and_every_request_is_answered_and_logged(
    tmp_path: Path, broker: Mosquitto
) -> None:
    with (
        Bell(tmp_path / "bell", mqtt_port=broker.port, more=QUICK) as bell,
        connected(bell, broker) as operator,
    ):
        seen = operator.ask("read")
        assert (seen["id"], seen["command"], seen["done"]) == ("q1", "read", True)
        assert seen["sensors"]["door"]["depth_mm"] == 0.0
        event = operator.shows("events", lambda e: bool(e["type"] == "command"))
        assert (event["command"], event["by"], event["done"]) == ("read", "kim", True)
        refused = operator.ask("ack")
        assert (refused["done"], refused["error"]) == (False, "refused")
        assert operator.ask("arm")["error"] == "unknown"
        assert operator.ask("disarm", minutes=60)["error"] == "unknown"
        assert operator.ask("ack", b"\xff\x00{")["error"] == "malformed"
        assert operator.ask("ack", b" " * 200_000)["error"] == "too_large"
        assert operator.ask("ack", id="q1")["error"] == "repeated"
        assert operator.ask("service", on=True)["done"] is False
        assert operator.ask("drill", stage="danger", contacts=["mother"])["done"] is True
        assert bell.await_text_to(PHONES["mother"])[0].text.startswith("[훈련]")
        bell.rise(200, 200)
        bell.await_text_to("119")
        assert operator.ask("ack")["done"] is True
        assert operator.shows("alarm", lambda alarm: bool(alarm["acknowledged"]))
        assert "is wet" in operator.ask("reset")["reason"]
        health = operator.shows("health", lambda h: bool(h["commands"]["taken"] == 6))
        assert (health["commands"]["heard"], health["commands"]["refused"]) == (True, 5)
        assert health["broker"]["connects"] == 1


def test_a_request_to_a_bell_that_restarts_is_done_once_however_often_it_comes(
    tmp_path: Path, broker: Mosquitto
) -> None:
    """MQTT 5: the broker keeps it for two minutes; what was done is known from the events."""
    with (
        Bell(tmp_path / "bell", mqtt_port=broker.port, more=QUICK) as bell,
        connected(bell, broker) as operator,
    ):
        drill = json.dumps({"id": "once", "stage": "bell", "contacts": ["mother"]}).encode()
        assert operator.ask("drill", drill)["done"] is True
        bell.await_text_to(PHONES["mother"])
        bell.kill()
        operator.listener.publish(f"{BASE}/cmd/drill", drill)
        operator.listener.publish(f"{BASE}/cmd/read", b'{"id":"meanwhile"}')
        bell.start()
        again, meanwhile = operator.reply_to("drill"), operator.reply_to("read")
        assert (again["id"], again["error"]) == ("once", "repeated")
        assert (meanwhile["id"], meanwhile["error"]) == ("meanwhile", None)
        bell.ready()
        assert bell.ask("status")["drill"] is None
        assert len([t for t in bell.modem.texts if t.number == PHONES["mother"]]) == 1


def test_a_retained_request_is_ignored_and_one_by_3_1_1_is_answered_beside_itself(
    tmp_path: Path, broker: Mosquitto
) -> None:
    more = QUICK.replace("[alarm]", "[alarm]\n", 1)
    with Bell(tmp_path / "bell", mqtt_port=broker.port, more=more) as bell:
        with Listener(broker, "none", name="earlier") as earlier:
            earlier.publish(f"{BASE}/cmd/ack", b'{"id":"retained"}', retain=True)
        bell.mqtt_more = "version = 3\n"
        with connected(bell, broker) as operator:
            operator.listener.publish(f"{BASE}/cmd/read", b'{"id":"live","by":"kim"}')
            answer = operator.listener.wait_for(lambda m: m.topic.endswith("/reply"))
            assert (answer.topic, json.loads(answer.payload)["id"]) == (
                f"{BASE}/cmd/read/reply",
                "live",
            )
            assert operator.shows("events", lambda e: bool(e["type"] == "command"))["by"] == "kim"
