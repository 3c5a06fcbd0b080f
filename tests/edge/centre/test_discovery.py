"""What Home Assistant is told: by its own rules, and against what the daemon really publishes.

The rules were read in the source of Home Assistant 2026.2.3; each table names its file there. That
it really shows all this is tried by ``make home-assistant``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from math import inf
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

from drivers.sensors.mounting import IDENTIFIER
from edge.centre import topics
from edge.centre.discovery import (
    EXPIRE_AFTER_S,
    Device,
    Language,
    Sensor,
    announcement,
    removal,
)
from edge.centre.front import alarm_view, bounds
from edge.centre.requests import REQUESTS
from edge.centre.vitals import health
from edge.events import Health, Reading, RouteState
from edge.law.state import State
from edge.loop.assembly import device_of
from edge.loop.outward import status_fields
from edge.settings import parse
from tests.edge.by_hand import HandMade
from tests.edge.law.basement import Basement

ROOT = Path(__file__).parents[3]
BASE = "floodbell/v1/jongno/jongno-0042"
HOME = Device(
    BASE,
    "jongno-0042",
    "0.1.0",
    (Sensor("door", "entrance"), Sensor("door-float", "entrance", 20.0)),
)

# --- Home Assistant's rules ---

TOPIC = re.compile(r"(?P<component>\w+)/(?P<object_id>[a-zA-Z0-9_-]+)/config")
"""Behind the prefix. Source: components/mqtt/discovery.py, TOPIC_MATCHER."""

LONG = {
    **{"avty": "availability", "cmd_t": "command_topic", "cmd_tpl": "command_template"},
    **{"cmps": "components", "def_ent_id": "default_entity_id", "dev": "device"},
    **{"dev_cla": "device_class", "ent_cat": "entity_category", "exp_aft": "expire_after"},
    **{"json_attr_t": "json_attributes_topic", "json_attr_tpl": "json_attributes_template"},
    **{"o": "origin", "ops": "options", "p": "platform", "pl_avail": "payload_available"},
    **{"pl_not_avail": "payload_not_available", "pl_off": "payload_off", "pl_on": "payload_on"},
    **{"ret": "retain", "stat_cla": "state_class", "stat_t": "state_topic", "t": "topic"},
    **{"sug_dsp_prc": "suggested_display_precision", "uniq_id": "unique_id"},
    **{"unit_of_meas": "unit_of_measurement", "val_tpl": "value_template"},
}
"""Source: components/mqtt/abbreviations.py, ABBREVIATIONS."""

LONG_DEVICE = {
    **{"ids": "identifiers", "mf": "manufacturer", "mdl": "model", "sw": "sw_version"},
    "sn": "serial_number",
}
"""Source: the same, DEVICE_ABBREVIATIONS; of these an origin knows ``sw`` only."""

_ENTITY = {
    *("platform", "unique_id", "default_entity_id", "name", "qos", "encoding", "availability"),
    *("entity_category", "icon", "enabled_by_default"),
    *("json_attributes_topic", "json_attributes_template"),
}
_READS = {"state_topic", "value_template", "device_class", "expire_after", "force_update"}
KEYS = {
    "sensor": _ENTITY
    | _READS
    | {"options", "suggested_display_precision", "state_class", "unit_of_measurement"},
    "binary_sensor": _ENTITY | _READS | {"off_delay", "payload_on", "payload_off"},
    "button": _ENTITY
    | {"command_topic", "command_template", "device_class", "payload_press", "retain"},
}
"""A key that is not here is dropped without a word. Source: components/mqtt/schemas.py, sensor.py,
binary_sensor.py, button.py."""

REQUIRED = {
    "sensor": {"platform", "unique_id", "state_topic"},
    "binary_sensor": {"platform", "unique_id", "state_topic"},
    "button": {"platform", "unique_id", "command_topic"},
}
"""Source: the same; unique_id by ``check_unique_id``, which fails the whole device."""

UNITS: dict[str | None, set[str | None]] = {
    "distance": {"mm", "cm", "m", "km", "in", "ft", "yd", "mi", "nmi"},
    "duration": {"d", "h", "min", "s", "ms", "μs"},
    "enum": {None},
    "signal_strength": {"dB", "dBm"},
    "temperature": {"°C", "°F", "K"},
    None: {None},
}
"""Source: components/sensor/const.py, DEVICE_CLASS_UNITS. Classes that we do not use are left out,
so that one that does not exist is found."""

STATE_CLASSES: dict[str | None, set[str | None]] = {
    "distance": {"measurement", "total", "total_increasing", None},
    "duration": {"measurement", "total", "total_increasing", None},
    "enum": {None},
    "signal_strength": {"measurement", None},
    "temperature": {"measurement", None},
    None: {"measurement", None},
}
"""Source: the same, DEVICE_CLASS_STATE_CLASSES. None of it all is a number only by its class."""

BINARY_CLASSES = {"connectivity", "moisture", "problem", "safety", None}
"""Source: components/binary_sensor/__init__.py, BinarySensorDeviceClass; those that we use."""

LONGEST_STATE = 255
"""Characters. Source: homeassistant/const.py, MAX_LENGTH_STATE_STATE."""

# --- what is told, spelled out as Home Assistant does it ---


def spelled(value: Mapping[str, Any], words: Mapping[str, str] = LONG) -> dict[str, Any]:
    return {words.get(key, key): item for key, item in value.items()}


def told(device: Device = HOME) -> dict[str, Any]:
    """The payload with its abbreviations replaced, and what is shared merged into components."""
    payload = spelled(json.loads(announcement(device, "homeassistant")[1]))
    payload["device"] = spelled(payload["device"], LONG_DEVICE)
    payload["origin"] = spelled(payload["origin"], {"sw": "sw_version"})
    payload["availability"] = [spelled(item) for item in payload["availability"]]
    payload["components"] = {
        key: {"availability": payload["availability"], **spelled(component)}
        for key, component in payload["components"].items()
    }
    return payload


def components(device: Device = HOME) -> dict[str, dict[str, Any]]:
    return dict(told(device)["components"])


def of(device: Device, platform: str) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((k, c) for k, c in components(device).items() if c["platform"] == platform)


sites = st.from_regex(r"[a-z0-9-]{1,32}", fullmatch=True)
ids = st.from_regex(IDENTIFIER.removeprefix("^").removesuffix("$"), fullmatch=True)
heights = st.none() | st.floats(1, 4000)
sensors = st.dictionaries(ids, st.tuples(ids, heights), min_size=1, max_size=9).map(
    lambda found: tuple(Sensor(name, *rest) for name, rest in found.items())
)
devices = st.builds(
    lambda district, site, **rest: Device(topics.base(district, site), site, **rest),
    district=st.from_regex(r"[^\s/+#$\x00-\x1f]{1,64}", fullmatch=True),
    site=sites,
    version=st.just("0.1.0"),
    sensors=sensors,
    modem=st.booleans(),
    button=st.booleans(),
    siren=st.booleans(),
    language=st.sampled_from(get_args(Language)),
)


@given(devices)
def test_every_component_has_what_is_required_and_nothing_unknown(device: Device) -> None:
    payload = told(device)
    assert set(payload) == {"device", "origin", "availability", "components"}
    assert payload["device"]["identifiers"] == [f"floodbell-{device.site}"]
    assert payload["origin"]["name"] == "floodbell"
    assert payload["device"]["sw_version"] == payload["origin"]["sw_version"] == device.version
    for key, component in payload["components"].items():
        platform = component["platform"]
        assert REQUIRED[platform] <= set(component) <= KEYS[platform], key
        assert re.fullmatch(r"[a-zA-Z0-9_-]+", key), "it is split at spaces"
        assert component.get("entity_category") in (None, "diagnostic"), key
        assert component["name"].strip()


@given(devices)
def test_it_is_strict_json_and_the_same_each_time(device: Device) -> None:
    topic, payload = announcement(device, "homeassistant")
    assert TOPIC.fullmatch(topic.removeprefix("homeassistant/"))
    assert announcement(device, "homeassistant") == (topic, payload)
    assert json.dumps(json.loads(payload), allow_nan=False)


@given(devices, devices)
def test_no_two_entities_share_an_id_in_a_home_nor_in_a_district(one: Device, two: Device) -> None:
    mine = [component["unique_id"] for component in components(one).values()]
    assert len(mine) == len(set(mine))
    assert all(unique.startswith(f"floodbell-{one.site}-") for unique in mine)
    if one.site != two.site:
        assert not set(mine) & {c["unique_id"] for c in components(two).values()}


def test_a_site_that_is_called_like_another_ones_sensor_is_still_another() -> None:
    one = replace(HOME, site="a", sensors=(Sensor("x", "home"),))
    two = replace(HOME, site="a-sensor-x", sensors=(Sensor("problem", "home"),))
    ids_of = [{c["unique_id"] for c in components(home).values()} for home in (one, two)]
    assert not ids_of[0] & ids_of[1]


@given(devices)
def test_names_tell_entities_apart(device: Device) -> None:
    names = [component["name"] for component in components(device).values()]
    assert len(names) == len(set(names))


@given(devices)
def test_another_language_changes_names_and_nothing_else(device: Device) -> None:
    def nameless(language: Language) -> dict[str, Any]:
        payload = told(replace(device, language=language))
        for named in (payload["device"], *payload["components"].values()):
            del named["name"]
        return payload

    assert nameless("ko") == nameless("en")


@given(devices)
def test_units_and_state_classes_fit_the_device_class(device: Device) -> None:
    for key, sensor in of(device, "sensor"):
        kind = sensor.get("device_class")
        assert sensor.get("unit_of_measurement") in UNITS[kind], key
        assert sensor.get("state_class") in STATE_CLASSES[kind], key
        assert (kind == "enum") == ("options" in sensor), key
        if kind == "enum":
            assert sensor["options"] == ["normal", "alert", "danger"]
    for key, binary in of(device, "binary_sensor"):
        assert binary.get("device_class") in BINARY_CLASSES, key


@given(devices)
def test_entity_ids_are_latin_and_say_their_platform(device: Device) -> None:
    for component in components(device).values():
        assert re.fullmatch(rf"{component['platform']}\.[a-z0-9_]+", component["default_entity_id"])


@given(devices)
def test_only_topics_that_there_are(device: Device) -> None:
    """Contract 3; that the daemon publishes just these is seen further down."""
    retained = {f"{device.base}/{name}" for name in ("status", "alarm", "health")}
    retained |= {f"{device.base}/sensors/{sensor.id}" for sensor in device.sensors}
    shown = components(device).values()
    read = {c[key] for c in shown for key in ("state_topic", "json_attributes_topic") if key in c}
    read |= {item["topic"] for component in shown for item in component["availability"]}
    asked = {component["command_topic"] for component in shown if "command_topic" in component}
    assert read == retained
    assert asked <= {f"{device.base}/cmd/ack", f"{device.base}/cmd/silence"}
    assert {topic.rsplit("/", 1)[1] for topic in asked} <= set(REQUESTS)


def test_what_is_not_there_is_not_shown() -> None:
    bare = replace(HOME, modem=False, button=False, siren=False)
    assert set(components()) - set(components(bare)) == {"registered", "signal", "bell", "silence"}


def test_eight_sensors_take_less_than_16_kib() -> None:
    eight = tuple(
        Sensor(f"sensor-{n}", "entrance" if n % 2 else "kitchen", 20.0 if n % 2 else None)
        for n in range(8)
    )
    for language in get_args(Language):
        payload = announcement(replace(HOME, sensors=eight, language=language), "homeassistant")[1]
        assert 8 * 1024 < len(payload) < 16 * 1024


def test_what_switches_is_water_and_what_measures_is_a_depth() -> None:
    shown = components()
    depth, wet = shown["sensor_door_depth"], shown["sensor_door-float_wet"]
    assert (depth["platform"], depth["device_class"]) == ("sensor", "distance")
    assert (depth["unit_of_measurement"], depth["state_class"]) == ("mm", "measurement")
    assert (wet["platform"], wet["device_class"]) == ("binary_sensor", "moisture")
    assert "sensor_door_wet" not in shown


@given(devices)
def test_a_silent_sensor_expires_and_nothing_else_does(device: Device) -> None:
    for key, component in components(device).items():
        of_a_sensor = "/sensors/" in component.get("state_topic", "")
        assert component.get("expire_after") == (EXPIRE_AFTER_S if of_a_sensor else None), key
    assert EXPIRE_AFTER_S >= 3 * 60


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("ko", ("침수 비상벨 jongno-0042", "경보 단계", "수위(현관)", "물 20 mm 이상(현관)")),
        (
            "en",
            (
                *("Flood bell jongno-0042", "Alarm stage"),
                *("Water level (entrance)", "Water at 20 mm (entrance)"),
            ),
        ),
    ],
)
def test_names_are_words_of_the_home(language: Language, names: tuple[str, ...]) -> None:
    payload = told(replace(HOME, language=language))
    shown = ("stage", "sensor_door_depth", "sensor_door-float_wet")
    named = [payload["device"], *(payload["components"][key] for key in shown)]
    assert tuple(item["name"] for item in named) == names


def test_two_alike_in_one_zone_are_told_apart_by_their_ids() -> None:
    two = replace(HOME, sensors=(Sensor("door", "entrance"), Sensor("wall", "entrance")))
    names = {key: component["name"] for key, component in components(two).items()}
    assert names["sensor_door_depth"] == "수위(현관 door)"
    assert names["sensor_wall_depth"] == "수위(현관 wall)"


def test_removal_is_an_empty_payload_on_the_same_topic() -> None:
    topic, payload = announcement(HOME, "homeassistant")
    assert topic == "homeassistant/device/jongno-0042/config"
    assert removal(HOME.site, "homeassistant") == (topic, b"")
    assert payload


def test_the_settings_say_what_there_is() -> None:
    example = parse((ROOT / "config" / "floodbell.example.toml").read_bytes())
    device = device_of(example)
    assert device.base == BASE
    assert device.sensors[0] == Sensor("door", "entrance")
    assert Sensor("door-float", "entrance", 20.0) in device.sensors
    assert (device.modem, device.button, device.siren) == (True, True, True)
    calm = device_of(example.model_copy(update={"bell": None, "modem": None}))
    assert (calm.modem, calm.button, calm.siren) == (False, False, False)


def test_the_page_names_the_prefix_and_every_entity() -> None:
    page = (ROOT / "docs" / "home-assistant.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```toml\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    example = (ROOT / "config" / "floodbell.example.toml").read_text(encoding="utf-8")
    settings = parse((re.sub(r"(?ms)^\[mqtt\].*?(?=^\[|\Z)", "", example) + block).encode())
    assert settings.mqtt is not None
    assert announcement(HOME, settings.mqtt.home_assistant)[0] in page.replace(
        "<site>", "jongno-0042"
    )
    for key, component in components().items():
        shown = re.sub("door(-float)?", "<id>", key)
        assert f"`{shown}`" in page, key
        assert "sensor_" in key or component["name"].split("(")[0] in page, key


# --- templates, as Home Assistant renders them ---


_ticks = count()


def _utcnow() -> datetime:
    return datetime(2026, 7, 1, tzinfo=UTC) + timedelta(microseconds=next(_ticks))


def _environment() -> ImmutableSandboxedEnvironment:
    # Where Home Assistant logs a warning of something undefined, this raises.
    made = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    made.filters["to_json"] = lambda value: json.dumps(value, allow_nan=False)
    made.globals["utcnow"] = _utcnow
    return made


JINJA = _environment()


@cache
def compiled(template: str) -> Template:
    return JINJA.from_string(template)


def render(template: str, payload: bytes | Mapping[str, Any] | None = None) -> str:
    """Source: homeassistant/helpers/template, async_render_with_possible_json_value."""
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    variables: dict[str, Any] = {"value": raw.decode()}
    with suppress(ValueError):
        variables["value_json"] = json.loads(raw)
    return compiled(template).render(variables).strip()


def shows(key: str, payload: bytes | Mapping[str, Any], device: Device = HOME) -> str:
    """The state of an entity after this payload, as Home Assistant words it."""
    component = components(device)[key]
    text = render(component["value_template"], payload)
    if text == "None":
        return "unknown"
    if component["platform"] == "binary_sensor":
        return {component["payload_on"]: "on", component["payload_off"]: "off"}[text]
    if component.get("device_class") == "enum":
        assert text in component["options"]
    else:
        float(text)
    assert len(text) <= LONGEST_STATE
    return text


def attributes(key: str, payload: bytes | Mapping[str, Any]) -> dict[str, Any]:
    found = json.loads(render(components()[key]["json_attributes_template"], payload))
    assert isinstance(found, dict)
    return found


def sensor_payload(reading: Reading) -> dict[str, Any]:
    """As ``Front.reading`` makes it."""
    return {**bounds(reading), "reason": reading.reason, "ts": "2026-07-01T00:00:00.000Z"}


DEPTH, DEPTH_PROBLEM = "sensor_door_depth", "sensor_door_problem"
WET, WET_PROBLEM = "sensor_door-float_wet", "sensor_door-float_problem"


@pytest.mark.parametrize(
    ("reading", "state", "problem"),
    [
        (Reading("door", 37.04, 37.04, Health.GOOD), "37.0", "off"),
        (Reading("door", 0.0, 0.0, Health.GOOD), "0.0", "off"),
        (Reading("door", 90.0, 90.0, Health.SUSPECT, "too fast"), "90.0", "on"),
        (Reading("door", 560.0, inf, Health.GOOD, "blind zone"), "unknown", "off"),
        (Reading("door", -inf, inf, Health.FAULTED, "no echo"), "unknown", "on"),
        (Reading("door", -inf, inf, Health.STALE, "silent"), "unknown", "on"),
    ],
)
def test_a_depth_is_shown_where_one_was_measured(
    reading: Reading, state: str, problem: str
) -> None:
    payload = sensor_payload(reading)
    assert shows(DEPTH, payload) == state
    assert shows(DEPTH_PROBLEM, payload) == problem
    said = {"quality": reading.health.value, "reason": reading.reason}
    assert attributes(DEPTH_PROBLEM, payload) == said


@pytest.mark.parametrize(
    ("reading", "state", "problem"),
    [
        (Reading("door-float", 20.0, inf, Health.GOOD), "on", "off"),
        (Reading("door-float", -inf, 20.0, Health.GOOD), "off", "off"),
        (Reading("door-float", 20.0, inf, Health.SUSPECT, "stuck"), "on", "on"),
        (Reading("door-float", -inf, 20.0, Health.SUSPECT, "stuck"), "off", "on"),
        (Reading("door-float", -inf, inf, Health.FAULTED, "cut"), "unknown", "on"),
        (Reading("door-float", -inf, inf, Health.STALE, "silent"), "unknown", "on"),
    ],
)
def test_a_switch_that_cannot_tell_is_neither_wet_nor_dry(
    reading: Reading, state: str, problem: str
) -> None:
    payload = sensor_payload(reading)
    assert (shows(WET, payload), shows(WET_PROBLEM, payload)) == (state, problem)


@pytest.mark.parametrize("quality", list(Health))
def test_only_good_and_suspect_readings_make_a_switch_dry_or_wet(quality: Health) -> None:
    votes = shows(WET, sensor_payload(Reading("door-float", 20.0, inf, quality))) != "unknown"
    assert votes == quality.votes


def test_a_calm_home_and_one_in_danger() -> None:
    calm = alarm_view(State())
    states = ("stage", "latched", "water", "bell", "acknowledged", "drill")
    assert [shows(key, calm) for key in states] == ["normal", "normal", *["off"] * 4]
    home = Basement()
    home.flood()
    home.press()
    deep = {**alarm_view(home.state), "since": "2026-07-01T00:00:00.000Z"}
    assert [shows(key, deep) for key in states] == ["danger", "danger", "on", "on", "off", "off"]
    seen = attributes("stage", deep)
    assert (seen["depth_mm"], seen["zone"], seen["incident"]) == (200.0, "entrance", "i1")


def test_status_and_will() -> None:
    settings = parse((ROOT / "config" / "floodbell.example.toml").read_bytes())
    here = topics.status("boot-1:1", "2026-07-01T00:00:00.000Z", status_fields(settings, State()))
    gone = topics.will("boot-1:1")
    (availability,) = told()["availability"]
    words = [availability["payload_available"], availability["payload_not_available"]]
    assert [render(availability["value_template"], p) for p in (here, gone)] == words
    assert [shows("online", p) for p in (here, gone)] == ["on", "off"]
    assert [shows(key, here) for key in ("armed", "service")] == ["off", "off"]
    assert [shows(key, gone) for key in ("armed", "service")] == ["unknown", "unknown"]
    for nothing in (b"", b"{}"):
        assert render(availability["value_template"], nothing) == words[1]


def test_all_but_the_connection_are_unavailable_when_the_device_is() -> None:
    without = {key for key, component in components().items() if not component["availability"]}
    assert without == {"online"}


def test_health_as_the_daemon_makes_it(tmp_path: Path) -> None:
    with HandMade(tmp_path) as home:
        home.later(5, door=0.0)
        well = health(home.app, tmp_path)
        assert shows("problem", well) == "off"
        assert shows("uptime", well) == "0.0"
        assert shows("backlog", well) == str(sum(well["backlog"].values()))
        home.put(RouteState("modem", up=False, detail="no network", registered=False))
        home.later(5, door=0.0)
        ill = health(home.app, tmp_path)
        assert (shows("problem", ill), shows("registered", ill)) == ("on", "off")
        seen = attributes("problem", ill)
        assert (seen["troubles"], seen["details"]) == (["modem"], ["no network"])
        assert (seen["modem"]["up"], seen["modem"]["detail"]) == (False, "no network")
        full = {**ill, "signal_dbm": -71, "cpu_temperature_c": 51.2, "under_voltage": True}
        full |= {"uptime_s": 90000.0, "registered": True}
        keys = ("signal", "cpu_temperature", "under_voltage", "uptime", "registered")
        assert [shows(key, full) for key in keys] == ["-71", "51.2", "on", "25.0", "on"]
        empty = dict.fromkeys(full)
        assert [shows(key, empty) for key in (*keys, "problem", "backlog")] == ["unknown"] * 7
        assert attributes("problem", empty)["troubles"] == []


def test_mains_and_battery_are_shown_where_something_tells() -> None:
    assert not {"mains", "battery"} & components().keys()
    known = replace(HOME, mains=True, battery=True)
    shown = {"mains": False, "battery_percent": 55}
    assert [shows(key, shown, known) for key in ("mains", "battery")] == ["off", "55"]
    assert shows("mains", {**shown, "mains": True}, known) == "on"
    nothing = {"mains": None, "battery_percent": None}
    assert [shows(key, nothing, known) for key in ("mains", "battery")] == ["unknown"] * 2
    assert components(known)["mains"]["device_class"] == "power"
    assert components(known)["battery"]["device_class"] == "battery"
    assert "mains" in components(replace(HOME, mains=True))
    assert "battery" not in components(replace(HOME, mains=True))


def test_what_changes_with_every_health_is_no_attribute(tmp_path: Path) -> None:
    """Each change of an attribute is a row in Home Assistant's recorder, twice a minute."""
    with HandMade(tmp_path) as home:
        home.put(RouteState("modem", up=False, detail="x", registered=False))
        home.later(15, door=0.0)
        before = attributes("problem", health(home.app, tmp_path))
        home.later(30, door=0.0)
        assert attributes("problem", health(home.app, tmp_path)) == before


