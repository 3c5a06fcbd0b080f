"""Times as they are stored: seconds that have passed, never points on a clock that may restart."""

from __future__ import annotations


def ago(at_s: float | None, now_s: float) -> float | None:
    """Return how long ago something was, in seconds to the millisecond; None for never."""
    return None if at_s is None else round(now_s - at_s, 3)


def at(ago_s: float | None, now_s: float) -> float | None:
    """Return when something was that was so long ago; None for never."""
    return None if ago_s is None else now_s - ago_s
