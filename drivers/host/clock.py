"""The machine's clocks, its boot, and ids made of time.

Owns every look at a clock. Invariant: durations come from the monotonic clock, which no network can
set; wall time is for what leaves the device, and comes with the question whether to believe it.
Whom to believe is decided in ``believing``; nothing here sets a clock.

CLOCK_MONOTONIC does not count a suspended machine; a Pi cannot suspend, and a bell that could would
rather go on with a delay where it stood than find all of them over at once.
"""

from __future__ import annotations

import os
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from drivers.host.believing import (
    AGREE_S,
    LEAST_UTC,
    Anchor,
    Belief,
    Known,
    Source,
    believe,
    may_be,
)

if TYPE_CHECKING:
    import ctypes

_BOOT_ID_FILE: Final = Path("/proc/sys/kernel/random/boot_id")
_TIMESYNCD_FILE: Final = Path("/run/systemd/timesync/synchronized")
"""Touched at each synchronisation, in a directory that is empty after a boot.

Source: systemd, systemd-timesyncd.service(8).
"""

_TIME_ERROR: Final = 5  # adjtimex(2): "the system clock is not synchronized"
_STA_NANO: Final = 0x2000  # adjtimex(2): offsets are nanoseconds, not microseconds
_TIMEX_BYTES: Final = 512  # struct timex has 208 on 64-bit Linux; zeroed: it only asks


_BATTERY_FILE: Final = Path("/sys/class/rtc/rtc0/since_epoch")
"""Seconds since 1970 by the battery clock, which counts in UTC on Linux without another system.

Source: Linux, Documentation/ABI/testing/rtc-cdev and drivers/rtc/sysfs.c.
"""

STEP_S: Final = 0.5
"""From so much on the wall clock was set: systemd-timesyncd slews up to 0.4 s and steps beyond
(NTP_MAX_ADJUST), and slewing turns the monotonic clock by as much."""

LOOK_EVERY_S: Final = 1.0

_TOUCHED_WITHIN_S: Final = 10.0
"""So soon after a step of its own systemd-timesyncd has touched its file."""

_HINT_STEP: Final = timedelta(seconds=2)
"""The network tells whole seconds, some tenths late: a new time that is no further off says
nothing new, and rows would jump to and fro by it."""

_UNHURRIED_S: Final = 0.05
"""Two clocks read within so long are of one moment; a process that was stopped between them is
not, and reads them again."""

