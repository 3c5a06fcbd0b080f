"""Boards on top of the Pi, and the pins that they take.

Owns the table. A board that keeps to the HAT specification has a memory chip that the firmware
reads at boot; many, UPS and modem boards above all, have none and cannot be seen: only what they do
(a driver that holds a pin, a modem on USB) tells of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from drivers.host.machine import Machine

_SIMCOM: Final = "1e0e"
"""USB vendor SIMCom; a SIM7600 says 1e0e:9001, or 90xx after AT+CUSBPIDSWITCH."""

WAVESHARE_SIM7600: Final = {6: "PWRKEY", 4: "flight mode"}
"""Source: domain §5.2; SIM7600E-H-4G-HAT manual, section 3: header pin 22 (BCM 6) powers the module
up, header pin 7 (BCM 4) pulled high is flight mode."""


@dataclass(frozen=True, slots=True)
class Hat:
    """A board that says what it is; ``pins`` is None where it is not in our table."""

    product: str
    vendor: str
    pins: frozenset[int] | None


_KNOWN: Final = {
    # What its firmware calls the product, in lower case: BCM numbers of the pins that it takes.
    "pijuice": frozenset({2, 3}),
    "monarco": frozenset({2, 3, 8, 9, 10, 11, 14, 15, 20, 21, 26}),
    "pi-dac": frozenset({2, 3, 18, 19, 20, 21}),
    "breakout garden": frozenset({2, 3, 4, 16}),
}
"""Source: pinout.xyz, the boards with ``eeprom: yes`` (header pins there, BCM numbers here)."""


def hat_of(machine: Machine) -> Hat | None:
    """Return the board whose memory chip the firmware has read, or None.

    Source: Raspberry Pi HAT specification: the strings appear in /proc/device-tree/hat.
    """
    product = machine.text("/proc/device-tree/hat/product")
    if product is None:
        return None
    known = next((pins for name, pins in _KNOWN.items() if name in product.lower()), None)
    return Hat(product, machine.text("/proc/device-tree/hat/vendor") or "?", known)


def has_sim7600(machine: Machine) -> bool:
    """Whether a SIMCom modem is on USB."""
    devices = machine.names("/sys/bus/usb/devices")
    return any(
        machine.text(f"/sys/bus/usb/devices/{device}/idVendor") == _SIMCOM for device in devices
    )
