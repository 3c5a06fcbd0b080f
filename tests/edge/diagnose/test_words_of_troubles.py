"""Every trouble and every advice has words of its own, in both languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from edge.diagnose.advised import advice_words
from edge.diagnose.details import in_words
from edge.diagnose.families import families, troubles
from edge.diagnose.remedies import causes, trouble_of
from edge.law.courses import COURSES
from edge.locale import use
from edge.settings import Advice, SettingsError, advice, parse
from edge.settings.advising import TEXTS

ROOT = Path(__file__).parents[3]
ROUTES = ("modem", "http", "cap")
"""What ``RouteState.route`` may be: a route that is down is a trouble of its own name."""


@pytest.fixture
def korean() -> Iterator[None]:
    use("ko")
    yield
    use("en")


def families_in(source: Path) -> set[str]:
    """The kinds of trouble that a module tells of, read from its source."""
    tree = ast.parse(source.read_text("utf-8"))
    names = _named(tree)
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            place = {"TroubleSeen": 0, "seen": 1, "_judge": 1, "_found": 0}.get(called)
            if place is not None and len(node.args) > place:
                found |= _begins(node.args[place], names)
    return {cause.partition(":")[0] for cause in found if re.fullmatch(r"[a-z_]+(:.*)?", cause)}


def _named(tree: ast.Module) -> dict[str, set[str]]:
    """What the names and the functions of a module stand for, as far as it is text."""
    names: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and isinstance(node, ast.Assign | ast.AnnAssign):
            names.setdefault(target.id, set()).update(_begins(node.value, names))
        if isinstance(node, ast.FunctionDef):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Return):
                    names.setdefault(node.name, set()).update(_begins(inner.value, names))
    return names


def _begins(node: ast.AST | None, names: dict[str, set[str]]) -> set[str]:
    """What the text that an expression makes may begin with."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.JoinedStr):
        return _begins(node.values[0], names)
    if isinstance(node, ast.FormattedValue):
        return _begins(node.value, names)
    if isinstance(node, ast.Name):
        return names.get(node.id, set())
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return names.get(node.func.id, set())
    return set()


def test_every_cause_that_the_daemon_can_raise_has_a_name_and_a_remedy_of_its_own() -> None:
    raised = {*ROUTES, *COURSES}
    for folder in ("edge/loop", "edge/law"):
        for source in (ROOT / folder).glob("*.py"):
            raised |= families_in(source)
    assert {"sensor", "blind", "thread", "journal", "air", "unarmed", "held"} <= raised
    known = {cause.partition(":")[0] for cause in causes()}
    assert raised - known == set()
    assert known - raised == set(), "nobody raises it any more"


def test_a_cause_that_is_not_known_still_gets_a_remedy() -> None:
    assert trouble_of("new:thing") == ("new:thing", "run: floodbell doctor")


def test_the_particular_goes_before_the_general_and_names_are_filled_in(korean: None) -> None:
    del korean
    assert "심카드" in trouble_of("modem:sim_missing").name
    assert trouble_of("modem:something_new") == trouble_of("modem")
    assert trouble_of("sensor:door").name.startswith("센서 door")
    assert "floodbell sensor calibrate door" in trouble_of("calibration:door").remedy
    assert trouble_of("fault:cap") != trouble_of("fault")


DETAILS = (
    "stale: nothing fresh for 12.0 s",
    "faulted: sees past the floor: 690 mm, mounted at 600 mm",
    "faulted: no echo: the sensor sends 65535: no target, its limit is 4500 mm",
    "stale: /dev/ttyAMA0: silent for 1.5 s; cable, or power missing?",
    "no healthy sensor can see danger here",
    "not one changed value in a day",
    "no wet test in a year",
    "disarmed by uid 0",
    "the level is held by door, window",
    "no route has taken the self-test within 60 min",
    "sim locked: 1 try left for its PIN, enter it by hand in a telephone",
    "sim missing: put in a working one",
    "no network: it refuses this SIM (registration denied)",
    "weak signal: -109 dBm",
    "cannot open the modem's port: /dev/ttyUSB2 is in use by minicom (process 17)",
    "the network took none of the last 3 texts: no network",
    "lost 5 times in 10 min (is there another device with the same site.id?); last: there is no"
    " network",
    "mqtt.example.kr refuses the connection: is the broker running on that port?",
    "the certificate of this device ends in 12 days",
    "the disk of the store has not answered for 31 s",
    "the bell lives on its battery",
    "the battery is low",
    "battery at 24 %",
    "battery at 24 % after 12 h of mains: it takes no charge",
    "on battery for 24 h, and it still lives: stuck?",
    "under-voltage: below 4.63 V",
    "store has not answered for 31 s; it was replaced",
    "sensor-door ended by itself; it was replaced",
    "sensor-door cannot be replaced: 3 threads that hang were left behind already",
)


@pytest.mark.parametrize("detail", DETAILS)
def test_what_the_daemon_saw_is_said_in_korean_with_all_its_numbers(
    detail: str, korean: None
) -> None:
    del korean
    said = in_words(detail)
    assert re.search("[가-힣]", said)
    assert set(re.findall(r"\d+", said)) <= set(re.findall(r"\d+", detail))
    assert not re.search(r"\b(the|is|no|for)\b", said)


def test_a_detail_that_nobody_knows_is_shown_as_it_came(korean: None) -> None:
    del korean
    assert in_words("Input/output error {x}") == "Input/output error {x}"
    assert in_words("") == ""


ODD_HOME = b"""
[site]
id = "a"
district = "b"
address = "c"
[sensors.toy]
driver = "hcsr04"
trigger_pin = 23
echo_pin = 24
mount_height_mm = 600
[sensors.deaf]
driver = "a02yyuw"
part = "A01NYUB"
port = "/dev/ttyS1"
mount_height_mm = 800
sample_interval_s = 0.2
[sensors.tip]
driver = "contact_probe"
zone = "hall"
pin = 22
return_pin = 27
height_mm = 300
[zones.hall]
danger = false
[zones.home]
voting = "2oo2"
[cap]
url = "http://a.kr/cap"
[http_sms]
provider = "sens"
sender = "+8221234567"
"""


def test_advice_says_the_same_in_english_as_the_settings_do() -> None:
    use("en")
    told = advice(parse(ODD_HOME))
    assert len({item.code for item in told}) >= 9
    for item in told:
        assert advice_words(item) == item.text


@pytest.mark.parametrize("code", TEXTS)
def test_every_advice_has_its_sentence_with_the_same_gaps_in_both_languages(code: str) -> None:
    gaps = {name: 1 for _, name, _, _ in Formatter().parse(TEXTS[code]) if name}
    item = Advice("a.b", TEXTS[code].format(**gaps), code, gaps)
    try:
        use("ko")
        assert re.search("[가-힣]", advice_words(item))
        use("en")
        assert advice_words(item) == item.text
    finally:
        use("en")


def test_advice_of_a_later_version_is_said_in_english() -> None:
    assert advice_words(Advice("a", "what is new", "new")) == "what is new"


def test_settings_that_cannot_be_used_have_no_advice() -> None:
    with pytest.raises(SettingsError):
        parse(b"")


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_family_says_what_is_checked_and_what_to_do(language: str) -> None:
    use(language)
    try:
        listed = (*families(), *troubles())
    finally:
        use("en")
    assert len({family.id for family in listed}) == len(listed)
    for family in listed:
        assert family.name, family
        assert family.checked, family
        assert all(family.remedies), family
        if language == "ko":
            assert re.search("[가-힣]|Home Assistant|SPI|ModemManager", family.name), family
