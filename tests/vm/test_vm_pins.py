"""Float, button, siren and strobe on a real GPIO chip: the kernel's interface under lgpio."""

from __future__ import annotations

import pytest

from tests.bells import ADDRESS, PHONES
from tests.vm.home import Home, Status, pause
from tests.vm.settings import (
    BUTTON,
    FLOAT,
    FLOAT_MM,
    HOLD_S,
    SIREN,
    STROBE,
)

pytest_plugins = ["tests.vm.plugin"]
pytestmark = [pytest.mark.vm, pytest.mark.timeout(400)]


def wet(status: Status) -> bool:
    return bool(status["sensors"]["door-float"]["at_least_mm"] == FLOAT_MM)


def dry(status: Status) -> bool:
    return bool(status["sensors"]["door-float"]["below_mm"] == FLOAT_MM)


def test_the_float_is_seen_on_its_line_and_water_lights_the_strobe(home: Home) -> None:
    assert home.machine.gpio_get(STROBE) == 0
    home.machine.open_contact(FLOAT)
    home.await_status("the float to be wet", wet)
    home.machine.gpio_set(FLOAT, 0)
    home.await_status("the float to be dry", dry)

    home.flood(40)
    home.await_status("an alert", lambda s: s["stage"] == "alert" and wet(s))
    home.await_level(STROBE, 1)
    assert home.machine.gpio_get(SIREN) == 0, "the siren is for danger"


def test_a_press_sounds_the_siren_and_calls_119_and_silence_ends_the_sound(home: Home) -> None:
    assert home.machine.gpio_get(SIREN) == 0
    home.machine.gpio_set(BUTTON, 0)
    home.await_level(SIREN, 1)
    home.machine.gpio_set(BUTTON, 1)
    report = home.await_text_to("119")
    assert report.startswith(f"[비상벨]{ADDRESS}")
    assert len(report) <= 45
    for name in ("kim", "mother", "office"):
        assert "비상벨" in home.await_text_to(PHONES[name])
    assert home.texts_to(PHONES["home"]) == [], "who pressed it knows"
    assert home.status()["bell"]

    home.machine.exec("floodbell", "silence")
    home.await_level(SIREN, 0)
    assert home.machine.gpio_get(STROBE) == 1, "whoever comes must find the door"
    assert home.status()["silenced"]


def test_neither_a_bounce_nor_a_short_touch_is_a_press(home: Home) -> None:
    home.machine.gpio_pulses(BUTTON, low_s=0.03, high_s=0.03, count=20)
    home.machine.gpio_pulses(BUTTON, low_s=HOLD_S / 3, high_s=0.2, count=4)
    pause(2 * HOLD_S)
    status = home.status()
    assert not status["bell"]
    assert not status["troubles"]
    assert home.machine.gpio_get(SIREN) == 0
    assert home.modem.texts == []

    home.machine.gpio_pulses(BUTTON, low_s=3 * HOLD_S, high_s=0.1, count=1)
    home.await_level(SIREN, 1)
    assert home.logged("bell_pressed") == 1, "the touches before were none"


def test_a_button_that_stays_closed_is_one_press_and_then_a_trouble(home: Home) -> None:
    """Closed already at the start is tried with mock pins: the simulator opens a line for a moment
    when a program asks for its pull-up, and that is an honest press.
    """
    home.machine.close_contact(BUTTON)
    assert home.await_text_to("119").startswith("[비상벨]")
    home.wait_for("the trouble", lambda: home.logged("trouble_raised: .*held closed") == 1, 120.0)
    assert home.logged("bell_pressed") == 1
    home.machine.open_contact(BUTTON)
    home.wait_for("its end", lambda: home.logged("trouble_cleared: .*held closed") == 1, 120.0)
