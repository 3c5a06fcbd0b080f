"""What was seen from outside while the demo ran: values, in the order in which they came.

Owns the record. Pure: seconds are given to it. It holds only what a person in the house, a phone or
the centre could have seen, never what the daemon thinks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from edge.demo.pace import Pace
from edge.demo.scenarios import Act, Scenario
from edge.effects import Purpose


@dataclass(frozen=True, slots=True)
class Text:
    """A text that the network took from the modem.

    Attributes:
        at_s: Seconds since the script began.
        number: Whom it went to, as dialled.
        body: What it says.
        parts: How many short messages it took.
        purpose: What it is about, by its words; None if they say nothing known.
    """

    at_s: float
    number: str
    body: str
    parts: int
    purpose: Purpose | None


@dataclass(frozen=True, slots=True)
class Published:
    """A message that the centre heard.

    Attributes:
        at_s: Seconds since the script began; negative before it.
        topic: The topic below the site's base, e.g. ``sensors/door``.
        payload: The decoded JSON object; empty if it was none.
    """

    at_s: float
    topic: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Done:
    """Something was done to a part.

    Attributes:
        at_s: Seconds since the script began.
        act: What.
        wall: When, for comparison with the time stamps of readings.
    """

    at_s: float
    act: Act
    wall: datetime


Seen = Text | Published | Done


@dataclass(slots=True)
class Record:
    """All that was seen in one run.

    Attributes:
        scenario: What was played.
        pace: How fast.
        seen: Everything, in order.
        kept: What the broker kept at the end, asked afresh, by topic below the base; None
            until it was asked.
        exit_status: How the daemon ended; None while it runs.
        ended_in_s: How long it took to end after SIGTERM.
    """

    scenario: Scenario
    pace: Pace
    seen: list[Seen] = field(default_factory=list)
    kept: dict[str, dict[str, Any]] | None = None
    exit_status: int | None = None
    ended_in_s: float = 0.0

    def texts(self, number: str | None = None) -> Iterator[Text]:
        """The texts to a number, or all."""
        for one in self.seen:
            if isinstance(one, Text) and number in (None, one.number):
                yield one

    def published(self, topic: str) -> Iterator[Published]:
        """What came on a topic."""
        return (one for one in self.seen if isinstance(one, Published) and one.topic == topic)

    def events(self, kind: str) -> Iterator[Published]:
        """The messages of one type in the log ``events``."""
        return (one for one in self.published("events") if one.payload.get("type") == kind)

    def done(self, act: Act) -> Done | None:
        """The first time something was done, or None."""
        acts = (one for one in self.seen if isinstance(one, Done) and one.act is act)
        return next(acts, None)

    def crossing_s(self, setpoint_mm: float) -> float | None:
        """When the water truly reached a setpoint, in seconds since the script began."""
        script_s = self.scenario.crossing_s(setpoint_mm)
        return None if script_s is None else self.pace.clock_s(script_s)
