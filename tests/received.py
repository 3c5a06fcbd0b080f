"""What the centre can prove of a device's logs from what it has heard, and from nothing else.

Contract 3: numbers count from 1 by 1 in each log; a message may come twice; none may be missing but
what an event ``readings_thinned`` names; what comes for the first time comes in order.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

NUMBERED: Final = ("readings", "events")
_SHOWN: Final = 5  # numbers named in a fault; the rest are counted


@dataclass
class Received:
    """The logs of one device as a subscriber has put them together.

    Args:
        base: The device's base topic.
    """

    base: str
    repeats: int = 0
    _rows: dict[str, dict[int, dict[str, Any]]] = field(default_factory=dict)
    _changed: list[str] = field(default_factory=list)

    def hear(self, topic: str, payload: bytes) -> None:
        """Take a message; those of no numbered log are passed over."""
        name = topic.removeprefix(f"{self.base}/")
        if name not in NUMBERED:
            return
        message = json.loads(payload, object_pairs_hook=_no_name_twice)
        rows = self._rows.setdefault(message["log"], {})
        for row in message["readings"] if name == "readings" else [message]:
            first = rows.setdefault(row["seq"], row)
            if first is not row:
                self.repeats += 1
                if first != row:
                    self._changed.append(f"{row['seq']} of {name} came again as something else")

    def numbers(self, log_id: str) -> list[int]:
        """The numbers of a log in the order in which they came first."""
        return list(self._rows.get(log_id, {}))

    def has(self, log_id: str, seq: int) -> bool:
        """Whether this number has come."""
        return seq in self._rows.get(log_id, {})

    @property
    def count(self) -> int:
        """How many different rows have come."""
        return sum(map(len, self._rows.values()))

    @property
    def thinned(self) -> list[Mapping[str, Any]]:
        """The ``readings_thinned`` events that have come."""
        rows = (row for log in self._rows.values() for row in log.values())
        return [row for row in rows if row.get("type") == "readings_thinned"]

    def faults(self, newest: Mapping[str, int]) -> list[str]:
        """What breaks the contract, in words; empty if nothing does.

        Args:
            newest: For each log's id, the highest number that the device has given out.
        """
        strange = [f"log {log_id} is none of the device's" for log_id in self._rows.keys() - newest]
        found = [fault for log_id in newest for fault in self._faults_of(log_id, newest[log_id])]
        return [*self._changed, *strange, *found]

    def _faults_of(self, log_id: str, newest: int) -> list[str]:
        numbers = self.numbers(log_id)
        ranges = [event for event in self.thinned if event["readings_log"] == log_id]
        named = {seq for one in ranges for seq in range(one["from_seq"], one["to_seq"] + 1)}
        given = set(range(1, newest + 1))
        faults = []
        if missing := given - set(numbers) - named:
            faults.append(f"missing of {log_id}: {_some(missing)}")
        if invented := set(numbers) - given:
            faults.append(f"never given out in {log_id}: {_some(invented)}")
        if late := [after for before, after in pairwise(numbers) if after < before]:
            faults.append(f"out of order in {log_id}: {_some(late)}")
        return [*faults, *_too_thin(ranges, set(numbers))]


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), f"a name stands twice in one object: {names}"
    return dict(pairs)


def _too_thin(ranges: list[Mapping[str, Any]], numbers: set[int]) -> list[str]:
    """Ranges of which less came than was kept. What was thinned again is explained by that."""
    faults = []
    for one in ranges:
        seqs = range(one["from_seq"], one["to_seq"] + 1)
        others = (other for other in ranges if other is not one)
        again = any(o["from_seq"] <= seqs[-1] and o["to_seq"] >= seqs[0] for o in others)
        came = len(numbers.intersection(seqs))
        if not again and came < one["kept"]:
            faults.append(f"{came} of the {one['kept']} kept came of {seqs[0]} to {seqs[-1]}")
    return faults


def _some(numbers: Iterable[int]) -> str:
    ordered = sorted(numbers)
    more = f" and {len(ordered) - _SHOWN} more" if len(ordered) > _SHOWN else ""
    return ", ".join(map(str, ordered[:_SHOWN])) + more
