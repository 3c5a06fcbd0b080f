"""What several settings must fulfil together.

Owns the rules between fields and between tables. Invariant: each rule names the key that a
technician has to change, and a rule whose outcome hangs on a table that could not be read says
nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from typing import Final

from drivers.sensors import SensorSettings
from edge.settings.places import gone
from edge.settings.problems import Problem, shown
from edge.settings.services import check_http_sms
from edge.settings.tree import Settings

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
        if gone(broken, f"alarm.{name}.setpoint_mm"):
            continue
        if setpoint.deadband_mm >= setpoint.setpoint_mm:
            yield Problem(
                f"alarm.{name}.deadband_mm",
                shown(setpoint.deadband_mm),
                f"less than its setpoint_mm, {setpoint.setpoint_mm:g}",
            )
    unread = any(gone(broken, f"alarm.{name}.setpoint_mm") for name in ("alert", "danger"))
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
    if not settings.sensors and not any(key.partition(".")[0] == "sensors" for key in broken):
        yield Problem("sensors", "no sensor", "at least one [sensors.NAME] table")
    for sensor_id, sensor in settings.sensors.items():
        for key, found, allowed in sensor.contradictions():
            if not _can_be_judged(sensor_id, sensor, key, broken):
                continue
            yield Problem(f"sensors.{sensor_id}.{key}", shown(found), allowed)
    if gone(broken, "alarm.danger.setpoint_mm"):
        return
    for sensor_id, (found_mm, least_mm) in _hung_too_low(settings).items():
        if _doubtful(sensor_id, settings.sensors[sensor_id], broken) & {"blind_zone_mm", "part"}:
            continue
        yield Problem(
            f"sensors.{sensor_id}.mount_height_mm",
            shown(found_mm),
            f"more than danger's setpoint_mm and the blind zone: {least_mm:g}",
            "hang it higher and measure again, or lower alarm.danger.setpoint_mm",
        )


_NO_MATTER: Final = frozenset(
    {"port", "pin", "zone", "cable", "air_temperature", "mount_height_mm"}
)
"""Fields on which no contradiction within a sensor hangs but one at themselves."""


def _doubtful(sensor_id: str, sensor: SensorSettings, broken: Collection[str]) -> set[str]:
    """Return the fields of a sensor whose value is not the one that was typed."""
    known = type(sensor).model_fields
    return {name for name in known if gone(broken, f"sensors.{sensor_id}.{name}")}


def _can_be_judged(
    sensor_id: str, sensor: SensorSettings, key: str, broken: Collection[str]
) -> bool:
    doubtful = _doubtful(sensor_id, sensor, broken)
    if key == "stale_after_s":
        return not doubtful & {"sample_interval_s", "part", "mode"}
    return not doubtful - _NO_MATTER


def _hung_too_low(settings: Settings) -> dict[str, tuple[float, float]]:
    """Name the sensors that water reaches before danger, with their height and the least one."""
    low = {}
    for sensor_id, sensor in settings.sensors.items():
        height_mm = getattr(sensor, "mount_height_mm", None)
        least_mm = settings.alarm.danger.setpoint_mm + sensor.nearest_mm
        if height_mm is not None and height_mm <= least_mm:
            low[sensor_id] = (height_mm, least_mm)
    return low


def _way_to_119(settings: Settings, broken: Collection[str]) -> Iterator[Problem]:
    alarm = settings.alarm
    if any(gone(broken, f"alarm.{key}") for key in _DECIDE_DELAY):
        return
    delay_s = alarm.longest_danger_delay_s
    too_long: dict[str, tuple[float, Problem]] = {}  # a delay is told once, of its slowest sensor
    for sensor_id, sensor in settings.sensors.items():
        if gone(broken, f"sensors.{sensor_id}.sample_interval_s"):
            continue
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
            "make one of the three smaller",
        )
        if way_s > too_long.get(key, (0.0, problem))[0]:
            too_long[key] = (way_s, problem)
    yield from (problem for _way_s, problem in too_long.values())


_DECIDE_DELAY: Final = ("danger.setpoint_mm", "danger.on_delay_s", "uncorroborated_delay_s")


def _longest_delay(settings: Settings) -> tuple[str, float]:
    alarm = settings.alarm
    if alarm.danger.on_delay_s > alarm.uncorroborated_delay_s:
        return "alarm.danger.on_delay_s", alarm.danger.on_delay_s
    return "alarm.uncorroborated_delay_s", alarm.uncorroborated_delay_s


def _zones(settings: Settings, broken: Collection[str]) -> Iterator[Problem]:
    if _sensor_astray(settings, broken):
        return  # a zone may seem short of a sensor that is only misspelt
    for zone_id, sensor_ids in settings.zone_sensors.items():
        if f"zones.{zone_id}" in broken or "zones" in broken:
            continue
        zone = settings.zone(zone_id)
        if not sensor_ids:
            yield from _empty_zone(settings, zone_id)
            continue  # what else seems wrong with it follows from that
        yield from _voting(zone_id, zone.voting, len(sensor_ids))
        in_doubt = gone(broken, "alarm.danger.setpoint_mm") or any(
            _doubtful(sensor_id, settings.sensors[sensor_id], broken) for sensor_id in sensor_ids
        )
        if (
            zone.danger
            and not in_doubt
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


def _sensor_astray(settings: Settings, broken: Collection[str]) -> bool:
    """Whether there is a sensor of which it is not known in which zone it is."""
    if "sensors" in broken:
        return True
    return any(
        key.startswith("sensors.")
        and (key.endswith(".zone") or key.split(".")[1] not in settings.sensors)
        for key in broken
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
            f'write "1oo{sensors}", or leave the line out',
        )


def _contacts(settings: Settings, broken: Collection[str]) -> Iterator[Problem]:
    if "modem" in broken or "http_sms" in broken:
        return
    have = ", ".join(settings.routes) or "none: a [modem] or [http_sms] table is missing"
    without: dict[str, list[str]] = {}  # one cause is told once, however many it concerns
    for contact_id, contact in settings.contacts.items():
        key = f"contacts.{contact_id}.routes"
        if settings.routes_to(contact_id) or gone(broken, key):
            continue
        wanted = "no route" if contact.routes is None else " and ".join(contact.routes)
        without.setdefault(wanted, []).append(key)
    for wanted, (first, *also) in without.items():
        allowed = f"a route that can be used; there is {have}"
        remedy = "" if settings.routes else "add a [modem] table, or [http_sms]"
        yield Problem(first, wanted, allowed, remedy, tuple(also))


def _armed(settings: Settings, broken: Collection[str]) -> Iterator[Problem]:
    if not settings.report.armed:
        return
    missing = []
    if settings.modem is None and "modem" not in broken:
        missing.append("a [modem] table")
    if not _has_office(settings, broken):
        missing.append('a contact with role = "office"')
    if not _can_decide(settings, broken):
        missing.append("a zone with a sensor that can decide danger")
    if missing:
        yield Problem("report.armed", "true", f"true only with {', '.join(missing)}")


def _has_office(settings: Settings, broken: Collection[str]) -> bool:
    """Whether there is an office, or somebody who may be one."""
    unknown = any(
        key == "contacts"
        or (key.startswith("contacts.") and (key.count(".") == 1 or key.endswith(".role")))
        for key in broken
    )
    return unknown or any(contact.role == "office" for contact in settings.contacts.values())


def _can_decide(settings: Settings, broken: Collection[str]) -> bool:
    """Whether a zone can decide danger, or could if it were written well."""
    unknown = gone(broken, "alarm.danger.setpoint_mm") or any(
        key.partition(".")[0] in ("sensors", "zones") for key in broken
    )
    return unknown or any(
        settings.zone(zone_id).danger and settings.danger_sensors(zone_id)
        for zone_id in settings.zone_sensors
    )


def _shared(settings: Settings, broken: Collection[str]) -> Iterator[Problem]:
    """Two things on one port, one pin, one channel or one address."""
    first: dict[str, tuple[str, str]] = {}
    for key, what, shared_as in claims(settings):
        if gone(broken, key):
            continue
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
    for name, table in (("bell", settings.bell), ("power", settings.power)):
        for key, pin in table.pins.items() if table is not None else ():
            yield f"{name}.{key}", f"pin {pin}", ""
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
    if self_test is None or gone(broken, "modem.self_test.contact"):
        return
    if self_test.contact not in settings.contacts and not gone(
        broken, f"contacts.{self_test.contact}"
    ):
        known = ", ".join(settings.contacts) or "there is none"
        yield Problem("modem.self_test.contact", shown(self_test.contact), f"a contact: {known}")


def _power(settings: Settings, broken: Collection[str]) -> Iterator[Problem]:
    if settings.power is None:
        return
    for key, found, allowed in settings.power.contradictions():
        name = key.removesuffix("_level")
        if not any(gone(broken, f"power.{name}_{part}") for part in ("pin", "level")):
            yield Problem(f"power.{key}", found if found == "nothing" else shown(found), allowed)


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


CHECKS: Final[tuple[Check, ...]] = (
    _setpoints,
    _each_sensor,
    _way_to_119,
    _zones,
    _contacts,
    _armed,
    _shared,
    _self_test,
    _power,
    check_http_sms,
    _cap,
    _mqtt,
)
