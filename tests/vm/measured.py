"""What the tests measured, shown when they are over.

Owns the list. A figure is no verdict: what must hold is asserted where it is measured.
"""

from __future__ import annotations

from typing import Final

_MEASURED: Final[list[str]] = []


def figure(what: str) -> None:
    """Keep a measured figure, in words, for the end of the run."""
    _MEASURED.append(what)


def measured() -> tuple[str, ...]:
    """All of them, oldest first."""
    return tuple(_MEASURED)
