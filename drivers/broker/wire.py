"""A TCP or TLS connection to the broker, made without ever blocking longer than allowed.

Owns the socket and the way another thread wakes ours. Invariant: every wait ends at its deadline,
or at once when the device is closing; why a connection failed or ended is kept in words. TLS is 1.2
or newer, the broker's certificate and name are always checked, and there is no way back to plain.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from drivers.broker.certificate import decoded
from drivers.broker.refusals import Cause, Told, words_for
from drivers.broker.settings import MqttSettings
from drivers.errors import BrokerGone
from drivers.ports.lookup import Address, Found, look_up

_RECEIVE_BYTES: Final = 65536

Credential = Callable[[str], Path]
"""Where the file of a named credential is."""


class Waker:
    """Ends another thread's wait: set by any thread, seen by the one that polls ``fileno``."""

    def __init__(self) -> None:
        self._fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self.closing = False

    def fileno(self) -> int:
        """The descriptor to poll for reading."""
        return self._fd

    def set(self) -> None:
        """Wake; never blocks, never raises."""
        with contextlib.suppress(OSError):  # the counter is full (awake already), or closed
            os.eventfd_write(self._fd, 1)

    def abort(self) -> None:
        """Wake, and end whatever connection is being made."""
        self.closing = True
        self.set()

    def clear(self) -> None:
        """Forget that it was set."""
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._fd)

    def wait(self, timeout_s: float) -> None:
        """Return when set, or after ``timeout_s``."""
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        if poll.poll(max(0.0, timeout_s) * 1000):
            self.clear()


class Wire:
    """The socket as paho sees it; reads ahead, as paho asks for its packets byte by byte."""

    def __init__(
        self, sock: socket.socket, host: str, valid_until_s: Mapping[str, float] | None = None
    ) -> None:
        self.valid_until_s = valid_until_s or {}
        self._sock = sock
        self._host = host
        self._ahead = b""
        self._read = 0
        self.heard_s = time.monotonic()
        self.ended: str | None = None

    @property
    def has_ahead(self) -> bool:
        """Whether bytes were read that paho has not taken yet."""
        return self._read < len(self._ahead)

    def recv(self, buffer_size: int) -> bytes:
        """As ``socket.recv`` without blocking."""
        if not self.has_ahead:
            self._ahead = self._receive()
            self._read = 0
        taken = self._ahead[self._read : self._read + buffer_size]
        self._read += len(taken)
        return taken

    def _receive(self) -> bytes:
        try:
            data = self._sock.recv(_RECEIVE_BYTES)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except OSError as error:
            self.ended = self.ended or words_for(error, self._host)
            raise
        if data:
            self.heard_s = time.monotonic()
        else:
            self.ended = self.ended or "the broker closed the connection"
        return data

    def send(self, buffer: bytes | bytearray) -> int:
        """As ``socket.send`` without blocking."""
        try:
            return self._sock.send(buffer)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except OSError as error:
            self.ended = self.ended or self._last_word() or words_for(error, self._host)
            raise

    def _last_word(self) -> str | None:
        """Why the other end hung up, if it said so before: TLS alerts wait to be read."""
        try:
            self._sock.recv(_RECEIVE_BYTES)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None
        except ssl.SSLError as alert:
            return words_for(alert, self._host)
        except OSError:
            return None
        return None

    def fileno(self) -> int:
        """The descriptor to poll; -1 once closed."""
        return self._sock.fileno()

    def setblocking(self, flag: bool) -> None:
        """As ``socket.setblocking``."""
        self._sock.setblocking(flag)

    def cut(self) -> None:
        """End the conversation under whoever has it; from any thread.

        Of the socket below TLS, whose layer is not for two threads; and not closed, for its number
        would be given to the next file.
        """
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._sock, socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()


def dial(settings: MqttSettings, credential: Credential, waker: Waker, deadline_s: float) -> Wire:
    """Connect to the broker, with TLS if the settings say so.

    Args:
        settings: Host, port, certificates.
        credential: Finds the private key's file.
        waker: Its ``closing`` ends the attempt.
        deadline_s: Monotonic time by which it must be done.

    Raises:
        BrokerGone: It did not work; the words say why, and what to look at.
    """
    if not (settings.tls or settings.loopback or settings.insecure):
        words = f"refusing to send in the clear to {settings.host}: set mqtt.ca"
        raise BrokerGone(Told(words, Cause.IN_THE_CLEAR))
    context = tls_context(settings, credential) if settings.tls else None
    host = settings.host.strip("[]")
    sock = connected(host, settings.tcp_port, waker, deadline_s)
    try:
        if context is not None:
            sock = encrypted(sock, context, host, waker, deadline_s)
    except BaseException:
        sock.close()
        raise
    return Wire(sock, host, valid_until_s(sock, settings.cert))


