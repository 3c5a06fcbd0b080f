"""Whether the running bell may be asked by this user, and what to say if not.

Owns the difference between a bell that is off and one that is closed to whoever asks: to start a
bell that runs already mends nothing.
"""

from __future__ import annotations

from drivers.host.control import NotAllowed
from edge.locale import _


def closed_to_us(fault: BaseException) -> bool:
    """Whether a fault at the control socket is a missing permission (EACCES, EPERM, or its word).

    Args:
        fault: As ``ControlClient.ask`` raises it, with the operating system's own as its cause.
    """
    denied = isinstance(fault, PermissionError | NotAllowed)
    return denied or isinstance(fault.__cause__, PermissionError)


def not_allowed() -> str:
    """Say that this user may not ask, and how to become one who may."""
    return _(
        "You are not allowed to ask the bell: use sudo,"
        " or join the group floodbell and log in again."
    )
