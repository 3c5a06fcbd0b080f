"""The thread that waits for the bell's button and tells the loop of presses (design 4.9).

What is a press is decided in ``drivers.bell.press``; here a press becomes an event, and a button
that is stuck or cannot be read becomes a trouble.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from drivers.bell.button import Button
from drivers.bell.press import Freed, Pressed, Stuck
from drivers.errors import DriverError, in_our_words
from edge.beating import BeatingThread
from edge.events import BellPressed, TroubleGone, TroubleSeen

if TYPE_CHECKING:
    from drivers.ports import Ports

_log = logging.getLogger(__name__)

CAUSE: Final = "button"
LISTEN_S: Final = 5.0
REOPEN_S: Final = 2.0


class BellWatch(BeatingThread):
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
        super().__init__("bell", beat=beat)
        self._pin = pin
        self._hold_s = hold_s
        self._ports = ports
        self._put = put
        self._button: Button | None = None

    def stop(self) -> None:
        """Ask the thread to end, and let go of the button that it waits for."""
        super().stop()
        if self._button is not None:
            self._button.close()

    def _take_port(self) -> None:
        if self._button is not None:
            self._button.close()

    def _turn(self) -> None:
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
            if self._stopping.is_set():  # given up meanwhile
                self._button.close()
                return
            self._put(TroubleGone(CAUSE))
        for event in self._button.wait(LISTEN_S):
            if isinstance(event, Pressed):
                self._put(BellPressed())
            elif isinstance(event, Stuck):
                self._put(TroubleSeen(CAUSE, "held closed: stuck, or its wire is shorted"))
            elif isinstance(event, Freed):
                self._put(TroubleGone(CAUSE))
