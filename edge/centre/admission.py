"""Which requests of the centre are heard: size, form, repetition, age, rate. Time comes in.

Invariant: no request is done twice, none that is old, and never more than a few a second, whoever
sends them; what is turned away is turned away in words. What an admitted request may do is decided
in the law (design 4.9).
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from drivers.broker.client import SESSION_EXPIRY_S

if TYPE_CHECKING:
    from pydantic import ValidationError

LONGEST_BYTES: Final = 4096
"""A drill for 32 contacts with ids of 32 characters has some 1,300."""

OLDEST_S: Final = float(SESSION_EXPIRY_S)
"""A request is no older than the broker keeps it for a device that is away."""

AHEAD_S: Final = 60.0
"""How far the asker's clock may be ahead of ours."""

REMEMBERED: Final = 512
"""Ids of requests; with one a second they reach back eight minutes, so further than the oldest."""

BURST: Final = 10
PER_S: Final = 1.0
AN_HOUR: Final = {"drill": 2, "silence": 6}
"""A drill texts people and sounds; the siren is what wakes a sleeper. From afar so many are enough,
whoever got at the broker; at the bell there is no limit."""

_HOUR_S: Final = 3600.0

_LONGEST_ID: Final = 64
_SHOWN: Final = 3  # faults of one request; the first ones say enough


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not done: a word for programs, and words for people.

    ``id`` is that of the request, None where it could not be read.
    """

    error: str
    reason: str
    id: str | int | None = None


@dataclass(frozen=True, slots=True)
class Admitted:
    """A request to be done: its id, what it asks for, and who it says asks."""

    id: str | int
    arguments: dict[str, Any]
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """A request of before this start: ``recent`` if it was done, within the last hour."""

    id: str
    name: str = ""
    recent: bool = False


class _Bucket:
    """So many at once, then so many a second."""

    def __init__(self, holds: int, per_s: float) -> None:
        self.holds = holds
        self._per_s = per_s
        self._left = float(holds)
        self._at_s = 0.0

    def take(self, now_s: float) -> bool:
        """Whether one more may pass; it is counted if so."""
        self._left = min(self.holds, self._left + max(0.0, now_s - self._at_s) * self._per_s)
        self._at_s = now_s
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True

    def give_back(self) -> None:
        """The last one does not count."""
        self._left = min(self.holds, self._left + 1.0)


class Admission:
    """Remembers what was asked, and how often.

    Args:
        done_before: Requests that came before this start, oldest first.
        now_s: Monotonic time of now.
    """

    def __init__(self, done_before: Iterable[Earlier] = (), now_s: float = 0.0) -> None:
        earlier = tuple(done_before)
        self._seen: OrderedDict[str, None] = OrderedDict.fromkeys(one.id for one in earlier)
        self._all = _Bucket(BURST, PER_S)
        self._scarce = {name: _Bucket(most, most / _HOUR_S) for name, most in AN_HOUR.items()}
        for one in earlier:  # a restart must not make the limit anew
            if one.recent and one.name in self._scarce:
                self._scarce[one.name].take(now_s)

    def judge(
        self, name: str, payload: bytes, now_s: float, wall_utc: datetime | None
    ) -> Admitted | Refusal:
        """Return the request, or why it is not done.

        Args:
            name: Last segment of its topic.
            payload: As it came.
            now_s: Monotonic time.
            wall_utc: The time of day; None while it cannot be believed: then no age is judged.
        """
        from edge.centre.requests import REQUESTS  # noqa: PLC0415 - see there

        if not self._all.take(now_s):
            return Refusal("too_many", "more requests than one a second: ask again later")
        model = REQUESTS.get(name)
        if model is None:
            known = ", ".join(REQUESTS)
            words = f"{name[:32]!r} cannot be asked from afar; what can: {known}"
            return Refusal("unknown", words, _id_of(payload))
        if len(payload) > LONGEST_BYTES:
            words = f"a request has {LONGEST_BYTES} bytes at most"
            return Refusal("too_large", words)
        try:
            request = model.model_validate_json(payload)
        except ValueError as error:  # pydantic's own is one
            return Refusal("malformed", _words(error), _id_of(payload))
        return self._unless_old(name, request.id, request.ts, now_s, wall_utc) or Admitted(
            request.id, request.model_dump(exclude={"id", "ts", "by"}), request.by
        )

    def _unless_old(
        self,
        name: str,
        request_id: str | int,
        asked_utc: datetime | None,
        now_s: float,
        wall_utc: datetime | None,
    ) -> Refusal | None:
        if str(request_id) in self._seen:
            words = "a request with this id has been answered: a new one needs a new id"
            return Refusal("repeated", words, request_id)
        if asked_utc is not None and wall_utc is not None:
            age_s = (wall_utc - asked_utc).total_seconds()
            if not -AHEAD_S <= age_s <= OLDEST_S:
                words = f"asked {age_s:.0f} s ago by ts; {OLDEST_S:.0f} s are the most"
                return Refusal("too_old", words, request_id)
        scarce = self._scarce.get(name)
        if scarce is not None and not scarce.take(now_s):
            words = f"{name}: {scarce.holds} an hour from afar are the most"
            return Refusal("too_many", words, request_id)
        self._remember(str(request_id))
        return None

    def refund(self, name: str) -> None:
        """A request that was admitted was refused by the law: it does not count."""
        if (scarce := self._scarce.get(name)) is not None:
            scarce.give_back()

    def _remember(self, request_id: str) -> None:
        self._seen[request_id] = None
        while len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)


def _id_of(payload: bytes) -> str | int | None:
    """The id of a request that is not one, so that whoever asked finds the answer."""
    try:
        found = json.loads(payload)["id"] if len(payload) <= LONGEST_BYTES else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if isinstance(found, bool) or not isinstance(found, str | int):
        return None
    return found if len(str(found)) <= _LONGEST_ID else None


def _words(error: ValueError) -> str:
    """Say which field is wrong, and how; never what was in it: that may be anything."""
    faults = _faults(error) if hasattr(error, "errors") else []
    return "; ".join(faults[:_SHOWN]) or "not a JSON object"


def _faults(error: ValidationError | Any) -> list[str]:  # noqa: ANN401 - pydantic is not loaded for it
    return [
        ": ".join(filter(None, (".".join(map(str, one["loc"])), one["msg"])))
        for one in error.errors(include_url=False, include_input=False)
    ]
