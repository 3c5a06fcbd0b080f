"""The last things a sensor was heard to say, raw and as they were understood.

For a technician's eyes only (``floodbell sensor read --raw``): nothing decides by it. Invariant: a
trace holds no more than ``KEPT`` entries, and reading it from another thread is safe.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

KEPT: Final = 32
MOST_BYTES: Final = 64
"""Of one entry: what is longer is noise, and its beginning says so."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One frame, level or conversion: as it came, and what it means."""

    raw: str
    meaning: str


class Trace:
    """Holds the newest entries, oldest first.

    Attributes:
        heard: How many there were since the sensor was opened.
        bad: How many of them told nothing of the water: no frame, no target, an error.
    """

    def __init__(self) -> None:
        self.heard = 0
        self.bad = 0
        self._entries: deque[Heard] = deque(maxlen=KEPT)

    def note(self, raw: bytes | str, meaning: str, *, bad: bool = False) -> None:
        """Add what was heard; bytes are shown in hex."""
        self.heard += 1
        self.bad += bad
        if isinstance(raw, bytes):
            more = "…" if len(raw) > MOST_BYTES else ""
            raw = raw[:MOST_BYTES].hex(" ") + more
        self._entries.append(Heard(raw, meaning))

    def entries(self) -> tuple[Heard, ...]:
        """Return what is held; ``deque.copy`` is one step for other threads."""
        return tuple(self._entries.copy())
