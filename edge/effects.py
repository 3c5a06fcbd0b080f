"""What the law wants done: frozen values, performed by the app in the order siren, store, network.

Every effect carries its reason in words a person can read; the reason goes into the event log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

Origin = Literal["water", "bell"]
"""Where a message that may reach 119 comes from: real water, or the bell (design 4.8)."""

Mark = Literal["", "drill", "service"]
"""What a text is part of, if it is not to be taken at its word (design 4.9)."""


class Purpose(StrEnum):
    """What a message is for; the order is the order in which messages leave (design 5)."""

    REPORT = "report"
    DANGER = "danger"
    CALL_YOURSELF = "call_yourself"
    UNCONFIRMED = "unconfirmed"
    DROWNED = "drowned"
    BELL = "bell"
    CALL = "call"
    ALERT = "alert"
    RECEDED = "receded"
    TROUBLE = "trouble"
    TROUBLE_CLEARED = "trouble_cleared"
    DIGEST = "digest"
    SERVICE_ENDS = "service_ends"
    DRILL = "drill"
    TEST = "test"
    CAP = "cap"


def message_key(
    about: str, episode: int, purpose: Purpose, contact: str, repeat: int, part: int
) -> str:
    """Return the key of a message: the same decision always gives the same key (design 3).

    ``about`` is the incident, or what else it is about. Keys are made here and nowhere else.
    """
    return f"{about}/{episode}/{purpose}/{contact}/{repeat}/{part}"


def report_key(incident: str, episode: int, repeat: int) -> str:
    """Return the key of one report to 119."""
    return message_key(incident, episode, Purpose.REPORT, "119", repeat, 1)


def call_key(incident: str, episode: int) -> str:
    """Return the key of the voice call to 119 of one episode."""
    return message_key(incident, episode, Purpose.CALL, "119", 1, 1)


@dataclass(frozen=True, slots=True)
class Facts:
    """What was true about the water when a message was decided; depths in mm above the floor.

    ``depth_mm`` is None when nothing measures it. ``at_least`` marks a depth that is only a lower
    bound. ``setpoint_mm`` is the setpoint that was reached: no text ever says less. ``armed`` is
    whether a report to 119 may leave: a text must never suggest that 119 was called when it was
    not. ``mark`` says that a text is part of a drill or of a technician's service; ``unstable``
    that a trouble comes and goes; ``again`` that people were told of it before.
    """

    depth_mm: float | None = None
    at_least: bool = False
    peak_mm: float | None = None
    setpoint_mm: float = 0.0
    zone: str | None = None
    armed: bool = False
    drowned: bool = False
    cause: str = ""
    detail: str = ""
    mark: Mark = ""
    unstable: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True)
class Sound:
    """Set siren and strobe, at once, before any disk or network."""

    siren: bool
    strobe: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Chirp:
    """Let the sounder chirp a few times: something is about to end (design 4.9)."""

    reason: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Tell people something; ``routes``, if any are named, are the ways instead of their own."""

    purpose: Purpose
    contacts: tuple[str, ...]
    incident: str | None
    episode: int
    facts: Facts
    reason: str
    origin: Origin | None = None
    routes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Report to 119: repeat ``repeat`` of ``repeats`` of an episode."""

    incident: str
    episode: int
    repeat: int
    repeats: int
    origin: Origin
    reason: str

    @property
    def key(self) -> str:
        """The outbox key under which its outcome comes back."""
        return report_key(self.incident, self.episode, self.repeat)


@dataclass(frozen=True, slots=True)
class Call:
    """Dial 119 for an episode, after its first report and the texts to people (design 5)."""

    incident: str
    episode: int
    origin: Origin
    reason: str

    @property
    def key(self) -> str:
        """The outbox key under which its outcome comes back."""
        return call_key(self.incident, self.episode)


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Messages of these purposes that have not left are dropped, and the log says why."""

    incident: str | None
    purposes: tuple[Purpose, ...]
    reason: str
    cause: str | None = None  # for troubles: only messages about this cause
    keys: tuple[str, ...] = ()  # only these messages, if any are named
    decided_by_s: float | None = None  # only messages that were decided by then


@dataclass(frozen=True, slots=True)
class Log:
    """An event for the log that the centre reads."""

    type: str
    incident: str | None = None
    episode: int = 0
    reason: str = ""
    fields: Mapping[str, object] = field(default_factory=dict)


Effect = Sound | Chirp | Notice | Report | Call | Withdraw | Log
