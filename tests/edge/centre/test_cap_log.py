"""CAP on MQTT: a real store, a real Mosquitto, the real daemon; each document, and in order."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from drivers.broker.link import Link
from drivers.broker.settings import MqttSettings
from edge.centre.centre import Centre, Place
from edge.centre.feed import Feed
from edge.messages.cap import document
from edge.store.rows import LOGS, Batch, Log
from edge.store.store import Store
from tests.bells import QUICK, Bell
from tests.brokers import Heard, Listener, Mosquitto, mosquitto
from tests.edge.messages.cap_reader import Read, chained, source
from tests.edge.messages.test_cap import DANGER, bulletin

BASE = "floodbell/v1/jongno/jongno-0042"
TOPIC = f"{BASE}/cap"


def written(number: int) -> str:
    return document(source(), bulletin(DANGER, identifier=f"n{number}"))


def until(true: Callable[[], bool], timeout_s: float = 15.0) -> None:
    end_s = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < end_s, "it did not become true in time"
        threading.Event().wait(0.01)


def names(heard: list[Heard]) -> list[str]:
    """The documents in the order in which they first came."""
    told = [Read(m.payload)["identifier"] for m in heard if m.topic == TOPIC]
    return list(dict.fromkeys(told))


class House:
    """A store and the broker's thread."""

    def __init__(self, folder: Path, port: int) -> None:
        self.store = Store(folder / "floodbell.db", on_committed=self._committed)
        link = Link(MqttSettings(host="127.0.0.1", port=port), "jongno-0042", Path)
        place = Place(BASE, "b:1", reconnect_max_s=0.3, refused_s=0.3)
        self.centre = Centre(place, self.store, link, health=dict)
        self.store.open()

    def _committed(self) -> None:
        self.centre.wake()

    def tell(self, *numbers: int) -> None:
        documents = tuple(written(number) for number in numbers)
        assert self.store.commit(Batch(events=({"type": "x"},), cap=documents), 10.0)

    def close(self) -> None:
        assert self.centre.stop(3.0)
        assert self.store.close(10.0)


def test_documents_wait_for_the_broker_over_restarts_and_come_in_order(tmp_path: Path) -> None:
    with mosquitto(tmp_path / "broker") as broker, Listener(broker) as listener:
        house = House(tmp_path, broker.port)
        house.centre.start()
        house.tell(1, 2)
        until(lambda: house.store.backlog()["cap"] == 0)
        broker.stop()
        house.tell(3)
        house.close()
        house = House(tmp_path, broker.port)
        house.tell(4, 5)
        assert house.store.backlog()["cap"] == 3
        house.centre.start()
        broker.start()
        until(lambda: not any(house.store.backlog().values()))
        listener.wait_for(lambda m: m.topic == TOPIC and b">n5<" in m.payload)
        assert names(listener.heard) == ["n1", "n2", "n3", "n4", "n5"]
        assert not any(m.retain for m in listener.heard if m.topic == TOPIC)
        first = next(m for m in listener.heard if m.topic == TOPIC)
        assert first.payload == written(1).encode(), "the document itself, nothing round it"
        house.close()


def test_events_go_before_documents_and_documents_before_readings(tmp_path: Path) -> None:
    assert LOGS == ("events", "cap", "readings")
    with mosquitto(tmp_path / "broker") as broker, Listener(broker) as listener:
        house = House(tmp_path, broker.port)
        house.store.log_readings([{"sensor": "door", "n": n} for n in range(200)], urgent=True)
        house.tell(1, 2, 3)
        until(lambda: house.store.newest("readings") == 200)
        house.centre.start()
        until(lambda: not any(house.store.backlog().values()))
        listener.wait_for(lambda m: m.topic == f"{BASE}/readings")
        logs = [m.topic.removeprefix(f"{BASE}/") for m in listener.heard]
        order = list(dict.fromkeys(name for name in logs if name in LOGS))
        assert order == ["events", "cap", "readings"]
        house.close()


def test_a_broker_that_takes_no_whole_document_gets_it_in_short(tmp_path: Path) -> None:
    settings = ("max_packet_size 1500",)
    with (
        mosquitto(tmp_path / "broker", settings=settings) as broker,
        Listener(broker, TOPIC) as listener,
    ):
        house = House(tmp_path, broker.port)
        house.tell(1, 2)
        house.centre.start()
        until(lambda: house.store.backlog()["cap"] == 0)
        listener.wait_for(lambda m: b">n2<" in m.payload)
        assert names(listener.heard) == ["n1", "n2"]
        assert all(len(m.payload) < 1500 for m in listener.heard)
        house.close()


def test_a_document_that_is_too_long_even_in_short_is_handed_over_all_the_same(
    tmp_path: Path,
) -> None:
    store = Store(tmp_path / "floodbell.db")
    store.open()
    assert store.commit(Batch(cap=(written(1), written(2))), 5.0)
    feed = Feed(store)
    log: Log = "cap"
    message = feed.next(log, 100, 0.0)
    assert message is not None
    assert (message.last_seq, Read(message.payload)["identifier"]) == (1, "n1")
    feed.close()
    store.close()


@pytest.mark.long  # the short form is the outage in tests/edge/test_main_job.py
@pytest.mark.parametrize("outage_s", [0.0, 10.0])
def test_the_daemon_tells_a_flood_through_an_outage_and_a_kill(
    tmp_path: Path, outage_s: float
) -> None:
    with (
        Mosquitto(tmp_path / "broker").start() as broker,
        Listener(broker, TOPIC) as centre,
        Bell(tmp_path / "bell", more=QUICK, mqtt_port=broker.port).start() as bell,
    ):
        bell.await_log(r"ready: ")
        bell.rise(60, 200)
        centre.wait_for(lambda m: Read(m.payload)["msgType"] == "Alert")
        broker.stop()
        bell.rise(200, 200, from_mm=60)
        bell.await_log("CAP Update 2")
        bell.kill()
        threading.Event().wait(outage_s)
        broker.start()
        bell.start().await_log(r"ready: ")
        bell.rise(450, 200, from_mm=200)
        centre.wait_for(lambda m: Read(m.payload).named("parameter")["episode"] == "2")
        seen = {m.payload: None for m in centre.heard}  # QoS 1: one may come twice
        told = [Read(payload) for payload in seen]
        assert chained(told)[:3] == ["Alert", "Update", "Update"]
        assert [one.named("parameter")["stage"] for one in told][:2] == ["alert", "danger"]
        assert told[0]["sender"] == "floodbell@jongno-0042"
        assert told[0]["sent"].endswith("+09:00")
        text = b"".join(m.payload for m in centre.heard).decode()
        assert "김동행" not in text
        assert "+8210" not in text
