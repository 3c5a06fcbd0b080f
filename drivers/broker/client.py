"""paho's client on a connection of ours, noting what it hears.

Invariant: a callback only notes; whatever it may raise comes out as ``NotingFailed``, never as an
error of paho's. paho makes no connection, keeps no queue across connections, tries nothing again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final, ParamSpec

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from drivers.broker.heard import Acknowledged, Heard, Incoming, Subscribed
from drivers.broker.refusals import words_for_refusal
from drivers.broker.settings import MqttSettings
from drivers.broker.wire import Wire

MAX_PACKET_BYTES: Final = 268_435_455  # MQTT 5, 2.1.4
MAX_INCOMING_BYTES: Final = 1024 * 1024
"""The longest packet that the broker may send us. A request is far shorter, but one that is too
long wants an answer, and a broker drops in silence what is beyond this (MQTT 5, 3.1.2.11.4)."""

SESSION_EXPIRY_S: Final = 120
"""So long the broker keeps requests for a device that is away; older ones would be refused anyway.
Of our own messages it keeps nothing: QoS 1 towards the broker has no state there."""

_NO_ANSWER: Final = 0x80  # MQTT 5, 2.4: unspecified error

KEPT_BYTES: Final = 8 * 1024
"""Of a message from the broker so much is kept: more is too long for a request in any case, and a
broker that sends a hundred of the longest must not cost us a hundred MiB."""

_COMMANDS_AT_ONCE: Final = 16


_Arguments = ParamSpec("_Arguments")


class NotingFailed(RuntimeError):
    """A fault of ours in a callback: no error of paho's, which would blame the broker."""


def _told_as_ours(note: Callable[_Arguments, None]) -> Callable[_Arguments, None]:
    def noted(*arguments: _Arguments.args, **named: _Arguments.kwargs) -> None:
        try:
            note(*arguments, **named)
        except Exception as error:  # whatever it is: it goes on as what it is, a bug
            raise NotingFailed(f"{type(error).__name__} in a callback: {error}") from error

    return noted


