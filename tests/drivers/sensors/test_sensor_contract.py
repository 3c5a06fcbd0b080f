"""What every sensor driver promises: a call returns or raises within its time-out, whatever comes.

A new driver is a line in ``BENCHES``: its settings on a bench, and how to make it see, or not. One
that talks on a serial line is a line in ``LINES`` as well.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, get_args

import pytest
from gpiozero.pins.mock import MockFactory, MockTriggerPin

from drivers.emulated.converter import EmulatedConverter, PinsWithConverters
from drivers.emulated.electrodes import pair
from drivers.emulated.pty import PseudoTerminal
from drivers.emulated.ranger import JSN_SR04T, MAXBOTIX, EmulatedRanger
from drivers.errors import BadFrame, DriverError, NoResponse
from drivers.measurement import Echoes, Measurement, Sensor
from drivers.ports import Ports
from drivers.sensors import (
    A02yyuwSettings,
    ContactProbeSettings,
    CurrentLoopSettings,
    FloatSwitchSettings,
    Hcsr04Settings,
    JsnSr04tSettings,
    MaxbotixSettings,
    ModbusLevelSettings,
    SensorSettings,
    SimulatedSettings,
    SupervisedContactSettings,
)
from drivers.sensors.framing import frame_of, line_of
from drivers.sensors.modbus_rtu import crc
from drivers.sensors.trace import KEPT
from tests.drivers.sensors.slave import Slave

LONGEST_READ_S = 5.0
"""The contract of ``drivers.measurement.Sensor``."""


@dataclass
class Bench:
    settings: Any
    sensor: Sensor


def on_pins(settings: Any, pins: Any) -> Iterator[Bench]:
    ports = Ports(pins)
    yield Bench(settings, settings.open(ports))
    ports.close()


def on_converter(settings: Any, ratio: float) -> Iterator[Bench]:
    chip = EmulatedConverter()
    chip.ratios[settings.channel] = ratio
    yield from on_pins(settings, PinsWithConverters({0: chip}))


def a02yyuw() -> Iterator[Bench]:
    with EmulatedRanger(600, rate_hz=50) as emulated:
        settings = A02yyuwSettings(driver="a02yyuw", port=emulated.path, mount_height_mm=600)
        yield Bench(settings, settings.open())


def maxbotix() -> Iterator[Bench]:
    with EmulatedRanger(900, rate_hz=50, habit=MAXBOTIX) as emulated:
        settings = MaxbotixSettings(driver="maxbotix", port=emulated.path, mount_height_mm=900)
        yield Bench(settings, settings.open())


def jsn_sr04t() -> Iterator[Bench]:
    with EmulatedRanger(900, rate_hz=50, habit=JSN_SR04T) as emulated:
        settings = JsnSr04tSettings(driver="jsn_sr04t", port=emulated.path, mount_height_mm=900)
        yield Bench(settings, settings.open())


def hcsr04() -> Iterator[Bench]:
    settings = Hcsr04Settings(driver="hcsr04", trigger_pin=23, echo_pin=24, mount_height_mm=600)
    pins = MockFactory()
    pins.pin(23, pin_class=MockTriggerPin, echo_pin=pins.pin(24), echo_time=0.0035)
    yield from on_pins(settings, pins)


def modbus_level() -> Iterator[Bench]:
    with Slave({1: {2: 17, 3: 0, 4: 137}}) as slave:
        settings = ModbusLevelSettings(
            driver="modbus_level", port=slave.port, preset="qdy30a", span_mm=1000
        )
        ports = Ports()
        yield Bench(settings, settings.open(ports))
        ports.close()


def current_loop() -> Iterator[Bench]:
    settings = CurrentLoopSettings(driver="current_loop", channel=3, span_mm=1000)
    yield from on_converter(settings, 1.2 / 3.3)  # 8 mA through 150 Ω


def float_switch() -> Iterator[Bench]:
    settings = FloatSwitchSettings(driver="float_switch", pin=17, height_mm=20)
    yield from on_pins(settings, MockFactory())


def contact_probe() -> Iterator[Bench]:
    settings = ContactProbeSettings(driver="contact_probe", pin=22, return_pin=27, height_mm=20)
    pins = MockFactory()
    pair(pins, 22, 27)
    yield from on_pins(settings, pins)


def supervised_contact() -> Iterator[Bench]:
    settings = SupervisedContactSettings(driver="supervised_contact", channel=0, height_mm=150)
    yield from on_converter(settings, 0.5)


def simulated() -> Iterator[Bench]:
    settings = SimulatedSettings(driver="simulated", script=((0.0, 12.0),))
    yield Bench(settings, settings.open())


BENCHES = {
    "a02yyuw": a02yyuw,
    "maxbotix": maxbotix,
    "jsn_sr04t": jsn_sr04t,
    "hcsr04": hcsr04,
    "modbus_level": modbus_level,
    "current_loop": current_loop,
    "float_switch": float_switch,
    "contact_probe": contact_probe,
    "supervised_contact": supervised_contact,
    "simulated": simulated,
}


@pytest.fixture(params=BENCHES)
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    with contextlib.contextmanager(BENCHES[request.param])() as ready:
        yield ready
        ready.sensor.close()


def test_every_driver_of_the_union_is_on_the_bench() -> None:
    union = get_args(get_args(SensorSettings)[0])
    assert {get_args(model.model_fields["driver"].annotation)[0] for model in union} == set(BENCHES)


def test_a_read_gives_a_sample_within_its_time_out(bench: Bench) -> None:
    before_s = time.monotonic()
    sample = bench.sensor.read()
    assert time.monotonic() - before_s < LONGEST_READ_S
    if isinstance(sample, Echoes):
        assert bench.sensor.talks
        assert sample.ranges_mm or sample.too_near
    else:
        assert isinstance(sample, Measurement)
        assert sample.at_least_mm <= sample.below_mm


def test_what_was_heard_can_be_looked_at_and_does_not_pile_up(bench: Bench) -> None:
    assert bench.sensor.trace.entries() == ()
    bench.sensor.read()
    for heard in bench.sensor.trace.entries():
        assert heard.raw
        assert heard.meaning
    assert 1 <= len(bench.sensor.trace.entries()) <= KEPT


def test_closing_twice_is_harmless_and_a_closed_sensor_raises_or_reads(bench: Bench) -> None:
    bench.sensor.read()
    bench.sensor.close()
    bench.sensor.close()
    before_s = time.monotonic()
    with contextlib.suppress(DriverError):
        bench.sensor.read()
    assert time.monotonic() - before_s < LONGEST_READ_S


def test_settings_answer_what_a_check_asks(bench: Bench) -> None:
    settings = bench.settings
    assert settings.blind_mm >= 0
    assert settings.base_mm >= 0
    assert settings.least_mm >= 0
    assert 0 <= settings.filter_delay_s < 5
    assert isinstance(settings.can_decide(150.0), bool)
    assert isinstance(settings.cut_reads_dry, bool)
    assert isinstance(settings.two_wire, bool)
    assert list(settings.contradictions()) == []
    keys = type(settings).model_fields
    claims = list(settings.claims())
    assert all(claim.key in keys for claim in claims)
    assert claims or settings.driver == "simulated"
    if settings.frame_interval_s is not None:
        assert bench.sensor.talks


# What only a sensor on a line can be sent.


@dataclass(frozen=True)
class OnLine:
    open: Callable[[str], Sensor]
    frame: Callable[[int], bytes]


def _a02(port: str) -> Sensor:
    return A02yyuwSettings(driver="a02yyuw", port=port, mount_height_mm=600).open()


def _maxbotix(port: str) -> Sensor:
    return MaxbotixSettings(driver="maxbotix", port=port, mount_height_mm=900).open()


def _jsn(port: str) -> Sensor:
    return JsnSr04tSettings(driver="jsn_sr04t", port=port, mount_height_mm=900).open()


LINES = {
    "a02yyuw": OnLine(_a02, frame_of),
    "maxbotix": OnLine(_maxbotix, line_of),
    "jsn_sr04t": OnLine(_jsn, frame_of),
}


@pytest.fixture(params=LINES)
def kind(request: pytest.FixtureRequest) -> OnLine:
    return LINES[request.param]


@pytest.fixture
def line() -> Iterator[PseudoTerminal]:
    with PseudoTerminal() as ready:
        yield ready


@contextlib.contextmanager
def spoken(line: PseudoTerminal, chunk: Callable[[], bytes], pause_s: float) -> Iterator[None]:
    """Write chunks to a line for as long as the block runs."""
    over = threading.Event()

    def talk() -> None:
        while not over.wait(pause_s):
            with contextlib.suppress(BlockingIOError):
                os.write(line.fd, chunk())

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=5)


@pytest.mark.parametrize("rubbish", [b"\xff\x00\x01", b"R12", b"\r", b"R99999\r", b"\xff\xff\xff"])
def test_endless_garbage_is_a_bad_frame_in_time(
    kind: OnLine, line: PseudoTerminal, rubbish: bytes
) -> None:
    sensor = kind.open(line.path)
    before_s = time.monotonic()
    with spoken(line, lambda: rubbish * 300, 0.002), pytest.raises(BadFrame):
        sensor.read()
    assert time.monotonic() - before_s < LONGEST_READ_S
    sensor.close()


def test_endless_good_input_is_returned_in_bounded_pieces(
    kind: OnLine, line: PseudoTerminal
) -> None:
    sensor = kind.open(line.path)
    frame = kind.frame(600)
    with spoken(line, lambda: frame * 500, 0.0005):
        for _ in range(20):
            sample = sensor.read()
            assert isinstance(sample, Echoes)
            assert set(sample.ranges_mm) == {600}
            assert len(sample.ranges_mm) <= 1025
    sensor.close()


def test_frames_that_come_a_byte_at_a_time_are_read(kind: OnLine, line: PseudoTerminal) -> None:
    sensor = kind.open(line.path)
    stream = iter(kind.frame(600) * 200)
    with spoken(line, lambda: bytes([next(stream)]), 0.005):
        try:
            sample = sensor.read()
        except BadFrame:  # a machine that stopped for longer than a frame may last cut one in two
            sample = sensor.read()
        # One that stopped for longer than a frame lasts may also find two of them.
        assert isinstance(sample, Echoes)
        assert set(sample.ranges_mm) == {600}
    sensor.close()


def test_half_a_frame_and_silence_is_no_sample(kind: OnLine, line: PseudoTerminal) -> None:
    sensor = kind.open(line.path)
    with pytest.raises(NoResponse):
        sensor.read()  # opens
    os.write(line.fd, kind.frame(600)[:2])
    with pytest.raises(BadFrame):
        sensor.read()
    os.write(line.fd, kind.frame(600)[2:])
    assert sensor.read() == Echoes((600,))
    sensor.close()


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda _answer: [b"\xff\x00\x01" * 300], id="garbage"),
        pytest.param(lambda answer: [answer[:-1] + bytes([answer[-1] ^ 1])], id="bad checksum"),
        pytest.param(lambda answer: [b"\x02" + answer[1:-2] + crc(b"\x02" + answer[1:-2])], id="2"),
        pytest.param(lambda answer: [answer[:4]], id="half an answer"),
    ],
)
def test_no_answer_of_a_slave_is_taken_for_another_thing(
    spoil: Callable[[bytes], list[bytes]],
) -> None:
    """Answers of other units too: a slave of pymodbus can be made to answer for any."""
    ports = Ports()
    with Slave({1: {2: 17, 3: 0, 4: 137}}) as slave:
        settings = ModbusLevelSettings(
            driver="modbus_level", port=slave.port, preset="qdy30a", span_mm=1000
        )
        sensor = settings.open(ports)
        slave.wire.spoil = spoil
        before_s = time.monotonic()
        with pytest.raises(BadFrame):
            sensor.read()
        assert time.monotonic() - before_s < LONGEST_READ_S
    ports.close()
