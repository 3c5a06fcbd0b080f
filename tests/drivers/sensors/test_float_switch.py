"""A float switch on gpiozero's mock pins, handed in and never global."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Literal

import gpiozero
import pytest
from gpiozero.pins.mock import MockFactory

from drivers.errors import WrongWiring
from drivers.measurement import Measurement
from drivers.ports import Ports
from drivers.sensors.float_switch import FloatSwitchSettings

DRY = Measurement(-math.inf, 20.0)
WET = Measurement(20.0, math.inf)


@pytest.fixture
def pins() -> Iterator[Any]:
    factory = MockFactory()
    yield factory
    factory.close()
    assert gpiozero.Device.pin_factory is None


def settings(
    contact: Literal["normally_closed", "normally_open"], height_mm: float = 20
) -> FloatSwitchSettings:
    return FloatSwitchSettings(driver="float_switch", pin=17, height_mm=height_mm, contact=contact)


def test_a_closed_contact_is_dry_when_it_opens_in_water(pins: Any) -> None:
    switch = settings("normally_closed").open(Ports(pins))
    assert switch.read() == WET
    pins.pin(17).drive_low()
    assert switch.read() == DRY
    switch.close()


def test_a_cut_wire_of_a_normally_closed_contact_reads_as_water(pins: Any) -> None:
    switch = settings("normally_closed").open(Ports(pins))
    assert switch.read() == WET  # nothing drives the pin but its pull-up
    switch.close()


def test_a_normally_open_contact_is_the_other_way_round(pins: Any) -> None:
    switch = settings("normally_open").open(Ports(pins))
    assert switch.read() == DRY
    pins.pin(17).drive_low()
    assert switch.read() == WET
    switch.close()


def test_a_pin_that_is_taken_is_wrong_wiring_and_free_after_a_close(pins: Any) -> None:
    first, second = (settings("normally_open").open(Ports(pins)) for _ in range(2))
    first.read()
    with pytest.raises(WrongWiring, match="pin 17"):
        second.read()
    first.close()
    assert second.read() == DRY
    second.close()


def test_without_pins_it_cannot_be_read_and_says_so_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "nonsense")
    switch = settings("normally_open").open()
    for _ in range(2):
        with pytest.raises(WrongWiring, match="GPIOZERO_PIN_FACTORY"):
            switch.read()
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")
    assert switch.read() == DRY, "and reads as soon as there are some"
    switch.close()


def test_it_decides_at_its_own_height_only() -> None:
    assert settings("normally_closed", 150).can_decide(150.0)
    assert not settings("normally_closed", 20).can_decide(150.0)
    assert not settings("normally_closed", 200).can_decide(150.0)
    assert not settings("normally_open", 150).can_decide(150.0)
