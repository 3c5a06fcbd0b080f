"""A fault of ours where paho calls us: told as ours, never swallowed, and the next link works."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drivers.broker.client import Client, NotingFailed
from drivers.broker.link import Link
from drivers.broker.settings import MqttSettings
from tests.brokers import Mosquitto, mosquitto
from tests.drivers.broker.breaking import breaking_once


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path_factory.mktemp("broker")) as running:
        yield running


def link_to(port: int, client: type[Client]) -> Link:
    settings = MqttSettings(host="127.0.0.1", port=port)
    return Link(settings, "jongno-0042", Path, client=client)


def hear_until(link: Link, count: int) -> None:
    heard = 0
    while heard < count:
        heard += len(link.wait(5.0))


def connect(link: Link) -> None:
    link.connect("t/status", b"{}")


def publish(link: Link) -> None:
    connect(link)
    link.publish("t/x", b"")
    hear_until(link, 1)


def listen(link: Link) -> None:
    connect(link)
    link.subscribe("t/x")
    link.publish("t/x", b"")
    hear_until(link, 2)


def leave(link: Link) -> None:
    connect(link)
    link.disconnect()


FAULTS = [RuntimeError("bug"), KeyError("bug"), ValueError("bug"), IndexError("bug")]


@pytest.mark.parametrize("error", FAULTS, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("_note_connack", connect),
        ("_note_puback", publish),
        ("_note_message", listen),
        ("_note_disconnect", leave),
        ("_note_suback", listen),
    ],
)
def test_a_fault_in_a_callback_comes_out_as_ours_and_the_next_link_works(
    broker: Mosquitto,
    name: str,
    use: Callable[[Link], None],
    error: Exception,
) -> None:
    """A KeyError of ours would else pass for one of paho's: for a broker that speaks no MQTT."""
    link = link_to(broker.port, breaking_once(name, error))
    with pytest.raises(NotingFailed, match="bug") as caught:
        use(link)
    assert caught.value.__cause__ is error
    link.drop()
    assert not link.connected
    use(link)
    link.drop()
