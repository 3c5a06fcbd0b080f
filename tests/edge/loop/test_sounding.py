"""Siren, strobe and lamp on mock pins: each gets what is wanted, whatever becomes of the others."""

from __future__ import annotations

import threading
import time

import gpiozero
from gpiozero.pins.mock import MockFactory

from drivers.bell.outputs import Outputs
from drivers.bell.settings import BellSettings
from drivers.ports import Ports
from edge.effects import Chirp, Sound
from edge.events import TroubleGone, TroubleSeen
from edge.loop.sounding import TRY_AGAIN_S, Sounding
from tests.edge.by_hand import Told

SIREN, LAMP = 16, 26
BELL = BellSettings(siren_pin=SIREN, lamp_pin=LAMP)


def test_a_lamp_that_cannot_be_had_keeps_no_siren_from_sounding() -> None:
    pins, told = MockFactory(), Told()
    elsewhere = [gpiozero.DigitalOutputDevice(pin, pin_factory=pins) for pin in (LAMP, SIREN)]
    outputs = Outputs(BELL, Ports(pins))
    sounding = Sounding(outputs, told, 0.0)
    sounding.show("slow", 0.0)
    sounding.perform((Sound(siren=True, strobe=False, reason="danger"),))
    elsewhere.pop().close()
    sounding.look_round(TRY_AGAIN_S)
    assert pins.pin(SIREN).state == 1
    assert isinstance(told.events[-1], TroubleSeen), "the lamp still stands"
    elsewhere.pop().close()
    sounding.look_round(2 * TRY_AGAIN_S)
    assert isinstance(told.events[-1], TroubleGone)
    outputs.close()
    pins.close()


def test_a_lamp_that_cannot_be_had_mutes_no_chirp() -> None:
    pins, told = MockFactory(), Told()
    elsewhere = gpiozero.DigitalOutputDevice(LAMP, pin_factory=pins)
    outputs = Outputs(BELL, Ports(pins))
    sounding = Sounding(outputs, told, 0.0)
    sounding.show("slow", 0.0)
    sounding.perform((Chirp(reason="service ends in 5 min"),))
    end_s = time.monotonic() + 5
    while not pins.pin(SIREN).state:
        assert time.monotonic() < end_s
        threading.Event().wait(0.01)
    elsewhere.close()
    outputs.close()
    pins.close()
