"""A technician's bench: the sensors as somebody before them wants to see and correct them.

Owns which calibrations are in force. Invariant: the numbers that decide an alarm never change while
an incident is open or water is being judged, except in service, where the water is the technician's
own; a calibration counts from the next frame on, and one that is not on the disk yet is said not to
be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from drivers.measurement import Sensor
from edge.calibration import (
    CannotCalibrate,
    InForce,
    Numbers,
    Stored,
    can_be_calibrated,
    change,
    numbers_of,
    put_into_force,
)
from edge.centre.front import bounds
from edge.events import Echoed, Measured, TroubleGone, TroubleSeen
from edge.loop.assembly import mountings_of

if TYPE_CHECKING:
    from drivers.sensors import SensorSettings
    from edge.events import Reading
    from edge.law.state import State
    from edge.loop.app import App
    from edge.settings import Settings
    from edge.store.rows import Recovered

CAUSE: Final = "calibration"

NOT_WRITTEN_YET: Final = "the disk does not answer yet: it counts, and is written when it does"


class Bench:
    """Holds the sensors of the house and their calibrations.

    Attributes:
        sensors: The drivers, by sensor id; only their traces are looked at.
    """

    def __init__(
        self, settings: Settings, put: Callable[[TroubleSeen | TroubleGone], None]
    ) -> None:
        """Begin with the settings file's own numbers.

        Args:
            settings: As loaded from the file.
            put: Takes troubles.
        """
        self.sensors: dict[str, Sensor] = {}
        self._file = settings
        self._put = put
        self._remembered: dict[str, str] = {}
        self._made: dict[str, str] = {}  # since the start; no late disk knows better
        self._waiting: InForce | None = None
        self._in_force = InForce(settings, {}, {})

    @property
    def settings(self) -> Settings:
        """The settings with every calibration that counts."""
        return self._in_force.settings

    def take_up(self, recovered: Recovered) -> None:
        """Put into force what the store remembers, before there is a loop; tell what cannot be."""
        self._remembered = dict(recovered.calibrations)
        self._in_force = put_into_force(self._file, self._remembered)
        self._tell_refused(self._in_force)
        if recovered.log_ids is None:
            self._put(TroubleSeen(CAUSE, "the store cannot be read: the settings' numbers count"))

    def take_up_late(self, app: App, recovered: Recovered) -> None:
        """A store that can be read at last: its numbers count as soon as nothing is judged."""
        self._put(TroubleGone(CAUSE))
        self._remembered = {**recovered.calibrations, **self._made}
        self._waiting = put_into_force(self._file, self._remembered)
        self._tell_refused(self._waiting)
        self.look_round(app)

    def look_round(self, app: App) -> None:
        """Let the numbers of a late store count, if they may by now."""
        if self._waiting is not None and not _busy(app.state):
            waiting, self._waiting = self._waiting, None
            self._let_count(app, waiting)

    def _let_count(self, app: App, in_force: InForce) -> None:
        """Change the mounting of every sensor whose numbers are others now."""
        before = mountings_of(self.settings)
        for sensor_id in self._in_force.refused.keys() - in_force.refused.keys():
            self._put(TroubleGone(f"{CAUSE}:{sensor_id}"))
        self._in_force = in_force
        for sensor_id, mounting in mountings_of(self.settings).items():
            if mounting != before[sensor_id]:
                app.hang(sensor_id, mounting)

    def _tell_refused(self, in_force: InForce) -> None:
        for sensor_id, why in in_force.refused.items():
            self._put(TroubleSeen(f"{CAUSE}:{sensor_id}", why))

    def shown(self, app: App, sensor_id: str) -> dict[str, Any]:
        """Return all that is known of one sensor now.

        Raises:
            ValueError: There is none of this name.
        """
        settings = self.settings.sensors[self._known(sensor_id)]
        return view(
            sensor_id,
            settings,
            app.readings.get(sensor_id),
            app.parts.clocks.now_s(),
            heard=app.heard.get(sensor_id),
            driver=self.sensors.get(sensor_id),
            stored=self._in_force.stored.get(sensor_id),
            kept_from=_busy(app.state),
        )

    def calibrate(
        self, app: App, sensor_id: str, given: Mapping[str, Any] | None, by: str
    ) -> dict[str, Any]:
        """Remember a calibration, or that the settings' numbers count again.

        Args:
            app: The loop, for the store and the clock.
            sensor_id: Whose.
            given: ``mount_height_mm``, ``offset_mm`` and ``scale``; None: the settings' own.
            by: Who asks.

        Returns:
            Whether it was done, and why not, or what is still to come.

        Raises:
            ValueError: There is no such sensor, or these are no numbers.
        """
        numbers = None if given is None else _numbers(given)
        self._known(sensor_id)
        if (busy := _busy(app.state)) or self._waiting is not None:
            return _refused(busy or "the store has only just come: try again")
        at = app.stamp()["ts"]
        try:
            made = change(self._file, self._remembered, sensor_id, numbers, at=at, by=by)
        except CannotCalibrate as error:
            return _refused(str(error))
        kept = app.tell("calibrated", made.reason, calibrations=(made.stored,), **made.fields)
        self._remembered = dict(made.remembered)
        self._made.update((made.stored,))
        self._let_count(app, made.in_force)
        self._put(TroubleGone(f"{CAUSE}:{sensor_id}"))
        return {"done": True, "reason": "" if kept else NOT_WRITTEN_YET}

    def _known(self, sensor_id: str) -> str:
        if sensor_id not in self._file.sensors:
            raise ValueError(f"no sensor {sensor_id!r}; there is {', '.join(self._file.sensors)}")
        return sensor_id


def _busy(state: State) -> str:
    """Why no number may change now, empty if it may.

    In service the water is the technician's own: it may stand there to calibrate with.
    """
    incident = state.incident
    if incident is not None and (incident.bell or not incident.service or state.service is None):
        return f"incident {incident.id} is open: reset it first"
    if state.raising and state.service is None:
        return "water is being judged just now: try again when it is over"
    return ""


def view(
    sensor_id: str,
    settings: SensorSettings,
    known: tuple[Reading, float] | None,
    now_s: float,
    *,
    heard: object,
    driver: Sensor | None,
    stored: Stored | None,
    kept_from: str = "",
) -> dict[str, Any]:
    """Return all that is known of one sensor, as JSON has it.

    Args:
        sensor_id: Its name.
        settings: Its settings with the calibration that counts.
        known: Its last reading, and when that was.
        now_s: Monotonic seconds.
        heard: What the driver said last, before anything was made of it.
        driver: For what it was heard to say on its wire.
        stored: Its calibration, if one of the store's counts.
        kept_from: Why it cannot be calibrated now, empty if it can.
    """
    numbers = numbers_of(settings) if can_be_calibrated(settings) else None
    return {
        "id": sensor_id,
        "driver": settings.driver,
        "zone": settings.zone,
        "reading": known and {**bounds(known[0]), "reason": known[0].reason},
        "at_s": known and known[1],
        "age_s": known and round(now_s - known[1], 2),
        "raw": _raw(heard),
        "heard": [
            {"raw": entry.raw, "meaning": entry.meaning}
            for entry in (driver.trace.entries() if driver else ())
        ],
        "frames": {"heard": driver.trace.heard, "bad": driver.trace.bad} if driver else None,
        "numbers": numbers and numbers.as_fields(),
        "calibrated": stored and stored.numbers and {"at": stored.at, "by": stored.by},
        "kept_from": kept_from,
    }


def _refused(reason: str) -> dict[str, Any]:
    return {"done": False, "reason": reason}


def _numbers(given: Mapping[str, Any]) -> Numbers:
    def number(key: str) -> float:
        value = given.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            raise ValueError(f"{key} is a number, not {value!r}")
        return float(value)

    height_mm = None if given.get("mount_height_mm") is None else number("mount_height_mm")
    return Numbers(height_mm, number("offset_mm"), number("scale"))


def _raw(event: object) -> dict[str, Any] | None:
    """What the driver said last, before anything was made of it."""
    if isinstance(event, Echoed):
        return {"ranges_mm": list(event.ranges_mm), "too_near": event.too_near}
    if isinstance(event, Measured):
        low, high = event.at_least_mm, event.below_mm
        return {
            "at_least_mm": low if isfinite(low) else None,
            "below_mm": high if isfinite(high) else None,
        }
    return None
