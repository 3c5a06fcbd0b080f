"""A real Mosquitto for tests, and a listener on it that is not our code under test.

Owns the broker's process and its directory. Each broker sits on a free port of the loopback
interface; it keeps that port over ``stop`` and ``start``, so that what comes back is the same
broker for its clients.
"""

from __future__ import annotations

import os
import queue
import select
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

_START_S = 10.0
_ISSUING = """
[ca]
default_ca = authority
[authority]
database = {folder}/index.txt
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = name_only
x509_extensions = issued
[name_only]
commonName = supplied
[issued]
subjectAltName = {san}
"""
"""For `openssl ca`: that of OpenSSL 3.5 alone still makes a certificate that ended in the past."""

_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def free_port() -> int:
    """A TCP port on loopback that nobody listened on a moment ago."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def program(name: str) -> str:
    """Where it is: Debian puts the broker into /usr/sbin, which is not on everybody's path."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if found is None:
        raise FileNotFoundError(f"{name} is not installed: apt-get install mosquitto")
    return found


class Mosquitto:
    """One broker process: start it, stop it, kill it, freeze it.

    Args:
        directory: A fresh directory of the test; holds settings, log and the persistent sessions.
        settings: Further lines of mosquitto.conf for the one listener (TLS, passwords, limits).
        port: Port on 127.0.0.1; a free one by default.
    """

    def __init__(
        self, directory: Path, *, settings: Sequence[str] = (), port: int | None = None
    ) -> None:
        self.host = "127.0.0.1"
        self.port = free_port() if port is None else port
        self._directory = directory
        self._directory.mkdir(parents=True, exist_ok=True)
        self._settings = tuple(settings)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Run the broker and return once it accepts connections."""
        config = self._directory / "mosquitto.conf"
        config.write_text("\n".join(self._lines()) + "\n")
        self._process = subprocess.Popen(
            [program("mosquitto"), "-c", str(config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._await_port(self.port)
        return self

    def _lines(self) -> list[str]:
        """What stands in its mosquitto.conf."""
        lines = [
            f"listener {self.port} 127.0.0.1",
            "set_tcp_nodelay true",  # or Nagle's algorithm is what a latency test measures
            "max_queued_messages 0",
            "max_inflight_messages 0",
            "persistence true",  # so that a stopped broker still owes its sleeping listeners
            f"persistence_location {self._directory}/",
            f"log_dest file {self.log}",
            *self._settings,
        ]
        if not any(line.startswith("allow_anonymous") for line in self._settings):
            lines.append("allow_anonymous true")
        if os.geteuid() == 0:
            lines.append(
                "user root"
            )  # else it drops to a user who cannot read the test's directory
        return lines

    def _await_port(self, port: int) -> None:
        assert self._process is not None
        pause = threading.Event()
        end_s = time.monotonic() + _START_S
        while time.monotonic() < end_s:
            if self._process.poll() is not None:
                break
            with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
                probe.settimeout(1.0)
                if probe.connect_ex((self.host, port)) == 0:
                    return
            pause.wait(0.005)
        self.kill()
        raise RuntimeError(f"mosquitto did not come up on port {port}:\n{self.log.read_text()}")

    @property
    def log(self) -> Path:
        """The broker's own log."""
        return self._directory / "mosquitto.log"

    @property
    def pid(self) -> int:
        """The process, while it runs."""
        assert self._process is not None
        return self._process.pid

    def stop(self) -> None:
        """End it in good order: sessions are saved, clients see the connection close."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        if how == signal.SIGTERM:
            process.send_signal(signal.SIGCONT)  # a frozen one would not hear it
        try:
            process.wait(5.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5.0)

    def freeze(self) -> None:
        """Leave the TCP connections open but answer nothing: a half-open link."""
        os.kill(self.pid, signal.SIGSTOP)
        pause, end_s = threading.Event(), time.monotonic() + _START_S
        while Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
            assert time.monotonic() < end_s, "the broker does not stand still"
            pause.wait(0.001)

    def thaw(self) -> None:
        """Go on after ``freeze``."""
        os.kill(self.pid, signal.SIGCONT)

    def __enter__(self) -> Self:
        return self.start() if self._process is None else self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Authority:
    """A certificate authority made by the ``openssl`` command; P-256, because it is quick."""

    def __init__(self, directory: Path, name: str = "test authority") -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self.certificate = directory / "ca.pem"
        self._key = directory / "ca.key"
        self._openssl(
            *("req", "-x509", *_NEW_KEY, "-keyout", str(self._key)),
            *("-out", str(self.certificate), "-subj", f"/CN={name}", "-days", "2"),
        )

    def issue(
        self, name: str, *, san: str = "IP:127.0.0.1,DNS:localhost", days: int = 2
    ) -> tuple[Path, Path]:
        """A certificate and its key; expired when ``days`` is negative."""
        certificate, key = (self._directory / f"{name}.{ending}" for ending in ("pem", "key"))
        request, settings = (self._directory / f"{name}.{e}" for e in ("csr", "cnf"))
        settings.write_text(_ISSUING.format(folder=self._directory, san=san))
        (self._directory / "index.txt").write_text("")  # what was issued before is nobody's concern
        self._openssl(
            *("req", *_NEW_KEY, "-keyout", str(key), "-out", str(request), "-subj", f"/CN={name}")
        )
        now = datetime.now(UTC)
        self._openssl(
            *("ca", "-batch", "-notext", "-config", str(settings), "-in", str(request)),
            *("-cert", str(self.certificate), "-keyfile", str(self._key), "-out", str(certificate)),
            *("-startdate", f"{now + timedelta(days=min(0, days), hours=-1):%Y%m%d%H%M%SZ}"),
            *("-enddate", f"{now + timedelta(days=days):%Y%m%d%H%M%SZ}"),
        )
        return certificate, key

    @staticmethod
    def _openssl(*arguments: str) -> None:
        subprocess.run([program("openssl"), *arguments], check=True, capture_output=True)


@dataclass(frozen=True, slots=True)
class Heard:
    """One message as a subscriber got it."""

    topic: str
    payload: bytes
    retain: bool
    at_s: float
    properties: Any = None


class Listener:
    """A subscriber whose session outlives a broker restart; keeps what it hears, in order.

    Args:
        broker: Where to listen.
        topic: Topic filter, QoS 1.
        name: Client id.
        configure: Called with the paho client before it connects (TLS, login).
    """

    def __init__(
        self,
        broker: Mosquitto,
        topic: str = "#",
        *,
        name: str = "listener",
        configure: Callable[[Client], None] | None = None,
    ) -> None:
        self.heard: list[Heard] = []
        self._arrived: queue.SimpleQueue[Heard] = queue.SimpleQueue()
        self._subscribed = threading.Event()
        self._came_back = threading.Semaphore(0)
        self._client = Client(
            CallbackAPIVersion.VERSION2, name, protocol=MQTTProtocolVersion.MQTTv5
        )
        self._client.reconnect_delay_set(1, 1)
        self._topic = topic
        self._client.on_message = self._on_message
        self._client.on_subscribe = self._on_subscribe
        self._client.on_disconnect = lambda *_: self._subscribed.clear()
        self._client.on_connect = self._on_connect
        if configure is not None:
            configure(self._client)
        session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho
        session.SessionExpiryInterval = 3600
        self._client.connect(broker.host, broker.port, clean_start=False, properties=session)
        self._client.loop_start()
        assert self._came_back.acquire(timeout=10.0), "the listener could not subscribe"

    def _on_connect(self, *_: object) -> None:
        self._client.subscribe(self._topic, qos=1)

    def _on_subscribe(self, *_: object) -> None:
        self._subscribed.set()
        self._came_back.release()

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        self._arrived.put(
            Heard(
                message.topic,
                bytes(message.payload),
                message.retain,
                time.monotonic(),
                message.properties,
            )
        )

    def wait_for(self, wanted: Callable[[Heard], bool], timeout_s: float = 10.0) -> Heard:
        """The next message that is ``wanted``, counting from the last one waited for.

        Raises:
            TimeoutError: It did not come in time.
        """
        end_s = time.monotonic() + timeout_s
        while (left_s := end_s - time.monotonic()) > 0:
            try:
                message = self._arrived.get(timeout=left_s)
            except queue.Empty:
                break
            self.heard.append(message)
            if wanted(message):
                return message
        raise TimeoutError(
            f"not heard in {timeout_s} s; heard {[m.topic for m in self.heard[-20:]]}"
        )

    def read_all(self, timeout_s: float = 10.0) -> None:
        """Return when nothing is left on the connection; the broker must not add to it."""
        pause, end_s = threading.Event(), time.monotonic() + timeout_s
        while (wire := self._client.socket()) is not None and select.select([wire], [], [], 0)[0]:
            assert time.monotonic() < end_s, "the listener does not read"
            pause.wait(0.001)

    def await_back(self, timeout_s: float = 10.0) -> None:
        """Return when the listener has come back once more after the broker was away."""
        assert self._came_back.acquire(timeout=timeout_s), "the listener has no connection"

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        retain: bool = False,
        properties: Properties | None = None,
    ) -> None:
        """Say something on the broker, QoS 1, and return when it has been acknowledged."""
        assert self._subscribed.wait(10.0), "the listener has no connection"
        self._client.publish(topic, payload, 1, retain, properties).wait_for_publish(10.0)

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def mosquitto(directory: Path, *, settings: Sequence[str] = ()) -> Iterator[Mosquitto]:
    """A running broker for the length of a ``with`` block."""
    broker = Mosquitto(directory, settings=settings)
    with broker:
        yield broker
