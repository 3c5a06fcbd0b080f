"""``floodbell doctor``: everything that can be wrong with an installation, each with a remedy.

Owns how the verdicts are laid out. A wide terminal and a pipe get a table, a line each; in a narrow
one four columns cannot be read, so there what is bad comes first, in blocks, and what is good in a
line each behind it.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Final

import click
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from edge.cli import screen
from edge.cli.options import Asked, reporting
from edge.cli.outcome import EXIT_NOT_GOOD
from edge.diagnose.verdict import Grade, Verdict
from edge.locale import _

_STYLE: Final = {
    Grade.GOOD: "green",
    Grade.WARN: "yellow",
    Grade.BAD: "bold red",
    Grade.SKIP: "dim",
}

TABLE_FROM_COLUMNS: Final = 120
"""Narrower than this the table folds its sentences into columns of a word each."""

_GRAVEST_FIRST: Final = (Grade.BAD, Grade.WARN, Grade.SKIP, Grade.GOOD)


@click.command(help=_("Check every part: verdict and remedy."))
@click.option("--quiet", "-q", is_flag=True, help=_("Show only what is not good"))
@reporting
def doctor(asked: Asked, quiet: bool) -> int:
    """Examine the installation."""
    from edge.diagnose.doctor import examine

    with _progress() as told:
        verdicts = examine(asked.config, told)
    bad = sum(verdict.grade is Grade.BAD for verdict in verdicts)
    if asked.as_json:
        checks = [asdict(verdict) for verdict in verdicts]
        screen.show_json({"ok": not bad, "checks": checks})
    else:
        shown = [v for v in verdicts if not quiet or v.grade in (Grade.BAD, Grade.WARN)]
        _show(shown)
        _show_sum(verdicts)
    return EXIT_NOT_GOOD if bad else 0


@contextmanager
def _progress() -> Iterator[Callable[[tuple[str, ...]], None]]:
    """Say on a terminal what is waited for; elsewhere nothing."""
    if not sys.stderr.isatty():
        yield lambda _waits_for: None
        return
    with Console(stderr=True).status(_("looking …")) as status:

        def told(waits_for: tuple[str, ...]) -> None:
            names = ", ".join(waits_for)
            words = _("looking: {names} …").format(names=names) if names else _("looking …")
            status.update(Text(words, overflow="ellipsis", no_wrap=True))

        yield told


def _grades() -> dict[Grade, str]:
    return {
        Grade.GOOD: _("good"),
        Grade.WARN: _("warning"),
        Grade.BAD: _("BAD"),
        Grade.SKIP: _("skipped"),
    }


def _show(verdicts: Sequence[Verdict]) -> None:
    out = screen.screen()
    if out.is_terminal and out.width < TABLE_FROM_COLUMNS:
        show_blocks(out, verdicts)
    elif verdicts:
        words = _grades()
        screen.show_table(
            (_("verdict"), _("check"), _("found"), _("what to do")),
            [(words[v.grade], v.name, v.found, v.remedy) for v in verdicts],
            [_STYLE[v.grade] for v in verdicts],
        )
        screen.say()


def show_blocks(out: Console, verdicts: Sequence[Verdict]) -> None:
    """Print the gravest first, each with what was seen and what to do below it.

    Args:
        out: Where to.
        verdicts: In the order of the checks.
    """
    words = _grades()
    for grade in _GRAVEST_FIRST:
        for verdict in (verdict for verdict in verdicts if verdict.grade is grade):
            head = Text(f"{words[grade]}  ", style=_STYLE[grade])
            if verdict.remedy:
                _print_hanging(out, head.append(verdict.name, style="bold"))
                out.print(Padding(Text(verdict.found), (0, 0, 0, 2)))
                out.print(Padding(Text(f"→ {verdict.remedy}"), (0, 0, 1, 2)))
            else:
                said = f"{verdict.name}: {verdict.found}"
                _print_hanging(out, head.append(said, style="not bold default"))
        if grade is Grade.SKIP and verdicts:
            out.print()


def _print_hanging(out: Console, text: Text) -> None:
    """Print a paragraph whose further lines stand two columns in."""
    for number, line in enumerate(text.wrap(out, max(1, out.width - 2))):
        out.print(Padding(line, (0, 0, 0, 2 if number else 0)))


def _show_sum(verdicts: Sequence[Verdict]) -> None:
    """Say last what failed: by then the rest has scrolled away."""
    counts = Counter(verdict.grade for verdict in verdicts)
    if bad := counts[Grade.BAD]:
        names = ", ".join(verdict.name for verdict in verdicts if verdict.grade is Grade.BAD)
        words = _("{count} check(s) failed: {names}")
        screen.say(words.format(count=bad, names=names), "bold red")
    warned = ", ".join(verdict.name for verdict in verdicts if verdict.grade is Grade.WARN)
    if warned:
        words = _("{count} warning(s): {names}")
        screen.say(words.format(count=counts[Grade.WARN], names=warned), "yellow")
    elif not bad:
        screen.say(_("Nothing is wrong."), "bold green")
