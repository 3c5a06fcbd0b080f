"""One MQTT connection, driven by the thread that owns it.

Owns the connection's life: connect, publish with QoS 1, hear acknowledgements and commands, notice
that the other end is gone. Invariant: only a PUBACK is evidence that something arrived; nothing is
queued while there is no connection; no exception is lost, because paho runs on our thread. Leaves
to the caller what to publish, when to connect again, and how much may be under way.

paho-mqtt 2.2 (read in its source): its own thread dies in silence of an exception in a callback,
its queue is memory only, and it reads neither Receive Maximum nor Maximum Packet Size: none of this
is used here. A fresh client is made for each connection, so nothing of the last one can come back.
"""

from __future__ import annotations

import select
import struct
import time
from collections.abc import Mapping
from typing import Final

from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.exception import MQTTException

from drivers.broker.client import MAX_INCOMING_BYTES, SESSION_EXPIRY_S, Client
from drivers.broker.heard import Acknowledged, Heard
from drivers.broker.liveness import Liveness, Patience
from drivers.broker.refusals import Cause, Told
from drivers.broker.settings import MqttSettings
from drivers.broker.wire import Credential, Waker, Wire, dial
from drivers.errors import BrokerGone

DEFAULT: Final = Patience()
_READS_A_TURN: Final = 256  # then the caller gets its turn, whatever the broker sends
_HEARD_A_TURN: Final = 128
_MALFORMED: Final = (MQTTException, ValueError, IndexError, KeyError, struct.error)


