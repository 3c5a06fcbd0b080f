"""The power key: pulses long enough, and a pin that cannot be had."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gpiozero.pins.mock import MockFactory

from drivers.errors import WrongWiring
from drivers.modem.power import DOWN_S, OFF_PULSE_S, ON_PULSE_S, PowerKey
from drivers.ports import Ports


@pytest.fixture
def pins() -> Iterator[MockFactory]:
    factory = MockFactory()
    yield factory
    factory.close()


def test_the_key_is_pressed_long_enough_to_go_down_and_to_come_up(pins: MockFactory) -> None:
    seen: list[tuple[bool, float]] = []
    PowerKey(6, Ports(pins)).cycle(lambda seconds: seen.append((bool(pins.pin(6).state), seconds)))
    assert seen == [(True, OFF_PULSE_S), (False, DOWN_S), (True, ON_PULSE_S), (False, 0.0)]


def test_the_key_is_let_go_when_the_wait_is_broken_off(pins: MockFactory) -> None:
    def broken_off(_seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        PowerKey(6, Ports(pins)).cycle(broken_off)
    PowerKey(6, Ports(pins)).cycle(lambda _seconds: None)


def test_a_pin_that_is_taken_is_wrong_wiring(pins: MockFactory) -> None:
    taken = PowerKey(6, Ports(pins))

    def take_again(_seconds: float) -> None:
        PowerKey(6, Ports(pins)).cycle(lambda _inner: None)

    with pytest.raises(WrongWiring, match="power_pin 6"):
        taken.cycle(take_again)
