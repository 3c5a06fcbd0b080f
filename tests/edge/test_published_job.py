"""What the daemon really publishes is what its schemas say: every message of a night with a flood.

The real daemon on a real broker, from calm to danger and back, with hands on it, a broker that goes
away meanwhile, and a goodbye. The bell's button needs a pin: the law's stories press it instead.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from drivers.emulated.modem import SIM7600
from edge.centre.interface.channels import CHANNELS, COMMANDS, Channel
from tests.bells import PHONES, Bell
from tests.brokers import Heard, Listener, Mosquitto
from tests.edge.centre.validating import faults
from tests.edge.messages.cap_reader import Read

BASE = "floodbell/v1/jongno/jongno-0042"

BRIEF = """
[alarm]
alert = { setpoint_mm = 20, on_delay_s = 0.3, off_delay_s = 0.3 }
danger = { setpoint_mm = 150, on_delay_s = 0.3, off_delay_s = 0.3 }
uncorroborated_delay_s = 0.3
max_rise_mm_s = 500.0
[log]
min_change_mm = 0
[trouble]
on_delay_s = 0.3
off_delay_s = 0.3
[zones.stairs]
danger = false
[sensors.float]
driver = "simulated"
zone = "stairs"
script = [[0.0, 0.0]]
"""


ANSWERS = "answers/mine"
KEPT = {"status", "alarm", "health", "sensors/door", "sensors/float"}


def channel_of(topic: str) -> Channel:
    """The channel that a topic belongs to."""
    for channel in CHANNELS:
        pattern = re.sub(r"\\{\w+\\}", "([^/]+)", re.escape(channel.topic))
        if re.fullmatch(pattern, topic):
            return channel
    raise AssertionError(f"nobody has described {topic}")


def schema_of(channel: Channel, message: dict[str, Any]) -> str:
    if channel.name == "status":
        return "status" if message.get("online") else "will"
    return channel.messages[0]


def checked(heard: list[Heard]) -> dict[str, list[Any]]:
    """All messages by channel; each is one that its schema knows."""
    found: dict[str, list[Any]] = defaultdict(list)
    for one in heard:
        topic = one.topic.removeprefix(f"{BASE}/")
        if one.topic.startswith(("homeassistant/", ANSWERS)) or topic.startswith("cmd/"):
            continue  # discovery has Home Assistant's form, answers are looked at by themselves
        channel = channel_of(topic)
        left_s = getattr(one.properties, "MessageExpiryInterval", None)
        if channel.expires_s is None or left_s is None:
            assert left_s == channel.expires_s, topic
        else:  # a broker tells what is left of it
            assert channel.expires_s - 20 < left_s <= channel.expires_s, topic
        if not channel.messages:
            found[channel.name].append(Read(one.payload))
            continue
        message = json.loads(one.payload, object_pairs_hook=once)
        assert faults(schema_of(channel, message), message) == []
        found[channel.name].append(message)
    return found


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object in which no name stands twice: readers differ in which of the two they believe."""
    assert len({name for name, _ in pairs}) == len(pairs), pairs
    return dict(pairs)


def kept(broker: Mosquitto) -> set[str]:
    """The topics that a subscriber who comes later is shown at once."""
    found: set[str] = set()
    with Listener(broker, f"{BASE}/#", name="later") as late:
        while len(found) < len(KEPT):
            one = late.wait_for(lambda one: one.retain)
            found.add(one.topic.removeprefix(f"{BASE}/"))
    return found


