"""Whatever ends or hangs the bell, it is back in time and the incident goes on: at native speed.

In the rig's light machine, whose systemd is real; what needs limits of memory or pins is in
``test_vm_service``. Bound: five seconds, and ``WatchdogSec`` where only the watchdog can notice.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.vm.freezing import frozen, process_here, thread_waiting_for
from tests.vm.home import Home
from tests.vm.light_home import MODEM_PORT, SENSOR_PORT, LightHome
from tests.vm.machine import Machine
from tests.vm.measured import figure
from tests.vm.reviving import BACK_S, WATCHDOG_S, begin, check_intact, revived_after_s

pytest_plugins = ["tests.vm.plugin"]
pytestmark = [pytest.mark.vm, pytest.mark.timeout(240)]


@pytest.fixture
def light(vm: Machine) -> Iterator[Home]:  # noqa: ARG001 - the tree of this very source
    with LightHome() as home:
        yield home.start()


def signal(home: Home, name: str) -> None:
    home.machine.exec("systemctl", "kill", f"--signal={name}", "--kill-who=main", "floodbell")


def test_after_kill_9_the_bell_is_back_within_five_seconds(light: Home) -> None:
    danger = begin(light)
    took_s = revived_after_s(light, danger, lambda: signal(light, "KILL"), 60.0)
    figure(f"native: kill -9 to READY {took_s:.1f} s")
    check_intact(light, danger)
    assert took_s <= BACK_S


def test_a_bell_that_is_stopped_is_ended_by_the_watchdog_and_comes_back(light: Home) -> None:
    danger = begin(light)
    took_s = revived_after_s(light, danger, lambda: signal(light, "STOP"), 120.0)
    figure(f"native: SIGSTOP to READY {took_s:.1f} s (watchdog {WATCHDOG_S:.0f} s)")
    assert light.logged("Watchdog timeout") == 1
    check_intact(light, danger)
    assert took_s <= BACK_S + WATCHDOG_S


def test_drivers_whose_reads_never_return_are_replaced_and_119_hears_of_more_water(
    light: Home,
) -> None:
    danger = begin(light)
    process = process_here(light)
    sensor, modem = (thread_waiting_for(process, port) for port in (SENSOR_PORT, MODEM_PORT))
    began_s = time.monotonic()
    with frozen(sensor), frozen(modem):
        light.rise(330)  # a hundred more than was reported is an episode of its own
        light.wait_for("119 to hear of it", lambda: "33cm" in said_to_119(light), 120.0)
        figure(f"native: water behind two hung drivers to 119 {time.monotonic() - began_s:.0f} s")
        light.await_status(
            "the sensor to be read again", lambda s: s["sensors"]["door"]["quality"] == "good"
        )
        light.wait_for(
            "both to be troubles",
            lambda: light.logged("trouble_raised: .*'cause': 'thread:") == 2,
        )
        assert light.unit("NRestarts") == "0", "what can be replaced must not end the process"
    assert light.status()["incident"] == danger.incident
    assert light.unit("MainPID") == danger.process, "nor may it when they come back"


def said_to_119(home: Home) -> str:
    return " ".join(text.text for text in home.texts_to("119"))
