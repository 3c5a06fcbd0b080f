"""A settings file loads as it is meant, or everything that is wrong with it is told, by its key."""

from __future__ import annotations

import hashlib
import tomllib
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.sensors import A02yyuwSettings
from edge.settings import (
    CredentialMissing,
    Problem,
    Settings,
    SettingsError,
    advice,
    credential,
    load,
    parse,
    settings_path,
)

EXAMPLE = Path(__file__).parents[3] / "config" / "floodbell.example.toml"

SITE = """
[site]
id = "jongno-0042"
district = "jongno"
address = "서울 종로구 창신길 12-3 B01호"
"""
DOOR = """
[sensors.door]
driver = "a02yyuw"
port = "/dev/ttyAMA0"
mount_height_mm = 600
"""
FLOAT = """
[sensors.float]
driver = "float_switch"
pin = 17
height_mm = 20
"""
WEBHOOK = """
[http_sms]
provider = "webhook"
url = "http://127.0.0.1:8080/sms"
sender = "+8221234567"
"""
SOLAPI = """
[http_sms]
provider = "solapi"
sender = "+8221234567"
key_credential = "sms-key"
secret_credential = "sms-secret"
"""
MODEM = """
[modem]
port = "/dev/ttyUSB2"
"""
MOTHER = """
[contacts.mother]
role = "guardian"
phone = "+821012345678"
"""
OFFICE = """
[contacts.office]
role = "office"
phone = "+82221480000"
"""


def loaded(*tables: str) -> Settings:
    return parse("\n".join(tables).encode())


def problems(*tables: str) -> dict[str, Problem]:
    with pytest.raises(SettingsError) as raised:
        loaded(*tables)
    return {problem.key: problem for problem in raised.value.problems}


def keys(*tables: str) -> list[str]:
    return list(problems(*tables))


# What loads.


def test_the_example_loads_and_hashes_its_bytes() -> None:
    settings = load(EXAMPLE)
    assert settings.sha256 == hashlib.sha256(EXAMPLE.read_bytes()).hexdigest()
    assert settings.zone_sensors == {"entrance": ("door", "door-float")}
    assert {contact.role for contact in settings.contacts.values()} == {
        "resident",
        "guardian",
        "partner",
        "office",
        "technician",
    }


def test_the_defaults_are_those_of_the_contract() -> None:
    settings = loaded(SITE, DOOR)
    alarm = settings.alarm
    assert (alarm.alert.setpoint_mm, alarm.alert.on_delay_s) == (20, 5)
    assert (alarm.danger.setpoint_mm, alarm.danger.deadband_mm) == (150, 20)
    assert (alarm.danger.on_delay_s, alarm.danger.off_delay_s) == (3, 1800)
    assert (alarm.max_rise_mm_s, alarm.uncorroborated_delay_s) == (50, 10)
    assert (alarm.latch_clear_s, alarm.floor_tolerance_mm) == (43200, 30)
    door = settings.sensors["door"]
    assert isinstance(door, A02yyuwSettings)
    assert (door.zone, door.sample_interval_s, door.stale_after_s) == ("home", 1, 5)
    assert (door.calibration.offset_mm, door.calibration.scale) == (0, 1)
    report = settings.report
    assert (report.armed, report.number, report.repeats) == (False, "119", 3)
    assert (report.repeat_interval_s, report.min_attempts, report.voice) == (60, 10, "bell")
    assert settings.trouble.on_delay_s == 10
    assert settings.store.max_mb == 64
    assert settings.paths.run == Path("/run/floodbell")
    tables = (settings.bell, settings.modem, settings.http_sms, settings.cap, settings.mqtt)
    assert (*tables, settings.power) == (None,) * 6


def test_a_partly_given_setpoint_keeps_the_other_defaults() -> None:
    settings = loaded(SITE, DOOR, "[alarm]\ndanger = { setpoint_mm = 120 }")
    assert settings.alarm.danger.setpoint_mm == 120
    assert settings.alarm.danger.off_delay_s == 1800


def test_the_address_is_composed_so_that_119_gets_45_characters() -> None:
    settings = parse(unicodedata.normalize("NFD", SITE + DOOR).encode())
    assert settings.site.address == "서울 종로구 창신길 12-3 B01호"


