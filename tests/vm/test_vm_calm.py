"""A bell in the machine to which nothing happens: who it is, what it holds, what it says.

These tests only look, so they share one home.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.vm.home import Home
from tests.vm.machine import Machine, RigError
from tests.vm.settings import FLOAT_MM, HAS_LAMP, INPUTS, LAMP, OUTPUTS, SIREN, STROBE

pytest_plugins = ["tests.vm.plugin"]
pytestmark = [pytest.mark.vm, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def calm(vm: Machine) -> Iterator[Home]:
    with Home(vm) as home:
        yield home.start()


def test_the_unit_gets_ready_as_its_own_user_with_lgpio_and_all_parts_are_good(calm: Home) -> None:
    assert calm.unit("Type") == "notify"
    assert calm.unit("NRestarts") == "0"
    process = calm.unit("MainPID")
    whose = calm.machine.exec("stat", "-c", "%U:%G", f"/proc/{process}").strip()
    assert whose == "floodbell:floodbell"
    assert "_lgpio" in calm.machine.exec("cat", f"/proc/{process}/maps")
    sensors = calm.status()["sensors"]
    assert sensors["door"]["quality"] == sensors["door-float"]["quality"] == "good"
    assert abs(sensors["door"]["depth_mm"]) <= 2
    assert sensors["door-float"]["below_mm"] == FLOAT_MM


def test_every_pin_is_held_on_one_chip_and_nobody_else_gets_it(calm: Home) -> None:
    lines = calm.machine.exec("gpioinfo", "gpiochip0").splitlines()
    for pin in (*INPUTS, *OUTPUTS):
        words = next(line for line in lines if re.match(rf"\s*line\s+{pin}:", line))
        assert '"lg"' in words, words
        assert ("output" if pin in OUTPUTS else "input") in words, words
        assert ("pull-up" in words) == (pin in INPUTS), words
    assert sum('"lg"' in line for line in lines) == len(INPUTS) + len(OUTPUTS)
    with pytest.raises(RigError, match="busy"):
        calm.machine.exec("gpioset", "gpiochip0", f"{SIREN}=1")


def test_all_is_dark_and_silent_and_the_lamp_says_that_all_is_well(calm: Home) -> None:
    assert calm.machine.gpio_get(SIREN) == 0
    assert calm.machine.gpio_get(STROBE) == 0
    assert calm.modem.texts == []
    if HAS_LAMP:
        calm.await_level(LAMP, 1)
        calm.await_level(LAMP, 0)
        calm.await_level(LAMP, 1)  # a heartbeat


def test_the_doctor_finds_nothing_to_do(calm: Home) -> None:
    calm.machine.exec("floodbell", "doctor")  # fails unless all is good


def test_who_belongs_to_the_group_may_ask_and_nobody_else(calm: Home) -> None:
    nobody = ("runuser", "-u", "nobody", "-g", "nogroup")
    ask = ("--", "floodbell", "status", "--json")
    assert '"stage": "normal"' in calm.machine.exec(*nobody, "-G", "floodbell", *ask)
    assert "stage" not in calm.machine.exec(*nobody, *ask, check=False)
