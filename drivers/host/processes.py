"""Who runs on this machine, and who holds a device or a pin.

Owns the reading of ``/proc``. Invariant: no call raises; what another user's process holds is
unknown to anybody but root, and then it is simply not found.

Source: proc(5); systemd.unit(5) for what the control group of a service is called.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from drivers.host.machine import Machine

_UNIT: Final = re.compile(r"/system\.slice/(?:[^/\n]+\.slice/)*([^/\n]+\.service)")
"""Only the system's: what a person started belongs to ``user@1000.service``."""

_LINE_HANDLES: Final = ("anon_inode:gpio-line", "anon_inode:gpio-event")
"""What the kernel calls the handle of a requested GPIO line, in all versions of its interface."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process.

    Attributes:
        pid: Its number.
        name: The kernel's short name of it.
        command: Its arguments; a Python program is known by these only.
        unit: The service that it belongs to, such as ``ModemManager.service``; None if none.
    """

    pid: int
    name: str
    command: str
    unit: str | None

    @property
    def ours(self) -> bool:
        """Whether it is a bell, or a command of one: not what only names a file of it."""
        program, *rest = self.command.split() or [""]
        script = rest[:1] if Path(program).name.startswith("python") else []
        names = {Path(word).name for word in (program, *script)}
        return "floodbell" in names or rest[:2] == ["-m", "edge.cli"]

    def __str__(self) -> str:
        """Its name, its number, and its service."""
        return f"{self.name} ({self.pid}{', ' + self.unit if self.unit else ''})"


def named(machine: Machine, name: str) -> list[Process]:
    """Return the processes with this short name."""
    return [process for process in map(_read, _folders(machine)) if process.name == name]


def holders(machine: Machine, device: Path) -> list[Process]:
    """Return who holds a device open, without ourselves."""
    wanted = str(device.resolve())
    return [
        _read(folder)
        for folder in _folders(machine)
        if folder.name != str(os.getpid()) and any(link == wanted for _fd, link in _links(folder))
    ]


def line_holders(machine: Machine, chip: str, offset: int) -> list[Process]:
    """Return who may hold a line of a GPIO chip, without ourselves.

    Returns:
        The one process, where the kernel tells (Linux 6.2 and newer); else all that hold any line.

    Source: Linux, drivers/gpio/gpiolib-cdev.c, linereq_show_fdinfo.
    """
    exactly, perhaps = [], []
    for folder in _folders(machine):
        if folder.name == str(os.getpid()):
            continue
        handles = [fd for fd, link in _links(folder) if link.startswith(_LINE_HANDLES)]
        told = [_told(folder, fd) for fd in handles]
        if (chip, offset) in {line for lines in told for line in lines}:
            exactly.append(_read(folder))
        elif not all(told) and handles:
            perhaps.append(_read(folder))
    return exactly or perhaps


def _folders(machine: Machine) -> list[Path]:
    return [machine.path(f"/proc/{name}") for name in machine.names("/proc") if name.isdigit()]


def _links(folder: Path) -> Iterator[tuple[str, str]]:
    try:
        entries = list((folder / "fd").iterdir())
    except OSError:  # gone meanwhile, or somebody else's
        return
    for entry in entries:
        try:
            yield entry.name, str(entry.readlink())
        except OSError:
            continue


def _told(folder: Path, fd: str) -> set[tuple[str, int]]:
    """The lines of a handle, as ``(chip, offset)``; empty on a kernel that does not tell."""
    chip, offsets = "", []
    for line in _text(folder / "fdinfo" / fd).splitlines():
        key, _colon, value = line.partition(":")
        if key == "gpio-chip":
            chip = value.strip()
        elif key == "gpio-line" and value.strip().isdigit():
            offsets.append(int(value))
    return {(chip, offset) for offset in offsets}


def _read(folder: Path) -> Process:
    unit = _UNIT.search(_text(folder / "cgroup"))
    return Process(
        pid=int(folder.name),
        name=_text(folder / "comm").strip() or "?",
        command=_text(folder / "cmdline").replace("\0", " ").strip(),
        unit=unit.group(1) if unit else None,
    )


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8", errors="replace")
    except OSError:
        return ""
