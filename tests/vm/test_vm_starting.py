"""From power to armed: within ten seconds of userspace at native speed, in the light machine."""

from __future__ import annotations

from typing import Final

import pytest

from tests.vm.home import STARTED_S, Status, all_well
from tests.vm.light_home import LightHome
from tests.vm.machine import Machine
from tests.vm.measured import figure
from tests.vm.starting import empty_start_s, start_s, time_s

pytest_plugins = ["tests.vm.plugin"]
pytestmark = [pytest.mark.vm, pytest.mark.timeout(240)]

ARMED_WITHIN_S: Final = 10.0


def is_armed(status: Status) -> bool:
    """Whether water would be reported to 119 now: armed, sensors read, a modem with a network."""
    return all_well(status) and bool(status["armed"])


def test_a_bell_is_armed_within_ten_seconds_of_the_start_of_userspace(
    vm: Machine,  # noqa: ARG001 - the tree of this very source
) -> None:
    with LightHome() as home:
        home.start()
        home.machine.exec("systemctl", "stop", "floodbell")
        home.power_cut()
        home.wait_for("the boot", home.is_active, STARTED_S)
        home.await_status("the bell to be armed", is_armed)
        armed_s = float(home.machine.exec("cat", "/proc/uptime").split()[0])
        userspace_s = time_s(home, "Userspace", unit="")
        took_s = armed_s - userspace_s
        figure(
            f"native: userspace to armed {took_s:.1f} s, with the question itself; start to READY"
            f" {start_s(home):.1f} s, an empty service of python {empty_start_s(home):.2f} s"
        )
        assert took_s <= ARMED_WITHIN_S
