"""Help that fits: in 40 columns as in 80, in Korean as in English.

Owns how a page of help is broken into lines. Invariant: no line is wider than the terminal, counted
in its cells, where a Korean letter takes two. What stands on the page is click's affair.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from gettext import gettext
from typing import Final

import click
from rich.cells import cell_len

from edge.cli.lines import wrap

_WIDEST: Final = 100
_NARROWEST: Final = 24
_MARGIN: Final = 1


class Page(click.HelpFormatter):
    """A page of help as wide as the terminal, at most 100 columns."""

    def __init__(
        self,
        indent_increment: int = 2,
        width: int | None = None,
        max_width: int | None = None,
    ) -> None:
        columns = width or shutil.get_terminal_size().columns - _MARGIN
        super().__init__(
            indent_increment, max(_NARROWEST, min(columns, max_width or _WIDEST)), max_width
        )

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write how a command is typed."""
        lead = f"{prefix or gettext('Usage:')} {prog} "
        indent = cell_len(lead) if cell_len(lead) < self.width // 2 else self.indent_increment
        first, *more = wrap(lead + args, self.width)
        self.write(f"{first}\n")
        rest = " ".join(more)
        for line in wrap(rest, self.width - indent) if rest else ():
            self.write(f"{' ' * indent}{line}\n")

    def write_text(self, text: str) -> None:
        """Write paragraphs."""
        indent = " " * self.current_indent
        paragraphs = re.split(r"\n\s*\n", text.strip())
        for place, paragraph in enumerate(paragraphs):
            if place:
                self.write("\n")
            for line in wrap(" ".join(paragraph.split()), self.width - self.current_indent):
                self.write(f"{indent}{line}\n")

    def write_dl(
        self,
        rows: Iterable[tuple[str, str]],
        col_max: int = 30,
        col_spacing: int = 2,
    ) -> None:
        """Write terms and what they mean in two columns; a long term has a line of its own."""
        rows = list(rows)
        indent = self.current_indent
        most = min(col_max, max(self.width // 2 - indent - col_spacing, 12))
        fitting = [cell_len(term) for term, _meaning in rows if cell_len(term) <= most]
        second = indent + max(fitting, default=most) + col_spacing
        for term, meaning in rows:
            lines = wrap(meaning, self.width - second) if meaning else []
            if cell_len(term) + indent + col_spacing <= second:
                first = lines.pop(0) if lines else ""
                gap = " " * (second - indent - cell_len(term))
                self.write(f"{' ' * indent}{term}{gap}{first}".rstrip() + "\n")
            else:
                for line in wrap(term, self.width - indent):
                    self.write(f"{' ' * indent}{line}\n")
            for line in lines:
                self.write(f"{' ' * second}{line}\n")
