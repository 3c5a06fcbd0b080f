"""The daemon's end of the control socket.

Owns the Unix socket in the run directory. Invariant: no client can hold up another, or the daemon:
all reads and writes are non-blocking, every buffer is bounded, and who does not read what it asked
for is dropped. Who asks is told by the kernel, not by the peer, and whoever may not is refused here
(``peers``); what a command means is the caller's business.
"""

from __future__ import annotations

import contextlib
import logging
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from drivers.host.control.address import listen_at
from drivers.host.control.messages import (
    MAX_ANSWER_BYTES,
    MAX_REQUEST_BYTES,
    BadMessage,
    answer_bytes,
    parse_request,
)
from drivers.host.control.peers import Door, Peer, peer_of

_log = logging.getLogger(__name__)

MAX_CLIENTS: Final = 16
MAX_PENDING: Final = 2
"""Requests of one client that wait for an answer; then it is not read. All clients together may put
so many questions before a reading that has just come: on a small Pi each may take 50 ms."""
NOT_ALLOWED: Final = "you may not ask: only root and members of the daemon's group may"
_CHUNK_BYTES: Final = 16 * 1024
_IDLE_S: Final = 5.0  # between two beats; whoever stops it wakes it
_LOG_EVERY_S: Final = 60.0
"""Who is refused is logged so often: a program that tries each second must not fill the journal."""


@dataclass(frozen=True, slots=True)
class Request:
    """One command; answer it once, from any thread. Neither answer blocks or raises."""

    command: str
    arguments: dict[str, Any]
    peer: Peer
    _answer: Callable[[dict[str, Any] | None, str | None], None]

    def reply(self, result: dict[str, Any] | None = None) -> None:
        """Answer with what was asked for; must be JSON."""
        self._answer(result, None)

    def refuse(self, error: str) -> None:
        """Answer with the reason why not."""
        self._answer(None, error)


@dataclass(eq=False, slots=True)
class _Client:
    connection: socket.socket
    peer: Peer
    heard_s: float
    received: bytearray = field(default_factory=bytearray)
    outgoing: bytearray = field(default_factory=bytearray)
    admitted: bool = True  # whether it may ask; else it is told so, once
    pending: int = 0
    leaving: bool = False  # closed as soon as everything is sent


