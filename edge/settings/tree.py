"""The settings as frozen models: one class for each table of the file.

Owns names, types, ranges and defaults. Invariant: every field that decides an alarm has a range,
and a key that is not here is an error. What several fields must fulfil together is in ``checks``;
reading the file, in ``loading``. A driver's table is modelled beside the driver and only composed
here.
"""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Annotated, ClassVar, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from drivers.bell.settings import BellSettings
from drivers.broker.settings import MqttSettings
from drivers.channels.sms.settings import HttpSmsSettings
from drivers.declaring import BaseModel, ConfigDict, Field, PrivateAttr, field_validator
from drivers.modem.settings import ModemSettings
from drivers.power.settings import PowerSettings
from drivers.sensors import SensorSettings
from drivers.sensors.mounting import IDENTIFIER

DAY_S: Final = 86400.0

DEVICE_TREE: Final = Path("/proc/device-tree/model")
"""What single-board computers have, and PCs have not. Source: Linux, Documentation/devicetree."""

NAMED_TABLES: Final = ("sensors", "zones", "contacts")
"""Tables of tables, whose names the technician chooses."""

Role = Literal["resident", "guardian", "partner", "office", "technician"]
Route = Literal["modem", "http"]
Id = Annotated[str, Field(pattern=IDENTIFIER)]
Text = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Segment = Annotated[str, Field(pattern=r"^[^\s/+#$\x00-\x1f]{1,64}$")]
"""One level of an MQTT topic."""

LocalPath = Annotated[Path, Field(strict=False)]
HttpsUrl = Annotated[str, Field(pattern=r"^https?://[^\s/]+\S*$", max_length=2048)]
Phone = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")]
"""A person's number. Source: ITU-T E.164: plus sign, country code, at most 15 digits."""

_KOREAN_NUMBER_DIGITS: Final = range(8, 12)
"""Digits behind +82 of a number that belongs to somebody; 112, 119 and 02-119 have fewer."""


