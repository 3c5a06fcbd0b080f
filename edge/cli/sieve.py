"""What is left of many readings in a picture of so many columns. Pure.

Invariant: the lowest and the deepest depth of each column stay, so no peak is lost; what is held is
bounded by the columns, not by the readings; and a silence that is wider than a column is seen.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from edge.cli.beside import silent
from edge.cli.course import Bound, Point, Series
from edge.cli.history_book import Row


@dataclass(slots=True)
class Sieve:
    """Takes the readings of one sensor, in order.

    Args:
        begins_s: Where the picture begins.
        column_s: Seconds that a column is wide, more than 0.
        interval_s: A sensor that is alive is logged at least so often.
    """

    begins_s: float
    column_s: float
    interval_s: float
    _runs: list[list[Point]] = field(default_factory=list)
    _bounds: list[Bound] = field(default_factory=list)
    _before: Row | None = None
    _column: int = -1
    _depths: tuple[Point, Point] | None = None  # the lowest and the deepest of this column
    _bound: Bound | None = None  # that of this column
    _measures: bool = False  # the reading before was a depth, and not long ago
    _holds: bool = False  # it was a bound, and not long ago
    _held: bool = False  # and so was the one before this column's bound

    def add(self, row: Row) -> None:
        """Take the next reading."""
        column = int((row.at_s - self.begins_s) / self.column_s)
        if column != self._column:
            self._close()
            self._column = column
        if self._before is not None and silent(self._before, row, self.interval_s):
            self._measures = self._holds = False
        self._before = row
        if row.depth_mm is not None:
            self._add_depth((row.at_s, row.depth_mm))
        bound = _bound_of(row)
        if bound is not None:
            self._add_bound(bound)
        self._measures = row.depth_mm is not None
        self._holds = bound is not None

    def _add_depth(self, point: Point) -> None:
        if self._depths is None:
            if not self._measures:
                self._runs.append([])
            self._depths = (point, point)
            return
        lowest, deepest = self._depths
        self._depths = (
            point if point[1] < lowest[1] else lowest,
            point if point[1] > deepest[1] else deepest,
        )

    def _add_bound(self, bound: Bound) -> None:
        """Of those of a column the highest that was reached, else the lowest that was not."""
        if self._bound is None:
            self._bound, self._held = bound, self._holds
            return
        worst = max(self._bound, bound, key=_badness)
        self._bound = replace(worst, from_s=self._bound.from_s, to_s=bound.to_s)

    def _close(self) -> None:
        """End a column."""
        if self._depths is not None:
            self._runs[-1] += sorted(set(self._depths))
            self._depths = None
        if self._bound is not None:
            last = self._bounds[-1] if self._held and self._bounds else None
            if last is not None and _badness(last) == _badness(self._bound):
                self._bounds[-1] = replace(last, to_s=self._bound.to_s)
            else:
                self._bounds.append(self._bound)
            self._bound = None

    def series(self, name: str) -> Series:
        """Return what is left."""
        self._close()
        return Series(name, tuple(map(tuple, self._runs)), tuple(self._bounds))


def _bound_of(row: Row) -> Bound | None:
    """What a reading without a depth knows; None if that is nothing."""
    if row.depth_mm is not None:
        return None
    if row.at_least_mm is not None and row.at_least_mm > 0:
        return Bound(row.at_s, row.at_s, row.at_least_mm, at_least=True)
    if row.below_mm is not None:
        return Bound(row.at_s, row.at_s, row.below_mm, at_least=False)
    return None


def _badness(bound: Bound) -> tuple[bool, float]:
    return bound.at_least, bound.mm if bound.at_least else -bound.mm
