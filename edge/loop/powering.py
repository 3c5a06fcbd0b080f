"""What the loop knows of mains and battery, and what it slows down by that.

Owns the present ``Supply`` and ``Shedding``. Invariant: what is known grows old: a watch that has
said nothing for a while sheds nothing for ever. Whether the bell is on its battery is decided in
``edge.supply``, what is shed then in ``edge.shedding``.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from edge.shedding import Shedding, shedding
from edge.supply import UNKNOWN, Supply

if TYPE_CHECKING:
    from edge.law.state import State
    from edge.loop.parts import Front
    from edge.loop.sounding import Sounding
    from edge.reading_log import ReadingLog

_log = logging.getLogger(__name__)

OLD_AFTER_S: Final = 90.0
"""The watch tells every half minute, also where nothing changes."""


class Powering:
    """Holds what was last told, and how much is shed by it."""

    def __init__(self, front: Front, reading_log: ReadingLog, sounding: Sounding) -> None:
        self._front = front
        self._reading_log = reading_log
        self._sounding = sounding
        self._supply = UNKNOWN
        self._told_s = float("-inf")
        self.shedding = Shedding.NONE

    def supply(self, now_s: float) -> Supply:
        """Return what is known now."""
        return self._supply if now_s < self._told_s + OLD_AFTER_S else UNKNOWN

    def told(self, supply: Supply, now_s: float) -> bool:
        """Take what the watch has seen; return whether it became worse."""
        before, self._supply, self._told_s = self._supply, supply, now_s
        lost = supply.on_battery and not before.on_battery
        return lost or (bool(supply.low) and not before.low)

    def look_round(self, state: State, now_s: float) -> None:
        """Shed as much as is right now; once a second, so a rise of the water ends it in time."""
        wanted = shedding(self.supply(now_s), state, now_s)
        if wanted is self.shedding:
            return
        _log.info("load is shed: %s", wanted.value)
        self.shedding = wanted
        self._front.slow_down(wanted.pace)
        self._reading_log.least_interval_s = wanted.pace.log_interval_s
        self._sounding.lamp_every_s = wanted.pace.lamp_every_s

    def in_short(self, now_s: float) -> dict[str, Any]:
        """Return what is known as JSON values; null where it is not."""
        supply = self.supply(now_s)
        for_s = supply.on_battery_s(now_s)
        return {
            "mains": supply.mains,
            "on_battery_s": None if for_s is None else round(for_s, 1),
            "battery_percent": supply.percent,
            "battery_low": supply.low,
            "shedding": self.shedding.value,
        }
