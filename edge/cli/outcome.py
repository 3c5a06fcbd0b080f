"""How a command ends when it cannot give its answer: a sentence on stderr, or JSON, and a code.

Owns exit codes 2 and 3 and the words that go with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from edge.cli import screen
from edge.locale import _

if TYPE_CHECKING:
    from edge.settings import Problem

EXIT_NOT_GOOD: Final = 1
EXIT_SETTINGS: Final = 2
EXIT_NO_DAEMON: Final = 3


class CommandEnded(Exception):
    """The command is over and has no answer; carries what to say instead."""

    code = EXIT_NOT_GOOD

    def __init__(self, sentence: str, *, as_json: bool) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.as_json = as_json

    def document(self) -> dict[str, Any]:
        """What ``--json`` prints."""
        return {"ok": False, "error": self.sentence}

    def show(self) -> None:
        """Say it: JSON on stdout if that was asked for, else a sentence on stderr."""
        if self.as_json:
            screen.show_json(self.document())
        else:
            screen.complain(self.sentence)


class NoDaemon(CommandEnded):
    """Nothing answers on the control socket."""

    code = EXIT_NO_DAEMON


class SettingsBroken(CommandEnded):
    """The settings cannot be used; carries every problem."""

    code = EXIT_SETTINGS

    def __init__(self, path: Path, problems: Sequence[Problem], *, as_json: bool) -> None:
        from edge.diagnose.settings import missing_file

        self.missing = missing_file(path)
        super().__init__(
            "\n".join(self.missing)
            if self.missing
            else _("{path} cannot be used: {count} problem(s).").format(
                path=path, count=len(problems)
            ),
            as_json=as_json,
        )
        self.problems = problems

    def document(self) -> dict[str, Any]:
        """The problems, one object each."""
        return {
            "ok": False,
            "error": self.sentence,
            "problems": [asdict(problem) for problem in self.problems],
        }

    def show(self) -> None:
        """List every problem with its key."""
        super().show()
        if self.as_json or self.missing:
            return
        from edge.diagnose.problem_words import in_words

        for problem in self.problems:
            words = _("found {found}; allowed: {allowed}").format(
                found=in_words(problem.found), allowed=in_words(problem.allowed)
            )
            keys = f"{', '.join((problem.key, *problem.also))}: " if problem.key else ""
            remedy = f" → {in_words(problem.remedy)}" if problem.remedy else ""
            screen.complain_of(f"{keys}{words}{remedy}")
