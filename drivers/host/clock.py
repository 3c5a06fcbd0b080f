"""The machine's clocks, its boot, and ids made of time.

Owns every look at a clock. Invariant: durations come from the monotonic clock, which no network can
set; wall time is for what leaves the device, and comes with the question whether to believe it.
"""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

_BOOT_ID_FILE: Final = Path("/proc/sys/kernel/random/boot_id")
_TIMESYNCD_FILE: Final = Path("/run/systemd/timesync/synchronized")
"""Touched at each synchronisation, in a directory that is empty after a boot.

Source: systemd, systemd-timesyncd.service(8).
"""

_TIME_ERROR: Final = 5  # adjtimex(2): "the system clock is not synchronized"
_TIMEX_BYTES: Final = 512  # struct timex has 208 on 64-bit Linux; zeroed: it only asks


class Clock:
    """What time it is; tests hand in a clock of their own with the same three methods."""

    def now_s(self) -> float:
        """Return monotonic seconds: for durations, never for dates."""
        return time.monotonic()

    def wall_utc(self) -> datetime:
        """Return the wall clock in UTC: for what leaves the device, never for durations."""
        return datetime.now(UTC)

    def wall_is_synced(self) -> bool:
        """Return whether the wall clock can be believed."""
        return wall_is_synced()


def wall_is_synced() -> bool:
    """Ask whether the wall clock can be believed.

    Cheap enough for every reading: a look for a file, then one system call.

    Returns:
        True if systemd-timesyncd has synchronised in this boot, or the kernel says that some daemon
        (chrony, ntpd) disciplines its clock. False if not, or if asking is not allowed.
    """
    try:
        if _TIMESYNCD_FILE.exists():
            return True
    except OSError:
        pass  # hidden from this service: ask the kernel
    return _adjtimex_state() not in (_TIME_ERROR, -1)


def _adjtimex_state() -> int:
    """Return the state of the kernel's clock, -1 if a sandbox forbids asking."""
    import ctypes  # noqa: PLC0415 - one look in a process that may never need it

    libc = ctypes.CDLL(None, use_errno=True)
    state: int = libc.adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    return state


def boot_id() -> str:
    """Return the kernel's random id of this boot.

    Returns:
        A UUID; a fresh one each time where the kernel's is hidden, so that no boot passes for
        another.
    """
    try:
        return _BOOT_ID_FILE.read_text(encoding="ascii").strip()
    except OSError:
        return uuid7()


def uuid7() -> str:
    """Make an id that nobody else makes and that sorts by the wall clock.

    Source: RFC 9562, 5.7: 48 bits of Unix milliseconds, version, 74 random bits, variant.
    """
    milliseconds = time.time_ns() // 1_000_000 & (1 << 48) - 1
    random_bits = int.from_bytes(os.urandom(10))
    value = milliseconds << 80 | 0x7 << 76 | (random_bits >> 68 & 0xFFF) << 64
    value |= 0b10 << 62 | random_bits & (1 << 62) - 1
    digits = f"{value:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
