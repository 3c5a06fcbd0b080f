"""Asking for one key of the settings, as its model has it.

Owns the way from what is typed to a value of the key's type. Whether the value is good is asked of
the loader, with all other answers at hand; a reason is told and the key asked again.
"""

from __future__ import annotations

import tomllib
import types
from typing import TYPE_CHECKING, Any, Final, Literal, Union, get_args, get_origin

from edge.cli.asking import NOTHING, Again, as_text, aside, ask, show_choices
from edge.cli.setting_up.problems import allowed_in_words, in_words
from edge.commission.writing import fields_of, words_of
from edge.locale import _
from edge.settings.keys import bounds_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic.fields import FieldInfo

    from edge.cli.setting_up.session import Session


OTHER: Final = "<"


class Leave(Exception):
    """The person wants to change another key instead: the one asked for is not what is wrong."""


def ask_key(
    session: Session,
    path: tuple[str, ...],
    *,
    offer: Any = None,  # noqa: ANN401  a value of the key's own type
    explain: str = "",
    convert: Callable[[str], str] | None = None,
    choices: Mapping[str, str] | None = None,
    may_leave: bool = False,
) -> Any:  # noqa: ANN401
    """Ask for a key and put the answer into the draft.

    Args:
        session: The draft, and the words of the keys.
        path: Such as ``("sensors", "door", "port")``.
        offer: Taken by Enter if the draft has no value yet.
        explain: Instead of the key's own words.
        convert: Makes of what is typed what the settings want; raises ``Again``.
        choices: Values to choose from by number, with their words; others can still be typed.
        may_leave: Whether another key may be changed instead, where two do not go together.

    Returns:
        The value; None for a key that was left out.

    Raises:
        Leave: Another key shall be changed instead.
    """
    field = _field(session, path)
    options = choices or dict.fromkeys(_options(field.annotation), "")
    _explain(session, path, field, explain)
    if may_leave:
        aside(_("< changes another key instead"), "dim")
    if options and all(option.isdecimal() for option in options):
        aside(", ".join(options))  # a number before each would only mislead
    elif options:
        show_choices(options)

    def understand(typed: str) -> Any:  # noqa: ANN401
        if may_leave and typed == OTHER:
            raise Leave
        value = _value(typed, field, list(options), convert)
        for problem in session.draft.problems_with(path, value):
            raise Again(in_words(problem))
        return value

    now = session.draft.get(*path)
    default = as_text(_default(field) if now is None and offer is None else offer)
    default = default if now is None else as_text(now)
    value = ask(path[-1] + _way_out(field, default), understand, default=default)
    session.draft.put(path, value)
    return value


def _explain(session: Session, path: tuple[str, ...], field: FieldInfo, explain: str) -> None:
    """Say what a key means, and what its number may be."""
    driver = str(session.draft.get(*path[:-1], "driver") or "")
    words = explain or words_of(session.words, path[0], path[-1], driver)
    bounds = allowed_in_words(f"a number, {bounds_of(field)}") if bounds_of(field) else ""
    if words or bounds:
        aside("; ".join(filter(None, (words, bounds))), "dim")


def _default(field: FieldInfo) -> Any:  # noqa: ANN401
    return None if field.is_required() else field.get_default(call_default_factory=True)


def _way_out(field: FieldInfo, default: str) -> str:
    """Say how a key is left out that may be."""
    if field.is_required() or _default(field) is not None:
        return ""
    return _(" (-: none)") if default else _(" (Enter: none)")


def _field(session: Session, path: tuple[str, ...]) -> FieldInfo:
    table, key = path[0], path[-1]
    driver = str(session.draft.get(*path[:-1], "driver") or "")
    return fields_of(table, driver)[key]


def _value(
    typed: str, field: FieldInfo, options: list[str], convert: Callable[[str], str] | None
) -> Any:  # noqa: ANN401
    if typed in ("", NOTHING):
        if field.is_required():
            raise Again(_("It cannot be left out."))
        return None
    if options and typed.isdecimal() and typed not in options and int(typed) <= len(options):
        typed = options[int(typed) - 1] if int(typed) else typed
    if convert is not None:
        typed = convert(typed)
    return _of_type(typed, field.annotation)


def _of_type(typed: str, annotation: Any) -> Any:  # noqa: ANN401
    """Make a value of the field's type; what is none is left as text, for the loader to refuse."""
    kinds = list(_kinds(annotation))
    if bool in kinds:
        return {"true": True, "y": True, "false": False, "n": False}.get(typed.lower(), typed)
    if float in kinds or int in kinds:
        number = typed.replace(",", ".").removesuffix("mm").strip()
        for make in (int, float):
            if make is int or float in kinds:
                try:
                    return make(number)
                except ValueError:
                    continue
        raise Again(_("{typed} is no number").format(typed=typed))
    if str in kinds:
        return typed
    try:
        return tomllib.loads(f"value = {typed}")["value"]
    except (ValueError, RecursionError):  # tomllib's own is one
        raise Again(_("{typed} cannot be read").format(typed=typed)) from None


def _kinds(annotation: Any) -> list[Any]:  # noqa: ANN401
    """Return the plain types that an annotation stands for."""
    if isinstance(annotation, type) and annotation in (bool, int, float, str):
        return [annotation]
    origin = get_origin(annotation)
    if origin is Literal:
        return [type(value) for value in get_args(annotation)]
    if origin in (Union, types.UnionType):
        return [kind for part in get_args(annotation) for kind in _kinds(part)]
    if hasattr(annotation, "__metadata__"):
        return _kinds(get_args(annotation)[0])
    return []


def _options(annotation: Any) -> list[str]:  # noqa: ANN401
    """Return the values of a key that has only a few."""
    if get_origin(annotation) is Literal:
        return [as_text(value) for value in get_args(annotation)]
    if get_origin(annotation) in (Union, types.UnionType):
        return [option for part in get_args(annotation) for option in _options(part)]
    return []
