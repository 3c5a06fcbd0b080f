"""The bell on a read-only root, as ``docs/card.md`` sets it up: only its data is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.vm.home import Home
from tests.vm.light_home import LIGHT_SETTINGS, LightHome
from tests.vm.machine import Machine

pytest_plugins = ["tests.vm.plugin"]
pytestmark = [pytest.mark.vm, pytest.mark.timeout(400)]

SETTINGS = LIGHT_SETTINGS + '[paths]\nstate = "/data/floodbell"\n'

READ_ONLY = """
install -d -o floodbell -g floodbell -m 0750 /var/lib/floodbell /data/floodbell
install -d /etc/systemd/system/floodbell.service.d
printf '[Service]\\nReadWritePaths=-/data\\n' >/etc/systemd/system/floodbell.service.d/card.conf
systemctl daemon-reload
systemctl enable floodbell
for at in /tmp /var/tmp /var/log; do mount -t tmpfs -o mode=1777 tmpfs $at; done
systemctl restart systemd-journald
mount -o remount,bind,ro /
"""


def make_read_only(home: Home) -> None:
    """Make all of the machine read-only but ``/data``; nobody can write anything else from now."""
    home.machine.exec("sh", "-ec", READ_ONLY)
    refused = home.machine.exec(
        "sh", "-c", "touch /etc/mark /opt/mark /var/lib/floodbell/mark 2>&1; :"
    )
    assert refused.count("Read-only file system") == 3
    home.machine.exec("systemctl", "start", "--no-block", "floodbell")


def test_on_a_read_only_root_the_bell_gets_ready_survives_a_kill_and_calls_119(
    vm: Machine, tmp_path: Path
) -> None:
    del vm
    data = tmp_path / "data"
    data.mkdir()
    with LightHome(SETTINGS, binds=[f"{data}:/data"]) as home:
        make_read_only(home)
        home.ready()
        home.machine.exec("systemctl", "kill", "--signal=KILL", "floodbell")
        home.wait_for("a restart", lambda: home.unit("NRestarts") == "1")
        home.ready()
        home.flood(200.0)
        assert "자동신고" in home.await_text_to("119")
        assert home.status()["store"]["ok"]
        assert (data / "floodbell" / "floodbell.db").exists()


def test_a_data_partition_that_cannot_be_mounted_keeps_no_bell_from_calling_119(
    vm: Machine,
) -> None:
    """A card that dies dies there first: the unit must not depend on it."""
    del vm
    with LightHome(SETTINGS) as home:
        make_read_only(home)  # and /data is a folder of the root, where nothing was mounted
        home.wait_for("the unit to be active", lambda: home.unit("ActiveState") == "active")
        home.await_status("the store to be in trouble", lambda status: not status["store"]["ok"])
        home.flood(200.0)
        assert "자동신고" in home.await_text_to("119")
