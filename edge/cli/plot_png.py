"""A course of water drawn into a PNG: depths over setpoints, stages behind them, reports on them.

Where nothing was measured the line ends and the ground is hatched. Owns the choice of the words'
language: the font that comes with matplotlib has no Hangul, and boxes say less than English.
"""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from itertools import cycle, pairwise
from math import ceil, floor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from matplotlib import font_manager, rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.markers import CARETDOWNBASE, CARETUPBASE, MarkerStyle

from edge.cli import picture_file
from edge.cli.course import NOBODY_KNOWS, Course, Series, Sign
from edge.locale import N_, _

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KOREAN_FONTS: Final = (
    "NanumGothic",
    "NanumBarunGothic",
    "Noto Sans CJK KR",
    "Noto Sans KR",
    "Noto Sans CJK JP",
    "Malgun Gothic",
    "Apple SD Gothic Neo",
    "Baekmuk Dotum",
    "UnDotum",
)
"""Families with Hangul that Linux, Windows and macOS install (CJK JP holds all of Noto's CJK)."""

_INCHES: Final = (10.0, 5.0)
_DOTS_AN_INCH: Final = 150
_LEAST_TOP_MM: Final = 10.0  # of a dry floor where no setpoint is known
_BELOW_FLOOR: Final = 0.02  # of the height, so that the line of a dry floor is seen
_SERIES_COLOURS: Final = ("#1f5fa8", "#8a3fa0", "#00807a", "#7a5230")
_GROUND: Final[dict[str, dict[str, Any]]] = {
    NOBODY_KNOWS: {"facecolor": "white", "edgecolor": "#b0b0b0", "hatch": "///"},
    "alert": {"color": "#ffe08a"},
    "danger": {"color": "#ffb3b3"},
}


def korean_font(installed: Iterable[str]) -> str | None:
    """Return the first family with Hangul among those installed."""
    there = set(installed)
    return next((family for family in KOREAN_FONTS if family in there), None)


