"""What a check says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


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
        id: What was checked, the same in every language and version, e.g. ``sensor:door``.
        name: The same for people, translated where it is a word, e.g. ``sensor door``.
        grade: Bad makes the whole examination fail; skip says why in ``found``.
        found: What was seen.
        remedy: What a technician can do about it; empty for good.
    """

    id: str
    name: str
    grade: Grade
    found: str
    remedy: str = ""


class Subject(NamedTuple):
    """What a check is about: for programs, and for people in their language."""

    id: str
    name: str


def good(subject: Subject, found: str) -> Verdict:
    """All is well."""
    return Verdict(*subject, Grade.GOOD, found)


def warn(subject: Subject, found: str, remedy: str) -> Verdict:
    """Works, but not as it should."""
    return Verdict(*subject, Grade.WARN, found, remedy)


def bad(subject: Subject, found: str, remedy: str) -> Verdict:
    """Does not work, or will not when it matters."""
    return Verdict(*subject, Grade.BAD, found, remedy)


def skip(subject: Subject, found: str) -> Verdict:
    """Could not be checked, or need not be; ``found`` says why."""
    return Verdict(*subject, Grade.SKIP, found)
