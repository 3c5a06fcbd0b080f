"""What a web service said, as plain values: for those who read it and open nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """A final answer.

    Attributes:
        status: HTTP status.
        headers: By lower-case name.
        body: Bounded by whoever read it; short if it was cut off: the status stands all the same.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
