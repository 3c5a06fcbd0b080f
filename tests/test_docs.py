"""The pages tell the truth: every block of settings in them loads."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from drivers.channels.sms.settings import Provider
from drivers.sensors import SensorSettings
from edge.settings import advice, parse

ROOT = Path(__file__).parent.parent
SITE = (
    '[site]\nid = "jongno-0042"\ndistrict = "jongno"\naddress = "서울 종로구 창신길 12-3 B01호"\n'
)


def blocks(page: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(r"^```toml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


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
    assert shown == union - {"simulated"}


def test_together_they_share_ports_and_pins_as_the_page_says() -> None:
    assert len(parse((SITE + "".join(SENSORS)).encode()).sensors) == 10


@pytest.mark.parametrize("block", HTTP_SMS, ids=range(len(HTTP_SMS)))
def test_every_provider_of_the_page_can_be_set_up_as_it_says(block: str) -> None:
    settings = parse((SITE + SENSORS[0] + block).encode())
    assert settings.routes == ("http",)
    assert "http_sms" not in {item.key for item in advice(settings)}


def test_the_page_shows_every_provider() -> None:
    shown = re.findall(r'provider = "(\w+)"', "".join(HTTP_SMS))
    assert tuple(shown) == get_args(Provider)
