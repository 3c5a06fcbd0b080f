"""The broker's thread, a real store and a real Mosquitto."""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from drivers.broker.link import Link
from drivers.broker.liveness import Patience
from drivers.broker.settings import MqttSettings
from edge.centre.centre import Centre, Place
from edge.centre.commands import Command
from edge.store.rows import Batch, Log
from edge.store.store import Store
from tests.brokers import Heard, Listener, Mosquitto, mosquitto

BASE = "floodbell/v1/jongno/jongno-0042"
SESSION = "boot-1:7"


class House:
    """A store and the broker's thread, as the app puts them together."""

    def __init__(self, folder: Path, port: int, **settings: Any) -> None:
        self.states: queue.SimpleQueue[tuple[bool, str]] = queue.SimpleQueue()
        self.commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        patience = settings.pop("patience", Patience())
        place = Place(
            BASE,
            SESSION,
            heartbeat_s=settings.pop("heartbeat_s", 30.0),
            reconnect_max_s=settings.pop("reconnect_max_s", 0.3),
            refused_s=settings.pop("refused_s", 0.3),
            first_connect_max_s=settings.pop("first_connect_max_s", 0.0),
            extras=settings.pop("extras", {}),
        )
        self.store = Store(folder / "floodbell.db", on_committed=self._committed)
        self.store.open()
        link = Link(
            MqttSettings(host="127.0.0.1", port=port, **settings),
            "jongno-0042",
            lambda name: folder / name,
            patience,
        )
        self.centre = Centre(
            place,
            self.store,
            link,
            health=lambda: {"uptime_s": 1},
            on_command=self.commands.put,
            on_state=lambda up, detail: self.states.put((up, detail)),
        )
        self.centre.show("status", {"version": "1", "armed": False})

    def _committed(self) -> None:
        if hasattr(self, "centre"):
            self.centre.wake()

    def start(self) -> None:
        self.centre.start()
        assert self.states.get(timeout=10.0) == (True, "")

    def await_state(self, up: bool) -> str:
        while True:
            now_up, detail = self.states.get(timeout=15.0)
            if now_up is up:
                return detail

    def log(self, first: int, count: int) -> None:
        for start in range(first, first + count, 500):
            numbers = range(start, min(start + 500, first + count))
            self.store.log_readings([{"sensor": "door", "n": n} for n in numbers], urgent=True)
        assert self.store.commit(Batch(events=({"type": "x", "n": first},)), 10.0)

    def close(self) -> None:
        assert self.centre.stop(3.0)
        assert self.store.close(10.0)


Build = Callable[..., House]


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Build]:
    houses: list[House] = []

    def make(port: int, **settings: Any) -> House:
        folder = tmp_path / "state"
        folder.mkdir(exist_ok=True)
        houses.append(House(folder, port, **settings))
        return houses[-1]

    yield make
    for house in houses:
        house.close()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path / "broker") as running:
        yield running


def until(true: Callable[[], bool], timeout_s: float = 15.0) -> None:
    pause = threading.Event()
    end_s = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < end_s, "it did not become true in time"
        pause.wait(0.01)


def numbers(heard: list[Heard], log: Log) -> list[int]:
    """The numbers of a log in the order in which they were heard."""
    found = []
    for message in heard:
        if message.topic == f"{BASE}/{log}":
            payload = json.loads(message.payload)
            rows = payload["readings"] if log == "readings" else [payload]
            found += [row["seq"] for row in rows]
    return found


def without_repeats(seqs: list[int]) -> list[int]:
    return list(dict.fromkeys(seqs))


def await_number(listener: Listener, log: Log, seq: int, timeout_s: float = 15.0) -> None:
    listener.wait_for(lambda m: m.topic == f"{BASE}/{log}" and seq in numbers([m], log), timeout_s)


# What is retained.


def test_status_comes_first_and_all_that_was_shown_follows(broker: Mosquitto, build: Build) -> None:
    house = build(broker.port)
    house.centre.show("sensors/door", {"depth_mm": 3.0})
    house.centre.show("alarm", {"stage": "normal"})
    with Listener(broker, f"{BASE}/#") as listener:
        house.start()
        listener.wait_for(lambda m: m.topic.endswith("/health"))
        heard = [m.topic.removeprefix(f"{BASE}/") for m in listener.heard]
        assert heard[0] == "status"
        assert heard.index("alarm") < heard.index("sensors/door") < heard.index("health")
        status = json.loads(listener.heard[0].payload)
        assert status["online"] is True
        assert status["session"] == SESSION
        assert status["armed"] is False
        assert status["ts"].endswith("Z")


