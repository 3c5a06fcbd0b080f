"""The lines of a UPS board on mock pins, handed in and never global."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gpiozero
import pytest
from gpiozero.pins.mock import MockFactory

from drivers.errors import PortGone, WrongWiring
from drivers.ports import Ports
from drivers.power.lines import Lines
from drivers.power.settings import Level, PowerSettings


@pytest.fixture
def pins() -> Iterator[Any]:
    factory = MockFactory()
    yield factory
    factory.close()
    assert gpiozero.Device.pin_factory is None


def lines(pins: Any, **keys: Any) -> Lines:
    return Lines(PowerSettings(**keys), Ports(pins))


@pytest.mark.parametrize("there", ["high", "low"])
def test_mains_are_there_while_the_line_is_at_its_level(pins: Any, there: Level) -> None:
    ups = lines(pins, mains_pin=6, mains_level=there)
    ups.mains()
    for high in (True, False, True):
        (pins.pin(6).drive_high if high else pins.pin(6).drive_low)()
        assert ups.mains() is (high == (there == "high"))
    ups.close()


@pytest.mark.parametrize("level", ["high", "low"])
def test_a_wire_that_is_cut_reads_as_the_worse(pins: Any, level: Level) -> None:
    ups = lines(pins, mains_pin=6, mains_level=level, battery_low_pin=22, battery_low_level=level)
    assert ups.mains() is False
    assert ups.battery_low() is True
    ups.close()


@pytest.mark.parametrize("low", ["high", "low"])
def test_the_battery_is_low_while_its_line_says_so(pins: Any, low: Level) -> None:
    ups = lines(pins, battery_low_pin=22, battery_low_level=low)
    ups.battery_low()
    pins.pin(22).drive_low()
    assert ups.battery_low() is (low == "low")
    pins.pin(22).drive_high()
    assert ups.battery_low() is (low == "high")
    ups.close()


def test_without_a_line_nothing_is_told_and_no_pin_is_taken(pins: Any) -> None:
    ups = lines(pins)
    assert (ups.mains(), ups.battery_low()) == (None, None)
    assert pins.pins == {}
    ups.close()


def test_a_pin_that_is_taken_is_told_and_tried_again(pins: Any) -> None:
    other = gpiozero.DigitalOutputDevice(6, pin_factory=pins)
    ups = lines(pins, mains_pin=6, mains_level="low")
    for _ in range(2):
        with pytest.raises(WrongWiring, match="pin 6"):
            ups.mains()
    other.close()
    assert ups.mains() is False
    ups.close()
    ups.close()
    gpiozero.DigitalOutputDevice(6, pin_factory=pins).close()


def test_pins_that_are_given_back_are_an_error_of_ours() -> None:
    ports = Ports(MockFactory())
    ups = Lines(PowerSettings(mains_pin=6, mains_level="low"), ports)
    ports.close()
    with pytest.raises(PortGone):
        ups.mains()


@pytest.mark.parametrize(
    ("keys", "wrong"),
    [
        ({"mains_pin": 6}, ["mains_level"]),
        ({"mains_level": "low"}, ["mains_level"]),
        ({"battery_low_pin": 6}, ["battery_low_level"]),
        ({"battery_low_level": "low", "mains_pin": 5}, ["mains_level", "battery_low_level"]),
        ({"mains_pin": 6, "mains_level": "high"}, []),
        ({}, []),
    ],
)
def test_a_pin_and_its_level_go_together(keys: dict[str, Any], wrong: list[str]) -> None:
    assert [key for key, _found, _allowed in PowerSettings(**keys).contradictions()] == wrong