class ControlServer:
    """Listens at ``path`` on a thread of its own."""

    def __init__(
        self,
        path: Path | str,
        on_request: Callable[[Request], None],
        beat: Callable[[], None] = lambda: None,
        *,
        door: Door | None = None,
    ) -> None:
        """Take the socket, replacing a stale one; ``start`` begins to listen to clients.

        Args:
            path: Where; mode 0660.
            on_request: Called on the server's thread; must only pass the request on.
            beat: Called at least once a second while the thread lives.
            door: Who may ask; by default root, this process's user and its group.

        Raises:
            PortGone: Another daemon listens there, or the folder cannot be written.
        """
        self._path = Path(path)
        self._on_request = on_request
        self._beat = beat
        self._door = door or Door.of_this_process()
        self._refused = 0
        self._refusal_logged_s = -_LOG_EVERY_S
        self._listener = listen_at(self._path, MAX_CLIENTS)
        self._inode = self._path.stat().st_ino
        self._selector = selectors.DefaultSelector()
        self._clients: dict[socket.socket, _Client] = {}
        self._answers: deque[tuple[_Client, bytes]] = deque()
        self._woken, self._wake_end = socket.socketpair()
        self._woken.setblocking(False)
        self._wake_end.setblocking(False)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="control", daemon=True)

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    @property
    def thread(self) -> threading.Thread:
        """The thread that serves."""
        return self._thread

    @property
    def alive(self) -> bool:
        """Whether its thread runs."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Send what is answered, drop all clients and remove the socket; safe to call twice."""
        if self._stopping.is_set():
            return
        self.stop()
        self.join(2.0)

    def stop(self) -> None:
        """Ask the thread to answer what is to be answered, and to end; returns at once."""
        self._stopping.set()
        self._wake()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread, then remove the socket; True if the thread has ended."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        self._leave_the_path()
        self._wake_end.close()
        if not self._thread.is_alive():
            self._woken.close()
        return not self._thread.is_alive()

    def abandon(self) -> None:
        """Leave the path to another server: this one's thread hangs, or has ended.

        The clients that it had are lost with it. From any thread; returns at once.
        """
        self.stop()
        self._leave_the_path()
        if not self._thread.is_alive():  # else they are its own: it may be using them
            for client in tuple(self._clients.values()):
                self._drop(client)
            self._selector.close()
            self._woken.close()
            self._wake_end.close()

    def _leave_the_path(self) -> None:
        with contextlib.suppress(OSError):
            if self._path.stat().st_ino == self._inode:  # not one that a successor made
                self._path.unlink()
        self._listener.close()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # full: it is awake already; closed: nobody to wake
            self._wake_end.send(b"\0")

    # From here on, everything runs on the server's thread.

    def _serve(self) -> None:
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)
        while not self._stopping.is_set():
            self._beat()
            for key, events in self._selector.select(timeout=_IDLE_S):
                if key.fileobj is self._listener:
                    self._accept()
                elif key.fileobj is self._woken:
                    self._wake_up()
                elif (client := self._clients.get(key.data)) is not None:
                    with self._guarded(client):  # None: dropped for a newer one in this round
                        self._attend(client, events)
            self._hand_out()
        self._hand_out()
        for client in list(self._clients.values()):
            self._drop(client)
        self._selector.close()

    @contextlib.contextmanager
    def _guarded(self, client: _Client) -> Iterator[None]:
        """Let nothing that one client brings about end the thread that all of them need."""
        try:
            yield
        except Exception:  # noqa: BLE001 - a bug must not shut the door to all
            _log.exception("control socket: a client of uid %d is dropped", client.peer.uid)
            self._drop(client)

    def _wake_up(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._woken.recv(_CHUNK_BYTES)

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError as error:  # gone again, or no descriptor left: the listener stays
            _log.warning("control socket: %s", error)
            self._stopping.wait(0.1)  # out of descriptors, it would be ready again at once
            return
        connection.setblocking(False)
        peer = peer_of(connection)
        client = _Client(connection, peer, time.monotonic(), admitted=self._door.admits(peer))
        if not client.admitted:
            self._log_refused(client)
        self._clients[connection] = client
        self._selector.register(connection, selectors.EVENT_READ, connection)
        if len(self._clients) > MAX_CLIENTS:  # nobody who may ask makes way for one who may not
            self._drop(min(self._clients.values(), key=lambda one: (one.admitted, one.heard_s)))

    def _log_refused(self, client: _Client) -> None:
        self._refused += 1
        if client.heard_s < self._refusal_logged_s + _LOG_EVERY_S:
            return
        _log.warning(
            "control socket: refused uid %d, gid %d (pid %d); refused since last told: %d",
            client.peer.uid,
            client.peer.gid,
            client.peer.pid,
            self._refused,
        )
        self._refusal_logged_s, self._refused = client.heard_s, 0

    def _attend(self, client: _Client, events: int) -> None:
        if client.connection not in self._clients:
            return  # dropped earlier in this round
        try:
            if events & selectors.EVENT_READ:
                data = client.connection.recv(_CHUNK_BYTES)
                if not data:
                    self._drop(client)
                    return
                client.heard_s = time.monotonic()
                client.received += data
        except BlockingIOError:
            pass
        except OSError:
            self._drop(client)
            return
        self._work(client)

    def _hand_out(self) -> None:
        """Give answers to the clients that still wait for them."""
        while self._answers:
            client, line = self._answers.popleft()
            client.pending -= 1
            client.outgoing += line
            if client.connection in self._clients:
                with self._guarded(client):
                    self._work(client)

    def _work(self, client: _Client) -> None:
        """Go on with a client: its requests, its answers, what to wait for next."""
        for line in _lines(client):
            self._take(client, line)
        if len(client.received) > MAX_REQUEST_BYTES and not client.leaving:
            client.outgoing += answer_bytes(None, None, f"more than {MAX_REQUEST_BYTES} bytes")
            client.leaving = True
        try:
            if client.outgoing:
                sent = client.connection.send(client.outgoing)
                del client.outgoing[:sent]
        except BlockingIOError:
            pass
        except OSError:
            self._drop(client)
            return
        done = client.leaving and not client.outgoing
        if done or len(client.outgoing) > MAX_ANSWER_BYTES:
            self._drop(client)
            return
        self._wait_for(client)

    def _wait_for(self, client: _Client) -> None:
        reads = client.pending < MAX_PENDING and not client.leaving
        events = (selectors.EVENT_READ if reads else 0) | (
            selectors.EVENT_WRITE if client.outgoing else 0
        )
        registered = client.connection in self._selector.get_map()
        if registered and events:
            self._selector.modify(client.connection, events, client.connection)
        elif events:
            self._selector.register(client.connection, events, client.connection)
        elif registered:
            self._selector.unregister(client.connection)

    def _take(self, client: _Client, line: bytes) -> None:
        try:
            request = parse_request(line)
        except BadMessage as bad:
            client.outgoing += answer_bytes(bad.id, None, str(bad))
            return
        if not client.admitted:
            client.outgoing += answer_bytes(request.id, None, NOT_ALLOWED, denied=True)
            client.leaving = True
            return
        once = threading.Lock()

        def answer(result: dict[str, Any] | None, error: str | None) -> None:
            if once.acquire(blocking=False):  # a second answer would be taken for the next one's
                self._answers.append((client, answer_bytes(request.id, result, error)))
                self._wake()

        client.pending += 1
        self._on_request(Request(request.command, request.arguments, client.peer, answer))

    def _drop(self, client: _Client) -> None:
        self._clients.pop(client.connection, None)
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(client.connection)
        client.connection.close()


def _lines(client: _Client) -> Iterator[bytes]:
    """Take complete requests from what a client sent, as many as it may have waiting."""
    while client.pending < MAX_PENDING and not client.leaving:
        line, newline, rest = client.received.partition(b"\n")
        if not newline or len(line) > MAX_REQUEST_BYTES:
            return
        client.received = rest
        if line.strip():
            yield bytes(line)
