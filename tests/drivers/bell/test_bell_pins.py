"""Button, siren and strobe on gpiozero's mock pins, handed in and never global."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import gpiozero
import pytest
from gpiozero.pins.mock import MockFactory, MockPin

from drivers.bell.button import Button
from drivers.bell.outputs import BOUTS, CHIRP_S, CHIRPS, Blink, Outputs
from drivers.bell.press import Freed, Pressed, Stuck
from drivers.bell.settings import BellSettings
from drivers.errors import PortGone, WrongWiring
from drivers.ports import Ports
from drivers.ports.pins import open_pin_factory, pin_errors

HOLD_S = 0.15


@pytest.fixture
def pins() -> Iterator[Any]:
    factory = MockFactory()
    yield factory
    factory.close()
    assert gpiozero.Device.pin_factory is None


@pytest.fixture
def button(pins: Any) -> Iterator[Button]:
    ready = Button(5, HOLD_S, Ports(pins))
    yield ready
    ready.close()


def test_a_press_is_told_when_it_was_held_long_enough(pins: Any, button: Button) -> None:
    assert button.wait(0.12) == []  # open for long enough
    pins.pin(5).drive_low()
    began_s = time.monotonic()
    assert button.wait(10.0) == [Pressed()]
    assert time.monotonic() - began_s >= HOLD_S - 0.02
    pins.pin(5).drive_high()


def test_an_edge_wakes_a_thread_that_waits(pins: Any, button: Button) -> None:
    told: list[object] = []
    assert button.wait(0.12) == []
    waiter = threading.Thread(target=lambda: told.extend(button.wait(10.0)))
    waiter.start()
    pins.pin(5).drive_low()
    waiter.join(timeout=5)
    assert told == [Pressed()]


def test_a_touch_between_two_looks_is_seen_by_its_edges_and_is_no_press(
    pins: Any, button: Button
) -> None:
    assert button.wait(0.12) == []
    pins.pin(5).drive_low()
    pins.pin(5).drive_high()
    assert button.wait(HOLD_S * 2) == []


def test_a_press_is_judged_by_level_where_no_edge_is_told(pins: Any, button: Button) -> None:
    assert button.wait(0.12) == []
    button._device.when_activated = button._device.when_deactivated = None
    pins.pin(5).drive_low()
    assert button.wait(5.0) == [Pressed()]


def test_a_storm_of_edges_is_bounded(pins: Any, button: Button) -> None:
    for _ in range(2000):
        pins.pin(5).drive_low()
        pins.pin(5).drive_high()
    assert button.wait(0.0) == []
    assert len(button._edges) == 0


class ShortedPin(MockPin):  # type: ignore[misc]  # gpiozero is untyped
    """Reads low from the moment on that it is claimed, whatever its pull-up."""

    def _set_pull(self, value: str) -> None:
        super()._set_pull(value)
        self._change_state(False)


def test_closed_at_start_is_stuck_until_it_opens() -> None:
    pins = MockFactory(pin_class=ShortedPin)
    button = Button(6, HOLD_S, Ports(pins))
    assert button.wait(1.0) == [Stuck()]
    pins.pin(6).drive_high()
    assert button.wait(1.0) == [Freed()]
    button.close()
    pins.close()


def test_closing_wakes_the_waiter_and_closing_twice_is_harmless(pins: Any) -> None:
    button = Button(5, HOLD_S, Ports(pins))
    ended = threading.Event()

    def wait() -> None:
        with pytest.raises((WrongWiring, PortGone)):
            button.wait(10.0)
        ended.set()

    waiter = threading.Thread(target=wait)
    waiter.start()
    button.close()
    button.close()
    assert ended.wait(5)
    waiter.join(timeout=5)


def test_a_pin_that_is_taken_is_wrong_wiring(pins: Any, button: Button) -> None:
    assert button.wait(0.0) == []
    with pytest.raises(WrongWiring, match="pin 5"):
        Button(5, HOLD_S, Ports(pins))


def test_siren_and_strobe_follow_and_end_off(pins: Any) -> None:
    outputs = Outputs(BellSettings(siren_pin=16, strobe_pin=13), Ports(pins))
    siren, strobe = pins.pin(16), pins.pin(13)
    assert (siren.state, strobe.state) == (0, 0)
    outputs.set(siren=True, strobe=True)
    assert (siren.state, strobe.state) == (1, 1)
    outputs.set(siren=False)
    assert (siren.state, strobe.state) == (0, 1)
    outputs.close()
    outputs.close()
    assert strobe.function == "input"  # released: the relay falls off


def test_a_chirp_is_short_waits_for_nothing_and_leaves_the_siren_off(pins: Any) -> None:
    outputs = Outputs(BellSettings(siren_pin=16, strobe_pin=13), Ports(pins))
    siren, strobe = pins.pin(16), pins.pin(13)
    began_s = time.monotonic()
    outputs.chirp()
    assert time.monotonic() - began_s < CHIRP_S
    thread = outputs._devices["siren"]._blink_thread
    thread.join(10.0)
    assert [state.state for state in siren.states] == [False, *[True, False] * CHIRPS]
    assert strobe.state == 0
    outputs.close()


def test_a_siren_that_is_set_wins_over_a_chirp(pins: Any) -> None:
    outputs = Outputs(BellSettings(siren_pin=16), Ports(pins))
    siren = pins.pin(16)
    outputs.chirp()
    outputs.set(siren=True)
    assert siren.state == 1
    outputs.chirp()
    assert outputs._devices["siren"]._blink_thread is None, "what sounds already needs no chirp"
    assert siren.state == 1
    outputs.set(siren=False)
    outputs.chirp()
    outputs.set(siren=False)
    assert siren.state == 0
    outputs.close()


def test_without_a_siren_nothing_chirps(pins: Any) -> None:
    for outputs in (Outputs(None, Ports()), Outputs(BellSettings(strobe_pin=13), Ports(pins))):
        outputs.chirp()
        outputs.close()


def test_pins_that_are_not_configured_are_simply_not_there(pins: Any) -> None:
    for outputs in (
        Outputs(None, Ports()),
        Outputs(BellSettings(), Ports(pins)),
        Outputs(BellSettings(), Ports()),
    ):
        outputs.set(siren=True, strobe=True)
        outputs.close()


def test_a_pin_that_is_taken_leaves_the_other_at_work_and_is_had_when_it_is_free(
    pins: Any,
) -> None:
    other = Outputs(BellSettings(strobe_pin=13), Ports(pins))
    other.claim()
    outputs = Outputs(BellSettings(siren_pin=16, strobe_pin=13), Ports(pins))
    with pytest.raises(WrongWiring, match="pin 13"):
        outputs.claim()
    with pytest.raises(WrongWiring, match="pin 13"):
        outputs.set(siren=True, strobe=True)
    assert pins.pin(16).state == 1
    other.close()
    outputs.set(strobe=True)
    assert pins.pin(13).state == 1
    outputs.close()


@pytest.mark.parametrize("blink", BOUTS)
def test_a_bout_of_the_lamp_ends_dark_and_no_other_follows_by_itself(
    pins: Any, blink: Blink
) -> None:
    outputs = Outputs(BellSettings(lamp_pin=26), Ports(pins))
    lamp = pins.pin(26)
    outputs.set(lamp=blink)
    lit_s, dark_s, times = BOUTS[blink]
    began_s = time.monotonic()
    while sum(bool(one.state) for one in lamp.states) < times or lamp.state:
        assert time.monotonic() < began_s + 10
        threading.Event().wait(0.01)
    threading.Event().wait(lit_s + dark_s + 0.1)
    assert sum(bool(one.state) for one in lamp.states) == times
    assert (lit_s + dark_s) * times <= 1.0, "the loop looks round once a second"
    outputs.close()
    assert lamp.function == "input"


def test_a_new_bout_ends_the_one_that_runs_and_disturbs_nothing_else(pins: Any) -> None:
    outputs = Outputs(BellSettings(lamp_pin=26, siren_pin=16), Ports(pins))
    outputs.set(siren=True, lamp="slow")
    outputs.set(lamp="heartbeat")
    assert pins.pin(16).state == 1
    began_s = time.monotonic()
    while pins.pin(26).state or time.monotonic() < began_s + 0.05:
        assert time.monotonic() < began_s + 10
        threading.Event().wait(0.01)
    outputs.close()


def test_a_thread_that_cannot_be_had_does_not_take_the_pin_with_it(pins: Any) -> None:
    """As when the service's TasksMax is reached for a moment."""
    outputs = Outputs(BellSettings(lamp_pin=26, siren_pin=16, strobe_pin=13), Ports(pins))
    usual = threading.stack_size(1 << 46)  # more than there is: no thread can be started
    try:
        with pytest.raises(PortGone, match="pin 26"):
            outputs.set(siren=True, strobe=True, lamp="slow")
        assert (pins.pin(16).state, pins.pin(13).state) == (1, 1)
        outputs.set(siren=False)
        with pytest.raises(PortGone, match="pin 16"):
            outputs.chirp()
    finally:
        threading.stack_size(usual)
    outputs.set(siren=True, lamp="slow")
    assert (pins.pin(16).state, pins.pin(26).state) == (1, 1)
    outputs.close()


def test_the_environment_chooses_the_pin_factory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")
    factory = open_pin_factory()
    assert type(factory).__name__ == "MockFactory"
    factory.close()
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "nonsense")
    with pytest.raises(WrongWiring, match="lgpio"):
        open_pin_factory()


def test_a_chip_that_is_out_of_reach_is_gone_and_not_our_bug() -> None:
    with pytest.raises(PortGone, match="pin 4"), pin_errors(4):
        raise PermissionError("/dev/gpiochip0")