def test_a_clean_stop_says_offline_within_a_second(broker: Mosquitto, build: Build) -> None:
    house = build(broker.port)
    house.start()
    begun_s = time.monotonic()
    assert house.centre.stop(2.0)
    assert time.monotonic() - begun_s < 1.0
    with Listener(broker, f"{BASE}/status") as listener:
        last = listener.wait_for(lambda m: m.retain)
        assert json.loads(last.payload) == {"online": False, "session": SESSION}


def test_a_broker_that_forgot_everything_is_told_again(
    tmp_path: Path, broker: Mosquitto, build: Build
) -> None:
    house = build(broker.port)
    house.centre.show("alarm", {"stage": "danger"})
    house.start()
    broker.kill()
    house.await_state(False)
    house.centre.show("alarm", {"stage": "alert"})
    fresh = Mosquitto(tmp_path / "fresh", port=broker.port)
    with fresh:
        house.await_state(True)
        with Listener(fresh, f"{BASE}/#") as listener:
            alarm = listener.wait_for(lambda m: m.topic.endswith("/alarm"))
            assert json.loads(alarm.payload) == {"stage": "alert"}


def test_an_unchanged_sensor_is_repeated_once_a_second_and_a_change_at_once(
    broker: Mosquitto, build: Build
) -> None:
    house = build(broker.port)
    house.start()
    with Listener(broker, f"{BASE}/sensors/door") as listener:
        begun_s = time.monotonic()
        house.centre.show("sensors/door", {"depth_mm": 1, "n": 0})
        listener.wait_for(lambda m: json.loads(m.payload)["n"] == 0)
        for n in range(1, 20):
            house.centre.show("sensors/door", {"depth_mm": 1, "n": n}, repeat=True)
        listener.wait_for(lambda m: json.loads(m.payload)["n"] == 19)
        assert time.monotonic() - begun_s > 0.9
        assert len(listener.heard) <= 2
        changed_s = time.monotonic()
        house.centre.show("sensors/door", {"depth_mm": 2, "n": 20})
        listener.wait_for(lambda m: json.loads(m.payload)["n"] == 20)
        assert time.monotonic() - changed_s < 0.5


def test_what_is_shown_is_heard_within_milliseconds(broker: Mosquitto, build: Build) -> None:
    """2 ms on an idle machine; the bound here only tells a poll or Nagle's delay."""
    house = build(broker.port)
    house.start()
    taken_ms = []
    with Listener(broker, f"{BASE}/alarm") as listener:
        for n in range(60):
            begun_s = time.monotonic()
            house.centre.show("alarm", {"n": n})
            heard = listener.wait_for(lambda m, n=n: json.loads(m.payload)["n"] == n)  # type: ignore[misc]
            taken_ms.append(1000 * (heard.at_s - begun_s))
    assert statistics.median(taken_ms) < 10.0


# The logs.


def test_both_logs_come_complete_and_in_order(broker: Mosquitto, build: Build) -> None:
    house = build(broker.port)
    house.log(0, 3000)
    with Listener(broker, f"{BASE}/#") as listener:
        house.start()
        await_number(listener, "readings", 3000)
        house.log(3000, 10)
        await_number(listener, "readings", 3010)
        until(lambda: house.store.backlog() == {"events": 0, "cap": 0, "readings": 0})
        assert numbers(listener.heard, "readings") == [*range(1, 3011)]
        first = next(m for m in listener.heard if m.topic == f"{BASE}/readings")
        payload = json.loads(first.payload)
        assert payload["log"] == house.store.log_id("readings")
        assert payload["readings"][0] == {"seq": 1, "sensor": "door", "n": 0}
        assert len(first.payload) <= 16 * 1024
        event = json.loads(next(m.payload for m in listener.heard if m.topic == f"{BASE}/events"))
        assert event == {"log": house.store.log_id("events"), "seq": 1, "type": "x", "n": 0}


