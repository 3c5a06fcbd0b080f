"""A course of water drawn in the terminal: depths over setpoints, stages, incidents, reports.

The dots are plotille's; the axes are ours, for its own put no label on a setpoint. Invariant: where
nothing was measured there is nothing, neither a line nor a stage.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from math import inf
from typing import Final

from plotille import Canvas
from rich.cells import cell_len
from rich.text import Text

from edge.cli import screen
from edge.cli.course import NOBODY_KNOWS, Bound, Course, Series, Sign
from edge.locale import _

_HEIGHT: Final = 16
_LONGEST: Final = 120
_SHORTEST: Final = 40
_WITHOUT_TERMINAL: Final = 80
_MARGIN: Final = 7  # "9999 ┤" and a space
_LEAST_TOP_MM: Final = 10.0  # of a dry floor where no setpoint is known

_STRIP: Final = {
    "normal": ("·", "green"),
    NOBODY_KNOWS: (" ", ""),
    "alert": ("▒", "yellow"),
    "danger": ("█", "red"),
}
_NO_STAGE: Final = ("?", "")
_SERIES_COLOURS: Final = ("cyan", "magenta", "blue", "white")
_SIGNS: Final = {Sign.REPORT: "▲", Sign.WITHHELD: "△", Sign.BELL: "●"}
_AT_LEAST: Final = "↑"
_BELOW: Final = "↓"


def show(course: Course) -> None:
    """Print the picture, as wide as the terminal."""
    out = screen.screen()
    width = min(out.width, _LONGEST) if out.is_terminal else _WITHOUT_TERMINAL
    screen.say()
    for line in lines(course, width):
        line.rstrip()
        out.print(line, no_wrap=True, crop=False)


def lines(course: Course, width: int) -> list[Text]:
    """Draw a course.

    Args:
        course: What is drawn.
        width: Columns, at least 40.

    Returns:
        The lines of the picture; colours are styles, so that a file gets plain characters.
    """
    width = max(width, _SHORTEST)
    picture = _Picture(course, width - _MARGIN - 1)
    return [
        Text(_("water in mm"), style="bold"),
        *picture.water(),
        *picture.below(),
        *_legend(course, width),
    ]


class _Picture:
    def __init__(self, course: Course, columns: int) -> None:
        self._course = course
        self._columns = columns
        self._span_s = max(course.ends_s - course.begins_s, 1.0)
        self._setpoints = course.setpoints
        depths = course.depths_mm
        danger_mm = self._setpoints.danger_mm if self._setpoints else _LEAST_TOP_MM
        self._top_mm = 1.1 * max(*depths, danger_mm, 0.0)
        self._low_mm = min(*depths, 0.0, 0.0)

    def water(self) -> list[Text]:
        """The depths over the setpoints, with the labels of their axis."""
        begins_s = self._course.begins_s
        canvas = Canvas(
            self._columns,
            _HEIGHT,
            begins_s,
            self._low_mm,
            begins_s + self._span_s,
            self._top_mm,
            mode="names",
        )
        if self._setpoints:
            self._dash(canvas, self._setpoints.alert_mm, "yellow")
            self._dash(canvas, self._setpoints.danger_mm, "red")
        for one, colour in _coloured(self._course.series):
            self._draw(canvas, one, colour)
        rows = Text.from_ansi(canvas.plot()).split("\n", allow_blank=True)
        labels = self._labels()
        return [
            Text.assemble((f"{labels.get(row, ''):>{_MARGIN - 2}}", "bold"), " │", dots)
            for row, dots in enumerate(rows)
        ]

    def _draw(self, canvas: Canvas, one: Series, colour: str) -> None:
        for run in one.runs:
            canvas.point(*run[0], color=colour)
            for before, after in pairwise(run):
                canvas.line(*before, *after, color=colour)
        for bound in one.bounds:
            first, last = self._column(bound.from_s), self._column(bound.to_s)
            # Only every other column: a sign hides the dots of a depth that lies behind it.
            for column in {first, *range(first | 1, last + 1, 2)}:
                self._sign(canvas, bound, column, colour)

    def _sign(self, canvas: Canvas, bound: Bound, column: int, colour: str) -> None:
        at_s = self._course.begins_s + (column + 0.5) * self._span_s / self._columns
        canvas.text(at_s, bound.mm, _AT_LEAST if bound.at_least else _BELOW, color=colour)

    def _dash(self, canvas: Canvas, depth_mm: float, colour: str) -> None:
        step_s = self._span_s / self._columns
        for column in range(0, self._columns, 2):
            begins_s = self._course.begins_s + column * step_s
            canvas.line(begins_s, depth_mm, begins_s + 0.4 * step_s, depth_mm, color=colour)

    def _labels(self) -> dict[int, str]:
        """Labels by row; where two want one row the setpoints go first."""
        found: dict[int, str] = {}
        setpoints = self._setpoints
        wanted = (setpoints.danger_mm, setpoints.alert_mm) if setpoints else ()
        for depth_mm in (*wanted, max(*self._course.depths_mm, 0.0, 0.0), 0.0):
            found.setdefault(self._row(depth_mm), f"{depth_mm:.0f}")
        return found

    def _row(self, depth_mm: float) -> int:
        share = (depth_mm - self._low_mm) / (self._top_mm - self._low_mm)
        return _HEIGHT - 1 - min(_HEIGHT - 1, int(share * _HEIGHT))

    def below(self) -> list[Text]:
        """The axis of time, the stages, the incidents, the bell, and when 119 was told."""
        indent = " " * _MARGIN
        found = [
            Text(f"{' ' * (_MARGIN - 1)}└{'─' * self._columns}"),
            Text(indent + self._times()),
            Text.assemble(indent, *self._strip()),
        ]
        if self._course.incidents:
            found.append(Text.assemble(indent, (self._incidents(), "bold")))
        if any(mark.sign is Sign.BELL for mark in self._course.marks):
            found.append(Text.assemble(indent, (self._signs((Sign.BELL,)), "bold red")))
        reports = self._signs((Sign.WITHHELD, Sign.REPORT))
        return [*found, Text.assemble(indent, (reports, "bold red"))]

    def _times(self) -> str:
        """A label at each quarter that has the room for it."""
        axis = ""
        for quarter in range(4):
            begins = self._columns * quarter // 4
            words = self._course.told(self._course.begins_s + self._span_s * quarter / 4)
            if begins > len(axis) or not axis:
                axis = axis.ljust(begins) + words
        return axis[: self._columns]

    def _strip(self) -> list[tuple[str, str]]:
        """One sign a column: the worst stage within it, so that a short one is seen."""
        columns = ["normal"] * self._columns
        taken = [False] * self._columns
        changes = [*self._course.stages, (inf, "")]
        for (from_s, stage), (until_s, _next) in pairwise(changes):
            for column in range(self._column(from_s), self._column(until_s) + 1):
                now = columns[column]
                columns[column] = max(now, stage, key=_badness) if taken[column] else stage
                taken[column] = True
        return [_STRIP.get(stage, _NO_STAGE) for stage in columns]

    def _incidents(self) -> str:
        signs = [" "] * self._columns
        for from_s, to_s in self._course.incidents:
            first, last = self._column(from_s), self._column(to_s)
            signs[first : last + 1] = "├" + "─" * (last - first - 1) + "┤" if last > first else "┼"
        return "".join(signs)

    def _signs(self, wanted: Iterable[Sign]) -> str:
        """Signs by column; where several want one the last of those wanted goes first."""
        signs = [" "] * self._columns
        for sign in wanted:
            for mark in self._course.marks:
                if mark.sign is sign:
                    signs[self._column(mark.at_s)] = _SIGNS[sign]
        return "".join(signs)

    def _column(self, t_s: float) -> int:
        share = (min(t_s, self._course.ends_s) - self._course.begins_s) / self._span_s
        return max(0, min(self._columns - 1, int(share * self._columns)))


def _coloured(series: Iterable[Series]) -> list[tuple[Series, str]]:
    """Each with a colour of its own, as far as they go."""
    return [
        (one, _SERIES_COLOURS[place % len(_SERIES_COLOURS)]) for place, one in enumerate(series)
    ]


def _badness(stage: str) -> int:
    return list(_STRIP).index(stage) if stage in _STRIP else len(_STRIP)


def _legend(course: Course, width: int) -> list[Text]:
    """What the signs mean, in as many lines as that takes."""
    words = {"normal": _("normal"), "alert": _("alert"), "danger": _("danger")}
    parts = [(f"{_STRIP[stage][0]} {words[stage]}", _STRIP[stage][1]) for stage in words]
    if any(stage == NOBODY_KNOWS for _from_s, stage in course.stages):
        parts.append((_("blank: nothing measured"), ""))
    if course.incidents:
        parts.append((_("├┤ incident"), "bold"))
    signs = {mark.sign for mark in course.marks}
    named = (
        (Sign.BELL, _("● bell pressed")),
        (Sign.REPORT, _("▲ report to 119")),
        (Sign.WITHHELD, _("△ withheld")),
    )
    parts += [(name, "bold red") for sign, name in named if sign in signs]
    at_least = {bound.at_least for one in course.series for bound in one.bounds}
    parts += [(_("↑ at least"), "")] if True in at_least else []
    parts += [(_("↓ below"), "")] if False in at_least else []
    parts += [(f"━ {one.name}", colour) for one, colour in _coloured(course.series) if one.name]
    return _wrapped(parts, width)


def _wrapped(parts: Iterable[tuple[str, str]], width: int) -> list[Text]:
    found = [Text(" " * _MARGIN)]
    for words, style in parts:
        if cell_len(found[-1].plain) > _MARGIN and cell_len(found[-1].plain + words) > width:
            found.append(Text(" " * _MARGIN))
        found[-1].append(words, style).append("   ")
    for line in found:
        line.rstrip()
    return found
