"""What is wrong in our own code costs the centre neither the link nor an alarm, and is told."""

from __future__ import annotations

import json
import logging
import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from drivers.broker.client import Client
from drivers.broker.link import Link
from drivers.broker.settings import MqttSettings
from edge.centre.centre import Centre, Place
from edge.centre.commands import Command
from edge.store.rows import Batch
from edge.store.store import Store
from tests.brokers import Listener, Mosquitto, mosquitto
from tests.drivers.broker.breaking import NOTES, breaking, breaking_once
from tests.received import Received

BASE = "floodbell/v1/jongno/jongno-0042"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path / "broker") as running:
        yield running


Build = Callable[..., Centre]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "floodbell.db")
    made.open()
    yield made
    assert made.close()


@pytest.fixture
def build(store: Store, broker: Mosquitto) -> Iterator[Build]:
    made: list[Centre] = []

    def make(client: type[Client] = Client, **handlers: Any) -> Centre:
        settings = MqttSettings(host="127.0.0.1", port=broker.port)
        link = Link(settings, "jongno-0042", Path, client=client)
        place = Place(BASE, "boot:1", heartbeat_s=0.2, reconnect_max_s=0.3)
        made.append(Centre(place, store, link, **{"health": dict, **handlers}))
        return made[-1]

    yield make
    for centre in made:
        assert centre.stop(3.0), "the thread has died or hangs"


def raising(error: Exception) -> Callable[..., Any]:
    def broken(*_: object) -> Any:
        raise error

    return broken


def shows_an_alarm(centre: Centre, listener: Listener, incident: str) -> None:
    centre.show("alarm", {"incident": incident})
    listener.wait_for(
        lambda m: m.topic == f"{BASE}/alarm" and json.loads(m.payload)["incident"] == incident
    )


@pytest.mark.parametrize("name", NOTES)
def test_a_fault_in_a_callback_is_told_and_the_link_recovers(
    broker: Mosquitto,
    build: Build,
    store: Store,
    name: str,
) -> None:
    states: queue.SimpleQueue[tuple[bool, str]] = queue.SimpleQueue()
    commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
    with Listener(broker, f"{BASE}/#") as listener:
        centre = build(
            breaking_once(name, KeyError("planted")),
            on_state=lambda *state: states.put(state),
            on_command=commands.put,
        )
        centre.start()
        if name != "_note_connack":
            assert states.get(timeout=5.0) == (True, "")
        if name == "_note_message":
            listener.publish(f"{BASE}/cmd/ack", b"{}")
        if name == "_note_disconnect":
            broker.stop()
            broker.start()
        up, words = states.get(timeout=5.0)
        assert not up
        assert "a fault of ours" in words
        assert "planted" in words
        assert states.get(timeout=10.0) == (True, "")
        store.commit(Batch(events=({"type": "x"},)), 5.0)
        centre.wake()
        shows_an_alarm(centre, listener, "after")
        listener.publish(f"{BASE}/cmd/read", b"{}")
        assert commands.get(timeout=5.0).name == "read"
        received = Received(BASE)
        log_id = store.log_id("events") or ""
        while not received.has(log_id, 1):
            for message in listener.heard:
                received.hear(message.topic, message.payload)
            if not received.has(log_id, 1):
                listener.wait_for(lambda m: m.topic.endswith("/events"))


def test_a_message_that_breaks_us_each_time_comes_once(broker: Mosquitto, build: Build) -> None:
    """It is not acknowledged: a session that goes on would bring it over every connection."""
    met: list[bytes] = []

    def is_poison(arguments: tuple[Any, ...], _called: int) -> bool:
        payload = arguments[-1].payload
        met.extend([payload] if payload == b"poison" else [])
        return bool(payload == b"poison")

    commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
    states: queue.SimpleQueue[tuple[bool, str]] = queue.SimpleQueue()
    centre = build(
        breaking("_note_message", KeyError("planted"), is_poison),
        on_state=lambda *state: states.put(state),
        on_command=commands.put,
    )
    centre.start()
    assert states.get(timeout=5.0) == (True, "")
    with Listener(broker, f"{BASE}/#") as listener:
        listener.publish(f"{BASE}/cmd/ack", b"poison")
        assert not states.get(timeout=5.0)[0]
        assert states.get(timeout=10.0) == (True, "")
        listener.publish(f"{BASE}/cmd/ack", b"{}")
        assert commands.get(timeout=5.0).payload == b"{}"
    assert (len(met), centre.connects) == (1, 2)


def test_a_command_that_cannot_be_handled_costs_nothing_else(
    broker: Mosquitto, build: Build, caplog: pytest.LogCaptureFixture
) -> None:
    called = threading.Semaphore(0)

    def broken(_command: Command) -> None:
        called.release()
        raise KeyError("planted")

    centre = build(on_command=broken)
    with Listener(broker, f"{BASE}/#") as listener, caplog.at_level(logging.ERROR):
        centre.start()
        shows_an_alarm(centre, listener, "before")
        for _ in range(3):
            listener.publish(f"{BASE}/cmd/ack", b"{}")
            assert called.acquire(timeout=5.0)
        shows_an_alarm(centre, listener, "after")
        assert centre.connected
        offline = [m for m in listener.heard if b'"online":false' in m.payload]
        assert not offline, "it has never been away"
    assert "planted" in caplog.text


def test_a_state_that_cannot_be_told_does_not_end_the_thread(
    broker: Mosquitto, build: Build, caplog: pytest.LogCaptureFixture
) -> None:
    """``on_state`` is also called when the link is lost, where nothing else would catch it."""
    told: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def broken(up: bool, _detail: str) -> None:
        told.put(up)
        raise RuntimeError("planted")

    centre = build(on_state=broken)
    with Listener(broker, f"{BASE}/#") as listener, caplog.at_level(logging.ERROR):
        centre.start()
        assert told.get(timeout=5.0)
        shows_an_alarm(centre, listener, "before")
        broker.stop()
        assert not told.get(timeout=5.0)
        broker.start()
        while not told.get(timeout=10.0):
            pass
        shows_an_alarm(centre, listener, "after")
    assert "planted" in caplog.text


def test_health_that_cannot_be_made_says_so_and_no_alarm_waits_for_it(
    broker: Mosquitto, build: Build
) -> None:
    """It is due first after every connection: an alarm would never have gone out."""
    broken = True

    def health() -> Mapping[str, Any]:
        if broken:
            raise OSError("planted")
        return {"uptime_s": 1}

    centre = build(health=health)
    centre.show("alarm", {"incident": "first"})
    with Listener(broker, f"{BASE}/#") as listener:
        centre.start()
        listener.wait_for(lambda m: m.topic.endswith("/alarm"))
        said = listener.wait_for(lambda m: m.topic.endswith("/health"))
        assert json.loads(said.payload) == {"fault": "OSError: planted"}
        shows_an_alarm(centre, listener, "later")
        broken = False
        listener.wait_for(
            lambda m: m.topic.endswith("/health") and json.loads(m.payload) == {"uptime_s": 1}
        )
        assert not [m for m in listener.heard if b'"online":false' in m.payload]
