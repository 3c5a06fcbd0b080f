"""Makes mutants of a source file: the same file with one small thing wrong.

The mutations are mutmut's, of exactly the version that pyproject.toml pins, and one of our own:
the wording inside f-strings, because the reasons that people read are part of the product. Other
than mutmut by itself, this mutates what stands outside of functions too (the figures of the law,
the table of who is told, what fields default to) and what properties return. Never mutated:
docstrings, annotations, names of types.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import cast

import libcst as cst
from libcst.metadata import MetadataWrapper
from mutmut.mutation.file_mutation import MutationVisitor, deep_replace
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import get_ignored_lines


@dataclass(frozen=True, slots=True)
class Mutant:
    """One wrong version of one file.

    ``where`` is the function (``take``, ``Report.key``) or the statement outside of functions that
    was mutated. ``was`` and ``now`` are the lines that differ, on one line each. ``first_line`` to
    ``last_line`` hold the statement, so that only tests that come by there need to run.
    ``in_function`` says that it suffices to give the living function another body.
    """

    file: str
    where: str
    was: str
    now: str
    source: str
    first_line: int
    last_line: int
    in_function: bool

    @property
    def change(self) -> str:
        """What differs, as it is written in the list of survivors."""
        return f"{self.was} -> {self.now}"


def breed(file: str, source: str) -> list[Mutant]:
    """Return every mutant of a source file, in the order of the file."""
    wrapper = MetadataWrapper(cst.parse_module(source))
    visitor = _Visitor(
        [*mutation_operators, (cst.FormattedStringText, _other_words)],
        get_ignored_lines(file, source, wrapper, None),
    )
    module = wrapper.visit(visitor)
    texts = [module.code_for_node(part) for part in module.body]
    begins = [module.code_for_node(line) for line in module.header]
    home = {id(node): place for place, part in enumerate(module.body) for node in _all(part)}
    statements = _Statements(source)
    mutants: dict[str, Mutant] = {}
    for mutation in visitor.mutations:
        place = home[id(mutation.original_node)]
        part = deep_replace(module.body[place], mutation.original_node, mutation.mutated_node)
        changed = [*texts[:place], module.code_for_node(cast(cst.CSTNode, part))]
        wrong = "".join([*begins, *changed, *texts[place + 1 :]])
        mutant = statements.mutant(file, wrong)
        if mutant is not None:
            mutants.setdefault(wrong, mutant)
    return list(mutants.values())


def _other_words(node: cst.FormattedStringText) -> Iterable[cst.FormattedStringText]:
    if node.value.strip():
        yield node.with_changes(value=f"XX{node.value}XX")


class _Visitor(MutationVisitor):
    """Mutmut's, that does not stop at a property: its trampolines could not follow, we can."""

    def _skip_node_and_children(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.FunctionDef) and node.decorators:
            return False
        return super()._skip_node_and_children(node)


def _all(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    yield node
    for child in node.children:
        yield from _all(child)


class _Statements:
    """Knows what stands where in a source file."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._lines = source.splitlines()
        self._tree = ast.parse(source)

    def mutant(self, file: str, wrong: str) -> Mutant | None:
        """Return the mutant whose source is ``wrong``; None if it is none of interest."""
        try:
            if ast.dump(ast.parse(wrong)) == ast.dump(self._tree):
                return None
        except SyntaxError:
            return None
        before, after = self._lines, wrong.splitlines()
        first = _alike(before, after)
        tail = _alike(before[first:][::-1], after[first:][::-1])
        was, now = before[first : len(before) - tail], after[first : len(after) - tail]
        last = max(first + 1, len(before) - tail)
        path = self._path(first + 1, last)
        statement = path[-1]
        if _names_a_type(statement):
            return None
        function = next((n for n in path if isinstance(n, ast.FunctionDef)), None)
        in_body = function is not None and first + 1 >= _begin(function.body[0])
        return Mutant(
            file=file,
            where=_where(path),
            was=_one_line(was),
            now=_one_line(now),
            source=wrong,
            first_line=min(first + 1, _begin(statement)),
            last_line=max(last, _end_of_head(statement)),
            in_function=in_body,
        )

    def _path(self, first: int, last: int) -> list[ast.stmt]:
        """Return the statements round some lines, from the outermost to the innermost."""
        path: list[ast.stmt] = []
        inner: list[ast.AST] = [self._tree]
        while inner:
            node = inner.pop()
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.stmt):
                    if _begin(child) <= first and last <= (child.end_lineno or 0):
                        path.append(child)
                        inner = [child]
                        break
                elif isinstance(child, ast.ExceptHandler | ast.match_case):
                    inner.append(child)
        return path


def _alike(before: list[str], after: list[str]) -> int:
    """Return how many lines are the same from the start on."""
    pairs = zip(before, after, strict=False)
    return next(
        (n for n, (one, other) in enumerate(pairs) if one != other), min(map(len, (before, after)))
    )


def _begin(statement: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(d.lineno for d in decorators)])


def _end_of_head(statement: ast.stmt) -> int:
    """The last line of a statement; of one with a body, the last line before it."""
    body: list[ast.stmt] = getattr(statement, "body", [])
    if body:
        return max(statement.lineno, _begin(body[0]) - 1)
    return statement.end_lineno or statement.lineno


def _where(path: list[ast.stmt]) -> str:
    """Name the function, or what is assigned outside of one."""
    words = []
    for node in path:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            words.append(node.name)
            if isinstance(node, ast.FunctionDef):
                return ".".join(words)
        elif isinstance(node, ast.Assign):
            words.append(ast.unparse(node.targets[0]))
        elif isinstance(node, ast.AnnAssign):
            words.append(ast.unparse(node.target))
    return ".".join(words)


def _names_a_type(statement: ast.stmt) -> bool:
    """``Effect = Sound | Notice`` and the like: read by the type checker only."""
    if not isinstance(statement, ast.Assign):
        return False
    value = statement.value
    if isinstance(value, ast.Subscript):
        return isinstance(value.value, ast.Name) and value.value.id in {
            "Literal",
            "Callable",
            "tuple",
        }
    if not isinstance(value, ast.BinOp) or not isinstance(value.op, ast.BitOr):
        return False
    names = [node.id for node in ast.walk(value) if isinstance(node, ast.Name)]
    return not any(name.isupper() for name in names)


def _one_line(lines: list[str]) -> str:
    return " ".join(" ".join(lines).split())
