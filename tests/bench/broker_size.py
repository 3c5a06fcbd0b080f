"""Measures what a broker needs for a district: memory, handshakes, messages; prints a table.

Runs Mosquitto with the shipped settings (``config/broker``) on loopback, with certificates of the
shipped script. The figures in ``config/broker/README.md`` come from here. Client and broker share
the machine, so rates are lower bounds. Options: ``--idle N`` (default 2000 TLS connections),
``--handshakes N`` (2000), ``--queued N`` (100000), ``--retained N`` (20000).
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import platform
import resource
import signal
import socket
import ssl
import struct
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from rich.console import Console
from rich.table import Table

from tests.config.shipped import Authority, Identity, ShippedMosquitto

SITE = "jongno-0042"
BASE = f"floodbell/v1/jongno/{SITE}"
READING_BYTES = 190  # one row of the readings log as a bell sends it
SENSOR_BYTES = 130  # one `sensors/{id}`
WORKERS = 2


def main() -> int:
    """Run every measurement and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--idle", type=int, default=2000)
    parser.add_argument("--handshakes", type=int, default=2000)
    parser.add_argument("--queued", type=int, default=100_000)
    parser.add_argument("--retained", type=int, default=20_000)
    options = parser.parse_args()
    needed = 2 * options.idle + 200
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(needed, 20_000), hard), hard))
    today = datetime.now(UTC).date().isoformat()
    machine = f"{os.cpu_count()} CPUs, {platform.machine()}, Python {platform.python_version()}"
    table = Table("measure", "figure", title=f"Mosquitto as shipped, {today}, {machine}")
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(Path(folder) / "authority")
        authority.must("ca", "bench")
        authority.must("broker", "localhost", "127.0.0.1")
        bell, centre = authority.device(SITE), authority.role("centre")
        with _broker(Path(folder) / "idle", authority) as broker:
            kib = _idle(broker, bell, options.idle)
            table.add_row(
                f"resident memory a TLS connection ({options.idle} idle), KiB", f"{kib:.1f}"
            )
        with _broker(Path(folder) / "storm", authority) as broker:
            storm = _handshakes(broker, bell, options.handshakes)
            table.add_row("TLS handshakes with MQTT CONNECT a second", f"{storm.rate:.0f}")
            table.add_row("CPU of the broker for one, ms", f"{storm.cpu_ms:.2f}")
            table.add_row("CPU of the broker for 10,000, s", f"{storm.cpu_ms * 10:.0f}")
            table.add_row("longest connect among them, s", f"{storm.longest_s:.2f}")
        with _broker(Path(folder) / "flow", authority) as broker:
            flow = _flow(broker, bell, centre, options.queued)
            table.add_row("QoS 1 readings through the broker a second", f"{flow.rate:.0f}")
            table.add_row("CPU of the broker for one, in and out, µs", f"{flow.cpu_us:.0f}")
        with _broker(Path(folder) / "queue", authority) as broker:
            table.add_row(
                f"resident memory a queued reading of {READING_BYTES} bytes, bytes",
                f"{_queued(broker, bell, centre, options.queued):.0f}",
            )
        with _broker(Path(folder) / "kept", authority) as broker:
            kept = _retained(broker, bell, options.retained)
            name = f"a retained topic of {SENSOR_BYTES} bytes"
            table.add_row(f"resident memory {name}, bytes", f"{kept.each_bytes:.0f}")
            table.add_row(
                f"CPU of the broker for {name} that nobody hears, µs", f"{kept.cpu_us:.0f}"
            )
            table.add_row(
                f"saving {options.retained} of them stops the broker for, ms", f"{kept.save_ms:.0f}"
            )
    Console(width=100).print(table)
    return 0


@contextmanager
def _broker(directory: Path, authority: Authority) -> Iterator[ShippedMosquitto]:
    with ShippedMosquitto(directory, authority) as running:
        yield running


# The least of an MQTT 5 client: the client must not be what is measured.


def _packet(kind: int, body: bytes) -> bytes:
    size, length = b"", len(body)
    while True:
        length, digit = divmod(length, 128)
        size += bytes([digit | 0x80 if length else digit])
        if not length:
            return bytes([kind]) + size + body


