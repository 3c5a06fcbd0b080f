"""A card to measure on: an ext4 file system of its own, whose every written sector is counted.

What a process has dirtied (``/proc/PID/io``) is half of the truth: the journal of ext4 writes
metadata for each sync on top, on behalf of nobody. So the file system lies on a loop device, and
the kernel's count of that device is what a real card would have been given. Needs root.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

_SECTOR_BYTES: Final = 512  # the unit of /sys/block/*/stat, whatever the device's own is
_MEMORY: Final = Path("/dev/shm")


@dataclass(frozen=True, slots=True)
class Written:
    """What the device was told: bytes, requests, and how often to flush its cache."""

    written_bytes: int
    requests: int
    flushes: int

    def __sub__(self, before: Written) -> Written:
        return Written(
            self.written_bytes - before.written_bytes,
            self.requests - before.requests,
            self.flushes - before.flushes,
        )


class Card:
    """An ext4 file system mounted at ``at`` while the context lasts.

    Args:
        at: Where to mount it; made if missing.
        options: Mount options, as in fstab; Raspberry Pi OS mounts with ``defaults,noatime``.
        mb: Its size in MiB.
    """

    def __init__(self, at: Path, *, options: str = "noatime", mb: int = 256) -> None:
        self.at = at
        self._options = options
        self._mb = mb
        self._image = _MEMORY / f"floodbell-card-{os.getpid()}-{id(self)}.img"
        self._stat: Path | None = None

    def __enter__(self) -> Self:
        self.at.mkdir(parents=True, exist_ok=True)
        with self._image.open("wb") as image:
            image.truncate(self._mb * 1024 * 1024)
        # Not lazily: what mkfs puts off, the kernel would write while we measure.
        _run("mkfs.ext4", "-q", "-b", "4096", "-T", "default", "-E",
             "lazy_itable_init=0,lazy_journal_init=0", str(self._image))  # fmt: skip
        try:
            _run("mount", "-o", f"loop,{self._options}", str(self._image), str(self.at))
            source = _run("findmnt", "-no", "SOURCE", str(self.at)).strip()
            self._stat = Path("/sys/block") / Path(source).name / "stat"
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: Any) -> None:
        if os.path.ismount(self.at):
            _run("umount", str(self.at))
        self._image.unlink(missing_ok=True)

    def settle(self) -> None:
        """Let the kernel write what it still holds, so that a measurement has a clean edge."""
        fd = os.open(self.at, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
        _run("sync", "--file-system", str(self.at))

    def written(self) -> Written:
        """What the device has been told since it is there."""
        assert self._stat is not None
        fields = [int(field) for field in self._stat.read_text().split()]
        return Written(fields[6] * _SECTOR_BYTES, fields[4], fields[15])


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
