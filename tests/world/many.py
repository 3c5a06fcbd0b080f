"""Many device-years in a row, and what became of them.

Owns how a year is drawn from a seed and a number; a module of its own, so that the processes of a
pool find it by name.
"""

from __future__ import annotations

import gc
import os
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.world.happenings import quiet_year, year
from tests.world.invariants import Violation
from tests.world.timetable import Year
from tests.world.world import live

RARELY = (50_000, 20, 20)
"""Frozen values make no cycles: the collector need not look for them after every few hundred."""


FALSE_REPORT = "no false 119"
"""What is asked of a year without water, besides the invariants."""


@dataclass(slots=True)
class Lived:
    """What became of some years."""

    years: int = 0
    texts: int = 0
    reports: int = 0
    lives: int = 0
    violations: list[tuple[int, str, str]] = field(default_factory=list)

    def add(self, other: Lived) -> None:
        """Count another's as well."""
        self.years += other.years
        self.texts += other.texts
        self.reports += other.reports
        self.lives += other.lives
        self.violations += other.violations


def year_of(seed: int, number: int, *, dry: bool) -> Year:
    """Return one year: with water, or without a drop of it."""
    random = year_random(seed, number)
    return quiet_year(random) if dry else year(random)


def year_random(seed: int, number: int) -> Random:
    """Return where everything in one year is drawn from."""
    return Random(f"{seed}:{number}")


def live_some(work: tuple[int, int, int, str, bool]) -> Lived:
    """Live through some years in a row; a violation ends only its own year."""
    seed, first, count, folder, dry = work
    gc.set_threshold(*RARELY)
    lived = Lived()
    for number in range(first, first + count):
        lived.years += 1
        try:
            world = live(year_of(seed, number, dry=dry), Path(folder) / str(os.getpid()))
        except Violation as violation:
            lived.violations.append((number, violation.invariant, str(violation)))
            continue
        if dry and (told := world.books.reports()):
            words = f"119 was told on a dry floor: {told[0].text}"
            lived.violations.append((number, FALSE_REPORT, words))
        lived.texts += len(world.network.book)
        lived.reports += len(world.books.reports())
        lived.lives += world.lives
    return lived