@pytest.mark.parametrize("version", [5, 3])
def test_a_broker_that_restarts_in_the_middle_of_a_backlog_misses_nothing(
    broker: Mosquitto, build: Build, version: int
) -> None:
    house = build(broker.port, version=version)
    house.log(0, 15_000)
    with Listener(broker, f"{BASE}/#") as listener:
        house.start()
        await_number(listener, "readings", 500)
        broker.stop()
        house.await_state(False)
        house.log(15_000, 1000)
        broker.start()
        house.await_state(True)
        await_number(listener, "readings", 16_000)
        assert without_repeats(numbers(listener.heard, "readings")) == [*range(1, 16_001)]
        until(lambda: house.store.backlog() == {"events": 0, "cap": 0, "readings": 0})
        await_number_or_heard(listener, "events", 2)


def await_number_or_heard(listener: Listener, log: Log, seq: int) -> None:
    if seq not in numbers(listener.heard, log):
        await_number(listener, log, seq)


def test_a_broker_that_hangs_and_comes_back_misses_nothing(broker: Mosquitto, build: Build) -> None:
    house = build(broker.port, patience=Patience(connect_s=1.0, ack_s=0.5))
    with Listener(broker, f"{BASE}/#") as listener:
        house.start()
        house.log(0, 500)
        await_number(listener, "readings", 500)
        broker.freeze()
        house.log(500, 3000)
        house.await_state(False)
        house.log(3500, 500)
        broker.thaw()
        house.await_state(True)
        await_number(listener, "readings", 4000)
        assert without_repeats(numbers(listener.heard, "readings")) == [*range(1, 4001)]


def test_an_alarm_overtakes_the_backlog(broker: Mosquitto, build: Build) -> None:
    house = build(broker.port)
    house.log(0, 20_000)
    with Listener(broker, f"{BASE}/#") as listener:
        house.start()
        await_number(listener, "readings", 1000)
        house.centre.show("alarm", {"stage": "danger"})
        listener.wait_for(lambda m: m.topic == f"{BASE}/alarm")
        assert numbers(listener.heard, "readings")[-1] < 20_000
        await_number(listener, "readings", 20_000)


class RefusingBroker:
    """The least of an MQTT 5 broker: answers each PUBLISH with the reason code for its topic."""

    def __init__(self) -> None:
        self.codes: dict[str, int] = {}
        self.dislikes: dict[bytes, int] = {}
        self.taken: list[str] = []
        self.bodies: list[bytes] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(10.0)
        self.port = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        connection, _ = self._server.accept()
        connection.settimeout(10.0)
        with closing(connection), connection.makefile("rb") as stream:
            while head := stream.read(1):
                size, shift = 0, 0
                while (byte := stream.read(1)[0]) & 0x80:
                    size, shift = size | (byte & 0x7F) << shift, shift + 7
                connection.sendall(self._answer(head[0] >> 4, stream.read(size | byte << shift)))

    def _answer(self, kind: int, body: bytes) -> bytes:
        if kind == 1:  # CONNECT
            return b"\x20\x03\x00\x00\x00"
        if kind == 8:  # SUBSCRIBE
            return b"\x90\x04" + body[:2] + b"\x00\x01"
        if kind != 3:
            return b""
        length = int.from_bytes(body[:2])
        topic = body[2 : 2 + length].decode().removeprefix(f"{BASE}/")
        code = self.codes.get(topic, 0)
        code = code or next((c for words, c in self.dislikes.items() if words in body), 0)
        if code == 0:
            self.taken.append(topic)
            self.bodies.append(body)
        return b"\x40\x04" + body[2 + length : 4 + length] + bytes([code, 0])

    def close(self) -> None:
        self._thread.join(10.0)
        self._server.close()


def test_rows_that_the_broker_refuses_are_kept_and_hold_up_nothing_else(build: Build) -> None:
    broker = RefusingBroker()
    broker.codes = {"readings": 0x97, "health": 0x87}
    house = build(broker.port)
    house.log(0, 10)
    house.centre.start()
    assert house.states.get(timeout=5.0) == (True, "")
    words = {house.states.get(timeout=5.0)[1] for _ in range(2)}
    assert any("readings was refused" in word and "quota" in word for word in words)
    assert any("health was refused" in word for word in words)
    until(lambda: house.store.backlog() == {"events": 0, "cap": 0, "readings": 10})
    house.centre.show("alarm", {"stage": "alert"})
    until(lambda: "alarm" in broker.taken)
    assert house.store.backlog()["readings"] == 10
    broker.codes = {}
    until(lambda: house.store.backlog()["readings"] == 0 and house.centre.detail == "")
    house.centre.stop(2.0)
    broker.close()


