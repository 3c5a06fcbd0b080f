"""A thread of ours: it beats at every turn, and ends soon after it is asked to.

Invariant: between two beats lies one turn, and every turn has an end; a thread that beats no more
is found out by ``edge.loop.crew``, and so is one that has ended unasked. Leaves to its heirs what a
turn does: an error that leaves one ends the thread.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable


class BeatingThread(ABC):
    """Turns until it is told to stop.

    ``beat`` is called from this thread only. ``stopping`` is for an heir whose port must know of it
    too; whoever waits in a turn waits for it.
    """

    def __init__(
        self, name: str, *, beat: Callable[[], None], stopping: threading.Event | None = None
    ) -> None:
        self._beat = beat
        self._stopping = stopping or threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end; returns at once, ``join`` waits for it. From any thread."""
        self._stopping.set()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread; True if it has ended and its port is closed."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @property
    def thread(self) -> threading.Thread:
        """The thread itself."""
        return self._thread

    def abandon(self) -> None:
        """Give it up: it may hang, and ends should it ever come back. From any thread, at once.

        ``stop`` may use the port that it hangs on; this does not.
        """
        self._stopping.set()
        aside(self._take_port, self._thread.name)

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._beat()
                self._turn()
        finally:
            self._let_go()

    @abstractmethod
    def _turn(self) -> None:
        """Do one thing."""

    def _let_go(self) -> None:  # noqa: B027 - not every thread holds something
        """Close what the thread holds."""

    def _take_port(self) -> None:  # noqa: B027 - as above
        """Take from outside what the thread holds, though it may be using it; it may take long."""


def aside(call: Callable[[], None], name: str) -> None:
    """Do something that may hang as well, on a thread that nobody waits for."""
    threading.Thread(target=call, name=f"{name}-aside", daemon=True).start()
