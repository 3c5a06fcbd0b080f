"""Tries mutants: runs the tests that come by the mutated line until one of them fails.

Every mutant lives in a process of its own, forked from one that has everything loaded already:

- A mutant inside a function is tried in a fork of a pytest session that has collected its tests;
  the living function is given the mutated body. This takes milliseconds.
- Any other (a figure, a table, a default), and one whose function ran while tests were collected,
  is tried in a fork that has imported nothing of ours yet, and imports the mutated file.
"""

from __future__ import annotations

import gc
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import inspect
import json
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial, reduce
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest

from tests.mutants import pure
from tests.mutants.baseline import BUDGET_S, Baseline, run_pytest
from tests.mutants.breeding import Mutant
from tests.mutants.forking import Found, Trial, Verdict, lines_of_a_child, say_nothing, try_all


def hunt(
    mutants: Sequence[Mutant],
    baseline: Baseline,
    jobs: int,
    tell: Callable[[Mutant, Verdict], None],
) -> dict[Mutant, Verdict]:
    """Try every mutant, ``jobs`` at a time, and tell of each as it is known."""
    inside = [m for m in mutants if m.in_function]
    verdicts: dict[Mutant, Verdict] = {}
    if inside:
        # A child of ours keeps the session, so that we stay free of what it imports.
        for line in lines_of_a_child(lambda out: _session(inside, baseline, jobs, out)):
            place, fate, test = json.loads(line)
            verdicts[inside[place]] = Verdict(fate, test)
            if fate != "survived" or "" not in baseline.tests_of(inside[place]):
                tell(inside[place], verdicts[inside[place]])
    afresh = [
        m
        for m in mutants
        if not m.in_function or (verdicts[m].fate == "survived" and "" in baseline.tests_of(m))
    ]
    usual_s = min(BUDGET_S, sum(baseline.durations_s.values()))
    trials = [Trial(m, partial(_import_afresh, m, baseline), usual_s) for m in afresh]
    for trial, verdict in try_all(trials, jobs):
        verdicts[trial.mutant] = verdict
        tell(trial.mutant, verdict)
    return verdicts


# The tests, in a child


class _FirstFailure:
    """Ends the process at the first test that fails, or cannot be collected."""

    def __init__(self, found: Found) -> None:
        self._found = found

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._found(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._found(report.nodeid or "collection")


def _session(mutants: Sequence[Mutant], baseline: Baseline, jobs: int, out: int) -> None:
    """Collect the tests once, and try every mutant in a fork of this process."""
    say_nothing()
    arena = _Arena(mutants, baseline, jobs, out)
    run_pytest(list(dict.fromkeys(t.split("::")[0] for t in baseline.durations_s)), arena)
    if not arena.done:
        raise RuntimeError("the tests could not be collected")


class _Arena:
    """Takes the place of pytest's own loop over the collected tests."""

    def __init__(self, mutants: Sequence[Mutant], baseline: Baseline, jobs: int, out: int) -> None:
        self._mutants, self._baseline, self._jobs, self._out = mutants, baseline, jobs, out
        self._killers: defaultdict[str, dict[str, int]] = defaultdict(dict)
        self.done = False

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        gc.collect()
        gc.freeze()  # what is shared with the forks stays shared
        place = {mutant: number for number, mutant in enumerate(self._mutants)}
        trials = [self._trial(mutant, items, session) for mutant in self._mutants]
        for trial, verdict in try_all(trials, self._jobs):
            mutant = trial.mutant
            if verdict.test:
                known = self._killers[f"{mutant.file}::{mutant.where}"]
                known[verdict.test] = known.get(verdict.test, 0) + 1
            line = json.dumps([place[mutant], verdict.fate, verdict.test]) + "\n"
            os.write(self._out, line.encode())
        self.done = True
        return True

    def _trial(
        self, mutant: Mutant, items: dict[str, pytest.Item], session: pytest.Session
    ) -> Trial:
        baseline = self._baseline
        tests = [test for test in baseline.tests_of(mutant) if test in items]

        def live(found: Found) -> None:
            # Who killed the function's other mutants is asked first.
            order = baseline.within(tests, self._killers[f"{mutant.file}::{mutant.where}"])
            session.config.pluginmanager.register(_FirstFailure(found))
            _give_another_body(mutant)
            _run([items[t] for t in order])

        usual_s = min(BUDGET_S, sum(baseline.durations_s[test] for test in tests))
        return Trial(mutant, live, usual_s)


def _run(items: Sequence[pytest.Item]) -> None:
    for item, following in zip(items, [*items[1:], None], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)


def _give_another_body(mutant: Mutant) -> None:
    """Give the function that lives under the mutant's name the mutant's code."""
    module = importlib.import_module(pure.module_of(mutant.file))
    code = compile(mutant.source, module.__file__ or "", "exec", dont_inherit=True)
    for name in mutant.where.split("."):
        code = next(c for c in code.co_consts if isinstance(c, CodeType) and c.co_name == name)
    _function(module, mutant.where).__code__ = code


def _function(module: ModuleType, where: str) -> FunctionType:
    found: Any = reduce(inspect.getattr_static, where.split("."), module)
    if isinstance(found, property):
        found = found.fget
    if isinstance(found, staticmethod | classmethod):
        found = found.__func__
    found = inspect.unwrap(found)
    if not isinstance(found, FunctionType):
        raise TypeError(f"{where} is no function")
    return found


# What must be imported anew


def _import_afresh(mutant: Mutant, baseline: Baseline, found: Found) -> None:
    """Run the tests with the mutated file in the place of the true one."""
    sys.meta_path.insert(0, _Finder(mutant))
    choice = _Choice(baseline)
    if run_pytest(baseline.files_of(mutant.file), _FirstFailure(found), choice) != 0:
        found("pytest itself")


class _Choice:
    """Picks and orders what runs: the quickest tests first, as many as a mutant may take."""

    def __init__(self, baseline: Baseline) -> None:
        self._baseline = baseline

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        by_id = {item.nodeid: item for item in items}
        # A test that the mutant itself has brought about is not known.
        known = [test for test in by_id if test in self._baseline.durations_s]
        items[:] = [by_id[test] for test in self._baseline.within(known, {})]


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finds the mutated file where the true one would be found."""

    def __init__(self, mutant: Mutant) -> None:
        self._name = pure.module_of(mutant.file)
        self._path = pure.ROOT / mutant.file
        self._source = mutant.source

    def find_spec(
        self, fullname: str, path: object, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        del path, target
        if fullname != self._name:
            return None
        package = self._path.name == "__init__.py"
        return importlib.util.spec_from_file_location(
            fullname,
            self._path,
            loader=self,
            submodule_search_locations=[str(self._path.parent)] if package else None,
        )

    def get_source(self, fullname: str) -> str:
        del fullname
        return self._source


def load_what_is_not_ours() -> None:
    """Import what the tests import from elsewhere, once, before anything is forked."""
    for name in ("hypothesis.strategies", "tomllib"):
        importlib.import_module(name)
    if any(name == "edge" or name.startswith("edge.") for name in sys.modules):
        raise RuntimeError("something of edge was imported before its mutants could be")
