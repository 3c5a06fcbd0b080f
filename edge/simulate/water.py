"""The water of a series: its depth at a moment, when it passed the setpoints, its peak.

Invariant: time only goes forward and no more than two points are held, so that a series may be as
long as it likes. A crossing is where the straight line between two points passes a setpoint, not
where somebody happened to look.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

Point = tuple[float, float]
"""Seconds, and millimetres above the floor."""


class NoPoints(ValueError):
    """A series without a single point."""


class Water:
    """Follows a series.

    Args:
        points: The series, seconds rising; read as far as it is needed.
        marks_mm: Depths whose passing is remembered, such as the setpoints.
        after_mm: The depth from the end of the series on; None if the last depth stands.

    Raises:
        NoPoints: The series is empty. Every method may raise what ``points`` raises.
    """

    def __init__(
        self, points: Iterable[Point], marks_mm: Iterable[float], after_mm: float | None = None
    ) -> None:
        self._points: Iterator[Point] = iter(points)
        first = next(self._points, None)
        if first is None:
            raise NoPoints
        self.begins_s = first[0]
        self.ends_s: float | None = None
        self.points = 1
        self.peak: Point = first
        self._at = first
        self._knot = first
        self._coming = self._next_point()
        self._after_mm = after_mm
        self._crossed_s: dict[float, list[float]] = {
            mark: [first[0], first[0]] if first[1] >= mark else [] for mark in marks_mm
        }

    def depth_at(self, t_s: float) -> float:
        """Return the depth at a moment that is not before the last one asked for."""
        while self._coming is not None and self._coming[0] <= t_s:
            self._knot = self._coming
            self._move(self._knot)
            self._coming = self._next_point()
        if self._coming is not None:
            self._move((t_s, _between(self._knot, self._coming, t_s)))
        elif t_s > self._knot[0] and self._after_mm is not None:
            return self._after_mm
        return self._at[1]

    def crossed_s(self, mark_mm: float) -> float | None:
        """Return when the water last rose past a mark; None if it has not yet."""
        passed = self._crossed_s[mark_mm]
        return passed[1] if passed else None

    def first_crossed_s(self, mark_mm: float) -> float | None:
        """Return when the water first rose past a mark; None if it has not yet."""
        passed = self._crossed_s[mark_mm]
        return passed[0] if passed else None

    @property
    def last(self) -> Point:
        """The last point that time has reached."""
        return self._knot

    def _next_point(self) -> Point | None:
        point = next(self._points, None)
        if point is None:
            self.ends_s = self._knot[0]
            return None
        self.points += 1
        if point[1] > self.peak[1]:
            self.peak = point
        return point

    def _move(self, to: Point) -> None:
        for mark, passed in self._crossed_s.items():
            if self._at[1] < mark <= to[1]:
                at_s = _when(self._at, to, mark)
                passed[:] = [passed[0] if passed else at_s, at_s]
        self._at = to


def _between(before: Point, after: Point, t_s: float) -> float:
    (t0_s, depth0_mm), (t1_s, depth1_mm) = before, after
    if t_s <= t0_s:
        return depth0_mm
    return depth0_mm + (depth1_mm - depth0_mm) * (t_s - t0_s) / (t1_s - t0_s)


def _when(before: Point, after: Point, depth_mm: float) -> float:
    (t0_s, depth0_mm), (t1_s, depth1_mm) = before, after
    return t0_s + (t1_s - t0_s) * (depth_mm - depth0_mm) / (depth1_mm - depth0_mm)


class Trace:
    """The course of the depth in a bounded number of points, for a picture.

    Neighbours are joined two by two when there are too many, and each keeps its lowest and its
    deepest point, so that no peak is lost.
    """

    def __init__(self, most: int = 4000) -> None:
        self._most = most
        self._width_s = 0.0
        self._buckets: list[tuple[float, Point, Point]] = []  # begins, lowest, deepest

    def add(self, t_s: float, depth_mm: float) -> None:
        """Take the next point; seconds never fall."""
        point = (t_s, depth_mm)
        if self._buckets and t_s < self._buckets[-1][0] + self._width_s:
            self._buckets[-1] = _joined(self._buckets[-1], (t_s, point, point))
            return
        self._buckets.append((t_s, point, point))
        if len(self._buckets) > self._most:
            self._halve()

    def _halve(self) -> None:
        pairs = zip(self._buckets[::2], [*self._buckets[1::2], None], strict=False)
        halved = [_joined(one, two) if two else one for one, two in pairs]
        span_s = self._buckets[-1][0] - self._buckets[0][0]
        self._width_s = max(2 * self._width_s, 2 * span_s / self._most)
        self._buckets = halved

    def points(self) -> list[Point]:
        """Return what is left of the course, in order of time."""
        return [
            point for _, lowest, deepest in self._buckets for point in sorted({lowest, deepest})
        ]


def _joined(
    one: tuple[float, Point, Point], two: tuple[float, Point, Point]
) -> tuple[float, Point, Point]:
    lowest = min(one[1], two[1], key=lambda point: point[1])
    deepest = max(one[2], two[2], key=lambda point: point[1])
    return one[0], lowest, deepest
