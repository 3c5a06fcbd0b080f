"""Whether the running bell may be asked by this user, and what to say if not.

Owns the difference between a bell that is off, one that is closed to whoever asks, and one that
hangs: to start a bell that runs already mends nothing, and its ports are not ours.
"""

from __future__ import annotations

import errno
from typing import Final

from drivers.errors import PortGone
from drivers.host.control import NotAllowed
from edge.locale import _

_NOBODY: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ECONNREFUSED, errno.ENAMETOOLONG})
"""What connect(2) says where nobody listens: no socket, or one that a dead process left behind."""


def closed_to_us(fault: BaseException) -> bool:
    """Whether a fault at the control socket is a missing permission (EACCES, EPERM, or its word).

    Args:
        fault: As ``ControlClient.ask`` raises it, with the operating system's own as its cause.
    """
    denied = isinstance(fault, PermissionError | NotAllowed)
    return denied or isinstance(fault.__cause__, PermissionError)


def nobody_there(fault: BaseException) -> bool:
    """Whether a fault at the control socket means that no daemon is there at all.

    One that hangs takes the connection and is silent, or has its queue of callers full (EAGAIN).

    Args:
        fault: As for ``closed_to_us``.
    """
    cause = fault.__cause__
    return isinstance(fault, PortGone) and isinstance(cause, OSError) and cause.errno in _NOBODY


def not_allowed() -> str:
    """Say that this user may not ask, and how to become one who may."""
    return _(
        "You are not allowed to ask the bell: use sudo,"
        " or join the group floodbell and log in again."
    )
