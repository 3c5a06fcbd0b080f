"""A serial line without hardware: one raw pseudo-terminal pair.

Owns the pair and an optional stable name for it. Invariant: until ``unplug`` or ``close`` the far
side is always there, so that a daemon may open, close and open the port again while the emulated
device stays on the same line. What is spoken on it is the business of whoever holds ``fd``.
"""

from __future__ import annotations

import os
import tty
from pathlib import Path
from typing import Self


class PseudoTerminal:
    """A raw pty pair: an emulated device holds ``fd``, the daemon opens ``path`` with pyserial.

    Raw means that no byte is changed, echoed or held back until the end of a line, either way.

    Attributes:
        path: The slave's device path, e.g. ``/dev/pts/7``.
        fd: The master's file descriptor, non-blocking. ``-1`` once unplugged.
    """

    def __init__(self) -> None:
        master, slave = os.openpty()
        # Kept open: while nobody holds the slave, Linux answers EIO on the master and forgets raw.
        self._slave = slave
        self.fd = master
        tty.setraw(slave)
        os.set_blocking(master, False)
        self.path = os.ttyname(slave)
        self._links: list[Path] = []

    def link(self, path: Path | str) -> Path:
        """Give the line a stable name, as udev does under ``/dev/serial/by-id``.

        Args:
            path: Where to put the symbolic link; an older link of that name is replaced. It is
                removed again by ``unplug``, as udev would.

        Returns:
            The path of the link.

        Raises:
            OSError: The link cannot be made there.
        """
        link = Path(path)
        if link.is_symlink():
            link.unlink()
        link.symlink_to(self.path)
        self._links.append(link)
        return link

    def unplug(self) -> None:
        """Pull the plug: the daemon sees the line hang up; safe to call twice."""
        if self.fd < 0:
            return
        # The number is given up before it is closed, so that nobody writes to a reused descriptor.
        master, self.fd = self.fd, -1
        os.close(master)
        os.close(self._slave)
        for link in self._links:
            if link.is_symlink() and str(link.readlink()) == self.path:
                link.unlink()

    def close(self) -> None:
        """Let go of the line; the same as ``unplug``."""
        self.unplug()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.unplug()