def _text(value: str) -> bytes:
    return struct.pack(">H", len(value)) + value.encode()


def _connect_packet(client_id: str, *, session_s: int = 0) -> bytes:
    properties = b"\x11" + struct.pack(">I", session_s) if session_s else b""
    head = _text("MQTT") + bytes([5, 0 if session_s else 2]) + struct.pack(">H", 60)
    return _packet(0x10, head + bytes([len(properties)]) + properties + _text(client_id))


def _publish_packet(topic: str, payload: bytes, packet_id: int, *, retain: bool = False) -> bytes:
    body = _text(topic) + struct.pack(">H", packet_id) + b"\0" + payload
    return _packet(0x33 if retain else 0x32, body)


class Plain:
    """One connection: the socket, and whole packets out of it."""

    def __init__(
        self, port: int, context: ssl.SSLContext, client_id: str, *, session_s: int = 0
    ) -> None:
        raw = socket.create_connection(("127.0.0.1", port), timeout=60.0)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = context.wrap_socket(raw, server_hostname="localhost")
        self._bytes = b""
        self.socket.sendall(_connect_packet(client_id, session_s=session_s))
        kind, body = self.read()
        assert kind >> 4 == 2, kind
        assert body[1] == 0, f"refused: {body!r}"

    def read(self) -> tuple[int, bytes]:
        """The next packet: its first byte and its body."""
        while True:
            if (packet := self._whole()) is not None:
                return packet
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError("the broker hung up")
            self._bytes += more

    def _whole(self) -> tuple[int, bytes] | None:
        size = shift = 0
        for at, byte in enumerate(self._bytes[1:5], 2):
            size |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                if len(self._bytes) < at + size:
                    return None
                packet = self._bytes[0], self._bytes[at : at + size]
                self._bytes = self._bytes[at + size :]
                return packet
        return None

    def subscribe(self, topic: str) -> None:
        """QoS 1."""
        self.socket.sendall(_packet(0x82, b"\0\1\0" + _text(topic) + b"\1"))
        while self.read()[0] >> 4 != 9:
            pass

    def publish_many(self, topics: Iterator[str], payload: bytes, *, retain: bool = False) -> int:
        """Publish with QoS 1, 50 under way; returns how many when the last is acknowledged."""
        sent = acknowledged = 0
        more = True
        while more or acknowledged < sent:
            burst = b""
            while more and sent - acknowledged < 50:
                topic = next(topics, None)
                if topic is None:
                    more = False
                    break
                sent += 1
                burst += _publish_packet(topic, payload, sent % 60_000 + 1, retain=retain)
            if burst:
                self.socket.sendall(burst)
            if acknowledged < sent:
                kind, body = self.read()
                assert kind >> 4 == 4, kind
                assert len(body) < 3 or body[2] < 0x80, f"refused: {body!r}"
                acknowledged += 1
        return sent


# What is measured.


