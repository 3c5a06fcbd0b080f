"""How Home Assistant finds this device: one retained message that lists all it can show. Pure.

Home Assistant calls it device based discovery (2024.11 and later): one payload with the device, its
origin and its *components*, on ``<prefix>/device/<site>/config``. What it shows then
comes from the topics of contract 3, which are published for it or not; the two buttons ask with the
requests of ``edge.centre.requests``, and there is no button that arms, disarms, drills or resets.

Invariant: strict JSON, the same bytes for the same device; every component has a unique id, for one
without drops the whole device; a value that is absent or null shows as unknown, and raises nothing.

Source: the MQTT integration of Home Assistant 2026.2 (``schemas.py``, ``discovery.py``,
``sensor.py``, ``binary_sensor.py``, ``abbreviations.py``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from edge.store.rows import to_json

Language = Literal["ko", "en"]

EXPIRE_AFTER_S: Final = 180
"""A sensor's topic is silent for at most 60 s, also where nothing changes. Three of those missed,
and what Home Assistant holds is no measurement any more: a silent sensor must not look dry."""

_ONCE: Final = ("alarm", "status", "cmd")
"""Published when something changes: worth QoS 1. The others are repeated all the time."""


# Home Assistant reads the rendered text: its word for "unknown" is None, as Jinja prints it. The
# default stands in for a payload that is no JSON, such as the empty one that clears a topic.
_JSON: Final = "value_json|default({})"


@dataclass(frozen=True, slots=True)
class Sensor:
    """One water sensor.

    Attributes:
        id: Its name in the settings, ``[A-Za-z0-9_-]``.
        zone: The place that it watches.
        height_mm: Where it switches over; None for one that measures.
    """

    id: str
    zone: str
    height_mm: float | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """What there is to show.

    Attributes:
        base: ``floodbell/v1/{district}/{site}``.
        site: ``[a-z0-9-]{1,32}``.
        version: Of floodbell.
        sensors: In the order of the settings.
        modem: Whether there is one.
        button: Whether people can press the bell.
        siren: Whether there is something to silence.
        mains: Whether something tells of mains.
        battery: Whether something tells what is left of the battery.
        language: Of the names; ids and states are the same in both.
    """

    base: str
    site: str
    version: str
    sensors: tuple[Sensor, ...]
    modem: bool = True
    button: bool = True
    siren: bool = True
    mains: bool = False
    battery: bool = False
    language: Language = "ko"


@dataclass(frozen=True, slots=True)
class _Entity:
    """One entity: which topic it is made of and how; ``more`` are its own keys, spelled out."""

    key: str
    platform: Literal["sensor", "binary_sensor", "button"]
    more: Mapping[str, object]
    topic: str = ""
    template: str = ""


def _get(name: str) -> str:
    return f"({_JSON}).get('{name}')"


def _field(name: str) -> str:
    """A template for a value that is shown as it is."""
    return f"{{{{{_get(name)}}}}}"


def _from(name: str, expression: str) -> str:
    """A template for what is made of one value, which the expression calls ``v``."""
    return f"{{%set v={_get(name)}%}}{{{{{expression}}}}}"


def _chosen(*names: str, more: str = "") -> str:
    """A template for attributes: only these, because each change is a row in its recorder."""
    listed = ",".join(f"'{name}':p.get('{name}')" for name in names)
    return f"{{%set p={_JSON}%}}{{{{ {{{more}{listed}}}|to_json}}}}"


# What goes with a class of Home Assistant: units and state classes that it allows.
_DIAGNOSTIC: Final = {"entity_category": "diagnostic"}
_PROBLEM: Final = {"device_class": "problem", **_DIAGNOSTIC}
_CONNECTIVITY: Final = {"device_class": "connectivity", **_DIAGNOSTIC}
_MOISTURE: Final = {"device_class": "moisture"}
_LEVEL: Final = {"device_class": "enum", "options": ["normal", "alert", "danger"]}
_MEASURED: Final = {"state_class": "measurement"}
_DEPTH: Final = {
    "device_class": "distance",  # there is no class of depths: "water" counts volume
    "unit_of_measurement": "mm",
    "suggested_display_precision": 0,
    **_MEASURED,
}
_CELSIUS: Final = {
    "device_class": "temperature",
    "unit_of_measurement": "°C",
    "suggested_display_precision": 0,
    **_MEASURED,
    **_DIAGNOSTIC,
}
_DBM: Final = {
    "device_class": "signal_strength",
    "unit_of_measurement": "dBm",
    **_MEASURED,
    **_DIAGNOSTIC,
}
_PERCENT: Final = {
    "device_class": "battery",
    "unit_of_measurement": "%",
    **_MEASURED,
    **_DIAGNOSTIC,
}
_HOURS: Final = {"device_class": "duration", "unit_of_measurement": "h", **_DIAGNOSTIC}
_EXPIRES: Final = {"expire_after": EXPIRE_AFTER_S}

_ABOVE_NORMAL: Final = _from("stage", "v!='normal' if v is string else none")
_TROUBLED: Final = _from("troubles", "v|length>0 if v is sequence else none")
_BACKLOG: Final = _from("backlog", "v.values()|sum if v is mapping else none")
_UPTIME_H: Final = _from("uptime_s", "(v/3600)|round(1) if v is number else none")
_NOT_GOOD: Final = _from("quality", "v!='good' if v is string else none")
_WET: Final = (
    f"{{%set p={_JSON}%}}"
    "{{(p.get('at_least_mm') or 0)>0 if p.get('quality') in ('good','suspect') else none}}"
)
_WHERE: Final = _chosen("depth_mm", "zone", "since", "incident")
_TROUBLES: Final = "(p.get('troubles') or [])"
_HEALTH: Final = _chosen(
    *("modem", "clock_synced", "throttled", "waiting", "starts"),
    more=f"'troubles':{_TROUBLES}|map(attribute='cause',default='')|list,"
    f"'details':{_TROUBLES}|map(attribute='detail',default='')|list,",
)

_ASK: Final = '{%set t=utcnow().isoformat()%}{"id":"ha-{{t}}","ts":"{{t}}"}'
"""A request: new for each press, by the microsecond, and dated, so that an old one is not done."""


_More = Mapping[str, object]


def _binary(key: str, topic: str, more: _More, template: str = "") -> _Entity:
    # A template prints a JSON bool as Python does; these two are what else the field expects.
    words = {"payload_on": "True", "payload_off": "False"}
    return _Entity(key, "binary_sensor", {**words, **more}, topic, template or _field(key))


def _sensor(key: str, topic: str, more: _More, template: str = "") -> _Entity:
    return _Entity(key, "sensor", more, topic, template or _field(key))


def _button(key: str) -> _Entity:
    return _Entity(key, "button", {"command_template": _ASK}, f"cmd/{key}")


_ALWAYS: Final = (
    _sensor("stage", "alarm", {**_LEVEL, "json_attributes_template": _WHERE}),
    _sensor("latched", "alarm", _LEVEL),
    _binary("water", "alarm", _MOISTURE, _ABOVE_NORMAL),
    _binary("acknowledged", "alarm", {}),
    _binary("drill", "alarm", {}),
    _binary("armed", "status", {}),
    _binary("service", "status", {}),
    # Without availability, or it would be unavailable whenever it has something to say.
    _binary("online", "status", {**_CONNECTIVITY, "availability": []}),
    _binary("problem", "health", {**_PROBLEM, "json_attributes_template": _HEALTH}, _TROUBLED),
    _sensor("cpu_temperature", "health", _CELSIUS, _field("cpu_temperature_c")),
    _binary("under_voltage", "health", _PROBLEM),
    _sensor("backlog", "health", {**_MEASURED, **_DIAGNOSTIC}, _BACKLOG),
    _sensor("uptime", "health", _HOURS, _UPTIME_H),
    _button("ack"),
)
_WITH_BUTTON: Final = (_binary("bell", "alarm", {"device_class": "safety"}),)
_WITH_SIREN: Final = (_button("silence"),)
_WITH_MAINS: Final = (_binary("mains", "health", {"device_class": "power", **_DIAGNOSTIC}),)
_WITH_BATTERY: Final = (_sensor("battery", "health", _PERCENT, _field("battery_percent")),)
_WITH_MODEM: Final = (
    _binary("registered", "health", _CONNECTIVITY),
    _sensor("signal", "health", _DBM, _field("signal_dbm")),
)


def _of_sensor(sensor: Sensor) -> tuple[_Entity, _Entity]:
    """Return what a sensor shows, and whether it is well."""
    topic = f"sensors/{sensor.id}"
    about = {**_PROBLEM, **_EXPIRES, "json_attributes_template": _chosen("quality", "reason")}
    problem = _binary(f"sensor_{sensor.id}_problem", topic, about, _NOT_GOOD)
    if sensor.height_mm is not None:
        shown = _binary(f"sensor_{sensor.id}_wet", topic, {**_MOISTURE, **_EXPIRES}, _WET)
    else:
        shown = _sensor(
            f"sensor_{sensor.id}_depth", topic, {**_DEPTH, **_EXPIRES}, _field("depth_mm")
        )
    return shown, problem


_NAMES: Final[Mapping[Language, Mapping[str, str]]] = {
    "ko": {
        "device": "침수 비상벨 {site}",
        "stage": "경보 단계",
        "latched": "최고 경보 단계",
        "water": "침수",
        "acknowledged": "경보 확인됨",
        "drill": "훈련",
        "armed": "119 신고 켜짐",
        "service": "점검 중",
        "online": "연결",
        "problem": "장치 이상",
        "cpu_temperature": "CPU 온도",
        "under_voltage": "전압 부족",
        "mains": "전원",
        "battery": "배터리",
        "backlog": "밀린 기록",
        "uptime": "가동 시간",
        "ack": "경보 확인",
        "silence": "소리 끄기",
        "bell": "비상벨 눌림",
        "registered": "통신망 등록",
        "signal": "통신 신호",
        "depth": "수위({where})",
        "wet": "물 {height_mm:g} mm 이상({where})",
        "sensor_problem": "센서 이상({where})",
    },
    "en": {
        "device": "Flood bell {site}",
        "stage": "Alarm stage",
        "latched": "Highest alarm stage",
        "water": "Water",
        "acknowledged": "Acknowledged",
        "drill": "Drill",
        "armed": "119 report armed",
        "service": "In service",
        "online": "Connection",
        "problem": "Trouble",
        "cpu_temperature": "CPU temperature",
        "under_voltage": "Under-voltage",
        "mains": "Mains",
        "battery": "Battery",
        "backlog": "Backlog",
        "uptime": "Uptime",
        "ack": "Acknowledge",
        "silence": "Silence",
        "bell": "Bell pressed",
        "registered": "Mobile network",
        "signal": "Mobile signal",
        "depth": "Water level ({where})",
        "wet": "Water at {height_mm:g} mm ({where})",
        "sensor_problem": "Sensor trouble ({where})",
    },
}

_ZONES: Final[Mapping[Language, Mapping[str, str]]] = {
    "ko": {
        "home": "집",
        "entrance": "현관",
        "living": "거실",
        "kitchen": "주방",
        "bathroom": "욕실",
        "bedroom": "침실",
        "boiler": "보일러실",
        "stairs": "계단",
        "window": "창가",
        "drain": "배수구",
    },
    "en": {},
}
"""Zones are called what the technician called them; these common ones have a word."""

_SHORT: Final[Mapping[str, str]] = {
    "availability": "avty",
    "command_template": "cmd_tpl",
    "command_topic": "cmd_t",
    "components": "cmps",
    "default_entity_id": "def_ent_id",
    "device": "dev",
    "device_class": "dev_cla",
    "entity_category": "ent_cat",
    "expire_after": "exp_aft",
    "identifiers": "ids",
    "json_attributes_template": "json_attr_tpl",
    "json_attributes_topic": "json_attr_t",
    "manufacturer": "mf",
    "model": "mdl",
    "options": "ops",
    "origin": "o",
    "payload_available": "pl_avail",
    "payload_not_available": "pl_not_avail",
    "payload_off": "pl_off",
    "payload_on": "pl_on",
    "platform": "p",
    "serial_number": "sn",
    "state_class": "stat_cla",
    "state_topic": "stat_t",
    "suggested_display_precision": "sug_dsp_prc",
    "sw_version": "sw",
    "topic": "t",
    "unique_id": "uniq_id",
    "unit_of_measurement": "unit_of_meas",
    "value_template": "val_tpl",
}
"""Abbreviations that Home Assistant knows; a quarter of the payload."""


def topic(prefix: str, site: str) -> str:
    """Return where the announcement lies, retained: a topic outside our own base.

    The site is a whole level: so brokers can allow each device its own by a pattern.

    Args:
        prefix: ``[mqtt] home_assistant``.
        site: The site's id.
    """
    return f"{prefix}/device/{site}/config"


def announcement(device: Device, prefix: str) -> tuple[str, bytes]:
    """Return topic and payload that show the device in Home Assistant; to be retained."""
    return topic(prefix, device.site), to_json(_short(_payload(device))).encode()


def removal(site: str, prefix: str) -> tuple[str, bytes]:
    """Return topic and payload that take the device out of Home Assistant again; to be retained.

    Home Assistant warns in its log of a removal where there is nothing to remove.
    """
    return topic(prefix, site), b""


def _payload(device: Device) -> dict[str, object]:
    words = _NAMES[device.language]
    return {
        "device": {
            "identifiers": [f"floodbell-{device.site}"],
            "name": words["device"].format(site=device.site),
            "manufacturer": "floodbell",
            "model": "flood emergency bell",
            "sw_version": device.version,
            "serial_number": device.site,
        },
        "origin": {"name": "floodbell", "sw_version": device.version},
        # As a list: a component can say that it has none, which no single topic allows.
        "availability": [
            {
                "topic": f"{device.base}/status",
                "value_template": f"{{{{ ({_JSON}).get('online',false) }}}}",
                "payload_available": "True",
                "payload_not_available": "False",
            }
        ],
        "components": {
            entity.key: _component(device, entity, name) for entity, name in _entities(device)
        },
    }


def _entities(device: Device) -> Iterator[tuple[_Entity, str]]:
    """Everything to show, with its name."""
    words = _NAMES[device.language]
    for entity in (
        *_ALWAYS,
        *(_WITH_BUTTON if device.button else ()),
        *(_WITH_SIREN if device.siren else ()),
        *(_WITH_MODEM if device.modem else ()),
        *(_WITH_MAINS if device.mains else ()),
        *(_WITH_BATTERY if device.battery else ()),
    ):
        yield entity, words[entity.key]
    plain = {sensor.id: _sensor_name(sensor, device.language) for sensor in device.sensors}
    alike = Counter(plain.values())
    for sensor in device.sensors:
        shown, problem = _of_sensor(sensor)
        name = plain[sensor.id]
        if alike[name] > 1:
            name = _sensor_name(sensor, device.language, sensor.id)
        yield shown, name
        yield problem, words["sensor_problem"].format(where=sensor.id)


def _sensor_name(sensor: Sensor, language: Language, tell_apart: str = "") -> str:
    where = _ZONES[language].get(sensor.zone, sensor.zone)
    kind = "depth" if sensor.height_mm is None else "wet"
    return _NAMES[language][kind].format(
        where=f"{where} {tell_apart}".strip(), height_mm=sensor.height_mm
    )


def _component(device: Device, entity: _Entity, name: str) -> dict[str, object]:
    full_topic = f"{device.base}/{entity.topic}"
    object_id = f"floodbell_{device.site}_{entity.key}".replace("-", "_").lower()
    component: dict[str, object] = {
        "platform": entity.platform,
        # No key holds a dash before its first underscore, so no two sites share an id.
        "unique_id": f"floodbell-{device.site}-{entity.key}",
        # Else it would spell a Korean name in Latin letters.
        "default_entity_id": f"{entity.platform}.{object_id}",
        "name": name,
        **({"qos": 1} if entity.topic.startswith(_ONCE) else {}),
        **entity.more,
    }
    if entity.platform == "button":
        return {**component, "command_topic": full_topic, "retain": False}
    if "json_attributes_template" in component:
        component["json_attributes_topic"] = full_topic
    return {**component, "state_topic": full_topic, "value_template": entity.template}


def _short(value: object) -> object:
    """The same with abbreviated keys; no component has a name that is one of them."""
    if isinstance(value, list):
        return [_short(item) for item in value]
    if isinstance(value, dict):
        return {_SHORT.get(key, key): _short(item) for key, item in value.items()}
    return value
