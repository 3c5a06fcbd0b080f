"""The characters that are drawn as shapes: blocks and lines, so that they meet in any font.

Owns their geometry, in parts of a cell: x to the right and y down, 0 to 1. Pure data.
"""

from __future__ import annotations

from typing import Final

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""

_UPPER_LEFT: Final[Box] = (0.0, 0.0, 0.5, 0.5)
_UPPER_RIGHT: Final[Box] = (0.5, 0.0, 1.0, 0.5)
_LOWER_LEFT: Final[Box] = (0.0, 0.5, 0.5, 1.0)
_LOWER_RIGHT: Final[Box] = (0.5, 0.5, 1.0, 1.0)
_LEFT: Final[Box] = (0.0, 0.0, 0.5, 1.0)
_RIGHT: Final[Box] = (0.5, 0.0, 1.0, 1.0)

BLOCKS: Final[dict[str, tuple[Box, ...]]] = {
    **{one: ((0.0, 1 - n / 8, 1.0, 1.0),) for n, one in enumerate("▁▂▃▄▅▆▇█", start=1)},
    "▀": ((0.0, 0.0, 1.0, 0.5),),
    "▌": (_LEFT,),
    "▐": (_RIGHT,),
    "▘": (_UPPER_LEFT,),
    "▝": (_UPPER_RIGHT,),
    "▖": (_LOWER_LEFT,),
    "▗": (_LOWER_RIGHT,),
    "▙": (_LEFT, _LOWER_RIGHT),
    "▟": (_RIGHT, _LOWER_LEFT),
    "▛": (_LEFT, _UPPER_RIGHT),
    "▜": (_RIGHT, _UPPER_LEFT),
    "━": ((0.0, 0.44, 1.0, 0.56),),
    "╸": ((0.0, 0.44, 0.5, 0.56),),
    "╺": ((0.5, 0.44, 1.0, 0.56),),
    "┄": tuple((n / 3 + 0.06, 0.48, n / 3 + 0.27, 0.54) for n in range(3)),
    "┊": tuple((0.46, n / 4 + 0.06, 0.58, n / 4 + 0.19) for n in range(4)),
}

Point = tuple[float, float]

LINES: Final[dict[str, tuple[Point, ...]]] = {
    "─": ((0.0, 0.5), (1.0, 0.5)),
    "│": ((0.5, 0.0), (0.5, 1.0)),
    "╭": ((1.0, 0.5), (0.5, 0.5), (0.5, 1.0)),
    "╮": ((0.0, 0.5), (0.5, 0.5), (0.5, 1.0)),
    "╰": ((0.5, 0.0), (0.5, 0.5), (1.0, 0.5)),
    "╯": ((0.5, 0.0), (0.5, 0.5), (0.0, 0.5)),
}
"""Thin lines; three points are a round corner about the middle one."""
