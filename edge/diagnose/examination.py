"""What the checks share: the settings, and the daemon's own account of itself if it runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from drivers.errors import DriverError
from drivers.host.control import ControlClient
from edge.settings import Settings

ANSWER_WITHIN_S: Final = 3.0

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Examination:
    """One installation under examination.

    Attributes:
        settings: Loaded, so every rule of the settings holds.
        daemon: The daemon's answer to ``status``; None when none answers.
    """

    settings: Settings
    daemon: dict[str, Any] | None


def ask_daemon(settings: Settings) -> dict[str, Any] | None:
    """Ask the daemon of these settings how it is; None when none answers."""
    path: Path = settings.paths.run / "floodbell.sock"
    try:
        with ControlClient(path, ANSWER_WITHIN_S) as client:
            return client.ask("status")
    except (DriverError, OSError):
        return None


class TookTooLong(Exception):
    """A check did not come back in time."""


def within(limit_s: float, work: Callable[[], Result]) -> Result:
    """Do ``work`` on a thread of its own and wait for it no longer than ``limit_s``.

    Raises:
        TookTooLong: It is still at it; its thread is left behind and ends with the process.
        DriverError: Whatever ``work`` raised on purpose.
        OSError: Likewise.
    """
    results: list[Result] = []
    faults: list[DriverError | OSError] = []

    def body() -> None:
        try:
            results.append(work())
        except (DriverError, OSError) as fault:
            faults.append(fault)

    thread = threading.Thread(target=body, daemon=True)
    thread.start()
    thread.join(limit_s)
    if faults:
        raise faults[0]
    if not results:
        raise TookTooLong(f"no answer within {limit_s:g} s")
    return results[0]
