"""The MQTT connection against a real Mosquitto, and against ends that misbehave."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from drivers.broker.heard import NOT_SUBSCRIBED, Acknowledged, Heard, Incoming
from drivers.broker.link import Link
from drivers.broker.liveness import Patience
from drivers.broker.settings import MqttSettings
from drivers.errors import BrokerGone
from tests.brokers import Authority, Listener, Mosquitto, free_port, mosquitto

WILL = b'{"online":false}'


def link_to(port: int, folder: Path = Path(), **settings: Any) -> Link:
    patience = settings.pop("patience", Patience(connect_s=5.0))
    host = settings.pop("host", "127.0.0.1")
    made = MqttSettings(host=host, port=port, **settings)
    return Link(made, "jongno-0042", lambda name: folder / name, patience)


def wait_for(link: Link, wanted: Callable[[Heard], bool], timeout_s: float = 5.0) -> Heard:
    end_s = time.monotonic() + timeout_s
    while (left_s := end_s - time.monotonic()) > 0:
        for heard in link.wait(left_s):
            if wanted(heard):
                return heard
    raise TimeoutError("not heard")


def acknowledged(link: Link, packet_id: int) -> Acknowledged:
    heard = wait_for(link, lambda h: isinstance(h, Acknowledged) and h.packet_id == packet_id)
    assert isinstance(heard, Acknowledged)
    return heard


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path_factory.mktemp("broker")) as running:
        yield running


@pytest.mark.parametrize("version", [5, 3])
def test_a_message_arrives_and_is_acknowledged(broker: Mosquitto, version: int) -> None:
    link = link_to(broker.port, version=version)
    link.connect("t/status", WILL)
    with Listener(broker, "t/#", name=f"a{version}") as listener:
        packet_id = link.publish("t/alarm", b"{}", retain=True)
        assert link.under_way == 1
        assert acknowledged(link, packet_id).success
        assert link.under_way == 0
        assert listener.wait_for(lambda m: m.topic == "t/alarm").payload == b"{}"
    link.disconnect()


def test_that_nobody_listens_is_success_and_seen(broker: Mosquitto) -> None:
    link = link_to(broker.port)
    link.connect("x/status", WILL)
    answer = acknowledged(link, link.publish("x/nobody", b"{}"))
    assert answer.success
    assert answer.code == NOT_SUBSCRIBED
    link.disconnect()


def test_the_will_is_published_when_we_vanish_but_not_when_we_leave(broker: Mosquitto) -> None:
    with Listener(broker, "w/#", name="w") as listener:
        link = link_to(broker.port)
        link.connect("w/status", WILL)
        link.drop()
        will = listener.wait_for(lambda m: m.topic == "w/status")
        assert will.payload == WILL
        link.connect("w/status", WILL)
        link.disconnect()
        listener.publish("w/end", b"")
        listener.wait_for(lambda m: m.topic == "w/end")
        assert [m.topic for m in listener.heard].count("w/status") == 1


def test_a_request_of_mqtt_5_comes_whole(broker: Mosquitto) -> None:
    link = link_to(broker.port)
    link.connect("c/status", WILL)
    link.subscribe("c/cmd/+")
    with Listener(broker, "c/answers/#", name="c") as centre:
        request = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho
        request.ResponseTopic = "c/answers/7"
        request.CorrelationData = b"\x00\x07"
        request.UserProperty = ("by", "duty officer")
        centre.publish("c/cmd/ack", b'{"id":"1"}', properties=request)
        heard = wait_for(link, lambda h: isinstance(h, Incoming))
        assert heard == Incoming(
            "c/cmd/ack",
            b'{"id":"1"}',
            False,
            "c/answers/7",
            b"\x00\x07",
            (("by", "duty officer"),),
        )
        link.publish("c/answers/7", b"done", correlation=b"\x00\x07")
        answer = centre.wait_for(lambda m: m.topic == "c/answers/7")
        assert answer.properties.CorrelationData == b"\x00\x07"
    link.disconnect()


def test_another_thread_ends_the_wait(broker: Mosquitto) -> None:
    link = link_to(broker.port)
    link.connect("k/status", WILL)
    timer = threading.Timer(0.1, link.waker.set)
    timer.start()
    begun_s = time.monotonic()
    assert link.wait(10.0) == []
    assert time.monotonic() - begun_s < 5.0
    timer.join()
    link.disconnect()


def test_what_the_broker_allows_is_read_from_its_answer(tmp_path: Path) -> None:
    with mosquitto(tmp_path, settings=["max_packet_size 4000"]) as broker:
        link = link_to(broker.port)
        link.connect("l/status", WILL)
        assert link.maximum_packet_bytes == 4000
        assert link.receive_maximum >= 1
        link.disconnect()
        assert link.receive_maximum == 0


def test_a_dead_connection_is_told_and_nothing_is_queued_for_the_next(tmp_path: Path) -> None:
    with mosquitto(tmp_path) as broker:
        link = link_to(broker.port)
        link.connect("d/status", WILL)
        broker.kill()
        with pytest.raises(BrokerGone, match=r"closed|cut"):
            wait_for(link, lambda _: False)
        with pytest.raises(BrokerGone, match="no connection"):
            link.publish("d/late", b"never")
        broker.start()
        link.connect("d/status", WILL)
        with Listener(broker, "d/#") as listener:
            acknowledged(link, link.publish("d/now", b""))
            listener.wait_for(lambda m: m.topic == "d/now")
            assert [m.topic for m in listener.heard] == ["d/now"]
        link.disconnect()


def test_a_broker_that_hangs_is_given_up(tmp_path: Path) -> None:
    with mosquitto(tmp_path) as broker:
        link = link_to(broker.port, patience=Patience(connect_s=5.0, ack_s=0.4))
        link.connect("h/status", WILL)
        broker.freeze()
        link.publish("h/x", b"")
        with pytest.raises(BrokerGone, match="acknowledged nothing"):
            wait_for(link, lambda _: False)
        broker.thaw()


# What a technician reads.


def why_not(link: Link) -> str:
    with pytest.raises(BrokerGone) as caught:
        link.connect("t/status", WILL)
    assert not link.connected
    return str(caught.value)


def test_a_refused_login_says_so(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("wrong\n")
    passwords = tmp_path / "passwords"
    subprocess.run(
        ["mosquitto_passwd", "-b", "-c", str(passwords), "jongno-0042", "right"], check=True
    )
    passwords.chmod(0o600)
    rules = ["allow_anonymous false", f"password_file {passwords}"]
    with mosquitto(tmp_path / "b", settings=rules) as broker:
        login = {"username": "jongno-0042", "password_credential": "secret"}
        link = link_to(broker.port, tmp_path, **login)
        assert "mqtt.username" in why_not(link) or "login" in why_not(link)
        assert "login" in why_not(link_to(broker.port, tmp_path, version=3, **login))
        (tmp_path / "secret").write_text("right\n")
        link.connect("t/status", WILL)
        link.disconnect()
        (tmp_path / "secret").unlink()
        assert "cannot read the broker's password" in why_not(link)


def test_a_broker_that_does_not_run_says_so() -> None:
    assert "refuses the connection" in why_not(link_to(free_port()))


def test_a_name_that_nobody_knows_says_so() -> None:
    assert "bad..name" in why_not(link_to(1883, host="bad..name", insecure=True))


def test_plain_text_to_another_machine_is_refused_here_too() -> None:
    assert "in the clear" in why_not(link_to(1883, host="192.0.2.1"))


@contextmanager
def peer(says: bytes | None) -> Iterator[int]:
    """A listening socket that takes one connection and says this, or nothing."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.settimeout(5.0)
        done = threading.Event()

        def serve() -> None:
            connection, _ = server.accept()
            with closing(connection):
                if says is not None:
                    connection.recv(1024)
                    connection.sendall(says)
                done.wait(5.0)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            done.set()
            thread.join(5.0)