def test_a_new_alarm_waits_for_no_retry_timer(build: Build) -> None:
    """Design 6. A quota that was used up in calm must not make the centre see a dry home."""
    broker = RefusingBroker()
    broker.codes = {"alarm": 0x97}
    house = build(broker.port, refused_s=60.0)
    house.centre.show("alarm", {"stage": "normal"})
    house.centre.start()
    until(lambda: "alarm was refused" in house.centre.detail)
    broker.codes = {}
    house.centre.show("alarm", {"stage": "danger"})
    until(lambda: "alarm" in broker.taken, 5.0)
    house.centre.stop(2.0)
    broker.close()


def test_a_row_that_the_broker_does_not_like_goes_in_short_and_the_rest_follows(
    build: Build,
) -> None:
    broker = RefusingBroker()
    broker.dislikes = {b"poison": 0x99}
    house = build(broker.port)
    house.store.commit(Batch(events=({"type": "x", "text": "poison"}, {"type": "after"})), 5.0)
    house.log(0, 10)
    rows = ({"sensor": "a", "text": "poison"}, {"sensor": "b", "n": 11})
    assert house.store.commit(Batch(readings=rows), 5.0)
    house.centre.start()
    until(lambda: house.store.backlog() == {"events": 0, "cap": 0, "readings": 0}, 30.0)
    house.centre.stop(2.0)
    broker.close()
    everything = b"".join(broker.bodies)
    assert everything.count(b'"cut":true') == 2, "those behind it are not to blame"
    assert {n for n in range(10) if f'"n":{n}' in everything.decode(errors="replace")} == {
        *range(10)
    }


def test_a_truth_that_is_too_long_for_the_broker_is_told(tmp_path: Path, build: Build) -> None:
    with mosquitto(tmp_path / "b", settings=["max_packet_size 500"]) as broker:
        house = build(broker.port)
        house.start()
        house.centre.show("sensors/door", {"reason": "x" * 1000})
        until(lambda: "sensors/door was refused" in house.centre.detail)
        assert "too large" in house.centre.detail
        house.centre.show("sensors/door", {"reason": ""})
        until(lambda: house.centre.detail == "")


def test_a_broker_that_hangs_up_on_what_is_long_gets_it_in_short(
    tmp_path: Path, build: Build
) -> None:
    """With 3.1.1 it has no other way to say so."""
    with mosquitto(tmp_path / "b", settings=["max_packet_size 2000"]) as broker:
        house = build(broker.port, version=3)
        house.store.commit(Batch(events=({"type": "big", "text": "물" * 1500},)), 5.0)
        house.log(0, 300)
        with Listener(broker, f"{BASE}/#") as listener:
            house.centre.start()
            await_number(listener, "readings", 300, 30.0)
            await_number_or_heard(listener, "events", 2)


def test_an_answer_that_the_broker_forbids_costs_one_connection_for_each_topic(
    tmp_path: Path, build: Build
) -> None:
    rules = tmp_path / "acl"
    rules.write_text(f"topic readwrite {BASE}/#\n")
    with mosquitto(tmp_path / "b", settings=[f"acl_file {rules}"]) as broker:
        house = build(broker.port)
        house.start()
        with Listener(broker, f"{BASE}/cmd/#") as centre:
            until(lambda: house.centre.commands_heard is True)
            for number in range(3):
                request = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho
                request.ResponseTopic = "my/replies"
                centre.publish(f"{BASE}/cmd/read", b"{}", properties=request)
                house.centre.reply(house.commands.get(timeout=5.0), {"n": number})
                if number == 0:
                    until(lambda: house.centre.connects == 2 and house.centre.connected)
                else:
                    centre.wait_for(lambda m: m.topic == f"{BASE}/cmd/read/reply")
            assert house.centre.connects == 2
            assert (house.centre.losses(60.0), house.centre.losses(0.0)) == (1, 0)


def test_a_connection_lost_by_chance_does_not_cost_a_topic_its_answers(
    broker: Mosquitto, build: Build
) -> None:
    house = build(broker.port, patience=Patience(connect_s=1.0, ack_s=0.5))
    house.start()
    with Listener(broker, "district/answers") as centre:
        for number in range(2):
            until(lambda: house.centre.connected and house.centre.commands_heard is True)
            request = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho
            request.ResponseTopic = "district/answers"
            centre.publish(f"{BASE}/cmd/read", b"{}", properties=request)
            command = house.commands.get(timeout=5.0)
            if number == 0:
                broker.freeze()
            house.centre.reply(command, {"n": number})
            if number == 0:
                house.await_state(False)
                broker.thaw()
        assert centre.wait_for(lambda m: b'"n":1' in m.payload).topic == "district/answers"


