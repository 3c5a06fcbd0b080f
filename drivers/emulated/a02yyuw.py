"""An A02YYUW that is not there: the sensor's end of a pseudo-terminal.

Owns the thread that writes frames. Invariant: what comes out is what the real sensor would send for
the depth it is told: ten frames a second, 30 or less when the water is too near. The daemon opens
``path`` with its ordinary driver.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from drivers.emulated.pty import PseudoTerminal
from drivers.sensors.a02yyuw import MAX_RANGE_MM, MIN_RANGE_MM
from drivers.sensors.framing import frame_from_mm

NOTHING_SEEN: Final = 0xFFFD
"""Sent when there is no echo. Source: DFRobot wiki, SEN0754, whose frame is the same."""


class EmulatedA02yyuw:
    """Hangs at ``mount_height_mm`` over water of a depth that can be set or follows a function.

    Attributes:
        line: The pseudo-terminal that it talks on; ``line.link`` gives it a stable name.
    """

    def __init__(
        self,
        mount_height_mm: float = 600.0,
        *,
        depth: Callable[[], float] | None = None,
        rate_hz: float = 10.0,
    ) -> None:
        """Plug it in; it talks at once.

        Args:
            mount_height_mm: Sensor face above the floor.
            depth: Called before each frame for the depth in millimetres; 0 until set if left out.
            rate_hz: Frames a second.
        """
        self.line = PseudoTerminal()
        self._mount_height_mm = mount_height_mm
        self._depth = depth or _constant(0.0)
        self._rate_hz = rate_hz
        self._muted = False
        self._blind = False
        self._noise = b""
        self._lock = threading.Lock()  # the line is unplugged by another thread than writes to it
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._talk, name="emulated-a02yyuw", daemon=True)
        self._thread.start()

    @property
    def path(self) -> str:
        """The device path that the daemon opens."""
        return self.line.path

    def set_depth_mm(self, depth_mm: float) -> None:
        """Let the water stand at this depth above the floor."""
        self._depth = _constant(depth_mm)

    def follow(self, depth: Callable[[], float]) -> None:
        """Let the water follow a function, called before each frame."""
        self._depth = depth

    def mute(self, muted: bool = True) -> None:
        """Say nothing more, as with a hung sensor or a cut cable; or talk again.

        When it returns, no frame is on its way any more.
        """
        with self._lock:
            self._muted = muted

    def lose_echo(self, lost: bool = True) -> None:
        """Send "nothing seen" instead of ranges; or ranges again."""
        self._blind = lost

    def emit_noise(self, noise: bytes) -> None:
        """Send these bytes before every frame; ``b""`` ends it."""
        self._noise = noise

    def send(self, data: bytes) -> None:
        """Send raw bytes now, besides the frames; lost if nobody reads and the line is full."""
        with self._lock:
            self._write(data)

    def unplug(self) -> None:
        """Pull the plug: the daemon sees the port vanish."""
        with self._lock:
            self.line.unplug()

    def close(self) -> None:
        """Unplug it and end its thread; safe to call twice."""
        self._stopping.set()
        self.unplug()
        self._thread.join(timeout=2.0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _talk(self) -> None:
        while not self._stopping.wait(1.0 / self._rate_hz):
            data = self._noise + frame_from_mm(self._range_mm())
            with self._lock:
                if not self._muted:
                    self._write(data)

    def _write(self, data: bytes) -> None:
        if self.line.fd >= 0:
            with contextlib.suppress(BlockingIOError):  # nobody listens: a real line loses it too
                os.write(self.line.fd, data)

    def _range_mm(self) -> int:
        if self._blind:
            return NOTHING_SEEN
        range_mm = round(self._mount_height_mm - self._depth())
        if range_mm > MAX_RANGE_MM:
            return NOTHING_SEEN
        return max(range_mm, MIN_RANGE_MM)


def _constant(depth_mm: float) -> Callable[[], float]:
    return lambda: depth_mm
