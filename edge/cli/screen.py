"""The terminal: tables whose columns stay aligned with wide characters, and plain text without one.

Owns how things look. Invariants: into a pipe or a file goes text without colour, frames or broken
lines, one row a line; in a terminal no column becomes too narrow to be read, for a row that finds
no room is shown as a block of its own.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Final

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from edge.cli.lines import wrap

_PIPE_WIDTH: Final = 400
"""Wide enough for any row: a pipe has no edge to wrap at."""

_GAP: Final = 2
_LONG: Final = 20
"""Cells of a column above which it may be folded; ids, times and grades stay below."""

_READABLE: Final = 15
"""Cells below which folded words are a ladder of syllables."""


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
    """Print a sentence: between words it begins a new line where the terminal ends."""
    screen().print(Text(words, style=style))


def say_whole(words: str, style: str = "") -> None:
    """Print one line that is to be copied: the terminal breaks it, not we."""
    screen().print(Text(words, style=style), soft_wrap=True)


def say_indented(words: str, indent: int) -> None:
    """Print a text broken at its words, each line indented by so many blanks."""
    out = screen()
    for line in wrap(words, out.width - indent):
        out.print(Text(" " * indent + line), soft_wrap=True)


def complain(words: str) -> None:
    """Print one line on stderr."""
    sys.stderr.write(f"{words}\n")


def complain_of(one: str) -> None:
    """Print one of several things on stderr: on a terminal broken at words, and indented."""
    if not sys.stderr.isatty():
        complain(f"  {one}")
        return
    indent = 4
    width = shutil.get_terminal_size().columns - indent - 1
    first, *more = wrap(one, width)
    complain(f"  {first}")
    for line in more:
        complain(f"{' ' * indent}{line}")


def show_json(document: Any) -> None:  # noqa: ANN401  whatever JSON can hold
    """Print one JSON document."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n")


def show_table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], styles: Iterable[str] = ()
) -> None:
    """Print aligned columns under their heads, or a block a row where the terminal is too narrow.

    Args:
        heads: The heads, translated; all empty for a table without them.
        rows: The cells, as many as heads.
        styles: A rich style for each row; "" and missing ones are plain.
    """
    rows, styles = list(rows), list(styles)
    styles += [""] * (len(rows) - len(styles))
    out = screen()
    if out.is_terminal and not finds_room(heads, rows, out.width):
        _show_blocks(out, heads, rows, styles)
        return
    table = _grid(header_style="bold", show_header=any(heads))
    for head in heads:
        table.add_column(head, overflow="fold")
    for row, style in zip(rows, styles, strict=False):
        table.add_row(*map(Text, row), style=style)
    if out.is_terminal:
        out.print(table)
        return
    with out.capture() as captured:
        out.print(table)
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def finds_room(heads: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> bool:
    """Whether a table of these cells can be read in so many columns of a terminal.

    Its long columns may be folded, but not to slivers.
    """
    widths = [
        max(map(cell_len, (head, *cells)), default=0)
        for head, *cells in zip(heads, *rows, strict=True)
    ]
    long = [column for column in widths if column > _LONG]
    short_and_gaps = sum(widths) - sum(long) + _GAP * (len(widths) - 1)
    needed = short_and_gaps + sum(min(column, _READABLE) for column in long)
    return needed <= width


def _grid(**look: Any) -> Table:  # noqa: ANN401  rich's own
    return Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), **look)


def _show_blocks(
    out: Console, heads: Sequence[str], rows: Sequence[Sequence[str]], styles: Sequence[str]
) -> None:
    """Print each row under its first cell, the others named by their heads."""
    for row, style in zip(rows, styles, strict=True):
        first, *others = row
        title = Text(first, style=f"bold {style}".strip())
        out.print(Text(f"{heads[0]} ", "dim") + title if heads[0] else title, soft_wrap=True)
        block = _grid(show_header=False)
        block.add_column(no_wrap=True, style="dim")
        block.add_column(overflow="fold")
        for head, cell in zip(heads[1:], others, strict=True):
            if cell:
                block.add_row(f"  {head}" if head else "", Text(cell, style=style))
        out.print(block)
