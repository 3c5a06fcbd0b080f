"""The broker as it is shipped: its certificates, its settings and rules, and parties to it.

Everything is real: certificates come from ``config/broker/certificates``, Mosquitto runs with
``config/broker/mosquitto.conf`` and ``acl``, of which only paths, ports and the user are replaced.
"""

from __future__ import annotations

import os
import re
import ssl
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.brokers import Mosquitto, free_port

BROKER = Path(__file__).parents[2] / "config" / "broker"
PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is: certificate and key, and the authority they believe in."""

    name: str
    ca: Path
    certificate: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """TLS as a client of the broker."""
        context = ssl.create_default_context(cafile=str(self.ca))
        context.load_cert_chain(self.certificate, self.key)
        return context


class Authority:
    """The shipped script, on one directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def run(self, *arguments: str, interpreter: str = "sh") -> subprocess.CompletedProcess[str]:
        """Run it as it is, whatever comes of it."""
        return subprocess.run(
            [interpreter, str(BROKER / "certificates"), *arguments],
            env={**os.environ, "FLOODBELL_CA": str(self.directory)},
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )

    def must(self, *arguments: str) -> None:
        """Run it and see it succeed."""
        ran = self.run(*arguments)
        assert ran.returncode == 0, ran.stderr

    def device(self, site: str) -> Identity:
        """A bell's certificate, made if there is none."""
        folder = self.directory / "devices" / site
        if not folder.exists():
            self.must("device", site)
        return Identity(site, folder / "ca.pem", folder / "device.pem", folder / "mqtt-key")

    def role(self, name: str) -> Identity:
        """A role's certificate, made if there is none."""
        folder = self.directory / "roles" / name
        if not folder.exists():
            self.must("role", name)
        return Identity(name, folder / "ca.pem", folder / f"{name}.pem", folder / f"{name}.key")

    def issue(self, name: str, valid_until: str = "20400101000000Z") -> Identity:
        """A bell's certificate that the script would refuse to make.

        Args:
            name: Any name.
            valid_until: YYYYMMDDHHMMSSZ.
        """
        folder = self.directory.parent / f"by-hand-{len(list(self.directory.parent.iterdir()))}"
        folder.mkdir()
        made = Identity(name, self.directory / "ca.pem", folder / "device.pem", folder / "mqtt-key")
        request = folder / "request"
        settings = ("-config", str(self.directory / "openssl.cnf"))
        new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-subj")
        for command in (
            ("req", "-new", *settings, *new, f"/CN=\\{name}", "-section", "request"),
            ("ca", "-batch", *settings, "-in", str(request), "-enddate", valid_until),
        ):
            out = request if command[0] == "req" else made.certificate
            keyout = ("-keyout", str(made.key)) if command[0] == "req" else ()
            start = () if command[0] == "req" else ("-startdate", "20200101000000Z", "-notext")
            subprocess.run(
                ["openssl", *command, *keyout, *start, "-out", str(out)],
                env={**os.environ, "FLOODBELL_NAMES": "DNS:localhost"},
                capture_output=True,
                timeout=20,
                check=True,
            )
        return made


class ShippedMosquitto(Mosquitto):
    """Mosquitto with the shipped settings and rules, and an authority's certificates."""

    def __init__(self, directory: Path, authority: Authority) -> None:
        super().__init__(directory)
        self.inner_port = free_port()
        self._certificates = authority.directory / "broker"

    def start(self) -> Self:
        """Run it and return once both doors are open."""
        super().start()
        self._await_port(self.inner_port)
        return self

    def _lines(self) -> list[str]:
        text = (BROKER / "mosquitto.conf").read_text()
        for shipped, here in (
            ("listener 8883\n", f"listener {self.port} 127.0.0.1\n"),
            ("listener 8884 ", f"listener {self.inner_port} "),
            ("/etc/mosquitto/certs/", f"{self._certificates}/"),
            ("/etc/mosquitto/acl", str(BROKER / "acl")),
            ("/var/lib/mosquitto/", f"{self._directory}/"),
            ("/var/log/mosquitto/mosquitto.log", str(self.log)),
            ("user mosquitto\n", "user root\n"),
        ):
            assert shipped in text
            text = text.replace(shipped, here)
        return text.splitlines()