def test_routes_default_to_those_that_are_configured() -> None:
    settings = loaded(SITE, DOOR, MODEM, MOTHER)
    assert settings.routes_to("mother") == ("modem",)


def test_a_zone_that_only_a_sensor_names_needs_no_table() -> None:
    settings = loaded(SITE, DOOR + 'zone = "window"')
    assert settings.zone("window").needed == 1
    assert settings.danger_sensors("window") == ("door",)


def test_a_byte_order_mark_of_another_systems_editor_is_no_error() -> None:
    assert parse(b"\xef\xbb\xbf" + (SITE + DOOR).encode()).site.id == "jongno-0042"


def test_settings_cannot_be_changed() -> None:
    settings = loaded(SITE, DOOR)
    with pytest.raises(Exception, match="frozen"):
        settings.site.id = "other"  # type: ignore[misc]  # that is the test


# What does not.


def test_an_empty_file_lacks_a_site_and_a_sensor() -> None:
    assert keys("") == ["sensors", "site"]


def test_a_syntax_error_names_line_and_column() -> None:
    (problem,) = problems("[site]\nid = = 3").values()
    assert "line 2, column 6" in problem.found


def test_a_byte_that_is_not_utf8_names_its_line() -> None:
    with pytest.raises(SettingsError, match="line 3"):
        parse(b'[site]\nid = "a"\ndistrict = "\xff"')


@pytest.mark.parametrize("kind", ["missing", "a folder"])
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, kind: str) -> None:
    path = tmp_path if kind == "a folder" else tmp_path / "none.toml"
    with pytest.raises(SettingsError, match=r"found no file|Is a directory"):
        load(path)


def test_everything_is_told_at_once_fields_and_contradictions() -> None:
    found = keys(
        SITE.replace("jongno-0042", "Jongno 42") + 'langauge = "ko"',
        DOOR.replace("600", "100") + "heigth = 3\nstale_after_s = 1",
        FLOAT.replace("17", "40"),
        '[sensors.odd]\ndriver = "a02yyuv"',
        "[alarm]\nalert = { setpoint_mm = 200 }",
        MOTHER.replace("+821012345678", "119"),
        "[modem]\nport = '/dev/ttyAMA0'",
        "sensers = 1",
    )
    assert set(found) >= {
        "site.id",
        "site.langauge",
        "sensors.door.mount_height_mm",
        "sensors.door.heigth",
        "sensors.door.stale_after_s",
        "sensors.door.port",
        "sensors.float.pin",
        "sensors.odd.driver",
        "alarm.alert.setpoint_mm",
        "contacts.mother.phone",
        "modem.sensers",
    }


RANGES: list[tuple[str, str]] = [
    ("sensors.door.sample_interval_s", "0.04"),
    ("sensors.door.sample_interval_s", "61"),
    ("sensors.door.mount_height_mm", "180"),
    ("sensors.door.mount_height_mm", "5000"),
    ("sensors.door.calibration.scale", "9.0"),
    ("sensors.float.pin", "28"),
    ("sensors.float.pin", "-1"),
    ("sensors.float.height_mm", "0"),
    ("sensors.float.contact", '"closed"'),
    ("alarm.danger.deadband_mm", "150"),
    ("alarm.alert.setpoint_mm", "150"),
    ("alarm.danger.setpoint_mm", "20"),
    ("alarm.max_rise_mm_s", "0"),
    ("alarm.max_rise_mm_s", "nan"),
    ("report.repeat_interval_s", "4"),
    ("report.repeat_interval_s", "601"),
    ("report.voice", '"on"'),
    ("report.armed", "1"),
    ("log.interval_s", "0.05"),
    ("log.alarm_interval_s", "86401"),
    ("log.min_change_mm", "-1"),
    ("store.max_mb", "3"),
    ("store.max_mb", "65537"),
    ("store.max_mb", "64.5"),
    ("mqtt.heartbeat_s", "0.5"),
    ("mqtt.heartbeat_s", "3601"),
    ("mqtt.reconnect_max_s", "0.4"),
    ("mqtt.reconnect_max_s", "61"),
    ("mqtt.version", "4"),
    ("bell.siren_pin", "28"),
    ("power.mains_pin", "28"),
    ("power.mains_level", '"open"'),
    ("power.battery_low_pin", "-1"),
    ("site.occupants", "0"),
    ("site.language", '"fr"'),
    ("site.timezone", '"Asia/Soul"'),
    ("site.id", '"' + "x" * 33 + '"'),
    ("site.district", '"a/b"'),
    ("zones.home.voting", '"0oo2"'),
    ("contacts.mother.role", '"mum"'),
    ("contacts.mother.name", '""'),
]


