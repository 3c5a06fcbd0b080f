"""What a row promises, what was measured, and the verdict. Pure.

A figure is the median of its runs; the spread beside it is the least and the most of them.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

MISSED: Final = "MISSED"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table, before anything is measured.

    Attributes:
        words: What is measured, with its unit.
        must: What it has to keep to; None: shown, not judged.
        aim: What it should reach.
        more_is_better: Must and aim are at least, not at most.
    """

    words: str
    must: float | None = None
    aim: float | None = None
    more_is_better: bool = False

    def bound(self, value: float | None) -> str:
        """Must or aim as the table has it."""
        if value is None:
            return ""
        return f"{'≥' if self.more_is_better else '≤'} {value:,g}"


@dataclass(frozen=True, slots=True)
class Measured:
    """A row with its figures.

    Attributes:
        row: What was promised.
        ours: One figure a run.
        floor: The bare floor's, one a run; empty where there is none.
        value: The figure, if it is not the median of the runs (p99 of all of them together).
        floor_value: The floor's, likewise.
        note: What else is to be said of it.
    """

    row: Row
    ours: Sequence[float]
    floor: Sequence[float] = ()
    value: float | None = None
    floor_value: float | None = None
    note: str = field(default="", compare=False)

    @property
    def figure(self) -> float:
        """What is judged."""
        return statistics.median(self.ours) if self.value is None else self.value

    @property
    def floor_figure(self) -> float | None:
        """The floor's figure."""
        if self.floor_value is None and self.floor:
            return statistics.median(self.floor)
        return self.floor_value

    @property
    def ratio(self) -> float | None:
        """Ours by the floor's."""
        floor = self.floor_figure
        return self.figure / floor if floor else None

    @property
    def verdict(self) -> str:
        """``aim``, ``must`` or ``MISSED``; empty where nothing is promised."""
        row = self.row
        if row.must is None:
            return ""
        if row.aim is not None and self._keeps(row.aim):
            return "aim"
        return "must" if self._keeps(row.must) else MISSED

    def _keeps(self, bound: float) -> bool:
        return self.figure >= bound if self.row.more_is_better else self.figure <= bound

    def cells(self) -> list[str]:
        """As the table has them: measure, floor, ours with spread, ratio, must, aim, verdict."""
        floor, ratio, row = self.floor_figure, self.ratio, self.row
        return [
            row.words,
            "" if floor is None else cell(floor),
            f"{cell(self.figure)} {spread(self.ours)}".rstrip(),
            "" if ratio is None else f"{cell(ratio)}×",
            row.bound(row.must),
            row.bound(row.aim),
            self.verdict,
        ]


HEADINGS: Final = ("measure", "bare floor", "floodbell", "ratio", "must", "aim", "verdict")


def spread(values: Sequence[float]) -> str:
    """Least and most of several; empty for one."""
    if len(values) < 2:
        return ""
    least, most = cell(min(values)), cell(max(values))
    return f"({least})" if least == most else f"({least}–{most})"


def cell(value: float) -> str:
    """Three digits that count, and no more."""
    size = abs(value)
    if value == int(value) and size < 100_000:
        return f"{value:,.0f}"
    for least, digits in ((100.0, 0), (10.0, 1), (1.0, 2)):
        if size >= least:
            return f"{value:,.{digits}f}"
    return f"{value:.3f}"


def quantile(values: Sequence[float], part: float) -> float:
    """The value that so large a part does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * part) - 1)]
