"""The path that goes wrong when told to does only what it was told."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.relay import Cut, Relay


@pytest.fixture
def echo_port() -> Iterator[int]:
    """A server that sends everything back, on one connection after the other."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                    with closing(connection):
                        while data := connection.recv(65536):
                            connection.sendall(data)
                except ConnectionError:
                    continue
                except OSError:
                    return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5.0)


def call(relay: Relay) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", relay.port), 5.0)
    sock.settimeout(5.0)
    return sock


def read(sock: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count and (more := sock.recv(count - len(data))):
        data += more
    return data


def test_everything_passes_both_ways(echo_port: int) -> None:
    said = bytes(range(256)) * 2000
    with Relay(echo_port) as relay, call(relay) as sock:
        threading.Thread(target=sock.sendall, args=(said,)).start()
        assert read(sock, len(said)) == said


@pytest.mark.parametrize("after_bytes", [0, 1, 4095, 4096, 4097, 9999])
def test_a_connection_is_cut_at_the_very_byte(echo_port: int, after_bytes: int) -> None:
    cut = Cut(after_bytes, "device")
    with Relay(echo_port) as relay:
        relay.cut_next(cut)
        with call(relay) as sock:
            sock.sendall(b"x" * 10_000)
            assert len(read(sock, 10_000)) == after_bytes
        assert relay.done.get(timeout=5.0) == cut
        with call(relay) as sock:
            sock.sendall(b"again")
            assert read(sock, 5) == b"again"


def test_a_reset_is_a_reset(echo_port: int) -> None:
    with Relay(echo_port) as relay, call(relay) as sock:
        sock.sendall(b"x")
        assert read(sock, 1) == b"x"
        relay.reset()
        with pytest.raises(ConnectionResetError):
            sock.recv(1)


def test_a_silent_path_stays_open_and_passes_all_on_later(echo_port: int) -> None:
    with Relay(echo_port) as relay, call(relay) as sock:
        sock.sendall(b"x")
        assert read(sock, 1) == b"x"
        relay.silence()
        sock.sendall(b"later")
        sock.settimeout(0.2)
        with pytest.raises(TimeoutError):
            sock.recv(1)
        sock.settimeout(5.0)
        relay.resume()
        assert read(sock, 5) == b"later"


def test_a_slow_and_far_path_takes_its_time(echo_port: int) -> None:
    with Relay(echo_port, delay_s=0.05, bytes_per_s=100_000) as relay, call(relay) as sock:
        began_s = time.monotonic()
        sock.sendall(b"x")
        assert read(sock, 1) == b"x"
        assert 0.1 <= time.monotonic() - began_s < 1.0
        began_s = time.monotonic()
        sock.sendall(b"x" * 20_000)
        assert len(read(sock, 20_000)) == 20_000
        assert time.monotonic() - began_s >= 0.2
