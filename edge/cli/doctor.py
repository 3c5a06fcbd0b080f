"""``floodbell doctor``: everything that can be wrong with an installation, a line each."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

import click

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


@click.command(help=_("Check every part: verdict and remedy."))
@reporting
def doctor(asked: Asked) -> int:
    """Examine the installation."""
    from edge.diagnose.doctor import examine

    verdicts = examine(asked.config)
    bad = sum(verdict.grade is Grade.BAD for verdict in verdicts)
    if asked.as_json:
        checks = [asdict(verdict) for verdict in verdicts]
        screen.show_json({"ok": not bad, "checks": checks})
    else:
        _show(verdicts, bad)
    return EXIT_NOT_GOOD if bad else 0


def _show(verdicts: list[Verdict], bad: int) -> None:
    words = {
        Grade.GOOD: _("good"),
        Grade.WARN: _("warning"),
        Grade.BAD: _("BAD"),
        Grade.SKIP: _("skipped"),
    }
    screen.show_table(
        (_("verdict"), _("check"), _("found"), _("what to do")),
        [(words[v.grade], v.name, v.found, v.remedy) for v in verdicts],
        [_STYLE[v.grade] for v in verdicts],
    )
    screen.say()
    if bad:
        screen.say(_("{count} check(s) failed.").format(count=bad), "bold red")
    else:
        screen.say(_("Nothing is wrong."), "bold green")