def merged(tree: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    *tables, last = key.split(".")
    where = tree
    for name in tables:
        where = where.setdefault(name, {})
    where[last] = value
    return tree


def written(tree: dict[str, Any]) -> bytes:
    """Write the little TOML that these tests need."""
    lines: list[str] = []

    def table(path: tuple[str, ...], values: dict[str, Any]) -> None:
        if path:
            lines.append(f"[{'.'.join(path)}]")
        nested = []
        for name, value in values.items():
            if isinstance(value, dict):
                nested.append((name, value))
            else:
                text = str(value).lower() if isinstance(value, bool) else repr(value)
                lines.append(f"{name} = {text}")
        for name, value in nested:
            table((*path, name), value)

    table((), tree)
    return "\n".join(lines).encode()


FULL = SITE + DOOR + FLOAT + MODEM + MOTHER + '[mqtt]\nhost = "localhost"\n'


@pytest.mark.parametrize(("key", "value"), RANGES)
def test_a_value_outside_its_range_is_refused_at_its_key(key: str, value: str) -> None:
    tree = merged(tomllib.loads(FULL), key, tomllib.loads(f"x = {value}")["x"])
    with pytest.raises(SettingsError) as raised:
        parse(written(tree))
    told = {problem.key: problem for problem in raised.value.problems}
    assert key in told
    assert told[key].found not in ("", "None")
    assert told[key].allowed


PHONES = ["119", "112", "+82119", "+82112", "+822119", "+8231119", "01012345678", "+8201012345678"]


@pytest.mark.parametrize("phone", [*PHONES, "+82 10 1234", "+1911", "+", ""])
def test_no_contact_is_an_emergency_number(phone: str) -> None:
    assert keys(SITE, DOOR, MODEM, MOTHER.replace("+821012345678", phone)) == [
        "contacts.mother.phone"
    ]


@pytest.mark.parametrize(
    "phone", ["+821012345678", "+82221480000", "+8215881234", "+4915112345678"]
)
def test_a_persons_number_is_allowed(phone: str) -> None:
    settings = loaded(SITE, DOOR, MODEM, MOTHER.replace("+821012345678", phone))
    assert settings.contacts["mother"].phone == phone


@pytest.mark.parametrize(
    ("tables", "key"),
    [
        ([DOOR, MOTHER], "contacts.mother.routes"),
        ([DOOR, MODEM, MOTHER + 'routes = ["http"]'], "contacts.mother.routes"),
        ([DOOR, MODEM, MOTHER + 'routes = ["modem", "modem"]'], "contacts.mother.routes"),
        ([FLOAT], "zones.home.danger"),
        ([FLOAT.replace("20", "150") + 'contact = "normally_open"'], "zones.home.danger"),
        ([FLOAT.replace("20", "200")], "zones.home.danger"),
        ([DOOR, '[zones.home]\nvoting = "1oo2"'], "zones.home.voting"),
        ([DOOR, '[zones.home]\nvoting = "2oo1"'], "zones.home.voting"),
        ([DOOR, "[zones.attic]"], "zones.attic"),
        ([DOOR, FLOAT, "[bell]\nsiren_pin = 17"], "sensors.float.pin"),
        ([DOOR, "[bell]\nsiren_pin = 5\nbutton_pin = 5"], "bell.siren_pin"),
        ([DOOR, MODEM + "power_pin = 6", "[bell]\nsiren_pin = 6"], "bell.siren_pin"),
        ([DOOR, DOOR.replace("door", "two")], "sensors.two.port"),
        ([DOOR, MODEM.replace("ttyUSB2", "ttyAMA0")], "sensors.door.port"),
        ([DOOR, "[power]\nmains_pin = 6"], "power.mains_level"),
        ([DOOR, '[power]\nmains_level = "low"'], "power.mains_level"),
        ([DOOR, "[power]\nbattery_low_pin = 6"], "power.battery_low_level"),
        ([DOOR, '[power]\nmains_pin = 6\nmains_level = "low"'], None),
        ([DOOR, "[power]"], None),
        (
            [DOOR, MODEM + "power_pin = 6", '[power]\nmains_pin = 6\nmains_level = "low"'],
            "power.mains_pin",
        ),
        ([DOOR, MODEM + 'self_test = { contact = "x" }'], "modem.self_test.contact"),
        ([DOOR, '[http_sms]\nprovider = "webhook"\nsender = "+8221234567"'], "http_sms.url"),
        ([DOOR, WEBHOOK], None),
        ([DOOR, WEBHOOK, MOTHER], None),
        ([DOOR, WEBHOOK, MOTHER.replace("+8210", "+4910")], None),
        ([DOOR, WEBHOOK.replace("http:", "https:").replace("127.0.0.1", "sms.example.kr")], None),
        ([DOOR, WEBHOOK.replace("127.0.0.1", "sms.example.kr")], "http_sms.url"),
        ([DOOR, WEBHOOK.replace("127.0.0.1", "key@127.0.0.1")], "http_sms.url"),
        ([DOOR, SOLAPI], None),
        ([DOOR, SOLAPI.replace('secret_credential = "sms-secret"', "")], None),
        ([DOOR, SOLAPI.replace("solapi", "sens")], None),
        ([DOOR, SOLAPI.replace("solapi", "sens") + 'service = "ncp:sms:kr:1:x"'], None),
        ([DOOR, SOLAPI.replace("solapi", "twilio")], None),
        ([DOOR, SOLAPI.replace("+822", "+492")], "http_sms.sender"),
        ([DOOR, SOLAPI, MOTHER.replace("+8210", "+4910")], "contacts.mother.phone"),
        ([DOOR, SOLAPI, MODEM, MOTHER.replace("+8210", "+4910")], None),
        (
            [DOOR + "sample_interval_s = 3", "[alarm]\nuncorroborated_delay_s = 5"],
            "sensors.door.stale_after_s",
        ),
        ([DOOR + "sample_interval_s = 4\nstale_after_s = 8"], "sensors.door.sample_interval_s"),
        ([DOOR + "sample_interval_s = 1.75"], None),
        ([DOOR + "sample_interval_s = 2.0"], "sensors.door.sample_interval_s"),
        ([DOOR, "[alarm]\nuncorroborated_delay_s = 11.5"], None),
        ([DOOR, "[alarm]\nuncorroborated_delay_s = 11.6"], "alarm.uncorroborated_delay_s"),
        ([DOOR + "calibration = { offset_mm = 200.0 }"], None),
        (
            [DOOR.replace("600", "380") + "calibration = { offset_mm = 200.0 }"],
            "sensors.door.mount_height_mm",
        ),
        ([DOOR, "[alarm]\nuncorroborated_delay_s = 13.5"], "alarm.uncorroborated_delay_s"),
        ([DOOR, "[alarm]\ndanger = { on_delay_s = 13.5 }"], "alarm.danger.on_delay_s"),
        ([DOOR, '[mqtt]\nhost = "mqtt.example.kr"'], "mqtt.ca"),
        ([DOOR, '[cap]\nsender = "x@y"'], "cap.url"),
        ([DOOR, '[mqtt]\nhost = "localhost"\ncert = "x"'], "mqtt.key_credential"),
    ],
)
def test_what_does_not_go_together_is_told_at_the_key_to_change(
    tables: list[str], key: str | None
) -> None:
    if key is None:  # the same, just inside the bound
        loaded(SITE, *tables)
    else:
        assert keys(SITE, *tables) == [key]


def test_the_way_to_119_counts_the_filter_and_says_so() -> None:
    """Half a second of the sensor's own, and one interval more for the median over its frames."""
    slow = problems(SITE, DOOR + "sample_interval_s = 2.0")["sensors.door.sample_interval_s"]
    assert "filter 2.5 s" in slow.allowed
    assert "here 14.5 s" in slow.allowed
    assert "within 20 s, the filter's delay included" in slow.allowed


def test_a_contradiction_is_told_even_if_other_fields_are_wrong() -> None:
    assert keys(SITE + "occupants = 0", DOOR.replace("600", "160"), '[mqtt]\nhost = "far"') == [
        "mqtt.ca",
        "sensors.door.mount_height_mm",
        "site.occupants",
    ]


def test_a_sensor_that_is_only_misspelt_brings_no_other_complaint() -> None:
    assert keys(SITE, DOOR.replace("a02yyuw", "a02yyuv"), '[zones.home]\nvoting = "1oo1"') == [
        "sensors.door.driver"
    ]


def test_a_zone_may_go_without_danger_if_it_says_so() -> None:
    settings = loaded(SITE, FLOAT, "[zones.home]\ndanger = false")
    assert settings.danger_sensors("home") == ()


def test_a_switch_at_the_danger_setpoint_decides_danger() -> None:
    assert loaded(SITE, FLOAT.replace("20", "150")).danger_sensors("home") == ("float",)


def test_arming_needs_a_modem_an_office_and_a_sensor_that_can_decide() -> None:
    armed = "[report]\narmed = true"
    assert loaded(SITE, DOOR, MODEM, OFFICE, armed).report.armed
    found = problems(SITE, FLOAT, "[zones.home]\ndanger = false", armed)["report.armed"]
    assert "[modem]" in found.allowed
    assert "office" in found.allowed
    assert "decide danger" in found.allowed


def test_two_names_of_one_device_are_one_port(tmp_path: Path) -> None:
    (tmp_path / "ttyUSB0").touch()
    (tmp_path / "by-id").symlink_to(tmp_path / "ttyUSB0")
    door = DOOR.replace("/dev/ttyAMA0", str(tmp_path / "ttyUSB0"))
    modem = MODEM.replace("/dev/ttyUSB2", str(tmp_path / "by-id"))
    assert keys(SITE, door, modem) == ["sensors.door.port"]


PROBE = """
[sensors.%s]
driver = "modbus_level"
port = "/dev/ttyUSB9"
preset = "qdy30a"
span_mm = 1000
unit_id = %d
"""
LOOP = """
[sensors.%s]
driver = "current_loop"
channel = %d
span_mm = 1000
"""


def test_several_probes_share_a_line_under_addresses_of_their_own() -> None:
    assert len(loaded(SITE, PROBE % ("a", 1), PROBE % ("b", 2)).sensors) == 2
    assert keys(SITE, PROBE % ("a", 1), PROBE % ("b", 1)) == ["sensors.b.unit_id"]


def test_all_on_a_line_talk_alike_and_nothing_else_is_on_it() -> None:
    slower = PROBE % ("b", 2) + "baud = 4800"
    found = problems(SITE, PROBE % ("a", 1), slower)["sensors.b.port"]
    assert found.found == "port /dev/ttyUSB9"
    assert "RS-485 at 9600 baud, parity N" in found.allowed
    door = DOOR.replace("/dev/ttyAMA0", "/dev/ttyUSB9")
    assert keys(SITE, PROBE % ("a", 1), door) == ["sensors.door.port"]
    modem = MODEM.replace("/dev/ttyUSB2", "/dev/ttyUSB9")
    assert keys(SITE, PROBE % ("a", 1), modem) == ["sensors.a.port"]


def test_channels_share_a_converter_and_its_pins_are_nobody_elses() -> None:
    assert len(loaded(SITE, LOOP % ("a", 1), LOOP % ("b", 2)).sensors) == 2
    assert keys(SITE, LOOP % ("a", 1), LOOP % ("b", 1)) == ["sensors.b.channel"]
    other_chip = LOOP % ("b", 1) + "spi_device = 1"
    assert len(loaded(SITE, LOOP % ("a", 1), other_chip).sensors) == 2
    for pin in (7, 8, 9, 10, 11):  # both selects are the kernel's, whichever is used
        told = problems(SITE, LOOP % ("a", 1), f"[bell]\nsiren_pin = {pin}")
        assert told["sensors.a.spi_device"].found == f"pin {pin}"
    assert loaded(SITE, LOOP % ("a", 1), "[bell]\nsiren_pin = 6").bell is not None


def test_two_electrodes_need_two_pins() -> None:
    probe = """
[sensors.tip]
driver = "contact_probe"
pin = 22
return_pin = 22
height_mm = 20
"""
    assert keys(SITE, DOOR, probe) == ["sensors.tip.return_pin"]


def test_a_bad_csv_is_told_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "flood.csv").write_text("t_s,depth_mm\n0,0\n0,1\n")
    (tmp_path / "floodbell.toml").write_text(
        SITE + '[sensors.q]\ndriver = "simulated"\nfile = "flood.csv"', encoding="utf-8"
    )
    with pytest.raises(SettingsError, match=r"sensors\.q\.file: .*flood\.csv line 3"):
        load(tmp_path / "floodbell.toml")