class Link:
    """The connection to the broker, for one thread; ``waker`` is for the others.

    Args:
        settings: ``[mqtt]``.
        client_id: The site's id.
        credential: Where the file of a named credential is.
        patience: How long the broker may take.
        session_expiry_s: How long it keeps what is sent to us while we are away (MQTT 5); 0 for not
            at all.
        client: paho's client that notes; a test brings one with a bug.

    Attributes:
        valid_until_s: Until when the certificates of the last connection are valid, in seconds
            since 1970: ``device`` and ``broker``, as far as known.
    """

    def __init__(
        self,
        settings: MqttSettings,
        client_id: str,
        credential: Credential,
        patience: Patience = DEFAULT,
        session_expiry_s: int = SESSION_EXPIRY_S,
        client: type[Client] = Client,
    ) -> None:
        self.waker = Waker()
        self.valid_until_s: Mapping[str, float] = {}
        self._settings = settings
        self._client_id = client_id
        self._client = client
        self._credential = credential
        self._patience = patience
        self._session_expiry_s = session_expiry_s
        # What we choked on was not acknowledged: a session that goes on would bring it again, and
        # again, over every connection.
        self._choked = False
        self._open: tuple[Client, Wire, Liveness] | None = None

    @property
    def tells_refusals(self) -> bool:
        """Whether an acknowledgement can say no: that of MQTT 5 can, that of 3.1.1 cannot."""
        return self._settings.version == 5

    @property
    def connected(self) -> bool:
        """Whether there is a connection, as far as is known."""
        return self._open is not None

    @property
    def receive_maximum(self) -> int:
        """How many messages may be under way (MQTT 5, Receive Maximum of CONNACK)."""
        return self._open[0].receive_maximum if self._open else 0

    @property
    def maximum_packet_bytes(self) -> int:
        """The longest packet that the broker takes, headers and topic included."""
        return self._open[0].maximum_packet_bytes if self._open else 0

    @property
    def under_way(self) -> int:
        """How many messages the broker has not acknowledged."""
        return self._open[2].owed if self._open else 0

    def connect(self, will_topic: str | None, will_payload: bytes = b"") -> None:
        """Connect, with a retained will if one is given, within ``patience.connect_s``.

        Raises:
            BrokerGone: It did not work; the words say why, and what to look at.
        """
        self.drop()
        deadline_s = time.monotonic() + self._patience.connect_s
        password = self._password()
        wire = dial(self._settings, self._credential, self.waker, deadline_s)
        if self.waker.closing:  # given up meanwhile: a late word of ours would be taken for news
            wire.close()
            raise BrokerGone("the connection is not wanted any more")
        self.valid_until_s = wire.valid_until_s
        client = self._client(wire, self._client_id, self._settings.version)
        liveness = Liveness(self._settings.keepalive_s, self._patience, time.monotonic())
        self._open = (client, wire, liveness)
        if will_topic is not None:
            client.will_set(will_topic, will_payload, qos=1, retain=True)
        client.log_in(self._settings, password, self._session_expiry_s, afresh=self._choked)
        while not client.accepted:
            left_s = deadline_s - time.monotonic()
            if left_s <= 0 or self.waker.closing:
                words = f"{self._settings.host} took the connection but says nothing"
                raise self._gone(Told(words, Cause.SILENT))
            if client.refused is not None or client.socket() is None:
                raise self._gone()
            self._turn(client, wire, left_s)
        self._choked = False
        keepalive_s = min(self._settings.keepalive_s, client.server_keepalive_s)
        self._open = (client, wire, Liveness(keepalive_s, self._patience, time.monotonic()))

    def _password(self) -> str | None:
        name = self._settings.password_credential
        if name is None:
            return None
        path = self._credential(name)
        if path.exists() and not path.is_file():
            words = f"cannot read the broker's password from {path}: not a file"
            raise BrokerGone(Told(words, Cause.FILES))
        try:
            return path.read_text(encoding="utf-8").removesuffix("\n")
        except (OSError, UnicodeDecodeError) as error:
            words = f"cannot read the broker's password from {path}: {error}"
            raise BrokerGone(Told(words, Cause.FILES)) from error

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        retain: bool = False,
        correlation: bytes | None = None,
        expiry_s: int | None = None,
    ) -> int:
        """Send a message with QoS 1.

        Args:
            topic: In full.
            payload: Empty and retained: the broker forgets what it kept of the topic.
            retain: Whether the broker keeps it for who comes later.
            correlation: Correlation Data of the request that this answers (MQTT 5 only).
            expiry_s: After so many seconds the broker throws it away (MQTT 5 only).

        Returns:
            The packet id that its ``Acknowledged`` will carry. This is no evidence of anything.

        Raises:
            BrokerGone: The connection is lost; the message may have left or not.
        """
        client, _, liveness = self._opened()
        packet_id = client.send(
            topic, payload, retain=retain, correlation=correlation, expiry_s=expiry_s
        )
        if packet_id is None:
            raise self._gone()
        liveness.sent(packet_id, time.monotonic())
        return packet_id

    def subscribe(self, topic_filter: str) -> None:
        """Ask for messages, QoS 1.

        Raises:
            BrokerGone: The connection is lost.
        """
        code, _ = self._opened()[0].subscribe(topic_filter, 1)
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise self._gone()

    def wait(self, timeout_s: float) -> list[Heard]:
        """Wait until something is heard, the waker is set, or ``timeout_s`` has passed.

        Raises:
            BrokerGone: The connection is lost, and all that was heard before has been returned.
        """
        client, wire, liveness = self._opened()
        if not client.heard:
            look_s = liveness.next_look_s(time.monotonic(), wire.heard_s)
            self._turn(client, wire, min(timeout_s, look_s))
        heard, client.heard = client.heard, []
        for one in heard:
            if isinstance(one, Acknowledged):
                liveness.acknowledged(one.packet_id)
        if not heard:
            self._check_alive(client, wire, liveness)
        return heard

    def _turn(self, client: Client, wire: Wire, timeout_s: float) -> None:
        """One round: wait for the socket or the waker, then let paho read and write."""
        poll = select.poll()
        poll.register(self.waker, select.POLLIN)
        poll.register(wire, select.POLLIN | (select.POLLOUT if client.want_write() else 0))
        ready = dict(poll.poll(0 if wire.has_ahead else max(0.0, timeout_s) * 1000))
        if self.waker.fileno() in ready:
            self.waker.clear()
        try:
            code = self._read_and_write(client, wire, ready.get(wire.fileno(), 0))
        except _MALFORMED as error:
            self._choked = True
            raise self._gone(f"the broker sent what we cannot take: {error}") from error
        except Exception:
            self._choked = True
            raise
        lost = code != MQTTErrorCode.MQTT_ERR_SUCCESS or client.socket() is None
        if lost and not client.heard:  # else let the caller have it; the next call finds it lost
            raise self._gone()

    def _read_and_write(self, client: Client, wire: Wire, ready: int) -> MQTTErrorCode:
        code = MQTTErrorCode.MQTT_ERR_SUCCESS
        if ready & select.POLLOUT:
            code = client.loop_write()
        if ready & ~select.POLLOUT or wire.has_ahead:
            for _ in range(_READS_A_TURN):
                code = code or client.loop_read()
                if client.incoming_bytes > MAX_INCOMING_BYTES:  # 3.1.1 has no limit to tell it
                    raise ValueError(f"a message of {client.incoming_bytes} bytes")
                if client.keeps_incoming:
                    raise ValueError("a message with QoS 2, which was not asked for")
                if len(client.heard) >= _HEARD_A_TURN:
                    break
                if code or client.socket() is None or not wire.has_ahead:
                    break
        return code or client.loop_misc()

    def _check_alive(self, client: Client, wire: Wire, liveness: Liveness) -> None:
        now_s = time.monotonic()
        words = liveness.verdict(now_s, wire.heard_s)
        if words is not None:
            raise self._gone(words)
        if liveness.ping_due(now_s, wire.heard_s):
            liveness.pinged(now_s)
            client.ping()

    def disconnect(self) -> None:
        """Say goodbye, so that the broker does not publish the will, and drop the connection."""
        if self._open is not None:
            self._open[0].disconnect()
        self.drop()

    def take_away(self) -> None:
        """Let nothing pass any more, for good: the thread that owns it hangs. From any thread."""
        self.waker.abort()
        opened = self._open
        if opened is not None:
            opened[1].cut()

    def drop(self) -> None:
        """Let go of the connection as it is; safe to call at any time."""
        opened, self._open = self._open, None
        if opened is not None:
            opened[1].close()

    def _opened(self) -> tuple[Client, Wire, Liveness]:
        if self._open is None:
            raise BrokerGone("there is no connection to the broker")
        if self._open[0].socket() is None:
            raise self._gone()
        return self._open

    def _gone(self, words: str | None = None) -> BrokerGone:
        if self._open is not None:
            client, wire, _ = self._open
            silent_s = time.monotonic() - wire.heard_s  # paho closes a silent link without a word
            silent = f"the connection is lost; last heard the broker {silent_s:.0f} s ago"
            words = words or client.refused or wire.ended or silent
        self.drop()
        return BrokerGone(words or "there is no connection to the broker")
