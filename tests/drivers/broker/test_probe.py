"""The doctor's look at the way to the broker: how far it gets, and what it says where it ends."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from drivers.broker.probe import Stage, probe
from drivers.broker.refusals import words_for
from drivers.broker.settings import MqttSettings
from tests.brokers import Authority, Listener, Mosquitto, free_port, mosquitto

TOPIC = "t/doctor"
Made = tuple[dict[str, Any], Path]


def look(port: int, folder: Path = Path(), **settings: Any) -> tuple[list[Stage], Stage, str]:
    """The stages that passed, the last stage, and what it said."""
    made = MqttSettings(**{"host": "127.0.0.1", "port": port, **settings})
    steps = list(
        probe(
            made,
            client_id="jongno-0042-doctor-1",
            topic=TOPIC,
            credential=lambda name: folder / name,
            limit_s=4.0,
        )
    )
    assert all(step.passed for step in steps[:-1])
    return [step.stage for step in steps if step.passed], steps[-1].stage, steps[-1].detail


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@contextmanager
def tls(folder: Path, authority: Authority, *lines: str, **issue: Any) -> Iterator[Mosquitto]:
    certificate, key = authority.issue("broker", **issue)
    settings = [f"cafile {authority.certificate}", f"certfile {certificate}", f"keyfile {key}"]
    with mosquitto(folder, settings=[*settings, *lines]) as broker:
        yield broker


@pytest.mark.parametrize("version", [5, 3])
def test_the_whole_way_is_gone_and_nothing_is_left_behind(tmp_path: Path, version: int) -> None:
    with mosquitto(tmp_path) as broker:
        passed, _, detail = look(broker.port, version=version)
        assert passed == [Stage.NAME, Stage.TCP, Stage.LOGIN, Stage.ROUND_TRIP]
        assert detail == TOPIC
        with Listener(broker, "#") as late:
            late.publish("t/end", b"")
            late.wait_for(lambda m: m.topic == "t/end")
            assert [m.topic for m in late.heard] == ["t/end"]


def test_with_a_certificate_it_says_until_when_both_ends_are_valid(
    tmp_path: Path, authority: Authority
) -> None:
    certificate, key = authority.issue("jongno-0042")
    mine: dict[str, Any] = {
        "ca": str(authority.certificate),
        "cert": str(certificate),
        "key_credential": key.name,
    }
    with tls(tmp_path, authority, "require_certificate true") as broker:
        passed, _, _ = look(broker.port, key.parent, **mine)
        assert passed == list(Stage)
        made = MqttSettings(host="127.0.0.1", port=broker.port, **mine)
        steps = probe(made, client_id="d", topic=TOPIC, credential=lambda name: key.parent / name)
        said = next(step.detail for step in steps if step.stage is Stage.TLS)
    assert said.startswith("TLSv1.")
    assert "broker's certificate valid until 20" in said
    assert "device's certificate valid until 20" in said


def test_a_name_that_nobody_knows_and_a_port_that_nobody_serves() -> None:
    assert look(1883, host="bad..name", insecure=True)[:2] == ([], Stage.NAME)
    passed, stage, words = look(free_port())
    assert (passed, stage) == ([Stage.NAME], Stage.TCP)
    assert "refuses the connection" in words


def test_an_unknown_host_and_a_name_server_that_is_down_are_two_things() -> None:
    unknown = words_for(socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "b.kr")
    down = words_for(socket.gaierror(socket.EAI_AGAIN, "Temporary failure"), "b.kr")
    assert "b.kr is not known: check mqtt.host" in unknown
    assert "no name server answers" in down
    assert "b.kr" in down


@dataclass(frozen=True)
class Bench:
    """An authority that the broker trusts, and a place to put things."""

    authority: Authority
    folder: Path


def _another_ca(bench: Bench) -> Made:
    other = Authority(bench.folder / "other", "another authority")
    return {"ca": str(other.certificate)}, bench.folder


def _another_name(bench: Bench) -> Made:
    return {"ca": str(bench.authority.certificate), "host": "localhost"}, bench.folder


def _no_certificate(bench: Bench) -> Made:
    return {"ca": str(bench.authority.certificate)}, bench.folder


def _late_certificate(bench: Bench) -> Made:
    certificate, key = bench.authority.issue("late", days=-1)
    ca = str(bench.authority.certificate)
    return {"ca": ca, "cert": str(certificate), "key_credential": key.name}, key.parent


def _strangers_certificate(bench: Bench) -> Made:
    certificate, key = Authority(bench.folder / "other", "another").issue("stranger")
    ca = str(bench.authority.certificate)
    return {"ca": ca, "cert": str(certificate), "key_credential": key.name}, key.parent


def _anothers_key(bench: Bench) -> Made:
    certificate, key = bench.authority.issue("mine")
    _, other = bench.authority.issue("other")
    ca = str(bench.authority.certificate)
    return {"ca": ca, "cert": str(certificate), "key_credential": other.name}, key.parent


@pytest.mark.parametrize(
    ("made", "stage", "words"),
    [
        (_another_ca, Stage.TLS, "another CA than mqtt.ca"),
        (_another_name, Stage.TLS, "another name than localhost"),
        (_no_certificate, Stage.LOGIN, "wants a certificate"),
        (_late_certificate, Stage.LOGIN, "this device's certificate has expired"),
        (_strangers_certificate, Stage.LOGIN, "does not know the CA of this device's certificate"),
        (_anothers_key, Stage.TLS, "cannot use the certificate"),
    ],
)
def test_each_thing_wrong_with_certificates_has_its_own_words(
    tmp_path: Path,
    authority: Authority,
    made: Callable[[Bench], Made],
    stage: Stage,
    words: str,
) -> None:
    more = {"san": "DNS:other.example"} if made is _another_name else {}
    with tls(tmp_path / "b", authority, "require_certificate true", **more) as broker:
        settings, folder = made(Bench(authority, tmp_path))
        _, last, said = look(broker.port, folder, **settings)
    assert words in said
    assert last is stage


def test_a_broker_whose_certificate_has_expired_and_one_without_tls(
    tmp_path: Path, authority: Authority
) -> None:
    ca = str(authority.certificate)
    with tls(tmp_path / "late", authority, days=-1) as broker:
        assert "the broker's certificate has expired" in look(broker.port, ca=ca)[2]
    with mosquitto(tmp_path / "plain") as broker:
        _, last, words = look(broker.port, ca=ca)
        assert last is Stage.TLS
        assert "TLS" in words or "cut" in words


def test_a_login_that_is_refused_and_a_topic_that_is_forbidden(tmp_path: Path) -> None:
    with mosquitto(tmp_path / "strict", settings=["allow_anonymous false"]) as broker:
        assert look(broker.port)[1] is Stage.LOGIN
    rules = tmp_path / "acl"
    rules.write_text("topic read other\n")
    with mosquitto(tmp_path / "rules", settings=[f"acl_file {rules}"]) as broker:
        passed, last, words = look(broker.port)
        assert (passed[-1], last) == (Stage.LOGIN, Stage.ROUND_TRIP)
        assert words != TOPIC


def test_an_end_that_takes_the_connection_and_is_silent_has_an_end() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        began_s = time.monotonic()
        _, last, words = look(server.getsockname()[1])
        assert time.monotonic() - began_s < 6.0
        assert last is Stage.LOGIN
        assert "says nothing" in words
