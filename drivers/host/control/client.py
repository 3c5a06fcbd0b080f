"""The asking end of the control socket: what the ``floodbell`` command uses.

Owns one connection to the daemon. Invariant: ``ask`` returns or raises within its time-out.
"""

from __future__ import annotations

import errno
import socket
import time
from pathlib import Path
from typing import Any, Final, Self

from drivers.errors import BadFrame, NoResponse, PermanentError, PortGone
from drivers.host.control.address import short_name
from drivers.host.control.messages import (
    MAX_ANSWER_BYTES,
    BadMessage,
    parse_answer,
    request_bytes,
)

_CHUNK_BYTES: Final = 64 * 1024
_KNOCK_EVERY_S: Final = 0.02


class CommandRefused(PermanentError):
    """The daemon said no; the message is its reason."""


class NotAllowed(CommandRefused):
    """This user may not ask the daemon at all."""


class ControlClient:
    """The other end: asks one thing at a time; one connection for as many questions as wanted."""

    def __init__(self, path: Path | str, timeout_s: float = 5.0) -> None:
        """Remember where; the first ``ask`` connects.

        Args:
            path: The daemon's socket.
            timeout_s: Longest wait for one answer, connecting included.
        """
        self._path = Path(path)
        self._timeout_s = timeout_s
        self._connection: socket.socket | None = None
        self._count = 0

    def ask(self, command: str, **arguments: object) -> dict[str, Any]:
        """Ask the daemon.

        Args:
            command: What to do.
            arguments: JSON values.

        Returns:
            The result.

        Raises:
            PortGone: No daemon listens, or it went away, or this user may not ask it.
            NoResponse: No answer in time.
            NotAllowed: The daemon says that this user may not ask.
            CommandRefused: The daemon said no, and why.
            BadFrame: The answer is not one.
        """
        self._count += 1
        deadline_s = time.monotonic() + self._timeout_s
        try:
            line = self._exchange(request_bytes(self._count, command, arguments), deadline_s)
            answer = parse_answer(line, self._count)
        except TimeoutError as error:
            self.close()
            raise NoResponse(f"{self._path}: no answer in {self._timeout_s:g} s") from error
        except BadMessage as error:
            self.close()
            raise BadFrame(f"{self._path}: {error}") from error
        except OSError as error:
            self.close()
            raise PortGone(f"{self._path}: {error.strerror or error}") from error
        if answer.denied:
            self.close()
            raise NotAllowed(str(answer.error))
        if answer.error is not None:
            raise CommandRefused(answer.error)
        return answer.result

    def close(self) -> None:
        """Hang up; safe to call twice."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _connected(self, deadline_s: float) -> socket.socket:
        """Connect; a daemon at whose door many wait is waited for, it is not gone.

        Source: connect(2), EAGAIN of a Unix socket that does not block: its backlog is full.
        """
        while self._connection is None:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                connection.settimeout(max(0.001, deadline_s - time.monotonic()))
                with short_name(self._path) as address:
                    connection.connect(address)
            except BlockingIOError as error:
                connection.close()
                if time.monotonic() + _KNOCK_EVERY_S >= deadline_s:
                    raise TimeoutError("too many others wait at its door") from error
                time.sleep(_KNOCK_EVERY_S)
            except BaseException:
                connection.close()
                raise
            else:
                self._connection = connection
        return self._connection

    def _exchange(self, request: bytes, deadline_s: float) -> bytes:
        connection = self._connected(deadline_s)
        connection.settimeout(max(0.001, deadline_s - time.monotonic()))
        connection.sendall(request)
        received = bytearray()
        while not received.endswith(b"\n"):
            connection.settimeout(max(0.001, deadline_s - time.monotonic()))
            data = connection.recv(_CHUNK_BYTES)
            if not data:
                raise ConnectionResetError(errno.ECONNRESET, "the daemon hung up")
            received += data
            if len(received) > 2 * MAX_ANSWER_BYTES:
                raise BadMessage("an endless answer")
        return bytes(received)