def test_one_that_takes_the_connection_and_says_nothing_is_given_up() -> None:
    with peer(None) as port:
        begun_s = time.monotonic()
        assert "says nothing" in why_not(link_to(port, patience=Patience(connect_s=0.3)))
        assert time.monotonic() - begun_s < 2.0


def test_closing_ends_a_connection_in_the_making_at_once() -> None:
    with peer(None) as port:
        link = link_to(port)
        timer = threading.Timer(0.1, link.waker.abort)
        timer.start()
        begun_s = time.monotonic()
        why_not(link)
        assert time.monotonic() - begun_s < 1.0
        timer.join()


@pytest.mark.parametrize(
    "rubbish",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x20\x03\x00\x00\xff",
        b"\x20\x00",
        b"\x40\x00",
        b"\x00",
    ],
)
def test_an_end_that_does_not_speak_mqtt_is_told_not_trusted(rubbish: bytes) -> None:
    with peer(rubbish) as port:
        assert why_not(link_to(port, patience=Patience(connect_s=0.5)))


# TLS.


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@contextmanager
def tls_broker(
    folder: Path, authority: Authority, *lines: str, **issue: Any
) -> Iterator[Mosquitto]:
    certificate, key = authority.issue("broker", **issue)
    settings = [f"cafile {authority.certificate}", f"certfile {certificate}", f"keyfile {key}"]
    with mosquitto(folder, settings=[*settings, *lines]) as broker:
        yield broker


