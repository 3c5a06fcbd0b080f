"""The machine's clocks, its boot, and ids made of time.

Owns every look at a clock. Invariant: durations come from the monotonic clock, which no network can
set; wall time is for what leaves the device, and comes with the question whether to believe it.
"""

from __future__ import annotations

import os
import struct
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

_BOOT_ID_FILE: Final = Path("/proc/sys/kernel/random/boot_id")
_TIMESYNCD_FILE: Final = Path("/run/systemd/timesync/synchronized")
"""Touched at each synchronisation, in a directory that is empty after a boot.

Source: systemd, systemd-timesyncd.service(8).
"""

_TIME_ERROR: Final = 5  # adjtimex(2): "the system clock is not synchronized"
_STA_NANO: Final = 0x2000  # adjtimex(2): offsets are nanoseconds, not microseconds
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
    return _adjtimex()[0] not in (_TIME_ERROR, -1)


@dataclass(frozen=True, slots=True)
class ClockState:
    """How far the wall clock may be off; None where the kernel may not be asked.

    ``offset_s`` is what the kernel still has to correct, ``max_error_s`` the most it can be wrong
    by; it grows without a server, by 0.5 ms a second, and says 16 s when nobody ever set it.
    """

    synced: bool
    offset_s: float | None
    max_error_s: float | None


def clock_state() -> ClockState:
    """Ask the kernel how well it knows the time."""
    state, timex = _adjtimex()
    if state == -1:
        return ClockState(wall_is_synced(), None, None)
    # struct timex of 64-bit Linux: int modes, then long offset, freq, maxerror, esterror; int
    # status. Source: adjtimex(2).
    _, offset, _, max_error, _, status = struct.unpack_from("@ixxxxllllI", timex)
    unit_s = 1e-9 if status & _STA_NANO else 1e-6
    return ClockState(wall_is_synced(), offset * unit_s, max_error * 1e-6)


def _adjtimex() -> tuple[int, bytes]:
    """Return the state of the kernel's clock (-1 if a sandbox forbids asking), and its figures."""
    import ctypes  # noqa: PLC0415 - one look in a process that may never need it

    figures = ctypes.create_string_buffer(_TIMEX_BYTES)
    state: int = ctypes.CDLL(None, use_errno=True).adjtimex(figures)
    return state, figures.raw


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
