"""How the pictures of the demo look: the size of a cell, colours and fonts.

Owns these figures, chosen by eye. Pure data.
"""

from __future__ import annotations

from typing import Final

WIDE: Final = 9
HIGH: Final = 19
"""Of a cell, in pixels: letters of 15 px are 9 wide in most monospaced fonts."""
BASELINE: Final = 14
LETTER: Final = 15
WIDE_LETTER: Final = 17
"""Sizes of the letters that fill one cell, and of those that fill two."""

INK: Final = "#d5dde8"
PAPER: Final = "#0f161f"
FRAME: Final = "#3a4a60"
BAR: Final = "#1a2430"
BAR_INK: Final = "#9fb0c6"
LIGHTS: Final = ("#e5484d", "#f1c64c", "#3fb97f")
_COLOURS: Final = {
    "default": INK,
    "ink": INK,
    "paper": PAPER,
    "black": "#0b1016",
    "red": "#e5484d",
    "green": "#3fb97f",
    "brown": "#f1c64c",
    "blue": "#5b8def",
    "magenta": "#c678dd",
    "cyan": "#56c8d8",
    "white": "#eef2f7",
    "brightblack": "#7d8ba1",
}
"""By pyte's names: its brown is yellow."""

FONTS: Final = (
    "ui-monospace,'SF Mono','Cascadia Mono',Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',"
    "monospace"
)
WIDE_FONTS: Final = (
    "'Apple SD Gothic Neo','Malgun Gothic','Noto Sans KR','Noto Sans CJK KR','NanumBarunGothic',"
    "'NanumGothic','D2Coding','NanumGothicCoding',sans-serif"
)
"""What a reader may have; nothing is fetched."""


def colour(name: str) -> str:
    """Return the colour of a cell (``shown.Cell``) as CSS writes it."""
    return _COLOURS.get(name) or f"#{name}"


def short(pixels: float) -> str:
    """Return a length in as few figures as the eye can tell."""
    return f"{round(pixels, 2):g}"
