"""Lines that fit: a text broken at its words, counted in cells; a Korean letter takes two. Pure."""

from __future__ import annotations

import re

from rich.cells import cell_len, chop_cells


def wrap(text: str, width: int) -> list[str]:
    """Break a text at blanks, a word that is too long behind ``|`` or ``/`` or anywhere.

    Args:
        text: One paragraph.
        width: Cells that a line may have.
    """
    lines = [""]
    for word in text.split():
        gap = " " if lines[-1] else ""
        for piece in [word] if cell_len(word) <= width else _pieces(word, width):
            if cell_len(lines[-1] + gap + piece) <= width:
                lines[-1] += gap + piece
            else:
                lines.append(piece)
            gap = ""
    return lines


def _pieces(word: str, width: int) -> list[str]:
    return [
        part
        for piece in re.findall(r"[^|/]*[|/]|[^|/]+", word)
        for part in chop_cells(piece, width)
    ]
