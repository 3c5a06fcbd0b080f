"""An HC-SR04 on gpiozero's mock pins: an echo, none, and a thread that has died."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory, MockTriggerPin

from drivers.errors import NoResponse, OutOfRange, WrongWiring
from drivers.ports import Ports
from drivers.sensors.hcsr04 import Hcsr04, Hcsr04Settings

SETTINGS = Hcsr04Settings(driver="hcsr04", trigger_pin=23, echo_pin=24, mount_height_mm=600)


@pytest.fixture
def pins() -> Iterator[Any]:
    factory = MockFactory()
    yield factory
    factory.close()


@pytest.fixture
def trigger(pins: Any) -> Any:
    return pins.pin(23, pin_class=MockTriggerPin, echo_pin=pins.pin(24), echo_time=0.01)


@pytest.fixture
def sensor(pins: Any, trigger: Any) -> Iterator[Hcsr04]:
    del trigger
    opened = SETTINGS.open(Ports(pins))
    yield opened
    opened.close()


def drained(sensor: Hcsr04) -> None:
    """Read what was seen before, and a little more."""
    for _ in range(3):
        sensor.read()


def test_the_length_of_an_echo_is_a_range(sensor: Hcsr04) -> None:
    """10 ms there and back at 343 m/s: 1.7 m; a test machine is late rather than early."""
    ranges_mm = [mm for _ in range(3) for mm in sensor.read().ranges_mm]
    assert min(ranges_mm) == pytest.approx(1720, abs=60)


def test_every_look_is_told_once(sensor: Hcsr04) -> None:
    assert sum(len(sensor.read().ranges_mm) for _ in range(5)) == pytest.approx(5, abs=1)


class Deaf(MockTriggerPin):  # type: ignore[misc]  # gpiozero is untyped
    """Triggers and hears nothing: the sensor is unplugged, or faces the open."""

    def _echo(self) -> None:
        pass


def test_no_echo_is_a_fault_and_never_the_last_one_again(pins: Any) -> None:
    """gpiozero's own queue would tell the last echo for ever."""
    pins.pin(23, pin_class=Deaf, echo_pin=pins.pin(24))
    sensor = SETTINGS.open(Ports(pins))
    for _ in range(2):
        with pytest.raises(OutOfRange, match="no echo"):
            sensor.read()
    sensor.close()


def test_an_echo_from_beyond_its_reach_is_none(sensor: Hcsr04, trigger: Any) -> None:
    trigger.echo_time = 0.026  # 4.5 m
    with pytest.raises(OutOfRange):
        drained(sensor)


def test_a_thread_that_looks_no_more_is_silence_and_is_made_anew(sensor: Hcsr04) -> None:
    sensor.read()
    sensor._device._queue.stop()
    with pytest.raises(NoResponse):
        drained(sensor)
    assert sensor.read().ranges_mm


def test_a_pin_that_is_taken_is_wrong_wiring(pins: Any, sensor: Hcsr04) -> None:
    sensor.read()
    with pytest.raises(WrongWiring, match="pins 23 and 24"):
        SETTINGS.open(Ports(pins)).read()


def test_it_is_closed_while_its_thread_looks(pins: Any, trigger: Any) -> None:
    """An exception in that thread would fail this test."""
    trigger.echo_time = 0.026
    for _ in range(20):
        closing = SETTINGS.open(Ports(pins))
        closing._open()
        threading.Event().wait(0.02)
        closing.close()
