"""Who is on the other end of the control socket, and whether they may ask.

Owns the rule: root, the daemon's own user, and the members of the daemon's group. Invariant: only
the kernel is asked who somebody is, never the peer; where the kernel does not say which further
groups a peer has, it has none.

Source: unix(7) for SO_PEERCRED; socket(7) for SO_PEERGROUPS, which Linux has since 4.13.
"""

from __future__ import annotations

import os
import socket
import struct
from dataclasses import dataclass
from typing import Final

_CREDENTIALS: Final = struct.Struct("3i")  # struct ucred: pid, uid, gid
_SO_PEERGROUPS: Final = 59  # asm-generic/socket.h; Python has no name for it
_GROUP: Final = struct.Struct("I")  # gid_t
_MOST_BYTES: Final = 1024
"""The longest answer that Python's getsockopt can take: 256 groups, of which nobody here has so
many; who has more counts with the main one only."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Who asked for the connection, at the moment when it was made.

    Attributes:
        pid: The process.
        uid: The effective user.
        gid: The effective group.
        groups: The supplementary groups.
    """

    pid: int
    uid: int
    gid: int
    groups: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Door:
    """Who may ask: root, one user, and one group."""

    uid: int
    gid: int

    @classmethod
    def of_this_process(cls) -> Door:
        """Return the door of a daemon: its own user, and the group that it runs under."""
        return cls(os.geteuid(), os.getegid())

    def admits(self, peer: Peer) -> bool:
        """Whether this peer may ask."""
        return peer.uid in (0, self.uid) or peer.gid == self.gid or self.gid in peer.groups


def peer_of(connection: socket.socket) -> Peer:
    """Ask the kernel who is on the other end of a Unix socket."""
    told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, uid, gid = _CREDENTIALS.unpack(told)
    return Peer(pid, uid, gid, _groups(connection))


def _groups(connection: socket.socket) -> frozenset[int]:
    try:
        told = connection.getsockopt(socket.SOL_SOCKET, _SO_PEERGROUPS, _MOST_BYTES)
    except OSError:  # an older kernel, or more groups than fit
        return frozenset()
    whole = len(told) // _GROUP.size * _GROUP.size
    return frozenset(gid for (gid,) in _GROUP.iter_unpack(told[:whole]))
