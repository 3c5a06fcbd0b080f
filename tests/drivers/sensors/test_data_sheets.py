"""What the data sheets say, frame by frame and figure by figure; each line names its source."""

from __future__ import annotations

import math

import pytest

from drivers.sensors.current_loop import head_at
from drivers.sensors.framing import FrameReader, LineReader
from drivers.sensors.immersed import MM_PER_KPA
from drivers.sensors.modbus_rtu import crc, question
from drivers.sensors.supervised_contact import SupervisedContactSettings

DFROBOT = [
    # DFRobot wiki, SEN0311, SEN0312, SEN0313, SEN0754: "1953mm". A tutorial prints 1697: it is
    # wrong.
    ("FF 07 A1 A7", 1953),
    # DFRobot wiki, SEN0627: "417cm".
    ("FF 01 A1 A1", 417),
    # The same frame by its own rule, at the limits of the A02YYUW (SEN0311: 3 to 450 cm).
    ("FF 00 1E 1D", 30),
    ("FF 11 94 A4", 4500),
    # DFRobot wiki, SEN0754: nothing detected, interference.
    ("FF FF FD FB", 0xFFFD),
    ("FF FF FE FC", 0xFFFE),
]


@pytest.mark.parametrize(("frame", "value"), DFROBOT)
def test_dfrobot(frame: str, value: int) -> None:
    assert [f.value for f in FrameReader().receive_data(bytes.fromhex(frame))] == [value]


def test_dfrobot_a_wrong_checksum_is_no_frame() -> None:
    assert FrameReader().receive_data(bytes.fromhex("FF 07 A1 A8")) == []


MAXBOTIX = [
    # HRUSB-MaxSonar-EZ PD12141, serial output: 480 mm is "R0480", a space, a carriage return.
    (b"R0480 \r", 480),
    # HRXL-MaxSonar-WR PD11500: the same without the space; minimum and full scale.
    (b"R0300\r", 300),
    (b"R5000\r", 5000),
    (b"R9999\r", 9999),
]


@pytest.mark.parametrize(("line", "value"), MAXBOTIX)
def test_maxbotix(line: bytes, value: int) -> None:
    assert [f.value for f in LineReader().receive_data(line)] == [value]


MODBUS = [
    # Modbus application protocol V1.1b3, 6.3: read 3 registers from 107 (006B) of unit 17 (11).
    # The frame with its checksum stands in many texts: 11 03 00 6B 00 03 76 87.
    (17, 3, 0x6B, 3, "11 03 00 6B 00 03 76 87"),
    # QDY30A-class manuals: read the level of unit 1, 01 03 00 04 00 01 C5 CB.
    (1, 3, 4, 1, "01 03 00 04 00 01 C5 CB"),
]


@pytest.mark.parametrize(("unit", "function", "first", "count", "frame"), MODBUS)
def test_modbus(unit: int, function: int, first: int, count: int, frame: str) -> None:
    assert question(unit, function, first, count) == bytes.fromhex(frame)


def test_modbus_the_checksum_of_the_standards_example() -> None:
    """Modbus over serial line V1.02, appendix B: address 02, function 07 gives 41 12."""
    assert crc(bytes.fromhex("02 07")) == bytes.fromhex("41 12")


NAMUR = [
    # NAMUR NE 43 and a one-metre probe: current in mA, head in mm; None is a failure.
    (0.0, None),
    (3.6, None),
    (3.7, None),
    (3.8, -12.5),
    (4.0, 0.0),
    (6.4, 150.0),
    (12.0, 500.0),
    (20.0, 1000.0),
    (20.5, 1031.25),
    (21.0, None),
    (22.0, None),
]


@pytest.mark.parametrize(("current_ma", "head_mm"), NAMUR)
def test_namur_ne_43(current_ma: float, head_mm: float | None) -> None:
    if head_mm is None:
        with pytest.raises(ValueError, match="mA"):
            head_at(current_ma, 1000.0)
        return
    head = head_at(current_ma, 1000.0)
    assert head.at_least_mm == head.below_mm == pytest.approx(head_mm)


def test_namur_between_measuring_and_failing_a_drowned_probe_is_still_wet() -> None:
    """A transmitter saturates at 20.5 mA; a hundredth of error in shunt and reference is 20.7."""
    for current_ma in (20.51, 20.7, 20.99):
        head = head_at(current_ma, 1000.0)
        assert (head.at_least_mm, head.below_mm) == (1000.0, math.inf)


SHUNT_150 = [(4.0, 0.600), (20.0, 3.000), (3.6, 0.540), (21.0, 3.150), (22.0, 3.300)]


@pytest.mark.parametrize(("current_ma", "volts"), SHUNT_150)
def test_the_arithmetic_of_150_ohms(current_ma: float, volts: float) -> None:
    """Domain 4.3, and the docstring of the driver."""
    assert current_ma / 1000 * 150 == pytest.approx(volts)


@pytest.mark.parametrize(("adc_bits", "step_mm"), [(10, 1.34), (12, 0.34)])
def test_a_step_of_the_converter_on_one_metre(adc_bits: int, step_mm: float) -> None:
    """Domain 4.3: MCP3008 1.34 mm, MCP3208 0.34 mm with 150 Ω and 3.3 V."""
    a_step_ma = 3.3 / 2**adc_bits / 150 * 1000
    assert a_step_ma / 16 * 1000 == pytest.approx(step_mm, abs=0.01)


def test_a_hectopascal_of_air_is_ten_millimetres_of_water() -> None:
    """Domain 4.3: 1 hPa = 10.2 mm."""
    assert pytest.approx(10.2, abs=0.01) == MM_PER_KPA / 10


def test_end_of_line_resistors_of_4700_ohms() -> None:
    """Domain 4.2: normal R, alarm R/2, open cut, 0 short; here across a pull-up of R."""
    line = SupervisedContactSettings(driver="supervised_contact", channel=0, height_mm=150)
    assert line.open_ratio == pytest.approx(1 / 2)
    assert line.closed_ratio == pytest.approx(1 / 3)
