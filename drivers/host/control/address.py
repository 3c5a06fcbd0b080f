"""The socket's place in the file system.

Owns the path: a stale socket of a killed daemon is replaced, a living one is not, and the folder
may lie as deep as it likes.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from drivers.errors import PortGone

_MAX_PATH_BYTES: Final = 107  # sun_path of unix(7), less its NUL


@contextlib.contextmanager
def short_name(path: Path) -> Iterator[str]:
    """Give a name of ``path`` that fits into a socket address, while the block runs."""
    if len(os.fsencode(path)) <= _MAX_PATH_BYTES:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def listen_at(path: Path, backlog: int) -> socket.socket:
    """Bind a non-blocking Unix socket, mode 0660.

    Args:
        path: Where.
        backlog: Connections that may wait to be accepted.

    Raises:
        PortGone: Somebody listens there, it is another kind of file, or the folder is not ours.
    """
    _remove_stale(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        os.fchmod(listener.fileno(), 0o660)  # before bind: it is open to others at no moment
        with short_name(path) as address:
            listener.bind(address)
        path.chmod(0o660)  # the umask may have taken the group's bits
        listener.listen(backlog)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise PortGone(f"{path}: {error.strerror or error}") from error
    return listener


def _remove_stale(path: Path) -> None:
    try:
        if not stat.S_ISSOCK(path.stat().st_mode):
            raise PortGone(f"{path} is there and is no socket: remove it")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe, short_name(path) as address:
        probe.settimeout(1.0)
        number = probe.connect_ex(address)
    if number in (0, errno.EAGAIN):
        raise PortGone(f"another floodbell listens at {path}")
    path.unlink(missing_ok=True)
