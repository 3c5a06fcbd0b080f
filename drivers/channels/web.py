"""One request over HTTP or HTTPS, with an end, and with what its failure means.

Owns the connection, which lives for one request: texts are rare, and a kept one would be dead when
it is needed. Invariant: whoever asks has an answer or an error within ``ANSWER_WITHIN_S``, however
slowly the other side speaks, and knows whether the request may have arrived: before its first byte
is written a failure is ``SubmitFailed`` and is tried again at once, after it ``SubmitAmbiguous``
and is never repeated here. TLS is checked against the system's authorities, and there is no way
round it; no redirect is followed, no proxy is taken from the environment. What an answer means is
for the caller.

Loads urllib3 and tenacity: import it only where a way out over the internet is configured.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Final

from tenacity import Retrying, retry_if_exception_type, sleep_using_event
from tenacity.stop import stop_after_attempt, stop_any, stop_before_delay, stop_when_event_set
from tenacity.wait import wait_random_exponential
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from drivers.channels.answer import Answer
from drivers.channels.refusals import words_for
from drivers.errors import SubmitAmbiguous, SubmitFailed
from drivers.ports.lookup import look_up

__all__ = ["ANSWER_WITHIN_S", "Answer", "Web"]

ANSWER_WITHIN_S: Final = 15.0
"""From the first look-up to the last byte: another route may be waiting for this one to end."""

CONNECT_WITHIN_S: Final = 5.0
"""For the name, and again for connection and TLS; a service that takes longer is not well."""

MOST_ADDRESSES: Final = 3
"""Of those that a name has: more would leave each too little time for a handshake over LTE."""

TRIES: Final = 3
TRY_AGAIN_WITHIN_S: Final = 5.0
"""No further try begins later than this after the first."""

MAX_BODY_BYTES: Final = 64 * 1024
_LAST_WORDS_S: Final = 0.5
"""How long an answer is still waited for once the device is stopping."""

_GUARD_LOOK_S: Final = 0.25

# Its warnings carry whole addresses, which may hold a secret; what went wrong is in our errors.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class _Target:
    secure: bool
    host: str
    port: int
    netloc: str
    path: str


class _Unreached(SubmitFailed):
    """No connection: the next moment may be better."""


def _nothing() -> None:
    """The beat of nobody."""


class Web:
    """Asks one thing at a time.

    Args:
        stopping: Set when the device stops: no further try, and an answer that is under way is
            waited for no longer than half a second.
        beat: Called at each step, so that whoever watches the caller's thread sees it live.
        answer_within_s: Longest time for everything.
    """

    def __init__(
        self,
        *,
        stopping: threading.Event | None = None,
        beat: Callable[[], None] = _nothing,
        answer_within_s: float = ANSWER_WITHIN_S,
    ) -> None:
        self._stopping = stopping or threading.Event()
        self._beat = beat
        self._answer_within_s = answer_within_s
        self._context: ssl.SSLContext | None = None

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a request once.

        Args:
            url: ``http`` or ``https``.
            body: Its bytes.
            headers: Besides those of the connection itself.

        Raises:
            SubmitFailed: It was certainly not sent; the words say why, and what to look at.
            SubmitAmbiguous: It may have been sent: no answer in time, or none that is HTTP.
        """
        return self._ask("POST", url, body, headers)

    def head(self, url: str) -> Answer:
        """Ask only whether somebody answers, and for the headers; raises as ``post``."""
        return self._ask("HEAD", url, None, {})

    def _ask(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        target = _target_of(url)
        deadline_s = time.monotonic() + self._answer_within_s
        retrying = Retrying(
            retry=retry_if_exception_type(_Unreached),
            stop=stop_any(
                stop_after_attempt(TRIES),
                stop_before_delay(TRY_AGAIN_WITHIN_S),
                stop_when_event_set(self._stopping),
            ),
            wait=wait_random_exponential(multiplier=0.5, max=2.0),
            sleep=sleep_using_event(self._stopping),
            reraise=True,
        )
        connection = retrying(self._connect, target, deadline_s)
        self._beat()
        try:
            return self._exchange(connection, target, deadline_s, method, body, headers)
        finally:
            connection.close()
            self._beat()

    def _connect(self, target: _Target, deadline_s: float) -> HTTPConnection:
        """Connect to the first address that answers.

        Raises:
            SubmitFailed: None does, or the certificate is not good; nothing was sent.
        """
        self._beat()
        if self._stopping.is_set():
            raise SubmitFailed("not sent: the device is stopping")
        lookup_ends_s = min(deadline_s, time.monotonic() + CONNECT_WITHIN_S)
        try:
            found = look_up(
                target.host,
                target.port,
                closing=self._stopping.is_set,
                deadline_s=lookup_ends_s,
            )
        except OSError as error:
            raise _Unreached(f"not sent: {words_for(error, target.host)}") from error
        refused: list[str] = []
        found = found[:MOST_ADDRESSES]
        share_s = CONNECT_WITHIN_S / max(1, len(found))  # a silent one leaves time for the others
        for _, address in found:
            left_s = min(share_s, deadline_s - time.monotonic())
            connection = self._connection(target, str(address[0]), max(0.1, left_s))
            try:
                connection.connect()
            except (OSError, HTTPError, ValueError) as error:
                connection.close()
                words = words_for(error, target.host)
                if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
                    raise SubmitFailed(f"not sent: {words}") from error
                refused.append(words)
            else:
                return connection
        raise _Unreached(f"not sent: {'; '.join(dict.fromkeys(refused)) or 'it has no address'}")

    def _connection(self, target: _Target, address: str, timeout_s: float) -> HTTPConnection:
        if not target.secure:
            return HTTPConnection(address, target.port, timeout=timeout_s)
        if self._context is None:
            self._context = ssl.create_default_context()
            # Python 3.13 asks more of a certificate's form than it did before. An office's own
            # service must not fall silent because the bell's system was brought up to date: who
            # signed, for whom and until when is checked as ever. Source: What's new in 3.13, ssl.
            self._context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return HTTPSConnection(
            address,
            target.port,
            timeout=timeout_s,
            ssl_context=self._context,
            server_hostname=target.host,
        )

    def _exchange(
        self,
        connection: HTTPConnection,
        target: _Target,
        deadline_s: float,
        method: str,
        body: bytes | None,
        headers: Mapping[str, str],
    ) -> Answer:
        over = threading.Event()
        guard = threading.Thread(
            target=self._cut, args=(connection.sock, deadline_s, over), name="web", daemon=True
        )
        guard.start()
        try:
            connection.timeout = max(0.1, deadline_s - time.monotonic())
            _send(connection, target, method, body, headers)
            return _heard(connection)
        except (OSError, HTTPException, HTTPError) as error:
            late = time.monotonic() >= deadline_s
            why = f"no answer within {self._answer_within_s:g} s" if late else "no answer"
            words = words_for(error, target.host)
            raise SubmitAmbiguous(f"{why}, it may have been sent: {words}") from error
        finally:
            over.set()
            guard.join(1.0)

    def _cut(self, sock: socket.socket, deadline_s: float, over: threading.Event) -> None:
        """End a conversation that goes on too long: every single byte may come in time."""
        while not over.wait(max(0.0, min(_GUARD_LOOK_S, deadline_s - time.monotonic()))):
            if self._stopping.is_set():
                deadline_s = min(deadline_s, time.monotonic())
                over.wait(_LAST_WORDS_S)
            if time.monotonic() >= deadline_s:
                with contextlib.suppress(OSError):
                    # Of the socket below TLS: that layer is not for two threads.
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)
                return


