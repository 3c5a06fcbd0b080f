"""Mains and batteries as the kernel shows them, where it has a driver for them.

Owns a few files below ``/sys/class/power_supply``. Invariant: what nobody tells is None, never a
number, and no call raises. No fuel gauge is asked on a bus of ours: the kernel has the driver of
the usual one, a MAX17040 or MAX17043 at 0x36 (``dtoverlay=i2c-sensor,max17040``), and one for a
line that tells of mains (``dtoverlay=gpio-charger``); two masters at one chip would quarrel.

Source: kernel documentation, ABI sysfs-class-power: type, scope, online, status, capacity;
raspberrypi/linux, arch/arm/boot/dts/overlays/README.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Supplies:
    """What the kernel knows; None where it knows nothing.

    Attributes:
        mains: Whether mains are there. By a supply that is on line; without one, by a battery that
            says that it is discharged, or is not.
        battery_percent: Of the battery that is emptiest, 0 to 100.
    """

    mains: bool | None = None
    battery_percent: int | None = None

    @property
    def known(self) -> bool:
        """Whether there is anything."""
        return self.mains is not None or self.battery_percent is not None


def look(folder: Path) -> Supplies:
    """Ask the kernel; a fuel gauge on a bus that hangs may take seconds.

    Args:
        folder: ``/sys/class/power_supply``.
    """
    online: list[bool] = []
    statuses: list[str | None] = []
    percents: list[int] = []
    ports: list[bool] = []
    for supply in _supplies(folder):
        kind, on = _text(supply / "type"), _number(supply / "online")
        if kind == "Battery" and _text(supply / "scope") != "Device":  # not that of a mouse
            statuses.append(_text(supply / "status"))
            percents += [] if (left := _number(supply / "capacity")) is None else [left]
        elif on is not None and kind in ("Mains", "UPS"):
            online.append(on > 0)
        elif on is not None and kind in ("USB", "Wireless"):
            ports.append(on > 0)
    if statuses or True in ports:  # else it is fed by another way than by this port
        online += ports
    mains = any(online) if online else _by_batteries(statuses)
    return Supplies(mains, min(max(0, min(percents)), 100) if percents else None)


def _by_batteries(statuses: list[str | None]) -> bool | None:
    """A battery that is charged, or full, has something to be charged from."""
    if "Discharging" in statuses:
        return False
    charged = {"Charging", "Full", "Not charging"}
    return True if charged & set(statuses) else None


def _supplies(folder: Path) -> Iterator[Path]:
    try:
        found = sorted(folder.iterdir())
    except OSError:
        return
    # A PoE board is off line wherever the current comes by another way.
    yield from (supply for supply in found if not supply.name.startswith("rpi-poe"))


def _text(file: Path) -> str | None:
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None


def _number(file: Path) -> int | None:
    try:
        return int(_text(file) or "")
    except ValueError:
        return None
