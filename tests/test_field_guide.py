"""The field guide tells the truth: its commands are there, its pins and its table are right."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
from babel.messages.pofile import read_po
from gpiozero.pins.mock import MockFactory
from lxml import etree

from edge.cli.app import group
from edge.effects import Purpose
from edge.law.courses import COURSES
from edge.law.notices import OF_WATER, WHO_IS_TOLD
from edge.law.policy import Role
from edge.law.service import LONGEST_MIN
from edge.settings import load as load_settings
from tests.field_guide import PAGES, ROOT, TABLES, markers, troubles, written_anew

GUIDES = sorted(PAGES)
WIRING = ROOT / "docs/wiring"


def page(language: str) -> str:
    """A guide without the table that is made for it."""
    text = PAGES[language].read_text(encoding="utf-8")
    for name in TABLES:
        begin, end = markers(name)
        text = text.partition(begin)[0] + text.partition(end)[2]
    return text


def typed(text: str) -> list[str]:
    """Whatever a technician types, in order: lines of ``sh`` blocks, and commands in a sentence."""
    found = []
    for block, inline in re.findall(r"^```sh\n(.*?)^```|(?<!`)`([^`]+)`(?!`)", text, re.M | re.S):
        lines = block.splitlines() if block else [" ".join(inline.split())]
        found += [line for line in lines if re.match(r"sudo |floodbell ", line) or block]
    return [line for line in found if line.strip()]


def asked(line: str) -> list[str] | None:
    """The words after ``floodbell`` if that is the command of a line."""
    found = re.match(r"(?:sudo )?floodbell ([^|>]+)", line)
    return shlex.split(found[1]) if found else None


COMMANDS = sorted(
    {tuple(words) for g in GUIDES for line in typed(page(g)) if (words := asked(line))}
)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_of_the_guide_is_one_that_the_program_has(words: tuple[str, ...]) -> None:
    command: click.Command = group()
    name, rest = "floodbell", list(words)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        name = rest.pop(0)
        found = command.get_command(click.Context(command), name)
        assert found is not None, f"there is no command {name}"
        command = found
    if rest[:1] == ["--version"]:
        assert any("--version" in option.opts for option in command.params)
        return
    command.make_context(name, rest)  # a UsageError for whatever it does not know


def test_the_guide_shows_a_whole_life_of_a_bell() -> None:
    first = [words[0] for line in typed(page("en")) if (words := asked(line))]
    there = iter(dict.fromkeys(first))
    wanted = ("init", "check-config", "doctor", "sensor", "modem", "drill", "arm", "support-bundle")
    assert all(command in there for command in wanted), list(dict.fromkeys(first))


def test_both_guides_have_the_same_commands_in_the_same_order() -> None:
    assert typed(page("ko")) == typed(page("en"))


def test_both_guides_have_the_same_sections_pictures_and_tables() -> None:
    shapes = []
    for language in GUIDES:
        text = page(language)
        headings = re.findall(r"^(#+)\s+((?:[0-9]+\.)*[0-9]*)", text, re.MULTILINE)
        pictures = re.findall(r"\]\((wiring/[\w-]+\.svg)\)", text)
        rows = [line.count("|") for line in text.splitlines() if line.startswith("|")]
        keys = re.findall(r"`(\w+ = [^`]+)`", text)
        shapes.append((headings, pictures, rows, keys))
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("language", GUIDES)
def test_every_link_inside_the_guide_leads_to_a_heading(language: str) -> None:
    text = PAGES[language].read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}
    links = set(re.findall(r"\]\(#([^)]+)\)", text))
    assert len(links) == 13
    assert links <= anchors


@pytest.mark.parametrize("language", GUIDES)
def test_the_table_of_troubles_is_what_the_program_says(language: str) -> None:
    """If this fails: make field-guide."""
    text = PAGES[language].read_text(encoding="utf-8")
    assert written_anew(text, language) == text


def test_the_table_has_every_trouble_that_the_law_knows_and_no_empty_remedy() -> None:
    rows = troubles("en")
    families = {row.cause.partition(":")[0] for row in rows}
    assert set(COURSES) - families == set()
    assert all(all(row.remedies) and row.remedies for row in rows)
    assert [row.cause for row in rows] == [row.cause for row in troubles("ko")]
    assert [row.remedies for row in rows] != [row.remedies for row in troubles("ko")]


def header() -> dict[str, str]:
    """Place on the header by the name of what is there, as gpiozero knows it."""
    pins = MockFactory().board_info.headers["J8"].pins
    return {pin.name: str(number) for number, pin in pins.items()}


@pytest.mark.parametrize("language", GUIDES)
def test_every_pin_of_the_guide_lies_where_it_says(language: str) -> None:
    forms = (
        r"GPIO (\d+) ?\((?:pin )?(\d+)(?:번 핀)?\)",  # GPIO 17 (pin 11), GPIO 17(11번 핀)
        r"(?P<at>\d+)번? GPIO (?P<pin>\d+)",  # pin 11 GPIO 17, 11번 GPIO 17
    )
    text, places = page(language), header()
    after = re.findall(forms[0], text)
    before = [(match["pin"], match["at"]) for match in re.finditer(forms[1], text)]
    assert len(after) >= 13
    assert len(before) >= 6
    assert [pair for pair in after + before if places[f"GPIO{pair[0]}"] != pair[1]] == []


def test_every_pin_of_the_hardware_page_lies_where_it_says() -> None:
    text, places = (ROOT / "docs/hardware.md").read_text(encoding="utf-8"), header()
    named = re.findall(r"GPIO (\d+) \(pin (\d+)\)", text)
    for gpio, pins in re.findall(r"^\| ([\d, ]+) \| ([\d, ]+) \|", text, re.MULTILINE):
        named += list(zip(gpio.split(", "), pins.split(", "), strict=True))
    assert len(named) >= 14
    assert [pair for pair in named if places[f"GPIO{pair[0]}"] != pair[1]] == []


def test_the_picture_of_the_header_is_the_header() -> None:
    drawn = [
        dict(e.attrib)
        for e in etree.parse(WIRING / "header.svg").iter("{*}circle")
        if "data-pin" in e.attrib
    ]
    pins = MockFactory().board_info.headers["J8"].pins
    assert {int(e["data-pin"]): e["data-name"] for e in drawn} == {
        number: pin.name for number, pin in pins.items()
    }


@pytest.mark.parametrize("picture", sorted(WIRING.glob("*.svg")), ids=lambda path: path.stem)
def test_every_picture_is_shown_and_speaks_both_languages(picture: Path) -> None:
    root = etree.parse(picture).getroot()
    words = " ".join(root.itertext())
    assert re.search("[가-힣]", words)
    assert re.search(r"[A-Za-z]{5}", words)
    places = header()
    written = re.findall(r"pin (\d+): GPIO (\d+)", words) + [
        (at, pin) for pin, at in re.findall(r"GPIO (\d+) \((\d+)\)", words)
    ]
    assert [pair for pair in written if places[f"GPIO{pair[1]}"] != pair[0]] == []
    assert f"wiring/{picture.name}" in page("en")


def test_the_pins_of_the_guide_are_those_of_the_example() -> None:
    example = (ROOT / "config/floodbell.example.toml").read_text(encoding="utf-8")
    settings: dict[str, Any] = tomllib.loads(example)
    bell = settings["bell"]
    chosen = [f"{key} = {bell[key]}" for key in ("button_pin", "siren_pin", "strobe_pin")]
    chosen.append(f"pin = {settings['sensors']['door-float']['pin']}")
    chosen.append(f'port = "{settings["sensors"]["door"]["port"]}"')
    chosen += re.findall(r"^# (lamp_pin = \d+|power_pin = \d+)", example, re.MULTILINE)
    assert len(chosen) == 7
    assert [key for key in chosen if f"`{key}`" not in page("en")] == []


def test_the_guide_installs_as_the_page_of_installation_does() -> None:
    text = page("en")
    section = text.partition("## 1. Install")[2].partition("## 2.")[0]
    install = (ROOT / "docs/install.md").read_text(encoding="utf-8")
    lines = [
        line
        for block in re.findall(r"^```sh\n(.*?)^```", section, re.M | re.S)
        for line in block.splitlines()
    ]
    assert len(lines) >= 6
    assert [line for line in lines if line not in install and line != "sudo reboot"] == []
    with_the_package = install.partition("### Without the package")[0]
    in_install = re.findall(r"^    (sudo .*)$", with_the_package, re.MULTILINE)
    assert any("apt install ./floodbell_" in line for line in in_install)
    assert [line for line in in_install if line not in text] == []


QUOTED = {
    "en": (
        "No floodbell answers",
        "You are not allowed to ask the bell",
        "119 is NOT called",
        "NO WATER SEEN, but the bell is not well",
        "report to 119",
        "ARMED",
    ),
    "ko": (
        "응답하는 floodbell이 없습니다",
        "물어볼 권한이 없습니다",
        "119에 신고하지 않습니다",
        "물은 보이지 않지만 비상벨에 고장이 있습니다",
        "119 신고",
        "켜짐 (119에 자동신고)",
    ),
}


@pytest.mark.parametrize("language", GUIDES)
def test_the_guide_quotes_the_program_word_for_word(language: str) -> None:
    with (ROOT / "edge/locale/ko/LC_MESSAGES/floodbell.po").open("rb") as file:
        catalogue = [m for m in read_po(file) if m.id]
    said = "\n".join(str(m.id if language == "en" else m.string) for m in catalogue)
    assert [words for words in QUOTED[language] if words not in said] == []
    assert [words for words in QUOTED[language] if words not in page(language)] == []


def test_the_guide_speaks_of_sensors_and_contacts_of_the_example() -> None:
    example = (ROOT / "config/floodbell.example.toml").read_text(encoding="utf-8")
    settings: dict[str, Any] = tomllib.loads(example)
    sensors = {w[2] for w in COMMANDS if w[0] == "sensor" and len(w) > 2}
    contacts = {c for w in COMMANDS if w[0] == "drill" and "--to" in w for c in w[3:]}
    contacts |= {w[2] for w in COMMANDS if w[:2] == ("modem", "sms")}
    assert sensors == settings["sensors"].keys()
    assert contacts == {"mother", "office", "technician"}
    assert contacts <= settings["contacts"].keys()


def test_what_the_guide_promises_of_a_service_is_what_the_law_does() -> None:
    """The figures of the wet test: 5 s and 3 s, 10 s at once, 20 s at most, troubles as always."""
    alarm = load_settings(ROOT / "config/floodbell.example.toml").alarm
    text = page("en")
    after = next(line for line in text.splitlines() if line.startswith("| after |"))
    seconds = re.findall(r"(\d+) s\b", after)
    figures = (alarm.alert.on_delay_s, alarm.uncorroborated_delay_s, alarm.danger.on_delay_s)
    assert [float(one) for one in seconds] == [*figures, alarm.uncorroborated_delay_s, 20.0]
    assert float(LONGEST_MIN) == float(re.findall(r"(\d+) minutes at most", text)[0])
    assert Purpose.TROUBLE not in OF_WATER
    assert WHO_IS_TOLD[Purpose.BELL] == {Role.GUARDIAN, Role.PARTNER, Role.OFFICE}
