"""What the machine says of itself, for those who examine it: files of the kernel and of systemd.

Owns where these files are. Invariant: what is not there, or may not be read, is None or empty, and
nothing here changes the machine. The root can be another directory, so that the tree of a machine
that is broken in some way can be laid out and examined. The daemon does not use this.
"""

from __future__ import annotations

import os
import stat
import tempfile
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from drivers.ports.lines import Line, line_info

_WRITTEN_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class Asking:
    """Who examines: the user of this process and the groups that it is in."""

    uid: int
    gids: frozenset[int]


@dataclass(frozen=True, slots=True)
class Space:
    """What is left of a file system, for who is not root."""

    free_bytes: int
    free_inodes: int | None
    """None where the file system makes them as needed (Btrfs, FAT)."""
    read_only: bool


class Machine:
    """A machine as its files describe it.

    Tests hand in one of their own with the last four methods: what no file can show.
    """

    def __init__(self, root: Path = Path("/")) -> None:
        """Look at the machine whose root directory this is."""
        self.root = root

    def path(self, absolute: str | Path) -> Path:
        """Return where a file of the machine is to be found from here."""
        return self.root / str(absolute).lstrip("/")

    def known_as(self, path: Path) -> Path:
        """Return how the machine itself names a path: without the root, links followed."""
        real, root = Path(os.path.realpath(path)), Path(os.path.realpath(self.root))
        return Path("/", real.relative_to(root)) if real.is_relative_to(root) else real

    def text(self, absolute: str | Path) -> str | None:
        """Return a small file's text without line ends and the NULs of a device tree, or None."""
        try:
            data = self.path(absolute).read_bytes()
        except OSError:
            return None
        return data.decode("utf-8", errors="replace").rstrip("\0\n \t")

    def number(self, absolute: str | Path, base: int = 10) -> int | None:
        """Return a file's one number, or None."""
        try:
            return int(self.text(absolute) or "", base)
        except ValueError:
            return None

    def names(self, folder: str) -> list[str]:
        """Return the names in a folder, sorted; empty if it is not there."""
        try:
            return sorted(entry.name for entry in self.path(folder).iterdir())
        except OSError:
            return []

    def there(self, absolute: str | Path) -> bool:
        """Whether there is such a file, as far as we may see."""
        try:
            return self.path(absolute).exists()
        except OSError:
            return False

    @property
    def runs_systemd(self) -> bool:
        """Whether systemd started this machine. Source: sd_booted(3)."""
        return self.path("/run/systemd/system").is_dir()

    def lines(self, chip: Path, offsets: Collection[int]) -> Mapping[int, Line]:
        """Ask a GPIO chip about some of its lines.

        Raises:
            OSError: It cannot be opened, or has no such lines.
        """
        return line_info(chip, offsets)

    def space(self, folder: Path) -> Space:
        """Ask what is left of the file system of a folder.

        Raises:
            OSError: There is no such folder.
        """
        found = os.statvfs(folder)
        return Space(
            free_bytes=found.f_bavail * found.f_frsize,
            free_inodes=found.f_favail if found.f_files else None,
            read_only=bool(found.f_flag & os.ST_RDONLY),
        )

    def write_s(self, folder: Path) -> float:
        """Write 4 KiB through to the disk, into a file that never gets a name; return the time.

        Raises:
            OSError: It cannot be written.

        Source:
            open(2), O_TMPFILE: gone when it is closed, also if we are killed before.
        """
        began_s = time.monotonic()
        # Where the file system has no O_TMPFILE, tempfile unlinks it as soon as it is there.
        with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
            file.write(os.urandom(_WRITTEN_BYTES))
            os.fsync(file.fileno())
        return time.monotonic() - began_s

    def asking(self) -> Asking:
        """Say who we are."""
        return Asking(os.getuid(), frozenset({os.getgid(), *os.getgroups()}))


def is_open_to_others(status: os.stat_result, bits: int) -> bool:
    """Whether everybody has one of these permissions (``stat.S_IROTH`` and the like)."""
    return bool(stat.S_IMODE(status.st_mode) & bits)
