"""The inbox: what other threads tell the loop, besides what happens to sensors, routes and people.

Every event is immutable and is stamped with the monotonic time at which it was put.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from edge.events import (
    AirFelt,
    Armed,
    Attempted,
    BellPressed,
    CallCame,
    Delivered,
    Echoed,
    Handled,
    Measured,
    RouteState,
    SensorFailed,
    TextCame,
    TroubleGone,
    TroubleSeen,
)
from edge.store.rows import Recovered
from edge.supply import Supply


@dataclass(frozen=True, slots=True)
class Question:
    """Somebody asks over the control socket; ``answer`` is safe to call from the loop.

    ``by`` is the local user's name, as the machine knows it.
    """

    command: str
    arguments: Mapping[str, Any]
    by: str
    answer: Callable[[Mapping[str, Any] | None, str | None], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """The centre asks for something, and was let in; ``answer`` is safe to call from the loop.

    ``id`` is the request's, ``by`` who it says asked.
    """

    name: str
    id: str | int
    arguments: Mapping[str, Any]
    by: str
    answer: Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Refused:
    """Requests of the centre were turned away: ``count`` of them since the last time this was said.

    ``name``, ``error``, ``reason`` and ``by`` are of the last.
    """

    name: str
    error: str
    reason: str
    by: str
    count: int


@dataclass(frozen=True, slots=True)
class Stop:
    """End the loop cleanly."""

    reason: str


@dataclass(frozen=True, slots=True)
class Late:
    """The disk came after the start: this is what it remembers."""

    recovered: Recovered


@dataclass(frozen=True, slots=True)
class Reload:
    """New settings are said to be there: begin anew with them once no incident is open."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The settings on the disk were looked at: ``good``, or not to be used."""

    good: bool


InboxEvent = (
    Echoed
    | Measured
    | SensorFailed
    | AirFelt
    | BellPressed
    | TroubleSeen
    | TroubleGone
    | Attempted
    | Delivered
    | RouteState
    | CallCame
    | TextCame
    | Handled
    | Armed
    | Supply
    | Question
    | Asked
    | Refused
    | Stop
    | Late
    | Reload
    | Judged
)
Inbox = queue.SimpleQueue[tuple[float, InboxEvent]]
