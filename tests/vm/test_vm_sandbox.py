"""The sandbox as it is installed: how narrow it is, and that nothing the bell needs is outside.

These tests only look, so they share one home.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import pytest

from tests.vm.home import Home
from tests.vm.machine import Machine
from tests.vm.measured import figure

pytest_plugins = ["tests.vm.plugin"]
pytestmark = [pytest.mark.vm, pytest.mark.timeout(400)]

MOST_EXPOSED: Final = 1.6
SPI_MAJOR: Final = 153
"""Source: Linux, include/uapi/linux/major.h and drivers/spi/spidev.c; "spi" in /proc/devices."""


@pytest.fixture(scope="module")
def calm(vm: Machine) -> Iterator[Home]:
    with Home(vm) as home:
        yield home.start()


def test_the_unit_as_installed_is_hardly_exposed(calm: Home) -> None:
    said = calm.machine.exec("systemd-analyze", "security", "--no-pager", "floodbell.service")
    found = re.search(r"Overall exposure level for floodbell\.service: ([\d.]+)", said)
    assert found, said
    figure(f"systemd-analyze security: {found[1]}")
    assert float(found[1]) <= MOST_EXPOSED


def test_systemd_finds_no_mistake_in_the_unit_as_installed(calm: Home) -> None:
    verify = f"systemd-analyze verify {calm.unit('FragmentPath')} 2>&1"
    assert calm.machine.exec("sh", "-c", verify) == ""


def test_the_process_has_no_capability_and_cannot_get_one(calm: Home) -> None:
    status = calm.machine.exec("cat", f"/proc/{calm.unit('MainPID')}/status")
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert re.search(rf"^{name}:\t0{{16}}$", status, re.MULTILINE), status
    assert re.search(r"^NoNewPrivs:\t1$", status, re.MULTILINE)
    assert re.search(r"^Seccomp:\t2$", status, re.MULTILINE)
    assert "root" not in calm.machine.exec("ps", "-o", "user=", "-p", calm.unit("MainPID"))


def opened_in_its_group(home: Home, kind: str, major: int, minor: int) -> str:
    """Make a device node, open it in the control group of the service, and say what came of it."""
    node = f"/dev/try-{major}-{minor}"
    group = f"/sys/fs/cgroup{home.unit('ControlGroup')}/cgroup.procs"
    home.machine.exec("sh", "-ec", f"rm -f {node}; mknod {node} {kind} {major} {minor}")
    said = home.machine.exec(
        "sh", "-c", f"exec 2>&1; echo $$ >{group} || exit; exec 3<>{node}; echo opened", check=False
    )
    home.machine.exec("rm", node)
    return said


def test_spi_is_let_through_and_what_the_bell_does_not_need_is_not(calm: Home) -> None:
    """No SPI bus can be had in there: the kernel has spidev, but none of its masters.

    So a node of spidev leads to no device, which is another error than one that is forbidden.
    """
    assert re.search(rf"^{SPI_MAJOR} spi$", calm.machine.exec("cat", "/proc/devices"), re.MULTILINE)
    assert "No such device" in opened_in_its_group(calm, "c", SPI_MAJOR, 0)
    for kind, major, minor in (("c", 1, 1), ("c", 5, 1), ("b", 254, 0), ("c", 10, 130)):
        said = opened_in_its_group(calm, kind, major, minor)
        assert "not permitted" in said, (kind, major, minor, said)