def test_a_route_that_does_not_exist_is_told_once() -> None:
    assert keys(SITE, DOOR, MODEM, MOTHER + 'routes = ["fax"]') == ["contacts.mother.routes[0]"]


def test_no_route_at_all_is_told_in_plain_words() -> None:
    found = problems(SITE, DOOR, MODEM, MOTHER + "routes = []")["contacts.mother.routes"]
    assert found.allowed == "at least 1"


def test_a_misspelt_zone_is_told_at_the_sensor() -> None:
    found = problems(SITE, DOOR + 'zone = "entrnace"', '[zones.entrance]\nvoting = "1oo1"')
    assert {key: problem.allowed for key, problem in found.items()} == {
        "sensors.door.zone": "did you mean entrance?"
    }


def test_an_unknown_key_names_the_one_that_was_meant() -> None:
    assert problems(SITE, DOOR + "mount_hight_mm = 3")["sensors.door.mount_hight_mm"].allowed == (
        "did you mean mount_height_mm?"
    )


VALUES = st.recursive(
    st.one_of(st.integers(-9, 9999), st.booleans(), st.text("ab-/", max_size=4), st.floats()),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.text("ab"), inner)),
    max_leaves=4,
)
LEAVES = [
    (),
    ("site",),
    ("site", "id"),
    ("sensors",),
    ("sensors", "door"),
    ("sensors", "door", "driver"),
    ("sensors", "door", "port"),
    ("contacts",),
    ("contacts", "mother"),
    ("contacts", "mother", "routes"),
    ("alarm", "danger"),
    ("alarm", "danger", "setpoint_mm"),
    ("zones", "home"),
    ("zones", "home", "voting"),
    ("modem", "self_test"),
    ("mqtt", "ca"),
    ("report",),
    ("bell",),
]


