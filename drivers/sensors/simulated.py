"""A sensor that plays back a series of depths, for demo, bench and tests.

Owns the series. Invariant: at the same second after ``open`` it always reads the same depth. Before
its first point it reads the first depth, after its last the last.
"""

from __future__ import annotations

import math
import time
from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal, TextIO

from drivers.declaring import Field, StringConstraints, ValidationInfo, field_validator
from drivers.errors import PortGone
from drivers.measurement import Measurement
from drivers.sensors.mounting import Kind, Mounting
from drivers.sensors.trace import Trace

if TYPE_CHECKING:
    from drivers.ports import Ports

CSV_HEADER: Final = "t_s,depth_mm"
MAX_POINTS: Final = 1_000_000  # eleven days at one a second

Point = Annotated[tuple[float, float], Field(strict=False)]
Series = tuple[Point, ...]


_LONGEST_LINE: Final = 200  # two numbers have a few dozen characters: more is the wrong file
_SHOWN: Final = 60

HEADER_EXPECTED: Final = "the header t_s,depth_mm"
NUMBERS_EXPECTED: Final = "two finite numbers"
RISING_EXPECTED: Final = "seconds after those of the line before"


class BadLine(ValueError):
    """A line of a series that cannot be used; ``line`` counts from 1."""

    def __init__(self, line: int, found: str, expected: str) -> None:
        self.line = line
        self.found = repr(found if len(found) <= _SHOWN else found[:_SHOWN] + "…")
        self.expected = expected
        super().__init__(f"line {line}: found {self.found}, expected {expected}")


def read_series(path: Path) -> tuple[tuple[float, float], ...]:
    """Read a CSV file of depths: header ``t_s,depth_mm``, seconds rising.

    Args:
        path: The file.

    Returns:
        Points of (seconds, millimetres), at least one.

    Raises:
        ValueError: What is wrong, with the file and the line.
    """
    if path.exists() and not path.is_file():  # a FIFO would be waited for
        raise ValueError(f"{path}: not a file")
    try:
        with path.open(encoding="utf-8-sig") as file:
            series = tuple(point for _, point in islice(points(file), MAX_POINTS + 1))
    except BadLine as error:
        raise ValueError(f"{path} {error}") from error
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8 text") from error
    if not series:
        raise ValueError(f"{path}: no line after the header {CSV_HEADER}")
    if len(series) > MAX_POINTS:
        raise ValueError(f"{path}: more than {MAX_POINTS} points")
    return series


def points(text: TextIO) -> Iterator[tuple[int, tuple[float, float]]]:
    """Read a series line by line, however long it is.

    Returns:
        The number of each line that holds a point, and the point: seconds, millimetres.

    Raises:
        BadLine: At the first line that cannot be used.
        OSError, UnicodeDecodeError: As reading ``text`` raises them.
    """
    last_s = -math.inf
    for number, line in _lines(text):
        if number == 1:
            if line.replace(" ", "") != CSV_HEADER:
                raise BadLine(number, line, HEADER_EXPECTED)
            continue
        if not line:
            continue
        point = _point(line)
        if point is None:
            raise BadLine(number, line, NUMBERS_EXPECTED)
        if point[0] <= last_s:
            raise BadLine(number, line, RISING_EXPECTED)
        last_s = point[0]
        yield number, point


def _lines(text: TextIO) -> Iterator[tuple[int, str]]:
    """Every line with its number; one without an end is refused before it fills the memory."""
    for number, line in enumerate(iter(lambda: text.readline(_LONGEST_LINE), ""), start=1):
        if len(line) == _LONGEST_LINE and not line.endswith("\n"):
            raise BadLine(number, line, NUMBERS_EXPECTED)
        yield number, line.strip()


def _point(line: str) -> tuple[float, float] | None:
    try:
        t_s, depth_mm = (float(cell) for cell in line.split(","))
    except ValueError:
        return None
    return (t_s, depth_mm) if math.isfinite(t_s) and math.isfinite(depth_mm) else None


def depth_at(series: tuple[tuple[float, float], ...], t_s: float) -> float:
    """Interpolate linearly between the points of a series.

    Args:
        series: Points of (seconds, millimetres), seconds rising, at least one.
        t_s: Seconds since the beginning.

    Returns:
        Depth in millimetres.
    """
    after = bisect_right(series, t_s, key=lambda point: point[0])
    if after == 0:
        return series[0][1]
    if after == len(series):
        return series[-1][1]
    (t0_s, depth0_mm), (t1_s, depth1_mm) = series[after - 1], series[after]
    return depth0_mm + (depth1_mm - depth0_mm) * (t_s - t0_s) / (t1_s - t0_s)


class SimulatedSettings(Mounting):
    """A series of depths, written here or in a CSV file."""

    kind: ClassVar[Kind] = "simulated"

    driver: Literal["simulated"]
    script: Series | None = Field(
        default=None,
        strict=False,
        min_length=1,
        max_length=MAX_POINTS,
        description="[[t_s, depth_mm], …], seconds rising",
    )
    file: Annotated[str, StringConstraints(min_length=1, max_length=4096)] | None = Field(
        default=None,
        description="CSV with the header t_s,depth_mm; relative to the settings file",
    )

    @field_validator("script")
    @classmethod
    def _seconds_rise(cls, script: Series | None) -> Series | None:
        for earlier, later in zip(script or (), (script or ())[1:], strict=False):
            if later[0] <= earlier[0]:
                raise ValueError(f"{later[0]:g} s does not follow {earlier[0]:g} s")
        return script

    @field_validator("file")
    @classmethod
    def _file_is_good(cls, file: str | None, info: ValidationInfo) -> str | None:
        if file is None:
            return None
        folder = (info.context or {}).get("folder", Path())
        path = Path(folder, file).absolute()
        read_series(path)
        return str(path)

    def contradictions(self) -> Iterator[tuple[str, object, str]]:
        """One source of depths, and one only."""
        yield from super().contradictions()
        if (self.script is None) == (self.file is None):
            found = "neither script nor file" if self.script is None else "script and file"
            yield ("script", found, "either script or file")

    def can_decide(self, setpoint_mm: float) -> bool:  # noqa: ARG002 - it measures any depth
        """It measures, so it decides every depth."""
        return True

    def open(self, ports: Ports | None = None) -> Simulated:  # noqa: ARG002 - all drivers open alike
        """Return the sensor; its series begins now.

        Raises:
            PortGone: The file was there when the settings were read and is not any more.
        """
        return Simulated(self)


class Simulated:
    """Plays the series, from the moment it was opened."""

    talks = False

    def __init__(self, settings: SimulatedSettings) -> None:
        self._series: tuple[tuple[float, float], ...] = settings.script or ((0.0, 0.0),)
        if settings.file is not None:
            try:
                self._series = read_series(Path(settings.file))
            except ValueError as error:
                raise PortGone(str(error)) from error
        self._opened_s = time.monotonic()
        self.trace = Trace()

    def read(self) -> Measurement:
        """Return the depth of this moment; never raises."""
        depth_mm = depth_at(self._series, time.monotonic() - self._opened_s)
        self.trace.note("the series", f"{depth_mm:.1f} mm")
        return Measurement(at_least_mm=depth_mm, below_mm=depth_mm)

    def close(self) -> None:
        """Nothing to release."""
