"""Shots of a terminal as one SVG that plays them in turn, with neither script nor font to fetch.

Owns the document and the order of play. Pure: shots in, text out. Who wants no motion, or has a
viewer without animation, sees the last shot. Letters are text (``lettering``), blocks and lines are
``shapes``. No italic, underlined or blinking letters are drawn: the demo has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Final
from xml.sax.saxutils import escape

from tests.picture.lettering import lettering
from tests.picture.look import (
    BAR,
    BAR_INK,
    FONTS,
    FRAME,
    HIGH,
    INK,
    LETTER,
    LIGHTS,
    PAPER,
    WIDE,
    WIDE_FONTS,
    WIDE_LETTER,
)
from tests.picture.shapes import blocks, lines, papers
from tests.picture.shown import Shot

_MARGIN: Final = 14
_TITLE_BAR: Final = 36


def drawing(shots: Sequence[Shot], title: str, description: str) -> str:
    """Draw shots of one size as an SVG document.

    Args:
        shots: In the order in which they are to be seen.
        title: The name of the picture for those who cannot see it, and of the window.
        description: What is to be seen, in a sentence or two.
    """
    columns, rows = len(shots[0].rows[0]), len(shots[0].rows)
    width = columns * WIDE + 2 * _MARGIN
    height = rows * HIGH + _TITLE_BAR + _MARGIN
    lights = "".join(
        f'<circle cx="{22 + 22 * n}" cy="18" r="6.5" fill="{colour}"/>'
        for n, colour in enumerate(LIGHTS)
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
            f' width="{width}" height="{height}" role="img" aria-labelledby="title what">',
            f'<title id="title">{escape(title)}</title>',
            f'<desc id="what">{escape(description)}</desc>',
            f"<style>\n{_style(shots)}\n</style>",
            f'<rect x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="10"'
            f' fill="{PAPER}" stroke="{FRAME}"/>',
            f'<path d="M1 {_TITLE_BAR - 6}V10a9 9 0 0 1 9-9H{width - 10}a9 9 0 0 1 9 9'
            f'V{_TITLE_BAR - 6}z" fill="{BAR}"/>',
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
        f"svg{{font:{LETTER}px {FONTS};fill:{INK}}}",
        f".w{{font-family:{WIDE_FONTS};font-size:{WIDE_LETTER}px}}",
        ".b{font-weight:bold}",
        f".bar{{text-anchor:middle;font-size:13px;fill:{BAR_INK}}}",
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
    shapes = [*papers(shot.rows), *blocks(shot.rows), *lines(shot.rows)]
    letters = [text for number, row in enumerate(shot.rows) for text in lettering(row, number)]
    return "\n".join([f'<g class="s" id="{name}">', *shapes, *letters, "</g>"])
