"""What is wrong with a settings file, in words that a technician can act on.

Owns the shape of a problem and the words for a file that is none. Invariant: a key is the path that
a person typed, never a name of our classes. What pydantic says is put into it by ``translating``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_MAX_FOUND_CHARS: Final = 80


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: the dotted key, what was found there, what is allowed.

    ``remedy`` says what to do where that does not follow from ``allowed``. ``also`` are further
    keys at which the same cause was found: it is told once.
    """

    key: str
    found: str
    allowed: str
    remedy: str = ""
    also: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = f"{', '.join((self.key, *self.also))}: " if self.key else ""
        what = f"{where}found {self.found}; allowed: {self.allowed}"
        return f"{what}; {self.remedy}" if self.remedy else what


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing that works, but that a technician should know of.

    Attributes:
        key: Dotted, as in the file.
        text: In English.
        code: What it is, for who says it in another language.
        given: What the text names, by the names of its gaps.
    """

    key: str
    text: str
    code: str = ""
    given: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.key}: {self.text}"


class SettingsError(Exception):
    """The file cannot be used; ``problems`` holds everything that is wrong, at least one."""

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        """Hold all problems of ``source``, sorted by key."""
        self.source = source
        self.problems = tuple(sorted(set(problems), key=lambda problem: problem.key))
        super().__init__("\n".join([f"{source}:", *(f"  {item}" for item in self.problems)]))


def unreadable(file: Path, error: OSError) -> Problem:
    """Say that the settings file cannot be read, and what to do about it.

    Args:
        file: The settings file.
        error: The operating system's.
    """
    if isinstance(error, FileNotFoundError):
        return Problem(
            "",
            "no file",
            "a settings file",
            f"let floodbell init write {file}, or copy config/floodbell.example.toml there and"
            " fill it in",
        )
    if isinstance(error, PermissionError):
        return Problem("", "a file that is closed to you", "one that you may read", "use sudo")
    return Problem("", error.strerror or str(error), "a file that can be read")


def not_toml(error: ValueError) -> Problem:
    """Say where a file stops being TOML.

    Args:
        error: tomllib's, whose text ends with the place: ``(at line 3, column 5)``.
    """
    what, at, place = str(error).rpartition(" (at ")
    if not at:
        return Problem("", str(error), "TOML")
    place = place.removesuffix(")").replace("end of document", "the end of the file")
    return Problem(
        "",
        f"at {place}: {what[:1].lower()}{what[1:]}",
        'lines like [table], key = 3 or key = "text", each quote and bracket closed',
    )


def shown(value: object) -> str:
    """Write a value as it would stand in a TOML file, shortened.

    Args:
        value: Anything that tomllib returns.

    Returns:
        One line of at most 80 characters.
    """
    if value is None:
        text = "nothing"
    elif isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, str):
        plain = value if value.isprintable() else value.encode("unicode_escape").decode()
        text = f'"{plain}"'
    elif isinstance(value, dict):
        text = f"a table with {', '.join(map(str, value)) or 'nothing in it'}"
    elif isinstance(value, float):
        text = f"{value:.10g}"
    else:
        text = str(value)
    return text if len(text) <= _MAX_FOUND_CHARS else text[: _MAX_FOUND_CHARS - 1] + "…"