@given(st.lists(st.tuples(st.sampled_from(LEAVES), st.text("ab", max_size=1), VALUES), max_size=4))
def test_no_tree_of_values_does_anything_but_load_or_list_its_problems(
    changes: list[tuple[tuple[str, ...], str, Any]],
) -> None:
    tree = tomllib.loads(FULL)
    for path, extra, value in changes:
        where: Any = tree
        full = (*path, extra) if extra or not path else path
        for name in full[:-1]:
            if not isinstance(where, dict):
                break
            where = where.setdefault(name, {})
        if isinstance(where, dict):
            where[full[-1]] = value
    for problem in _problems_of(_inline(tree).encode()):
        assert problem.found
        assert problem.allowed
        assert "a02yyuw" not in problem.key


def _problems_of(data: bytes) -> tuple[Problem, ...]:
    try:
        parse(data)
    except SettingsError as error:
        return error.problems
    return ()


def _inline(tree: dict[str, Any]) -> str:
    return "\n".join(f"{_toml(name)} = {_toml(value)}" for name, value in tree.items())


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        inside = ", ".join(f"{_toml(name)} = {_toml(item)}" for name, item in value.items())
        return f"{{{inside}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\") + '"'
    return str(value).lower()


# Beside the file.


@pytest.mark.parametrize(
    ("tables", "key", "words"),
    [
        ([DOOR], "sensors", "one kind"),
        ([DOOR, FLOAT + 'contact = "normally_open"'], "sensors.float.contact", "cut wire"),
        ([DOOR, FLOAT + 'contact = "normally_open"'], "sensors.float.contact", "blind"),
        (
            [DOOR + "sample_interval_s = 0.2"],
            "sensors.door.sample_interval_s",
            "every 0.1 s, so the median",
        ),
        (
            [DOOR, FLOAT, '[zones.home]\nvoting = "2oo2"'],
            "zones.home.voting",
            "trades missed water for false calls",
        ),
        ([DOOR], "report.armed", "119 is not called"),
        (
            [
                '[sensors.tip]\ndriver = "contact_probe"\npin = 22\nreturn_pin = 27\n'
                "height_mm = 20",
                DOOR,
            ],
            "sensors.tip.driver",
            "a supervised_contact",
        ),
        (
            [
                '[sensors.toy]\ndriver = "hcsr04"\ntrigger_pin = 23\necho_pin = 24\n'
                "mount_height_mm = 600"
            ],
            "sensors.toy.driver",
            "do not let danger hang on it",
        ),
        ([LOOP.replace("1000", "5000") % ("deep", 1)], "sensors.deep.span_mm", "here 25 mm"),
        ([DOOR], "contacts", "nobody"),
        ([DOOR, '[cap]\nurl = "http://a.kr/cap"'], "cap.url", "in the clear"),
        ([DOOR, WEBHOOK], "modem", "119 is not reached"),
        (
            [DOOR, MODEM, SOLAPI.replace('secret_credential = "sms-secret"', "")],
            "http_sms.secret_credential",
            "no text leaves this way",
        ),
        ([DOOR, MODEM, SOLAPI.replace("solapi", "sens")], "http_sms.service", "id of the SMS"),
        (
            [DOOR, WEBHOOK, MODEM, MOTHER + 'routes = ["http", "modem"]'],
            "contacts.mother.routes",
            "put the modem first",
        ),
    ],
)
def test_what_works_but_is_less_safe_is_advised(tables: list[str], key: str, words: str) -> None:
    told = {item.key: item.text for item in advice(loaded(SITE, *tables))}
    assert words in told[key]


