"""The file of a bundle: written whole or not at all, and looked through before it gets its name.

Owns the bytes on the disk. Invariant: under the name that was asked for lies a complete archive
with mode 0600 in which the last look found nothing, or whatever lay there before.
"""

from __future__ import annotations

import contextlib
import io
import os
import tarfile
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from edge.diagnose.bundle.leaks import find_leak
from edge.diagnose.bundle.private import Private

FOLDER: Final = "floodbell-support"  # not the file's name: whoever chose it may have named somebody


class CannotWrite(Exception):
    """The file cannot be written there; says why."""


class BundleRefused(Exception):
    """Something private was left in a member, so no file was written."""

    def __init__(self, member: str, kind: str) -> None:
        super().__init__(f"{member}: {kind}")
        self.member = member
        self.kind = kind


def write(target: Path, members: Mapping[str, bytes], private: Private) -> int:
    """Write an archive.

    Args:
        target: Its name; what lies there is replaced.
        members: The files in it.
        private: What must be in none of them.

    Returns:
        Its size in bytes.

    Raises:
        CannotWrite: No room, no right, no folder.
        BundleRefused: Something private is in a member.
    """
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)  # mode 0600
        temporary = Path(name)
        with os.fdopen(handle, "w+b") as file:
            _fill(file, members)
            file.flush()
            file.seek(0)
            _look_through(file, private)
            _give_to_caller(file.fileno())
            os.fsync(file.fileno())
        size = temporary.stat().st_size
        temporary.replace(target)
    except OSError as error:
        raise CannotWrite(error.strerror or str(error)) from error
    else:
        temporary = None
        return size
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink()


def _fill(file: io.BufferedRandom, members: Mapping[str, bytes]) -> None:
    with tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as archive:
        for name, data in members.items():
            member = tarfile.TarInfo(f"{FOLDER}/{name}")
            member.size = len(data)
            member.mode = 0o600
            member.mtime = time.time()
            archive.addfile(member, io.BytesIO(data))


def _look_through(file: io.BufferedRandom, private: Private) -> None:
    """Search what was really written, not what was meant to be."""
    with tarfile.open(fileobj=file, mode="r:gz") as archive:
        for member in archive:
            stream = archive.extractfile(member)
            data = stream.read() if stream else b""
            name = member.name.partition("/")[2]
            if kind := find_leak(data, private):
                raise BundleRefused(name, kind)


def _give_to_caller(handle: int) -> None:
    """Under sudo the file belongs to who has typed it, who is to fetch it."""
    if os.geteuid() != 0:
        return
    uid, gid = os.environ.get("SUDO_UID", ""), os.environ.get("SUDO_GID", "")
    if uid.isdecimal() and gid.isdecimal():
        os.fchown(handle, int(uid), int(gid))