def _resident_bytes(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _idle(broker: ShippedMosquitto, bell: Identity, count: int) -> float:
    context = bell.context()
    Plain(broker.port, context, "first").socket.close()
    before = _resident_bytes(broker.pid)
    open_ones = []
    for number in range(count):
        connection = Plain(broker.port, context, f"idle-{number}")
        connection.subscribe(f"{BASE}/cmd/+")
        open_ones.append(connection)
    grown = _resident_bytes(broker.pid) - before
    for connection in open_ones:
        connection.socket.close()
    return grown / count / 1024


@dataclass(frozen=True, slots=True)
class Storm:
    """Handshakes: how many a second, CPU of the broker for each, the slowest."""

    rate: float
    cpu_ms: float
    longest_s: float


def _connects(
    port: int, bell: Identity, count: int, said: multiprocessing.SimpleQueue[float]
) -> None:
    longest_s = 0.0
    for number in range(count):
        begun_s = time.monotonic()
        # A context of its own: no ticket of an earlier connection shortens the handshake.
        connection = Plain(port, bell.context(), f"storm-{os.getpid()}-{number % 4}")
        longest_s = max(longest_s, time.monotonic() - begun_s)
        connection.socket.close()
    said.put(longest_s)


def _handshakes(broker: ShippedMosquitto, bell: Identity, count: int) -> Storm:
    each = count // (4 * WORKERS)
    said: multiprocessing.SimpleQueue[float] = multiprocessing.SimpleQueue()
    workers = [
        multiprocessing.Process(target=_connects, args=(broker.port, bell, each, said))
        for _ in range(4 * WORKERS)
    ]
    cpu_s, begun_s = _cpu_s(broker.pid), time.monotonic()
    for worker in workers:
        worker.start()
    longest_s = max(said.get() for _ in workers)
    taken_s = time.monotonic() - begun_s
    for worker in workers:
        worker.join()
    done = each * len(workers)
    return Storm(done / taken_s, 1000 * (_cpu_s(broker.pid) - cpu_s) / done, longest_s)


@dataclass(frozen=True, slots=True)
class Flow:
    """Messages through the broker: a second, and CPU for each."""

    rate: float
    cpu_us: float


def _swallow(
    port: int, centre: Identity, count: int, ready: multiprocessing.SimpleQueue[int]
) -> None:
    reader = Plain(port, centre.context(), "reader", session_s=3600)
    reader.subscribe("floodbell/v1/+/+/readings")
    ready.put(1)
    seen = 0
    while seen < count:
        kind, body = reader.read()
        if kind >> 4 == 3:
            at = 2 + int.from_bytes(body[:2])
            reader.socket.sendall(_packet(0x40, body[at : at + 2]))
            seen += 1
    ready.put(2)


def _flow(broker: ShippedMosquitto, bell: Identity, centre: Identity, count: int) -> Flow:
    ready: multiprocessing.SimpleQueue[int] = multiprocessing.SimpleQueue()
    reader = multiprocessing.Process(
        target=_swallow, args=(broker.inner_port, centre, count, ready)
    )
    reader.start()
    ready.get()
    cpu_s, begun_s = _cpu_s(broker.pid), time.monotonic()
    writer = Plain(broker.port, bell.context(), SITE)
    writer.publish_many((f"{BASE}/readings" for _ in range(count)), b"x" * READING_BYTES)
    ready.get()
    taken_s = time.monotonic() - begun_s
    reader.join()
    return Flow(count / taken_s, 1e6 * (_cpu_s(broker.pid) - cpu_s) / count)


def _queued(broker: ShippedMosquitto, bell: Identity, centre: Identity, count: int) -> float:
    reader = Plain(broker.inner_port, centre.context(), "away", session_s=3600)
    reader.subscribe("floodbell/v1/+/+/readings")
    reader.socket.close()
    writer = Plain(broker.port, bell.context(), SITE)
    before = _resident_bytes(broker.pid)
    writer.publish_many((f"{BASE}/readings" for _ in range(count)), b"x" * READING_BYTES)
    return (_resident_bytes(broker.pid) - before) / count


@dataclass(frozen=True, slots=True)
class Kept:
    """Retained topics: memory and CPU for each, and how long a save to disk stops the broker."""

    each_bytes: float
    cpu_us: float
    save_ms: float


def _retained(broker: ShippedMosquitto, bell: Identity, count: int) -> Kept:
    writer = Plain(broker.port, bell.context(), SITE)
    before, cpu_s = _resident_bytes(broker.pid), _cpu_s(broker.pid)
    topics = (
        f"floodbell/v1/d{number % 1000}/{SITE}/sensors/s{number // 1000}" for number in range(count)
    )
    writer.publish_many(topics, b"x" * SENSOR_BYTES, retain=True)
    each = (_resident_bytes(broker.pid) - before) / count
    cpu_us = 1e6 * (_cpu_s(broker.pid) - cpu_s) / count
    saved = broker.log.parent / "mosquitto.db"
    os.kill(broker.pid, signal.SIGUSR1)  # save now
    longest_s, end_s = 0.0, time.monotonic() + 10.0
    while not saved.exists() or longest_s == 0.0:  # it is put in place when it is whole
        assert time.monotonic() < end_s, "it does not save"
        begun_s = time.monotonic()
        writer.socket.sendall(_packet(0xC0, b""))
        while writer.read()[0] >> 4 != 13:
            pass
        longest_s = max(longest_s, time.monotonic() - begun_s)
    return Kept(each, cpu_us, 1000 * longest_s)


if __name__ == "__main__":
    sys.exit(main())
