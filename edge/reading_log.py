"""Which readings enter the readings log (contract 1, ``[log]``). Pure.

At least one every ``interval_s``, one on every change of ``min_change_mm`` or of quality, and one
every ``alarm_interval_s`` while above normal. On battery what says the same is logged less often
(``edge.shedding``). What happens in between is in ``sensors/{id}``, live.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from edge.events import Health, Reading


@dataclass(frozen=True, slots=True)
class LogPolicy:
    """The ``[log]`` table; seconds and millimetres."""

    interval_s: float = 60.0
    min_change_mm: float = 5.0
    alarm_interval_s: float = 1.0


@dataclass(slots=True)
class ReadingLog:
    """Remembers what was last logged of each sensor."""

    policy: LogPolicy
    least_interval_s: float = 0.0  # while load is shed
    _last: dict[str, tuple[float, float, float, Health]] = field(default_factory=dict)

    def wants(self, reading: Reading, now_s: float, *, above_normal: bool) -> bool:
        """Return whether this reading enters the log, and remember it if so."""
        last = self._last.get(reading.sensor_id)
        if last is not None and not self._due(last, reading, now_s, above_normal):
            return False
        self._last[reading.sensor_id] = (
            now_s,
            reading.at_least_mm,
            reading.below_mm,
            reading.health,
        )
        return True

    def _due(
        self,
        last: tuple[float, float, float, Health],
        reading: Reading,
        now_s: float,
        above_normal: bool,
    ) -> bool:
        at_s, at_least_mm, below_mm, health = last
        if reading.health is not health:
            return True
        interval_s = max(self.policy.interval_s, self.least_interval_s)
        if above_normal:
            interval_s = min(interval_s, self.policy.alarm_interval_s)
        if now_s - at_s >= interval_s:
            return True
        changed_mm = max(moved(at_least_mm, reading.at_least_mm), moved(below_mm, reading.below_mm))
        return changed_mm >= self.policy.min_change_mm


def moved(before_mm: float, after_mm: float) -> float:
    """Return by how much a bound has moved, in millimetres."""
    # Equal infinities have no difference; unequal ones are infinitely far apart.
    return 0.0 if before_mm == after_mm else abs(after_mm - before_mm)
