"""The pages tell the truth: every block of settings in them loads."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import datetime, timedelta
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from drivers.channels.sms.settings import Provider
from drivers.sensors import SensorSettings
from edge.effects import Facts
from edge.messages.cap import Bulletin, Reference, Standing, document
from edge.settings import advice, parse
from tests.edge.messages.cap_reader import Read, source

ROOT = Path(__file__).parent.parent
SITE = (
    '[site]\nid = "jongno-0042"\ndistrict = "jongno"\naddress = "서울 종로구 창신길 12-3 B01호"\n'
)


def blocks(page: str, kind: str = "toml") -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{kind}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


HTTP_SMS = blocks("docs/http-sms.md")
SENSORS = blocks("docs/sensors.md")


@pytest.mark.parametrize("block", SENSORS, ids=range(len(SENSORS)))
def test_every_sensor_of_the_page_is_a_sensor(block: str) -> None:
    settings = parse((SITE + "[zones.home]\ndanger = false\n" + block).encode())
    assert settings.sensors
    assert isinstance(advice(settings), list)


def test_the_page_shows_every_driver() -> None:
    shown = {line for block in SENSORS for line in re.findall(r'driver = "(\w+)"', block)}
    (sensor, *_) = get_args(SensorSettings)
    union = {get_args(model.model_fields["driver"].annotation)[0] for model in get_args(sensor)}
    assert shown == union


def test_together_they_share_ports_and_pins_as_the_page_says() -> None:
    assert len(parse((SITE + "".join(SENSORS)).encode()).sensors) == 11


@pytest.mark.parametrize("block", HTTP_SMS, ids=range(len(HTTP_SMS)))
def test_every_provider_of_the_page_can_be_set_up_as_it_says(block: str) -> None:
    settings = parse((SITE + SENSORS[0] + block).encode())
    assert settings.routes == ("http",)
    assert "http_sms" not in {item.key for item in advice(settings)}


def test_the_page_shows_every_provider() -> None:
    shown = re.findall(r'provider = "(\w+)"', "".join(HTTP_SMS))
    assert tuple(shown) == get_args(Provider)


def cap_example() -> str:
    """The document that docs/cap.md shows: danger, three minutes after the alert."""
    incident, run = "0198f2c4-6c1e-7d3a-9f52-1c8e0b7a4d11", "9c41d07be2f8"
    sent = datetime(2026, 8, 8, 21, 4, 5, tzinfo=ZoneInfo("Asia/Seoul"))
    first = Reference(
        "floodbell@jongno.go.kr", f"jongno-0042.{incident}.1.{run}", "2026-08-08T21:01:12+09:00"
    )
    return document(
        source(),
        Bulletin(
            kind="Update",
            told=Standing(incident, "Actual", "danger", bell=False, episode=1),
            identifier=f"jongno-0042.{incident}.2.{run}",
            sent=sent,
            onset=sent - timedelta(seconds=1),
            clock_synced=True,
            facts=Facts(
                depth_mm=163.0, peak_mm=163.0, setpoint_mm=150.0, zone="entrance", armed=True
            ),
            earlier=(first,),
        ),
    )


def test_the_cap_document_of_the_page_is_one_that_floodbell_writes() -> None:
    [shown] = blocks("docs/cap.md", "xml")
    Read(shown)
    assert ET.canonicalize(shown, strip_text=True) == ET.canonicalize(cap_example())


def test_the_settings_of_the_cap_page_load() -> None:
    [block] = blocks("docs/cap.md")
    settings = parse((SITE + "[zones.home]\ndanger = false\n" + SENSORS[0] + block).encode())
    assert settings.cap_sender == "floodbell@jongno.go.kr"


TESTS = {
    name
    for file in (ROOT / "tests").rglob("*.py")
    for name in re.findall(r"^def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
}


@pytest.mark.parametrize(
    "page", ["docs/architecture.md", "docs/reliability.md", "docs/where.md", "docs/hardware.md"]
)
def test_every_test_that_a_page_names_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", text))
    assert named - TESTS == set()
    files = re.findall(r"`((?:tests|edge|drivers|systemd|config|debian)/[\w./-]+)`", text)
    assert [file for file in files if not (ROOT / file).exists()] == []
    links = re.findall(r"\]\(([\w./-]+)(?:#[\w-]+)?\)", text)
    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []


@pytest.mark.parametrize("top", ["tests", "debian"])
def test_every_folder_says_what_it_is_for(top: str) -> None:
    mirrors = {"drivers", "edge", "__pycache__"}
    folders = [ROOT / top, *(ROOT / "tests").iterdir()] if top == "tests" else [ROOT / top]
    asked = [folder for folder in folders if folder.is_dir() and folder.name not in mirrors]
    assert [folder.name for folder in asked if not (folder / "README.md").is_file()] == []
    for folder in asked:
        text = (folder / "README.md").read_text(encoding="utf-8")
        links = re.findall(r"\]\(([\w./-]+)\)", text)
        assert [link for link in links if not (folder / link).exists()] == []


def test_every_section_that_the_program_sends_somebody_to_is_there() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "edge").rglob("*.py"))
    named = set(re.findall(r"(docs/[\w.-]+\.md), section (\d+): ([A-Z][a-z]+(?: [a-z]+)*)", source))
    assert {number for _, number, _ in named} >= {"1", "2", "3"}
    for page, number, heading in named:
        text = (ROOT / page).read_text(encoding="utf-8")
        assert f"\n## {number}. {heading}\n" in text


@pytest.mark.parametrize(
    "page",
    ["README.md", *(f"docs/{name}.md" for name in ("architecture", "reliability", "hardware"))],
)
def test_every_heading_that_a_page_links_to_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for link, anchor in re.findall(r"\]\(([\w./-]+\.md)#([\w-]+)\)", text):
        target = ((ROOT / page).parent / link).read_text(encoding="utf-8")
        headings = re.findall(r"^#+ (.*)$", target, re.MULTILINE)
        slugs = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert anchor.rstrip("-") in {slug.rstrip("-") for slug in slugs}, link
