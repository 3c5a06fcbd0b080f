"""On what a folder lies: the file system, the device under it, and whether it forgets.

Owns the reading of the table of mounts. Invariant: no call raises.

Source: proc(5), /proc/pid/mountinfo.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from drivers.host.machine import Machine

_IN_MEMORY: Final = frozenset({"tmpfs", "ramfs"})

_OVERLAY_IN_MEMORY: Final = ("overlayroot=tmpfs", "boot=overlay")
"""Words of the kernel's command line by which Raspberry Pi OS keeps all that is written in memory.

Source: raspi-config, Performance Options, Overlay File System: the first since Bookworm, the other
before it.
"""


@dataclass(frozen=True, slots=True)
class Mount:
    """A mounted file system.

    Attributes:
        point: Where it is mounted.
        kind: Such as ``ext4`` or ``tmpfs``.
        device: Its major and minor number, ``179:2``.
        read_only: Nothing can be written, by anybody.
        forgets: What is written is gone after a restart.
    """

    point: Path
    kind: str
    device: str
    read_only: bool
    forgets: bool


def mount_of(machine: Machine, path: Path) -> Mount | None:
    """Return what a path lies on; None if the table cannot be read.

    Args:
        machine: Whose table.
        path: As seen from here; it need not be there.
    """
    wanted = machine.known_as(path)
    found: Mount | None = None
    for line in (machine.text("/proc/self/mountinfo") or "").splitlines():
        mount = _mount(machine, line)
        # A later one on the same point, or on a point further down, hides an earlier one.
        deeper = found is None or (mount is not None and mount.point.is_relative_to(found.point))
        if mount is not None and wanted.is_relative_to(mount.point) and deeper:
            found = mount
    return found


def _mount(machine: Machine, line: str) -> Mount | None:
    left, _dash, right = line.partition(" - ")
    fields, tail = left.split(), right.split()
    if len(fields) < 6 or len(tail) < 3:
        return None
    kind = tail[0]
    command_line = (machine.text("/proc/cmdline") or "").split()
    overlay = kind == "overlay" and any(word in command_line for word in _OVERLAY_IN_MEMORY)
    return Mount(
        # mountinfo writes spaces and the like as \040.
        point=Path(fields[4].encode().decode("unicode_escape").encode("latin-1").decode()),
        kind=kind,
        device=fields[2],
        read_only="ro" in fields[5].split(",") or "ro" in tail[2].split(","),
        forgets=kind in _IN_MEMORY or overlay,
    )
