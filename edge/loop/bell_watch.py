"""The thread that waits for the bell's button and tells the loop of presses (design 4.9).

What is a press is decided in ``drivers.bell.press``; here a press becomes an event, and a button
that is stuck or cannot be read becomes a trouble.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from drivers.bell.button import Button
from drivers.bell.press import Freed, Pressed, Stuck
from drivers.errors import DriverError, in_our_words
from edge.events import BellPressed, TroubleGone, TroubleSeen

if TYPE_CHECKING:
    from drivers.ports import Ports

_log = logging.getLogger(__name__)

CAUSE: Final = "button"
LISTEN_S: Final = 5.0
REOPEN_S: Final = 2.0


class BellWatch:
    """Watches one button; a pin that cannot be claimed is tried again."""

    def __init__(
        self,
        pin: int,
        hold_s: float,
        ports: Ports,
        *,
        put: Callable[[BellPressed | TroubleSeen | TroubleGone], None],
        beat: Callable[[], None],
    ) -> None:
        self._pin = pin
        self._hold_s = hold_s
        self._ports = ports
        self._put = put
        self._beat = beat
        self._button: Button | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bell", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end; ``join`` waits for it."""
        self._stopping.set()
        if self._button is not None:
            self._button.close()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread; True if it has ended."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._beat()
            try:
                self._watch()
            except DriverError as error:
                self._lost(in_our_words(error))
            except Exception as error:  # noqa: BLE001 - a bug must not take the bell away in silence
                _log.exception("bell: failed")
                self._lost(in_our_words(error))

    def _lost(self, words: str) -> None:
        if self._stopping.is_set():
            return
        self._put(TroubleSeen(CAUSE, words))
        if self._button is not None:
            self._button.close()
        self._button = None
        self._stopping.wait(REOPEN_S)

    def _watch(self) -> None:
        if self._button is None:
            self._button = Button(self._pin, self._hold_s, self._ports)
            self._put(TroubleGone(CAUSE))
        for event in self._button.wait(LISTEN_S):
            if isinstance(event, Pressed):
                self._put(BellPressed())
            elif isinstance(event, Stuck):
                self._put(TroubleSeen(CAUSE, "held closed: stuck, or its wire is shorted"))
            elif isinstance(event, Freed):
                self._put(TroubleGone(CAUSE))