class Client(paho.Client):
    """One connection's client.

    Attributes:
        heard: Acknowledgements and messages, in order, for the link to take away.
        accepted: Whether CONNACK said yes.
        refused: Why the broker refused or ended the connection, in words.
        receive_maximum, maximum_packet_bytes, server_keepalive_s: The broker's limits from CONNACK.
    """

    def __init__(self, wire: Wire, client_id: str, version: int) -> None:
        v5 = version == 5
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id,
            clean_session=None if v5 else True,
            protocol=MQTTProtocolVersion.MQTTv5 if v5 else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
        )
        self.heard: list[Heard] = []
        self.accepted = False
        self.refused: str | None = None
        self.receive_maximum = 65535
        self.maximum_packet_bytes = MAX_PACKET_BYTES
        self.server_keepalive_s = float("inf")
        self._wire = wire
        self._v5 = v5
        self.max_inflight_messages_set(0)  # no bound of paho's, and no queue: the window is ours
        self.on_connect = _told_as_ours(self._note_connack)
        self.on_disconnect = _told_as_ours(self._note_disconnect)
        self.on_publish = _told_as_ours(self._note_puback)
        self.on_message = _told_as_ours(self._note_message)
        self.on_subscribe = _told_as_ours(self._note_suback)

    def _create_socket(self) -> Wire:
        return self._wire

    def log_in(
        self, settings: MqttSettings, password: str | None, session_expiry_s: int, *, afresh: bool
    ) -> None:
        """Send CONNECT; with MQTT 5 requests that came meanwhile are wanted, for two minutes.

        A session of 3.1.1 never expires, so there it is a clean one: a broker would keep requests
        for a bell that was taken down, for years. ``afresh`` forgets what the broker keeps now.
        """
        if settings.username is not None:
            self.username_pw_set(settings.username, password)
        if not self._v5:
            self.connect(settings.host, settings.tcp_port, settings.keepalive_s)
            return
        properties = _properties(PacketTypes.CONNECT)
        properties.MaximumPacketSize = MAX_INCOMING_BYTES
        properties.SessionExpiryInterval = session_expiry_s
        properties.ReceiveMaximum = _COMMANDS_AT_ONCE
        self.connect(
            settings.host,
            settings.tcp_port,
            settings.keepalive_s,
            clean_start=afresh or session_expiry_s == 0,
            properties=properties,
        )

    def send(
        self,
        topic: str,
        payload: bytes,
        *,
        retain: bool,
        correlation: bytes | None,
        expiry_s: int | None,
    ) -> int | None:
        """Publish with QoS 1; the packet id, or None if the connection is lost."""
        properties = None
        if self._v5 and correlation is not None:
            properties = _properties(PacketTypes.PUBLISH)
            properties.CorrelationData = correlation
            if expiry_s is not None:
                properties.MessageExpiryInterval = expiry_s
        elif self._v5 and expiry_s is not None:
            properties = _expiring(expiry_s)
        info = self.publish(topic, payload, 1, retain, properties)
        return info.mid if info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS else None

    def ping(self) -> None:
        """Ask the broker whether it is there."""
        self._send_pingreq()

    def _note_connack(
        self,
        _client: paho.Client,
        _data: object,
        _flags: paho.ConnectFlags,
        code: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if code.value:
            self.refused = words_for_refusal(int(code.value))
        elif getattr(properties, "MaximumQoS", 1) < 1:
            self.refused = "the broker allows QoS 0 only: nothing could be proved to arrive"
        else:
            self.accepted = True
            self.receive_maximum = getattr(properties, "ReceiveMaximum", 65535)
            self.maximum_packet_bytes = getattr(properties, "MaximumPacketSize", MAX_PACKET_BYTES)
            # 0 means that the broker does not look, which is no reason for us not to.
            self.server_keepalive_s = getattr(properties, "ServerKeepAlive", 0) or float("inf")

    def _note_disconnect(
        self,
        _client: paho.Client,
        _data: object,
        flags: paho.DisconnectFlags,
        code: ReasonCode,
        _properties: object,
    ) -> None:
        if flags.is_disconnect_packet_from_server:
            self.refused = words_for_refusal(int(code.value))

    def _note_puback(
        self,
        _client: paho.Client,
        _data: object,
        packet_id: int,
        code: ReasonCode,
        _properties: object,
    ) -> None:
        self.heard.append(Acknowledged(packet_id, int(code.value)))

    def _note_suback(
        self,
        _client: paho.Client,
        _data: object,
        _packet_id: int,
        codes: list[ReasonCode],
        _properties: object,
    ) -> None:
        worst = max((int(code.value) for code in codes), default=_NO_ANSWER)
        self.heard.append(Subscribed(worst))

    @property
    def keeps_incoming(self) -> bool:
        """Whether the broker sends with QoS 2, which nobody asked for: paho would keep it all."""
        return bool(self._in_messages)

    @property
    def incoming_bytes(self) -> int:
        """Length of the packet that is being received, as its header announces it."""
        return int(self._in_packet["remaining_length"])

    def _note_message(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            return  # nothing of ours is called that
        properties = message.properties
        self.heard.append(
            Incoming(
                topic,
                bytes(message.payload[:KEPT_BYTES]),
                message.retain,
                getattr(properties, "ResponseTopic", None),
                getattr(properties, "CorrelationData", None),
                tuple(getattr(properties, "UserProperty", ())),
            )
        )


class _Packed(Properties):
    """Properties whose bytes are made once.

    paho makes the name of each attribute anew for each message ("Message Expiry Interval" without
    its spaces), and asks for it. Python keeps names that were asked for: up to 4,096 of them, each
    under its own address, 0.3 MiB after some hours. Source: ``type_cache`` in its
    Objects/typeobject.c; ``pack`` in paho's properties.py.
    """

    def __init__(self, properties: Properties) -> None:
        super().__init__(properties.packetType)  # type: ignore[no-untyped-call]
        object.__setattr__(self, "_packed", properties.pack())  # type: ignore[no-untyped-call]

    def pack(self) -> bytes:
        """As it goes into the packet."""
        packed: bytes = object.__getattribute__(self, "_packed")
        return packed


@lru_cache(maxsize=16)
def _expiring(expiry_s: int) -> Properties:
    properties = _properties(PacketTypes.PUBLISH)
    properties.MessageExpiryInterval = expiry_s
    return _Packed(properties)


def _properties(packet: int) -> Properties:
    return Properties(packet)  # type: ignore[no-untyped-call]  # paho leaves it untyped
