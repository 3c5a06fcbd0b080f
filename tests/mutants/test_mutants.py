"""The proof tool itself: it makes the mutants that it should, and its list cannot go stale."""

from __future__ import annotations

import tomllib
from importlib import import_module
from typing import TYPE_CHECKING

from tests.mutants import pure, survivors

if TYPE_CHECKING:
    from tests.mutants.breeding import Mutant

SOURCE = '''"""A docstring is not mutated."""

from dataclasses import dataclass

LIMIT_MM = 20.0

Depth = float | None


@dataclass
class Water:
    """Water."""

    depth_mm: float = 0.0

    @property
    def deep(self) -> bool:
        """Whether it is deep."""
        return self.depth_mm >= LIMIT_MM


def words(mm: float) -> str:
    """Say it."""
    return f"{mm:.0f} mm of water"
'''


def bred() -> list[Mutant]:
    """Loaded by the tests that breed: every worker would wait for the tools."""
    mutants: list[Mutant] = import_module("tests.mutants.breeding").breed("edge/water.py", SOURCE)
    return mutants


def test_figures_defaults_properties_and_the_wording_of_sentences_are_mutated() -> None:
    assert {(m.where, m.now, m.in_function) for m in bred()} >= {
        ("LIMIT_MM", "LIMIT_MM = 21.0", False),
        ("Water.depth_mm", "depth_mm: float = 1.0", False),
        ("Water.deep", "return self.depth_mm > LIMIT_MM", True),
        ("words", 'return f"{mm:.0f}XX mm of waterXX"', True),
    }


def test_docstrings_annotations_and_names_of_types_are_not() -> None:
    assert not [m for m in bred() if '"""' in m.was or m.where == "Depth"]


def test_every_mutant_is_one_change_of_a_whole_file() -> None:
    mutants = bred()
    assert len({m.source for m in mutants}) == len(mutants)
    for mutant in mutants:
        before, after = SOURCE.splitlines(), mutant.source.splitlines()
        differing = [line for line in before if line not in after]
        assert [" ".join(line.split()) for line in differing] == [mutant.was]
        assert mutant.first_line <= before.index(differing[0]) + 1 <= mutant.last_line


def test_a_survivor_that_is_listed_and_does_not_live_is_stale() -> None:
    alive, *_ = bred()
    named = (alive.file, alive.where, alive.change)
    known = survivors.Survivors({named: "why", ("edge/water.py", "gone", "a -> b"): "why"})
    assert known.accepts(alive)
    assert known.stale([alive]) == ["edge/water.py gone a -> b"]


def test_the_list_of_survivors_names_pure_modules_only_and_each_with_a_reason() -> None:
    listed = tomllib.loads(survivors.LIST.read_text("utf-8"))
    assert set(listed) <= set(pure.files())
    assert survivors.read(pure.files()).reasons


def test_the_pure_modules_have_tests() -> None:
    tests = pure.tests()
    for file in pure.files():
        assert any(file in pure.reached_from(test) for test in tests), file
