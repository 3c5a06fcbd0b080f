"""A reading as long as the real ones, for whoever queues or stores many. Imports nothing."""

from __future__ import annotations

from typing import Final

READING: Final = {
    "sensor": "door",
    "depth_mm": 123.4,
    "at_least_mm": 123.4,
    "below_mm": 123.4,
    "quality": "good",
    "ts": "2025-11-28T15:10:11.123Z",
    "clock_synced": True,
}
