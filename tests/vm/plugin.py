"""The fixtures of these tests; test files name it in ``pytest_plugins``.

A plugin and no conftest.py, because every test file has a name of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from _pytest.terminal import TerminalReporter

from tests.vm.home import Home
from tests.vm.machine import Machine, why_not
from tests.vm.measured import measured
from tests.vm.provision import kept_stamp, wanted_stamp


@pytest.fixture(scope="session")
def vm() -> Iterator[Machine]:
    """The machine that was provisioned for this very tree; off before and after."""
    if reason := why_not():
        pytest.skip(reason)
    machine = Machine()
    kept = kept_stamp(machine)
    if kept is None or kept != wanted_stamp(machine):
        pytest.fail("no machine was made of this tree: run make test-vm")
    machine.off()
    yield machine
    machine.off()


@pytest.fixture
def home(vm: Machine) -> Iterator[Home]:
    """A home with the bell running and well."""
    with Home(vm) as home:
        yield home.start()


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Show what was measured."""
    if measured():
        terminalreporter.section("measured in the machine")
        for line in measured():
            terminalreporter.write_line(line)
