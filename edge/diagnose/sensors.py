"""Checks of the sensors: what each measures now.

While the daemon runs it holds the ports, so it is asked; otherwise each sensor is opened here.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from statistics import median
from typing import Any, Final

from drivers.errors import DriverError
from drivers.measurement import Echoes, Measurement, Sample
from drivers.ports import Ports
from edge.diagnose.examination import Examination, TookTooLong, within
from edge.diagnose.remedies import remedy_for
from edge.diagnose.verdict import Subject, Verdict, bad, good, skip, warn
from edge.locale import _
from edge.loop.assembly import mountings_of

READ_WITHIN_S: Final = 6.0
"""A driver answers within 5 s (``drivers.measurement.Sensor``); opening the port comes on top."""


def check_sensors(examination: Examination) -> Iterator[Verdict]:
    """A verdict for each sensor."""
    if examination.daemon is not None:
        told = examination.daemon.get("sensors") or {}
        for sensor_id in examination.settings.sensors:
            yield _as_told(_name(sensor_id), told.get(sensor_id))
        return
    if examination.closed:
        for sensor_id in examination.settings.sensors:
            found = _("left alone: a bell that cannot be asked may be using it")
            yield skip(_name(sensor_id), found)
        return
    late, remedy = _("took too long"), remedy_for("sensor:")
    verdicts = {name: bad(_name(name), late, remedy) for name in examination.settings.sensors}
    ports = Ports()  # one for all: sensors may share a line or a chip

    def look(sensor_id: str, settings: Any) -> None:  # noqa: ANN401  one of the union's models
        verdicts[sensor_id] = _by_ourselves(sensor_id, settings, examination, ports)

    threads = [
        threading.Thread(target=look, args=item, daemon=True)
        for item in examination.settings.sensors.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(READ_WITHIN_S + 1)
    ports.close()
    yield from tuple(verdicts.values())


def _name(sensor_id: str) -> Subject:
    return Subject(f"sensor:{sensor_id}", _("sensor {id}").format(id=sensor_id))


def _as_told(name: Subject, reading: dict[str, Any] | None) -> Verdict:
    remedy = remedy_for("sensor:")
    if reading is None:
        return bad(
            name,
            _("the running daemon does not know it"),
            _("load the settings: sudo systemctl reload floodbell"),
        )
    quality = reading.get("quality")
    reason = str(reading.get("reason") or "")
    water = _water(reading.get("at_least_mm"), reading.get("below_mm"))
    if quality == "good":
        return good(name, water)
    if quality == "suspect":
        return warn(
            name, _("{water}, suspect: {reason}").format(water=water, reason=reason), remedy
        )
    return bad(name, f"{quality}: {reason}", remedy)


def _by_ourselves(
    sensor_id: str,
    settings: Any,  # noqa: ANN401
    examination: Examination,
    ports: Ports,
) -> Verdict:
    name = _name(sensor_id)

    def read() -> Sample:
        sensor = settings.open(ports)
        try:
            sample: Sample = sensor.read()
        finally:
            sensor.close()
        return sample

    try:
        sample = within(READ_WITHIN_S, read)
    except (DriverError, OSError, TookTooLong) as fault:
        return bad(name, str(fault), remedy_for("sensor:"))
    if isinstance(sample, Measurement):
        mounting = mountings_of(examination.settings)[sensor_id]
        return good(name, _water(*mounting.bounds_mm(sample.at_least_mm, sample.below_mm)))
    return _of_echoes(name, sample, settings, examination.settings.alarm.floor_tolerance_mm)


def _of_echoes(name: Subject, echoes: Echoes, settings: Any, tolerance_mm: float) -> Verdict:  # noqa: ANN401
    mounted_mm = float(settings.mount_height_mm)
    if not echoes.ranges_mm:
        return warn(
            name,
            _("something is nearer than the sensor can measure"),
            _("look below the sensor: water, a spider's web, a cable?"),
        )
    calibration = settings.calibration
    range_mm = median(echoes.ranges_mm) * calibration.scale + calibration.offset_mm
    found = _("{range:.0f} mm to the target, so {depth:.0f} mm of water").format(
        range=range_mm, depth=mounted_mm - range_mm
    )
    if range_mm > mounted_mm + tolerance_mm:
        return bad(
            name,
            _("sees {past:.0f} mm past the floor").format(past=range_mm - mounted_mm),
            _("measure mount_height_mm again, or straighten the sensor"),
        )
    return good(name, found)


def _water(at_least_mm: float | None, below_mm: float | None) -> str:
    low = -math.inf if at_least_mm is None else at_least_mm
    high = math.inf if below_mm is None else below_mm
    if low == high:
        return _("{depth:.0f} mm of water").format(depth=low)
    if high < math.inf:
        return _("water below {depth:.0f} mm").format(depth=high)
    if low > -math.inf:
        return _("at least {depth:.0f} mm of water").format(depth=low)
    return _("says nothing of the water")
