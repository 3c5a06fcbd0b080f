"""Water in a simulated home, and what a sensor takes for water on a dry floor.

Owns the true depth over time, as straight lines between corners, and the things that stand or move
under a sensor. Invariant: a depth is never negative, and every course begins and ends dry. It knows
no sensor and no law; which sensors see what is said in ``happenings``.

Sources of the figures: water fills a semi-basement at 5 to 10 cm a minute (domain 0, "Door opens");
the recorded cloudburst rose 168 mm in 180 s and fell 200 mm in 40 min, the recorded tide 22 mm in
1008 s (FloodNet, NYC Open Data aq7i-eu5q); a mopped floor stands under less than 5 mm of water for
minutes (domain 4.2); cats, people and insects are what others' sensors were fooled by (domain 1.4,
1.5).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from random import Random

ALERT_MM = 20.0
DANGER_MM = 150.0
"""The Jongno bell's setpoints (contract 1): here only so that sizes fall on every side of them."""


@dataclass(frozen=True, slots=True)
class Course:
    """The true depth in one place: straight lines between corners, dry before and after.

    ``times_s`` rise strictly; ``depths_mm`` are above the floor; the first and the last are 0.
    """

    kind: str
    times_s: tuple[float, ...]
    depths_mm: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.times_s) != len(self.depths_mm) or len(self.times_s) < 2:
            raise ValueError(f"{self.kind}: {len(self.times_s)} times for {len(self.depths_mm)}")
        if any(after <= before for before, after in pairwise(self.times_s)):
            raise ValueError(f"{self.kind}: times do not rise: {self.times_s}")
        if min(self.depths_mm) < 0 or self.depths_mm[0] or self.depths_mm[-1]:
            raise ValueError(f"{self.kind}: does not begin and end dry: {self.depths_mm}")

    def depth_mm(self, t_s: float) -> float:
        """Return the depth at a time; 0 before the water comes and after it has gone."""
        times_s = self.times_s
        after = bisect_right(times_s, t_s)
        if after == 0 or after == len(times_s):
            return 0.0
        from_s, from_mm = times_s[after - 1], self.depths_mm[after - 1]
        rise_mm = self.depths_mm[after] - from_mm
        return from_mm + rise_mm * ((t_s - from_s) / (times_s[after] - from_s))

    def corners(self) -> tuple[float, ...]:
        """Return when the slope changes: first it begins, last it is dry again."""
        return self.times_s

    @property
    def begins_s(self) -> float:
        """When the floor gets wet."""
        return self.times_s[0]

    @property
    def ends_s(self) -> float:
        """When the floor is dry again."""
        return self.times_s[-1]

    @property
    def peak_mm(self) -> float:
        """The greatest depth."""
        return max(self.depths_mm)

    def rises_past(self, mm: float) -> tuple[float, ...]:
        """Return every time at which the rising water reaches a depth above 0."""
        return self._passes(mm, rising=True)

    def falls_below(self, mm: float) -> tuple[float, ...]:
        """Return every time at which the falling water leaves a depth above 0."""
        return self._passes(mm, rising=False)

    def lowered(self, by_mm: float) -> Course | None:
        """Return the same water over a floor that lies higher; None if that floor stays dry."""
        if self.peak_mm <= by_mm:
            return None
        passes = set(self.rises_past(by_mm)) | set(self.falls_below(by_mm)) if by_mm else set()
        inside = {t for t in self.times_s if self.depth_mm(t) >= by_mm}
        times_s = tuple(sorted(passes | inside))
        depths_mm = tuple(
            0.0 if t in passes else max(0.0, self.depth_mm(t) - by_mm) for t in times_s
        )
        return Course(self.kind, times_s, (0.0, *depths_mm[1:-1], 0.0))

    def _passes(self, mm: float, *, rising: bool) -> tuple[float, ...]:
        found: list[float] = []
        corners = zip(self.times_s, self.depths_mm, strict=True)
        for (from_s, from_mm), (to_s, to_mm) in pairwise(corners):
            if (from_mm < mm <= to_mm) if rising else (from_mm >= mm > to_mm):
                found.append(from_s + (to_s - from_s) * (mm - from_mm) / (to_mm - from_mm))
        return tuple(found)


