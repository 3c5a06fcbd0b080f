"""The control socket: how a person's commands reach the running daemon.

A Unix socket in the run directory, one JSON object a line each way (``messages``). The daemon holds
a ``ControlServer``, a command a ``ControlClient``.
"""

from __future__ import annotations

from drivers.host.control.client import CommandRefused, ControlClient, NotAllowed
from drivers.host.control.peers import Door, Peer
from drivers.host.control.server import ControlServer, Request

__all__ = [
    "CommandRefused",
    "ControlClient",
    "ControlServer",
    "Door",
    "NotAllowed",
    "Peer",
    "Request",
]