def valid_until_s(sock: socket.socket, cert: str | None) -> Mapping[str, float]:
    """Until when both ends' certificates are valid; what cannot be told is left out."""
    found: dict[str, float] = {}
    if isinstance(sock, ssl.SSLSocket):
        broker = sock.getpeercert() or {}
        device = {} if cert is None else decoded(cert)
        for end, certificate in (("broker", broker), ("device", device)):
            with contextlib.suppress(KeyError, TypeError, ValueError):
                found[end] = float(ssl.cert_time_to_seconds(str(certificate["notAfter"])))
    return found


def tls_context(settings: MqttSettings, credential: Credential) -> ssl.SSLContext:
    """Return how TLS is to be spoken: 1.2 or newer, certificate and name of the broker checked.

    Raises:
        BrokerGone: A certificate or key cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # checks certificate and name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        if settings.ca is None:
            context.load_default_certs()
        else:
            context.load_verify_locations(settings.ca)
    except (OSError, ssl.SSLError) as error:
        words = f"cannot use the CA file {settings.ca}: {error}"
        raise BrokerGone(Told(words, Cause.FILES)) from error
    if settings.cert is not None and settings.key_credential is not None:
        key = credential(settings.key_credential)
        try:
            context.load_cert_chain(settings.cert, key, password="")  # never ask a terminal
        except (OSError, ssl.SSLError) as error:
            words = f"cannot use the certificate {settings.cert} with the key {key}: {error}"
            raise BrokerGone(Told(words, Cause.FILES)) from error
    return context


def connected(host: str, port: int, waker: Waker, deadline_s: float) -> socket.socket:
    """Return a connected socket to the first address that answers.

    Raises:
        BrokerGone: None did; the words say why.
    """
    refused: list[Told] = []
    addresses = addresses_of(host, port, waker, deadline_s)
    for untried, (family, address) in zip(range(len(addresses), 0, -1), addresses, strict=True):
        now_s = time.monotonic()  # an address that is silent leaves time for the others
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            _connect(sock, address, waker, now_s + (deadline_s - now_s) / untried)
        except OSError as error:
            sock.close()
            refused.append(words_for(error, host))
            if waker.closing or time.monotonic() >= deadline_s:
                break
        except BaseException:
            sock.close()
            raise
        else:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
    words = "; ".join(dict.fromkeys(refused)) or f"{host} has no address"
    raise BrokerGone(Told(words, refused[0].cause if refused else Cause.NAME_UNKNOWN))


def addresses_of(host: str, port: int, waker: Waker, deadline_s: float) -> Found:
    """Return the addresses of a host.

    Raises:
        BrokerGone: There are none, or nobody could be asked; the words say which.
    """
    try:
        return look_up(host, port, closing=lambda: waker.closing, deadline_s=deadline_s)
    except TimeoutError as error:
        words = f"looking up {host} took too long: check the network and its DNS"
        raise BrokerGone(Told(words, Cause.NO_NAME_SERVER)) from error
    except OSError as error:
        raise BrokerGone(words_for(error, host)) from error


def _connect(sock: socket.socket, address: Address, waker: Waker, deadline_s: float) -> None:
    sock.setblocking(False)
    code = sock.connect_ex(address)
    if code == errno.EINPROGRESS:
        _ready(sock, select.POLLOUT, waker, deadline_s)
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, os.strerror(code))


def encrypted(
    sock: socket.socket, context: ssl.SSLContext, host: str, waker: Waker, deadline_s: float
) -> ssl.SSLSocket:
    """Return the socket with TLS around it.

    Raises:
        BrokerGone: The ends do not agree or trust each other; the words say why.
    """
    wrapped = context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
    try:
        while True:
            try:
                wrapped.do_handshake()
            except ssl.SSLWantReadError:
                _ready(wrapped, select.POLLIN, waker, deadline_s)
            except ssl.SSLWantWriteError:
                _ready(wrapped, select.POLLOUT, waker, deadline_s)
            else:
                return wrapped
    except (OSError, ValueError) as error:
        wrapped.close()
        raise BrokerGone(words_for(error, host)) from error


def _ready(sock: socket.socket, event: int, waker: Waker, deadline_s: float) -> None:
    """Wait for the socket; being woken does not end it, closing and the deadline do.

    Raises:
        TimeoutError: The deadline came, or the device is closing.
    """
    poll = select.poll()
    poll.register(sock, event)
    poll.register(waker, select.POLLIN)
    while not waker.closing and (left_s := deadline_s - time.monotonic()) > 0:
        for fd, _ in poll.poll(left_s * 1000):
            if fd == sock.fileno():
                return
            waker.clear()
    raise TimeoutError(errno.ETIMEDOUT, "no answer in time")
