"""What was seen of one schedule from outside, as plain values: the judge knows nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field

DANGER_WORD = "위험!"
"""With which every text of danger begins, and none of a trouble (config/texts.ko.toml)."""

DRILL_WORD = "[훈련]"


def speaks_of_danger(text: str) -> bool:
    """Whether a text tells of real danger."""
    return DANGER_WORD in text and DRILL_WORD not in text


WATER = "water"
BELL = "bell"

PROCESS = "process"
MODEM = "modem"
SENSORS = "sensors"
DISK = "disk"
CENTRE = "centre"
CLOCK = "clock"


@dataclass(frozen=True)
class Text:
    """One text, or one part, that the network took."""

    number: str
    text: str
    first_byte_s: float
    at_s: float
    answered: bool = True


@dataclass
class Origin:
    """Something that 119 is to hear of: when it was true, and until when it may be told."""

    kind: str
    true_s: float
    closed_s: float | None = None


@dataclass
class Spell:
    """A fault, from when to when, and how long after its end the bell may still be mending."""

    name: str
    hits: str
    begin_s: float
    end_s: float | None = None
    grace_s: float = 0.0

    def reaches(self, at_s: float) -> bool:
        """Whether the bell may be excused at this moment."""
        end_s = float("inf") if self.end_s is None else self.end_s + self.grace_s
        return self.begin_s <= at_s <= end_s


@dataclass
class Standing:
    """A fault that was left standing until the centre had heard of it."""

    cause: str
    begin_s: float
    heard_s: float | None = None


@dataclass
class Record:
    """One schedule."""

    seed: int
    repeats: int
    phones: tuple[str, ...]
    began_s: float = 0.0
    end_s: float = 0.0
    texts: list[Text] = field(default_factory=list)
    dialled: list[str] = field(default_factory=list)
    origins: list[Origin] = field(default_factory=list)
    wet_s: float | None = None  # the first water at the alert setpoint that a sensor could see
    spells: list[Spell] = field(default_factory=list)
    siren: list[tuple[float, bool]] = field(default_factory=list)
    exits: list[str] = field(default_factory=list)  # nobody had asked for them
    slow_ends: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    drilled_s: list[float] = field(default_factory=list)  # when the centre may have begun a drill
    tracebacks: list[str] = field(default_factory=list)
    log_faults: list[str] = field(default_factory=list)
    standing: list[Standing] = field(default_factory=list)
    unsettled: list[str] = field(default_factory=list)
    lateness: list[tuple[float, float]] = field(default_factory=list)

    def reports(self) -> list[Text]:
        """What went to 119."""
        return [text for text in self.texts if text.number == "119"]

    def stood_still_s(self, begin_s: float, end_s: float) -> float:
        """How long the machine kept this very process from running between two moments."""
        return sum(late_s for at_s, late_s in self.lateness if begin_s <= at_s <= end_s)