def write(course: Course, name: str, path: Path) -> None:
    """Draw a course.

    Args:
        course: What is drawn.
        name: What it is of, for the title.
        path: The PNG file; replaced if it is one already.

    Raises:
        NotAPicture: Another file stands there.
        OSError: The file cannot be written.
    """
    font = korean_font(font_manager.get_font_names())
    families = [font, "DejaVu Sans"] if font else ["DejaVu Sans"]
    drawn = BytesIO()
    with rc_context({"font.family": families}):
        figure = Figure(figsize=_INCHES, dpi=_DOTS_AN_INCH, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        _Drawing(axes, course, korean=font is not None).draw(name)
        figure.savefig(drawn, format="png")
    picture_file.put(path, drawn.getvalue())


def _tick_s(span_s: float) -> float:
    """Between two labels of the axis of time: round in minutes, hours or days, at most eight."""
    steps = (1, 5, 10, 30, 60, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200)
    days = (1, 2, 5, 7, 14, 28, 56, 112)
    every = (*steps, *(86400 * count for count in days))
    return next((step for step in every if span_s / step <= 8), span_s / 8)


def _ticks(course: Course) -> list[float]:
    """The moments that get a label, round ones within the course."""
    step_s = _tick_s(course.ends_s - course.begins_s)
    first = ceil((course.begins_s - course.zero_s) / step_s)
    last = floor((course.ends_s - course.zero_s) / step_s)
    return [course.zero_s + place * step_s for place in range(first, last + 1)]


class _Drawing:
    def __init__(self, axes: Axes, course: Course, *, korean: bool) -> None:
        self._axes = axes
        self._course = course
        self._korean = korean

    def draw(self, name: str) -> None:
        """Put everything onto the axes."""
        course, axes = self._course, self._axes
        self._stages()
        for one, colour in zip(course.series, cycle(_SERIES_COLOURS)):
            self._water(one, colour)
            self._bounds(one, colour)
        self._setpoints()
        self._incidents()
        self._marks()
        axes.set_title(name if self._korean or name.isascii() else "")
        axes.set_xlabel(self._word(course.title))
        axes.set_ylabel(self._word(N_("water above the floor (mm)")))
        axes.set_xlim(course.begins_s, max(course.ends_s, course.begins_s + 1.0))
        top_mm = self._top_mm()
        axes.set_ylim(bottom=min([*course.depths_mm, 0.0]) - _BELOW_FLOOR * top_mm, top=top_mm)
        axes.set_xticks(ticks := _ticks(course), [course.told(at_s) for at_s in ticks])
        if axes.get_legend_handles_labels()[0]:
            axes.legend(loc="upper right", framealpha=0.9)

    def _top_mm(self) -> float:
        danger_mm = self._course.setpoints.danger_mm if self._course.setpoints else _LEAST_TOP_MM
        return 1.1 * max(*self._course.depths_mm, danger_mm, 0.0)

    def _word(self, message: str) -> str:
        return _(message) if self._korean else message

    def _stages(self) -> None:
        words = {
            NOBODY_KNOWS: self._word(N_("nothing measured")),
            "alert": self._word(N_("alert")),
            "danger": self._word(N_("danger")),
        }
        changes = [*self._course.stages, (self._course.ends_s, "")]
        for (from_s, stage), (until_s, _next) in pairwise(changes):
            if stage not in words or until_s <= from_s:
                continue
            self._axes.axvspan(from_s, until_s, label=words[stage], linewidth=0, **_GROUND[stage])
            words[stage] = "_again"  # matplotlib leaves such a label out of the legend

    def _water(self, one: Series, colour: str) -> None:
        label = one.name or self._word(N_("water"))
        for run in one.runs:
            times, depths = zip(*run, strict=True)
            # A reading that stands alone would be a line without length.
            marker = "." if len(run) == 1 else ""
            self._axes.plot(times, depths, color=colour, marker=marker, label=label)
            if len(self._course.series) == 1:
                self._axes.fill_between(times, depths, 0, color="#cfe0f3", alpha=0.8, linewidth=0)
            label = "_again"

    def _bounds(self, one: Series, colour: str) -> None:
        """A dotted line with arrows: the water is on that side of it."""
        for at_least in (True, False):
            bounds = [bound for bound in one.bounds if bound.at_least is at_least]
            if not bounds:
                continue
            words = self._word(N_("{sensor}: at least") if at_least else N_("{sensor}: below"))
            self._axes.hlines(
                [bound.mm for bound in bounds],
                [bound.from_s for bound in bounds],
                [bound.to_s for bound in bounds],
                colors=colour,
                linestyles="dotted",
            )
            self._axes.scatter(
                [at_s for bound in bounds for at_s in (bound.from_s, bound.to_s)],
                [bound.mm for bound in bounds for _end in range(2)],
                marker=MarkerStyle(CARETUPBASE if at_least else CARETDOWNBASE),
                s=25,
                color=colour,
                label=words.format(sensor=one.name),
            )

    def _setpoints(self) -> None:
        if (setpoints := self._course.setpoints) is None:
            return
        for mm, colour in ((setpoints.alert_mm, "#b07900"), (setpoints.danger_mm, "#c00000")):
            self._axes.axhline(mm, color=colour, linestyle="--", linewidth=1)
            self._axes.annotate(
                f"{mm:g} mm",
                (self._course.ends_s, mm),
                (-3, 2),
                textcoords="offset points",
                horizontalalignment="right",
                color=colour,
            )

    def _incidents(self) -> None:
        """A bar on the floor from the beginning of each to its end."""
        label = self._word(N_("incident"))
        for from_s, to_s in self._course.incidents:
            self._axes.plot(
                (from_s, to_s), (0, 0), color="#404040", linewidth=4, clip_on=False, label=label
            )
            label = "_again"

    def _marks(self) -> None:
        kinds = (
            (Sign.REPORT, self._word(N_("report to 119")), "^", "#c00000"),
            (Sign.WITHHELD, self._word(N_("report withheld")), "^", "none"),
            (Sign.BELL, self._word(N_("bell pressed")), "o", "#c00000"),
        )
        for sign, words, marker, fill in kinds:
            told = [(m.at_s, m.depth_mm) for m in self._course.marks if m.sign is sign]
            if told:
                times, depths = zip(*told, strict=True)
                self._axes.scatter(
                    times,
                    depths,
                    marker=marker,
                    s=60,
                    facecolors=fill,
                    edgecolors="#c00000",
                    zorder=3,
                    clip_on=False,
                    label=words,
                )
