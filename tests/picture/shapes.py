"""Blocks, lines and what lies behind the letters of a screen, as SVG paths.

Owns the paths: one for each colour, so that no seam shows between cells at any scale. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import TypeVar

from tests.picture.glyphs import BLOCKS, LINES, Box
from tests.picture.look import HIGH, WIDE, colour, short
from tests.picture.shown import Cell

Rows = Sequence[Sequence[Cell]]
_Kind = TypeVar("_Kind")


def papers(rows: Rows) -> Iterator[str]:
    """Return what lies behind the letters."""
    paths: dict[str, str] = defaultdict(str)
    for paper, x, y, count in _alike(rows, lambda cell: cell.paper):
        if paper != "default":
            paths[paper] += _box((x, y, x + count, y + 1))
    return _filled(paths)


def blocks(rows: Rows) -> Iterator[str]:
    """Return the blocks, and lines that are too thick or broken to be drawn as such."""
    paths: dict[str, str] = defaultdict(str)
    for (glyph, ink), x, y, count in _alike(rows, lambda cell: (cell.glyph, cell.ink)):
        for box in BLOCKS.get(glyph, ()):
            paths[ink] += _repeated(box, x, y, count)
    return _filled(paths)


def lines(rows: Rows) -> Iterator[str]:
    """Return the thin lines."""
    paths: dict[str, str] = defaultdict(str)
    for (glyph, ink), x, y, count in _alike(rows, lambda cell: (cell.glyph, cell.ink)):
        if glyph == "─":
            paths[ink] += f"M{_at(x, y + 0.5)}h{count * WIDE}"
        elif glyph in LINES:
            paths[ink] += "".join(_line(glyph, x + n, y) for n in range(count))
    for ink, path in paths.items():
        yield f'<path fill="none" stroke="{colour(ink)}" stroke-width="1.3" d="{path}"/>'


def _alike(rows: Rows, kind: Callable[[Cell], _Kind]) -> Iterator[tuple[_Kind, int, int, int]]:
    """Cells of a kind that stand side by side: the kind, column, row, and how many."""
    for y, row in enumerate(rows):
        x = 0
        for one, cells in groupby(row, key=kind):
            count = len(list(cells))
            yield one, x, y, count
            x += count


def _repeated(box: Box, x: int, y: int, count: int) -> str:
    """A part of a cell in several cells of a row: one shape if they meet."""
    left, top, right, bottom = box
    if (left, right) == (0.0, 1.0):
        return _box((x, y + top, x + count, y + bottom))
    return "".join(_box((x + n + left, y + top, x + n + right, y + bottom)) for n in range(count))


def _line(glyph: str, x: int, y: int) -> str:
    first, *rest = [_at(x + right, y + down) for right, down in LINES[glyph]]
    return f"M{first}{'L' if len(rest) == 1 else 'Q'}{' '.join(rest)}"


def _filled(paths: dict[str, str]) -> Iterator[str]:
    return (f'<path fill="{colour(name)}" d="{path}"/>' for name, path in paths.items())


def _box(box: Box) -> str:
    left, top, right, bottom = box
    wide, high = (right - left) * WIDE, (bottom - top) * HIGH
    return f"M{_at(left, top)}h{short(wide)}v{short(high)}h{short(-wide)}z"


def _at(x: float, y: float) -> str:
    return f"{short(x * WIDE)} {short(y * HIGH)}"
