"""A machine that hangs as a whole: the board's watchdog starts it again, and the bell with it."""

from __future__ import annotations

import time

import pytest

from tests.vm.home import Home
from tests.vm.machine import RigError
from tests.vm.measured import figure

pytest_plugins = ["tests.vm.plugin"]
pytestmark = [pytest.mark.vm, pytest.mark.timeout(600)]

BOOT_ID = "/proc/sys/kernel/random/boot_id"


def test_a_kernel_that_has_panicked_is_started_again_by_the_boards_watchdog(home: Home) -> None:
    manager = ("systemctl", "show", "--value", "-p", "RuntimeWatchdogUSec")
    assert home.machine.exec(*manager).strip() == "14s", "our drop-in counts"
    before = home.machine.exec("cat", BOOT_ID)
    home.machine.exec("sh", "-c", "sync; echo 0 >/proc/sys/kernel/panic")  # it stays as it is
    began_s = time.monotonic()
    panic = ("systemd-run", "--no-block", "sh", "-c", "sleep 1; echo c >/proc/sysrq-trigger")
    home.machine.exec(*panic, check=False)

    def is_another_boot() -> bool:
        try:
            return home.machine.exec("cat", BOOT_ID, timeout_s=10.0) != before
        except RigError:
            return False

    home.wait_for("another boot", is_another_boot, 240.0)
    home.hang_float()
    home.ready()
    figure(f"emulated: panic to a bell that is well {time.monotonic() - began_s:.0f} s")
