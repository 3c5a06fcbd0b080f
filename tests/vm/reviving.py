"""A danger that is under way when something ends or hangs the bell, and what must be left of it.

Pure but for the home that it looks at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.vm.home import Home, Status

BACK_S: Final = 5.0
WATCHDOG_S: Final = 30.0
"""WatchdogSec= of systemd/floodbell.service."""


@dataclass(frozen=True, slots=True)
class Danger:
    """A danger of which 119 and everybody knows."""

    incident: str
    process: str
    reports: int


def begin(home: Home) -> Danger:
    """Let water reach danger; return when 119 knows and that is on the books."""
    home.flood(200)
    home.await_text_to("119")
    home.wait_for("the report to be on the books", lambda: home.logged("report 1 of 3") == 1)
    status = home.await_status("danger", lambda s: s["stage"] == "danger")
    return Danger(str(status["incident"]), home.unit("MainPID"), len(home.texts_to("119")))


def revived_after_s(home: Home, danger: Danger, harm: Callable[[], object], most_s: float) -> float:
    """Do harm; wait until another process has said READY; return how long it took.

    It is taken from systemd's own clock, which is that of the machine.
    """
    began_s = _machine_s(home)
    harm()
    home.wait_for("another process to be ready", lambda: _is_back(home, danger), most_s)
    return int(home.unit("ActiveEnterTimestampMonotonic")) / 1e6 - began_s


def check_intact(home: Home, danger: Danger) -> Status:
    """The same incident goes on, and 119 hears of it no more than is due."""
    status = home.await_status("the danger to go on", lambda s: s["stage"] == "danger")
    assert status["incident"] == danger.incident
    assert status["siren"], "whoever sleeps must hear it again"
    said = [text.text for text in home.texts_to("119")]
    numbers = [text[-3:] for text in said]
    assert len(set(numbers)) == len(numbers), f"a report was repeated: {said}"
    return status


def _machine_s(home: Home) -> float:
    return float(home.machine.exec("cat", "/proc/uptime").split()[0])


def _is_back(home: Home, danger: Danger) -> bool:
    process = home.unit("MainPID")
    return process not in {danger.process, "0"} and home.unit("ActiveState") == "active"
