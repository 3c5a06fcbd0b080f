"""From the readings of a bell to the course that a picture shows. Pure.

Owns which event is a mark of a picture, and that the stage of a time in which nothing was measured
is known to nobody. The readings pass by one at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import takewhile
from math import inf
from typing import Final

from edge.cli.beside import Beside, silence_s, silent
from edge.cli.course import NOBODY_KNOWS, Course, Mark, Setpoints, Sign
from edge.cli.history_book import Row, Wanted
from edge.cli.sieve import Sieve
from edge.locale import N_

COLUMNS: Final = 2000
"""More than any terminal has, and than a picture has dots."""

_SIGNS: Final = {
    "bell_pressed": Sign.BELL,
    "report_accepted": Sign.REPORT,
    "report_withheld": Sign.WITHHELD,
    "report_unreached": Sign.WITHHELD,
    "report_unconfirmed": Sign.WITHHELD,
}


@dataclass(frozen=True, slots=True)
class Frame:
    """What the picture shows at most: from when to when, of how lively a log, on which axis.

    ``told`` writes a moment, ``zero_s`` is a round one.
    """

    begins_s: float
    ends_s: float
    interval_s: float
    told: Callable[[float], str]
    zero_s: float


def course(
    rows: Iterable[Row],
    beside: Beside,
    frame: Frame,
    wanted: Wanted,
    setpoints: Setpoints | None,
) -> Course:
    """Make the course of what was measured.

    Args:
        rows: The readings of all sensors in order; they are not held.
        beside: What happened in the same time.
        frame: What the picture shows.
        wanted: Whose depths it shows.
        setpoints: None where nobody knows them.
    """
    drawer = _Drawer(frame, beside)
    for row in rows:
        drawer.add(row, drawn=wanted.takes(row))
    drawer.end()
    return Course(
        begins_s=frame.begins_s,
        ends_s=frame.ends_s,
        series=tuple(drawer.sieves[name].series(name) for name in sorted(drawer.sieves)),
        stages=tuple(drawer.stages()),
        marks=tuple(drawer.marks),
        told=frame.told,
        zero_s=frame.zero_s,
        title=N_("time at the bell"),
        setpoints=setpoints,
        incidents=tuple(
            (max(span.from_s, frame.begins_s), min(span.to_s, frame.ends_s))
            for span in beside.incidents.values()
            if span.to_s >= frame.begins_s and span.from_s <= frame.ends_s
        ),
    )


class _Drawer:
    """Keeps what is bounded: columns, silences wider than one, signs."""

    def __init__(self, frame: Frame, beside: Beside) -> None:
        self.sieves: dict[str, Sieve] = {}
        self.marks: list[Mark] = []
        self._frame = frame
        self._column_s = max(frame.ends_s - frame.begins_s, 1.0) / COLUMNS
        self._silences: list[tuple[float, float]] = []
        self._beside = beside
        self._signs = [
            (mark.at_s, _SIGNS[mark.kind]) for mark in beside.marks if mark.kind in _SIGNS
        ]
        self._low_mm: dict[str, float] = {}
        self._before: Row | None = None

    def add(self, row: Row, *, drawn: bool) -> None:
        """Take the next reading."""
        self._note_silence(row)
        self._before = row
        self._sign(row.at_s)
        self._low_mm[row.sensor] = row.low_mm or 0.0
        if not drawn:
            return
        if row.sensor not in self.sieves:
            self.sieves[row.sensor] = Sieve(
                self._frame.begins_s, self._column_s, self._frame.interval_s
            )
        self.sieves[row.sensor].add(row)

    def _note_silence(self, row: Row) -> None:
        if self._before is None:
            self._note_gap(self._frame.begins_s, row.at_s)
        elif silent(self._before, row, self._frame.interval_s):
            self._note_gap(self._before.at_s, row.at_s)

    def _note_gap(self, from_s: float, to_s: float) -> None:
        if to_s - from_s > max(self._column_s, silence_s(self._frame.interval_s)):
            self._silences.append((from_s, to_s))

    def _sign(self, upto_s: float) -> None:
        """Signs are drawn at the water that was known when they were made."""
        for at_s, sign in takewhile(lambda one: one[0] < upto_s, list(self._signs)):
            self.marks.append(Mark(at_s, sign, max(self._low_mm.values(), default=0.0)))
            del self._signs[0]

    def end(self) -> None:
        """No reading comes any more."""
        self._sign(inf)
        last_s = self._frame.begins_s if self._before is None else self._before.at_s
        self._note_gap(last_s, self._frame.ends_s)

    def stages(self) -> list[tuple[float, str]]:
        """The level from each moment on, known to nobody while nothing was measured."""
        changes = [(self._frame.begins_s, self._beside.stage), *self._beside.stages]
        ends = [(to_s, _level(changes, to_s)) for _, to_s in self._silences]
        begins = [(from_s, NOBODY_KNOWS) for from_s, _ in self._silences]
        return sorted([*changes, *begins, *ends], key=lambda change: change[0])


def _level(changes: list[tuple[float, str]], at_s: float) -> str:
    return [stage for from_s, stage in changes if from_s <= at_s][-1]
