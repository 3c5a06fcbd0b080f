"""What a route's worker gets, and what an error of its port means for the message. Pure.

Invariant: an outcome is decided by the type of the error, never by its words, and is never better
than what the other side said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from drivers.errors import (
    DriverError,
    NotRegistered,
    NumberRefused,
    PortGone,
    ReportWithheld,
    SubmitAmbiguous,
    Throttled,
)
from drivers.modem.interlock import TooManyReports
from drivers.modem.pdu import Concat
from edge.effects import Origin
from edge.events import Attempted, Outcome

ANSWER_TIMEOUT_S: Final = 60.0
"""How long the network may take to accept a text; vendors allow 40 to 120 s (domain 5.1)."""


@dataclass(frozen=True, slots=True)
class Job:
    """One text, one part of one, or one call, ready to leave.

    ``origin`` is None for whatever may never reach 119.
    """

    key: str
    number: str
    text: str
    origin: Origin | None
    concat: Concat | None = None
    answer_timeout_s: float = ANSWER_TIMEOUT_S


def outcome_of(error: DriverError) -> Outcome:
    """Return what an error of the port means for the message."""
    if isinstance(error, ReportWithheld):
        return Outcome.WITHHELD
    if isinstance(error, SubmitAmbiguous):
        return Outcome.AMBIGUOUS
    if isinstance(error, NumberRefused):
        return Outcome.REFUSED
    # A locked SIM, or a service that does not know us, is no fault of the message.
    return Outcome.FAILED


def came_to_nothing(key: str, route: str, error: DriverError) -> Attempted:
    """Return what an error of the port tells the main thread of the job that met it.

    Args:
        key: The job's.
        route: The way that it went.
        error: What the port raised. Without a network or a port it was no attempt at all, and where
            the error says how long to wait, the message waits so long.
    """
    return Attempted(
        key,
        route,
        outcome_of(error),
        str(error),
        registered=not isinstance(error, (NotRegistered, PortGone)),
        wait_s=error.wait_s if isinstance(error, (TooManyReports, Throttled)) else None,
    )
