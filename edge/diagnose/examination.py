"""What the checks share: the settings, the machine, its service, and what a running daemon says."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from drivers.errors import DriverError
from drivers.host import systemd
from drivers.host.accounts import User, user
from drivers.host.control import ControlClient
from drivers.host.machine import Machine
from drivers.ports.lines import Line
from edge.calibration import InForce, Stored, put_into_force
from edge.diagnose.access import closed_to_us, nobody_there
from edge.diagnose.header import lines_of
from edge.diagnose.measuring import CannotMeasure, stored_calibrations
from edge.diagnose.past import Past, remembered
from edge.settings import DEFAULT_PATH, Settings

ANSWER_WITHIN_S: Final = 3.0
STORE_READ_WITHIN_S: Final = 3.0
"""A folder on a network drive, or a pipe in the place of the file, may never answer."""

SERVICE_USER: Final = "floodbell"
SERVICE_GROUP: Final = "floodbell"
SERVICE_GROUPS: Final = ("dialout", "gpio", "spi")
"""User and groups of the system service, see systemd/floodbell.service."""

UNIT: Final = "floodbell.service"

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Examination:
    """One installation under examination.

    Attributes:
        settings: Loaded, so every rule of the settings holds; with the calibrations of the store.
        daemon: The daemon's answer to ``status``; None when none answers.
        stored: Calibrations of the store that are in force, by sensor.
        refused: Calibrations of the store that are not, and why, by sensor.
        past: What the store remembers besides.
        closed: The control socket is there and this user may not use it, so a daemon may well run:
            its ports are to be left alone.
        mute: A daemon is there and does not answer, and how; its ports are to be left alone, too.
        config: The settings file.
        machine: Where everything is looked for that the settings do not name.
        unit: What systemd says of our service; None where there is no systemd to ask.
        lines: Who held the lines of our pins before we began; None where that cannot be asked.
    """

    settings: Settings
    daemon: dict[str, Any] | None
    closed: bool = False
    mute: str = ""
    stored: Mapping[str, Stored] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    past: Past = field(default_factory=Past)
    config: Path = DEFAULT_PATH
    machine: Machine = field(default_factory=Machine)
    unit: Mapping[str, str] | None = None
    lines: Mapping[int, Line] | None = None

    @property
    def ports_taken(self) -> bool:
        """Whether a bell that cannot be asked holds the ports, or may hold them."""
        return self.closed or bool(self.mute)

    @property
    def folder(self) -> Path:
        """Of the settings file: texts that were edited lie beside it."""
        return self.config.absolute().parent

    @property
    def installed(self) -> bool:
        """Whether systemd knows our service."""
        return self.unit is not None and self.unit.get("LoadState") != "not-found"

    @property
    def service_user(self) -> User | None:
        """The user that the service runs as, with its groups; None if there is no such user."""
        unit = self.unit if self.unit is not None and self.installed else {}
        groups = unit.get("SupplementaryGroups")
        return user(
            self.machine,
            unit.get("User") or SERVICE_USER,
            SERVICE_GROUPS if groups is None else tuple(groups.split()),
        )


def begin(
    settings: Settings, config: Path = DEFAULT_PATH, machine: Machine | None = None
) -> Examination:
    """Ask systemd and the daemon of these settings how it is, before anything else is looked at."""
    machine = machine or Machine()
    unit = systemd.unit_properties(machine, UNIT)
    in_force, past = InForce(settings, {}, {}), Past()
    state = settings.paths.state
    # A store that cannot be read has a check of its own.
    with contextlib.suppress(CannotMeasure, TookTooLong):
        calibrations = within(STORE_READ_WITHIN_S, lambda: stored_calibrations(state))
        in_force = put_into_force(settings, calibrations)
        past = within(STORE_READ_WITHIN_S, lambda: remembered(state))
    daemon, closed, mute = None, False, ""
    try:
        with ControlClient(settings.paths.run / "floodbell.sock", ANSWER_WITHIN_S) as client:
            daemon = client.ask("status")
    except (DriverError, OSError) as fault:
        closed = closed_to_us(fault)
        if not closed and not nobody_there(fault):
            mute = str(fault)
    return Examination(
        in_force.settings,
        daemon,
        closed=closed,
        mute=mute,
        stored=in_force.stored,
        refused=in_force.refused,
        past=past,
        config=config,
        machine=machine,
        unit=unit,
        lines=lines_of(machine, settings),
    )


class TookTooLong(Exception):
    """A check did not come back in time."""


def within(limit_s: float, work: Callable[[], Result]) -> Result:
    """Do ``work`` on a thread of its own and wait for it no longer than ``limit_s``.

    Raises:
        TookTooLong: It is still at it; its thread is left behind and ends with the process.
        Exception: Whatever ``work`` raised.
    """
    results: list[Result] = []
    faults: list[Exception] = []

    def body() -> None:
        try:
            results.append(work())
        except Exception as fault:  # noqa: BLE001  raised again below, in who waits
            faults.append(fault)

    thread = threading.Thread(target=body, daemon=True)
    thread.start()
    thread.join(limit_s)
    if faults:
        raise faults[0]
    if not results:
        raise TookTooLong(f"no answer within {limit_s:g} s")
    return results[0]
