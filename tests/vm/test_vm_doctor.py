"""The doctor in a whole machine: right about a good one, and it names what is broken by hand.

The tests share one home; each puts back what it has broken.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.vm.home import Home
from tests.vm.machine import Machine
from tests.vm.settings import SIREN

pytest_plugins = ["tests.vm.plugin"]
pytestmark = [pytest.mark.vm, pytest.mark.timeout(600)]

DROP_IN = "/etc/systemd/system/floodbell.service.d/override.conf"
EXAMINED_S = 90.0
"""Fifteen seconds at most on a Pi; python alone is ten times slower in there."""

Found = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def well(vm: Machine) -> Iterator[Home]:
    with Home(vm) as home:
        yield home.start()


def examined(home: Home, *before: str) -> Found:
    ask = ("floodbell", "doctor", "--json", "--lang", "en")
    answer = home.machine.exec(*before, *ask, check=False, timeout_s=EXAMINED_S)
    return {check["id"]: check for check in json.loads(answer)["checks"]}


def bad(found: Found) -> list[dict[str, Any]]:
    return [check for check in found.values() if check["grade"] == "bad"]


@contextmanager
def changed(home: Home, lines: str) -> Iterator[None]:
    """A drop-in of the unit, read by systemd."""
    home.machine.exec("sh", "-c", f"mkdir -p {DROP_IN.rpartition('/')[0]}")
    home.machine.exec("sh", "-c", f"printf '[Service]\\n{lines}' >{DROP_IN}")
    home.machine.exec("systemctl", "daemon-reload")
    try:
        yield
    finally:
        home.machine.exec("rm", "-r", DROP_IN.rpartition("/")[0])
        home.machine.exec("systemctl", "daemon-reload")


def test_on_a_good_installation_root_sees_that_all_is_good(well: Home) -> None:
    found = examined(well)
    assert bad(found) == []
    for name in ("user", "settings-file", "unit", "unit-file", "files", "watchdog", "pins"):
        assert found[name]["grade"] == "good", found[name]
    for name in ("state", "disk", "journal", "card", "daemon"):
        assert found[name]["grade"] == "good", found[name]
    assert "ms for 4 KiB" in found["write"]["found"], "how long depends on what else runs here"
    assert "i6300ESB" in found["watchdog"]["found"]
    assert "dialout, gpio" in found["user"]["found"]
    assert [name for name in found if name.startswith("pin:")] == []


def test_an_ordinary_user_of_the_group_is_told_nothing_wrong(well: Home) -> None:
    found = examined(well, "runuser", "-u", "nobody", "-g", "nogroup", "-G", "floodbell", "--")
    assert bad(found) == []
    assert found["access"]["grade"] == "skip"
    assert found["pins"]["grade"] == "skip"
    for name in ("user", "settings-file", "unit", "unit-file", "files", "state", "journal"):
        assert found[name]["grade"] == "good", found[name]


def test_a_service_that_will_not_come_up_after_a_power_cut_is_bad(well: Home) -> None:
    well.machine.exec("systemctl", "disable", "floodbell")
    try:
        unit = examined(well)["unit"]
    finally:
        well.machine.exec("systemctl", "enable", "floodbell")
    assert (unit["grade"], "not enabled" in unit["found"]) == ("bad", True)
    assert unit["remedy"] == "sudo systemctl enable --now floodbell"


def test_a_drop_in_without_the_group_of_the_pins_is_found(well: Home) -> None:
    with changed(well, "SupplementaryGroups=\\nSupplementaryGroups=dialout\\nProtectSystem=no\\n"):
        found = examined(well)
    assert found["user"]["grade"] == "bad"
    assert "not in the group gpio" in found["user"]["found"]
    assert found["pins"]["grade"] == "bad"
    assert "ProtectSystem=no, shipped: strict" in found["unit-file"]["found"]
    assert DROP_IN in found["unit-file"]["remedy"]


def test_a_pin_that_another_program_took_while_the_bell_was_off_is_named(well: Home) -> None:
    """Debian's gpioset holds its line until it is ended; the kernel there does not tell whose."""
    well.machine.exec("systemctl", "stop", "floodbell")
    hold = ("gpioset", "--mode=signal", "gpiochip0", f"{SIREN}=0")
    well.machine.exec("systemd-run", "--quiet", "--unit=thief", *hold)
    well.wait_for(
        "the pin to be taken",
        lambda: '"gpioset"' in well.machine.exec("gpioinfo", "gpiochip0"),
    )
    try:
        found = examined(well)
    finally:
        well.machine.exec("systemctl", "stop", "thief")
        well.machine.exec("systemctl", "start", "--no-block", "floodbell")
    pin = found["pin:bell.siren_pin"]
    assert (pin["grade"], pin["remedy"]) == ("bad", "sudo systemctl disable --now thief.service")
    assert "gpioset (" in pin["found"]
    assert [name for name in found if name.startswith("pin:")] == ["pin:bell.siren_pin"]
    assert found["unit"]["grade"] == "warn"
    assert found["unit"]["found"] == "stopped"
