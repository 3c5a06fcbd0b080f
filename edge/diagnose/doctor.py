"""``floodbell doctor``: everything that can be wrong with an installation, each with a remedy.

Owns the list of checks and their time limit. Invariant: an examination ends within
``EXAMINED_WITHIN_S`` and every check leaves a verdict, whatever it meets. It changes nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from drivers.host.machine import Machine
from edge.diagnose.board import check_board
from edge.diagnose.broker import check_broker
from edge.diagnose.clock import check_clock
from edge.diagnose.daemon import check_daemon
from edge.diagnose.disk import check_disk
from edge.diagnose.examination import Examination, TookTooLong, begin, within
from edge.diagnose.http_sms import check_http_sms
from edge.diagnose.installed import check_installed
from edge.diagnose.kinds import check_kinds
from edge.diagnose.modem import check_modem
from edge.diagnose.package import check_package
from edge.diagnose.people import check_numbers
from edge.diagnose.permissions import check_permissions
from edge.diagnose.pins import check_pins
from edge.diagnose.ports import check_ports
from edge.diagnose.report_text import check_report_text
from edge.diagnose.run_directory import check_run_directory
from edge.diagnose.sensors import check_sensors
from edge.diagnose.sent import check_sent
from edge.diagnose.settings import broken, check_armed, check_credentials, check_settings
from edge.diagnose.store import check_store
from edge.diagnose.system_log import check_system_log
from edge.diagnose.troubles import check_troubles
from edge.diagnose.unit import check_unit
from edge.diagnose.upkeep import check_upkeep
from edge.diagnose.verdict import Subject, Verdict, bad
from edge.locale import _
from edge.settings import SettingsError, load

EXAMINED_WITHIN_S: Final = 14.0
LOOK_EVERY_S: Final = 0.2
SETTINGS_READ_WITHIN_S: Final = 3.0

Told = Callable[[tuple[str, ...]], None]
Check = Callable[[Examination], Iterator[Verdict]]

CHECKS: Final[tuple[Check, ...]] = (
    check_settings,
    check_credentials,
    check_permissions,
    check_daemon,
    check_troubles,
    check_unit,
    check_installed,
    check_package,
    check_armed,
    check_ports,
    check_pins,
    check_sensors,
    check_upkeep,
    check_kinds,
    check_modem,
    check_sent,
    check_report_text,
    check_numbers,
    check_http_sms,
    check_broker,
    check_clock,
    check_board,
    check_disk,
    check_system_log,
    check_store,
    check_run_directory,
)
"""Every check, in the order of its lines; they run side by side."""


def examine(
    path: Path,
    told: Told = lambda _waits_for: None,
    *,
    machine: Machine | None = None,
    checks: Sequence[Check] = CHECKS,
) -> list[Verdict]:
    """Examine the installation that a settings file describes.

    Args:
        path: The settings file. If it cannot be used, its problems are the verdicts.
        told: Called with the names of the checks that are still under way, each time one ends.
        machine: Where everything else is looked for: this machine if left out.
        checks: Which; all if left out.
    """
    ends_s = time.monotonic() + EXAMINED_WITHIN_S
    try:
        settings = within(SETTINGS_READ_WITHIN_S, lambda: load(path))
    except SettingsError as error:
        return broken(path, error.problems)
    except TookTooLong:
        return [_unreadable(path)]
    examination = begin(settings, path, machine)
    found: list[list[Verdict]] = [[] for _check in checks]
    threads = [
        threading.Thread(
            target=_run, name=_name(check), args=(check, examination, verdicts), daemon=True
        )
        for check, verdicts in zip(checks, found, strict=True)
    ]
    for thread in threads:
        thread.start()
    _await(threads, ends_s, told)
    for thread, check, verdicts in zip(threads, checks, found, strict=True):
        if thread.is_alive():
            verdicts.append(_late(check))
    return [verdict for verdicts in found for verdict in verdicts]


def _await(threads: list[threading.Thread], ends_s: float, told: Told) -> None:
    """Wait for all of them, and tell who is waited for; a thread that is late is left behind."""
    waits_for: tuple[str, ...] = ()
    while time.monotonic() < ends_s:
        alive = [thread for thread in threads if thread.is_alive()]
        if (names := tuple(thread.name for thread in alive)) != waits_for:
            waits_for = names
            told(names)
        if not alive:
            return
        alive[0].join(min(LOOK_EVERY_S, max(0.0, ends_s - time.monotonic())))


def _run(check: Check, examination: Examination, verdicts: list[Verdict]) -> None:
    """Let one check speak; one that breaks says so, and the others go on."""
    try:
        verdicts.extend(check(examination))
    except Exception as fault:  # noqa: BLE001  the top of the check's thread
        verdicts.append(_unfinished(check, f"{type(fault).__name__}: {fault}"))


def _name(check: Check) -> str:
    return check.__name__.removeprefix("check_")


def _unreadable(path: Path) -> Verdict:
    found = _("{path} cannot be read within {s:g} s").format(path=path, s=SETTINGS_READ_WITHIN_S)
    return bad(Subject("settings", _("settings")), found, _hangs())


def _hangs() -> str:
    return _("a disk or a network folder hangs: dmesg | tail; a pipe is no file: ls -l")


def _late(check: Check) -> Verdict:
    name = _name(check)
    return bad(Subject(f"unfinished:{name}", name), _("took too long"), _hangs())


def _unfinished(check: Check, found: str) -> Verdict:
    name = _name(check)
    return bad(Subject(f"unfinished:{name}", name), found, _("report this to the maintainers"))
