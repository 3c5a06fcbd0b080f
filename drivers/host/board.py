"""How the board is: heat, supply, disk, load.

Owns a few files of the kernel. Invariant: what this board does not tell is None, never a number,
and no call raises. Which value is a trouble is decided elsewhere.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SYS: Final = Path("/sys")
_FIRMWARE_THROTTLED: Final = "devices/platform/soc*/soc*:firmware/get_throttled"
"""Bit 0 under-voltage now, 1 frequency capped, 2 throttled, 3 soft temperature limit; 16 to 19 the
same since the board was started. A Pi 5 has its address in the two names.

Source: Raspberry Pi documentation, vcgencmd get_throttled; the same word in sysfs
(raspberrypi/linux PR 2397).
"""

_UNDER_VOLTAGE_BIT: Final = 0x1
_THROTTLED_BITS: Final = 0xE
_SINCE_START_SHIFT: Final = 16


@dataclass(frozen=True, slots=True)
class BoardHealth:
    """What the board says of itself now; None where it says nothing.

    ``load`` is the number of runnable processes, averaged over a minute; ``memory_mb`` what this
    process holds resident.
    """

    cpu_temperature_c: float | None
    under_voltage: bool | None
    throttled: bool | None
    under_voltage_since_boot: bool | None
    disk_free_mb: float | None
    load: float | None
    memory_mb: float | None


def board_health(disk: Path, sys: Path = _SYS) -> BoardHealth:
    """Ask the kernel.

    Args:
        disk: A folder on the disk whose free space counts.
        sys: Where sysfs is.
    """
    flags = _throttled_flags(sys)
    return BoardHealth(
        cpu_temperature_c=_cpu_temperature_c(sys),
        under_voltage=_under_voltage(sys, flags),
        throttled=None if flags is None else bool(flags & _THROTTLED_BITS),
        under_voltage_since_boot=_since_boot(flags),
        disk_free_mb=_disk_free_mb(disk),
        load=_load(),
        memory_mb=_memory_mb(),
    )


def was_under_voltage(sys: Path = _SYS) -> bool | None:
    """Whether the supply has been too low since the board was started; None if it does not say."""
    return _since_boot(_throttled_flags(sys))


def _since_boot(flags: int | None) -> bool | None:
    return None if flags is None else bool(flags >> _SINCE_START_SHIFT & _UNDER_VOLTAGE_BIT)


def under_voltage(sys: Path = _SYS) -> bool | None:
    """Whether the supply is too low now, under 4.63 V; None if the board does not say."""
    return _under_voltage(sys, _throttled_flags(sys))


def _throttled_flags(sys: Path) -> int | None:
    file = next(iter(sys.glob(_FIRMWARE_THROTTLED)), None)
    return None if file is None else _number(file, base=16)


def _cpu_temperature_c(sys: Path) -> float | None:
    millidegrees = _number(sys / "class/thermal/thermal_zone0/temp")
    return None if millidegrees is None else millidegrees / 1000


def _under_voltage(sys: Path, flags: int | None) -> bool | None:
    if flags is not None:
        return bool(flags & _UNDER_VOLTAGE_BIT)
    for monitor in sorted((sys / "class/hwmon").glob("hwmon*")):
        if _text(monitor / "name") == "rpi_volt":
            alarm = _number(monitor / "in0_lcrit_alarm")
            return None if alarm is None else bool(alarm)
    return None


def _disk_free_mb(disk: Path) -> float | None:
    try:
        space = os.statvfs(disk)
    except OSError:
        return None
    return space.f_bavail * space.f_frsize / 1e6


def _load() -> float | None:
    try:
        return os.getloadavg()[0]
    except OSError:
        return None


def _memory_mb() -> float | None:
    """Source: proc(5), statm: the second number is the resident pages."""
    pages = (_text(Path("/proc/self/statm")) or "").split()[1:2]
    return round(int(pages[0]) * os.sysconf("SC_PAGE_SIZE") / 1e6, 1) if pages else None


def _text(file: Path) -> str | None:
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None


def _number(file: Path, base: int = 10) -> int | None:
    text = _text(file)
    try:
        return None if text is None else int(text, base)
    except ValueError:
        return None
