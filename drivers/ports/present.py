"""Which serial ports this machine has, without opening one.

Owns the list and the name of each that a settings file should hold: the link in
``/dev/serial/by-id``, which stays when ``ttyUSB`` numbers move. What is plugged in there is
``drivers.finding``'s business.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from serial.tools import list_ports

BY_ID: Final = Path("/dev/serial/by-id")
HEADER_ALIAS: Final = Path("/dev/serial0")
"""Raspberry Pi OS's link to the UART of the header. pyserial leaves ports of the kernel's platform
bus out of its list, among them the mini UART that this may point to.

Source: pyserial 3.5, ``list_ports_linux``; Raspberry Pi documentation, "Configure UARTs".
"""

MODEM_VENDORS: Final = {
    0x05C6: "Qualcomm",
    0x1199: "Sierra Wireless",
    0x12D1: "Huawei",
    0x1546: "u-blox",
    0x19D2: "ZTE",
    0x1BC7: "Telit",
    0x1E0E: "SimTech",
    0x2C7C: "Quectel",
    0x2CB7: "Fibocom",
}
"""Makers of LTE modems by USB vendor id. Source: the Linux kernel, drivers/usb/serial/option.c."""

_INTERFACE: Final = re.compile(r"if0*(\d+)(?:-port\d+)?$")
_LOCATION: Final = re.compile(r":\d+\.(\d+)$")


@dataclass(frozen=True, slots=True)
class SerialPort:
    """One serial port.

    Attributes:
        path: What to write into the settings.
        device: The device behind it, such as ``/dev/ttyUSB2``.
        words: What the USB device calls itself; empty where nothing is known.
        vendor_id: Of the USB device; None for a port that is none.
        interface: Number of the USB interface: a modem has several, of which one takes texts.
    """

    path: str
    device: str
    words: str = ""
    vendor_id: int | None = None
    interface: int | None = None

    @property
    def of_a_modem(self) -> bool:
        """Whether a maker of modems made it; such a port is asked, not listened to."""
        return self.vendor_id in MODEM_VENDORS


def present() -> list[SerialPort]:
    """Return every serial port of this machine, by its name."""
    infos = {os.path.realpath(info.device): info for info in list_ports.comports()}
    devices = set(infos)
    if HEADER_ALIAS.exists():
        devices.add(os.path.realpath(HEADER_ALIAS))
    return [_described(device, infos.get(device)) for device in sorted(devices)]


def named(path: str) -> SerialPort:
    """Return a port that a person names, with what is known of it.

    Args:
        path: Device path or link; kept as it is.
    """
    device = os.path.realpath(path)
    infos = {os.path.realpath(info.device): info for info in list_ports.comports()}
    known = _described(device, infos.get(device))
    return SerialPort(
        path, device, known.words, known.vendor_id, _interface(path) or known.interface
    )


def _described(device: str, info: object | None) -> SerialPort:
    link = _stable_name(device)
    path = str(link) if link is not None else device
    maker = getattr(info, "manufacturer", None) or ""
    product = getattr(info, "product", None) or ""
    words = product if product.startswith(maker) else f"{maker} {product}".strip()
    place = _LOCATION.search(getattr(info, "location", None) or "")
    interface = _interface(path)
    if interface is None and place:
        interface = int(place[1])
    return SerialPort(path, device, words, getattr(info, "vid", None), interface)


def _interface(path: str) -> int | None:
    found = _INTERFACE.search(path)
    return int(found[1]) if found else None


def _stable_name(device: str) -> Path | None:
    links = sorted(BY_ID.iterdir()) if BY_ID.is_dir() else []
    return next((link for link in links if os.path.realpath(link) == device), None)