Maker = Callable[[Random, float], Course]


def some_peak_mm(random: Random) -> float:
    """Return how high water comes: a quarter below alert, a third below danger, the rest beyond.

    Half of what goes beyond goes past every sensor's face: 600 mm, and up to a man's chest.
    """
    kind = random.random()
    if kind < 0.25:
        return random.uniform(3.0, ALERT_MM - 2.0)
    if kind < 0.55:
        return random.uniform(ALERT_MM + 2.0, DANGER_MM - 5.0)
    if kind < 0.8:
        return random.uniform(DANGER_MM + 5.0, 400.0)
    return random.uniform(400.0, 1500.0)


def flash_flood(random: Random, begins_s: float, peak_mm: float | None = None) -> Course:
    """Rain comes down the stairs: up in minutes with pauses, down in an hour or two."""
    peak = some_peak_mm(random) if peak_mm is None else peak_mm
    legs: list[tuple[float, float]] = []
    shares = sorted(random.random() for _ in range(random.randint(0, 2)))
    for share in (*shares, 1.0):
        reached_mm = legs[-1][1] if legs else 0.0
        legs.append((max(1.0, (share * peak - reached_mm) / _rate(random)), share * peak))
        legs.append((random.uniform(10.0, 600.0), share * peak))
    return _course("flash flood", begins_s, (*legs, *_fall(random, peak)))


def slow_rise(random: Random, begins_s: float, peak_mm: float | None = None) -> Course:
    """Seep or tide: centimetres in a quarter of an hour, gone as slowly."""
    peak = some_peak_mm(random) if peak_mm is None else peak_mm
    rising_s = peak / random.uniform(0.02, 0.2)
    legs = ((rising_s, peak), (random.uniform(60.0, 3600.0), peak), *_fall(random, peak))
    return _course("slow rise", begins_s, legs)


def ripples(random: Random, begins_s: float) -> Course:
    """Waves on standing water, most often round a setpoint: someone wades through it."""
    around = random.choice((ALERT_MM, DANGER_MM, DANGER_MM, some_peak_mm(random) + 5.0))
    still_mm = max(4.0, around + random.uniform(-12.0, 12.0))
    height_mm = min(random.uniform(2.0, 25.0), still_mm)
    legs = [(still_mm / _rate(random), still_mm)]
    for _ in range(random.randint(1, 4)):
        for _ in range(random.randint(4, 25)):
            half_s = random.uniform(0.5, 4.0)
            legs.append((half_s, still_mm + random.uniform(0.0, height_mm)))
            legs.append((half_s, still_mm - random.uniform(0.0, height_mm)))
        legs += [(1.0, still_mm), (random.uniform(5.0, 900.0), still_mm)]
    return _course("ripples", begins_s, (*legs, *_fall(random, still_mm)))


def receding_and_returning(random: Random, begins_s: float) -> Course:
    """The second flood of one night: it falls, not always to the floor, and comes again."""
    legs: list[tuple[float, float]] = []
    for _ in range(random.randint(2, 3)):
        peak = random.uniform(DANGER_MM + 5.0, 500.0)
        low = random.choice((0.0, 0.0, random.uniform(1.0, 14.0), random.uniform(30.0, 135.0)))
        reached_mm = legs[-1][1] if legs else 0.0
        legs += [
            ((peak - reached_mm) / _rate(random), peak),
            (random.uniform(20.0, 900.0), peak),
            ((peak - low) / random.uniform(0.1, 2.0), low),
            (random.choice((60.0, 590.0, 610.0, 1790.0, 1810.0, random.uniform(3e3, 5e4))), low),
        ]
    reached_mm = legs[-1][1]
    return _course("receding and returning", begins_s, (*legs, (60.0 + reached_mm, 0.0)))


