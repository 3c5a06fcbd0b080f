"""A provider of texts on loopback, for the tests and the demo; nothing that it takes leaves here.

Owns the server and its threads. It judges a request as the provider of that name would
(``sms_judges``), then does the next trick it was told, or answers. Invariant: any thread may call
any public method; ``close`` ends every conversation.
"""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, Self

from drivers.emulated.sms_judges import JUDGES, Account, Asked, Reply, Taken

_LOOPBACK: Final = "127.0.0.1"
_DRIP_S: Final = 0.05
_MOST_BYTES: Final = 1 << 16

__all__ = ["SmsService", "Taken", "Trick"]


@dataclass(frozen=True, slots=True)
class Trick:
    """What the service does to one request instead of accepting it.

    Attributes:
        status: Answers with this status, ``headers`` and ``body``.
        raw: Writes these bytes and hangs up.
        hold_s: Says nothing for so long, then hangs up.
        drip: Answers one byte at a time until it is cut off.
        takes: Accepts the text before it does any of this.
    """

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    raw: bytes | None = None
    hold_s: float = 0.0
    drip: bool = False
    takes: bool = False


class SmsService:
    """One provider's service.

    Args:
        provider: ``solapi``, ``sens``, ``twilio`` or ``webhook``.
        key: What the account is known by.
        secret: What its requests are signed with.
        service: SENS's service id, or Twilio's account SID.
        tls: Certificate and key; plain HTTP without.
        ahead_s: How far its clock is ahead of this machine's.
        port: A free one if 0.
    """

    def __init__(
        self,
        provider: str = "webhook",
        *,
        key: str = "",
        secret: str = "",
        service: str = "",
        tls: tuple[Path, Path] | None = None,
        ahead_s: float = 0.0,
        port: int = 0,
    ) -> None:
        self.ahead_s = ahead_s
        self._provider = provider
        self._account = Account(key, secret, service)
        self._taken: list[Taken] = []
        self._asked = 0
        self._tricks: deque[Trick] = deque()
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._server = _Server(self, port)
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self._server.context = context
        self.port = int(self._server.server_address[1])
        self.url = f"{'https' if tls else 'http'}://{_LOOPBACK}:{self.port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    @property
    def taken(self) -> list[Taken]:
        """All texts accepted so far, oldest first."""
        with self._changed:
            return list(self._taken)

    @property
    def asked(self) -> int:
        """How many requests have come, whatever became of them."""
        with self._changed:
            return self._asked

    def wait_for_texts(self, count: int, timeout_s: float) -> list[Taken]:
        """Wait until at least ``count`` texts were accepted, or the time is over; return all."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._taken) >= count, timeout_s)
            return list(self._taken)

    def do_next(self, *tricks: Trick) -> None:
        """Do these to the next requests, one each."""
        with self._changed:
            self._tricks.extend(tricks)

    def close(self) -> None:
        """Stop; whoever still waits is cut off."""
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5.0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # On the server's threads

    def now_s(self) -> float:
        """Seconds since the epoch, by its own clock."""
        return time.time() + self.ahead_s

    def judge(self, asked: Asked) -> tuple[Trick | None, Reply]:
        """Decide what becomes of a request."""
        try:
            reply = JUDGES[self._provider](self._account, asked, self.now_s())
        except (KeyError, ValueError, TypeError):
            reply = Reply(400, {})
        with self._changed:
            self._asked += 1
            trick = self._tricks.popleft() if self._tricks else None
            if reply.taken is not None and (trick is None or trick.takes):
                self._taken.append(reply.taken)
            self._changed.notify_all()
        return trick, reply

    def wait(self, seconds: float) -> bool:
        """Wait; True if the service is being closed."""
        return self._closing.wait(seconds)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    context: ssl.SSLContext | None = None

    def __init__(self, service: SmsService, port: int) -> None:
        self.service = service
        super().__init__((_LOOPBACK, port), _Handler)

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """On the conversation's own thread, so that a slow handshake holds up nobody else."""
        request.settimeout(20.0)
        if self.context is None:
            super().finish_request(request, client_address)
            return
        with self.context.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """A client that hangs up is nothing to speak of."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        """Say that somebody is there."""
        self._answer(404, {}, b"")

    def do_POST(self) -> None:
        """Judge a request and answer, or do a trick."""
        length = min(int(self.headers.get("Content-Length", "0")), _MOST_BYTES)
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.path, headers, self.rfile.read(length))
        trick, reply = self.server.service.judge(asked)
        if trick is None:
            self._answer(reply.status, {}, json.dumps(reply.said).encode())
        elif trick.status:
            self._answer(trick.status, trick.headers, trick.body)
        else:
            self._misbehave(trick, reply)

    def _misbehave(self, trick: Trick, reply: Reply) -> None:
        self.close_connection = True
        if trick.raw is not None:
            self.wfile.write(trick.raw)
        elif trick.drip:
            body = json.dumps(reply.said).encode()
            head = f"HTTP/1.1 {reply.status} OK\r\nContent-Length: {len(body)}\r\nX-Slow: "
            for byte in head.encode() + b"z" * 100_000:
                self.wfile.write(bytes((byte,)))
                if self.server.service.wait(_DRIP_S):
                    return
        else:
            self.server.service.wait(trick.hold_s)

    def _answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response_only(status)
        named = {name.lower() for name in headers}
        if "date" not in named:
            self.send_header("Date", formatdate(self.server.service.now_s(), usegmt=True))
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
