"""Sensors on a converter's channel, through gpiozero's own MCP classes on an emulated chip."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import gpiozero
import pytest
from gpiozero.pins.mock import MockFactory

from drivers.emulated.converter import EmulatedConverter, PinsWithConverters
from drivers.errors import OutOfRange, PortGone
from drivers.measurement import Measurement
from drivers.ports import Ports
from drivers.sensors.current_loop import CurrentLoop, CurrentLoopSettings
from drivers.sensors.supervised_contact import (
    SupervisedContact,
    SupervisedContactSettings,
    is_closed,
)
from edge.settings import SettingsError, parse

SHUNT_OHM, REFERENCE_V = 150.0, 3.3


def loop(**more: Any) -> CurrentLoopSettings:
    fields = {"channel": 3, "span_mm": 1000, **more}
    return CurrentLoopSettings.model_validate({"driver": "current_loop", **fields})


def contact(**more: Any) -> SupervisedContactSettings:
    fields = {"channel": 0, "height_mm": 150, **more}
    return SupervisedContactSettings.model_validate({"driver": "supervised_contact", **fields})


@pytest.fixture
def chip() -> EmulatedConverter:
    return EmulatedConverter()


@pytest.fixture
def ports(chip: EmulatedConverter) -> Iterator[Ports]:
    ready = Ports(PinsWithConverters({0: chip}))
    yield ready
    ready.close()
    assert gpiozero.Device.pin_factory is None, "the global factory is never made"


@pytest.fixture
def probe(ports: Ports) -> Iterator[CurrentLoop]:
    opened = loop().open(ports)
    yield opened
    opened.close()


@pytest.fixture
def switch(ports: Ports) -> Iterator[SupervisedContact]:
    opened = contact().open(ports)
    yield opened
    opened.close()


def flows(chip: EmulatedConverter, current_ma: float, channel: int = 3) -> None:
    chip.ratios[channel] = current_ma / 1000 * SHUNT_OHM / REFERENCE_V


@pytest.mark.parametrize(
    ("current_ma", "head_mm"), [(4.0, 0.0), (6.4, 150.0), (12.0, 500.0), (20.0, 1000.0)]
)
def test_a_current_is_a_head_of_water_to_the_step_of_the_converter(
    chip: EmulatedConverter, probe: CurrentLoop, current_ma: float, head_mm: float
) -> None:
    flows(chip, current_ma)
    sample = probe.read()
    assert sample.at_least_mm == sample.below_mm == pytest.approx(head_mm, abs=0.4)


def test_an_mcp3008_is_read_in_its_ten_bits(ports: Ports, chip: EmulatedConverter) -> None:
    del chip
    coarse = EmulatedConverter("MCP3008")
    ports = Ports(PinsWithConverters({0: coarse}))
    opened = loop(adc="MCP3008").open(ports)
    flows(coarse, 12.0)
    assert opened.read().at_least_mm == pytest.approx(500.0, abs=1.4)
    ports.close()


@pytest.mark.parametrize(
    ("current_ma", "words"),
    [(0.0, "cut"), (3.5, "failure"), (3.7, "neither"), (21.2, "shorted"), (40.0, "shorted")],
)
def test_a_current_that_no_water_makes_is_a_fault_in_words(
    chip: EmulatedConverter, probe: CurrentLoop, current_ma: float, words: str
) -> None:
    flows(chip, current_ma)
    with pytest.raises(OutOfRange, match=words):
        probe.read()


def test_more_than_full_scale_is_at_least_full_scale(
    chip: EmulatedConverter, probe: CurrentLoop
) -> None:
    flows(chip, 20.8)
    assert probe.read() == Measurement(1000.0, math.inf)


def test_spikes_in_a_conversion_change_nothing(chip: EmulatedConverter, probe: CurrentLoop) -> None:
    flows(chip, 6.4)
    chip.spikes = [0, 4095]
    assert probe.read().at_least_mm == pytest.approx(150.0, abs=0.4)


def test_one_look_at_a_failed_loop_is_no_fault_yet(
    chip: EmulatedConverter, probe: CurrentLoop
) -> None:
    """A fault is believed at once by all who hear of it."""
    flows(chip, 6.4)
    chip.spikes = [0] * 18
    assert probe.read().at_least_mm == pytest.approx(150.0, abs=0.4)
    chip.spikes = [0] * 27
    with pytest.raises(OutOfRange):
        probe.read()


def test_salt_water_is_heavier_so_there_is_less_of_it(
    ports: Ports, chip: EmulatedConverter
) -> None:
    flows(chip, 12.0)
    opened = loop(density=1.2).open(ports)
    assert opened.read().at_least_mm == pytest.approx(500 / 1.2, abs=0.4)
    opened.close()


def test_two_sensors_share_a_chip(ports: Ports, chip: EmulatedConverter) -> None:
    flows(chip, 12.0)
    chip.ratios[0] = 0.5
    opened, closed = loop().open(ports), contact().open(ports)
    assert opened.read().at_least_mm == pytest.approx(500.0, abs=0.4)
    assert closed.read() == Measurement(-math.inf, 150.0)
    opened.close()
    assert closed.read() == Measurement(-math.inf, 150.0)
    closed.close()


@pytest.mark.parametrize("device", [0, 1])
def test_both_selects_and_the_bus_belong_to_spi_whichever_is_used(device: int) -> None:
    taken = {claim.what: claim.shared_as for claim in loop(spi_device=device).claims()}
    pins = {what: shared for what, shared in taken.items() if what.startswith("pin ")}
    assert pins == dict.fromkeys((f"pin {number}" for number in range(7, 12)), "SPI 0")


SITE = b"""
[site]
id = "jongno-0042"
district = "jongno"
address = "B01"

