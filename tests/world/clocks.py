"""The world's one clock, and the clocks of the machine in it.

Invariant: ``world_s`` never goes back. Monotonic time begins anew with each boot, as the kernel's
does; the wall clock jumps as it likes, and nothing that is judged here may depend on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class VirtualClock:
    """What time it is: in the world, since the last boot, on the wall."""

    world_s: float = 0.0
    booted_s: float = -20.0
    wall_error_s: float = 0.0
    synced: bool = True

    def now_s(self) -> float:
        """Return monotonic seconds, as the device counts them."""
        return self.world_s - self.booted_s

    def wall_utc(self) -> datetime:
        """Return what the wall clock shows, right or wrong."""
        return _BEGAN + timedelta(seconds=self.world_s + self.wall_error_s)

    def wall_is_synced(self) -> bool:
        """Return whether it says that it can be believed."""
        return self.synced

    def told(self) -> tuple[datetime, bool]:
        """Return both of one moment."""
        return self.wall_utc(), self.synced

    def source(self) -> str:
        """Return who says so."""
        return "ntp" if self.synced else "none"

    def steps(self) -> int:
        """Return how often it was set."""
        return 0

    def newest_utc(self) -> datetime | None:
        """Return what is certain to have been."""
        return self.wall_utc() if self.synced else None

    def monotonic_s(self, world_s: float) -> float:
        """Return the device's seconds at some time of the world."""
        return world_s - self.booted_s
