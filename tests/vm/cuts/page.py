"""``docs/power-cuts.md``, written from what was found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

_HEAD: Final = """# Power cuts

Written by `make powercuts`; do not edit. TBD
"""

Row = dict[str, Any]


def write(page: Path, rows: Sequence[Row], seed: int) -> None:
    """Write the page."""
    _ = median, seed, rows
    page.write_text(_HEAD, encoding="utf-8")
