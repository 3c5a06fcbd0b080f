"""The letters of a row of the screen as SVG text that lines up in any font.

Owns the runs: letters of one style and one width, side by side. Narrow ones are given their place
and their width together; of wide ones, whose width differs most from font to font, each is given
its place. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, zip_longest
from typing import Final
from xml.sax.saxutils import escape

from tests.picture.glyphs import BLOCKS, LINES
from tests.picture.look import BASELINE, HIGH, WIDE, WIDE_LETTER, colour, short
from tests.picture.shown import Cell

_ASIDE: Final = (2 * WIDE - WIDE_LETTER) / 2
"""So that a wide letter stands in the middle of its two cells."""


@dataclass(frozen=True, slots=True)
class _Letter:
    column: int
    cell: Cell
    wide: bool

    @property
    def style(self) -> tuple[str, bool, bool]:
        return self.cell.ink, self.cell.bold, self.wide

    @property
    def next_column(self) -> int:
        return self.column + 1 + self.wide


def lettering(row: Sequence[Cell], number: int) -> Iterator[str]:
    """Return the text elements of a row of the screen, counted from 0 at the top."""
    baseline = number * HIGH + BASELINE
    letters = [
        _Letter(column, cell, wide=after is not None and not after.glyph)
        for column, (cell, after) in enumerate(zip_longest(row, row[1:]))
        if cell.glyph and cell.glyph not in BLOCKS and cell.glyph not in LINES
    ]
    for _style, alike in groupby(letters, key=lambda letter: letter.style):
        for run in _side_by_side(list(alike)):
            words = "".join(letter.cell.glyph for letter in run)
            # A gap of two ends a run: spaces side by side are one to SVG.
            for found in re.finditer(r"\S+(?: \S+)*", words):
                yield _text(run[found.start() : found.end()], found[0], baseline)


def _side_by_side(letters: list[_Letter]) -> Iterator[list[_Letter]]:
    """Cut where something else stands between two letters."""
    start = 0
    for n, (letter, after) in enumerate(zip_longest(letters, letters[1:]), start=1):
        if after is None or after.column != letter.next_column:
            yield letters[start:n]
            start = n


def _text(run: list[_Letter], words: str, baseline: int) -> str:
    ink, bold, wide = run[0].style
    if wide:
        place = f'x="{" ".join(short(one.column * WIDE + _ASIDE) for one in run)}"'
    else:
        place = f'x="{run[0].column * WIDE}" textLength="{len(run) * WIDE}"'
    kinds = " ".join(name for name, is_so in (("b", bold), ("w", wide)) if is_so)
    kind = f' class="{kinds}"' if kinds else ""
    fill = "" if ink == "default" else f' fill="{colour(ink)}"'
    return f'<text {place} y="{baseline}"{kind}{fill}>{escape(words)}</text>'