def burst_pipe(random: Random, begins_s: float) -> Course:
    """A steady inflow until somebody turns the tap, or the drain carries as much."""
    peak = some_peak_mm(random)
    rising_s = peak / random.uniform(0.05, 0.6)
    legs = ((rising_s, peak), (random.uniform(60.0, 7200.0), peak), (peak / 0.3, 0.0))
    return _course("burst pipe", begins_s, legs)


def door_gives_way(random: Random, begins_s: float) -> Course:
    """The water stood outside: within seconds it stands inside, faster than any plausible rise."""
    peak = random.uniform(DANGER_MM + 5.0, 1200.0)
    legs = ((peak / random.uniform(55.0, 300.0), peak), (random.uniform(60.0, 1800.0), peak))
    return _course("door gives way", begins_s, (*legs, *_fall(random, peak)))


def from_record(kind: str, rows: Iterable[tuple[float, float]], begins_s: float) -> Course:
    """Return a recorded flood, with a minute's rise before it and an hour's fall after it."""
    recorded = list(rows)
    first_s, (last_s, last_mm) = recorded[0][0], recorded[-1]
    corners = [(begins_s + 60.0 + t - first_s, depth_mm) for t, depth_mm in recorded]
    if last_mm:
        corners.append((begins_s + 60.0 + last_s - first_s + 3600.0, 0.0))
    corners.insert(0, (begins_s, 0.0))
    return Course(kind, tuple(t for t, _ in corners), tuple(mm for _, mm in corners))


MAKERS: tuple[Maker, ...] = (
    flash_flood,
    slow_rise,
    ripples,
    receding_and_returning,
    burst_pipe,
    door_gives_way,
)


def _rate(random: Random) -> float:
    """A rise in mm/s: 5 to 10 cm a minute is usual, a window gives way at more."""
    return random.choice(
        (random.uniform(0.8, 1.7), random.uniform(0.8, 1.7), random.uniform(2, 45))
    )


def _fall(random: Random, from_mm: float) -> tuple[tuple[float, float], ...]:
    """Two straight lines down to the floor, the second slower."""
    knee_mm = from_mm * random.uniform(0.2, 0.8)
    return (
        ((from_mm - knee_mm) / random.uniform(0.08, 1.0), knee_mm),
        (knee_mm / random.uniform(0.03, 0.3), 0.0),
    )


def _course(kind: str, begins_s: float, legs: Iterable[tuple[float, float]]) -> Course:
    """Lay legs of (seconds, depth at their end) one after another, from a dry floor."""
    times_s, depths_mm = [begins_s], [0.0]
    for seconds, depth_mm in legs:
        times_s.append(times_s[-1] + seconds)
        depths_mm.append(depth_mm)
    return Course(kind, tuple(times_s), tuple(depths_mm))


TOO_NEAR_MM = inf
"""What a sensor "sees" of a thing on its own face: nearer than it can measure."""


@dataclass(frozen=True, slots=True)
class Disturbance:
    """What some sensors see though the floor under them is dry.

    ``steps`` are (second since ``begins_s``, depth in mm taken for water) and hold until the next;
    infinity is a thing nearer than the sensor can measure.
    """

    kind: str
    sensors: tuple[str, ...]
    begins_s: float
    ends_s: float
    steps: tuple[tuple[float, float], ...]

    def sees_mm(self, t_s: float) -> float:
        """Return the depth that the sensors take it for; 0 outside its time."""
        if not self.begins_s <= t_s < self.ends_s:
            return 0.0
        return self.steps[bisect_right(self.steps, (t_s - self.begins_s, inf)) - 1][1]

    def corners(self) -> tuple[float, ...]:
        """Return when what is seen changes, its beginning and end among them."""
        return (*(self.begins_s + after_s for after_s, _ in self.steps), self.ends_s)

    def longest_s(self, mm: float) -> float:
        """Return the longest stretch in which something as deep as ``mm`` is seen."""
        longest_s, since_s = 0.0, None
        for (at_s, seen_mm), until_s in zip(self.steps, self.corners()[1:], strict=True):
            since_s = (at_s if since_s is None else since_s) if seen_mm >= mm else None
            if since_s is not None:
                longest_s = max(longest_s, until_s - self.begins_s - since_s)
        return longest_s
