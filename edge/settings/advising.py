"""What works, but is less safe than it could be, or is not used by this version.

Owns the warnings of ``check-config`` and of every start, in English; each has a code, by which the
command line says it in another language. Nothing here is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from drivers.sensors import SensorSettings
from edge.settings.problems import Advice
from edge.settings.tree import Settings

FILTERED_FRAMES: Final = 3
"""The least that a median can sort a bad one out of (domain 4.1)."""

_AIR_SHARE: Final = 16 / 450
"""Of a range, for 20 °C. Source: domain 4.1, speed of sound 331.3 + 0.606 m/s for each °C."""

TEXTS: Final[Mapping[str, str]] = {
    "one_kind": "only one kind of sensor ({kind}): what fools one fools all, and 119 could be"
    " called for nothing; add one of another kind",
    "open_contact": "a cut wire of a normally open contact reads as dry for ever, and it saves no"
    " zone from being blind; use a normally closed one",
    "bare_probe": "a cut wire of a probe of bare electrodes reads as dry for ever, and it saves no"
    " zone from being blind; use a supervised_contact",
    "simulated": "simulated: it sees no real water",
    "toy": "an HC-SR04 is a toy: no housing against damp, and its echo is timed by a busy"
    " processor; do not let danger hang on it, use an a02yyuw",
    "few_frames": "{interval_s:g} s has fewer than three frames at one every {frame_s:g} s, so the"
    " median sorts no bad one out: a dry one begins the delay before 119 anew; {filtered_s:g} s or"
    " longer is filtered",
    "air_assumed": "this sensor takes air of {celsius:g} °C for granted: 20 °C more or less move"
    " the depth by {moved_mm:.0f} mm at the floor, and its readings are marked suspect where that"
    " is more than 20; name a thermometer",
    "span_too_long": "a probe is out by 0.5 % of its span, here {least_mm:.0f} mm: too much to"
    " tell {alert_mm:g} mm of water; take one of 1 m or less, or another sensor for the alert",
    "alert_unseen": "none of its sensors can tell {alert_mm:g} mm of water: nobody is told before"
    " it is deeper; add one that can, a float switch at that height for example",
    "voting": "{voting} needs {needed} wet sensors: it trades missed water for false calls; what"
    " one of them misses is missed",
    "no_contacts": "nobody is told when water comes",
    "not_armed": "false: 119 is not called, whatever happens",
    "not_119": "reports go to {number}, not to 119",
    "cap_in_the_clear": "not https: the address of the home goes through the network in the clear",
    "http_lacks": "not set: no text leaves this way without {words}",
    "no_modem": "none: every text needs the home's internet and the right time, and 119 is not"
    " reached",
    "internet_first": "the internet comes first: it needs mains and the right time; put the modem"
    " first",
}
"""Every warning by its code."""


def _advice(key: str, code: str, **given: object) -> Advice:
    return Advice(key, TEXTS[code].format(**given), code, given)


def advice(settings: Settings) -> list[Advice]:
    """Collect everything that a technician should know of.

    Args:
        settings: Loaded ones.

    Returns:
        Warnings by key, none of them an error.
    """
    kinds = (_sensors, _zones, _people, _internet_first, _cap)
    return [item for kind in kinds for item in kind(settings)]


def _sensors(settings: Settings) -> Iterator[Advice]:
    kinds = {sensor.kind for sensor in settings.sensors.values()}
    if len(kinds) == 1:
        yield _advice("sensors", "one_kind", kind=kinds.pop())
    for sensor_id, sensor in settings.sensors.items():
        if sensor.cut_reads_dry:
            if hasattr(sensor, "contact"):
                yield _advice(f"sensors.{sensor_id}.contact", "open_contact")
            else:
                yield _advice(f"sensors.{sensor_id}.driver", "bare_probe")
        yield from _of_sound(sensor_id, sensor)
        yield from _of_pressure(sensor_id, sensor, settings.alarm.alert.setpoint_mm)
        if sensor.kind == "simulated":
            yield _advice(f"sensors.{sensor_id}.driver", "simulated")


def _of_sound(sensor_id: str, sensor: SensorSettings) -> Iterator[Advice]:
    if sensor.driver == "hcsr04":
        yield _advice(f"sensors.{sensor_id}.driver", "toy")
    frame_s = sensor.frame_interval_s
    filtered_s = FILTERED_FRAMES * (frame_s or 0.0)
    if frame_s is not None and sensor.sample_interval_s < filtered_s * 0.999:
        yield _advice(
            f"sensors.{sensor_id}.sample_interval_s",
            "few_frames",
            interval_s=sensor.sample_interval_s,
            frame_s=frame_s,
            filtered_s=filtered_s,
        )
    thermometer = getattr(sensor, "air_temperature", None)
    height_mm = getattr(sensor, "mount_height_mm", 0.0)
    if sensor.assumed_air_celsius is not None and not thermometer:
        yield _advice(
            f"sensors.{sensor_id}.air_temperature",
            "air_assumed",
            celsius=sensor.assumed_air_celsius,
            moved_mm=_AIR_SHARE * height_mm,
        )


def _of_pressure(sensor_id: str, sensor: SensorSettings, alert_mm: float) -> Iterator[Advice]:
    if sensor.kind != "pressure" or sensor.least_mm < alert_mm / 2:
        return
    key = f"sensors.{sensor_id}.span_mm"
    yield _advice(key, "span_too_long", least_mm=sensor.least_mm, alert_mm=alert_mm)


def _zones(settings: Settings) -> Iterator[Advice]:
    alert_mm = settings.alarm.alert.setpoint_mm
    for zone_id, zone in settings.zones.items():
        in_it = [sensor for sensor in settings.sensors.values() if sensor.zone == zone_id]
        if not any(sensor.can_decide(alert_mm) for sensor in in_it):
            yield _advice(f"zones.{zone_id}", "alert_unseen", alert_mm=alert_mm)
        if zone.needed >= 2:
            key = f"zones.{zone_id}.voting"
            yield _advice(key, "voting", voting=zone.voting, needed=zone.needed)


def _people(settings: Settings) -> Iterator[Advice]:
    if not settings.contacts:
        yield _advice("contacts", "no_contacts")
    if not settings.report.armed:
        yield _advice("report.armed", "not_armed")
    if settings.report.armed and settings.report.number != "119":
        yield _advice("report.number", "not_119", number=settings.report.number)


def _cap(settings: Settings) -> Iterator[Advice]:
    if settings.cap_url is not None and settings.cap_url.startswith("http://"):
        yield _advice("cap.url", "cap_in_the_clear")


def _internet_first(settings: Settings) -> Iterator[Advice]:
    missing = settings.http_sms.missing if settings.http_sms is not None else {}
    for key, words in missing.items():
        yield _advice(f"http_sms.{key}", "http_lacks", words=words)
    if settings.http_sms is not None and settings.modem is None:
        yield _advice("modem", "no_modem")
        return
    for contact_id in settings.contacts:
        if settings.routes_to(contact_id)[:1] == ("http",):
            yield _advice(f"contacts.{contact_id}.routes", "internet_first")
