"""The terminal: tables whose columns stay aligned with wide characters, and plain text without one.

Owns how things look. Invariant: into a pipe or a file goes text without colour, frames or broken
lines, one row a line.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

_PIPE_WIDTH: Final = 400
"""Wide enough for any row: a pipe has no edge to wrap at."""


class _Screen(Console):
    def on_broken_pipe(self) -> None:
        """Let the command line end quietly, see ``app.main``, instead of exiting with 1."""
        raise BrokenPipeError


def screen() -> Console:
    """Return the terminal, or a plain page of text where there is none."""
    if sys.stdout.isatty():
        return _Screen(highlight=False)
    return _Screen(highlight=False, width=_PIPE_WIDTH, color_system=None, force_terminal=False)


def say(words: str = "", style: str = "") -> None:
    """Print one line; long ones are wrapped by the terminal, not by us."""
    screen().print(Text(words, style=style), soft_wrap=True)


def complain(words: str) -> None:
    """Print one line on stderr."""
    sys.stderr.write(f"{words}\n")


def show_json(document: Any) -> None:  # noqa: ANN401  whatever JSON can hold
    """Print one JSON document."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n")


def show_table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], styles: Iterable[str] = ()
) -> None:
    """Print aligned columns under their heads.

    Args:
        heads: The heads, translated.
        rows: The cells, as many as heads.
        styles: A rich style for each row; "" and missing ones are plain.
    """
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for head in heads:
        table.add_column(head, overflow="fold")
    shades = iter(styles)
    for row in rows:
        table.add_row(*map(Text, row), style=next(shades, ""))
    out = screen()
    if out.is_terminal:
        out.print(table)
        return
    with out.capture() as captured:
        out.print(table)
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))