def test_an_answer_cannot_be_made_an_announcement(broker: Mosquitto, build: Build) -> None:
    house = build(broker.port, extras={"ha/device/x/config": b"{}"})
    house.start()
    with Listener(broker, f"{BASE}/cmd/#") as centre:
        request = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho
        request.ResponseTopic = "ha/device/x/config"
        centre.publish(f"{BASE}/cmd/read", b"{}", properties=request)
        assert house.commands.get(timeout=5.0).reply_to == f"{BASE}/cmd/read/reply"


def test_a_broker_that_hangs_up_on_what_it_forbids_gets_it_when_it_allows_it(
    tmp_path: Path, build: Build
) -> None:
    """Mosquitto 2.0.11 sends PUBACK 0x87 for a forbidden topic, and then closes the connection."""
    rules = tmp_path / "acl"
    allowed = "".join(f"topic write {BASE}/{topic}\n" for topic in ("status", "events", "health"))
    rules.write_text(f"topic read #\n{allowed}")
    with mosquitto(tmp_path / "b", settings=[f"acl_file {rules}"]) as broker:
        house = build(broker.port)
        with Listener(broker, f"{BASE}/#") as listener:
            house.start()
            house.log(0, 10)
            await_number(listener, "events", 1)
            assert house.await_state(False)
            assert house.store.backlog()["readings"] == 10
            rules.write_text("topic readwrite #\n")
            os.kill(broker.pid, signal.SIGHUP)
            await_number(listener, "readings", 10)
            until(lambda: house.store.backlog()["readings"] == 0)


def test_a_row_too_long_for_the_broker_is_sent_in_short(tmp_path: Path, build: Build) -> None:
    with mosquitto(tmp_path / "b", settings=["max_packet_size 2000"]) as broker:
        house = build(broker.port)
        with Listener(broker, f"{BASE}/#") as listener:
            house.start()
            house.store.commit(Batch(events=({"type": "big", "text": "물" * 3000},)), 5.0)
            house.log(0, 100)
            await_number(listener, "readings", 100)
            await_number_or_heard(listener, "events", 2)
            assert numbers(listener.heard, "readings") == [*range(1, 101)]
            first = next(m for m in listener.heard if m.topic == f"{BASE}/events")
            log_id = house.store.log_id("events")
            assert json.loads(first.payload) == {
                "log": log_id,
                "seq": 1,
                "type": "big",
                "cut": True,
            }


def test_a_fresh_store_is_followed_from_its_beginning(
    tmp_path: Path, broker: Mosquitto, build: Build
) -> None:
    house = build(broker.port)
    with Listener(broker, f"{BASE}/events") as listener:
        house.start()
        for n in range(40):
            house.store.commit(Batch(events=({"n": n, "text": "x" * 300},)), 5.0)
        await_number(listener, "events", 40)
        old_id = house.store.log_id("events")
        path = tmp_path / "state" / "floodbell.db"
        path.with_name("floodbell.db-wal").write_bytes(b"")
        path.write_bytes(b"\xde\xad" * 4096)
        house.store.suspect_damage()
        until(lambda: house.store.log_id("events") not in (None, old_id))
        assert house.store.commit(Batch(events=({"n": 100},)), 5.0)
        heard = listener.wait_for(lambda m: json.loads(m.payload).get("n") == 100)
        assert json.loads(heard.payload)["log"] == house.store.log_id("events")
        assert json.loads(heard.payload)["seq"] == 1


_DEVICE = """
import sys, time
from pathlib import Path
from drivers.broker.link import Link
from drivers.broker.settings import MqttSettings
from edge.centre.centre import Centre, Place
from edge.store.rows import Batch
from edge.store.store import Store
store = Store(Path(sys.argv[1]), on_committed=lambda: centre.wake())
link = Link(MqttSettings(host="127.0.0.1", port=int(sys.argv[2])), "jongno-0042", Path)
centre = Centre(Place(sys.argv[3], "s", reconnect_max_s=0.3), store, link, health=dict)
store.open()
centre.start()
while True:
    store.log_readings([{"sensor": "door"}] * 3, urgent=True)
    if store.commit(Batch(events=({"type": "x"},)), 10.0):
        print(store.newest("events"), store.newest("readings"), flush=True)
    time.sleep(0.002)
"""


