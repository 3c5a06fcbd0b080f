"""The mutants that may live, each with the reason why: ``survivors.toml``.

A mutant is named by file, place and what it changes, never by line number, so that the list stays
true while the code round it moves, and goes stale with a message when the code itself changes.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the tools that breed take long to load
    from tests.mutants.breeding import Mutant

LIST = Path(__file__).with_name("survivors.toml")


@dataclass(frozen=True, slots=True)
class Survivors:
    """The accepted mutants: file, place and change, each with its reason."""

    reasons: dict[tuple[str, str, str], str]

    def accepts(self, mutant: Mutant) -> bool:
        """Return whether the list names this mutant."""
        return (mutant.file, mutant.where, mutant.change) in self.reasons

    def stale(self, alive: Iterable[Mutant]) -> list[str]:
        """Return what the list names and does not live."""
        living = {(m.file, m.where, m.change) for m in alive}
        return [" ".join(named) for named in self.reasons if named not in living]


def read(files: Sequence[str]) -> Survivors:
    """Read what the list says of some files.

    Raises:
        ValueError: An entry has no reason.
    """
    listed = tomllib.loads(LIST.read_text("utf-8"))
    reasons: dict[tuple[str, str, str], str] = {}
    for file, entries in listed.items():
        for entry in entries:
            if not entry["why"].strip():
                raise ValueError(f"{LIST.name}: {file}, {entry['in']}: a survivor needs a reason")
            for change in entry["mutants"]:
                reasons[file, entry["in"], change] = entry["why"]
    return Survivors({named: why for named, why in reasons.items() if named[0] in files})
