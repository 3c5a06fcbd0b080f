"""A look at the way to the broker, step by step: name, TCP, TLS, login, publish and hear.

Goes the same way as the daemon, by the same code, with a client id and a clean session of its own,
so that the running daemon's are left alone. Invariant: it ends within ``limit_s`` and leaves
nothing retained. What the daemon does on its connection is in ``link``.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from drivers.broker.heard import Acknowledged, Heard, Incoming, Subscribed
from drivers.broker.link import Link
from drivers.broker.liveness import Patience
from drivers.broker.refusals import Cause, Told, cause_of, words_for_refusal
from drivers.broker.settings import MqttSettings
from drivers.broker.wire import (
    Credential,
    Waker,
    addresses_of,
    connected,
    encrypted,
    tls_context,
    valid_until_s,
)
from drivers.errors import BrokerGone

_BYTES: Final = b"floodbell doctor"
_EXPIRY_S: Final = 10  # of the one message that is sent


class Stage(StrEnum):
    """The steps, in the order in which they can fail."""

    NAME = "name"
    TCP = "tcp"
    TLS = "tls"
    LOGIN = "login"
    ROUND_TRIP = "publish and receive"


@dataclass(frozen=True, slots=True)
class Step:
    """How one step went.

    Attributes:
        stage: Which one.
        passed: Whether the way goes on behind it.
        detail: What was seen, in words.
        cause: Why it failed, as a code; None if it passed.
        valid_until_s: Until when the certificates of both ends are valid, in seconds since 1970,
            by ``broker`` and ``device``; of the step TLS only.
    """

    stage: Stage
    passed: bool
    detail: str
    cause: Cause | None = None
    valid_until_s: Mapping[str, float] = field(default_factory=dict)


def probe(
    settings: MqttSettings,
    *,
    client_id: str,
    topic: str,
    credential: Credential,
    limit_s: float = 9.0,
) -> Iterator[Step]:
    """Go as far as it goes; the first step that fails is the last.

    Args:
        settings: The broker.
        client_id: Not the daemon's, or the broker would hang up on it.
        topic: Where one message is sent and waited for.
        credential: Where the file of a named credential is.
        limit_s: Longest time for everything.
    """
    ends_s = time.monotonic() + limit_s
    stage = Stage.NAME
    try:
        for begun in _way(settings, credential, ends_s):
            if isinstance(begun, Step):
                yield begun
            else:
                stage = begun
        stage = Stage.LOGIN
        patience = Patience(connect_s=max(0.1, ends_s - time.monotonic()))
        link = Link(settings, client_id, credential, patience, session_expiry_s=0)
        link.connect(None)
    except BrokerGone as gone:
        yield Step(stage, passed=False, detail=str(gone), cause=cause_of(gone))
        return
    yield Step(Stage.LOGIN, passed=True, detail="accepted")
    refusal: Told | None
    try:
        refusal = _round_trip(link, topic, ends_s)
    except BrokerGone as gone:
        refusal = Told(str(gone), cause_of(gone))
    else:
        link.disconnect()
    cause = refusal.cause if refusal is not None else None
    yield Step(Stage.ROUND_TRIP, passed=refusal is None, detail=refusal or topic, cause=cause)


def _way(settings: MqttSettings, credential: Credential, ends_s: float) -> Iterator[Stage | Step]:
    """Each stage as it begins, and its step when it is done."""
    host, port = settings.host.strip("[]"), settings.tcp_port
    waker = Waker()
    yield Stage.NAME
    addresses = addresses_of(host, port, waker, ends_s)
    yield Step(Stage.NAME, passed=True, detail=str(addresses[0][1][0]))
    yield Stage.TCP
    with connected(host, port, waker, ends_s) as connection:
        yield Step(Stage.TCP, passed=True, detail=f"{host}:{port}")
        if not settings.tls:
            return
        yield Stage.TLS
        context = tls_context(settings, credential)
        with encrypted(connection, context, host, waker, ends_s) as secured:
            ends = valid_until_s(secured, settings.cert)
            words = [f"{end}'s certificate valid until {_day(s)}" for end, s in ends.items()]
            detail = ", ".join([str(secured.version()), *words])
            yield Step(Stage.TLS, passed=True, detail=detail, valid_until_s=ends)


def _day(since_1970_s: float) -> str:
    return f"{datetime.fromtimestamp(since_1970_s, UTC):%Y-%m-%d}"


def _round_trip(link: Link, topic: str, ends_s: float) -> Told | None:
    """Send one message to ourselves; why it did not come, or None."""
    link.subscribe(topic)
    link.publish(topic, _BYTES, expiry_s=_EXPIRY_S)
    came, taken = False, False
    while not (came and taken):
        left_s = ends_s - time.monotonic()
        if left_s <= 0:
            if not taken:
                return Told("no answer", Cause.SILENT)
            words = "the broker took the message and did not send it back"
            return Told(words, Cause.NOT_ALLOWED)
        for heard in link.wait(left_s):
            if refusal := _refusal(heard):
                return refusal
            taken |= isinstance(heard, Acknowledged)
            came |= isinstance(heard, Incoming) and heard.payload == _BYTES
    return None


def _refusal(heard: Heard) -> Told | None:
    if isinstance(heard, Acknowledged | Subscribed) and not heard.success:
        return words_for_refusal(heard.code)
    return None