def test_kill_9_in_the_middle_of_an_outage_loses_no_number(
    tmp_path: Path, broker: Mosquitto, build: Build
) -> None:
    path = tmp_path / "state" / "floodbell.db"
    path.parent.mkdir()

    def run(lines: int, then: Callable[[], object]) -> list[bytes]:
        with subprocess.Popen(
            [sys.executable, "-c", _DEVICE, str(path), str(broker.port), BASE],
            stdout=subprocess.PIPE,
        ) as device:
            assert device.stdout is not None
            said = [device.stdout.readline() for _ in range(lines)]
            then()
            said += [device.stdout.readline() for _ in range(lines)]
            device.send_signal(signal.SIGKILL)
            return said

    with Listener(broker, f"{BASE}/#") as listener:
        run(40, broker.stop)
        said = run(40, broker.start)
        house = build(broker.port)
        house.start()
        events, readings = house.store.newest("events"), house.store.newest("readings")
        assert (events, readings) >= tuple(map(int, said[-1].split()))
        await_number(listener, "readings", readings)
        await_number_or_heard(listener, "events", events)
        for log, newest in (("events", events), ("readings", readings)):
            heard = numbers(listener.heard, log)  # type: ignore[arg-type]
            assert sorted(set(heard)) == [*range(1, newest + 1)]


# Commands.


def test_a_request_is_handed_on_and_answered_where_it_wants(
    broker: Mosquitto, build: Build
) -> None:
    house = build(broker.port)
    house.start()
    with Listener(broker, "district/answers") as centre:
        request = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho
        request.ResponseTopic = "district/answers"
        request.CorrelationData = b"7"
        centre.publish(f"{BASE}/cmd/read", b'{"id":"7"}', properties=request)
        command = house.commands.get(timeout=5.0)
        assert (command.name, command.payload) == ("read", b'{"id":"7"}')
        house.centre.reply(command, {"id": "7", "ok": True})
        answer = centre.wait_for(lambda m: m.topic == "district/answers")
        assert json.loads(answer.payload) == {"id": "7", "ok": True}
        assert answer.properties.CorrelationData == b"7"


def test_without_a_response_topic_the_answer_lies_beside_the_command(
    broker: Mosquitto, build: Build
) -> None:
    house = build(broker.port, version=3)
    house.start()
    with Listener(broker, f"{BASE}/cmd/ack/reply") as centre:
        centre.publish(f"{BASE}/cmd/ack", b"{}")
        house.centre.reply(house.commands.get(timeout=5.0), {"ok": False})
        assert centre.wait_for(lambda m: m.topic == f"{BASE}/cmd/ack/reply").payload
    assert house.commands.empty(), "it must not hear its own answer as a command"


def test_a_retained_command_is_marked_as_one(broker: Mosquitto, build: Build) -> None:
    """It would be obeyed again at every connection: the desk refuses it."""
    with Listener(broker, "nothing", name="centre") as centre:
        centre.publish(f"{BASE}/cmd/reset", b"{}", retain=True)
        house = build(broker.port)
        house.start()
        centre.publish(f"{BASE}/cmd/ack", b"{}")
        heard = [house.commands.get(timeout=5.0) for _ in range(2)]
        assert [(one.name, one.retained) for one in heard] == [("reset", True), ("ack", False)]


def test_a_request_waits_two_minutes_for_a_bell_that_is_away(
    broker: Mosquitto, build: Build
) -> None:
    house = build(broker.port)
    house.start()
    until(lambda: house.centre.commands_heard is True)
    house.close()
    with Listener(broker, "nothing", name="centre") as centre:
        centre.publish(f"{BASE}/cmd/ack", b"{}")
    back = build(broker.port)
    back.start()
    assert back.commands.get(timeout=5.0).name == "ack"


def test_a_broker_that_lets_nobody_ask_is_no_trouble_and_seen(tmp_path: Path, build: Build) -> None:
    rules = tmp_path / "acl"
    rules.write_text(f"topic write {BASE}/#\n")
    with mosquitto(tmp_path / "b", settings=[f"acl_file {rules}"]) as broker:
        house = build(broker.port)
        house.start()
        until(lambda: house.centre.commands_heard is not None)
        assert house.centre.connected
        # Mosquitto 2.0.11 promises at SUBSCRIBE what it will not deliver; others refuse here.
        assert house.centre.detail == ""