def _send(
    connection: HTTPConnection,
    target: _Target,
    method: str,
    body: bytes | None,
    headers: Mapping[str, str],
) -> None:
    named = {"Host": target.netloc, "User-Agent": "floodbell", "Connection": "close", **headers}
    try:
        connection.request(
            method, target.path, body, named, preload_content=False, decode_content=False
        )
    except ValueError as error:  # all headers are looked at before the first byte leaves
        raise SubmitFailed("not sent: a header has a character that HTTP does not know") from error


def _heard(connection: HTTPConnection) -> Answer:
    response = connection.getresponse()
    headers = {name.lower(): value for name, value in response.headers.items()}
    try:
        body = response.read(MAX_BODY_BYTES)
    except (OSError, HTTPException, HTTPError):
        body = b""  # what was decided is in the status
    return Answer(response.status, headers, body)


def _target_of(url: str) -> _Target:
    try:
        parsed = parse_url(url)
    except (HTTPError, ValueError) as error:
        raise SubmitFailed("not sent: the service's address is no URL") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise SubmitFailed("not sent: the service's address is no http or https URL")
    secure = parsed.scheme == "https"
    return _Target(
        secure=secure,
        host=parsed.host.strip("[]"),
        port=parsed.port or (443 if secure else 80),
        netloc=parsed.host if parsed.port is None else f"{parsed.host}:{parsed.port}",
        path=parsed.request_uri,
    )