def test_nothing_is_said_of_an_interval_that_the_median_can_filter() -> None:
    told = {item.key for item in advice(loaded(SITE, DOOR + "sample_interval_s = 0.3"))}
    assert "sensors.door.sample_interval_s" not in told


def test_a_normally_open_contact_decides_danger_for_no_zone_but_may_be_there() -> None:
    normally_open = FLOAT.replace("20", "150") + 'contact = "normally_open"'
    assert keys(SITE, normally_open) == ["zones.home.danger"]
    assert loaded(SITE, normally_open, "[zones.home]\ndanger = false").zone_sensors
    assert loaded(SITE, normally_open, DOOR).danger_sensors("home") == ("door",)


def test_a_credential_is_looked_for_with_systemd_and_then_in_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    own, systemd = tmp_path / "own", tmp_path / "systemd"
    own.mkdir()
    systemd.mkdir()
    settings = loaded(SITE, DOOR, f'[paths]\ncredentials = "{own}"')
    with pytest.raises(CredentialMissing, match="sim-pin"):
        credential(settings, "sim-pin")
    (own / "sim-pin").write_text("1234\n")
    assert credential(settings, "sim-pin") == "1234"
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(systemd))
    assert credential(settings, "sim-pin") == "1234"
    (systemd / "sim-pin").write_text("5678")
    assert credential(settings, "sim-pin") == "5678"


