"""What goes into the store and what comes out: frozen values, and how a row becomes JSON.

Invariant: what is stored is strict JSON, one line; what is not a finite number is ``null``. Leaves
to others what the rows mean: the store knows only that a message has a status which may not fall
back, and that a log row gets a number. Rows of ``cap`` are XML documents, kept as they come.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Log = Literal["events", "cap", "readings"]
LOGS: tuple[Log, ...] = ("events", "cap", "readings")
"""In the order in which their backlogs leave (design 6): what is rare and urgent first."""

ACCEPTED = frozenset({"accepted", "delivered", "undelivered"})
"""Statuses of a message that a route has accepted: its key is used up, for ever."""

REOPENED = "reopened"
"""Status of a message that was accepted, and of which the network then said that it did not arrive:
the only one that may follow an acceptance and be tried again."""

SETTLED = ACCEPTED | {"refused", "superseded", "withdrawn", "withheld", "expired"}
"""Statuses of a message that nobody will try again; any other is handed out again at start."""


LOST = "*"
"""In place of a sensor's id: a damaged file took the calibrations with it (no id has a star)."""


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message of the outbox as the store sees it.

    ``key`` is unique for ever; ``status`` is a word of the outbox, ``body_json`` its own affair.
    """

    key: str
    status: str
    body_json: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What one step of the law changed: stored together or not at all.

    ``state`` is None if it did not change. ``events`` and ``readings`` are numbered at the commit.
    ``calibrations`` are sensor ids with what is to be remembered of each, its own affair. ``cap``
    are whole documents, numbered as the rows of the other logs are. ``settings`` is the text of a
    settings file with which the bell has started, None if nothing new is to be remembered.
    """

    state: str | None = None
    messages: tuple[MessageRow, ...] = ()
    events: tuple[Mapping[str, Any], ...] = ()
    readings: tuple[Mapping[str, Any], ...] = ()
    calibrations: tuple[tuple[str, str], ...] = ()
    cap: tuple[str, ...] = ()
    settings: str | None = None


@dataclass(frozen=True, slots=True)
class Recovered:
    """What the store remembered at start.

    ``messages`` are not settled, oldest first. ``accepted`` are the newest that a route accepted:
    their keys must not be sent again, and a status report may still come for them.
    ``calibrations`` are by sensor id; under ``LOST`` stands that there may have been others.
    ``settings`` is the text of the settings file of the last good start.
    ``trouble`` says in words what is wrong with the disk or the file, None when all is well.
    """

    state: str | None = None
    messages: tuple[MessageRow, ...] = ()
    accepted: tuple[MessageRow, ...] = ()
    log_ids: Mapping[Log, str] | None = None
    trouble: str | None = None
    calibrations: Mapping[str, str] = field(default_factory=dict)
    settings: str | None = None


@dataclass(frozen=True, slots=True)
class StoreHealth:
    """How the store is. ``size_bytes`` is the database file with its write-ahead log.

    ``pending`` counts what waits in memory for the disk, ``backlog`` the numbers that the centre
    has not acknowledged.
    """

    ok: bool
    detail: str
    size_bytes: int
    pending: int
    backlog: Mapping[Log, int]


def to_json(value: object) -> str:
    """One line of strict JSON; never raises.

    A number that JSON has no word for becomes ``null``, an object that is none of JSON's its text,
    half a character a question mark: a row with a flaw is worth more than no row.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except (ValueError, TypeError):
        text = json.dumps(_strict(value), ensure_ascii=False, separators=(",", ":"), default=str)
    return clean(text)


def clean(text: str) -> str:
    """The text as UTF-8 can hold it: SQLite refuses half a surrogate pair, and would for ever."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="replace").decode()
    return text


def _strict(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): _strict(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_strict(item) for item in value]
    return value
