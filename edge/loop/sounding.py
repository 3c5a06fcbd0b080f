"""Siren, strobe and lamp as the loop uses them: set at once, and again when a pin comes back.

Invariant: whatever a pin's library does, the loop goes on, for texts must leave; a pin that does
not obey is a trouble, and is given the state that is wanted as soon as it obeys: the trouble ends
when all pins have taken all that is wanted, not when another one obeys. The lamp blinks only as
long as the loop looks round.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from drivers.errors import in_our_words
from edge.effects import Chirp, Effect, Sound
from edge.events import TroubleGone, TroubleSeen
from edge.law.lamp import Lamp

if TYPE_CHECKING:
    from edge.loop.parts import Siren

_log = logging.getLogger(__name__)

CAUSE: Final = "siren"

TRY_AGAIN_S: Final = 3.0
"""A pin that cannot be had is tried so often, and at every change besides: a few times before
anybody is told of it (a fault has to stand for ``trouble.on_delay_s``, 10 s)."""

HEARTBEAT_EVERY_S: Final = 3.0
"""Whoever looks at the lamp for as long as it takes to ask oneself sees it."""


class Sounding:
    """Holds what is wanted of siren, strobe and lamp."""

    def __init__(
        self, outputs: Siren, put: Callable[[TroubleSeen | TroubleGone], None], now_s: float
    ) -> None:
        self._outputs = outputs
        self._put = put
        self._siren = self._strobe = False
        self._lamp: Lamp | None = None
        self._failed = False
        self._tried_s = now_s
        self._blinked_s = now_s
        self.lamp_every_s = 0.0  # at the least, while load is shed

    def perform(self, effects: tuple[Effect, ...]) -> None:
        """Do what the law wants to be heard and seen."""
        for effect in effects:
            if isinstance(effect, Sound):
                _log.info("siren %s, strobe %s: %s", effect.siren, effect.strobe, effect.reason)
                self._siren, self._strobe = effect.siren, effect.strobe
                if self._failed:  # one pin that obeys says nothing of the others
                    self._restore()
                else:
                    self._obeys(
                        partial(self._outputs.set, siren=effect.siren, strobe=effect.strobe)
                    )
            elif isinstance(effect, Chirp):
                _log.info("chirp: %s", effect.reason)
                self._obeys(self._outputs.chirp)

    def show(self, lamp: Lamp, now_s: float) -> None:
        """Let the lamp blink like this from now on."""
        if lamp != self._lamp:
            self._lamp = lamp
            self._blink(now_s)

    def look_round(self, now_s: float) -> None:
        """Blink on, and try a pin that did not obey once more, with all that is wanted now."""
        every_s = HEARTBEAT_EVERY_S if self._lamp == "heartbeat" else 0.0
        if self._lamp != "fast":
            every_s = max(every_s, self.lamp_every_s)
        if now_s >= self._blinked_s + every_s:
            self._blink(now_s)
        if self._failed and now_s >= self._tried_s + TRY_AGAIN_S:
            self._tried_s = now_s
            self._restore()

    def claim(self) -> None:
        """Take the pins, so that one that cannot be had is known before it is needed."""
        self._obeys(self._outputs.claim)

    def _blink(self, now_s: float) -> None:
        """Give the lamp its next bout: if nobody does, it stands still."""
        self._blinked_s = now_s
        self._obeys(partial(self._outputs.set, lamp=self._lamp))

    def _restore(self) -> None:
        """Set all that is wanted; the trouble ends if all obey."""
        if self._obeys(self._set_all):
            self._failed = False
            self._put(TroubleGone(CAUSE))

    def _set_all(self) -> None:
        try:  # a pin that cannot be had must not keep the others from what is wanted
            self._outputs.set(siren=self._siren, strobe=self._strobe, lamp=self._lamp)
        finally:
            self._outputs.claim()

    def _obeys(self, act: Callable[[], None]) -> bool:
        """Do it; whether it was done, and a trouble if not."""
        try:
            act()
        except Exception as error:  # noqa: BLE001 - whatever a pin's library does, texts must leave
            if not self._failed:
                _log.error("siren: %r", error)
            self._failed = True
            self._put(TroubleSeen(CAUSE, in_our_words(error)))
            return False
        return True
