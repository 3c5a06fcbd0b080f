"""What a sensor was measured to need: how it is worked out, remembered, and put into force.

A calibration is three numbers: the height at which a sensor that looks down really hangs, and scale
and offset of what it measures. Whoever stands before it takes a dry floor, water (or a board) of a
known depth, or both; the numbers follow from the depths that the sensor told meanwhile under the
numbers that were in force. They live in the store, and go before the settings file's.

Invariant: a calibration counts only for the sensor that it was made for: if the settings of its
part or its mounting have changed since, or what it says no longer keeps the settings' rules, the
settings' own numbers count and somebody is told. Nothing here opens a file or a port.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from drivers.sensors.calibration import (
    LARGEST_OFFSET_MM,
    LARGEST_SCALE,
    SMALLEST_SCALE,
    Calibration,
)
from edge.settings.checks import contradictions
from edge.store.rows import LOST

if TYPE_CHECKING:
    from drivers.sensors import SensorSettings
    from edge.settings import Settings

FEWEST_SAMPLES: Final = 5
MOST_NOISE_MM: Final = 5.0
"""Standard deviation of the samples. A still surface is ±3 mm (FloodNet, domain 1.5): what is more
is not still, and its mean is nobody's depth."""

LEAST_KNOWN_MM: Final = 50.0
"""A scale from less water than this is mostly noise: 3 mm in 50 are 6 %."""

MOST_MOVED_MM: Final = 50.0
"""The height measured may differ from the ruler's by this. More is something that stands below the
sensor, or a wrong ``mount_height_mm``: to take it over would hide as much water."""

MOST_HIDDEN_AT_DANGER: Final = 0.2
"""Of the danger setpoint, besides what may be hidden on the floor: the smallest scale, 0.8."""

_FREE_TO_CHANGE: Final = frozenset(
    {
        "zone",
        "cable",
        "sample_interval_s",
        "stale_after_s",
        "response_s",
        "answer_s",
        "baud",
        "parity",
        "stop_bits",
    }
)
"""The keys of a sensor's settings that may change under its numbers. Any other, its port too, makes
it another sensor, or one that hangs elsewhere."""


