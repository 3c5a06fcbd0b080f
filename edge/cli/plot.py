"""A replay drawn in the terminal: the depth, the setpoints, the stages and the reports.

The dots are plotille's; the axes are ours, for its own put no label on a setpoint.
"""

from __future__ import annotations

from itertools import pairwise
from math import inf
from typing import Final

from plotille import Canvas
from rich.text import Text

from edge.cli import screen
from edge.cli.story_words import clock
from edge.locale import _
from edge.simulate.story import Kind, Story

_HEIGHT: Final = 16
_LONGEST: Final = 120
_WITHOUT_TERMINAL: Final = 80
_MARGIN: Final = 7  # "9999 ┤" and a space

_STRIP: Final = {"normal": ("·", "green"), "alert": ("▒", "yellow"), "danger": ("█", "red")}
_NO_STAGE: Final = ("?", "")


def show(story: Story) -> None:
    """Print the picture, as wide as the terminal."""
    out = screen.screen()
    width = min(out.width, _LONGEST) if out.is_terminal else _WITHOUT_TERMINAL
    screen.say()
    for line in lines(story, width):
        out.print(line, no_wrap=True, crop=False)


def lines(story: Story, width: int) -> list[Text]:
    """Draw a story.

    Args:
        story: What came of the replay.
        width: Columns, at least 40.

    Returns:
        The lines of the picture; colours are styles, so that a file gets plain characters.
    """
    columns = max(width, 40) - _MARGIN - 1
    picture = _Picture(story, columns)
    return [
        Text(_("water in mm"), style="bold"),
        *picture.water(),
        *picture.below(),
        _legend(story),
    ]


class _Picture:
    def __init__(self, story: Story, columns: int) -> None:
        self._story = story
        self._columns = columns
        self._to_s = max(story.worth_showing_to_s, story.begins_s + 1.0)
        self._span_s = self._to_s - story.begins_s
        depths = [depth for _, depth in story.course]
        self._top_mm = 1.1 * max(*depths, story.danger.setpoint_mm)
        self._low_mm = min(0.0, *depths)

    def water(self) -> list[Text]:
        """The depth over the setpoints, with the labels of its axis."""
        canvas = Canvas(
            self._columns,
            _HEIGHT,
            self._story.begins_s,
            self._low_mm,
            self._to_s,
            self._top_mm,
            mode="names",
        )
        self._dash(canvas, self._story.alert.setpoint_mm, "yellow")
        self._dash(canvas, self._story.danger.setpoint_mm, "red")
        story = self._story
        after = ((story.ends_s, story.after_mm), (self._to_s, story.after_mm))
        for (t0_s, depth0_mm), (t1_s, depth1_mm) in pairwise((*story.course, *after)):
            canvas.line(t0_s, depth0_mm, t1_s, depth1_mm, color="cyan")
        rows = Text.from_ansi(canvas.plot()).split("\n", allow_blank=True)
        labels = self._labels()
        return [
            Text.assemble((f"{labels.get(row, ''):>{_MARGIN - 2}}", "bold"), " │", dots)
            for row, dots in enumerate(rows)
        ]

    def _dash(self, canvas: Canvas, depth_mm: float, colour: str) -> None:
        step_s = self._span_s / self._columns
        for column in range(0, self._columns, 2):
            begins_s = self._story.begins_s + column * step_s
            canvas.line(begins_s, depth_mm, begins_s + 0.4 * step_s, depth_mm, color=colour)

    def _labels(self) -> dict[int, str]:
        """Labels by row; where two want one row the setpoints go first."""
        found: dict[int, str] = {}
        story = self._story
        wanted = (story.danger.setpoint_mm, story.alert.setpoint_mm, story.peak[1], 0.0)
        for depth_mm in wanted:
            found.setdefault(self._row(depth_mm), f"{depth_mm:.0f}")
        return found

    def _row(self, depth_mm: float) -> int:
        share = (depth_mm - self._low_mm) / (self._top_mm - self._low_mm)
        return _HEIGHT - 1 - min(_HEIGHT - 1, int(share * _HEIGHT))

    def below(self) -> list[Text]:
        """The axis of time, the stages, and when 119 was told."""
        indent = " " * _MARGIN
        return [
            Text(f"{' ' * (_MARGIN - 1)}└{'─' * self._columns}"),
            Text(indent + self._times()),
            Text.assemble(indent, *self._strip()),
            Text.assemble(indent, (self._reports(), "bold red")),
        ]

    def _times(self) -> str:
        axis = [" "] * self._columns
        for quarter in range(4):
            words = clock(self._span_s * quarter / 4)
            begins = self._columns * quarter // 4
            axis[begins : begins + len(words)] = words
        return "".join(axis)[: self._columns]

    def _strip(self) -> list[tuple[str, str]]:
        """One sign a column: the worst stage within it, so that a short one is seen."""
        columns = ["normal"] * self._columns
        changes = [*self._story.stages, (inf, "")]
        for (from_s, stage), (until_s, _next) in pairwise(changes):
            first, last = self._column(from_s), self._column(until_s)
            for column in range(first, last + 1):
                columns[column] = max(columns[column], stage, key=_badness)
        return [_STRIP.get(stage, _NO_STAGE) for stage in columns]

    def _reports(self) -> str:
        signs = [" "] * self._columns
        for entry in self._story.entries:
            if entry.kind in (Kind.REPORT, Kind.WITHHELD):
                signs[self._column(entry.at_s)] = "▲" if entry.kind is Kind.REPORT else "△"
        return "".join(signs)

    def _column(self, t_s: float) -> int:
        share = (min(t_s, self._to_s) - self._story.begins_s) / self._span_s
        return min(self._columns - 1, int(share * self._columns))


def _badness(stage: str) -> int:
    return list(_STRIP).index(stage) if stage in _STRIP else len(_STRIP)


def _legend(story: Story) -> Text:
    words = {"normal": _("normal"), "alert": _("alert"), "danger": _("danger")}
    parts: list[tuple[str, str]] = [(" " * _MARGIN, "")]
    for stage, (sign, style) in _STRIP.items():
        parts += [(f"{sign} {words[stage]}", style), ("   ", "")]
    if story.count(Kind.REPORT):
        parts.append((_("▲ report to 119"), "bold red"))
    if story.count(Kind.WITHHELD):
        parts.append((_("△ withheld"), "bold red"))
    return Text.assemble(*parts)
