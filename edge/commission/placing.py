"""Putting a settings file or a secret in its place: whole, or not at all.

Owns the writing to the disk. Invariant: at every moment, a power cut included, the old file or the
new one is there, and what replaces an old one was loaded with its texts before; an old file stays
beside the new one under a name with the time in it.
"""

from __future__ import annotations

import contextlib
import grp
import os
import shutil
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Final

SETTINGS_MODE: Final = 0o640
SECRET_MODE: Final = 0o600
FOLDER_MODE: Final = 0o750
SECRETS_FOLDER_MODE: Final = 0o700
GROUP: Final = "floodbell"
"""Source: systemd/tmpfiles.d: the settings hold telephone numbers, for root and the bell only."""


def why_not(path: Path) -> str:
    """Say why a file could not be written here; empty if it could.

    Args:
        path: The settings file; it need not be there yet, nor its folder.
    """
    if path.is_dir():
        return f"{path} is a folder"
    folder = path.absolute().parent
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir():
        return f"{folder} is no folder"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"{folder} is closed to you"
    return ""


class Prepared:
    """A settings file that stands beside its place, on the disk, and does not count yet.

    Attributes:
        path: Where it is now: in the folder of the real one, so that what is looked for beside a
            settings file is found.
    """

    def __init__(self, target: Path, text: str) -> None:
        """Write it.

        Raises:
            OSError: The folder cannot be made, or the file not be written.
        """
        self._target = target
        target.parent.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
        self.path = _written(target, text.encode(), SETTINGS_MODE, GROUP)

    def count(self, now: datetime) -> Path | None:
        """Let it take its place.

        Args:
            now: For the name of the old one.

        Returns:
            Where the old file is now; None if there was none.

        Raises:
            OSError: It cannot; the old one counts still.
        """
        kept = _set_aside(self._target, now) if self._target.exists() else None
        self.path.replace(self._target)
        _sync_folder(self._target.parent)
        return kept

    def discard(self) -> None:
        """Take it away; what counts is as before. Safe to call at any time."""
        self.path.unlink(missing_ok=True)


def put_secret(folder: Path, name: str, secret: bytes) -> Path:
    """Put a secret into the folder of credentials, readable by its owner only.

    Args:
        folder: ``paths.credentials``; made if it is not there.
        name: Of the file.
        secret: Its content.

    Raises:
        OSError: It cannot be written.
    """
    target = folder / name
    folder.mkdir(SECRETS_FOLDER_MODE, parents=True, exist_ok=True)
    written = _written(target, secret, SECRET_MODE)
    try:
        written.replace(target)
    except OSError:
        written.unlink(missing_ok=True)
        raise
    _sync_folder(folder)
    return target


def _written(target: Path, data: bytes, mode: int, group: str | None = None) -> Path:
    """Write beside ``target`` and see it onto the disk."""
    number, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with open(number, "wb") as file:  # noqa: PTH123  a descriptor, not a path
            if group is not None:
                with contextlib.suppress(KeyError, PermissionError):  # not installed, or not root
                    os.fchown(number, -1, grp.getgrnam(group).gr_gid)
            os.fchmod(number, mode)
            file.write(data)
            file.flush()
            os.fsync(number)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def _set_aside(old: Path, now: datetime) -> Path:
    """Give the old file a second name; it stays in its place until it is replaced."""
    kept = old.with_name(f"{old.name}.{now:%Y%m%d-%H%M%S}")
    number = 1
    while kept.exists():  # two in a second, or a clock that went back
        number += 1
        kept = old.with_name(f"{old.name}.{now:%Y%m%d-%H%M%S}.{number}")
    try:
        os.link(old, kept)
    except OSError:  # a file system without links
        shutil.copy2(old, kept)
    return kept


def _sync_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):  # not every file system lets a folder be synced
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
