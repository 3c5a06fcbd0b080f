"""Users, groups, and what a user may do with a file.

Owns the reading of ``/etc/passwd`` and ``/etc/group``: the accounts of a service are there,
whatever else (LDAP) a machine asks for people. Access control lists are not looked at.

Source: passwd(5), group(5); path_resolution(7) for the order owner, group, others.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from drivers.host.machine import Machine


@dataclass(frozen=True, slots=True)
class User:
    """A user, and every group that it is in."""

    uid: int
    gids: frozenset[int]

    def may_read(self, path: Path) -> bool:
        """Whether it may read a file.

        Raises:
            OSError: There is no such file, or we may not look.
        """
        return self._may(path.stat(), stat.S_IRUSR)

    def may_read_and_write(self, path: Path) -> bool:
        """Whether it may read and write a device.

        Raises:
            OSError: As above.
        """
        status = path.stat()
        return self._may(status, stat.S_IRUSR) and self._may(status, stat.S_IWUSR)

    def may_write_in(self, folder: Path) -> bool:
        """Whether it may make files in a folder.

        Raises:
            OSError: As above.
        """
        status = folder.stat()
        return self._may(status, stat.S_IWUSR) and self._may(status, stat.S_IXUSR)

    def closed_folder(self, path: Path, root: Path) -> Path | None:
        """Return the first folder on the way to a file that it may not enter, or None.

        Args:
            path: The file.
            root: Folders above this one are not ours to judge.

        Raises:
            OSError: As above.
        """
        for folder in reversed(path.absolute().parents):
            if folder.is_relative_to(root) and not self._may(folder.stat(), stat.S_IXUSR):
                return folder
        return None

    def _may(self, status: os.stat_result, owner_bit: int) -> bool:
        if self.uid == 0:
            return True
        if status.st_uid == self.uid:
            return bool(status.st_mode & owner_bit)
        if status.st_gid in self.gids:
            return bool(status.st_mode & owner_bit >> 3)
        return bool(status.st_mode & owner_bit >> 6)


def group_id(machine: Machine, name: str) -> int | None:
    """Return the number of a group, or None if there is no such group."""
    return next((int(line[2]) for line in _rows(machine, "/etc/group") if line[0] == name), None)


def user(machine: Machine, name: str, groups: tuple[str, ...] = ()) -> User | None:
    """Return a user with its own groups and some more, or None if there is no such user.

    Args:
        machine: Whose accounts.
        name: Of the user.
        groups: What its service adds, as ``SupplementaryGroups=``; unknown ones add nothing.
    """
    for line in _rows(machine, "/etc/passwd"):
        if line[0] == name:
            gids = {int(line[3])}
            for group in _rows(machine, "/etc/group"):
                if group[0] in groups or name in group[3].split(","):
                    gids.add(int(group[2]))
            return User(int(line[2]), frozenset(gids))
    return None


def _rows(machine: Machine, file: str) -> list[list[str]]:
    lines = (machine.text(file) or "").splitlines()
    rows = [line.split(":") for line in lines]
    return [row for row in rows if len(row) >= 4 and row[2].isdigit()]
