"""Keeping a state directory to one process: two daemons would both call 119 and spoil the store."""

from __future__ import annotations

import fcntl
import logging
import os
from pathlib import Path

_log = logging.getLogger(__name__)


class AlreadyRunning(Exception):
    """Another daemon holds the state directory."""


def hold(folder: Path) -> int | None:
    """Lock a directory for this process, until the descriptor is closed or the process ends.

    Args:
        folder: The state directory.

    Returns:
        The descriptor; None if there is no such folder: then there is nothing to spoil, and the
        store says so.

    Raises:
        AlreadyRunning: Another process has it.
    """
    try:
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        raise AlreadyRunning(f"another floodbell runs with {folder}") from None
    except OSError as error:
        _log.warning("cannot lock %s: %s", folder, error)
    return held
