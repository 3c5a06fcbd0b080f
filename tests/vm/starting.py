"""How long a start took, by systemd's own clock.

Pure but for the machine that it asks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tests.vm.home import Home

_EMPTY: Final = Path(__file__).with_name("empty_service.py")
_THERE: Final = "/srv/empty_service.py"


def time_s(home: Home, name: str, unit: str = "floodbell") -> float:
    """One of a unit's monotonic time stamps, in seconds; of systemd itself if ``unit`` is empty."""
    show = ("systemctl", "show", "--value", "-p", f"{name}TimestampMonotonic")
    return int(home.machine.exec(*show, *([unit] if unit else []))) / 1e6


def start_s(home: Home, unit: str = "floodbell") -> float:
    """From the start of a unit to its READY."""
    return time_s(home, "ActiveEnter", unit) - time_s(home, "InactiveExit", unit)


def empty_start_s(home: Home) -> float:
    """The same for a service of python that does nothing, started now."""
    home.machine.put(_EMPTY, _THERE)
    of_notify = ("--unit=empty", "--property=Type=notify", "/usr/bin/python3", _THERE)
    home.machine.exec("systemd-run", "--quiet", *of_notify)
    home.wait_for("an empty service to be active", lambda: _is_active(home))
    took_s = start_s(home, "empty")
    home.machine.exec("systemctl", "stop", "empty")
    return took_s


def _is_active(home: Home) -> bool:
    return home.machine.exec("systemctl", "is-active", "empty", check=False).strip() == "active"