class CannotCalibrate(ValueError):
    """These samples make no calibration; says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """The three numbers. ``mount_height_mm`` is None for a sensor that does not look down."""

    mount_height_mm: float | None
    offset_mm: float
    scale: float

    def __str__(self) -> str:
        height = "" if self.mount_height_mm is None else f"height {self.mount_height_mm:.1f} mm, "
        return f"{height}offset {self.offset_mm:+.1f} mm, scale {self.scale:.4f}"

    def as_fields(self) -> dict[str, float | None]:
        """Return them as JSON has them."""
        return {
            "mount_height_mm": self.mount_height_mm,
            "offset_mm": self.offset_mm,
            "scale": self.scale,
        }


@dataclass(frozen=True, slots=True)
class Stored:
    """A calibration as the store keeps it; ``numbers`` is None where the settings' count."""

    numbers: Numbers | None
    at: str
    by: str
    made_for: Mapping[str, Any]

    def to_json(self) -> str:
        """Write it."""
        numbers = self.numbers and self.numbers.as_fields()
        body = {"numbers": numbers, "at": self.at, "by": self.by, "made_for": dict(self.made_for)}
        return json.dumps(body, ensure_ascii=False, allow_nan=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Stored:
        """Read it.

        Raises:
            ValueError: It is none.
        """
        try:
            body = json.loads(text)
            told = body["numbers"]
            numbers = told and Numbers(
                None if told["mount_height_mm"] is None else _finite(told["mount_height_mm"]),
                _finite(told["offset_mm"]),
                _finite(told["scale"]),
            )
            return cls(numbers, str(body["at"]), str(body["by"]), dict(body["made_for"]))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a calibration: {error!r}") from error


def _finite(told: Any) -> float:  # noqa: ANN401 - whatever JSON has
    number = float(told)
    if not isfinite(number):
        raise ValueError(f"not a calibration: {told!r} is no number")
    return number


@dataclass(frozen=True, slots=True)
class InForce:
    """The settings with every calibration that counts.

    Attributes:
        settings: What everything else works with.
        stored: The calibrations that are in force, by sensor.
        refused: Those that are not, and why, in words; also of sensors whose own was lost.
    """

    settings: Settings
    stored: Mapping[str, Stored]
    refused: Mapping[str, str]


def can_be_calibrated(sensor: SensorSettings) -> bool:
    """Whether it measures: a switch has nothing to correct."""
    return hasattr(sensor, "calibration")


def numbers_of(sensor: SensorSettings) -> Numbers:
    """Return what a sensor's settings say.

    Raises:
        CannotCalibrate: It does not measure.
    """
    calibration = getattr(sensor, "calibration", None)
    if calibration is None:
        raise CannotCalibrate(f"a {sensor.driver} does not measure: there is nothing to calibrate")
    height_mm = getattr(sensor, "mount_height_mm", None)
    return Numbers(height_mm, calibration.offset_mm, calibration.scale)


def made_for(sensor: SensorSettings) -> dict[str, Any]:
    """Return by what a calibration of this sensor stands or falls."""
    told = _without_defaults(sensor)
    return {key: value for key, value in told.items() if key not in _FREE_TO_CHANGE}


def _without_defaults(model: Any) -> dict[str, Any]:  # noqa: ANN401 - of either kind of model
    """Return what is not as by default, as JSON has it.

    Without defaults: a key that a later version brings must not void every calibration.
    """
    return {
        name: _as_json(getattr(model, name))
        for name, field in type(model).model_fields.items()
        if getattr(model, name) != field.get_default(call_default_factory=True)
    }


def _as_json(value: Any) -> Any:  # noqa: ANN401
    if hasattr(type(value), "model_fields"):
        return _without_defaults(value)
    if isinstance(value, (list, tuple)):
        return [_as_json(item) for item in value]
    return value if value is None or isinstance(value, (str, int, float)) else str(value)


def put_into_force(settings: Settings, stored: Mapping[str, str]) -> InForce:
    """Let the calibrations of the store go before those of the settings file.

    Args:
        settings: As loaded from the file.
        stored: As the store has them, by sensor id.
    """
    refused: dict[str, str] = {}
    good: dict[str, Stored] = {}
    so_far = settings
    for sensor_id, sensor in settings.sensors.items():
        if sensor_id in stored:
            try:
                one = _counting(sensor, Stored.from_json(stored[sensor_id]))
                with_it = _with(so_far, sensor_id, one)
                _refuse_what_breaks(so_far, with_it, sensor_id)
            except ValueError as error:
                refused[sensor_id] = f"{error}; the settings' numbers count: calibrate it anew"
            else:
                good[sensor_id], so_far = one, with_it
        elif LOST in stored and can_be_calibrated(sensor):
            refused[sensor_id] = (
                "its calibration, if it had one, was lost with a damaged store; the settings'"
                " numbers count: calibrate it anew"
            )
    return InForce(so_far, good, refused)


@dataclass(frozen=True, slots=True)
class Change:
    """A calibration that is to be kept.

    Attributes:
        remembered: All that is remembered with it, by sensor id.
        in_force: What counts then.
        stored: As it goes into the store, the sensor's id and the body.
        reason: What is said of it.
        fields: What the event ``calibrated`` tells besides.
    """

    remembered: Mapping[str, str]
    in_force: InForce
    stored: tuple[str, str]
    reason: str
    fields: Mapping[str, Any]


def change(
    settings: Settings,
    remembered: Mapping[str, str],
    sensor_id: str,
    numbers: Numbers | None,
    *,
    at: str,
    by: str,
) -> Change:
    """Put one sensor's numbers beside those that are remembered.

    Args:
        settings: As loaded from the file.
        remembered: As the store has them, by sensor id.
        sensor_id: Whose; it is in the settings.
        numbers: None: the settings' own count again.
        at: When, as timestamps are written.
        by: Who wants it.

    Raises:
        CannotCalibrate: It does not measure, or with these numbers a calibration would be out of
            force that counts now.
    """
    sensor = settings.sensors[sensor_id]
    numbers_of(sensor)
    body = Stored(numbers, at, by, made_for(sensor)).to_json()
    wanted = {**remembered, sensor_id: body}
    in_force = put_into_force(settings, wanted)
    refused_now = put_into_force(settings, remembered).refused
    for refused_id, why in in_force.refused.items():
        if refused_id == sensor_id or refused_id not in refused_now:
            raise CannotCalibrate(why)
    reason = f"calibrated: {numbers}" if numbers else "the settings' numbers count again"
    fields = {"sensor": sensor_id, "by": by, **(numbers.as_fields() if numbers else {})}
    return Change(wanted, in_force, (sensor_id, body), reason, fields)


def _counting(sensor: SensorSettings, stored: Stored) -> Stored:
    """Return it if it counts for this sensor."""
    theirs, ours = stored.made_for, made_for(sensor)
    if stored.numbers is not None and theirs != ours:
        changed = sorted(key for key in {*theirs, *ours} if theirs.get(key) != ours.get(key))
        raise ValueError(f"its calibration was made for another {', '.join(changed)}")
    return stored


def _with(settings: Settings, sensor_id: str, stored: Stored) -> Settings:
    """Return the settings with these numbers of one sensor."""
    if stored.numbers is None:
        return settings
    changed = with_numbers(settings.sensors[sensor_id], stored.numbers)
    return settings.model_copy(update={"sensors": {**settings.sensors, sensor_id: changed}})


def _refuse_what_breaks(before: Settings, after: Settings, sensor_id: str) -> None:
    """Compare the settings without and with the numbers of one sensor.

    Raises:
        CannotCalibrate: A rule of the settings is broken that was kept, a setpoint is out of the
            sensor's reach that was in it, or it would hide water.
    """
    old, new = before.sensors[sensor_id], after.sensors[sensor_id]
    if old == new:
        return
    kept = set(contradictions(before, frozenset()))
    for problem in contradictions(after, frozenset()):
        if problem not in kept:
            raise CannotCalibrate(f"its calibration breaks a rule ({problem})")
    alert_mm, danger_mm = before.alarm.alert.setpoint_mm, before.alarm.danger.setpoint_mm
    for name, setpoint_mm in (("alert", alert_mm), ("danger", danger_mm)):
        if old.can_decide(setpoint_mm) and not new.can_decide(setpoint_mm):
            raise CannotCalibrate(f"with its calibration it could not see {name} any more")
    hidden_mm = max(alert_mm, 2 * old.least_mm)
    share_mm = MOST_HIDDEN_AT_DANGER * danger_mm
    for depth_mm, most_mm in ((0.0, hidden_mm), (danger_mm, hidden_mm + share_mm)):
        less_mm = depth_mm - _retold_mm(old, new, depth_mm)
        if less_mm > most_mm:
            raise CannotCalibrate(
                f"it would tell {less_mm:.0f} mm less water than the settings' numbers do, at most"
                f" {most_mm:.0f} mm may be hidden: is the floor really dry? If so, measure"
                " mount_height_mm with a ruler and correct it in the settings"
            )


def _retold_mm(old: SensorSettings, new: SensorSettings, depth_mm: float) -> float:
    """Return what is told under new numbers where the old ones tell ``depth_mm``."""
    now = numbers_of(new)
    measured_mm = now.scale * _raw_mm(numbers_of(old), old.base_mm, depth_mm) + now.offset_mm
    if now.mount_height_mm is not None:
        return now.mount_height_mm - measured_mm
    return old.base_mm + measured_mm


def _raw_mm(numbers: Numbers, base_mm: float, depth_mm: float) -> float:
    """Return the range, or the head, that a sensor measured when under these numbers it told so."""
    height_mm = numbers.mount_height_mm
    measured_mm = depth_mm - base_mm if height_mm is None else height_mm - depth_mm
    return (measured_mm - numbers.offset_mm) / numbers.scale


def with_numbers(sensor: SensorSettings, numbers: Numbers) -> SensorSettings:
    """Return a sensor's settings with other numbers.

    Raises:
        ValueError: They are none that a calibration, or this sensor, may have.
    """
    told = {name: getattr(sensor, name) for name in sensor.model_fields_set}
    told["calibration"] = Calibration(offset_mm=numbers.offset_mm, scale=numbers.scale)
    if numbers.mount_height_mm is not None:
        told["mount_height_mm"] = numbers.mount_height_mm
    return type(sensor)(**told)


@dataclass(frozen=True, slots=True)
class Look:
    """What a sensor told of one still surface: the mean of its depths, and how much they moved."""

    depth_mm: float
    noise_mm: float
    samples: int


def look(depths_mm: list[float]) -> Look:
    """Take the depths of one still surface together.

    Raises:
        CannotCalibrate: Too few of them, or the surface is not still.
    """
    if len(depths_mm) < FEWEST_SAMPLES:
        raise CannotCalibrate(
            f"only {len(depths_mm)} readings, {FEWEST_SAMPLES} are needed: does the sensor read?"
        )
    from statistics import fmean, pstdev  # noqa: PLC0415 - the daemon itself never comes here

    noise_mm = pstdev(depths_mm)
    if noise_mm > MOST_NOISE_MM:
        raise CannotCalibrate(
            f"the readings move by {noise_mm:.1f} mm, at most {MOST_NOISE_MM:g} mm are still:"
            " wait for the water, look for a cable or a fan in its way"
        )
    return Look(fmean(depths_mm), noise_mm, len(depths_mm))


def worked_out(
    sensor: SensorSettings,
    now: Numbers,
    *,
    dry: Look | None = None,
    known: tuple[Look, float] | None = None,
    ruler_mm: float | None = None,
) -> Numbers:
    """Work out the numbers from what the sensor told.

    Args:
        sensor: Its settings, for what kind it is.
        now: The numbers under which it told it.
        dry: Of the dry floor.
        known: Of water of a known depth, and that depth.
        ruler_mm: The height that the settings file gives, for a sensor that looks down.

    Returns:
        The numbers under which it would have told the truth.

    Raises:
        CannotCalibrate: Nothing follows, or nothing that can be right.
    """
    if known is not None:
        seen, truth_mm = known
    elif dry is not None:
        seen, truth_mm = dry, 0.0
    else:
        raise CannotCalibrate("neither a dry floor nor a known depth")
    if truth_mm < 0:
        raise CannotCalibrate("a known depth is not less than nothing")
    scale = now.scale
    if dry is not None and known is not None:
        scale = now.scale * _stretch(dry, seen, truth_mm)
    raw_mm = _raw_mm(now, sensor.base_mm, seen.depth_mm)
    if now.mount_height_mm is not None:
        # The offset stays: it moves the depth just as the height does.
        height_mm = scale * raw_mm + now.offset_mm + truth_mm
        return _checked(Numbers(_hung_there(height_mm, ruler_mm), now.offset_mm, scale))
    if sensor.base_mm and known is None:
        raise CannotCalibrate(
            "the probe hangs above the floor and feels nothing while it is dry: give it water of a"
            " known depth"
        )
    return _checked(Numbers(None, truth_mm - sensor.base_mm - scale * raw_mm, scale))


def _stretch(dry: Look, seen: Look, truth_mm: float) -> float:
    """Return by how much the sensor tells too little between the dry floor and a known depth."""
    told_mm = seen.depth_mm - dry.depth_mm
    if truth_mm < LEAST_KNOWN_MM:
        raise CannotCalibrate(
            f"a scale takes {LEAST_KNOWN_MM:g} mm of water or more, here {truth_mm:g}"
        )
    if told_mm <= 0:
        raise CannotCalibrate("the sensor told no more with the water than without")
    return truth_mm / told_mm


def _hung_there(height_mm: float, ruler_mm: float | None) -> float:
    """Return a height that was measured, if it can be that of the ruler."""
    if ruler_mm is not None and abs(height_mm - ruler_mm) > MOST_MOVED_MM:
        raise CannotCalibrate(
            f"measured {height_mm:.0f} mm from face to floor, the settings say {ruler_mm:g}: is"
            " something below the sensor? If not, correct mount_height_mm first"
        )
    return height_mm


def _checked(numbers: Numbers) -> Numbers:
    if not SMALLEST_SCALE <= numbers.scale <= LARGEST_SCALE:
        raise CannotCalibrate(
            f"a scale of {numbers.scale:.3f} is not between {SMALLEST_SCALE} and {LARGEST_SCALE}:"
            " the known depth is wrong, or the part is another"
        )
    if abs(numbers.offset_mm) > LARGEST_OFFSET_MM:
        raise CannotCalibrate(
            f"an offset of {numbers.offset_mm:.0f} mm is more than {LARGEST_OFFSET_MM:g}: the"
            " sensor is broken, or something is wrong with its mounting"
        )
    return Numbers(
        None if numbers.mount_height_mm is None else round(numbers.mount_height_mm, 1),
        round(numbers.offset_mm, 1),
        round(numbers.scale, 4),
    )