# What expires, and what is put up besides.


@pytest.mark.parametrize("version", [5, 3])
def test_what_a_bell_measured_expires_and_its_alarm_does_not(
    broker: Mosquitto, build: Build, version: int
) -> None:
    house = build(broker.port, version=version, heartbeat_s=100.0)
    house.start()
    house.centre.show("sensors/door", {"depth_mm": 1})
    house.centre.show("alarm", {"stage": "danger"})
    with Listener(broker, f"{BASE}/#") as listener:
        expiry_s: dict[str, int] = {}
        while len(expiry_s) < 4:
            message = listener.wait_for(lambda m: bool(m.payload))
            topic = message.topic.removeprefix(f"{BASE}/")
            expiry_s[topic] = getattr(message.properties, "MessageExpiryInterval", 0)
    assert (expiry_s["alarm"], expiry_s["status"]) == (0, 0), "for ever"
    if version == 5:
        assert 170 < expiry_s["sensors/door"] <= 180
        assert 290 < expiry_s["health"] <= 300


def test_what_is_put_up_besides_goes_last_and_is_taken_down(
    broker: Mosquitto, build: Build
) -> None:
    extras = {"ha/config": b"{}", f"{BASE}/sensors/old": b""}
    with Listener(broker) as listener:
        listener.publish(f"{BASE}/sensors/old", b"dry", retain=True)
        house = build(broker.port, extras=extras)
        house.log(0, 500)
        house.start()
        listener.wait_for(lambda m: m.topic == f"{BASE}/sensors/old" and not m.payload)
        topics = [m.topic for m in listener.heard]
        assert topics.index("ha/config") > topics.index(f"{BASE}/readings")
        assert house.centre.extras_detail == ""
    with Listener(broker, name="late") as late:
        late.wait_for(lambda m: m.topic == "ha/config" and m.retain)
        assert f"{BASE}/sensors/old" not in [m.topic for m in late.heard]


@pytest.mark.parametrize("version", [5, 3])
def test_a_courtesy_that_the_broker_forbids_costs_two_connections_and_no_more(
    tmp_path: Path, build: Build, version: int
) -> None:
    """With 3.1.1 Mosquitto acknowledges it before it hangs up."""
    rules = tmp_path / "acl"
    rules.write_text(f"topic readwrite {BASE}/#\n")
    with mosquitto(tmp_path / "b", settings=[f"acl_file {rules}"]) as broker:
        house = build(broker.port, extras={"ha/config": b"{}"}, version=version)
        house.start()
        until(lambda: "not tried again" in house.centre.extras_detail)
        until(lambda: house.centre.connects == 3 and house.centre.connected)
        with Listener(broker, f"{BASE}/#") as listener:
            house.log(0, 10)
            await_number(listener, "readings", 10)
        assert house.centre.connects == 3


def test_the_first_connection_can_be_spread_over_a_time(broker: Mosquitto, build: Build) -> None:
    """For a district whose mains come back at one moment; stopping does not wait for it."""
    house = build(broker.port, first_connect_max_s=300.0)
    house.centre.start()
    assert not house.centre.connected
    begun_s = time.monotonic()
    assert house.centre.stop(2.0)
    assert time.monotonic() - begun_s < 1.0
    assert house.centre.connects == 0


# No broker.


def test_without_a_broker_it_tries_again_without_hurry_and_stops_at_once(
    tmp_path: Path, build: Build
) -> None:
    with mosquitto(tmp_path / "b") as broker:
        port = broker.port
    house = build(port)
    house.centre.start()
    assert "refuses the connection" in house.await_state(False)
    used_s = time.process_time()
    threading.Event().wait(0.5)
    assert time.process_time() - used_s < 0.2, "a busy loop"
    begun_s = time.monotonic()
    assert house.centre.stop(2.0)
    assert time.monotonic() - begun_s < 1.0
    assert not house.centre.connected


def test_once_the_clock_is_set_no_pause_is_long(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path / "broker")
    (tmp_path / "state").mkdir()
    house = House(tmp_path / "state", broker.port, reconnect_max_s=3600.0)
    try:
        house.centre.start()
        house.await_state(False)
        with broker:
            house.centre.clock_was_set()
            assert house.await_state(True) == ""
    finally:
        house.close()
