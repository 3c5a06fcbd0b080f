"""The service under a real systemd: nothing ends it for long."""

from __future__ import annotations

import pytest

from tests.vm.home import STARTED_S, Home
from tests.vm.settings import SIREN, STROBE

pytest_plugins = ["tests.vm.plugin"]
pytestmark = [pytest.mark.vm, pytest.mark.timeout(400)]


def test_after_kill_9_systemd_starts_it_again_and_the_incident_goes_on(home: Home) -> None:
    home.flood(200)
    home.await_text_to("119")
    home.wait_for("the report to be on the books", lambda: home.logged("report 1 of 3") == 1)
    before = home.status()
    process = home.unit("MainPID")

    home.machine.exec("systemctl", "kill", "--signal=KILL", "--kill-who=main", "floodbell")
    home.wait_for(
        "another process to be active",
        lambda: home.unit("MainPID") not in {process, "0"} and home.unit("ActiveState") == "active",
        STARTED_S,
    )
    after = home.await_status("the danger to go on", lambda s: s["stage"] == "danger")
    assert home.unit("NRestarts") == "1"
    assert after["incident"] == before["incident"]
    assert after["siren"]
    home.await_level(SIREN, 1)
    home.await_level(STROBE, 1)
    assert home.logged("report 1 of 3") == 1, "119 knows already"


def test_after_a_power_cut_the_enabled_service_comes_up_by_itself(home: Home) -> None:
    home.machine.exec("systemctl", "enable", "floodbell")
    home.machine.exec("sync")
    home.power_cut()
    home.ready()
    assert home.unit("NRestarts") == "0"
