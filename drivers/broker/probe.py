"""A look at the way to the broker, step by step: name, TCP, TLS, login, publish and hear.

Owns one short connection under a client id of its own, so that the running daemon's session is
left alone. Invariant: it ends within ``limit_s`` and leaves nothing retained. What the daemon does
on its connection is in ``link``.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from drivers.broker.settings import MqttSettings

_BYTES: Final = b"floodbell doctor"


class Stage(StrEnum):
    """The steps, in the order in which they can fail."""

    NAME = "name"
    TCP = "tcp"
    TLS = "tls"
    LOGIN = "login"
    ROUND_TRIP = "publish and receive"


@dataclass(frozen=True, slots=True)
class Step:
    """How one step went."""

    stage: Stage
    passed: bool
    detail: str


def probe(
    settings: MqttSettings,
    *,
    client_id: str,
    topic: str,
    key: Path | None = None,
    password: str | None = None,
    limit_s: float = 9.0,
) -> Iterator[Step]:
    """Go as far as it goes; the first step that fails is the last.

    Args:
        settings: The broker.
        client_id: Not the daemon's, or the broker would hang up on it.
        topic: Where one message is sent and waited for.
        key: PEM file of the client certificate's key.
        password: With ``settings.username``.
        limit_s: Longest time for everything.
    """
    ends_s = time.monotonic() + limit_s
    host, port = settings.host.strip("[]"), settings.tcp_port
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as fault:
        yield Step(Stage.NAME, passed=False, detail=f"{host}: {fault}")
        return
    yield Step(Stage.NAME, passed=True, detail=str(addresses[0][4][0]))
    try:
        connection = socket.create_connection((host, port), timeout=_left(ends_s) / 2)
    except OSError as fault:
        yield Step(Stage.TCP, passed=False, detail=f"{host}:{port}: {fault}")
        return
    yield Step(Stage.TCP, passed=True, detail=f"{host}:{port}")
    context = None
    with connection:
        if settings.tls:
            try:
                context = _context(settings, key)
                with context.wrap_socket(connection, server_hostname=host) as secured:
                    detail = f"{secured.version()}, {_expiry(secured)}"
            except OSError as fault:
                yield Step(Stage.TLS, passed=False, detail=str(fault))
                return
            yield Step(Stage.TLS, passed=True, detail=detail)
    yield from _session(settings, context, client_id, topic, password, ends_s)


def _left(ends_s: float) -> float:
    return max(0.1, ends_s - time.monotonic())


def _context(settings: MqttSettings, key: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=settings.ca)
    if settings.cert is not None:
        context.load_cert_chain(settings.cert, key)
    return context


def _expiry(secured: ssl.SSLSocket) -> str:
    certificate = secured.getpeercert() or {}
    return f"broker's certificate valid until {certificate.get('notAfter', '?')}"


class _Visitor:
    """One paho client and what it has been told; paho's thread only sets flags here."""

    def __init__(self, client: paho.Client, topic: str) -> None:
        self.refusal: str | None = None
        self.connected, self.subscribed, self.heard = (threading.Event() for _ in range(3))
        self._topic = topic
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message

    def _on_connect(self, client: paho.Client, *said: Any) -> None:  # noqa: ANN401  paho's
        code = said[2]
        if code.is_failure:
            self.refusal = str(code)
        else:
            client.subscribe(self._topic, qos=1)
        self.connected.set()

    def _on_subscribe(self, client: paho.Client, *said: Any) -> None:  # noqa: ANN401
        codes = said[2]
        if any(code.is_failure for code in codes):
            self.refusal = str(codes[0])
        else:
            client.publish(self._topic, _BYTES, qos=1)
        self.subscribed.set()

    def _on_message(self, client: paho.Client, userdata: object, message: Any) -> None:  # noqa: ANN401, ARG002
        if message.payload == _BYTES:
            self.heard.set()


def _session(
    settings: MqttSettings,
    context: ssl.SSLContext | None,
    client_id: str,
    topic: str,
    password: str | None,
    ends_s: float,
) -> Iterator[Step]:
    version = MQTTProtocolVersion.MQTTv5 if settings.version == 5 else MQTTProtocolVersion.MQTTv311
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=version)
    visitor = _Visitor(client, topic)
    if context is not None:
        client.tls_set_context(context)
    if settings.username is not None:
        client.username_pw_set(settings.username, password)
    client.connect_timeout = _left(ends_s)
    try:
        client.connect(settings.host.strip("[]"), settings.tcp_port, keepalive=20)
    except (OSError, ValueError) as fault:
        yield Step(Stage.LOGIN, passed=False, detail=str(fault))
        return
    client.loop_start()
    try:
        yield from _visit(visitor, topic, ends_s)
    finally:
        client.disconnect()
        client.loop_stop()


def _visit(visitor: _Visitor, topic: str, ends_s: float) -> Iterator[Step]:
    if not visitor.connected.wait(_left(ends_s)) or visitor.refusal:
        yield Step(Stage.LOGIN, passed=False, detail=visitor.refusal or "no answer")
        return
    yield Step(Stage.LOGIN, passed=True, detail="accepted")
    heard = visitor.subscribed.wait(_left(ends_s)) and not visitor.refusal
    heard = heard and visitor.heard.wait(_left(ends_s))
    yield Step(Stage.ROUND_TRIP, passed=heard, detail=visitor.refusal or topic)
