"""The course of the water as a picture shows it, whatever it was made from. Pure.

A replay and a history are the same picture: depths of sensors over setpoints, the stages below
them, and what was told. This is what both are made into, and all that ``plot`` and ``plot_png``
know. Invariant: depths are joined only within a run, and between two runs nothing was measured.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

Point = tuple[float, float]
"""Seconds, and millimetres above the floor."""

NOBODY_KNOWS = ""
"""In place of a stage: nothing was measured."""


class Sign(StrEnum):
    """What a mark tells."""

    BELL = "bell"  # the bell was pressed
    REPORT = "report"  # a report to 119 was accepted
    WITHHELD = "withheld"  # a report that the bell held back, or that did not reach 119


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at a moment; ``depth_mm`` is where it is drawn."""

    at_s: float
    sign: Sign
    depth_mm: float


@dataclass(frozen=True, slots=True)
class Bound:
    """For a time a sensor knew no depth, but a bound of it: at least, or below, so much."""

    from_s: float
    to_s: float
    mm: float
    at_least: bool


@dataclass(frozen=True, slots=True)
class Series:
    """What one sensor said; ``name`` is "" where there is nothing to tell it from."""

    name: str
    runs: tuple[tuple[Point, ...], ...]
    bounds: tuple[Bound, ...] = ()


@dataclass(frozen=True, slots=True)
class Setpoints:
    """Where the stages begin, in millimetres."""

    alert_mm: float
    danger_mm: float


@dataclass(frozen=True, slots=True)
class Course:
    """All of it; every second is of one clock, which may count from anywhere.

    ``stages`` has the level from each moment on, ``incidents`` from when to when each lasted.
    ``told`` writes a moment on the axis of time, and ``zero_s`` is a round one: the labels lie
    round seconds from it. ``title`` names what the axis counts.
    """

    begins_s: float
    ends_s: float
    series: tuple[Series, ...]
    stages: tuple[tuple[float, str], ...]
    marks: tuple[Mark, ...]
    told: Callable[[float], str]
    zero_s: float
    title: str
    setpoints: Setpoints | None = None
    incidents: tuple[tuple[float, float], ...] = ()

    @property
    def depths_mm(self) -> list[float]:
        """Every depth and every bound that is drawn."""
        return [
            *(mm for one in self.series for run in one.runs for _, mm in run),
            *(bound.mm for one in self.series for bound in one.bounds),
        ]
