"""The stage in letters that can be read from across the room.

Owns the pictures of three stages, and of NOT WELL, in two languages, five rows high. Drawn for the
demo.
"""

from __future__ import annotations

from typing import Final

from rich.cells import cell_len

ROWS: Final = 5
WIDTH: Final = 28
"""Columns of the widest word."""

_LATIN: Final = {
    "A": ("███", "█ █", "███", "█ █", "█ █"),
    "D": ("██▖", "█ █", "█ █", "█ █", "██▘"),
    "E": ("███", "█  ", "██ ", "█  ", "███"),
    "G": ("███", "█  ", "█▝█", "█ █", "███"),
    "L": ("█ ", "█ ", "█ ", "█ ", "██"),
    "M": ("█▖▗█", "████", "█▝▘█", "█  █", "█  █"),
    "N": ("█▖ █", "██▖█", "█▝██", "█ ▝█", "█  █"),
    "O": ("███", "█ █", "█ █", "█ █", "███"),
    "R": ("██▖", "█ █", "██▘", "█▜▖", "█ █"),
    "T": ("███", " █ ", " █ ", " █ ", " █ "),
    "W": ("█  █", "█  █", "█▗▖█", "████", "█▘▝█"),
    " ": ("",) * ROWS,
}

# Two dots a character, one above the other.
_HANGUL: Final = {
    "정": (
        ".#######..#",
        "....#.....#",
        "...#.#..###",
        "..#...#...#",
        ".#.....#..#",
        "...........",
        "...#####...",
        "..#.....#..",
        "..#.....#..",
        "...#####...",
    ),
    "상": (
        "....#...#..",
        "....#...#..",
        "...#.#..##.",
        "..#...#.#..",
        ".#.....##..",
        "...........",
        "...#####...",
        "..#.....#..",
        "..#.....#..",
        "...#####...",
    ),
    "경": (
        ".######...#",
        "......#.###",
        "......#...#",
        ".....#..###",
        "...##.....#",
        "...........",
        "...#####...",
        "..#.....#..",
        "..#.....#..",
        "...#####...",
    ),
    "계": (
        ".#####..#.#",
        ".....#..#.#",
        ".....####.#",
        ".....#..#.#",
        "....#.###.#",
        "....#...#.#",
        "...#....#.#",
        "..#.....#.#",
        ".#......#.#",
        "........#.#",
    ),
    "위": (
        "...####...#",
        "..#....#..#",
        "..#....#..#",
        "...####...#",
        "..........#",
        ".########.#",
        "....#.....#",
        "....#.....#",
        "....#.....#",
        "....#.....#",
    ),
    "고": (
        "..#######..",
        "........#..",
        "........#..",
        "........#..",
        "...........",
        ".....#.....",
        ".....#.....",
        ".....#.....",
        "###########",
        "...........",
    ),
    "장": (
        ".######.#..",
        "....#...#..",
        "...#.#..##.",
        "..#...#.#..",
        ".#.....##..",
        "...........",
        "...#####...",
        "..#.....#..",
        "..#.....#..",
        "...#####...",
    ),
    "험": (
        "....#.....#",
        ".#######..#",
        "...###..###",
        "..#...#...#",
        "...###....#",
        "...........",
        "..########.",
        "..#......#.",
        "..#......#.",
        "..########.",
    ),
}
_HALVES: Final = {"..": " ", "#.": "▀", ".#": "▄", "##": "█"}


def big(word: str) -> tuple[str, ...]:
    """Draw a word: NORMAL, ALERT, DANGER, NOT WELL, 정상, 경계, 위험 or 고장.

    Returns:
        Five rows of equal length; a word with other letters stays as it is, in the middle row.
    """
    if not set(word) <= _LATIN.keys() | _HANGUL.keys():
        blank = " " * cell_len(word)
        return (blank, blank, word, blank, blank)
    letters = [_LATIN[one] if one in _LATIN else _packed(_HANGUL[one]) for one in word]
    gap = " " if word.isascii() else "   "
    return tuple(gap.join(letter[row] for letter in letters) for row in range(ROWS))


def _packed(dots: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        "".join(_HALVES[above + below] for above, below in zip(upper, lower, strict=True))
        for upper, lower in zip(dots[::2], dots[1::2], strict=True)
    )
