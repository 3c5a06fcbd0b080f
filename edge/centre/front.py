"""What the centre sees at once: ``alarm``, ``sensors/{id}``, and which readings enter the log.

Turns the law's state into the payloads of contract 3. Invariant: it never waits: the centre's
thread publishes, and a broker that is gone costs nothing here. Names and phone numbers never come
here.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from edge.events import Health, Reading
from edge.law.levels import Level
from edge.law.state import State
from edge.reading_log import Wanted, moved
from edge.shedding import Pace
from edge.store.intake import QUIET_S
from edge.store.store import Store

if TYPE_CHECKING:
    from edge.centre.interface.payloads import Alarm, AlarmView, Bounds, SensorState, Stage

DEPTH_STEP_MM: Final = 10.0
"""While above normal, ``alarm`` is published again when the depth has changed by a centimetre."""


SHOW_AGAIN_S: Final = 60.0
"""What no reading has shown for so long is shown as it was: it expires at the broker, see
``topics.expiry_s``. That it is done by the loop is meant: if the loop hangs, nothing of it lives
on at the centre."""


_AT_ONCE_S: Final = 0.02
"""A row that is wanted at once waits so long for the state that its reading may bring about: two
commits one after the other would be what 119 waits for."""


class Centre(Protocol):
    """What is needed of ``edge.centre``'s broker thread."""

    def show(self, topic: str, payload: Mapping[str, Any], *, repeat: bool = False) -> None:
        """Put a retained payload up; the thread publishes it."""

    def slow_down(self, repeat_s: float) -> None:
        """Let what says the same wait for so long; 0 as ever."""


class Front:
    """Shows state and readings to the centre, and gives readings to the log.

    Args:
        centre: The broker's thread; None without a broker.
        store: For the readings log.
        min_change_mm: A sensor that has moved by less since it was last shown at once is no more
            urgent than one that says the same again.
        patience_s: How long a row that says the same again may wait for its commit.
    """

    def __init__(
        self,
        centre: Centre | None,
        store: Store,
        *,
        min_change_mm: float = 0.0,
        patience_s: float = QUIET_S,
    ) -> None:
        self._patience_s = patience_s
        self._min_change_mm = self._usual_change_mm = min_change_mm
        self._centre = centre
        self._store = store
        self._alarm: AlarmView | None = None
        self._sensors: dict[str, tuple[float, float, Health]] = {}
        self._shown: dict[str, Mapping[str, Any]] = {}
        self._fresh: set[str] = set()
        self._again_s = 0.0

    def reading(self, reading: Reading, stamp: Mapping[str, Any], *, log: Wanted) -> None:
        """Show a reading; log it if the log wants it, as soon as it wants it."""
        about = bounds(reading)
        if self._centre is not None:
            repeat = self._says_the_same(reading)
            payload: SensorState = {**about, "reason": reading.reason, "ts": stamp["ts"]}
            self._show(reading.sensor_id, payload, repeat=repeat)
        if log:
            row = {
                "sensor": reading.sensor_id,
                **about,
                "ts": stamp["ts"],
                "clock_synced": stamp["clock_synced"],
            }
            within_s = {Wanted.LATER: self._patience_s, Wanted.NOW: _AT_ONCE_S}.get(log, QUIET_S)
            self._store.log_readings([row], within_s=within_s)

    def slow_down(self, pace: Pace) -> None:
        """Show what says the same less often, or as ever (``edge.shedding``)."""
        self._min_change_mm = max(self._usual_change_mm, pace.least_change_mm)
        if self._centre is not None:
            self._centre.slow_down(pace.repeat_s)

    def _says_the_same(self, reading: Reading) -> bool:
        """Whether nothing worth an own message has changed since the last one at once."""
        seen = (round(reading.at_least_mm, 1), round(reading.below_mm, 1), reading.health)
        before = self._sensors.get(reading.sensor_id)
        if before is not None and before[2] is seen[2]:
            moved_mm = max(map(moved, before[:2], seen[:2]))
            if moved_mm == 0.0 or moved_mm < self._min_change_mm:
                return True
        self._sensors[reading.sensor_id] = seen
        return False

    def _show(self, sensor_id: str, payload: Mapping[str, Any], *, repeat: bool) -> None:
        if self._centre is not None:
            self._shown[sensor_id] = payload
            self._fresh.add(sensor_id)
            self._centre.show(f"sensors/{sensor_id}", payload, repeat=repeat)

    def look_round(self, now_s: float) -> None:
        """Show once more what no reading has shown for a while, such as a sensor that is stale."""
        if now_s < self._again_s:
            return
        self._again_s = now_s + SHOW_AGAIN_S
        silent = self._shown.keys() - self._fresh
        for sensor_id in sorted(silent):
            self._show(sensor_id, self._shown[sensor_id], repeat=True)
        self._fresh.clear()

    def alarm(self, state: State, stamp: Mapping[str, Any], since: str) -> None:
        """Show the alarm if it looks different now."""
        if self._centre is None:
            return
        view = alarm_view(state)
        if self._alarm is not None and not _differs(self._alarm, view):
            return
        self._alarm = view
        session = stamp["session"]
        payload: Alarm = {**view, "since": since, "ts": stamp["ts"], "session": session}
        self._centre.show("alarm", payload)


def bounds(reading: Reading) -> Bounds:
    """Return the depth, its bounds and the quality of a reading as JSON has them."""
    return {
        "depth_mm": None if reading.depth_mm is None else finite(reading.depth_mm),
        "at_least_mm": finite(reading.at_least_mm),
        "below_mm": finite(reading.below_mm),
        "quality": reading.health.value,
    }


def finite(value_mm: float) -> float | None:
    """Return a bound as JSON has it: infinity is null, tenths of a millimetre are enough."""
    return round(value_mm, 1) if isfinite(value_mm) else None


def alarm_view(state: State) -> AlarmView:
    """Return what the ``alarm`` topic says, without its times."""
    incident = state.incident
    depth_mm, _, _ = state.depth()
    latched = incident.latched if incident else Level.NORMAL
    return {
        "stage": cast("Stage", state.level.word),
        "latched": cast("Stage", latched.word),
        "bell": bool(incident and incident.bell),
        "acknowledged": bool(incident and incident.acknowledged),
        "incident": incident.id if incident else None,
        "drill": state.drill is not None,
        "depth_mm": None if depth_mm is None else finite(depth_mm),
        "zone": state.zone,
    }


def _differs(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether anything but the depth changed, or the depth by a step while above normal."""
    if any(before[key] != after[key] for key in after if key != "depth_mm"):
        return True
    if before["depth_mm"] is None or after["depth_mm"] is None:
        return bool(before["depth_mm"] != after["depth_mm"])
    if after["stage"] == Level.NORMAL.word:
        return False
    return bool(abs(after["depth_mm"] - before["depth_mm"]) >= DEPTH_STEP_MM)
