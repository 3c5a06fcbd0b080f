"""From the settings to the plain values that the pure modules work with.

The law, conditioning and the outbox never see a settings model; here is the one place that knows
both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.modem.pdu import split
from drivers.power.supplies import Supplies, look
from edge import __version__
from edge.centre import discovery, topics
from edge.conditioning import Mounting
from edge.effects import Origin
from edge.law.levels import Level, Setpoint
from edge.law.policy import (
    Policy,
    ReportPolicy,
    Role,
    SelfTestPolicy,
    SensorPolicy,
    TroublePolicy,
    ZonePolicy,
)
from edge.messages.cap import Source
from edge.messages.cap_words import CapWords
from edge.messages.drafting import Addressee, Desk
from edge.messages.home import home_of
from edge.messages.words import Texts
from edge.reading_log import LogPolicy

if TYPE_CHECKING:
    from drivers.sensors import SensorSettings
    from edge.settings import Settings
    from edge.settings.tree import AlertSetpoint


def policy_of(settings: Settings, *, broker_jitter: float = 0.0) -> Policy:
    """Return what the law decides by.

    Args:
        settings: The settings.
        broker_jitter: 0 to 1: how much of half an hour a lost broker link waits beyond half an hour
        before
            it is texted, so that a broker restart does not text a whole district at once (design
            4.10).
    """
    return Policy(
        alert=_setpoint(Level.ALERT, settings.alarm.alert),
        danger=_setpoint(Level.DANGER, settings.alarm.danger),
        sensors={name: _sensor(sensor) for name, sensor in settings.sensors.items()},
        zones={
            name: ZonePolicy(
                sensors=sensors,
                needed=settings.zone(name).needed,
                danger=settings.zone(name).danger,
            )
            for name, sensors in settings.zone_sensors.items()
        },
        contacts={name: Role(contact.role) for name, contact in settings.contacts.items()},
        report=ReportPolicy(
            repeats=settings.report.repeats,
            repeat_interval_s=settings.report.repeat_interval_s,
            voice=_voice(settings),
        ),
        self_test=_self_test(settings),
        trouble=TroublePolicy(
            on_delay_s=settings.trouble.on_delay_s,
            off_delay_s=settings.trouble.off_delay_s,
            repeat_s=settings.trouble.repeat_h * 3600,
            broker_text_after_s=1800.0 * (1 + broker_jitter),
        ),
        max_rise_mm_s=settings.alarm.max_rise_mm_s,
        uncorroborated_delay_s=settings.alarm.uncorroborated_delay_s,
        latch_clear_s=settings.alarm.latch_clear_s,
        siren_cutoff_s=settings.bell.siren_cutoff_s if settings.bell else 1200.0,
    )


def _voice(settings: Settings) -> frozenset[Origin]:
    """Return what is followed by a call: only a modem can dial."""
    if settings.modem is None:
        return frozenset()
    called: dict[str, frozenset[Origin]] = {
        "off": frozenset(),
        "bell": frozenset({"bell"}),
        "bell+danger": frozenset({"bell", "water"}),
    }
    return called[settings.report.voice]


def _self_test(settings: Settings) -> SelfTestPolicy | None:
    wanted = settings.modem.self_test if settings.modem else None
    return SelfTestPolicy(wanted.contact, wanted.every_h * 3600.0) if wanted else None


def _setpoint(level: Level, setpoint: AlertSetpoint) -> Setpoint:
    return Setpoint(
        level=level,
        mm=setpoint.setpoint_mm,
        deadband_mm=setpoint.deadband_mm,
        on_delay_s=setpoint.on_delay_s,
        off_delay_s=setpoint.off_delay_s,
    )


def _sensor(sensor: SensorSettings) -> SensorPolicy:
    height_mm = getattr(sensor, "height_mm", None)  # only what switches at a height has one
    return SensorPolicy(
        zone=sensor.zone,
        height_mm=height_mm,
        two_wire=sensor.two_wire,
        cable=sensor.cable,
        cut_reads_dry=sensor.cut_reads_dry,
    )


def mountings_of(settings: Settings) -> dict[str, Mounting]:
    """Return how each sensor hangs."""
    return {name: _mounting(sensor, settings) for name, sensor in settings.sensors.items()}


def _mounting(sensor: SensorSettings, settings: Settings) -> Mounting:
    calibration = getattr(sensor, "calibration", None)  # only what measures is calibrated
    return Mounting(
        height_mm=getattr(sensor, "mount_height_mm", 0.0),
        blind_zone_mm=sensor.blind_mm,
        base_mm=sensor.base_mm,
        least_mm=sensor.least_mm,
        floor_tolerance_mm=settings.alarm.floor_tolerance_mm,
        offset_mm=calibration.offset_mm if calibration else 0.0,
        scale=calibration.scale if calibration else 1.0,
        stale_after_s=sensor.stale_after_s,
        max_rise_mm_s=settings.alarm.max_rise_mm_s,
        assumed_air_celsius=sensor.assumed_air_celsius,
    )


def desk_of(settings: Settings, texts: Texts, *, boot_id: str) -> Desk:
    """Return what it takes to write to people and to 119."""
    return Desk(
        texts=texts,
        home=home_of(settings),
        addressees={
            name: Addressee(contact.role, contact.phone, settings.routes_to(name))
            for name, contact in settings.contacts.items()
        },
        split=split,
        boot_id=boot_id,
        cap_routes=("cap",) if settings.cap_url is not None else (),
    )


def source_of(settings: Settings, words: tuple[CapWords, ...]) -> Source:
    """Return who speaks in CAP documents, and about which home."""
    site = settings.site
    return Source(settings.cap_sender, site.id, site.district, site.address, words)


def device_of(settings: Settings) -> discovery.Device:
    """Return what Home Assistant is told that there is."""
    bell, power = settings.bell, settings.power_watched
    supplies = look(power.supplies) if power is not None else Supplies()
    pins = power.pins if power is not None else {}
    return discovery.Device(
        base=topics.base(settings.site.district, settings.site.id),
        site=settings.site.id,
        version=__version__,
        sensors=tuple(
            discovery.Sensor(name, sensor.zone, getattr(sensor, "height_mm", None))
            for name, sensor in settings.sensors.items()
        ),
        modem=settings.modem is not None,
        button=bell is not None and bell.button_pin is not None,
        siren=bell is not None and bell.siren_pin is not None,
        mains=supplies.mains is not None or "mains_pin" in pins,
        battery=supplies.battery_percent is not None,
        language=settings.site.language,
    )


def log_policy_of(settings: Settings) -> LogPolicy:
    """Return which readings enter the readings log."""
    return LogPolicy(
        interval_s=settings.log.interval_s,
        min_change_mm=settings.log.min_change_mm,
        alarm_interval_s=settings.log.alarm_interval_s,
    )
