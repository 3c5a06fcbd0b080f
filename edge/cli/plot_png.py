"""A replay drawn into a PNG: the depth over the setpoints, the stages behind it, the reports on it.

Owns the choice of the words' language: the font that comes with matplotlib has no Hangul, and boxes
say less than English.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from matplotlib import font_manager, rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

from edge.cli.story_words import clock
from edge.locale import _
from edge.simulate.story import Kind, Story

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
_STAGE_COLOUR: Final = {"alert": "#ffe08a", "danger": "#ffb3b3"}


def N_(message: str) -> str:  # noqa: N802  gettext's own name for "translate later"
    """Mark a message for the catalogue."""
    return message


def korean_font(installed: Iterable[str]) -> str | None:
    """Return the first family with Hangul among those installed."""
    there = set(installed)
    return next((family for family in KOREAN_FONTS if family in there), None)


def write(story: Story, name: str, path: Path) -> None:
    """Draw a story.

    Args:
        story: What came of the replay.
        name: What was played, for the title.
        path: The PNG file; replaced if it is there.

    Raises:
        OSError: The file cannot be written.
    """
    font = korean_font(font_manager.get_font_names())
    families = [font, "DejaVu Sans"] if font else ["DejaVu Sans"]
    with rc_context({"font.family": families}):
        figure = Figure(figsize=_INCHES, dpi=_DOTS_AN_INCH, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        _Drawing(axes, story, korean=font is not None).draw(name)
        figure.savefig(path, format="png")


def _tick_s(span_s: float) -> float:
    """Between two labels of the axis of time: round in minutes or hours, at most eight of them."""
    steps = (1, 5, 10, 30, 60, 300, 600, 900, 1800, 3600, 7200, 21600, 86400)
    return next((step for step in steps if span_s / step <= 8), span_s / 8)


class _Drawing:
    def __init__(self, axes: Axes, story: Story, *, korean: bool) -> None:
        self._axes = axes
        self._story = story
        self._korean = korean
        shown_s = max(story.worth_showing_to_s - story.begins_s, 1.0)
        self._to_s = 1.03 * shown_s if story.stages[-1][0] > story.ends_s else shown_s

    def draw(self, name: str) -> None:
        """Put everything onto the axes."""
        self._stages()
        self._water()
        self._setpoints()
        self._reports()
        self._axes.set_title(name if self._korean or name.isascii() else "")
        self._axes.set_xlabel(self._word(N_("time since the beginning (h:mm:ss)")))
        self._axes.set_ylabel(self._word(N_("water above the floor (mm)")))
        self._axes.set_xlim(0, self._to_s)
        self._axes.xaxis.set_major_locator(MultipleLocator(_tick_s(self._to_s)))
        self._axes.xaxis.set_major_formatter(lambda seconds, _place: clock(max(0.0, seconds)))
        self._axes.legend(loc="upper right", framealpha=0.9)

    def _word(self, message: str) -> str:
        return _(message) if self._korean else message

    def _since(self, t_s: float) -> float:
        return t_s - self._story.begins_s

    def _stages(self) -> None:
        words = {"alert": self._word(N_("alert")), "danger": self._word(N_("danger"))}
        changes = [*self._story.stages, (self._story.begins_s + self._to_s, "")]
        for (from_s, stage), (until_s, _next) in pairwise(changes):
            if stage in words:
                self._axes.axvspan(
                    self._since(from_s),
                    min(self._since(until_s), self._to_s),
                    color=_STAGE_COLOUR[stage],
                    linewidth=0,
                    label=words.get(stage),
                )
                words[stage] = "_again"  # matplotlib leaves such a label out of the legend

    def _water(self) -> None:
        story = self._story
        course = [(self._since(t_s), depth_mm) for t_s, depth_mm in story.course]
        course += [(self._since(story.ends_s), story.after_mm), (self._to_s, story.after_mm)]
        times, depths = zip(*course, strict=True)
        self._axes.plot(times, depths, color="#1f5fa8", label=self._word(N_("water")))
        self._axes.fill_between(times, depths, 0, color="#cfe0f3", alpha=0.8, linewidth=0)

    def _setpoints(self) -> None:
        for told, colour in ((self._story.alert, "#b07900"), (self._story.danger, "#c00000")):
            mm = told.setpoint_mm
            self._axes.axhline(mm, color=colour, linestyle="--", linewidth=1)
            self._axes.annotate(
                f"{mm:g} mm",
                (self._to_s, mm),
                (-3, 2),
                textcoords="offset points",
                horizontalalignment="right",
                color=colour,
            )

    def _reports(self) -> None:
        kinds = (
            (Kind.REPORT, self._word(N_("report to 119")), "#c00000"),
            (Kind.WITHHELD, self._word(N_("report withheld")), "none"),
        )
        for kind, words, fill in kinds:
            told = [
                (self._since(entry.at_s), entry.depth_mm)
                for entry in self._story.entries
                if entry.kind is kind
            ]
            if told:
                times, depths = zip(*told, strict=True)
                self._axes.scatter(
                    times,
                    depths,
                    marker="^",
                    s=60,
                    facecolors=fill,
                    edgecolors="#c00000",
                    zorder=3,
                    label=words,
                )
