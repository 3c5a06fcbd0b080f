"""A float switch on gpiozero's mock pins, handed in and never global."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import cycle
from typing import Any, Literal

import gpiozero
import pytest
from gpiozero.pins.mock import MockFactory

from drivers.emulated.contact import contact_at
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


CLOSED, OPEN = True, False


@pytest.fixture
def hanging(pins: Any) -> Iterator[tuple[Any, Any]]:
    """A normally closed switch that was told dry, and its contact."""
    contact = contact_at(pins, 17)
    switch = settings("normally_closed").open(Ports(pins))
    switch.read()
    contact.drive_low()
    assert switch.read() == DRY
    yield switch, contact
    switch.close()


def test_a_level_that_is_known_is_told_after_one_look(hanging: Any) -> None:
    switch, contact = hanging
    contact.chatter([CLOSED])
    assert switch.read() == DRY
    assert contact.looks == 1


def test_a_spike_on_the_wire_is_no_water(hanging: Any) -> None:
    switch, contact = hanging
    contact.chatter([OPEN, OPEN, OPEN])
    assert switch.read() == DRY


def test_a_change_is_told_once_the_contact_has_rested_for_30_ms(hanging: Any) -> None:
    switch, contact = hanging
    contact.chatter([OPEN, CLOSED, OPEN, OPEN, CLOSED, *[OPEN] * 7])
    assert switch.read() == WET
    assert contact.looks == 12, "six looks, 5 ms apart, that say the same as the one before"


def test_a_contact_that_never_rests_is_wet_and_dry_only_once_it_rests(hanging: Any) -> None:
    switch, contact = hanging
    contact.chatter(cycle([OPEN, OPEN, CLOSED, CLOSED, CLOSED]))
    assert switch.read() == WET
    assert contact.looks == 31, "150 ms, and no more"
    assert "does not settle" in switch.trace.entries()[-1].meaning
    contact.chatter(cycle([CLOSED, OPEN]))
    assert switch.read() == WET
    contact.chatter([])
    assert switch.read() == DRY


@pytest.mark.parametrize("kind", ["normally_closed", "normally_open"])
def test_the_first_word_is_waited_for_as_well(pins: Any, kind: Any) -> None:
    contact = contact_at(pins, 17)
    contact.chatter(cycle([OPEN, CLOSED]))
    switch = settings(kind).open(Ports(pins))
    assert switch.read() == WET
    switch.close()
    contact.chatter(cycle([OPEN, CLOSED]))
    assert switch.read() == WET, "after a close nothing is known"
    assert contact.looks > 30
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
