"""Every mistake of a settings file is told at once, each with its key, and in plain words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.cli import app
from edge.diagnose.problem_words import ALLOWED, FOUND, NOT_TOML, REMEDIES, in_words
from edge.locale import speaking
from edge.messages.texts import load_all
from edge.settings import Problem, SettingsError, parse
from edge.settings.places import gone
from edge.settings.translating import _PATTERNS, _TYPES

MANY = """
colour = "red"
[site]
id = "Jongno 42"
langauge = "ko"
district = "jongno"
address = "서울특별시 종로구 창신동 창신길 12-3 지하 1층 B01호 골목 안쪽 파란 대문집"
[alarm]
alert = { setpoint_mm = 200 }
max_rise_mm_s = 0
[zones.entrance]
voting = "4oo3"
[zones.attic]
[sensors.door]
driver = "a02yyuv"
zone = "entrance"
port = "/dev/ttyAMA0"
mount_height_mm = "600"
stale_after_s = 1.0
[sensors.window]
driver = "a02yyuw"
zone = "entrance"
port = "/dev/ttyUSB5"
mount_height_mm = 160
[sensors.float]
driver = "float_switch"
zone = "back"
pin = 17
height_mm = 20
[sensors.float2]
driver = "float_switch"
zone = "entrance"
pin = 17
height_mm = 20
[contacts.mother]
role = "mum"
phone = "010-1234-5678"
[contacts.father]
role = "guardian"
phone = "+821012345678"
[contacts.kim]
role = "partner"
phone = "119"
[report]
armed = true
voice = "on"
[bell]
siren_pin = 40
[mqtt]
host = "mqtt.example.kr"
password_credential = "x"
[store]
max_mb = 3
"""
KEYS = {
    "colour",
    "site.id",
    "site.langauge",
    "site.address",
    "alarm.alert.setpoint_mm",
    "alarm.max_rise_mm_s",
    "zones.entrance.voting",
    "zones.attic",
    "zones.back.danger",
    "sensors.door.driver",
    "sensors.door.mount_height_mm",
    "sensors.door.stale_after_s",
    "sensors.window.mount_height_mm",
    "sensors.float2.pin",
    "contacts.mother.role",
    "contacts.mother.phone",
    "contacts.mother.routes",
    "contacts.kim.phone",
    "report.armed",
    "report.voice",
    "bell.siren_pin",
    "mqtt.ca",
    "mqtt.username",
    "store.max_mb",
}

SELF_TEST = '[modem]\nport = 3\nself_test = { contact = "mohter" }\n'


def problems(text: str) -> dict[str, Problem]:
    with pytest.raises(SettingsError) as raised:
        parse(text.encode())
    return {problem.key: problem for problem in raised.value.problems}


@pytest.fixture
def many(tmp_path: Path) -> Path:
    path = tmp_path / "floodbell.toml"
    path.write_text(MANY, encoding="utf-8")
    return path


def test_a_file_with_many_mistakes_shows_all_of_them_in_one_run(many: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        load_all(many)
    found = {problem.key: problem for problem in raised.value.problems}
    assert set(found) == KEYS
    assert all(problem.found and problem.allowed for problem in found.values())
    assert found["sensors.door.driver"].remedy == "did you mean a02yyuw?"


def test_what_many_contacts_lack_is_told_once(many: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        load_all(many)
    [routes] = [p for p in raised.value.problems if p.key.endswith(".routes")]
    assert routes.also == ("contacts.father.routes", "contacts.kim.routes")
    assert "[modem]" in routes.remedy


def test_each_mistake_is_found_alone_as_it_is_among_others() -> None:
    """Mended one by one, whatever is left is still told, and nothing that nobody did."""
    text = MANY
    for typed, better, key in (
        ("max_mb = 3", "max_mb = 64", "store.max_mb"),
        ('"a02yyuv"', '"a02yyuw"', "sensors.door.driver"),
        ('"600"', "600", "sensors.door.mount_height_mm"),
        ('role = "mum"', 'role = "office"', "contacts.mother.role"),
        ('"010-1234-5678"', '"+821012345679"', "contacts.mother.phone"),
        ("siren_pin = 40", "siren_pin = 16", "bell.siren_pin"),
        ("4oo3", "1oo3", "zones.entrance.voting"),
        ("setpoint_mm = 200", "setpoint_mm = 20", "alarm.alert.setpoint_mm"),
    ):
        before = set(problems(text))
        assert key in before
        text = text.replace(typed, better)
        assert set(problems(text)) == before - {key}


SITE = '[site]\nid = "x"\ndistrict = "x"\naddress = "x"\n'
DOOR = '[sensors.door]\ndriver = "a02yyuw"\nport = "/dev/ttyAMA0"\nmount_height_mm = 600\n'
MOTHER = '[contacts.mother]\nrole = "guardian"\nphone = "+821012345678"\n'
BAD_PHONE = MOTHER.replace("+82", "0")


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        # A contact that is broken is still there for those who name it, and for its role.
        (
            DOOR + MOTHER.replace("+82", "0") + SELF_TEST,
            "mother.phone modem.port self_test.contact",
        ),
        (DOOR + MOTHER.replace("+82", "0") + SELF_TEST.replace("hter", "ther"), "phone modem.port"),
        (DOOR + MOTHER.replace("guardian", "x") + "[report]\narmed = true\n" + SELF_TEST, None),
        # A sensor whose driver is unknown leaves its zone as full as it is.
        (
            DOOR.replace("a02yyuw", "zzz") + "zone = 'a'\n[zones.a]\nvoting = '2oo3'\n",
            "door.driver zones.a.voting",
        ),
        (DOOR.replace("a02yyuw", "zzz") + "zone = 'a'\n[zones.b]\n", "door.driver zones.b"),
        (DOOR + "zone = 3\n[zones.b]\n", "door.zone"),
        # What stands in for a bad value is never blamed itself.
        (DOOR + "[alarm.danger]\nsetpoint_mm = 'x'\n[alarm.alert]\ndeadband_mm = 21\n", None),
        (DOOR.replace("600", "'x'") + "[alarm.danger]\nsetpoint_mm = 400\n", "mount_height_mm"),
        (DOOR + "sample_interval_s = 'x'\nstale_after_s = 1.5\n", "sample_interval_s"),
        (DOOR + "[mqtt]\nhost = 3\n", "mqtt.host"),
        (DOOR + '[http_sms]\nprovider = "x"\nsender = "+4912345678"\n', "http_sms.provider"),
        (DOOR + "modem = 3\n" + MOTHER, None),
        ("", "sensors"),
    ],
)
def test_what_can_be_judged_is_judged_and_nothing_else(text: str, keys: str | None) -> None:
    found = problems(SITE + text)
    if keys is not None:
        assert len(found) == len(keys.split()), found
        assert all(any(key.endswith(end) for key in found) for end in keys.split()), found
    for key, problem in found.items():
        assert problem.found not in ('"+821000000000"', '"?"', '"x"') or key.count("."), found


def test_a_key_is_gone_with_the_table_round_it() -> None:
    assert gone({"alarm"}, "alarm.danger.setpoint_mm")
    assert gone({"alarm.danger.setpoint_mm"}, "alarm.danger.setpoint_mm")
    assert not gone({"alarm.danger.setpoint_mm"}, "alarm.danger")
    assert not gone({"alarm.dang"}, "alarm.danger")


# In the language of the technician.

ENGLISH = re.compile(r"\b[a-z]{2,}\s+[a-z]{2,}\b")


def told(files: list[str]) -> Iterator[str]:
    for text in files:
        for problem in problems(text).values():
            yield from (problem.found, problem.allowed, problem.remedy)


def test_no_sentence_about_the_settings_is_left_in_english(many: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        load_all(many)
    files = [
        SITE + DOOR + 'routes = 1\n[modem]\nport = ""\n[contacts.x]\nrole = "x"\nphone = "+820"',
        SITE + DOOR + "[zones.home]\nvoting = 'x'\n[alarm.danger]\non_delay_s = 13.5\n",
        SITE + '[sensors.q]\ndriver = "simulated"\n[cap]\nsender = "x@y"\n[bell]\nhold_s = true\n',
        SITE + DOOR + DOOR.replace("door", "two") + "[site2]\n[log]\ninterval_s = nan\n",
        SITE + DOOR + '[http_sms]\nprovider = "webhook"\nsender = "+8221234567"\n',
        "[site]\nid = jongno\n",
        "[site\n",
        'x = "abc',
        "",
    ]
    sentences = [*told(files)]
    for problem in raised.value.problems:
        sentences += [problem.found, problem.allowed, problem.remedy]
    assert len(set(sentences)) > 50
    with speaking("ko"):
        for sentence in set(sentences):
            korean = re.sub(r'"[^"]*"|\[[^\]]*\]', "", in_words(sentence))
            assert not ENGLISH.search(korean), f"{sentence!r} became {korean!r}"
        for plain in (*_PATTERNS.values(), *_TYPES.values()):
            assert in_words(plain) != plain
    with speaking("en"):
        assert all(in_words(sentence) == sentence for sentence in sentences)


@pytest.mark.parametrize("name", ["", "a b", "$(id)"])
def test_a_sensor_without_a_driver_under_a_name_that_is_none_is_told_too(name: str) -> None:
    """Two mistakes in one table, and another elsewhere: a traceback would show none of them."""
    text = f'[sensors."{name}"]\npin = 17\n[bell]\nsiren_pin = 40\n'
    with pytest.raises(SettingsError) as raised:
        parse(text.encode())
    keys = {problem.key for problem in raised.value.problems}
    assert {"bell.siren_pin", "site"} <= keys
    assert any(key.startswith("sensors.") for key in keys)


def test_every_form_of_a_sentence_is_known_by_its_own_template() -> None:
    """No earlier form takes a sentence away from a later one and changes its words."""
    with speaking("en"):
        for template in (*FOUND, *NOT_TOML, *ALLOWED, *REMEDIES):
            names = set(re.findall(r"\{(\w+)\}", template))
            values = {name: '"7"' if "quoted" in name else "7" for name in names}
            sentence = template.format(**values)
            assert in_words(sentence) == sentence


def test_the_command_says_it_in_korean_and_json_stays_english(
    many: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.main(["check-config", "--config", str(many), "--lang", "ko"]) == 2
    said = capsys.readouterr().err
    assert "  bell.siren_pin: 적힌 것: 40; 허용: 숫자, 0~27" in said
    assert "→ 혹시 a02yyuw입니까?" in said
    assert app.main(["check-config", "--config", str(many), "--lang", "ko", "--json"]) == 2
    document = json.loads(capsys.readouterr().out)
    by_key = {problem["key"]: problem for problem in document["problems"]}
    assert set(by_key) == KEYS
    assert by_key["bell.siren_pin"] == {
        "key": "bell.siren_pin",
        "found": "40",
        "allowed": "a number, 0 to 27",
        "remedy": "",
        "also": [],
    }
