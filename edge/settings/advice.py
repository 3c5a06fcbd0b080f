"""What works, but is less safe than it could be, or is not used by this version.

Owns the warnings of ``check-config`` and of every start. Nothing here is an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from drivers.sensors import SensorSettings
from edge.settings.problems import Advice
from edge.settings.tree import Settings

FILTERED_FRAMES: Final = 3
"""The least that a median can sort a bad one out of (domain 4.1)."""


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
        yield Advice(
            "sensors",
            f"only one kind of sensor ({kinds.pop()}): what fools one fools all, and 119 could be"
            " called for nothing; add one of another kind",
        )
    for sensor_id, sensor in settings.sensors.items():
        if sensor.cut_reads_dry:
            bare = "contact" not in type(sensor).model_fields
            what = "a probe of bare electrodes" if bare else "a normally open contact"
            better = "a supervised_contact" if bare else "a normally closed one"
            yield Advice(
                f"sensors.{sensor_id}.{'driver' if bare else 'contact'}",
                f"a cut wire of {what} reads as dry for ever, and it saves no zone from being"
                f" blind; use {better}",
            )
        yield from _of_sound(sensor_id, sensor)
        yield from _of_pressure(sensor_id, sensor, settings.alarm.alert.setpoint_mm)
        if sensor.kind == "simulated":
            yield Advice(f"sensors.{sensor_id}.driver", "simulated: it sees no real water")


_AIR_SHARE: Final = 16 / 450
"""Of a range, for 20 °C. Source: domain 4.1, speed of sound 331.3 + 0.606 m/s for each °C."""


def _of_sound(sensor_id: str, sensor: SensorSettings) -> Iterator[Advice]:
    if sensor.driver == "hcsr04":
        yield Advice(
            f"sensors.{sensor_id}.driver",
            "an HC-SR04 is a toy: no housing against damp, and its echo is timed by a busy"
            " processor; do not let danger hang on it, use an a02yyuw",
        )
    frame_s = sensor.frame_interval_s
    filtered_s = FILTERED_FRAMES * (frame_s or 0.0)
    if frame_s is not None and sensor.sample_interval_s < filtered_s * 0.999:
        yield Advice(
            f"sensors.{sensor_id}.sample_interval_s",
            f"{sensor.sample_interval_s:g} s has fewer than three frames at one every"
            f" {frame_s:g} s, so the median sorts no bad one out: a dry one begins the delay before"
            f" 119 anew; {filtered_s:g} s or longer is filtered",
        )
    thermometer = getattr(sensor, "air_temperature", None)
    height_mm = getattr(sensor, "mount_height_mm", 0.0)
    if sensor.assumed_air_celsius is not None and not thermometer:
        yield Advice(
            f"sensors.{sensor_id}.air_temperature",
            f"this sensor takes air of {sensor.assumed_air_celsius:g} °C for granted: 20 °C more"
            f" or less move the depth by {_AIR_SHARE * height_mm:.0f} mm at the floor, and its"
            " readings are marked suspect where that is more than 20; name a thermometer",
        )


def _of_pressure(sensor_id: str, sensor: SensorSettings, alert_mm: float) -> Iterator[Advice]:
    if sensor.kind != "pressure" or sensor.least_mm < alert_mm / 2:
        return
    yield Advice(
        f"sensors.{sensor_id}.span_mm",
        f"a probe is out by 0.5 % of its span, here {sensor.least_mm:.0f} mm: too much to tell"
        f" {alert_mm:g} mm of water; take one of 1 m or less, or another sensor for the alert",
    )


def _zones(settings: Settings) -> Iterator[Advice]:
    alert_mm = settings.alarm.alert.setpoint_mm
    for zone_id, zone in settings.zones.items():
        in_it = [sensor for sensor in settings.sensors.values() if sensor.zone == zone_id]
        if not any(sensor.can_decide(alert_mm) for sensor in in_it):
            yield Advice(
                f"zones.{zone_id}",
                f"none of its sensors can tell {alert_mm:g} mm of water: nobody is told before it"
                " is deeper; add one that can, a float switch at that height for example",
            )
        if zone.needed >= 2:
            yield Advice(
                f"zones.{zone_id}.voting",
                f"{zone.voting} needs {zone.needed} wet sensors: it trades missed water for false"
                " calls; what one of them misses is missed",
            )


def _people(settings: Settings) -> Iterator[Advice]:
    if not settings.contacts:
        yield Advice("contacts", "nobody is told when water comes")
    if not settings.report.armed:
        yield Advice("report.armed", "false: 119 is not called, whatever happens")
    if settings.report.armed and settings.report.number != "119":
        yield Advice("report.number", f"reports go to {settings.report.number}, not to 119")


def _cap(settings: Settings) -> Iterator[Advice]:
    if settings.cap_url is not None and settings.cap_url.startswith("http://"):
        yield Advice(
            "cap.url", "not https: the address of the home goes through the network in the clear"
        )


def _internet_first(settings: Settings) -> Iterator[Advice]:
    missing = settings.http_sms.missing if settings.http_sms is not None else {}
    for key, words in missing.items():
        yield Advice(f"http_sms.{key}", f"not set: no text leaves this way without {words}")
    if settings.http_sms is not None and settings.modem is None:
        yield Advice(
            "modem",
            "none: every text needs the home's internet and the right time, and 119 is not reached",
        )
        return
    for contact_id in settings.contacts:
        if settings.routes_to(contact_id)[:1] == ("http",):
            yield Advice(
                f"contacts.{contact_id}.routes",
                "the internet comes first: it needs mains and the right time; put the modem first",
            )
