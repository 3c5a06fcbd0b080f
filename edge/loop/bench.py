"""A technician's bench: the sensors as somebody before them wants to see and correct them.

Owns which calibrations are in force. Invariant: a calibration is on the disk before it is said to
be done, and comes into force by beginning anew once no incident is open, as other settings do; so
the numbers that decide an alarm never change while one is under way.
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
    made_for,
    numbers_of,
    put_into_force,
)
from edge.centre.front import bounds
from edge.events import Echoed, Measured, TroubleGone, TroubleSeen
from edge.loop.inbox import Reload

if TYPE_CHECKING:
    from drivers.sensors import SensorSettings
    from edge.events import Reading
    from edge.loop.app import App
    from edge.settings import Settings
    from edge.store.rows import Recovered

CAUSE: Final = "calibration"


class Bench:
    """Holds the sensors of the house and their calibrations.

    Attributes:
        sensors: The drivers, by sensor id; only their traces are looked at.
    """

    def __init__(
        self, settings: Settings, put: Callable[[TroubleSeen | TroubleGone | Reload], None]
    ) -> None:
        """Begin with the settings file's own numbers.

        Args:
            settings: As loaded from the file.
            put: Takes troubles, and the wish to begin anew.
        """
        self.sensors: dict[str, Sensor] = {}
        self._file = settings
        self._put = put
        self._in_force = InForce(settings, {}, {})

    @property
    def settings(self) -> Settings:
        """The settings with every calibration that counts."""
        return self._in_force.settings

    def take_up(self, recovered: Recovered) -> None:
        """Put into force what the store remembers, and tell what does not count."""
        self._in_force = put_into_force(self._file, recovered.calibrations)
        for sensor_id, why in self._in_force.refused.items():
            self._put(TroubleSeen(f"{CAUSE}:{sensor_id}", why))
        if recovered.log_ids is None:
            self._put(TroubleSeen(CAUSE, "the store cannot be read: the settings' numbers count"))

    def take_up_late(self, recovered: Recovered) -> None:
        """A store that can be read at last: begin anew if its numbers are others."""
        self._put(TroubleGone(CAUSE))
        if put_into_force(self._file, recovered.calibrations).settings != self.settings:
            self._put(Reload())

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
            Whether it was done, and why not.

        Raises:
            ValueError: There is no such sensor, or these are no numbers.
        """
        numbers = None if given is None else _numbers(given)
        of_file = self._file.sensors[self._known(sensor_id)]
        if app.state.incident is not None:
            return _refused(f"incident {app.state.incident.id} is open: reset it first")
        try:
            numbers_of(of_file)
        except CannotCalibrate as error:
            return _refused(str(error))
        now_s = app.parts.clocks.now_s()
        stored = Stored(numbers, app.stamp(now_s)["ts"], by, made_for(of_file))
        body = stored.to_json()
        if (
            why := put_into_force(self._file, {sensor_id: body}).refused.get(sensor_id)
        ) is not None:
            return _refused(why)
        fields = {"sensor": sensor_id, "by": by, **(numbers_as_fields(numbers) if numbers else {})}
        reason = f"calibrated: {numbers}" if numbers else "the settings' numbers count again"
        if not app.tell("calibrated", reason, calibrations=((sensor_id, body),), **fields):
            return _refused("the disk does not answer: it is kept in memory until it does")
        self._put(TroubleGone(f"{CAUSE}:{sensor_id}"))
        self._put(Reload())
        return {"done": True, "reason": ""}

    def _known(self, sensor_id: str) -> str:
        if sensor_id not in self._file.sensors:
            raise ValueError(f"no sensor {sensor_id!r}; there is {', '.join(self._file.sensors)}")
        return sensor_id


def view(
    sensor_id: str,
    settings: SensorSettings,
    known: tuple[Reading, float] | None,
    now_s: float,
    *,
    heard: object,
    driver: Sensor | None,
    stored: Stored | None,
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
        "numbers": numbers and numbers_as_fields(numbers),
        "calibrated": stored and stored.numbers and {"at": stored.at, "by": stored.by},
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


def numbers_as_fields(numbers: Numbers) -> dict[str, float | None]:
    """Return the three numbers as JSON has them."""
    return {
        "mount_height_mm": numbers.mount_height_mm,
        "offset_mm": numbers.offset_mm,
        "scale": numbers.scale,
    }


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
