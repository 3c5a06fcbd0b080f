"""What systemd says of a service, of itself and of the clock.

Owns the two programs that are asked, ``systemctl show`` and ``timedatectl show``. Invariant: a call
ends within ``ASKED_WITHIN_S``, changes nothing and never raises; where there is no systemd, or none
that answers, the answer is None.

Source: systemctl(1), timedatectl(1): ``show`` is the form that is meant for programs.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from typing import Final

from drivers.host.machine import Machine

ASKED_WITHIN_S: Final = 3.0


def unit_properties(machine: Machine, unit: str) -> Mapping[str, str] | None:
    """Return all properties of a unit; one that does not exist has ``LoadState=not-found``."""
    return _show(machine, "systemctl", "show", "--no-pager", unit)


def manager_properties(machine: Machine) -> Mapping[str, str] | None:
    """Return the properties of systemd itself, such as ``RuntimeWatchdogUSec``."""
    return _show(machine, "systemctl", "show", "--no-pager")


def clock_properties(machine: Machine) -> Mapping[str, str] | None:
    """Return ``NTP``, ``NTPSynchronized``, ``Timezone`` and the like."""
    return _show(machine, "timedatectl", "show")


def _show(machine: Machine, *command: str) -> Mapping[str, str] | None:
    if not machine.runs_systemd:
        return None
    try:
        ran = subprocess.run(  # noqa: S603 - words of ours, and no shell sees them
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C"},
            timeout=ASKED_WITHIN_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    if ran.returncode != 0:
        return None
    lines = ran.stdout.decode("utf-8", errors="replace").splitlines()
    return {
        key: value for key, is_there, value in (line.partition("=") for line in lines) if is_there
    }
