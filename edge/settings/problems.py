"""What is wrong with a settings file, in words that a technician can act on.

Owns the shape of a problem and the translation of pydantic's errors into it. Invariant: a key is
the path that a person typed, never a name of our classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic_core import ErrorDetails

from edge.settings.keys import DRIVERS, FieldAt, dotted

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


def problem_of(error: ErrorDetails, field: FieldAt) -> Problem:
    """Translate one of pydantic's errors.

    Args:
        error: The error.
        field: Where it is, and what the models say of that place.
    """
    kind = error["type"]
    context: Mapping[str, Any] = error.get("ctx", {})
    key = dotted(field.path)
    if kind == "union_tag_not_found":
        return Problem(key, "nothing", ", ".join(f'"{name}"' for name in DRIVERS))
    if kind == "missing":
        return Problem(key, "nothing", _MISSING_ALLOWED.get(field.path[-1], "a value: required"))
    if kind == "extra_forbidden":
        return Problem(key, "an unknown key", _known(str(field.path[-1]), field.siblings))
    if kind == "union_tag_invalid":
        found = shown(context["tag"]) if "tag" in context else "a wrong driver"
        allowed = str(context["expected_tags"]).replace("'", '"')
        return Problem(key, found, allowed, _near(str(context.get("tag", "")), tuple(DRIVERS)))
    if error["loc"][-1:] == ("[key]",):
        return Problem(key, "this name", "letters a-z, digits, - and _, at most 32")
    allowed = _allowed(kind, error["msg"], context)
    if field.bounds and (kind in _NUMBERS or kind.startswith(("greater", "less"))):
        allowed = f"{_TYPES.get(kind, 'a number')}, {field.bounds}"
    return Problem(key, shown(error["input"]), allowed)


_MISSING_ALLOWED: Final[Mapping[str | int, str]] = {
    "site": "a [site] table: required",
    "sensors": "at least one [sensors.NAME] table",
}

_NUMBERS: Final = ("float_type", "int_type", "finite_number")

_TYPES: Final = {
    "float_type": "a number",
    "int_type": "a whole number",
    "string_type": "a text in quotes",
    "bool_type": "true or false",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "tuple_type": "a list",
    "list_type": "a list",
    "path_type": "a path in quotes",
    "finite_number": "a finite number",
}


_LENGTHS: Final = {
    "too_short": "at least {limit}",
    "too_long": "at most {limit}",
    "string_too_short": "a text of at least {limit} characters",
    "string_too_long": "a text of at most {limit} characters",
}


def _allowed(kind: str, message: str, context: Mapping[str, Any]) -> str:
    if kind in _TYPES:
        return _TYPES[kind]
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    for name, sign in signs.items():
        if name in context:
            return f"{sign} {context[name]:g}"
    if kind == "literal_error":
        return str(context["expected"]).replace("'", '"')
    if kind == "string_pattern_mismatch":
        return _PATTERNS.get(context["pattern"], f"a text like {context['pattern']}")
    if kind in _LENGTHS:
        limit = context.get("min_length", context.get("max_length"))
        return _LENGTHS[kind].format(limit=limit)
    if kind == "value_error":
        return message.removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


_PATTERNS: Final = {
    r"^\+[1-9][0-9]{6,14}$": (
        "a person's number in E.164 form, +821012345678; never an emergency number"
    ),
    r"^[a-z0-9-]{1,32}$": "letters a-z, digits and -, at most 32",
    r"^[A-Za-z0-9_-]{1,32}$": "letters a-z, digits, - and _, at most 32",
    r"^[1-9][0-9]?oo[1-9][0-9]?$": "MooN: 1oo2, 2oo3, …",
    r"^[^\s/+#$\x00-\x1f]{1,64}$": "1 to 64 characters without blank, /, +, # and $",
    r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$": "a file name without a folder",
    r"^https?://[^\s/]+\S*$": "a URL: https://…",
    r"^[^/]+$": "a file name without a folder",
    r"^[^\x00-\x1f\x7f]+$": "one line of text",
}


def _known(key: str, siblings: Sequence[str]) -> str:
    return _near(key, siblings) or ", ".join(siblings) or "nothing here"


def _near(typed: str, known: Sequence[str]) -> str:
    """Ask whether another word was meant, empty if none is near."""
    import difflib  # noqa: PLC0415 - only when a file is wrong

    close = difflib.get_close_matches(typed, known, n=1)
    return f"did you mean {close[0]}?" if close else ""
