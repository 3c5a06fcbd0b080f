"""What came of a replay: the entries in order of time, and the figures that sum them up. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from edge.simulate.water import Point


class Kind(StrEnum):
    """What an entry tells."""

    STAGE = "stage"  # the level changed
    SIREN = "siren"  # siren or strobe went on or off
    REPORT = "report"  # a report left for 119 and was accepted
    CALL = "call"  # 119 was rung
    WITHHELD = "withheld"  # a report that the bell held back
    PACED = "paced"  # a report that waits: enough have left in the last minute or hour
    NOTICE = "notice"  # a text left for people and was accepted
    DROPPED = "dropped"  # a text was withdrawn before it left
    EVENT = "event"  # anything else that enters the event log


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the story.

    ``at_s`` is in seconds of the series, ``depth_mm`` the true depth then. ``about`` is the stage,
    the purpose of a text or the type of an event; ``to`` are contacts, or ``119``.
    """

    at_s: float
    kind: Kind
    about: str
    reason: str
    depth_mm: float
    to: tuple[str, ...] = ()
    text: str = ""
    episode: int = 0
    repeat: int = 0
    repeats: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """How soon a setpoint was answered: alert by a text to people, danger by a report to 119.

    ``crossed_s`` is when the water last rose past the setpoint before it was told;
    ``first_crossed_s`` when it did so for the first time, which may have been too short to count.
    """

    setpoint_mm: float
    first_crossed_s: float | None
    crossed_s: float | None
    told_s: float | None

    @property
    def latency_s(self) -> float | None:
        """From the true crossing to the text; None if there was none."""
        if self.crossed_s is None or self.told_s is None:
            return None
        return self.told_s - self.crossed_s


@dataclass(frozen=True, slots=True)
class Story:
    """The whole replay; every second is one of the series.

    ``played_to_s`` is where the replay ended: behind ``ends_s`` the last depth stood, or the floor
    was dry: ``after_mm``. ``open`` says that the incident was still open then. ``course`` is the
    depth of the series in a bounded number of points, ``stages`` the level from each moment on.
    """

    entries: tuple[Entry, ...]
    begins_s: float
    ends_s: float
    played_to_s: float
    points: int
    peak: Point
    alert: Told
    danger: Told
    open: bool
    course: tuple[Point, ...]
    after_mm: float
    stages: tuple[tuple[float, str], ...]

    @property
    def texts_to_people(self) -> int:
        """How many texts people would have got; 119 is not among them."""
        return sum(len(entry.to) for entry in self.entries if entry.kind is Kind.NOTICE)

    @property
    def worth_showing_to_s(self) -> float:
        """Where a picture may end: with the series, or with the last change of the level after it.

        Behind that the floor is dry for half a day, until the latch is gone.
        """
        return max(self.ends_s, self.stages[-1][0])

    def count(self, kind: Kind) -> int:
        """How many entries of a kind there are."""
        return sum(entry.kind is kind for entry in self.entries)
