"""What every sensor driver promises: a call returns or raises within its time-out, whatever comes.

A new driver is a line in ``BENCHES``: its settings on a bench, and how to make it see, or not.
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
from gpiozero.pins.mock import MockFactory

from drivers.emulated.a02yyuw import EmulatedA02yyuw
from drivers.emulated.pty import PseudoTerminal
from drivers.errors import BadFrame, DriverError, NoResponse
from drivers.measurement import Echoes, Measurement, Sensor
from drivers.sensors import (
    A02yyuwSettings,
    FloatSwitchSettings,
    SensorSettings,
    SimulatedSettings,
)
from drivers.sensors.framing import frame_from_mm

LONGEST_READ_S = 5.0
"""The contract of ``drivers.measurement.Sensor``."""


@dataclass
class Bench:
    settings: Any
    sensor: Sensor
    line: PseudoTerminal | None = None  # where it talks, if it does


def a02yyuw() -> Iterator[Bench]:
    with EmulatedA02yyuw(600, rate_hz=50) as emulated:
        settings = A02yyuwSettings(driver="a02yyuw", port=emulated.path, mount_height_mm=600)
        yield Bench(settings, settings.open())


def float_switch() -> Iterator[Bench]:
    factory = MockFactory()
    settings = FloatSwitchSettings(driver="float_switch", pin=17, height_mm=20)
    yield Bench(settings, settings.open(factory))
    factory.close()


def simulated() -> Iterator[Bench]:
    settings = SimulatedSettings(driver="simulated", script=((0.0, 12.0),))
    yield Bench(settings, settings.open())


BENCHES = {"a02yyuw": a02yyuw, "float_switch": float_switch, "simulated": simulated}


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
    assert settings.kind in ("ultrasonic", "contact", "simulated")
    assert settings.blind_zone_mm >= 0
    assert settings.filter_delay_s >= 0
    assert isinstance(settings.can_decide(150.0), bool)
    assert list(settings.contradictions()) == []


# What only a sensor on a line can be sent.


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


def talker(line: PseudoTerminal) -> Sensor:
    return A02yyuwSettings(driver="a02yyuw", port=line.path, mount_height_mm=600).open()


def test_endless_garbage_is_a_bad_frame_in_time(line: PseudoTerminal) -> None:
    sensor = talker(line)
    before_s = time.monotonic()
    with spoken(line, lambda: b"\xff\x00\x01" * 300, 0.0005), pytest.raises(BadFrame):
        sensor.read()
    assert time.monotonic() - before_s < LONGEST_READ_S
    sensor.close()


def test_endless_good_input_is_returned_in_bounded_pieces(line: PseudoTerminal) -> None:
    sensor = talker(line)
    frame = frame_from_mm(600)
    with spoken(line, lambda: frame * 500, 0.0005):
        for _ in range(20):
            sample = sensor.read()
            assert isinstance(sample, Echoes)
            assert set(sample.ranges_mm) == {600}
            assert len(sample.ranges_mm) <= 1025
    sensor.close()


def test_frames_that_come_a_byte_at_a_time_are_read(line: PseudoTerminal) -> None:
    sensor = talker(line)
    stream = iter(frame_from_mm(600) * 50)
    with spoken(line, lambda: bytes([next(stream)]), 0.005):
        assert sensor.read() == Echoes((600,))
    sensor.close()


def test_half_a_frame_and_silence_is_no_sample(line: PseudoTerminal) -> None:
    sensor = talker(line)
    with pytest.raises(NoResponse):
        sensor.read()  # opens
    os.write(line.fd, frame_from_mm(600)[:2])
    with pytest.raises(BadFrame):
        sensor.read()
    os.write(line.fd, frame_from_mm(600)[2:])
    assert sensor.read() == Echoes((600,))
    sensor.close()