def test_a_client_certificate_opens_the_way_and_none_does_not(
    tmp_path: Path, authority: Authority
) -> None:
    certificate, key = authority.issue("jongno-0042")
    with tls_broker(tmp_path, authority, "require_certificate true") as broker:
        ca = str(authority.certificate)
        both = {"ca": ca, "cert": str(certificate), "key_credential": key.name}
        for version in (5, 3):
            link = link_to(broker.port, key.parent, version=version, **both)
            link.connect("t/status", WILL)
            assert acknowledged(link, link.publish("t/x", json.dumps({"n": 1}).encode())).success
            big = acknowledged(link, link.publish("t/big", b"x" * 300_000))
            assert big.success
            until_s = link.valid_until_s
            two_days_s = time.time() + 2 * 86400
            assert {end: abs(s - two_days_s) < 3600 for end, s in until_s.items()} == {
                "broker": True,
                "device": True,
            }
            link.disconnect()
        assert "wants a certificate" in why_not(link_to(broker.port, ca=ca))
        expired = authority.issue("late", days=-1)
        late = {"ca": ca, "cert": str(expired[0]), "key_credential": expired[1].name}
        assert "certificate has expired" in why_not(link_to(broker.port, key.parent, **late))
        wrong_key = {**both, "key_credential": expired[1].name}
        assert "cannot use the certificate" in why_not(
            link_to(broker.port, key.parent, **wrong_key)
        )


def test_a_broker_we_should_not_trust_is_not_trusted(tmp_path: Path, authority: Authority) -> None:
    ca = str(authority.certificate)
    with tls_broker(tmp_path / "name", authority, san="DNS:other.example") as broker:
        assert "another name" in why_not(link_to(broker.port, ca=ca, host="localhost"))
        assert "another address" in why_not(link_to(broker.port, ca=ca))
        other = Authority(tmp_path / "other", "another authority")
        assert "another CA" in why_not(link_to(broker.port, ca=str(other.certificate)))
        assert "CA file" in why_not(link_to(broker.port, ca=str(tmp_path / "missing.pem")))
    with tls_broker(tmp_path / "late", authority, days=-1) as broker:
        assert "has expired" in why_not(link_to(broker.port, ca=ca))


def test_tls_to_a_plain_port_fails_and_never_falls_back(
    broker: Mosquitto, authority: Authority
) -> None:
    words = why_not(link_to(broker.port, ca=str(authority.certificate)))
    assert "TLS" in words or "cut" in words