[sensors.a]
driver = "current_loop"
channel = 0
span_mm = 1000

[sensors.b]
driver = "supervised_contact"
channel = 1
height_mm = 150
"""


@pytest.mark.parametrize("other", [b'adc = "MCP3008"', b"reference_v = 3.0"])
def test_all_on_one_converter_take_it_for_the_same(other: bytes) -> None:
    assert len(parse(SITE).sensors) == 2
    assert len(parse(SITE + other + b"\nspi_device = 1").sensors) == 2, "another chip"
    with pytest.raises(SettingsError) as raised:
        parse(SITE + other)
    told = {problem.key: problem for problem in raised.value.problems}
    assert list(told) == ["sensors.b.spi_device"]
    assert told["sensors.b.spi_device"].found == "converter at SPI 0.0"
    assert "MCP3208 with 3.3 V at VREF" in told["sensors.b.spi_device"].allowed


def test_a_bus_that_is_off_is_gone_and_says_how_to_switch_it_on() -> None:
    pins = MockFactory()
    pins._get_spi_class = PinsWithConverters({})._get_spi_class
    ports = Ports(pins)
    opened = loop().open(ports)
    for _ in range(2):
        with pytest.raises(PortGone, match="dtparam=spi=on"):
            opened.read()
    assert gpiozero.Device.pin_factory is None, "no bus of gpiozero's own in its place"
    ports.close()


def test_a_shunt_that_hides_a_failure_is_refused() -> None:
    told = {key: allowed for key, _, allowed in loop(shunt_ohm=165.0).contradictions()}
    assert "150" in told["shunt_ohm"]
    assert not list(loop(shunt_ohm=150.0).contradictions())
    assert not list(loop(shunt_ohm=220.0, reference_v=5.0).contradictions())


# A contact with its end-of-line resistor.

BANDS = {
    "shorted": (0.02, "short"),
    "closed": (1 / 3, True),
    "open": (0.5, False),
    "cut": (0.999, "cut"),
    "between short and closed": (0.17, "neither"),
    "between closed and open": (0.417, "neither"),
    "between open and cut": (0.75, "neither"),
    "a wet cable of 100 kΩ beside an open contact": (0.489, False),
    "resistors of 5 % beside a closed contact": (0.345, True),
}


@pytest.mark.parametrize(("ratio", "verdict"), BANDS.values(), ids=BANDS)
def test_a_line_is_dry_wet_cut_or_shorted_and_nothing_else(
    ratio: float, verdict: bool | str
) -> None:
    if isinstance(verdict, str):
        with pytest.raises(OutOfRange, match=verdict):
            is_closed(ratio, 1 / 3, 1 / 2)
    else:
        assert is_closed(ratio, 1 / 3, 1 / 2) is verdict


@pytest.mark.parametrize(
    ("kind", "ratio", "wet"),
    [
        ("normally_open", 1 / 3, True),
        ("normally_open", 1 / 2, False),
        ("normally_closed", 1 / 3, False),
        ("normally_closed", 1 / 2, True),
    ],
)
def test_which_of_both_is_wet_is_told_by_the_contact(
    ports: Ports, chip: EmulatedConverter, kind: str, ratio: float, wet: bool
) -> None:
    chip.ratios[0] = ratio
    opened = contact(contact=kind).open(ports)
    wanted = Measurement(150.0, math.inf) if wet else Measurement(-math.inf, 150.0)
    assert opened.read() == wanted
    opened.close()


def test_a_contact_that_bounces_is_looked_at_again(
    chip: EmulatedConverter, switch: SupervisedContact
) -> None:
    chip.ratios[0] = 1 / 3
    chip.spikes = [1700] * 9  # between closed and open
    assert switch.read() == Measurement(150.0, math.inf)


def test_a_cut_wire_is_a_fault_and_neither_dry_nor_wet(
    chip: EmulatedConverter, switch: SupervisedContact
) -> None:
    chip.ratios[0] = 1.0
    with pytest.raises(OutOfRange, match="cut"):
        switch.read()
    assert "cut" in switch.trace.entries()[-1].meaning


def test_a_supervised_contact_is_a_full_sensor_at_its_own_height() -> None:
    settings = contact()
    assert settings.can_decide(150.0)
    assert not settings.can_decide(20.0)
    assert not settings.two_wire
    assert not settings.cut_reads_dry


def test_resistors_whose_bands_run_together_are_refused() -> None:
    told = {key: allowed for key, _, allowed in contact(pull_up_ohm=100.0).contradictions()}
    assert "4700 three times" in told["end_ohm"]
