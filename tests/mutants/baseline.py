"""What the tests do with the pure modules as they are: what they come by, how long they take."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

import coverage
import hypothesis
import pytest

from tests.mutants import pure
from tests.mutants.breeding import Mutant
from tests.mutants.forking import in_a_child, say_nothing

PYTEST = [
    "--noconftest",  # the guard against the outside world; pure code cannot reach it
    "--assert=plain",
    "--capture=no",
    "-p",
    "no:cacheprovider",
    "-o",
    "timeout=0",
]

BUDGET_S = 15.0
"""Of so many seconds of tests (as slow as coverage makes them) one must notice a mutant. A mutant
that only the slowest simulation would notice counts as survived: it wants a test of its own."""


@dataclass(slots=True)
class Baseline:
    """What the tests do with the code as it is.

    ``by_line`` holds the tests that come by a line of a file; the test "" is what runs while tests
    are collected. ``durations_s`` is processor time, in the order in which the tests run.
    """

    by_line: dict[str, dict[int, list[str]]] = field(default_factory=dict)
    durations_s: dict[str, float] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def tests_of(self, mutant: Mutant) -> set[str]:
        """Return the tests that come by the statement that the mutant changes."""
        lines = self.by_line.get(mutant.file, {})
        span = range(mutant.first_line, mutant.last_line + 1)
        return {test for line in span for test in lines.get(line, ())}

    def files_of(self, file: str) -> list[str]:
        """Return the test files that import a source file."""
        known = dict.fromkeys(test.split("::")[0] for test in self.durations_s)
        return [name for name in known if file in pure.reached_from(name)]

    def within(self, tests: Iterable[str], first: Mapping[str, int]) -> list[str]:
        """Return as many tests as a mutant may take: known killers, then the quickest."""
        order = sorted(tests, key=lambda test: (-first.get(test, 0), self.durations_s[test], test))
        ends_s = accumulate(self.durations_s[test] for test in order)
        return [test for test, end_s in zip(order, ends_s, strict=True) if end_s <= BUDGET_S]


def measure(tests: Sequence[str]) -> Baseline:
    """Run the tests on the code as it is, in a process of its own.

    Raises:
        RuntimeError: A test fails: there is nothing to measure mutants with.
    """
    answer = in_a_child(lambda: _measured(tests))
    raw = json.loads(answer)
    by_line = {
        file: {int(line): names for line, names in lines.items()}
        for file, lines in raw["by_line"].items()
    }
    if raw["failed"] or not raw["durations_s"]:
        raise RuntimeError(f"these tests fail without any mutant: {raw['failed'] or 'collection'}")
    return Baseline(by_line, raw["durations_s"])


def _measured(tests: Sequence[str]) -> str:
    say_nothing()
    files = [str(pure.ROOT / file) for file in pure.files()]
    meter = coverage.Coverage(include=files, data_file=None, config_file=False)
    watch = _Watch(meter)
    with meter.collect():
        run_pytest(tests, watch)
    data = meter.get_data()
    by_line = {
        os.path.relpath(file, pure.ROOT): data.contexts_by_lineno(file)
        for file in data.measured_files()
    }
    return json.dumps(
        {"by_line": by_line, "durations_s": watch.durations_s, "failed": watch.failed}
    )


class _Watch:
    """Tells coverage which test runs; notes how long each takes."""

    def __init__(self, meter: coverage.Coverage) -> None:
        self._meter = meter
        self.durations_s: dict[str, float] = {}
        self.failed: list[str] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self._meter.switch_context(item.nodeid)
        began_s = time.process_time()  # of the processor: how busy the machine is does not matter
        try:
            return (yield)
        finally:
            self.durations_s[item.nodeid] = time.process_time() - began_s

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.failed.append(report.nodeid)


def run_pytest(tests: Sequence[str], *plugins: object) -> int:
    """Run pytest on some tests; every plugin may take part.

    Hypothesis gives the same examples every time and does not shrink them: that a test fails is
    all we ask.
    """
    hypothesis.settings.register_profile(
        "mutants",
        phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
        suppress_health_check=list(hypothesis.HealthCheck),
        deadline=None,
        database=None,
        derandomize=True,
    )
    hypothesis.settings.load_profile("mutants")
    return pytest.main([*PYTEST, *tests], plugins=list(plugins))
