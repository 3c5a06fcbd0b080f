"""An ultrasonic sensor that is not there: the sensor's end of a pseudo-terminal.

Owns the thread that writes frames. Invariant: what comes out is what the real part would send for
the depth it is told: as often as it sends, its own value when the water is too near or nothing is
seen, and nothing unasked if it has to be asked. The daemon opens ``path`` with its ordinary driver.
"""

from __future__ import annotations

import contextlib
import os
import select
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

from drivers.emulated.pty import PseudoTerminal
from drivers.sensors.framing import NOTHING_SEEN, frame_of, line_of


@dataclass(frozen=True, slots=True)
class Habit:
    """What a part sends.

    Attributes:
        encode: A value as bytes.
        nearest_mm: Told when the target is nearer.
        farthest_mm: What is farther is told as ``nothing``.
        nothing: The value, in the part's unit, that stands for "no target".
        mm_per_unit: 10 for a part that sends centimetres.
        asked_by: It answers to these bytes and says nothing by itself; empty: it talks.
    """

    encode: Callable[[int], bytes] = frame_of
    nearest_mm: int = 30
    farthest_mm: int = 4500
    nothing: int = NOTHING_SEEN
    mm_per_unit: int = 1
    asked_by: bytes = b""


A02YYUW: Final = Habit()
MAXBOTIX: Final = Habit(encode=line_of, nearest_mm=300, farthest_mm=4999, nothing=5000)
JSN_SR04T: Final = Habit(nearest_mm=200, nothing=0)
JSN_SR04T_ASKED: Final = Habit(nearest_mm=200, nothing=0, asked_by=b"\x55")
SEN0627: Final = Habit(nearest_mm=250, farthest_mm=4500, mm_per_unit=10, asked_by=b"\x00")


class EmulatedRanger:
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
        habit: Habit = A02YYUW,
    ) -> None:
        """Plug it in; it talks at once.

        Args:
            mount_height_mm: Sensor face above the floor.
            depth: Called before each frame for the depth in millimetres; 0 until set if left out.
            rate_hz: Frames a second, or looks for a question a second.
            habit: Which part it is.
        """
        self.line = PseudoTerminal()
        self._mount_height_mm = mount_height_mm
        self._depth = depth or _constant(0.0)
        self._rate_hz = rate_hz
        self._habit = habit
        self._muted = False
        self._blind = False
        self._noise = b""
        self._lock = threading.Lock()  # the line is unplugged by another thread than writes to it
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._talk, name="emulated-ranger", daemon=True)
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

    def __exit__(self, *_: object) -> None:
        self.close()

    def _talk(self) -> None:
        while not self._stopping.wait(1.0 / self._rate_hz):
            data = self._noise + self._habit.encode(self._value())
            with self._lock:
                if not self._muted and self._wanted():
                    self._write(data)

    def _wanted(self) -> bool:
        """Whether a frame is due: always, or when it has been asked for."""
        if not self._habit.asked_by:
            return True
        if self.line.fd < 0 or not select.select([self.line.fd], [], [], 0)[0]:
            return False
        return self._habit.asked_by in os.read(self.line.fd, 4096)

    def _write(self, data: bytes) -> None:
        if self.line.fd >= 0:
            with contextlib.suppress(BlockingIOError):  # nobody listens: a real line loses it too
                os.write(self.line.fd, data)

    def _value(self) -> int:
        range_mm = round(self._mount_height_mm - self._depth())
        if self._blind or range_mm > self._habit.farthest_mm:
            return self._habit.nothing
        return max(range_mm, self._habit.nearest_mm) // self._habit.mm_per_unit


class EmulatedA02yyuw(EmulatedRanger):
    """The part that most homes have."""


def _constant(depth_mm: float) -> Callable[[], float]:
    return lambda: depth_mm