@pytest.mark.parametrize("name", ["../shadow", "/etc/shadow", "", ".."])
def test_a_credential_is_never_looked_for_outside_its_folder(name: str) -> None:
    with pytest.raises(CredentialMissing):
        credential(loaded(SITE, DOOR), name)


def test_the_path_is_the_option_then_the_environment_then_the_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("FLOODBELL_CONFIG", raising=False)
    assert settings_path() == Path("/etc/floodbell/floodbell.toml")
    monkeypatch.setenv("FLOODBELL_CONFIG", str(tmp_path / "a"))
    assert settings_path() == tmp_path / "a"
    assert settings_path(tmp_path / "b") == tmp_path / "b"


SETTERS: list[Callable[[Settings], object]] = [
    lambda settings: settings.model_json_schema(),
    lambda settings: settings.model_dump_json(),
]


@pytest.mark.parametrize("use", SETTERS)
def test_settings_can_be_written_as_json_and_as_a_schema(use: Callable[[Settings], object]) -> None:
    assert use(load(EXAMPLE))


@pytest.mark.parametrize("data", [b"x = " + b"9" * 5000, b"x = " + b"[" * 9999, b"x = '\xff'"])
def test_what_tomllib_itself_stumbles_over_is_told_in_words(data: bytes) -> None:
    with pytest.raises(SettingsError) as caught:
        parse(data)
    assert len(caught.value.problems) == 1
