"""The clock is set by ``date`` in the middle of a flood, under a real systemd."""

from __future__ import annotations

import re
import time

import pytest

from tests.bells import PHONES
from tests.vm.home import Home, Status, pause

pytest_plugins = ["tests.vm.plugin"]
pytestmark = [pytest.mark.vm, pytest.mark.timeout(600)]

YEAR_S = 365 * 86400

EARLIEST_S = 43_200.0
"""The kernel takes no time before its own start (settimeofday(2): EINVAL): 1970 and half a day."""


def set_clock(home: Home, to_s: float, step: int) -> Status:
    """Set it for the so many-th time; return the status once the bell has seen it."""
    home.machine.exec("date", "--utc", "--set", f"@{to_s:.0f}")
    return home.await_status("the step to be seen", lambda s: s["clock"]["steps"] == step)


def test_a_flood_goes_on_while_the_clock_is_set_to_1970_and_by_years(home: Home) -> None:
    process = home.unit("MainPID")
    status = set_clock(home, 86_400.0, 1)
    assert not status["clock"]["synced"]
    assert status["clock"]["source"] == "nitz"

    home.flood(200)
    home.await_text_to("119")
    home.wait_for("the report to be on the books", lambda: home.logged("report 1 of 3") == 1)
    danger = home.await_text_to(PHONES["mother"])
    assert re.search(r"\(\d\d:\d\d\)", danger), "by the network's time"

    for steps, to_s in enumerate(
        (time.time() + YEAR_S, time.time() - YEAR_S, EARLIEST_S, time.time() - 1.0), 2
    ):
        status = set_clock(home, to_s, steps)
        assert (status["stage"], status["siren"]) == ("danger", True)
    pause(45.0)  # the watchdog's time and half as much again
    assert home.unit("MainPID") == process, "nobody ended it for the clock"
    assert home.unit("NRestarts") == "0"
    assert home.logged("report 1 of 3") == 1
    assert len(home.texts_to("119")) <= 3, "no more than their pace allows"
    incident = status["incident"]

    home.machine.exec("systemctl", "kill", "--signal=KILL", "--kill-who=main", "floodbell")
    after = home.await_status("the incident to go on", lambda s: s.get("incident") == incident, 150)
    assert after["stage"] == "danger"
    assert home.logged("report 1 of 3") == 1, "119 knows already"
