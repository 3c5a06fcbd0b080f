"""The header's pins that the settings use, and what the kernel says of them.

Owns the way from settings to GPIO lines; it judges nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from drivers.host.machine import Machine
from drivers.ports.lines import Line
from edge.settings import Settings
from edge.settings.checks import claims

_PI_5: Final = 0x17
"""Type of board in the revision code. Source: Raspberry Pi documentation, new-style revision codes;
gpiozero 2.0.1.post3 goes by it."""


def used_pins(settings: Settings) -> dict[int, str]:
    """Return each pin that the settings use by its BCM number, with the key that names it.

    The pins of an SPI bus that a converter is on are left out: the kernel's driver holds them.
    """
    return {
        int(what.removeprefix("pin ")): key
        for key, what, shared_as in claims(settings)
        if what.startswith("pin ") and not shared_as.startswith("SPI")
    }


def uses_header(settings: Settings) -> bool:
    """Whether the GPIO chip is needed: by a pin, or by gpiozero for a converter on SPI."""
    return any(what.startswith("pin ") for _key, what, _shared_as in claims(settings))


def header_chip(machine: Machine) -> str:
    """Return the chip that gpiozero takes for the header: on a Pi 5 with an old kernel the fourth.

    Source: gpiozero 2.0.1.post3, pins/lgpio.py; gpiozero#1166.
    """
    revision = machine.path("/proc/device-tree/system/linux,revision")
    try:
        code = int.from_bytes(revision.read_bytes()[:4])
    except OSError:
        code = 0
    on_fourth = (code & 0xFF0) >> 4 == _PI_5 and machine.there("/dev/gpiochip4")
    return "/dev/gpiochip4" if on_fourth else "/dev/gpiochip0"


def lines_of(machine: Machine, settings: Settings) -> Mapping[int, Line] | None:
    """Ask about the lines of the pins that are used; None if that cannot be asked.

    To be called before anything of ours is opened: a sensor that the examination itself reads holds
    its line like any other program.
    """
    chip, pins = machine.path(header_chip(machine)), used_pins(settings)
    if not pins or not chip.exists():
        return None
    try:
        return machine.lines(chip, pins)
    except OSError:
        return None
