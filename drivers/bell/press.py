"""When is the button pressed? A switch to ground, a damp cable, and 119 at the other end.

Owns the judgement, without pin or clock. Invariant: a press is a button that was seen open for
``OPEN_S`` and then closed without a break for ``hold_s``: a cable that is shorted from the start,
or noise that closes it for a moment, never presses. What a press means is the law's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

OPEN_S: Final = 0.1
"""Open for this long counts as let go. Source: design §4.9."""

STUCK_S: Final = 60.0
"""Nobody leans on the button for longer. Source: design §4.9."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """The button was open, then held for ``hold_s``."""


@dataclass(frozen=True, slots=True)
class Stuck:
    """Closed at start, or for over a minute: a trouble, and no further press until it opens."""


@dataclass(frozen=True, slots=True)
class Freed:
    """A stuck button is open again."""


PressEvent = Pressed | Stuck | Freed


class PressDetector:
    """Fed with the state of the contact, at edges and in between, on a monotonic clock."""

    def __init__(self, hold_s: float) -> None:
        """Begin without knowing the contact.

        Args:
            hold_s: How long a press is held.
        """
        self._hold_s = hold_s
        self._closed: bool | None = None
        self._since_s = 0.0
        self._armed = False  # it was open long enough, and has not been pressed since
        self._stuck = False

    @property
    def closed(self) -> bool:
        """Whether the contact was closed when last fed."""
        return bool(self._closed)

    def feed(self, closed: bool, now_s: float) -> list[PressEvent]:
        """Tell the state of the contact.

        Args:
            closed: Whether it is closed at ``now_s``; between two calls it is taken not to change.
            now_s: Monotonic seconds; never less than at the call before.

        Returns:
            What has happened, oldest first.
        """
        first = self._closed is None
        events = [] if first else self._elapsed(now_s)
        if closed != self._closed:
            self._closed, self._since_s = closed, now_s
        if first and closed:
            self._stuck = True
            events.append(Stuck())
        return events

    @property
    def due_s(self) -> float | None:
        """When to feed next even if nothing changes; None if nothing can come of it."""
        if self._closed is None:
            return None
        if not self._closed:
            waits = self._stuck or not self._armed
            return self._since_s + OPEN_S if waits else None
        if self._armed:
            return self._since_s + self._hold_s
        return None if self._stuck else self._since_s + STUCK_S

    def _elapsed(self, now_s: float) -> list[PressEvent]:
        """Settle what the state since the last change amounts to by now."""
        events: list[PressEvent] = []
        if not self._closed:
            if now_s >= self._since_s + OPEN_S:
                self._armed = True
                if self._stuck:
                    self._stuck = False
                    events.append(Freed())
            return events
        if self._armed and now_s >= self._since_s + self._hold_s:
            self._armed = False
            events.append(Pressed())
        if not self._stuck and now_s >= self._since_s + STUCK_S:
            self._stuck = True
            events.append(Stuck())
        return events
