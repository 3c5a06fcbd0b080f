"""A TCP path between a device and its broker that goes wrong when told to. Real sockets.

Owns the path: it can cut a connection after a number of bytes, in orderly fashion or with a reset,
fall silent with every connection left open, and be as slow and as far as a mobile network. It knows
nothing of MQTT.
"""

from __future__ import annotations

import queue
import selectors
import socket
import struct
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Literal, Self

_CHUNK_BYTES: Final = 4096
_BUFFER_BYTES: Final = 512 * 1024  # of one direction; then the sender has to wait
_NOW_AND_THEN_S: Final = 0.5
_ABORT: Final = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: closing sends RST

Side = Literal["broker", "device"]


@dataclass(frozen=True, slots=True)
class Cut:
    """End the next connection when so many bytes have gone towards one side."""

    after_bytes: int
    towards: Side
    reset: bool = False


@dataclass(slots=True)
class _Flow:
    """One direction of one connection."""

    source: socket.socket
    sink: socket.socket
    towards: Side
    waiting: deque[tuple[float, bytes]] = field(default_factory=deque)
    waiting_bytes: int = 0
    passed_bytes: int = 0
    free_s: float = 0.0
    ended: bool = False


@dataclass(slots=True)
class _Path:
    """One connection through the relay."""

    flows: tuple[_Flow, _Flow]
    cut: Cut | None


class Relay:
    """Listens on a free port of loopback and passes everything on to ``target_port``.

    Args:
        target_port: The broker's.
        delay_s: What a byte takes one way.
        bytes_per_s: What passes in each direction; None for no limit.
    """

    def __init__(
        self, target_port: int, *, delay_s: float = 0.0, bytes_per_s: float | None = None
    ) -> None:
        self.done: queue.SimpleQueue[Cut] = queue.SimpleQueue()
        self._target_port = target_port
        self._delay_s = delay_s
        self._bytes_per_s = bytes_per_s
        self._cuts: deque[Cut] = deque()
        self._paths: list[_Path] = []
        self._silent = False
        self._ending = False
        self._tasks: queue.SimpleQueue[Literal["reset", "look"]] = queue.SimpleQueue()
        self._server = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._server.setblocking(False)
        self.port = int(self._server.getsockname()[1])
        self._ear, self._mouth = socket.socketpair()
        self._ear.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="relay")
        self._thread.start()

    # For the test.

    def cut_next(self, cut: Cut) -> None:
        """The next connection that is made will be cut so; then it is put into ``done``."""
        self._cuts.append(cut)

    def silence(self) -> None:
        """Pass nothing on, and leave every connection open."""
        self._silent = True
        self._tell("look")

    def resume(self) -> None:
        """Pass on again, what has waited first."""
        self._silent = False
        self._tell("look")

    def reset(self) -> None:
        """Reset every connection."""
        self._tell("reset")

    def close(self) -> None:
        """Close every connection and end."""
        self._ending = True
        self._tell("reset")
        self._thread.join(10.0)
        for sock in (self._server, self._ear, self._mouth):
            sock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _tell(self, task: Literal["reset", "look"]) -> None:
        self._tasks.put(task)
        self._mouth.send(b".")

    # The thread.

    def _run(self) -> None:
        while not self._ending:
            for sock in self._await_something():
                if sock is self._server:
                    self._accept()
                elif sock is self._ear:
                    self._obey()
            for path in tuple(self._paths):
                self._pass_on(path)
        for path in tuple(self._paths):
            self._end(path, reset=True)

    def _await_something(self) -> list[socket.socket]:
        now_s = time.monotonic()
        next_s = now_s + _NOW_AND_THEN_S
        with selectors.DefaultSelector() as selector:
            selector.register(self._server, selectors.EVENT_READ)
            selector.register(self._ear, selectors.EVENT_READ)
            wanted: dict[socket.socket, int] = {}
            for flow in () if self._silent else [f for p in self._paths for f in p.flows]:
                if not flow.ended and flow.waiting_bytes < _BUFFER_BYTES:
                    wanted[flow.source] = wanted.get(flow.source, 0) | selectors.EVENT_READ
                if flow.waiting and flow.waiting[0][0] <= now_s:
                    wanted[flow.sink] = wanted.get(flow.sink, 0) | selectors.EVENT_WRITE
                elif flow.waiting:
                    next_s = min(next_s, flow.waiting[0][0])
            for sock, events in wanted.items():
                selector.register(sock, events)
            return [
                key.fileobj
                for key, _ in selector.select(max(0.0, next_s - now_s))
                if isinstance(key.fileobj, socket.socket)
            ]

    def _obey(self) -> None:
        self._ear.recv(_CHUNK_BYTES)
        with suppress(queue.Empty):
            while True:
                if self._tasks.get_nowait() == "reset":
                    for path in tuple(self._paths):
                        self._end(path, reset=True)

    def _accept(self) -> None:
        with suppress(OSError):
            device, _ = self._server.accept()
            broker = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            try:
                broker.connect(("127.0.0.1", self._target_port))
            except OSError:
                broker.close()
                device.close()
                return
            for sock in (device, broker):
                sock.setblocking(False)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            flows = _Flow(device, broker, "broker"), _Flow(broker, device, "device")
            self._paths.append(_Path(flows, self._cuts.popleft() if self._cuts else None))

    def _pass_on(self, path: _Path) -> None:
        if self._silent:
            return
        try:
            for flow in path.flows:
                self._take_in(flow)
                if self._let_out(flow, path.cut):
                    assert path.cut is not None
                    self._end(path, reset=path.cut.reset)
                    self.done.put(path.cut)
                    return
        except OSError:  # one side has reset its connection: so does the other
            self._end(path, reset=True)
            return
        if any(flow.ended and not flow.waiting for flow in path.flows):
            self._end(path, reset=False)

    def _take_in(self, flow: _Flow) -> None:
        while not flow.ended and flow.waiting_bytes < _BUFFER_BYTES:
            try:
                data = flow.source.recv(_CHUNK_BYTES)
            except BlockingIOError:
                return
            if not data:
                flow.ended = True
                return
            flow.free_s = max(flow.free_s, time.monotonic())
            if self._bytes_per_s is not None:
                flow.free_s += len(data) / self._bytes_per_s
            flow.waiting.append((flow.free_s + self._delay_s, data))
            flow.waiting_bytes += len(data)

    @staticmethod
    def _let_out(flow: _Flow, cut: Cut | None) -> bool:
        """Send what is due; returns whether the connection is to be cut now."""
        limit = cut.after_bytes if cut is not None and cut.towards == flow.towards else None
        while flow.waiting and flow.waiting[0][0] <= time.monotonic():
            due_s, data = flow.waiting[0]
            left = len(data) if limit is None else min(len(data), limit - flow.passed_bytes)
            try:
                sent = flow.sink.send(data[:left]) if left else 0
            except BlockingIOError:
                return False
            flow.passed_bytes += sent
            flow.waiting_bytes -= sent
            if limit is not None and flow.passed_bytes >= limit:
                return True
            if sent < len(data):
                flow.waiting[0] = due_s, data[sent:]
            else:
                flow.waiting.popleft()
        return False

    def _end(self, path: _Path, *, reset: bool) -> None:
        self._paths.remove(path)
        for sock in {flow.source for flow in path.flows}:
            if reset:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
            sock.close()
