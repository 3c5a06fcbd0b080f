"""Some device-years of the simulated world; ``make world`` lives through thousands.

Source of what may never happen: ``tests/world/invariants.py``.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from random import Random

import pytest

from tests.world.happenings import year
from tests.world.homes import homes
from tests.world.invariants import INVARIANTS
from tests.world.many import live_some, year_random
from tests.world.passing import KINDS, passed
from tests.world.sensors import Fault, FaultKind
from tests.world.timetable import Flood, Kill, Year
from tests.world.water import Course
from tests.world.world import Violation, live

SEED = 7
SHORT = 4
DRY = 6
BRIEF_S = 9.0


def trace_of(number: int, folder: Path) -> list[str]:
    lines: list[str] = []
    try:
        live(year(year_random(SEED, number)), folder, trace=lines.append)
    except Violation as violation:
        lines.append(str(violation))
    return lines


@pytest.mark.parametrize("first", range(0, 2 * SHORT, SHORT))
def test_no_invariant_is_broken_in_some_years_of_everything(first: int, tmp_path: Path) -> None:
    lived = live_some((SEED, first, SHORT, str(tmp_path), False))
    assert not lived.violations
    assert lived.years == SHORT
    assert lived.texts


def test_the_same_year_gives_the_same_trace(tmp_path: Path) -> None:
    once, again = trace_of(4, tmp_path), trace_of(4, tmp_path)
    assert once == again
    assert len(once) > 50


def test_a_kill_within_a_flood_leaves_one_incident_and_one_report_of_each_number(
    tmp_path: Path,
) -> None:
    """The engine by itself: water, a kill before the report was recorded, the network's book."""
    course = Course("flood", (600.0, 660.0, 2400.0, 4000.0), (0.0, 200.0, 200.0, 0.0))
    flood = Flood(course, {"entrance": course})
    home = homes()["one sensor"]
    one = Year(
        3, home, armed=True, floods=(flood,), kills=(Kill(665.0, 2.0),), length_s=20 * 3600.0
    )
    world = live(one, tmp_path)
    told = [row.text.split()[-1] for row in world.books.reports()]
    assert world.lives == 2
    assert list(world.books.incidents) == ["i1.1"]
    assert told in (["1/3", "2/3", "3/3"], ["1/3", "1/3", "2/3", "3/3"])


def test_every_invariant_has_a_name_and_a_statement() -> None:
    names = [judge.name for judge in INVARIANTS]
    assert names == [*(f"S{n}" for n in range(1, 8)), *(f"L{n}" for n in range(1, 6)), "L0"]
    for judge in INVARIANTS:
        assert judge.__doc__
        assert judge.__doc__.startswith(judge.name + ".")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_is_shorter_than_the_corroboration_delay_reaches_nobody(
    kind: object, tmp_path: Path
) -> None:
    found = passed(kind, BRIEF_S, 2, SEED, tmp_path)  # type: ignore[arg-type]  # from KINDS
    assert (found.people, found.emergency) == (0, 0)


def test_a_thing_that_stays_under_a_homes_only_sensor_does_reach_119(tmp_path: Path) -> None:
    """Said in design 4.4, and why doctor advises two kinds of sensor."""
    found = passed(KINDS[0], 60.0, 1, SEED, tmp_path)
    assert found.emergency == 1


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("first", range(1000, 2000, 100))
def test_no_invariant_is_broken_in_a_thousand_years(first: int, tmp_path: Path) -> None:
    lived = live_some((SEED, first, 100, str(tmp_path), False))
    assert not lived.violations


def test_a_cut_wire_beside_a_dry_sensor_never_calls_119(tmp_path: Path) -> None:
    home = homes()["door and high contact"]
    cut = Fault(FaultKind.CUT, "high", 600.0, 6000.0)
    world = live(Year(5, home, armed=True, faults=(cut,), length_s=8000.0), tmp_path)
    assert not world.books.reports()
    assert list(islice(world.network.book, 1)), "people are told, and the office of the trouble"


def test_two_seeds_are_two_years() -> None:
    assert year(Random(1)) != year(Random(2))


def test_dry_years_of_cats_mops_and_faults_tell_119_nothing(tmp_path: Path) -> None:
    lived = live_some((SEED, 0, DRY, str(tmp_path), True))
    assert [words for _, _, words in lived.violations] == []
    assert (lived.years, lived.reports) == (DRY, 0)
