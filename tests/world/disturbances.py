"""What stands or moves under a sensor while the floor is dry: people, cats, mops, boxes, insects.

Invariant of the brief ones: nothing tall is seen for longer than ``longest_s`` at a stretch, and
between two stretches the floor is seen for ``GAP_S`` at least. Those in ``STANDING`` stay: design
4.4 says that one under a home's only sensor does reach 119.

Sources: film under 5 mm after mopping, for minutes (domain 4.2); dogs, people and weeds (domain
1.5); insects (domain 0, row 3). Heights of cats and of people's shoes, knees and heads are
everyday ones.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from tests.world.water import TOO_NEAR_MM, Disturbance

LONGEST_S: Final = 9.0
"""Shorter than the 10 s for which a lone jump waits, by a sample interval (design 4.4)."""

GAP_S: Final = 6.0
"""Of dry floor between two visits: more than any sample interval in the homes."""

Maker = Callable[[Random, float, tuple[str, ...], float], Disturbance]
Steps = list[tuple[float, float]]


def cat(random: Random, begins_s: float, sensors: tuple[str, ...], longest_s: float) -> Disturbance:
    """A back, a tail, a gap: a cat passes under the sensor, a few times."""
    steps = _visits(random, longest_s, random.randint(1, 5), lambda: random.uniform(120.0, 320.0))
    return _disturbance("cat", begins_s, sensors, steps)


def person(
    random: Random, begins_s: float, sensors: tuple[str, ...], longest_s: float
) -> Disturbance:
    """Somebody at the door: shoes, knees, a bag, now and then a hand on the sensor."""

    def seen_mm() -> float:
        return random.choice((random.uniform(60.0, 560.0), random.uniform(60.0, 560.0), 5000.0))

    steps = _visits(random, longest_s, random.randint(1, 10), seen_mm)
    return _disturbance("person", begins_s, sensors, steps)


def mopping(
    random: Random, begins_s: float, sensors: tuple[str, ...], longest_s: float
) -> Disturbance:
    """A film of water for minutes, and the mop and its bucket under the sensor now and then."""
    visits = _visits(random, longest_s, random.randint(1, 8), lambda: random.uniform(60.0, 400.0))
    film_mm = random.uniform(1.0, 4.5)
    steps = [(at_s, mm or film_mm) for at_s, mm in visits]
    return _disturbance(
        "mopping", begins_s, sensors, [*steps, (steps[-1][0] + random.uniform(60.0, 900.0), 0.0)]
    )


def splash(
    random: Random, begins_s: float, sensors: tuple[str, ...], longest_s: float
) -> Disturbance:
    """Water thrown at the sensor: a moment, even for a float."""
    brief_s = min(2.0, longest_s)
    steps = _visits(random, brief_s, random.randint(1, 4), lambda: random.uniform(5.0, 180.0))
    return _disturbance("splash", begins_s, sensors, steps)


def insect(
    random: Random, begins_s: float, sensors: tuple[str, ...], longest_s: float
) -> Disturbance:
    """It walks over the sensor's face: nearer than the sensor can measure."""
    steps = _visits(random, longest_s, random.randint(1, 6), lambda: TOO_NEAR_MM)
    return _disturbance("insect", begins_s, sensors, steps)


def doormat(
    random: Random,
    begins_s: float,
    sensors: tuple[str, ...],
    longest_s: float,  # noqa: ARG001 - lower than any setpoint, so it may stay
) -> Disturbance:
    """Lower than any setpoint, even on a warm day, for weeks."""
    steps = [(0.0, random.uniform(2.0, 4.5)), (random.uniform(3600.0, 3e6), 0.0)]
    return _disturbance("doormat", begins_s, sensors, steps)


def box(random: Random, begins_s: float, sensors: tuple[str, ...], longest_s: float) -> Disturbance:
    """Put down under the sensor, and left there longer than ``longest_s``."""
    stands_s = longest_s + random.choice((random.uniform(1.0, 60.0), random.uniform(600.0, 1e6)))
    steps = [(0.0, random.uniform(25.0, 560.0)), (stands_s, 0.0)]
    return _disturbance("box", begins_s, sensors, steps)


def sleeping_cat(
    random: Random, begins_s: float, sensors: tuple[str, ...], longest_s: float
) -> Disturbance:
    """It comes, lies down, turns over now and then, and goes hours later."""
    steps: Steps = [(0.0, 260.0), (random.uniform(0.5, 5.0), random.uniform(90.0, 140.0))]
    until_s = longest_s + random.uniform(1800.0, 20000.0)
    while steps[-1][0] + 600.0 < until_s:
        steps.append((steps[-1][0] + random.uniform(300.0, 3000.0), random.uniform(90.0, 140.0)))
    return _disturbance("sleeping cat", begins_s, sensors, [*steps, (steps[-1][0] + 300.0, 0.0)])


def creeping(
    random: Random, begins_s: float, sensors: tuple[str, ...], longest_s: float
) -> Disturbance:
    """Lifted slowly under the sensor, so that it looks like rising water: the worst brief one."""
    rate_mm_s = random.uniform(10.0, 45.0)
    to_mm = random.uniform(160.0, 300.0)
    steps = [(0.2 * i, rate_mm_s * 0.2 * i) for i in range(int(to_mm / rate_mm_s * 5) + 1)]
    reached_s = steps[-1][0]
    return _disturbance("creeping", begins_s, sensors, [*steps, (reached_s + longest_s, 0.0)])


def bucket(
    begins_s: float, sensors: tuple[str, ...], depth_mm: float, lasts_s: float
) -> Disturbance:
    """A technician's test: the sensor stands in a bucket of water."""
    return _disturbance("bucket", begins_s, sensors, [(0.0, depth_mm), (lasts_s, 0.0)])


BRIEF: Final[tuple[Maker, ...]] = (cat, person, mopping, splash, insect, doormat)
STANDING: Final[tuple[Maker, ...]] = (box, sleeping_cat, creeping)


def _visits(random: Random, longest_s: float, count: int, seen_mm: Callable[[], float]) -> Steps:
    """Return visits with dry floor between; within one, what is seen wanders by a few cm."""
    steps: Steps = []
    at_s = 0.0
    for _ in range(count):
        left_s = random.uniform(0.2, longest_s)
        height_mm = seen_mm()
        while left_s > 0.0:
            part_s = min(left_s, random.uniform(0.3, 4.0))
            steps.append((at_s, max(5.0, height_mm + random.uniform(-30.0, 30.0))))
            at_s, left_s = at_s + part_s, left_s - part_s
        steps.append((at_s, 0.0))
        at_s += GAP_S + random.expovariate(1 / 20.0)
    return steps


def _disturbance(kind: str, begins_s: float, sensors: tuple[str, ...], steps: Steps) -> Disturbance:
    """Make one of steps whose last one is the end."""
    return Disturbance(kind, sensors, begins_s, begins_s + steps[-1][0], tuple(steps[:-1]))