def broker_authority(folder: Path) -> Authority:
    """An authority that has made the broker's certificate."""
    made = Authority(folder / "authority")
    made.must("ca", "종로구 침수비상벨")
    made.must("broker", "mqtt.example.kr", "localhost", "127.0.0.1")
    return made


class Party:
    """An MQTT 5 client with some certificate, driven by the test's own thread.

    Args:
        port: The broker's, on loopback.
        identity: Whose certificate it shows.
        name: Client id.
        filters: What it subscribes to, QoS 1.
        persistent: Its session outlives the connection.
    """

    def __init__(
        self,
        port: int,
        identity: Identity,
        name: str,
        *filters: str,
        persistent: bool = False,
    ) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.granted: list[int] = []
        self._port = port
        self._context = identity.context()
        self._name = name
        self._filters = filters
        self._persistent = persistent
        self._acknowledged: dict[int, int] = {}
        self._client: Client | None = None
        self.connect()

    def connect(self) -> None:
        """Connect, anew if need be, and subscribe."""
        self.close()
        client = Client(
            CallbackAPIVersion.VERSION2, self._name, protocol=MQTTProtocolVersion.MQTTv5
        )
        client.tls_set_context(self._context)
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho
        if self._persistent:
            session.SessionExpiryInterval = 3600
        client.connect(
            "127.0.0.1", self._port, clean_start=not self._persistent, properties=session
        )
        self._client = client
        self._acknowledged.clear()  # packet ids begin anew
        self.until(client.is_connected)
        for topic_filter in self._filters:
            self.subscribe(topic_filter)

    def subscribe(self, topic_filter: str) -> None:
        """QoS 1; returns when the broker has answered."""
        assert self._client is not None
        before = len(self.granted)
        self._client.subscribe(topic_filter, 1)
        self.until(lambda: len(self.granted) > before)

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self.heard.append((message.topic, bytes(message.payload)))

    def _on_publish(
        self, _client: Client, _data: object, mid: int, code: Any, _properties: object
    ) -> None:
        self._acknowledged[mid] = int(code.value)

    def _on_subscribe(
        self, _client: Client, _data: object, _mid: int, codes: list[Any], _properties: object
    ) -> None:
        self.granted.append(int(codes[0].value))

    def until(self, true: Callable[[], bool]) -> None:
        """Serve the connection until it is true."""
        assert self._client is not None
        end_s = time.monotonic() + PATIENCE_S
        while not true():
            assert time.monotonic() < end_s, "it did not become true in time"
            assert self._client.loop(0.5) == MQTTErrorCode.MQTT_ERR_SUCCESS or true(), "hung up"

    def publish(
        self,
        topic: str,
        payload: bytes = b"",
        *,
        retain: bool = False,
        properties: Properties | None = None,
    ) -> int:
        """Publish with QoS 1; the broker's reason code. Mosquitto hangs up after a refusal."""
        assert self._client is not None
        info = self._client.publish(topic, payload, 1, retain, properties)
        self.until(lambda: info.mid in self._acknowledged)
        code = self._acknowledged[info.mid]
        if code >= 0x80:
            self.connect()
        return code

    def await_topic(self, topic: str, payload: bytes | None = None) -> None:
        """Wait until it has heard this."""
        self.until(
            lambda: any(t == topic and payload in (None, p) for t, p in self.heard),
        )

    def close(self) -> None:
        """Leave; also where the broker has hung up, and paho would keep the socket."""
        client, self._client = self._client, None
        if client is not None:
            client.disconnect()
            if (left := client.socket()) is not None:
                left.close()


def matches(pattern: str, topic: str) -> bool:
    """Whether an MQTT topic filter matches a topic; ``$`` topics only if spelt out."""
    if topic.startswith("$") and not pattern.startswith("$"):
        return False
    wanted = re.escape(pattern).replace(r"\+", "[^/]*").replace(r"/\#", "(/.*)?")
    return re.fullmatch(wanted.replace(r"\#", ".*"), topic) is not None
