"""The water of a flood: what stands in the home, and the highest that truly stood there.

Owns both. Asked by the emulated sensor's thread before each frame, told by the program's.
"""

from __future__ import annotations

import time
from typing import Final

FALL_MM_S: Final = 30.0


class Water:
    """Water that rises to a peak, and may fall again or be gone."""

    def __init__(self) -> None:
        self._from_mm, self._to_mm, self._speed_mm_s = 0.0, 0.0, 1.0
        self._since_s = time.monotonic()
        self.highest_mm = 0.0
        self.reached_s: dict[float, float] = {}
        """When each whole millimetre was first reached, on the monotonic clock."""

    def depth_mm(self) -> float:
        """How deep it stands now."""
        way_mm = self._speed_mm_s * (time.monotonic() - self._since_s)
        if self._to_mm >= self._from_mm:
            depth_mm = min(self._to_mm, self._from_mm + way_mm)
        else:
            depth_mm = max(self._to_mm, self._from_mm - way_mm)
        if depth_mm > self.highest_mm:
            self.highest_mm = depth_mm
            self.reached_s.setdefault(float(int(depth_mm)), time.monotonic())
        return depth_mm

    def rise(self, to_mm: float, mm_s: float) -> None:
        """Let it rise from where it is."""
        self._go(self.depth_mm(), to_mm, mm_s)

    def fall(self) -> None:
        """Let it run off."""
        self._go(self.depth_mm(), 0.0, FALL_MM_S)

    def vanish(self) -> None:
        """Let none be there any more."""
        self._go(0.0, 0.0, FALL_MM_S)

    def first_at_s(self, depth_mm: float) -> float | None:
        """When it first stood so high; None if it never did."""
        times = [s for mm, s in self.reached_s.items() if mm >= depth_mm]
        return min(times) if times else None

    def _go(self, from_mm: float, to_mm: float, mm_s: float) -> None:
        self._from_mm, self._to_mm, self._speed_mm_s = from_mm, to_mm, mm_s
        self._since_s = time.monotonic()
