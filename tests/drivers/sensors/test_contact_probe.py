"""Two electrodes on gpiozero's mock pins, with water, air and damaged wires between them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from statistics import median
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory

from drivers.emulated.electrodes import Electrode, flood, pair
from drivers.errors import OutOfRange, WrongWiring
from drivers.measurement import Measurement
from drivers.ports import Ports
from drivers.sensors.contact_probe import PULSE_S, ContactProbe, ContactProbeSettings

DRY = Measurement(-math.inf, 20.0)
WET = Measurement(20.0, math.inf)

SETTINGS = ContactProbeSettings(driver="contact_probe", pin=22, return_pin=27, height_mm=20)


@pytest.fixture
def pins() -> Iterator[Any]:
    factory = MockFactory()
    yield factory
    factory.close()


@pytest.fixture
def electrodes(pins: Any) -> tuple[Electrode, Electrode]:
    return pair(pins, 22, 27)


@pytest.fixture
def probe(pins: Any, electrodes: tuple[Electrode, Electrode]) -> Iterator[ContactProbe]:
    del electrodes
    opened = SETTINGS.open(Ports(pins))
    yield opened
    opened.close()


def test_water_conducts_both_ways_and_air_does_not(
    electrodes: tuple[Electrode, Electrode], probe: ContactProbe
) -> None:
    assert probe.read() == DRY
    flood(*electrodes)
    assert probe.read() == WET
    flood(*electrodes, there=False, back=False)
    assert probe.read() == DRY


def test_it_is_driven_by_short_pulses_of_both_polarities_and_rests_between(
    electrodes: tuple[Electrode, Electrode], probe: ContactProbe
) -> None:
    """What is left over eats the electrodes: as long one way as the other, and nothing at rest."""
    flood(*electrodes)
    probe.read()
    for electrode in electrodes:
        electrode.clear_states()
    for _ in range(5):
        probe.read()
    pulses = []
    for electrode in electrodes:
        states = electrode.states[1:]
        assert [state.state for state in states] == [True, False] * (len(states) // 2)
        pulses.append([state.timestamp for state in states if not state.state])
        assert electrode.function == "input"
        assert electrode.pull == "down"
    there, back = pulses
    assert len(there) == len(back) == 10, "its own pulse and the other's"
    assert all(length_s >= PULSE_S for length_s in [*there, *back])
    # The median: a machine that stands still for a moment lengthens the one pulse that it falls on.
    assert median([*there, *back]) < 0.005 + PULSE_S


@pytest.mark.parametrize(("there", "back"), [(True, False), (False, True)])
def test_what_conducts_one_way_only_is_a_fault_and_no_water(
    electrodes: tuple[Electrode, Electrode], probe: ContactProbe, there: bool, back: bool
) -> None:
    flood(*electrodes, there=there, back=back)
    with pytest.raises(OutOfRange, match="one way"):
        probe.read()
    flood(*electrodes)
    assert probe.read() == WET


def test_a_wire_that_touches_the_supply_is_a_fault_and_no_water(
    electrodes: tuple[Electrode, Electrode], probe: ContactProbe
) -> None:
    electrodes[1].live = True
    with pytest.raises(OutOfRange, match="touches a supply"):
        probe.read()


def test_a_pin_that_is_taken_is_wrong_wiring_and_free_after_a_close(
    pins: Any, probe: ContactProbe
) -> None:
    second = SETTINGS.open(Ports(pins))
    probe.read()
    with pytest.raises(WrongWiring, match="pins 22 and 27"):
        second.read()
    probe.close()
    assert second.read() == DRY
    second.close()


def test_a_pin_with_a_pull_up_of_its_own_is_wrong_wiring(pins: Any) -> None:
    """GPIO 2 and 3 have resistors on the board."""
    settings = ContactProbeSettings(driver="contact_probe", pin=2, return_pin=27, height_mm=20)
    with pytest.raises(WrongWiring, match="fixed pull"):
        settings.open(Ports(pins)).read()


def test_a_cut_wire_reads_as_dry_so_it_decides_nothing() -> None:
    assert SETTINGS.cut_reads_dry
    assert SETTINGS.two_wire
    assert not SETTINGS.can_decide(20.0)
