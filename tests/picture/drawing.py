"""Shots of a terminal as one SVG that plays them in turn, with neither script nor font to fetch.

Owns the look. Pure: shots in, text out. Letters are text in runs whose place and width are given,
so that wide and narrow ones line up whatever font is there; blocks and lines are shapes. Who wants
no motion, or has a viewer without animation, sees the last shot. It draws no italic, underlined or
blinking letters: the demo has none.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby, zip_longest
from typing import Final
from xml.sax.saxutils import escape

from tests.picture.glyphs import BLOCKS, LINES, Box
from tests.picture.shown import Cell, Shot

_WIDE: Final = 9
_HIGH: Final = 19
"""Of a cell, in pixels: letters of 15 px are 9 wide in most monospaced fonts."""
_BASELINE: Final = 14
_MARGIN: Final = 14
_TITLE_BAR: Final = 36

_INK: Final = "#d5dde8"
_PAPER: Final = "#0f161f"
_COLOURS: Final = {
    "default": _INK,
    "ink": _INK,
    "paper": _PAPER,
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
"""What pyte calls brown is yellow."""
_FRAME: Final = "#3a4a60"
_BAR: Final = "#1a2430"
_LIGHTS: Final = ("#e5484d", "#f1c64c", "#3fb97f")
_FONTS: Final = (
    "ui-monospace,'SF Mono','Cascadia Mono',Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',"
    "monospace"
)
_WIDE_FONTS: Final = (
    "D2Coding,NanumGothicCoding,'Noto Sans Mono CJK KR','Noto Sans KR','Noto Sans CJK KR',"
    "'Apple SD Gothic Neo','Malgun Gothic',monospace"
)


def drawing(shots: Sequence[Shot], title: str, description: str) -> str:
    """Draw shots of one size as an SVG document.

    Args:
        shots: In the order in which they are to be seen.
        title: The name of the picture for those who cannot see it, and of the window.
        description: What is to be seen, in a sentence or two.
    """
    columns, rows = len(shots[0].rows[0]), len(shots[0].rows)
    width = columns * _WIDE + 2 * _MARGIN
    height = rows * _HIGH + _TITLE_BAR + _MARGIN
    lights = "".join(
        f'<circle cx="{22 + 22 * n}" cy="18" r="6.5" fill="{colour}"/>'
        for n, colour in enumerate(_LIGHTS)
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
            f' width="{width}" height="{height}" role="img" aria-labelledby="title what">',
            f'<title id="title">{escape(title)}</title>',
            f'<desc id="what">{escape(description)}</desc>',
            f"<style>\n{_style(shots)}\n</style>",
            f'<rect x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="10"'
            f' fill="{_PAPER}" stroke="{_FRAME}"/>',
            f'<path d="M1 {_TITLE_BAR - 6}V10a9 9 0 0 1 9-9H{width - 10}a9 9 0 0 1 9 9'
            f'V{_TITLE_BAR - 6}z" fill="{_BAR}"/>',
            f'{lights}<text class="bar" x="{width / 2:g}" y="22">{escape(title)}</text>',
            f'<g transform="translate({_MARGIN} {_TITLE_BAR})">',
            *(_shot(shot, f"s{n}") for n, shot in enumerate(shots)),
            "</g>",
            "</svg>\n",
        ]
    )


def _style(shots: Sequence[Shot]) -> str:
    whole_s = sum(shot.for_s for shot in shots)
    ends_s = list(accumulate(shot.for_s for shot in shots))
    rules = [
        f"text{{font:15px {_FONTS};fill:{_INK};white-space:pre}}",
        f".w{{font-family:{_WIDE_FONTS}}}",
        ".b{font-weight:bold}",
        ".bar{text-anchor:middle;font-size:13px;fill:#9fb0c6}",
        ".s{visibility:hidden}",
        f"#s{len(shots) - 1}{{visibility:visible}}",
    ]
    turns, keys = [], []
    for n, (shot, end_s) in enumerate(zip(shots, ends_s, strict=True)):
        from_, to = 100 * (end_s - shot.for_s) / whole_s, 100 * end_s / whole_s
        # Each value holds until the next one: steps, no fading.
        shown = [(0.0, "hidden"), (from_, "visible"), (to, "hidden"), (100.0, "hidden")]
        steps = {round(at, 3): value for at, value in shown}
        told = "".join(f"{at:g}%{{visibility:{value}}}" for at, value in steps.items())
        keys.append(f"@keyframes k{n}{{{told}}}")
        turns.append(f"#s{n}{{animation:k{n} {whole_s:g}s step-end infinite}}")
    rules += keys
    rules.append(f"@media (prefers-reduced-motion:no-preference){{{''.join(turns)}}}")
    return "\n".join(rules)


def _shot(shot: Shot, name: str) -> str:
    shapes = [*_papers(shot.rows), *_blocks(shot.rows), *_lines(shot.rows)]
    letters = [
        run for n, row in enumerate(shot.rows) for run in _letters(row, n * _HIGH + _BASELINE)
    ]
    return "\n".join([f'<g class="s" id="{name}">', *shapes, *letters, "</g>"])


def _papers(rows: Sequence[Sequence[Cell]]) -> Iterator[str]:
    """What lies behind the letters, one shape a colour, so that no seam shows between rows."""
    paths: dict[str, list[str]] = defaultdict(list)
    for y, row in enumerate(rows):
        x = 0
        for paper, cells in groupby(row, key=lambda cell: cell.paper):
            count = len(list(cells))
            if paper != "default":
                paths[_colour(paper)].append(_box((x, y, x + count, y + 1)))
            x += count
    yield from (_filled(colour, path) for colour, path in paths.items())


def _blocks(rows: Sequence[Sequence[Cell]]) -> Iterator[str]:
    paths: dict[str, list[str]] = defaultdict(list)
    for y, row in enumerate(rows):
        x = 0
        for (glyph, ink), cells in groupby(row, key=lambda cell: (cell.glyph, cell.ink)):
            count = len(list(cells))
            for box in BLOCKS.get(glyph, ()):
                paths[_colour(ink)] += _repeated(box, x, y, count)
            x += count
    yield from (_filled(colour, path) for colour, path in paths.items())


def _repeated(box: Box, x: int, y: int, count: int) -> list[str]:
    """A part of a cell in several cells of a row: one shape if they meet."""
    left, top, right, bottom = box
    if (left, right) == (0.0, 1.0):
        return [_box((x, y + top, x + count, y + bottom))]
    return [_box((x + n + left, y + top, x + n + right, y + bottom)) for n in range(count)]


def _lines(rows: Sequence[Sequence[Cell]]) -> Iterator[str]:
    paths: dict[str, list[str]] = defaultdict(list)
    for y, row in enumerate(rows):
        x = 0
        for (glyph, ink), cells in groupby(row, key=lambda cell: (cell.glyph, cell.ink)):
            count = len(list(cells))
            if glyph == "─":
                paths[_colour(ink)].append(f"M{_at(x, y + 0.5)}h{count * _WIDE}")
            elif glyph in LINES:
                paths[_colour(ink)] += [_line(glyph, x + n, y) for n in range(count)]
            x += count
    for colour, path in paths.items():
        yield f'<path fill="none" stroke="{colour}" stroke-width="1.3" d="{"".join(path)}"/>'


def _line(glyph: str, x: int, y: int) -> str:
    first, *rest = [_at(x + right, y + down) for right, down in LINES[glyph]]
    return f"M{first}{'L' if len(rest) == 1 else 'Q'}{' '.join(rest)}"


def _letters(row: Sequence[Cell], baseline: int) -> Iterator[str]:
    """Runs of letters of one style and one width; a gap of two ends a run."""
    letters = [
        (x, cell, next_one is not None and not next_one.glyph)
        for x, (cell, next_one) in enumerate(zip_longest(row, row[1:]))
        if cell.glyph and cell.glyph not in BLOCKS and cell.glyph not in LINES
    ]

    def style(letter: tuple[int, Cell, bool]) -> tuple[str, bool, bool]:
        _, cell, wide = letter
        return cell.ink, cell.bold, wide

    for (ink, bold, wide), group in groupby(letters, key=style):
        cells = 2 if wide else 1
        for run in _together(list(group), cells):
            words = "".join(cell.glyph for _, cell, _ in run)
            for found in re.finditer(r"\S+(?: \S+)*", words):
                x, length = run[found.start()][0], len(found[0]) * cells
                yield _run(found[0], (x * _WIDE, baseline), length * _WIDE, ink, bold, wide)


def _together(
    letters: list[tuple[int, Cell, bool]], cells: int
) -> Iterator[list[tuple[int, Cell, bool]]]:
    """Cut where something else stands between two letters."""
    start = 0
    for n in range(1, len(letters) + 1):
        if n == len(letters) or letters[n][0] != letters[n - 1][0] + cells:
            yield letters[start:n]
            start = n


def _run(words: str, at: tuple[int, int], length: int, ink: str, bold: bool, wide: bool) -> str:
    kinds = " ".join(name for name, is_so in (("b", bold), ("w", wide)) if is_so)
    kind = f' class="{kinds}"' if kinds else ""
    fill = "" if ink == "default" else f' style="fill:{_colour(ink)}"'
    x, y = at
    return f'<text x="{x}" y="{y}" textLength="{length}"{kind}{fill}>{escape(words)}</text>'


def _filled(colour: str, path: list[str]) -> str:
    return f'<path fill="{colour}" d="{"".join(path)}"/>'


def _box(box: Box) -> str:
    left, top, right, bottom = box
    wide, high = (right - left) * _WIDE, (bottom - top) * _HIGH
    return f"M{_at(left, top)}h{_short(wide)}v{_short(high)}h{_short(-wide)}z"


def _at(x: float, y: float) -> str:
    return f"{_short(x * _WIDE)} {_short(y * _HIGH)}"


def _short(pixels: float) -> str:
    return f"{round(pixels, 2):g}"


def _colour(name: str) -> str:
    return _COLOURS.get(name) or f"#{name}"
