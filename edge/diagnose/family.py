"""What a kind of verdict is: the shape of the rows in ``families``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of verdict.

    Attributes:
        id: Beginning of the ids of its verdicts, the same in every language.
        name: What is checked, for people.
        checked: How, and against what.
        bad: What it means if it is not good.
        remedies: What a technician can do, the likeliest first.
    """

    id: str
    name: str
    checked: str
    bad: str
    remedies: tuple[str, ...]
