"""From one of pydantic's errors to a problem that a technician can act on.

Owns the wording of what is allowed. Nothing here runs when a file is good.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic_core import ErrorDetails

from edge.settings.keys import DRIVERS, FieldAt
from edge.settings.places import dotted
from edge.settings.problems import Problem, shown


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
