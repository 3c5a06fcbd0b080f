"""What the machine says of itself: versions, board, disks, ports, the files of the bell.

Owns plain facts that are about no person. Invariant: what cannot be read is None or left out, and
nothing here raises for it. Left out on purpose: the serial number of the board, its network.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import stat
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from drivers.host.board import board_health
from drivers.host.clock import wall_is_synced
from edge import __version__

_MOST_FILES: Final = 200
_SERIAL: Final = Path("/dev/serial/by-id")
_THROTTLED: Final = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")


def versions() -> dict[str, Any]:
    """Return floodbell's version, Python's, the kernel's and that of every library it asks for."""
    try:
        wanted = metadata.requires("floodbell") or []
    except metadata.PackageNotFoundError:
        wanted = []
    names = sorted({found[0] for one in wanted if (found := re.match(r"[\w.-]+", one))})
    return {
        "floodbell": __version__,
        "python": sys.version.split()[0],
        "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
        "libraries": dict(_installed([*names, "lgpio"])),
    }


def _installed(names: list[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        try:
            yield name, metadata.version(name)
        except metadata.PackageNotFoundError:
            continue


def machine(state: Path) -> dict[str, Any]:
    """Return what the board and its system are and how they are now.

    Args:
        state: The bell's folder, for the disk that it is on.
    """
    return {
        "host": platform.node(),
        "model": _text(Path("/proc/device-tree/model")),
        "system": _os_name(),
        "now": datetime.now(UTC).isoformat(timespec="seconds"),
        "clock_synced": wall_is_synced(),
        "uptime_s": _first_number(Path("/proc/uptime")),
        "memory_kb": _memory(),
        "throttled": _text(_THROTTLED),
        "board": asdict(board_health(state)),
        "disks": {name: _disk(Path(name)) for name in ("/", str(state), "/run", "/tmp")},  # noqa: S108
        "user": {"is_root": os.geteuid() == 0, "groups": _groups()},
    }


def serial_ports() -> list[dict[str, str]]:
    """Return the stable names of the serial ports, and what they stand for."""
    try:
        links = sorted(_SERIAL.iterdir())
    except OSError:
        return []
    return [{"name": link.name, "device": os.path.realpath(link)} for link in links[:_MOST_FILES]]


def files(folder: Path) -> list[dict[str, Any]]:
    """Return the files of a folder with size, mode, owner and age; not what is in them.

    Raises:
        OSError: The folder is not there or closed.
    """
    found = []
    for path in sorted(folder.iterdir())[:_MOST_FILES]:
        known = path.lstat()
        found.append(
            {
                "name": path.name,
                "bytes": known.st_size,
                "mode": stat.filemode(known.st_mode),
                "uid": known.st_uid,
                "gid": known.st_gid,
                "changed": datetime.fromtimestamp(known.st_mtime, UTC).isoformat(
                    timespec="seconds"
                ),
            }
        )
    return found


def _text(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip("\0\n ")
    except OSError:
        return None


def _first_number(file: Path) -> float | None:
    text = _text(file)
    return float(text.split()[0]) if text else None


def _os_name() -> str | None:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME")
    except OSError:
        return None


def _memory() -> dict[str, int]:
    wanted = ("MemTotal", "MemAvailable", "SwapTotal", "SwapFree")
    lines = (line.split() for line in (_text(Path("/proc/meminfo")) or "").splitlines())
    return {words[0][:-1]: int(words[1]) for words in lines if words[0][:-1] in wanted}


def _disk(folder: Path) -> dict[str, Any] | None:
    try:
        usage = shutil.disk_usage(folder)
        read_only = bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except OSError:
        return None
    return {
        "total_mib": usage.total >> 20,
        "free_mib": usage.free >> 20,
        "read_only": read_only,
    }


def _groups() -> list[str]:
    import grp  # noqa: PLC0415 - only here

    names = []
    for gid in os.getgroups():
        try:
            names.append(grp.getgrgid(gid).gr_name)
        except KeyError:
            names.append(str(gid))
    # A group of a person's own is named after the person.
    known = {"floodbell", "dialout", "gpio", "spi", "i2c", "adm", "systemd-journal", "sudo", "root"}
    return [name if name in known else "other" for name in names]
