"""Reading a series for a replay: as the simulated sensor reads it, line by line and within bounds.

Leaves the form of a line to ``drivers.sensors.simulated``, which plays the same files.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TextIO

from drivers.sensors.simulated import BadLine, points
from edge.simulate.water import Point

MOST_READINGS: Final = 5_000_000
"""Two months at one reading a second, a few minutes of computing: longer is the wrong unit of time,
or a file to be cut."""

NOT_NEGATIVE_EXPECTED: Final = "seconds that are not negative"
SHORTER_EXPECTED: Final = "a shorter series: at most 5,000,000 readings are played"


def read(text: TextIO, readings_a_second: float) -> Iterator[Point]:
    """Read the points of a series, as far as they are asked for.

    Args:
        text: The file.
        readings_a_second: How many readings all sensors together take.

    Raises:
        BadLine: At the first line that cannot be used.
        OSError, UnicodeDecodeError: As reading ``text`` raises them.
    """
    begins_s: float | None = None
    for number, point in points(text):
        if begins_s is None:
            begins_s = point[0]
        if point[0] < 0:
            raise BadLine(number, _shown(point), NOT_NEGATIVE_EXPECTED)
        if (point[0] - begins_s) * readings_a_second > MOST_READINGS:
            raise BadLine(number, _shown(point), SHORTER_EXPECTED)
        yield point


def _shown(point: Point) -> str:
    return f"{point[0]:g},{point[1]:g}"
