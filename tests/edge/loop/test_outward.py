"""The ways out of the house, as the settings and the journal make them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from drivers.host.clock import Clock
from drivers.modem.interlock import Interlock, TooManyReports
from drivers.ports import Ports
from edge.law.state import Disarmed, Service, State
from edge.loop.outward import open_line, status_fields
from edge.store.journal import Entry
from tests.edge.by_hand import DOOR_TABLE, home_with

SETTINGS = home_with(DOOR_TABLE, '[modem]\nport = "/dev/ttyUSB2"\n')


def gate(*entries: Entry, now_s: float = 4000.0) -> Interlock:
    """The gate of a daemon that has just been started again."""
    line = open_line(
        SETTINGS,
        entries,
        boot_id="boot-1",
        sim_pin=None,
        ports=Ports(),
        clock=Clock(monotonic=lambda: now_s),
        put=lambda _: None,
    )
    assert line is not None
    line.interlock.armed = True
    return line.interlock


def submitted(at_s: float, origin: str | None, boot_id: str = "boot-1") -> Entry:
    more = {} if origin is None else {"origin": origin}
    return Entry("submitting", f"i1/{at_s}/report/119/1/1", at_s, boot_id, more)


def test_what_the_bell_used_up_before_a_restart_stays_used_up_and_water_still_leaves() -> None:
    interlock = gate(*(submitted(1000.0 + n, "bell") for n in range(9)))
    with pytest.raises(TooManyReports, match="of the bell"):
        interlock.permit("119", "bell", 4000.0)
    assert interlock.permit("119", "water", 4000.0)


def test_what_water_used_before_a_restart_is_not_held_against_the_bell() -> None:
    interlock = gate(*(submitted(1000.0 + n, "water") for n in range(9)))
    assert interlock.permit("119", "bell", 4000.0)


@pytest.mark.parametrize("boot_id", ["boot-0", "boot-1"])
def test_reports_of_another_boot_or_of_long_ago_hold_nothing_back(boot_id: str) -> None:
    old_s = 3990.0 if boot_id == "boot-0" else 100.0
    interlock = gate(*(submitted(old_s, "bell", boot_id) for _ in range(12)))
    assert interlock.permit("119", "bell", 4000.0)


def test_the_centre_is_told_who_is_at_work_and_whether_119_is_called() -> None:
    calm = status_fields(SETTINGS, State(armed=True, report_armed=True))
    assert (calm["armed"], calm["service"]) == (True, False)
    at_work = State(report_armed=True, disarmed=Disarmed(0.0, None, "kim"))
    handled = status_fields(SETTINGS, replace(at_work, service=Service(60.0, "kim")))
    assert (handled["armed"], handled["service"]) == (False, True)
    assert "kim" not in str(handled)
