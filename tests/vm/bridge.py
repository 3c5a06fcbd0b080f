"""A cable between an emulated part and a USB adapter of the virtual machine.

Owns one thread, the socket that QEMU gives the adapter, and the slave side of the pseudo-terminal
that the emulated part sits on. What the part says while the cable is pulled is lost, as on a wire.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import threading
from pathlib import Path
from typing import Final, Self

_CHUNK: Final = 4096
_QUEUE_BYTES: Final = 16_384
"""A message of any length costs the kernel most of a kilobyte: about two seconds of ranges."""
_LOOK_S: Final = 0.2
_CONNECT_S: Final = 5.0


class Bridge:
    """Carries bytes both ways from the moment it is made until ``close``."""

    def __init__(self, adapter: Path, line: str) -> None:
        """Connect.

        Args:
            adapter: The unix socket of the adapter.
            line: The device path of the emulated part.

        Raises:
            OSError: One of them is not there.
        """
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # A short queue: an adapter that nobody reads keeps seconds of what was said, not hours.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _QUEUE_BYTES)
        self._socket.settimeout(_CONNECT_S)
        self._socket.connect(str(adapter))
        self._socket.setblocking(False)
        self._line = os.open(line, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self._pulled = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(
            target=self._carry, name=f"bridge-{adapter.name}", daemon=True
        )
        self._thread.start()

    def pull(self) -> None:
        """Lose what the part says from now on."""
        self._pulled = True

    def mend(self) -> None:
        """Carry it again."""
        self._pulled = False

    def close(self) -> None:
        """End the thread and let go of both ends; safe to call twice."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._thread.join(timeout=5.0)
        self._socket.close()
        os.close(self._line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _carry(self) -> None:
        with contextlib.suppress(OSError):  # the machine is off, or the part is gone
            while not self._stopping.is_set():
                ends = [self._socket.fileno(), self._line]
                ready, _, _ = select.select(ends, [], [], _LOOK_S)
                if self._socket.fileno() in ready:
                    data = self._socket.recv(_CHUNK)
                    if not data:
                        return
                    os.write(self._line, data)
                if self._line in ready:
                    said = os.read(self._line, _CHUNK)
                    if not self._pulled:
                        self._say(said)

    def _say(self, data: bytes) -> None:
        with contextlib.suppress(BlockingIOError):  # nobody reads: a real line loses it too
            self._socket.send(data)