class Table(BaseModel):
    """A table of the file: no unknown key, no conversion, no change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def checked_phone(number: str) -> str:
    """Refuse a number that is not a person's.

    Args:
        number: In E.164 form.

    Returns:
        The same number.

    Raises:
        ValueError: It is an emergency or service number, or has a trunk zero that no network dials.
    """
    if number.startswith("+82"):
        national = number.removeprefix("+82")
        if national.startswith("0"):
            raise ValueError("leave out the 0 after +82: +8210…, +822…")
        if len(national) not in _KOREAN_NUMBER_DIGITS:
            raise ValueError("a person's number, never an emergency number (119, 112, 02-119)")
    return number


class Site(Table):
    """Where the bell hangs."""

    id: str = Field(pattern=r"^[a-z0-9-]{1,32}$", description="MQTT client id and topic segment")
    district: Segment = Field(description="topic segment")
    address: Text = Field(description="told to 119, with the city: 119 routes by cell")
    occupants: int | None = Field(default=None, ge=1, le=99)
    language: Literal["ko", "en"] = Field(default="ko", description="texts and command output")
    timezone: str = Field(default="Asia/Seoul", description="for the times in texts")

    @field_validator("address")
    @classmethod
    def _compose(cls, address: str) -> str:
        # Typed on some systems Hangul comes as letters, three characters a syllable: 119 gets 45.
        return unicodedata.normalize("NFC", address)

    @field_validator("timezone")
    @classmethod
    def _timezone_exists(cls, timezone: str) -> str:
        if not _timezone_known(timezone) and _timezone_known("UTC"):
            raise ValueError("a name of the IANA time zone database, such as Asia/Seoul")
        return timezone  # a machine without the database must ring all the same


def _timezone_known(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


class AlertSetpoint(Table):
    """경계: people are told."""

    setpoint_mm: float = Field(default=20.0, gt=0, le=4000)
    deadband_mm: float = Field(default=5.0, ge=0, le=1000, description="less than setpoint_mm")
    on_delay_s: float = Field(default=5.0, ge=0, le=600)
    off_delay_s: float = Field(default=600.0, ge=0, le=DAY_S)


class DangerSetpoint(AlertSetpoint):
    """위험: 119 is called."""

    setpoint_mm: float = Field(default=150.0, gt=0, le=4000)
    deadband_mm: float = Field(default=20.0, ge=0, le=1000, description="less than setpoint_mm")
    on_delay_s: float = Field(default=3.0, ge=0, le=14)
    off_delay_s: float = Field(default=1800.0, ge=0, le=DAY_S)


class Alarm(Table):
    """When water is an alarm."""

    alert: AlertSetpoint = Field(default_factory=AlertSetpoint)
    danger: DangerSetpoint = Field(default_factory=DangerSetpoint)
    max_rise_mm_s: float = Field(default=50.0, gt=0, le=1000, description="faster is suspect")
    uncorroborated_delay_s: float = Field(
        default=10.0, ge=0, le=14, description="runs beside the on-delay"
    )
    latch_clear_s: float = Field(default=43200.0, ge=60, le=7 * DAY_S)
    floor_tolerance_mm: float = Field(
        default=30.0, ge=0, le=500, description="a range this far past the floor is a fault"
    )

    @property
    def longest_danger_delay_s(self) -> float:
        """The delays run side by side, so the longer one counts."""
        return max(self.danger.on_delay_s, self.uncorroborated_delay_s)


class Zone(Table):
    """A place with its own vote."""

    voting: str | None = Field(
        default=None, pattern=r"^[1-9][0-9]?oo[1-9][0-9]?$", description="MooN; 1ooN if left out"
    )
    danger: bool = Field(
        default=True, description="false: it may be without a sensor that can decide danger"
    )

    @property
    def needed(self) -> int:
        """The M of MooN."""
        return 1 if self.voting is None else int(self.voting.split("oo")[0])


class Contact(Table):
    """Somebody who is told."""

    role: Role
    name: Text | None = Field(default=None, description="never leaves the device")
    phone: Phone = Field(description="E.164")
    routes: tuple[Route, ...] | None = Field(
        default=None, strict=False, min_length=1, description="in order; all configured if left out"
    )

    @field_validator("phone")
    @classmethod
    def _a_person(cls, phone: str) -> str:
        return checked_phone(phone)

    @field_validator("routes")
    @classmethod
    def _each_once(cls, routes: tuple[Route, ...] | None) -> tuple[Route, ...] | None:
        if routes and len(set(routes)) < len(routes):
            raise ValueError("each route once")
        return routes


class Report(Table):
    """The 119 report.

    Source: the Korean standard for automatic fire-report units: three reports, at least ten
    attempts.
    """

    armed: bool = Field(default=False, description="false: 119 is never called")
    number: str = Field(default="119", pattern=r"^\+?[0-9]{3,15}$")
    repeats: int = Field(default=3, ge=1, le=10, description="reports an episode")
    repeat_interval_s: float = Field(default=60.0, ge=5, le=600)
    min_attempts: int = Field(default=10, ge=1, le=100, description="on a registered modem")
    voice: Literal["off", "bell", "bell+danger"] = "bell"


class Cap(Table):
    """CAP 1.2 documents for centres that take them."""

    url: HttpsUrl | None = Field(default=None, description="where to POST them")
    sender: Annotated[str, Field(pattern=r"^[^\s,<&]{1,200}$")] | None = Field(
        default=None, description="identifies the sender, as a mail address does; by the site's id"
    )


class Log(Table):
    """Which readings enter the readings log."""

    interval_s: float = Field(default=60.0, ge=0.1, le=DAY_S, description="at least this often")
    min_change_mm: float = Field(default=5.0, ge=0, le=5000, description="0: every reading")
    alarm_interval_s: float = Field(
        default=1.0, ge=0.1, le=DAY_S, description="and this often while above normal"
    )


class Trouble(Table):
    """When a fault of the device itself is told."""

    on_delay_s: float = Field(default=10.0, ge=0, le=120)
    off_delay_s: float = Field(default=60.0, ge=0, le=DAY_S)
    repeat_h: float = Field(default=1.0, gt=0, le=168, description="raised again within: unstable")


class Paths(Table):
    """Where the daemon writes, and where it finds its secrets."""

    state: LocalPath = Path("/var/lib/floodbell")
    run: LocalPath = Path("/run/floodbell")
    credentials: LocalPath = Path("/etc/floodbell/credentials")


class Store(Table):
    """The database on the disk."""

    max_mb: int = Field(default=64, ge=4, le=65536)


class Settings(Table):
    """The whole file. If it loaded, setpoints are ordered, names resolve and no key was ignored."""

    SUPPORTED_ROUTES: ClassVar[tuple[Route, ...]] = ("modem", "http")
    """Routes that this version can take."""

    site: Site
    alarm: Alarm = Field(default_factory=Alarm)
    zones: dict[Id, Zone] = Field(default_factory=dict)
    sensors: dict[Id, SensorSettings]
    contacts: dict[Id, Contact] = Field(default_factory=dict)
    report: Report = Field(default_factory=Report)
    bell: BellSettings | None = None
    modem: ModemSettings | None = None
    http_sms: HttpSmsSettings | None = None
    cap: Cap | None = None
    mqtt: MqttSettings | None = None
    power: PowerSettings | None = None
    log: Log = Field(default_factory=Log)
    trouble: Trouble = Field(default_factory=Trouble)
    paths: Paths = Field(default_factory=Paths)
    store: Store = Field(default_factory=Store)

    _sha256: str = PrivateAttr(default="")
    _text: str = PrivateAttr(default="")

    @property
    def sha256(self) -> str:
        """SHA-256 of the file's bytes in hex; empty if the settings came from no file."""
        return self._sha256

    @property
    def text(self) -> str:
        """The file that they are from, as it stands there; empty if they are from none."""
        return self._text

    @property
    def power_watched(self) -> PowerSettings | None:
        """What tells of mains, battery and voltage: the table, or on a board the kernel alone.

        None on a machine without a device tree: a laptop that is unplugged is no bell without
        mains.
        """
        if self.power is not None:
            return self.power
        return PowerSettings() if DEVICE_TREE.exists() else None

    @property
    def cap_url(self) -> str | None:
        """Where CAP documents are posted; None where nobody takes them by HTTPS."""
        return self.cap.url if self.cap is not None else None

    @property
    def cap_sender(self) -> str:
        """Who CAP documents say they are from; the form of a mail address, as CAP suggests."""
        chosen = self.cap.sender if self.cap is not None else None
        return chosen or f"floodbell@{self.site.id}"

    @property
    def writes_cap(self) -> bool:
        """Whether anybody gets CAP documents: on MQTT always, by HTTPS where there is a URL."""
        return self.mqtt is not None or self.cap_url is not None

    @property
    def routes(self) -> tuple[Route, ...]:
        """The routes that are configured and that this version can take, in order."""
        configured: dict[Route, bool] = {
            "modem": self.modem is not None,
            "http": self.http_sms is not None,
        }
        return tuple(route for route in self.SUPPORTED_ROUTES if configured[route])

    def routes_to(self, contact_id: str) -> tuple[Route, ...]:
        """Return the routes to a contact that can be used, in the order wanted."""
        wanted = self.contacts[contact_id].routes or self.routes
        return tuple(route for route in wanted if route in self.routes)

    def zone(self, zone_id: str) -> Zone:
        """Return a zone; one that only a sensor names has the defaults."""
        return self.zones.get(zone_id) or Zone()

    @property
    def zone_sensors(self) -> dict[str, tuple[str, ...]]:
        """Every zone, named by its table or by a sensor, with the ids of its sensors."""
        zones: dict[str, tuple[str, ...]] = dict.fromkeys(self.zones, ())
        for sensor_id, sensor in self.sensors.items():
            zones[sensor.zone] = (*zones.get(sensor.zone, ()), sensor_id)
        return zones

    def danger_sensors(self, zone_id: str) -> tuple[str, ...]:
        """Return the sensors of a zone that can decide danger."""
        setpoint_mm = self.alarm.danger.setpoint_mm
        return tuple(
            sensor_id
            for sensor_id in self.zone_sensors.get(zone_id, ())
            if self.sensors[sensor_id].can_decide(setpoint_mm)
        )
