"""The demo's broker, centre and tether, with a publisher that is not ours."""

from __future__ import annotations

import os
import queue
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.publish as publisher
import pytest

from drivers.emulated import tether
from drivers.emulated.broker import EmbeddedBroker
from drivers.emulated.centre import Centre, Heard, retained
from drivers.errors import BrokerGone

TOPIC = "floodbell/v1/jongno/x/readings"
WAIT_S = 10.0


@pytest.fixture(params=["mosquitto", "amqtt"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EmbeddedBroker]:
    if request.param == "amqtt":
        pytest.importorskip("amqtt", reason="the extra `demo` is not installed")
    broker = EmbeddedBroker(tmp_path, (request.param,))
    assert broker.name == request.param
    broker.start()
    yield broker
    broker.stop()


def publish(
    broker: EmbeddedBroker, payload: str, *, topic: str = TOPIC, keep: bool = False
) -> None:
    publisher.single(
        topic, payload, qos=1, retain=keep, hostname="127.0.0.1", port=broker.port, client_id="bell"
    )


def next_but(known: bytes, heard: queue.SimpleQueue[Heard]) -> Heard:
    """The next message that is not `known`: a broker that died before the PUBACK tells it again."""
    while (message := heard.get(timeout=WAIT_S)).payload == known:
        continue
    return message


def test_the_centre_hears_everything_before_and_after_the_broker_was_away(
    broker: EmbeddedBroker,
) -> None:
    heard: queue.SimpleQueue[Heard] = queue.SimpleQueue()
    centre = Centre(broker.port, broker.version, heard.put)
    assert centre.await_listening(WAIT_S)
    publish(broker, "1")
    assert heard.get(timeout=WAIT_S).payload == b"1"
    port = broker.port
    broker.stop()
    assert not broker.running
    broker.start()
    assert broker.port == port
    if broker.name == "amqtt":  # it keeps no session: the centre must be back first
        assert centre.await_listening(WAIT_S)
    publish(broker, "2")
    assert next_but(b"1", heard).payload == b"2"
    centre.close()


def test_a_newcomer_is_told_what_the_broker_keeps(broker: EmbeddedBroker) -> None:
    assert retained(broker.port, broker.version, within_s=0.5) == {}
    publish(broker, "danger", topic="floodbell/v1/jongno/x/alarm", keep=True)
    publish(broker, "not kept")
    kept = retained(broker.port, broker.version)
    assert kept == {"floodbell/v1/jongno/x/alarm": b"danger"}
    broker.stop()
    assert retained(broker.port, broker.version) == {}


def test_without_any_broker_the_remedy_is_named(tmp_path: Path) -> None:
    with pytest.raises(BrokerGone, match="install"):
        EmbeddedBroker(tmp_path, ("no_such_broker",))


def test_a_process_that_does_not_want_to_end_is_killed(tmp_path: Path) -> None:
    script = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True)"
    log = tmp_path / "log"
    stubborn = tether.start([sys.executable, "-c", f"{script}; signal.pause()"], log)
    with subprocess.Popen(["tail", "-f", str(log)], stdout=subprocess.PIPE) as tail:
        assert tail.stdout is not None
        assert tail.stdout.readline() == b"1\n"
        tail.kill()
    assert tether.end(stubborn, 0.2) == -signal.SIGKILL


def test_a_child_dies_with_its_parent(tmp_path: Path) -> None:
    """A pidfd becomes readable when its process has ended."""
    script = (
        "import sys; from pathlib import Path; from drivers.emulated import tether;"
        "child = tether.start(['sleep', '60'], Path(sys.argv[1]));"
        "print(child.pid, flush=True); child.wait()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "log")], stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        pidfd = os.pidfd_open(pid)
        parent.kill()
    ready, _, _ = select.select([pidfd], [], [], WAIT_S)
    assert ready == [pidfd]
    os.close(pidfd)