ANYTHING = st.dictionaries(
    st.sampled_from(
        [
            *("stage", "latched", "bell", "acknowledged", "drill", "depth_mm", "zone", "since"),
            *("quality", "reason", "at_least_mm", "below_mm", "online", "armed", "service"),
            *("troubles", "modem", "registered", "signal_dbm", "backlog", "uptime_s"),
            *("cpu_temperature_c", "under_voltage", "clock_synced", "throttled", "starts"),
        ]
    ),
    st.none(),
)


@given(ANYTHING)
def test_what_is_absent_or_null_is_unknown_and_raises_nothing(payload: dict[str, None]) -> None:
    for key, component in components().items():
        if component["platform"] != "button":
            assert shows(key, payload) == "unknown"
        if "json_attributes_template" in component:
            attributes(key, payload)


def test_a_topic_that_was_cleared_raises_nothing() -> None:
    for key, component in components().items():
        if component["platform"] != "button":
            assert shows(key, b"") == "unknown"
        if "json_attributes_template" in component:
            attributes(key, b"")


def test_each_press_is_a_new_request_that_the_daemon_takes() -> None:
    buttons = dict(of(HOME, "button"))
    assert set(buttons) == {"ack", "silence"}
    seen = set()
    for key, button in buttons.items():
        assert (button["retain"], button["qos"]) == (False, 1)
        assert button["command_topic"] == f"{BASE}/cmd/{key}"
        for _ in range(50):
            request = REQUESTS[key].model_validate_json(render(button["command_template"]))
            assert request.ts is not None
            seen.add(request.id)
    assert len(seen) == 100


def test_no_button_arms_disarms_drills_or_resets() -> None:
    payload = announcement(HOME, "homeassistant")[1].decode()
    for word in ("cmd/reset", "cmd/drill", "cmd/service", "disarm", "cmd/arm"):
        assert word not in payload


def test_the_daemon_shows_just_these_topics(tmp_path: Path) -> None:
    """``status`` and ``health`` are the broker's thread's own (``edge.centre.centre``)."""
    with HandMade(tmp_path) as home:
        home.later(5, door=30.0)
        published = {topic for topic, _ in home.centre.shown} | {"status", "health"}
        one = replace(HOME, sensors=(Sensor("door", "entrance"),))
        read = {c["state_topic"] for c in components(one).values() if "state_topic" in c}
        assert read == {f"{BASE}/{topic}" for topic in published}
