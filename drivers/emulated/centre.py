"""The district's centre in miniature: a subscriber that hears all that floodbells publish.

Owns one MQTT connection and its thread. Invariant: what the broker took for the centre is heard,
over a restart of either (persistent session, QoS 1), possibly twice. It judges nothing: every
message goes to the listener as it came.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

_LOOPBACK: Final = "127.0.0.1"
_EVERYTHING: Final = "floodbell/#"
_KEEPALIVE_S: Final = 10
_SESSION_S: Final = 3600
_RETRY_S: Final = (
    0.02  # quicker than any floodbell: the centre is there first when a broker returns
)
_QUIET_S: Final = 0.3


@dataclass(frozen=True, slots=True)
class Heard:
    """One message as the centre got it.

    Attributes:
        at_s: Monotonic second at which it came.
        topic: Its topic.
        payload: Its bytes, unjudged.
        retained: The broker kept it from before this subscription.
    """

    at_s: float
    topic: str
    payload: bytes
    retained: bool


class Centre:
    """Subscribes to every floodbell on the broker, reconnects for ever, tells ``listener``.

    ``listener`` is called on the centre's thread; it must be quick and must not raise.
    """

    def __init__(self, port: int, version: int, listener: Callable[[Heard], None]) -> None:
        """Start listening; returns at once.

        Args:
            port: The broker's port on 127.0.0.1.
            version: 5, or 3 for MQTT 3.1.1.
            listener: Called with every message.
        """
        self._port = port
        self._v5 = version == 5
        self._listener = listener
        self._closing = threading.Event()
        self._subscribed = threading.Event()
        self._client = _client("centre", v5=self._v5, clean=False)
        self._client.on_connect = _ask_for_everything
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_disconnect = lambda *_: self._subscribed.clear()
        self._client.on_message = self._on_message
        self._thread = threading.Thread(target=self._run, name="centre", daemon=True)
        self._thread.start()

    @property
    def listening(self) -> bool:
        """Whether the subscription stands now."""
        return self._subscribed.is_set()

    def await_listening(self, within_s: float) -> bool:
        """Wait until the subscription stands; False if it does not within ``within_s``."""
        return self._subscribed.wait(within_s)

    def close(self) -> None:
        """Hang up and end the thread."""
        self._closing.set()
        self._thread.join(timeout=3.0)

    def _run(self) -> None:
        while not self._closing.is_set():
            if self._connect():
                self._serve()
            self._subscribed.clear()
            self._closing.wait(_RETRY_S)
        self._client.disconnect()

    def _connect(self) -> bool:
        try:
            if self._v5:
                properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's
                properties.SessionExpiryInterval = _SESSION_S
                self._client.connect(
                    _LOOPBACK, self._port, _KEEPALIVE_S, clean_start=False, properties=properties
                )
            else:
                self._client.connect(_LOOPBACK, self._port, _KEEPALIVE_S)
        except OSError:
            return False
        return True

    def _serve(self) -> None:
        while not self._closing.is_set():
            if self._client.loop(timeout=0.1) != mqtt.MQTT_ERR_SUCCESS:
                return

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        self._listener(
            Heard(time.monotonic(), message.topic, bytes(message.payload), retained=message.retain)
        )


def retained(port: int, version: int, within_s: float = 3.0) -> dict[str, bytes]:
    """Ask the broker afresh what it keeps, as a centre does that has just been started.

    Args:
        port: The broker's port on 127.0.0.1.
        version: 5, or 3 for MQTT 3.1.1.
        within_s: Longest wait.

    Returns:
        Payload by topic; empty if the broker cannot be reached.
    """
    kept: dict[str, bytes] = {}
    latest_s = time.monotonic()

    def note(_client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        nonlocal latest_s
        if message.retain:
            kept[message.topic] = bytes(message.payload)
            latest_s = time.monotonic()

    client = _client("newcomer", v5=version == 5, clean=True)
    client.on_connect = _ask_for_everything
    client.on_message = note
    try:
        client.connect(_LOOPBACK, port, _KEEPALIVE_S)
    except OSError:
        return kept
    deadline_s = time.monotonic() + within_s
    while time.monotonic() < deadline_s and (not kept or time.monotonic() < latest_s + _QUIET_S):
        if client.loop(timeout=0.1) != mqtt.MQTT_ERR_SUCCESS:
            break
    client.disconnect()
    return kept


def _ask_for_everything(client: mqtt.Client, *_: object) -> None:
    client.subscribe(_EVERYTHING, qos=1)


def _client(name: str, *, v5: bool, clean: bool) -> mqtt.Client:
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2,
        client_id=name,
        protocol=mqtt.MQTTv5 if v5 else mqtt.MQTTv311,
        clean_session=None if v5 else clean,
    )
    client.connect_timeout = 2.0
    return client