_READINGS: Final = 3  # then a clock that will not come to rest is taken as it is


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at the clocks.

    Attributes:
        belief: Who is believed.
        synced: Whether the kernel's clock was set from a time server and makes sense.
        offset_s: The kernel's wall clock, in seconds since 1970, less the monotonic one.
        steps: How often the kernel's clock has been set since this process began.
        at_s: When it was, on the monotonic clock.
    """

    belief: Belief
    synced: bool
    offset_s: float
    steps: int
    at_s: float


class Clock:
    """What time it is; tests hand in a clock of their own with the same methods.

    For any thread. It looks again after a second, and at once when the wall clock was set.

    Args:
        wall: Seconds since 1970.
        monotonic: Seconds.
        synced: Whether a time server set the wall clock; asked with what was doubted, see
            ``wall_is_synced``.
        battery: Seconds since 1970 by a battery clock, None without one.
        synced_at: When systemd-timesyncd last touched its file, None if it has not.
    """

    def __init__(
        self,
        *,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        synced: Callable[[float | None], bool] | None = None,
        battery: Callable[[], float | None] | None = None,
        synced_at: Callable[[], float | None] | None = None,
    ) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._is_synced = synced or wall_is_synced
        self._battery = battery or _battery_s
        self._synced_at = synced_at or _timesyncd_s
        self._lock = threading.Lock()
        self._hint: Anchor | None = None
        self._newest: Anchor | None = None
        self._doubted: float | None = None
        self._battery_agrees: bool | None = None
        self._was_synced = False
        now_s, wall_s = self._both()
        self._seen = Seen(Belief(Source.NONE), False, wall_s - now_s, 0, now_s)
        self.look()

    def now_s(self) -> float:
        """Return monotonic seconds: for durations, never for dates."""
        return self._monotonic()

    def wall_utc(self) -> datetime:
        """Return what time it probably is, in UTC: for what leaves the device, no durations."""
        return self.told()[0]

    def wall_is_synced(self) -> bool:
        """Return whether the wall clock was set from a time server, and so can be believed."""
        return self.told()[1]

    def told(self) -> tuple[datetime, bool]:
        """Return ``wall_utc`` and ``wall_is_synced``, both of one moment."""
        now_s, wall_s, seen = self._reading()
        basis = seen.belief.basis
        if basis is not None:
            return basis.carried_to(now_s), seen.synced
        return datetime.fromtimestamp(wall_s, UTC), seen.synced

    def source(self) -> str:
        """Return who says what ``wall_utc`` returns: ``ntp``, ``rtc``, ``nitz`` or ``none``."""
        return self._reading()[2].belief.source.value

    def steps(self) -> int:
        """Return how often the kernel's clock has been set since this process began."""
        return self._reading()[2].steps

    def newest_utc(self) -> datetime | None:
        """Return the newest time that is certain to have been, for ``remember``; None if none is.

        Of a time server only: a hint that was wrong once must not refuse the right ones.
        """
        if self.wall_is_synced():
            return self.wall_utc()
        newest = self._newest
        return None if newest is None else newest.carried_to(self._monotonic())

    def local_time(self, zone: tzinfo | None) -> str:
        """Return the time of day for a text, such as ``21:04``; empty where it is not known.

        A frightened person who reads a wrong time takes the text for an old one. A time in a zone
        that is not known here would be hours off.
        """
        if zone is None or self.source() == Source.NONE:
            return ""
        return f"{self.wall_utc().astimezone(zone):%H:%M}"

    def hint(self, utc: datetime, at_s: float) -> bool:
        """Take what the mobile network says; return whether it can be the time.

        Args:
            utc: The time.
            at_s: The monotonic second at which it was that time.
        """
        least = LEAST_UTC if self._newest is None else self._newest.carried_to(at_s)
        if not may_be(utc, least):
            return False
        before = self._hint
        if before is not None and abs(before.carried_to(at_s) - utc) < _HINT_STEP:
            return True
        self._hint = Anchor(utc, at_s)
        self.look()
        return True

    def remember(self, utc: datetime) -> None:
        """Take the newest time that an earlier run knew: it is at least so late now."""
        self._newest = Anchor(utc, self._monotonic())
        self.look()

    def new_id(self) -> str:
        """Make an id that sorts by the time that is believed: see ``uuid7``."""
        return uuid7(self.wall_utc())

    def look(self) -> Seen:
        """Look at the clocks now; return what was seen."""
        with self._lock:
            now_s, wall_s = self._both()
            before = self._seen
            offset_s, steps = wall_s - now_s, before.steps
            if abs(offset_s - before.offset_s) >= STEP_S:
                steps += 1
                self._was_set(wall_s)
            else:
                offset_s = before.offset_s  # readings jitter; what adds up is a step all the same
            system_utc = datetime.fromtimestamp(wall_s, UTC)
            synced = self._is_synced(self._doubted) and system_utc >= LEAST_UTC
            self._was_synced = self._was_synced or synced
            if self._battery_agrees is None:
                battery_s = self._battery()
                self._battery_agrees = battery_s is not None and abs(battery_s - wall_s) < AGREE_S
            belief = believe(
                Known(
                    now_s,
                    system_utc,
                    # A server that is gone for a night has set the clock all the same.
                    synced or self._was_synced,
                    self._battery_agrees,
                    self._hint,
                    self._newest,
                )
            )
            self._seen = Seen(belief, synced, offset_s, steps, now_s)
            return self._seen

    def _was_set(self, wall_s: float) -> None:
        """Somebody set the clock: unless it was the time server, what was known is void."""
        touched_s = self._synced_at()
        by_server = touched_s is not None and abs(wall_s - touched_s) <= _TOUCHED_WITHIN_S
        self._doubted = None if by_server else touched_s
        self._was_synced = False
        self._battery_agrees = None

    def _reading(self) -> tuple[float, float, Seen]:
        """Read both clocks, and what is known of just this reading: monotonic, wall, seen."""
        for _ in range(_READINGS):
            now_s, wall_s = self._both()
            seen = self._seen
            in_line = abs(wall_s - now_s - seen.offset_s) < STEP_S
            if in_line and now_s < seen.at_s + LOOK_EVERY_S:
                break
            seen = self.look()
        return now_s, wall_s, seen

    def _both(self) -> tuple[float, float]:
        """Read both clocks at one moment: monotonic, wall."""
        for _ in range(_READINGS):
            before_s = self._monotonic()
            wall_s = self._wall()
            now_s = self._monotonic()
            if now_s - before_s < _UNHURRIED_S:
                break
        return now_s, wall_s


def wall_is_synced(doubted_s: float | None = None) -> bool:
    """Ask whether the wall clock can be believed.

    Args:
        doubted_s: When systemd-timesyncd touched its file for a synchronisation that somebody has
            undone since, by setting the clock: it counts no more.

    Returns:
        True if systemd-timesyncd has synchronised in this boot, or the kernel says that some daemon
        (chrony, ntpd) disciplines its clock. False if not, or if asking is not allowed.
    """
    touched_s = _timesyncd_s()
    if touched_s is not None and touched_s != doubted_s:
        return True
    return _adjtimex()[0] not in (_TIME_ERROR, -1)


def _timesyncd_s() -> float | None:
    """When systemd-timesyncd last synchronised in this boot, in seconds since 1970."""
    try:
        return _TIMESYNCD_FILE.stat().st_mtime
    except OSError:
        return None  # not yet, or hidden from this service: the kernel knows as well


def _battery_s() -> float | None:
    try:
        return float(_BATTERY_FILE.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


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
    import ctypes  # noqa: PLC0415 - a process that asks for no time does without

    figures = ctypes.create_string_buffer(_TIMEX_BYTES)
    state: int = _libc().adjtimex(figures)
    return state, figures.raw


@cache
def _libc() -> ctypes.CDLL:
    """The C library, opened once: each opening makes a class, which only the collector frees."""
    import ctypes  # noqa: PLC0415

    return ctypes.CDLL(None, use_errno=True)


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


def uuid7(at: datetime | None = None) -> str:
    """Make an id that nobody else makes and that sorts by the wall clock.

    Nothing may hang on that order: a clock goes back. The order of things is that of ``seq``.

    Args:
        at: The time; None for what the kernel's clock shows.

    Source:
        RFC 9562, 5.7: 48 bits of Unix milliseconds, version, 74 random bits, variant.
    """
    unix_ms = time.time_ns() // 1_000_000 if at is None else int(at.timestamp() * 1000)
    milliseconds = unix_ms & (1 << 48) - 1
    random_bits = int.from_bytes(os.urandom(10))
    value = milliseconds << 80 | 0x7 << 76 | (random_bits >> 68 & 0xFFF) << 64
    value |= 0b10 << 62 | random_bits & (1 << 62) - 1
    digits = f"{value:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
