"""Which modules are pure, and which tests prove them: asked of pyproject.toml, kept nowhere else.

The pure modules are those of the import-linter contract of that name. Their tests mirror the tree:
the tests of ``edge/law`` are all of ``tests/edge/law``, those of ``edge/effects.py`` are
``tests/edge/test_effects*.py``. Run as a program it prints what pytest needs to measure exactly
these, for ``make coverage``.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = "the pure modules import nothing but values and each other"


def names() -> tuple[str, ...]:
    """Return the pure modules and packages, e.g. ``edge.law``."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    for contract in project["tool"]["importlinter"]["contracts"]:
        if contract["name"] == CONTRACT:
            return tuple(contract["source_modules"])
    raise LookupError(f"pyproject.toml has no contract {CONTRACT!r}")


def files() -> tuple[str, ...]:
    """Return every pure source file, relative to the root of the project."""
    found: list[Path] = []
    for name in names():
        path = ROOT.joinpath(*name.split("."))
        found += sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]
    return tuple(str(path.relative_to(ROOT)) for path in found)


def tests() -> tuple[str, ...]:
    """Return the test files that prove the pure modules, relative to the root of the project."""
    found: set[Path] = set()
    for name in names():
        *package, last = name.split(".")
        beside = ROOT.joinpath("tests", *package)
        found |= {*beside.glob(f"test_{last}.py"), *beside.glob(f"test_{last}_*.py")}
        found |= set((beside / last).rglob("test_*.py"))
    return tuple(sorted(str(path.relative_to(ROOT)) for path in found))


@cache
def reached_from(file: str) -> frozenset[str]:
    """Return our files that a file imports, and what those import, and so on; itself too."""
    reached, waiting = set[str](), [file]
    while waiting:
        reached.add(name := waiting.pop())
        waiting += _imported(name) - reached
    return frozenset(reached)


@cache
def _imported(file: str) -> frozenset[str]:
    return frozenset(_imports(ast.parse((ROOT / file).read_text("utf-8"))))


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for module in modules:
            # A module is reached through the packages that it lies in.
            for end in range(1, module.count(".") + 2):
                path = Path(*module.split(".")[:end])
                for file in (path.with_suffix(".py"), path / "__init__.py"):
                    if (ROOT / file).is_file():
                        yield str(file)


def module_of(file: str) -> str:
    """Return the name under which a source file is imported."""
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


if __name__ == "__main__":
    sys.stdout.write(" ".join([*(f"--cov={name}" for name in names()), *tests()]) + "\n")
