"""What a check says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """How it stands with the thing that was checked."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One line of ``floodbell doctor``.

    Attributes:
        name: What was checked, translated where it is a word, e.g. ``sensor door``.
        grade: Bad makes the whole examination fail; skip says why in ``found``.
        found: What was seen.
        remedy: What a technician can do about it; empty for good.
    """

    name: str
    grade: Grade
    found: str
    remedy: str = ""


def good(name: str, found: str) -> Verdict:
    """All is well."""
    return Verdict(name, Grade.GOOD, found)


def warn(name: str, found: str, remedy: str) -> Verdict:
    """Works, but not as it should."""
    return Verdict(name, Grade.WARN, found, remedy)


def bad(name: str, found: str, remedy: str) -> Verdict:
    """Does not work, or will not when it matters."""
    return Verdict(name, Grade.BAD, found, remedy)


def skip(name: str, found: str) -> Verdict:
    """Could not be checked, or need not be; ``found`` says why."""
    return Verdict(name, Grade.SKIP, found)
