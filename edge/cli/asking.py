"""Asking a person on a terminal, until the answer can be used.

Owns the manners: what is in brackets is taken by Enter, a lone ``-`` leaves a thing out, and
a keyboard that still types Hangul, or a terminal that speaks the older Korean encoding, is
understood.
"""

from __future__ import annotations

import json
import locale
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, Final, TypeVar

import click
from rich.cells import cell_len
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from edge.cli import screen
from edge.locale import _

NOTHING: Final = "-"
INDENT: Final = 2
KOREAN: Final = "cp949"
"""What a terminal sends that does not speak UTF-8: EUC-KR with Microsoft's extension."""

_TYPED: Final = 6
"""Columns that a short answer wants behind its question."""

_YES: Final = frozenset({"y", "yes", "ㅛ", "예", "네", "응"})
_NO: Final = frozenset({"n", "no", "ㅜ", "아니오", "아니요", "아니"})

Value = TypeVar("Value")
Understand = Callable[[str], Value]


class Again(Exception):
    """The answer cannot be used; says why."""


def prepare() -> None:
    """Let lines be edited with the arrow keys, where that library knows the terminal's letters."""
    if locale.nl_langinfo(locale.CODESET).upper().replace("-", "") == "UTF8":
        try:
            import_module("readline")  # to be there is enough: input() finds it
        except ImportError:
            return


def tell(words: str = "", style: str = "") -> None:
    """Print a paragraph, broken between words."""
    screen.screen().print(Text(words, style=style))


def aside(words: str, style: str = "") -> None:
    """Print a paragraph that belongs to the question before or after it, set in."""
    screen.screen().print(Padding(Text(words, style=style), (0, 0, 0, INDENT), expand=False))


def head(words: str) -> None:
    """Begin a part."""
    tell()
    tell(words, "bold")


def ask(
    words: str, understand: Understand[Value], *, default: str = "", hidden: bool = False
) -> Value:
    """Ask until ``understand`` takes the answer.

    Args:
        words: A short question; what explains it was told before.
        understand: Makes a value of what was typed (the default when that was nothing); raises
            ``Again`` with the reason.
        default: Shown in brackets.
        hidden: Show nothing of what is typed.

    Raises:
        click.Abort: Ctrl-C, or the end of the input.
    """
    shown = f" [{default}]" if default else ""
    if (
        INDENT + cell_len(words + shown) + _TYPED > screen.screen().width
    ):  # a terminal breaks within words
        aside(words)
        words = ""
    while True:
        try:
            typed = click.prompt(
                " " * INDENT + (words + shown).lstrip(),
                default=default,
                show_default=False,
                hide_input=hidden,
                value_proc=str,
            )
        except UnicodeDecodeError as error:
            typed = error.object.decode(KOREAN, errors="replace")
        try:
            return understand(_clean(typed))
        except Again as reason:
            aside(str(reason), "yellow")


def _clean(typed: str) -> str:
    """Compose letters, and take back what a decoder has kept as bytes that it did not know."""
    if not typed.isascii():
        raw = typed.encode("utf-8", errors="surrogateescape")
        try:
            typed = raw.decode()
        except UnicodeDecodeError:
            typed = raw.decode(KOREAN, errors="replace")
    return unicodedata.normalize("NFC", typed).strip()


def confirm(words: str, *, default: bool = True) -> bool:
    """Ask for yes or no."""

    def understand(typed: str) -> bool:
        if typed in ("", "Y/n", "y/N"):
            return default
        if typed.lower() in _YES:
            return True
        if typed.lower() in _NO:
            return False
        raise Again(_("y for yes, n for no"))

    return ask(words, understand, default="Y/n" if default else "y/N")


def choose(words: str, choices: Mapping[str, str], *, default: str = "") -> str:
    """Let one of several be chosen, by its number or its name.

    Args:
        words: The question.
        choices: Name and explanation of each.
        default: One of the names; "" if there is none.
    """
    names = list(choices)
    show_choices(choices)

    def understand(typed: str) -> str:
        if typed.isdecimal() and 1 <= int(typed) <= len(names):
            return names[int(typed) - 1]
        found = [name for name in names if name.lower() == typed.lower()]
        if found:
            return found[0]
        raise Again(_("a number from 1 to {count}, or a name").format(count=len(names)))

    shown = str(names.index(default) + 1) if default in names else ""
    return ask(words, understand, default=shown)


def show_choices(choices: Mapping[str, str]) -> None:
    """List them under their numbers."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for number, (name, words) in enumerate(choices.items(), start=1):
        grid.add_row(f"  {number}", Text(name), Text(words))
    screen.screen().print(grid)


def pick(choices: Sequence[str]) -> dict[str, str]:
    """Choices that explain themselves."""
    return dict.fromkeys(choices, "")


def secret(words: str, understand: Understand[str]) -> str:
    """Ask for something that nobody may read over a shoulder, twice; nothing is no secret."""
    while True:
        first = ask(words, understand, hidden=True)
        if not first:
            return ""

        def same(typed: str) -> str:
            return typed

        if ask(_("The same again"), same, hidden=True) == first:
            return first
        aside(_("Not the same twice: once more, please."), "yellow")


def as_text(value: Any) -> str:  # noqa: ANN401  whatever a settings file holds
    """Show a value as one would type it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list | tuple):
        return json.dumps(value)  # as in TOML
    return str(value)
