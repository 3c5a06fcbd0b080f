"""Which readings enter the readings log (contract 1, ``[log]``), and how soon. Pure.

At least one every ``interval_s``, one on every change of ``min_change_mm`` or of quality, and one
every ``alarm_interval_s`` while above normal. On battery what says the same is logged less often
(``edge.shedding``). What happens in between is in ``sensors/{id}``, live.

A card counts commits, not rows: one commit of one reading makes ext4 write some 40 kB (``make
bench``). So a row that only says the same again waits for others, and a sensor that flickers for
hours gets no more commits than a quiet one. Above normal nothing waits.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from math import inf
from typing import Final

from edge.events import Health, Reading

CHANGES_AT_ONCE: Final = 300
"""So many changes are written within a second; then one more for every ``CHANGE_EVERY_S``."""

CHANGE_EVERY_S: Final = 900.0
"""As often as the state is stored anyway: a flickering sensor costs twice what a quiet one does."""

SHARED_S: Final = 1.0
"""Rows within a second share a commit."""

THRIFTY_FROM_S: Final = 60.0
"""From this ``interval_s`` on, which is the default, rows that say nothing new may wait."""


class Wanted(Enum):
    """Whether the log wants a reading; all but ``NO`` are true."""

    NO = auto()
    LATER = auto()
    """It says the same again: it may wait for others, and a power cut may take it."""
    SOON = auto()
    """It has changed: within a second."""
    NOW = auto()
    """The water is above normal: at once."""

    def __bool__(self) -> bool:
        return self is not Wanted.NO


@dataclass(frozen=True, slots=True)
class LogPolicy:
    """The ``[log]`` table; seconds and millimetres."""

    interval_s: float = 60.0
    min_change_mm: float = 5.0
    alarm_interval_s: float = 1.0

    @property
    def patience_s(self) -> float:
        """How long a row that says the same again may wait for others.

        Source: the state is stored every 15 minutes anyway (``COUNTS_EVERY_S`` of the loop), and
        takes what waits with it: with the defaults a quiet bell makes 96 commits a day. Whoever
        wants rows more often than once a minute wants them at once, and pays for it.
        """
        return CHANGE_EVERY_S if self.interval_s >= THRIFTY_FROM_S else SHARED_S


@dataclass(slots=True)
class ReadingLog:
    """Remembers what was last logged of each sensor."""

    policy: LogPolicy
    least_interval_s: float = 0.0  # while load is shed
    _last: dict[str, tuple[float, float, float, Health]] = field(default_factory=dict)
    _spent_until_s: float = -inf
    _soon_s: float = -inf

    def wants(self, reading: Reading, now_s: float, *, above_normal: bool) -> Wanted:
        """Return whether this reading enters the log, and remember it if so."""
        last = self._last.get(reading.sensor_id)
        wanted = Wanted.SOON if last is None else self._due(last, reading, now_s, above_normal)
        if not wanted:
            return wanted
        self._last[reading.sensor_id] = (
            now_s,
            reading.at_least_mm,
            reading.below_mm,
            reading.health,
        )
        if above_normal:
            return Wanted.NOW
        return wanted if wanted is Wanted.LATER or self._afford(now_s) else Wanted.LATER

    def _afford(self, now_s: float) -> bool:
        """Whether a change may have a commit now, or shares the one of less than a second ago.

        With ``min_change_mm`` 0 every reading is wanted, and none is held back.
        """
        if not self.policy.min_change_mm or now_s < self._soon_s + SHARED_S:
            return True
        spent_until_s = max(self._spent_until_s, now_s)
        if spent_until_s > now_s + (CHANGES_AT_ONCE - 1) * CHANGE_EVERY_S:
            return False
        self._spent_until_s = spent_until_s + CHANGE_EVERY_S
        self._soon_s = now_s
        return True

    def _due(
        self,
        last: tuple[float, float, float, Health],
        reading: Reading,
        now_s: float,
        above_normal: bool,
    ) -> Wanted:
        at_s, at_least_mm, below_mm, health = last
        if reading.health is not health:
            return Wanted.SOON
        changed_mm = max(moved(at_least_mm, reading.at_least_mm), moved(below_mm, reading.below_mm))
        if changed_mm >= self.policy.min_change_mm:
            return Wanted.SOON
        interval_s = max(self.policy.interval_s, self.least_interval_s)
        if above_normal:
            interval_s = min(interval_s, self.policy.alarm_interval_s)
        return Wanted.LATER if now_s - at_s >= interval_s else Wanted.NO


def moved(before_mm: float, after_mm: float) -> float:
    """Return by how much a bound has moved, in millimetres."""
    # Equal infinities have no difference; unequal ones are infinitely far apart.
    return 0.0 if before_mm == after_mm else abs(after_mm - before_mm)
