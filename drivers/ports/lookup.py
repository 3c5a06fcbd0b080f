"""A name looked up within a time limit, which the C library has not.

Owns the thread that asks. Invariant: the caller has an answer, or an error, by its deadline; a
thread that still waits for a name server is left behind and ends with that server's own time-outs.
"""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
import time
from collections.abc import Callable
from typing import Final

_LOOK_S: Final = 0.1

Address = tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]
Found = list[tuple[socket.AddressFamily, Address]]


def look_up(host: str, port: int, *, closing: Callable[[], bool], deadline_s: float) -> Found:
    """Return the addresses of a host, best first.

    Args:
        host: Name or address.
        port: TCP port.
        closing: Whether nobody wants the answer any more.
        deadline_s: Monotonic time by which there is an answer.

    Raises:
        TimeoutError: The deadline came, or nobody wants the answer any more.
        OSError: There is no such name, or no network to ask; ``socket.gaierror`` says which.
    """
    found: queue.SimpleQueue[Found | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            found.put(error if isinstance(error, OSError) else OSError(str(error)))
        else:
            found.put([(family, address) for family, _, _, _, address in infos])

    threading.Thread(target=ask, name="name", daemon=True).start()
    while not closing() and time.monotonic() < deadline_s:
        with contextlib.suppress(queue.Empty):
            answer = found.get(timeout=_LOOK_S)
            if isinstance(answer, OSError):
                raise answer
            return answer
    raise TimeoutError(f"looking up {host} took too long")
