"""Checks of the sensors: what each measures now, and how still it is.

While the daemon runs it holds the ports, so it is asked; otherwise each sensor is opened here.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from statistics import median
from typing import Any, Final

from drivers.errors import DriverError
from drivers.host.control import ControlClient
from drivers.ports import Ports
from edge.diagnose import noise
from edge.diagnose.details import in_words
from edge.diagnose.examination import ANSWER_WITHIN_S, Examination, TookTooLong, within
from edge.diagnose.noise import Looks
from edge.diagnose.remedies import remedy_for
from edge.diagnose.verdict import Subject, Verdict, bad, good, skip, warn
from edge.locale import _
from edge.loop.assembly import mountings_of

READ_WITHIN_S: Final = 8.0
"""``noise.LOOKED_S``, and a last read that begins within it: a driver answers within 5 s
(``drivers.measurement.Sensor``); opening the port comes on top."""


def check_sensors(examination: Examination) -> Iterator[Verdict]:
    """A verdict for what each sensor measures, and one for its noise if it tells any."""
    if examination.daemon is not None:
        yield from _as_told(examination)
        return
    sensors = examination.settings.sensors
    if examination.ports_taken:
        for sensor_id in sensors:
            found = _("left alone: a bell that cannot be asked may be using it")
            yield skip(_name(sensor_id), found)
        return
    late = _("took too long")
    verdicts = {name: [bad(_name(name), late, remedy_for(f"sensor:{name}"))] for name in sensors}
    ports = Ports()  # one for all: sensors may share a line or a chip

    def look(sensor_id: str) -> None:
        verdicts[sensor_id] = _by_ourselves(sensor_id, examination, ports)

    threads = [threading.Thread(target=look, args=(name,), daemon=True) for name in sensors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(READ_WITHIN_S + 1)
    ports.close()
    for found_here in tuple(verdicts.values()):
        yield from found_here


def _name(sensor_id: str) -> Subject:
    return Subject(f"sensor:{sensor_id}", _("sensor {id}").format(id=sensor_id))


def _as_told(examination: Examination) -> Iterator[Verdict]:
    told = (examination.daemon or {}).get("sensors") or {}
    looks = _asked(examination)
    for sensor_id in examination.settings.sensors:
        yield _told(sensor_id, told.get(sensor_id), examination)
        if sensor_id in looks:
            yield from judge_noise(sensor_id, looks[sensor_id], examination)


def _asked(examination: Examination) -> dict[str, Looks]:
    path = examination.settings.paths.run / "floodbell.sock"
    try:
        with ControlClient(path, ANSWER_WITHIN_S) as client:
            return noise.ask(client, tuple(examination.settings.sensors))
    except (DriverError, OSError):  # it spoke a moment ago: what it said then is told
        return {}


def _told(sensor_id: str, reading: dict[str, Any] | None, examination: Examination) -> Verdict:
    name, remedy = _name(sensor_id), remedy_for(f"sensor:{sensor_id}")
    if reading is None:
        return bad(
            name,
            _("the running daemon does not know it"),
            _("load the settings: sudo systemctl reload floodbell"),
        )
    quality = reading.get("quality")
    reason = in_words(str(reading.get("reason") or ""))
    low = _or(reading.get("at_least_mm"), -math.inf)
    high = _or(reading.get("below_mm"), math.inf)
    if quality == "good":
        return judge_water(sensor_id, low, high, examination)
    if quality == "suspect":
        found = _("{water}, suspect: {reason}").format(water=_water(low, high), reason=reason)
        return warn(name, found, remedy)
    if "past the floor" in str(reading.get("reason")):
        return bad(name, reason, _hung_wrong(sensor_id))
    words = {"faulted": _("faulted: {rest}"), "stale": _("silent: {rest}")}
    return bad(name, words.get(str(quality), "{rest}").format(rest=reason), remedy)


def _or(number: float | None, otherwise: float) -> float:
    return otherwise if number is None else number


def _by_ourselves(sensor_id: str, examination: Examination, ports: Ports) -> list[Verdict]:
    settings = examination.settings.sensors[sensor_id]

    def read() -> Looks:
        sensor = settings.open(ports)
        try:
            return noise.look(sensor)
        finally:
            sensor.close()

    try:
        looks = within(READ_WITHIN_S, read)
    except (DriverError, OSError, TookTooLong) as fault:
        return [bad(_name(sensor_id), in_words(str(fault)), remedy_for(f"sensor:{sensor_id}"))]
    except Exception as fault:  # noqa: BLE001  a driver's own mistake ends its verdict only
        found = f"{type(fault).__name__}: {fault}"
        return [bad(_name(sensor_id), found, _("report this to the maintainers"))]
    water = _of_looks(sensor_id, looks, examination)
    return [water, *judge_noise(sensor_id, looks, examination)]


def _of_looks(sensor_id: str, looks: Looks, examination: Examination) -> Verdict:
    mounting = mountings_of(examination.settings)[sensor_id]
    if looks.last is not None:
        low, high = mounting.bounds_mm(looks.last.at_least_mm, looks.last.below_mm)
        return judge_water(sensor_id, low, high, examination)
    if looks.too_near >= len(looks.values_mm):
        return warn(
            _name(sensor_id),
            _("something is nearer than the sensor can measure"),
            _("look below the sensor: water, a spider's web, a cable?"),
        )
    range_mm = mounting.true_range_mm(median(looks.values_mm), None)
    if mounting.past_floor(range_mm):
        return bad(
            _name(sensor_id),
            _("sees {past:.0f} mm past the floor").format(past=range_mm - mounting.height_mm),
            _hung_wrong(sensor_id),
        )
    depth_mm = mounting.height_mm - range_mm
    return judge_water(sensor_id, depth_mm, depth_mm, examination, range_mm=range_mm)


def _hung_wrong(sensor_id: str) -> str:
    return _(
        "straighten the sensor, or measure its height with a ruler and correct"
        " sensors.{id}.mount_height_mm"
    ).format(id=sensor_id)


def judge_water(
    sensor_id: str,
    low_mm: float,
    high_mm: float,
    examination: Examination,
    range_mm: float | None = None,
) -> Verdict:
    """Say what a healthy sensor measures, and ask back what should not be so on a visit.

    Args:
        sensor_id: Whose.
        low_mm: The depth is at least this; minus infinity: nothing known.
        high_mm: It is below this; infinity: nothing known.
        examination: For the alert setpoint.
        range_mm: From the face to what it sees, if it looks down.
    """
    name = _name(sensor_id)
    alert_mm = examination.settings.alarm.alert.setpoint_mm
    water = _water(low_mm, high_mm)
    if range_mm is not None:
        water = _("{range:.0f} mm to the target, so {water}").format(range=range_mm, water=water)
    measures = low_mm == high_mm
    if low_mm >= alert_mm:
        remedy = (
            _("if the floor is dry, measure mount_height_mm again: floodbell sensor calibrate {id}")
            if measures
            else _(
                "if it hangs dry, its cable is cut or shorted, or the contact is set the wrong way"
            )
        )
        return warn(
            name, _("{water}: is that true?").format(water=water), remedy.format(id=sensor_id)
        )
    if measures and low_mm < -alert_mm / 2:
        return warn(
            name,
            _("the floor lies {below:.0f} mm lower than set: water is told too shallow").format(
                below=-low_mm
            ),
            _("measure mount_height_mm again: floodbell sensor calibrate {id}").format(
                id=sensor_id
            ),
        )
    if low_mm == -math.inf and high_mm == math.inf:
        return warn(name, water, remedy_for(f"sensor:{sensor_id}"))
    return good(name, water)


def _water(low_mm: float, high_mm: float) -> str:
    if low_mm == high_mm:
        return _("{depth:.0f} mm of water").format(depth=round(low_mm))
    if high_mm < math.inf:
        return _("water below {depth:.0f} mm").format(depth=high_mm)
    if low_mm > -math.inf:
        return _("at least {depth:.0f} mm of water").format(depth=low_mm)
    return _("says nothing of the water")


def judge_noise(sensor_id: str, looks: Looks, examination: Examination) -> Iterator[Verdict]:
    """Say how still a sensor is that tells numbers: the alert must not hang on its noise.

    What the alert bears is its deadband: with more the level goes up and down on a still surface.
    """
    if len(looks.values_mm) < noise.FEWEST:
        return
    name = Subject(f"noise:{sensor_id}", _("noise of sensor {id}").format(id=sensor_id))
    alert = examination.settings.alarm.alert
    borne_mm = min(alert.deadband_mm, alert.setpoint_mm / 2) or alert.setpoint_mm / 4
    found = _("±{typical:.0f} mm, {peak:.0f} mm at most, {frames} frames").format(
        typical=looks.typical_mm, peak=looks.peak_to_peak_mm, frames=len(looks.values_mm)
    )
    if looks.bad:
        found = _("{found}, {bad} of {heard} bad").format(
            found=found, bad=looks.bad, heard=looks.heard
        )
    if looks.typical_mm > borne_mm:
        yield warn(
            name,
            _("{found}: more than {borne:.0f} mm would raise and end the alert by itself").format(
                found=found, borne=borne_mm
            ),
            _("straighten it, clear what stands in its cone, keep it from vents and other sensors"),
        )
    elif looks.bad_share > noise.MOST_BAD:
        yield warn(
            name,
            _("{found}: too many").format(found=found),
            _("check its cable, its ground and its power; keep it from the siren's wires"),
        )
    else:
        yield good(name, found)
