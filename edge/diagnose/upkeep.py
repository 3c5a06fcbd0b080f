"""How the sensors hang and how they have been looked after: height, calibration, last wet test.

Owns what needs no reading now, so that it is told of a silent sensor too.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from drivers.sensors import SensorSettings
from edge.calibration import can_be_calibrated
from edge.diagnose.details import in_words
from edge.diagnose.examination import Examination
from edge.diagnose.verdict import Subject, Verdict, bad, good, skip, warn
from edge.law.wear import WET_TEST_S
from edge.locale import _

MARGIN_MM: Final = 50.0
"""Between the danger setpoint and the blind zone: water that rises at 50 mm/s, the fastest that is
believed (contract 1, ``max_rise_mm_s``), is then still seen once."""

OLD_DAYS: Final = 730
"""A calibration is older than two yearly visits. Judged; floodbell itself sets no end to it."""

_DAY_S: Final = 86400.0


def check_upkeep(examination: Examination) -> Iterator[Verdict]:
    """Verdicts on the height, the calibration and the wet test of each sensor."""
    for sensor_id, sensor in examination.settings.sensors.items():
        if hasattr(sensor, "mount_height_mm"):
            yield _height(sensor_id, sensor, examination.settings.alarm.danger.setpoint_mm)
        if can_be_calibrated(sensor):
            yield _calibration(sensor_id, examination)
        yield _wet_test(sensor_id, examination)


def _height(sensor_id: str, sensor: SensorSettings, danger_mm: float) -> Verdict:
    name = Subject(f"height:{sensor_id}", _("height of sensor {id}").format(id=sensor_id))
    height_mm = float(getattr(sensor, "mount_height_mm", 0.0))
    margin_mm = height_mm - sensor.nearest_mm - danger_mm
    if margin_mm < MARGIN_MM:
        return warn(
            name,
            _("only {margin:.0f} mm between danger and what is too near for it").format(
                margin=margin_mm
            ),
            _("hang it {more:.0f} mm higher, and set mount_height_mm").format(
                more=MARGIN_MM - margin_mm
            ),
        )
    return good(
        name,
        _("{height:.0f} mm; measures up to {most:.0f} mm of water").format(
            height=height_mm, most=height_mm - sensor.nearest_mm
        ),
    )


def _calibration(sensor_id: str, examination: Examination) -> Verdict:
    name = Subject(f"calibration:{sensor_id}", _("calibration of sensor {id}").format(id=sensor_id))
    remedy = _("measure again: floodbell sensor calibrate {id}").format(id=sensor_id)
    if (why := examination.refused.get(sensor_id)) is not None:
        return bad(name, _("does not count: {why}").format(why=in_words(why)), remedy)
    stored = examination.stored.get(sensor_id)
    if stored is None or stored.numbers is None:
        return skip(name, _("none made here: the numbers of the settings count"))
    days = _days_since(stored.at)
    if days is None:
        return good(name, _("made by {by}").format(by=stored.by))
    found = _("{days} days old, by {by}").format(days=days, by=stored.by)
    return warn(name, found, remedy) if days > OLD_DAYS else good(name, found)


def _days_since(at: str) -> int | None:
    try:
        made = datetime.fromisoformat(at)
    except ValueError:
        return None
    if made.tzinfo is None:
        return None
    return max(0, (datetime.now(UTC) - made).days)


def _wet_test(sensor_id: str, examination: Examination) -> Verdict:
    name = Subject(f"wet:{sensor_id}", _("wet test of sensor {id}").format(id=sensor_id))
    remedy = _(
        "test it: sudo floodbell service on, wet a contact or fill a flat tray below the sensor,"
        " see it in floodbell status, dry it, sudo floodbell service off"
    )
    since_s = wet_test_s(sensor_id, examination)
    if since_s is None:
        return warn(name, _("never seen wet"), remedy)
    days = int(since_s // _DAY_S)
    if since_s > WET_TEST_S:
        return bad(name, _("{days} days ago: more than a year").format(days=days), remedy)
    return good(name, _("{days} days ago").format(days=days))


def wet_test_s(sensor_id: str, examination: Examination) -> float | None:
    """Seconds since water was last at a sensor; None if none ever was, as far as anybody knows.

    The daemon knows best; without one, or with an older one, the store does.
    """
    told = ((examination.daemon or {}).get("sensors") or {}).get(sensor_id) or {}
    if "wet_test_s" in told:
        number = told["wet_test_s"]
        return None if number is None else float(number)
    return examination.past.wet_test_s.get(sensor_id)
