"""What of which length gets through to people and to 119, on a floor that stays dry.

Owns the table. Every zone of the home has one working sensor. Invariant: what is shorter than
on-delay and corroboration delay together reaches 119 never, and the table says so in a row.

Source: design 4.4: one that stands longer under a home's only sensor does reach 119.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from tests.world.homes import Home, homes
from tests.world.sensors import Fault, FaultKind
from tests.world.timetable import Year
from tests.world.water import TOO_NEAR_MM, Disturbance
from tests.world.world import live

LENGTHS_S = (1.0, 3.0, 5.0, 8.0, 9.0, 15.0, 30.0, 60.0, 300.0, 3600.0)
BEGINS_S = 3600.0
TRIES = 10


@dataclass(frozen=True, slots=True)
class Kind:
    """One sort of disturbance: how it looks to a sensor, drawn anew each time."""

    name: str
    home: str
    year: Callable[[Random, Home, float], Year]


def _thing(low_mm: float, high_mm: float) -> Callable[[Random, Home, float], Year]:
    """Something that stands under the door's sensor and wanders by some centimetres."""

    def year(random: Random, home: Home, length_s: float) -> Year:
        steps = []
        after_s = 0.0
        base_mm = random.uniform(low_mm, high_mm)
        while after_s < length_s:
            steps.append((after_s, max(2.0, base_mm + random.uniform(-20.0, 20.0))))
            after_s += random.uniform(0.4, 5.0)
        if high_mm == TOO_NEAR_MM:
            steps = [(0.0, TOO_NEAR_MM)]
        begins_s = BEGINS_S + random.random()
        shown = Disturbance("thing", ("door",), begins_s, begins_s + length_s, tuple(steps))
        return _year(random, home, disturbances=(shown,))

    return year


def _film(random: Random, home: Home, length_s: float) -> Year:
    begins_s = BEGINS_S + random.random()
    film = Disturbance(
        "mop", ("door",), begins_s, begins_s + length_s, ((0.0, random.uniform(1.0, 4.5)),)
    )
    return _year(random, home, disturbances=(film,))


def _fault(kind: FaultKind, sensor: str, amount_mm: float = 0.0) -> Callable[..., Year]:
    def year(random: Random, home: Home, length_s: float) -> Year:
        begins_s = BEGINS_S + random.random()
        fault = Fault(kind, sensor, begins_s, begins_s + length_s, amount_mm)
        return _year(random, home, faults=(fault,))

    return year


def _year(
    random: Random,
    home: Home,
    *,
    disturbances: tuple[Disturbance, ...] = (),
    faults: tuple[Fault, ...] = (),
) -> Year:
    return Year(
        random.getrandbits(48),
        home,
        armed=True,
        disturbances=disturbances,
        faults=faults,
        length_s=BEGINS_S + 2 * 3600.0,
    )


KINDS = (
    Kind("cat, box, person: 160 mm and more", "one sensor", _thing(180.0, 500.0)),
    Kind("cat asleep: 90 to 140 mm", "one sensor", _thing(110.0, 125.0)),
    Kind("mop: a film", "one sensor", _film),
    Kind("splash on a float", "door and float", _fault(FaultKind.STUCK_WET, "float")),
    Kind("insect on the sensor's face", "one sensor", _thing(TOO_NEAR_MM, TOO_NEAR_MM)),
    Kind("cut wire of a contact", "door and high contact", _fault(FaultKind.CUT, "high")),
    Kind("shorted contact", "door and high contact", _fault(FaultKind.SHORT, "high")),
    Kind("drift by 12 mm", "one sensor", _fault(FaultKind.DRIFT, "door", 12.0)),
    Kind("noise of 12 mm", "one sensor", _fault(FaultKind.NOISE, "door", 12.0)),
)


@dataclass(frozen=True, slots=True)
class Passed:
    """How many of so many reached people, and 119."""

    tries: int
    people: int
    emergency: int

    def words(self) -> str:
        """Return ``people/119`` as shares of a hundred."""
        return f"{100 * self.people // self.tries:3d}/{100 * self.emergency // self.tries:3d}"


def passed(kind: Kind, length_s: float, tries: int, seed: int, folder: Path) -> Passed:
    """Try one sort and length so often."""
    people = emergency = 0
    for number in range(tries):
        random = Random(f"{seed}/{kind.name}/{length_s}/{number}")
        home = homes()[kind.home]
        year = kind.year(random, home, length_s)
        world = live(replace(year, home=home), folder, judges=())
        told = [row for row in world.network.book if _of_an_incident(row.key)]
        emergency += any(row.number == "119" for row in told)
        people += any(row.number != "119" for row in told)
    return Passed(tries, people, emergency)


def _of_an_incident(key: str) -> bool:
    return "@" not in key.partition("/")[0]


def table(seed: int, tries: int, folder: Path) -> int:
    """Print the table; return the exit code: 1 if a short one has reached 119."""
    tries = max(1, min(tries, TRIES * 10))
    print(f"share of {tries} that reached people / 119, in %, one working sensor a zone, dry floor")
    print(f"{'':36}" + "".join(f"{length_s:>9.0f} s" for length_s in LENGTHS_S))
    bad = 0
    for kind in KINDS:
        cells = []
        for length_s in LENGTHS_S:
            found = passed(kind, length_s, tries, seed, folder)
            cells.append(found.words())
            delay_s = homes()[kind.home].policy.uncorroborated_delay_s
            bad += found.emergency if length_s < delay_s else 0
        print(f"{kind.name:36}" + "".join(f"{cell:>11}" for cell in cells), flush=True)
    print(f"{bad} of those shorter than the corroboration delay reached 119")
    return 1 if bad else 0
