"""What several settings must fulfil together.

Owns the rules between fields and between tables. Invariant: each rule names the key that a
technician has to change, and a rule whose outcome hangs on a table that could not be read says
nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from typing import Final

from edge.settings.problems import Problem, shown
from edge.settings.services import check_http_sms
from edge.settings.tree import NAMED_TABLES, Settings

LONGEST_WAY_S: Final = 14.0
"""What sampling, filter and delay may take together.

A reading waits for the end of its sample interval; the filter is the sensor's own and the median
over that interval's frames, at worst one interval more (``filter_delay_s`` of each driver).

Source: design §4.4: 15 cm reaches 119 within 20 s; a registered modem may take 5 s to answer.
"""

Check = Callable[[Settings, Collection[str]], Iterator[Problem]]


def contradictions(settings: Settings, broken: Collection[str]) -> Iterator[Problem]:
    """Run every check.

    Args:
        settings: As loaded, or mended.
        broken: Keys that stand in the file but had to be left out of ``settings``.

    Returns:
        Problems, by the key to change.
    """
    for check in CHECKS:
        yield from check(settings, broken)


def _setpoints(settings: Settings, broken: Collection[str]) -> Iterator[Problem]:
    alert, danger = settings.alarm.alert, settings.alarm.danger
    for name, setpoint in (("alert", alert), ("danger", danger)):
        if setpoint.deadband_mm >= setpoint.setpoint_mm:
            yield Problem(
                f"alarm.{name}.deadband_mm",
                shown(setpoint.deadband_mm),
                f"less than its setpoint_mm, {setpoint.setpoint_mm:g}",
            )
    unread = {"alarm.alert.setpoint_mm", "alarm.danger.setpoint_mm"} & set(broken)
    if alert.setpoint_mm >= danger.setpoint_mm and not unread:
        # The one that was typed is the one to change; by default it is the alert.
        typed = "alert" if "setpoint_mm" in alert.model_fields_set else "danger"
        found, bound = (alert, danger) if typed == "alert" else (danger, alert)
        relation = "less than danger's" if typed == "alert" else "more than alert's"
        yield Problem(
            f"alarm.{typed}.setpoint_mm",
            shown(found.setpoint_mm),
            f"{relation} setpoint_mm, {bound.setpoint_mm:g}",
        )


def _each_sensor(settings: Settings, broken: Collection[str]) -> Iterator[Problem]:
    if not settings.sensors and not _any_broken(broken, "sensors"):
        yield Problem("sensors", "no sensor", "at least one [sensors.NAME] table")
    for sensor_id, sensor in settings.sensors.items():
        for key, found, allowed in sensor.contradictions():
            if key == "script" and f"sensors.{sensor_id}.file" in broken:
                continue  # there is a file, only not a good one
            yield Problem(f"sensors.{sensor_id}.{key}", shown(found), allowed)
    for sensor_id, (found_mm, least_mm) in _hung_too_low(settings).items():
        yield Problem(
            f"sensors.{sensor_id}.mount_height_mm",
            shown(found_mm),
            f"more than danger's setpoint_mm and the blind zone: {least_mm:g}",
        )


def _hung_too_low(settings: Settings) -> dict[str, tuple[float, float]]:
    """Name the sensors that water reaches before danger, with their height and the least one."""
    low = {}
    for sensor_id, sensor in settings.sensors.items():
        height_mm = getattr(sensor, "mount_height_mm", None)
        least_mm = settings.alarm.danger.setpoint_mm + sensor.nearest_mm
        if height_mm is not None and height_mm <= least_mm:
            low[sensor_id] = (height_mm, least_mm)
    return low


def _way_to_119(settings: Settings, _broken: Collection[str]) -> Iterator[Problem]:
    alarm = settings.alarm
    delay_s = alarm.longest_danger_delay_s
    too_long: dict[str, tuple[float, Problem]] = {}  # a delay is told once, of its slowest sensor
    for sensor_id, sensor in settings.sensors.items():
        way_s = sensor.sample_interval_s + sensor.filter_delay_s + delay_s
        if way_s <= LONGEST_WAY_S or not sensor.can_decide(alarm.danger.setpoint_mm):
            continue
        key, found = f"sensors.{sensor_id}.sample_interval_s", sensor.sample_interval_s
        if sensor.sample_interval_s <= 1.0:  # quick already: then it is the delay
            key, found = _longest_delay(settings)
        problem = Problem(
            key,
            shown(found),
            f"sample interval {sensor.sample_interval_s:g} s + filter {sensor.filter_delay_s:g} s"
            f" + longest danger delay {delay_s:g} s of {sensor_id} at most {LONGEST_WAY_S:g} s"
            f" together, here {way_s:g} s: water has to reach 119 within 20 s, the filter's delay"
            " included",
        )
        if way_s > too_long.get(key, (0.0, problem))[0]:
            too_long[key] = (way_s, problem)
    yield from (problem for _way_s, problem in too_long.values())


def _longest_delay(settings: Settings) -> tuple[str, float]:
    alarm = settings.alarm
    if alarm.danger.on_delay_s > alarm.uncorroborated_delay_s:
        return "alarm.danger.on_delay_s", alarm.danger.on_delay_s
    return "alarm.uncorroborated_delay_s", alarm.uncorroborated_delay_s


def _zones(settings: Settings, broken: Collection[str]) -> Iterator[Problem]:
    if _any_broken(broken, "sensors"):
        return  # a zone may seem short of a sensor that is only misspelt
    for zone_id, sensor_ids in settings.zone_sensors.items():
        if f"zones.{zone_id}" in broken or "zones" in broken:
            continue
        zone = settings.zone(zone_id)
        if not sensor_ids:
            yield from _empty_zone(settings, zone_id)
            continue  # what else seems wrong with it follows from that
        yield from _voting(zone_id, zone.voting, len(sensor_ids))
        if (
            zone.danger
            and not settings.danger_sensors(zone_id)
            and _hung_too_low(settings).keys().isdisjoint(sensor_ids)  # that is told already
        ):
            yield Problem(
                f"zones.{zone_id}.danger",
                f"no sensor able to decide danger at {settings.alarm.danger.setpoint_mm:g} mm"
                f" among {', '.join(sensor_ids)}",
                "a sensor that measures, or a normally closed or supervised switch at that very"
                " height; or danger = false",
            )


def _empty_zone(settings: Settings, zone_id: str) -> Iterator[Problem]:
    """Blame the sensors whose zone has no table but nearly this name, else the table."""
    import difflib  # noqa: PLC0415 - only when a file is wrong

    tableless = [zone for zone in settings.zone_sensors if zone not in settings.zones]
    close = difflib.get_close_matches(zone_id, tableless, n=1)
    for typed in close:
        for sensor_id in settings.zone_sensors[typed]:
            yield Problem(f"sensors.{sensor_id}.zone", shown(typed), f"did you mean {zone_id}?")
    if not close:
        yield Problem(f"zones.{zone_id}", "no sensor", f'a sensor with zone = "{zone_id}"')


def _voting(zone_id: str, voting: str | None, sensors: int) -> Iterator[Problem]:
    if voting is None:
        return
    needed, among = (int(part) for part in voting.split("oo"))
    if among != sensors or not 1 <= needed <= among:
        yield Problem(
            f"zones.{zone_id}.voting",
            shown(voting),
            f"MooN with N = {sensors}, the number of its sensors, and M at most N",
        )


def _contacts(settings: Settings, broken: Collection[str]) -> Iterator[Problem]:
    if _any_broken(broken, "modem") or _any_broken(broken, "http_sms"):
        return
    for contact_id, contact in settings.contacts.items():
        if settings.routes_to(contact_id):
            continue
        wanted = "no route" if contact.routes is None else " and ".join(contact.routes)
        have = ", ".join(settings.routes) or "none: a [modem] or [http_sms] table is missing"
        yield Problem(
            f"contacts.{contact_id}.routes", wanted, f"a route that can be used; there is {have}"
        )


def _armed(settings: Settings, broken: Collection[str]) -> Iterator[Problem]:
    if not settings.report.armed:
        return
    roles = {contact.role for contact in settings.contacts.values()}
    decides = any(
        settings.zone(zone_id).danger and settings.danger_sensors(zone_id)
        for zone_id in settings.zone_sensors
    )
    missing = []
    if settings.modem is None and not _any_broken(broken, "modem"):
        missing.append("a [modem] table")
    if "office" not in roles and not _any_broken(broken, "contacts"):
        missing.append('a contact with role = "office"')
    if not decides and not _any_broken(broken, "sensors") and not _any_broken(broken, "zones"):
        missing.append("a zone with a sensor that can decide danger")
    if missing:
        yield Problem("report.armed", "true", f"true only with {', '.join(missing)}")


def _shared(settings: Settings, _broken: Collection[str]) -> Iterator[Problem]:
    """Two things on one port, one pin, one channel or one address."""
    first: dict[str, tuple[str, str]] = {}
    for key, what, shared_as in claims(settings):
        other, other_as = first.setdefault(what, (key, shared_as))
        if other == key or (shared_as and shared_as == other_as):
            continue
        allowed = f"one that {other} does not use"
        if shared_as and other_as:
            allowed += f", or the same as there: {other_as}"
        yield Problem(key, what, allowed)


def claims(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """Every key that takes something of the machine, what it takes, and with whom it shares it."""
    if settings.modem is not None:
        yield "modem.port", f"port {_device(settings.modem.port)}", ""
        if settings.modem.power_pin is not None:
            yield "modem.power_pin", f"pin {settings.modem.power_pin}", ""
    if settings.bell is not None:
        for key, pin in settings.bell.pins.items():
            yield f"bell.{key}", f"pin {pin}", ""
    for sensor_id, sensor in settings.sensors.items():
        port = getattr(sensor, "port", "")  # only what is on a port of its own has one
        for claim in sensor.claims():
            what = claim.what.replace(port, _device(port)) if port else claim.what
            yield f"sensors.{sensor_id}.{claim.key}", what, claim.shared_as


def _device(port: str) -> str:
    """Two names of one device are one device: by-id and ttyUSB0."""
    return os.path.realpath(port) if port.startswith("/") else port


def _self_test(settings: Settings, broken: Collection[str]) -> Iterator[Problem]:
    self_test = settings.modem.self_test if settings.modem is not None else None
    if self_test is None or _any_broken(broken, "contacts"):
        return
    if self_test.contact not in settings.contacts:
        known = ", ".join(settings.contacts) or "there is none"
        yield Problem("modem.self_test.contact", shown(self_test.contact), f"a contact: {known}")


def _cap(settings: Settings, broken: Collection[str]) -> Iterator[Problem]:
    unread = {"cap.url", "mqtt"} & set(broken)
    if settings.cap is not None and not settings.writes_cap and not unread:
        yield Problem("cap.url", "nothing", "a URL to post documents to, or an [mqtt] table")


def _mqtt(settings: Settings, _broken: Collection[str]) -> Iterator[Problem]:
    mqtt = settings.mqtt
    if mqtt is None:
        return
    if (mqtt.cert is None) != (mqtt.key_credential is None):
        key = "mqtt.cert" if mqtt.cert is None else "mqtt.key_credential"
        yield Problem(key, "nothing", "cert and key_credential together, or neither")
    if mqtt.password_credential is not None and mqtt.username is None:
        yield Problem("mqtt.username", "nothing", "a user name: there is a password_credential")
    if not mqtt.tls and not mqtt.insecure and not mqtt.loopback:
        yield Problem(
            "mqtt.ca", "nothing", "a CA file for TLS; or insecure = true to send in the clear"
        )


def _any_broken(broken: Collection[str], table: str) -> bool:
    """Whether the table, or a whole named table in it, had to be left out."""
    if table in broken:
        return True
    return table in NAMED_TABLES and any(
        key.startswith(f"{table}.") and key.count(".") == 1 for key in broken
    )


CHECKS: Final[tuple[Check, ...]] = (
    _setpoints,
    _each_sensor,
    _way_to_119,
    _zones,
    _contacts,
    _armed,
    _shared,
    _self_test,
    check_http_sms,
    _cap,
    _mqtt,
)
