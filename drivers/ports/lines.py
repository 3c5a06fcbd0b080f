"""Who holds a line of a GPIO chip, as the kernel tells it; no line is requested or changed.

Owns one question of the GPIO character device. It stands apart from ``pins``: lgpio has no part in
it, so that it can be asked where lgpio is missing or broken. Needs Linux 5.10 or newer.

Source: include/uapi/linux/gpio.h, ABI version 2.
"""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_LINE_INFO: Final = struct.Struct("=32s32sIIQ160s16s")
"""struct gpio_v2_line_info: name, consumer, offset, number of attributes, flags, ten attributes of
16 bytes, padding of four words."""

_GET_LINE_INFO: Final = 0xC100B405
"""GPIO_V2_GET_LINEINFO_IOCTL: _IOWR(0xB4, 0x05, struct gpio_v2_line_info)."""

_USED: Final = 1 << 0
"""GPIO_V2_LINE_FLAG_USED: the line is not available for request."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a chip.

    Attributes:
        used: Somebody holds it: a process, or a driver of the kernel.
        consumer: What whoever holds it calls itself, e.g. ``lg`` (lgpio), ``spi0 CS0``, ``sysfs``;
            may be empty.
    """

    used: bool
    consumer: str


def line_info(chip: Path, offsets: Collection[int]) -> Mapping[int, Line]:
    """Ask about lines of a chip.

    Args:
        chip: Such as ``/dev/gpiochip0``.
        offsets: On the header's chip, the BCM numbers of the pins.

    Raises:
        OSError: It cannot be opened, is no GPIO chip, or has no such line.
    """
    handle = os.open(chip, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return {offset: _ask(handle, offset) for offset in offsets}
    finally:
        os.close(handle)


def _ask(handle: int, offset: int) -> Line:
    question = _LINE_INFO.pack(b"", b"", offset, 0, 0, b"", b"")
    answer = fcntl.ioctl(handle, _GET_LINE_INFO, question)
    _name, consumer, _offset, _attributes, flags, *_rest = _LINE_INFO.unpack(answer)
    text = consumer.partition(b"\0")[0].decode("utf-8", errors="replace")
    return Line(used=bool(flags & _USED), consumer=text)