def test_every_message_of_a_night_is_as_its_schema_says(tmp_path: Path) -> None:
    with (
        Mosquitto(tmp_path / "broker").start() as broker,
        Listener(broker) as centre,
        Bell(
            tmp_path / "bell",
            more=BRIEF,
            mqtt_port=broker.port,
            profile=replace(SIM7600, answer_delay_s=0.02),
        ).start() as bell,
    ):

        def do(command: str, **arguments: object) -> None:
            answer = bell.ask(command, by="tester", **arguments)
            assert answer["done"], answer

        bell.ready()
        do("drill", stage="alert", contacts=["mother"])
        bell.await_text_to(PHONES["mother"])
        do("drill_end")
        do("disarm", minutes=10)
        do("arm")
        do("service_on", minutes=10)
        do("service_off")
        bell.rise(60, 400)
        bell.await_log("stage_changed.*alert")
        bell.rise(200, 400, from_mm=60)
        bell.await_log("report_accepted")
        do("ack")
        do("silence")
        assert kept(broker) == KEPT
        assert all(channel_of(topic).retained for topic in KEPT)
        broker.stop()
        bell.sensor.follow(lambda: 0.0)
        bell.await_log("receded")
        broker.start()
        bell.sensor.mute()
        bell.await_log("trouble_raised.*sensor:door")
        centre.wait_for(lambda one: b'"stale"' in one.payload)
        bell.sensor.mute(False)
        bell.await_log("trouble_cleared.*sensor:door")
        bell.await_state(lambda s: s["broker"]["connected"] and s["stage"] == "normal")
        do("reset")
        centre.wait_for(lambda one: b'"incident_closed"' in one.payload)
        bell.await_state(lambda s: s["broker"]["backlog"] == {"events": 0, "cap": 0, "readings": 0})
        assert bell.terminate() <= 5.0
        centre.wait_for(lambda one: b'"online":false' in one.payload)
        heard = checked(centre.heard)

        assert set(heard) == {channel.name for channel in CHANNELS}
        kinds = {one["type"] for one in heard["events"]}
        assert kinds >= {
            *("started", "drill_started", "drill_ended", "service_on", "service_off", "disarmed"),
            *("armed", "stage_changed", "notice_accepted", "report_accepted", "acknowledged"),
            *("silenced", "receded", "trouble_raised", "trouble_cleared", "reset"),
            "incident_closed",
        }
        assert {one["stage"] for one in heard["alarm"]} == {"normal", "alert", "danger"}
        assert {one["quality"] for one in heard["sensor"]} >= {"good", "stale"}
        everything = b"".join(one.payload for one in centre.heard).decode()
        assert not any(private in everything for private in (*PHONES.values(), "김동행", "이거주"))


def test_every_answer_to_a_request_and_its_event_are_as_their_schemas_say(tmp_path: Path) -> None:
    requests: list[tuple[str, dict[str, Any], str | None]] = [
        ("ack", {"id": 1}, "refused"),
        ("silence", {"id": "2", "by": "op7"}, "refused"),
        ("reset", {"id": "3"}, "refused"),
        ("service", {"id": "4", "on": False}, "refused"),
        ("drill", {"id": "5", "stage": "alert", "contacts": ["mother"]}, None),
        ("read", {"id": "6"}, None),
        ("read", {"id": "6"}, "repeated"),
        ("ack", {"who": "7"}, "malformed"),
        ("disarm", {"id": "8"}, "unknown"),
    ]
    assert tuple(dict.fromkeys(name for name, _, _ in requests[:6])) == COMMANDS
    with (
        Mosquitto(tmp_path / "broker").start() as broker,
        Listener(broker) as centre,
        Bell(tmp_path / "bell", mqtt_port=broker.port).start() as bell,
    ):
        bell.ready()
        for name, request, error in requests:
            wanted = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho
            wanted.ResponseTopic = ANSWERS
            wanted.CorrelationData = name.encode()
            centre.publish(f"{BASE}/cmd/{name}", json.dumps(request).encode(), properties=wanted)
            answer = centre.wait_for(lambda one: one.topic == ANSWERS)
            assert answer.properties.CorrelationData == name.encode()
            message = json.loads(answer.payload, object_pairs_hook=once)
            assert faults("reply", message) == []
            assert (message["command"], message["error"]) == (name, error), message
            assert ("sensors" in message) == (name == "read" and error is None)
        bell.await_state(lambda s: s["broker"]["backlog"]["events"] == 0)
        bell.terminate()
        centre.wait_for(lambda one: b'"online":false' in one.payload)
        told = [one["type"] for one in checked(centre.heard)["events"]]
        assert told.count("command") == len(COMMANDS)
        assert told.count("commands_refused") == 1
