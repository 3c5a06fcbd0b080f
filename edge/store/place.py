"""The place where the database lies: who may open, close or move by name what is there.

SQLite finds its log and its index by the name of the file, not by what it has open: a thread that
opens, closes or renames a database while another one puts a fresh one in its place would open,
delete or rename the fresh one's log. Invariant: of all generations of writers one at a time does
any of that; whoever is superseded begins none of it. Committing needs no name, and waits for nobody
here. Leaves to ``writer`` what is done.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_WAIT_S: Final = 0.5  # whoever finds it taken has the next turn to try again

Identity = tuple[int, int]
"""Device and inode: what a name stands for, as SQLite's own locks see it."""


class HeldError(OSError):
    """A thread that was given up still has the files in hand: its disk has not answered yet."""


class Place:
    """One path; shared by a writer and all its successors.

    Attributes:
        condemned: What was found wrong with the file that lies there, until it is set aside.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.condemned: Exception | None = None
        self._held = threading.Lock()

    @contextmanager
    def alone(self, check: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Have the files for oneself.

        Args:
            check: Raises if we are not to touch them any more; asked once they are ours alone: a
                successor opens nothing before we have let go.

        Raises:
            HeldError: Another thread has them, and a disk that does not answer. It may move them at
                any moment, so there is nothing to do but to go on in memory and try again.
        """
        if not self._held.acquire(timeout=_WAIT_S):
            raise HeldError("a thread that hangs still has the files in hand")
        try:
            check()
            yield
        finally:
            self._held.release()

    def identity(self) -> Identity | None:
        """What lies there now; None if nothing does.

        Raises:
            OSError: The disk does not say.
        """
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino
