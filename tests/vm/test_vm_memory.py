"""When memory runs out in the whole machine: the bell comes back, or is not touched at all."""

from __future__ import annotations

import pytest

from tests.vm.home import Home
from tests.vm.measured import figure
from tests.vm.reviving import begin, check_intact, revived_after_s
from tests.vm.settings import SIREN
from tests.vm.starting import empty_start_s, start_s

pytest_plugins = ["tests.vm.plugin"]
pytestmark = [pytest.mark.vm, pytest.mark.timeout(600)]

ITS_LIMIT = "192M"
"""MemoryMax= of systemd/floodbell.service."""

OTHER = "import signal; kept = b'x' * (1 << 24); signal.pause()"
"""A program that takes less memory than the bell, so that the bell would be the kernel's choice."""


def limit(home: Home, memory: str) -> None:
    home.machine.exec("systemctl", "set-property", "--runtime", "floodbell", f"MemoryMax={memory}")


def test_a_bell_that_its_limit_of_memory_ends_is_back_and_the_incident_goes_on(home: Home) -> None:
    danger = begin(home)

    def squeeze() -> None:
        limit(home, "8M")
        home.wait_for("the kernel to end it", lambda: home.logged("oom-kill") > 0)
        limit(home, ITS_LIMIT)

    took_s = revived_after_s(home, danger, squeeze, 180.0)
    figure(
        f"emulated: out of its memory to READY {took_s:.1f} s, of which its start"
        f" {start_s(home):.1f} s; an empty service of python starts in {empty_start_s(home):.2f} s"
    )
    check_intact(home, danger)
    home.await_level(SIREN, 1)


def test_a_machine_out_of_memory_takes_another_program_and_not_the_bell(home: Home) -> None:
    """The kernel is asked to choose now: a machine that fills up slowly thrashes for minutes.

    Source: Linux, Documentation/admin-guide/sysrq.rst, "f" calls the killer of memory hogs.
    """
    process = home.unit("MainPID")
    assert home.machine.exec("cat", f"/proc/{process}/oom_score_adj").strip() == "-900"
    home.machine.exec("systemd-run", "--quiet", "--unit=other", "python3", "-c", OTHER)
    home.wait_for("the other program", lambda: resident_kb(home, "other") > 1 << 14)
    assert resident_kb(home, "other") < resident_kb(home, "floodbell")
    home.machine.exec("sh", "-c", "echo f >/proc/sysrq-trigger")
    home.wait_for("the kernel to end it", lambda: resident_kb(home, "other") == 0)
    assert "Killed process" in home.machine.exec("dmesg")
    assert home.unit("MainPID") == process
    assert home.unit("NRestarts") == "0"
    assert home.status()["stage"] == "normal"


def resident_kb(home: Home, unit: str) -> int:
    """What the process of a unit has in memory; 0 if there is none."""
    process = home.machine.exec("systemctl", "show", "--value", "-p", "MainPID", unit).strip()
    return int(home.machine.exec("ps", "-o", "rss=", "-p", process, check=False).strip() or 0)
