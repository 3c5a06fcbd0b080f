"""The end of a demo: who was told after how many seconds, what was checked, and the exit code.

Owns the wording. Pure: lines out, nothing printed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from edge.demo.people import who
from edge.demo.scenarios import Promise
from edge.demo.verdict import Checked, Told
from edge.demo.words import N_, _
from edge.effects import Purpose

PROMISES: Final = {
    Promise.PEOPLE_ALERTED: N_("at 2 cm resident, guardian, partner and office are told"),
    Promise.REPORTED: N_("15 cm reaches 119 in time"),
    Promise.REPORTED_AFTER_RETURN: N_("119 is told once the network is back"),
    Promise.REPORT_FITS: N_("a report is one text of at most 45 characters"),
    Promise.REPORT_FIRST: N_("119 comes before everybody else"),
    Promise.REPORT_REPEATED: N_("the report is repeated"),
    Promise.PEOPLE_WARNED: N_("resident, guardian, partner and office are warned of danger"),
    Promise.RECEDED_TOLD: N_("they are told when the water has gone"),
    Promise.ALARM_ALERT: N_("the centre sees alert"),
    Promise.ALARM_DANGER: N_("the centre sees danger"),
    Promise.NOTHING_TO_119: N_("119 is not called for nothing"),
    Promise.NO_WATER_TEXTS: N_("nobody is told of water that is not there"),
    Promise.ALARM_NORMAL: N_("the centre sees no alarm"),
    Promise.SENSOR_FAULT_SHOWN: N_("the centre sees that the sensor is not well"),
    Promise.TROUBLE_PUBLISHED: N_("the centre hears of the trouble"),
    Promise.TROUBLE_TEXTED: N_("office and technician are told of the trouble"),
    Promise.TROUBLE_CLEARED: N_("the centre hears that the trouble is over"),
    Promise.NOTHING_MISSING: N_("no number is missing in readings and events"),
    Promise.DAEMON_ENDED_WELL: N_("the daemon ends by itself when told to"),
}
_PURPOSES: Final = {
    Purpose.ALERT: N_("{after:5.1f} s after 2 cm"),
    Purpose.DANGER: N_("{after:5.1f} s after 15 cm"),
    Purpose.REPORT: N_("{after:5.1f} s after 15 cm"),
}


def who_was_told(told: tuple[Told, ...]) -> Iterator[str]:
    """One line for each person and kind of text, in the order in which they were told."""
    for one in told:
        after = _(_PURPOSES[one.purpose]).format(after=one.after_s)
        yield f"{after}  {who(one.number)}"


def what_was_checked(checked: tuple[Checked, ...]) -> Iterator[tuple[bool, str]]:
    """One line for each promise, and whether it was kept."""
    for one in checked:
        yield one.kept, f"{_(PROMISES[one.promise])}: {one.detail}"


def exit_code(checked: tuple[Checked, ...]) -> int:
    """0 if every promise was kept, 1 if one was broken or none was put to the proof."""
    return 0 if checked and all(one.kept for one in checked) else 1
