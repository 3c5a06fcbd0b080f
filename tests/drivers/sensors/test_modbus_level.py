"""Probes on an RS-485 line, served by a Modbus library that is not ours, over pseudo-terminals."""

from __future__ import annotations

import math
import os
import struct
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from drivers.errors import DriverError, NoResponse, OutOfRange, PortGone, WrongWiring
from drivers.measurement import Measurement, Sensor
from drivers.ports import Ports
from drivers.sensors.modbus_level import ATTEMPTS, ModbusLevelSettings
from drivers.sensors.modbus_maps import decoded
from tests.drivers.sensors.slave import Slave, as_it_is


def settings(port: str = "x", **more: Any) -> ModbusLevelSettings:
    fields = {"preset": "qdy30a", "span_mm": 1000, **more}
    return ModbusLevelSettings.model_validate({"driver": "modbus_level", "port": port, **fields})


@pytest.fixture
def ports() -> Iterator[Ports]:
    ready = Ports()
    yield ready
    ready.close()


def depth_of(sensor: Sensor) -> float:
    sample = sensor.read()
    assert isinstance(sample, Measurement)
    assert sample.at_least_mm == sample.below_mm
    return sample.at_least_mm


QDY30A = {
    # Unit code and decimals as the probe tells them: registers 2, 3 and 4.
    "mmH2O": ({2: 17, 3: 0, 4: 150}, 150.0),
    "mH2O, three decimals": ({2: 16, 3: 3, 4: 150}, 150.0),
    "kPa, two decimals": ({2: 10, 3: 2, 4: 147}, 149.9),
    "mbar, one decimal": ({2: 13, 3: 1, 4: 147}, 149.9),
    "a little below zero": ({2: 17, 3: 0, 4: 0xFFFE}, -2.0),
}


@pytest.mark.parametrize(("registers", "depth_mm"), QDY30A.values(), ids=QDY30A)
def test_a_qdy30a_tells_its_own_unit_and_decimals(
    ports: Ports, registers: dict[int, int], depth_mm: float
) -> None:
    with Slave({1: registers}) as slave:
        sensor = settings(slave.port).open(ports)
        assert depth_of(sensor) == pytest.approx(depth_mm, abs=0.05)


def test_several_probes_share_a_line_under_their_addresses(ports: Ports) -> None:
    units = {unit: {2: 17, 3: 0, 4: 100 * unit} for unit in (1, 2, 3)}
    with Slave(units) as slave:
        sensors = {unit: settings(slave.port, unit_id=unit).open(ports) for unit in units}
        told: dict[int, list[float]] = {unit: [] for unit in units}

        def ask(unit: int) -> None:
            told[unit] += [depth_of(sensors[unit]) for _ in range(20)]

        threads = [threading.Thread(target=ask, args=(unit,)) for unit in units]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=20)
        assert told == {unit: [100.0 * unit] * 20 for unit in units}


def test_one_silent_probe_does_not_silence_the_others(ports: Ports) -> None:
    with Slave({1: {2: 17, 3: 0, 4: 100}}) as slave:
        there, gone = settings(slave.port).open(ports), settings(slave.port, unit_id=9).open(ports)
        slave.wire.spoil = lambda answer: [answer] if answer[0] == 1 else []
        with pytest.raises(NoResponse):
            gone.read()
        assert depth_of(there) == 100.0


def test_a_map_of_its_own_is_read_as_it_is_told(ports: Ports) -> None:
    high, low = struct.unpack(">HH", struct.pack(">f", 0.125))
    with Slave({7: {100: low, 101: high}}) as slave:
        sensor = settings(
            slave.port,
            preset=None,
            unit_id=7,
            function=3,
            level_register=100,
            data="float32",
            word_order="little",
            unit="m",
            scale=2.0,
        ).open(ports)
        assert depth_of(sensor) == pytest.approx(250.0)


def test_registers_far_apart_are_asked_one_by_one(ports: Ports) -> None:
    with Slave({1: {4: 1234, 200: 17, 300: 1}}) as slave:
        sensor = settings(
            slave.port, preset=None, level_register=4, unit_register=200, decimals_register=300
        ).open(ports)
        assert depth_of(sensor) == pytest.approx(123.4)


def test_salt_water_is_heavier_so_there_is_less_of_it(ports: Ports) -> None:
    with Slave({1: {2: 17, 3: 0, 4: 150}}) as slave:
        assert depth_of(settings(slave.port, density=1.2).open(ports)) == pytest.approx(125.0)


@pytest.mark.parametrize("level", [0x7FFF, 0x8000, 1501, 0x10000 - 21])
def test_what_no_probe_measures_is_a_fault_and_never_a_depth(ports: Ports, level: int) -> None:
    with (
        Slave({1: {2: 17, 3: 0, 4: level}}) as slave,
        pytest.raises(OutOfRange, match="measures 0 to 1000"),
    ):
        settings(slave.port).open(ports).read()


@pytest.mark.parametrize(
    ("span_mm", "density", "told_mm", "below_mm"),
    [
        (1000, 1.0, -20, -20),
        (200, 1.0, -10, -10),
        (1000, 1.0, 1100, 1100),
        (1000, 1.0, 1101, math.inf),
        (1000, 1.0, 1500, math.inf),
        (1200, 1.2, 1320, 1100),
        (1200, 1.2, 1322, math.inf),
    ],
)
def test_above_full_scale_is_still_water_and_a_little_below_zero_is_noise(
    ports: Ports, span_mm: float, density: float, told_mm: int, below_mm: float
) -> None:
    with Slave({1: {2: 17, 3: 0, 4: told_mm % 0x10000}}) as slave:
        sensor = settings(slave.port, span_mm=span_mm, density=density).open(ports)
        bound = math.isinf(below_mm)
        sample = sensor.read()
        assert sample.at_least_mm == pytest.approx(1000.0 if bound else below_mm)
        assert sample.below_mm == pytest.approx(below_mm)
        assert "head" in sensor.trace.entries()[-1].meaning


def test_ten_millimetres_or_two_percent_below_zero_is_a_fault(ports: Ports) -> None:
    with (
        Slave({1: {2: 17, 3: 0, 4: 0x10000 - 11}}) as slave,
        pytest.raises(OutOfRange, match="tells -11 mm"),
    ):
        settings(slave.port, span_mm=200).open(ports).read()


def test_the_largest_number_is_a_faults_even_where_it_could_be_water(ports: Ports) -> None:
    with (
        Slave({1: {2: 16, 3: 4, 4: 0x7FFF}}) as slave,
        pytest.raises(OutOfRange, match="largest number"),
    ):
        settings(slave.port, span_mm=3000).open(ports).read()


@pytest.mark.parametrize(
    ("registers", "words"), [({2: 99, 3: 0, 4: 1}, "unit 99"), ({2: 17, 3: 9, 4: 1}, "9 decimals")]
)
def test_another_clones_registers_are_not_taken_for_a_depth(
    ports: Ports, registers: dict[int, int], words: str
) -> None:
    with Slave({1: registers}) as slave, pytest.raises(OutOfRange, match=words):
        settings(slave.port).open(ports).read()


def test_a_register_that_is_not_there_is_wrong_wiring_and_says_so(ports: Ports) -> None:
    with Slave({1: {50: 1}}) as slave, pytest.raises(WrongWiring, match="another preset"):
        settings(slave.port).open(ports).read()


def test_an_adapter_that_echoes_is_fine(ports: Ports) -> None:
    with Slave({1: {2: 17, 3: 0, 4: 150}}) as slave:
        slave.wire.echo = True
        assert depth_of(settings(slave.port).open(ports)) == 150.0


def test_an_answer_a_byte_at_a_time_behind_noise_is_read(ports: Ports) -> None:
    with Slave({1: {2: 17, 3: 0, 4: 150}}) as slave:
        slave.wire.spoil = lambda answer: [b"\x00\xff\x01", *(bytes([byte]) for byte in answer)]
        assert depth_of(settings(slave.port).open(ports)) == 150.0


def test_three_lost_or_spoilt_answers_in_a_row_are_no_fault(ports: Ports) -> None:
    """A fault is believed at once by all who hear of it, and one frame in 100 is bad."""
    with Slave({1: {2: 17, 3: 0, 4: 150}}) as slave:
        spoilt = [[], [b"\xff\x00\xff"], [b"\x01\x03\x06\x00\x11\x00\x00\x00\x89\x00\x00"]]
        slave.wire.spoil = lambda answer: spoilt.pop() if spoilt else [answer]
        assert depth_of(settings(slave.port).open(ports)) == 150.0
        assert not spoilt


def test_a_silent_probe_takes_little_of_the_others_time(ports: Ports) -> None:
    """Once it was silent it is asked once, and left alone for a while."""
    with Slave({1: {2: 17, 3: 0, 4: 100}}) as slave:
        gone = settings(slave.port, unit_id=9).open(ports)
        slave.wire.spoil = lambda answer: [answer] if answer[0] == 1 else []
        for _ in range(2):
            with pytest.raises(NoResponse):
                gone.read()
        before_s = time.monotonic()
        with pytest.raises(NoResponse, match="no answer"):
            gone.read()
        assert time.monotonic() - before_s < 0.1
        assert gone.trace.entries()[-1].meaning.count("no answer") == 1


def test_a_late_answer_is_not_taken_for_the_next_one(ports: Ports) -> None:
    with Slave({1: {2: 17, 3: 0, 4: 150}, 2: {2: 17, 3: 0, 4: 999}}) as slave:
        first = settings(slave.port).open(ports)
        second = settings(slave.port, unit_id=2).open(ports)
        kept: list[bytes] = []

        def keep(answer: bytes) -> list[bytes]:
            kept.append(answer)
            return []

        slave.wire.spoil = keep
        with pytest.raises(NoResponse):
            first.read()
        stale = kept[-1]
        slave.wire.spoil = lambda answer: [stale, answer]
        assert depth_of(second) == 999.0
        slave.wire.spoil = as_it_is


FAR_APART = {"preset": None, "level_register": 4, "decimals_register": 300, "unit": "mm"}


class Delayed:
    """Gives each answer so much later, whatever is asked meanwhile."""

    def __init__(self, slave: Slave, by_s: float) -> None:
        self._fd = slave.wire.near.fd
        self._by_s = by_s
        self.timers: list[threading.Timer] = []

    def __call__(self, answer: bytes) -> list[bytes]:
        self.timers.append(threading.Timer(self._by_s, os.write, (self._fd, answer)))
        self.timers[-1].start()
        return []

    def join(self) -> None:
        for timer in self.timers:
            timer.join(timeout=5)


def test_a_late_answer_to_one_question_is_never_that_to_another(ports: Ports) -> None:
    """The level is 1: taken for the number of decimals it would make a tenth of the water."""
    with Slave({1: {4: 1, 300: 0}}) as slave:
        sensor = settings(slave.port, answer_s=0.3, **FAR_APART).open(ports)
        delayed = slave.wire.spoil = Delayed(slave, 0.45)
        for _ in range(2):  # asked, and at rest
            with pytest.raises(NoResponse, match="no answer"):
                sensor.read()
        assert len(sensor.trace.entries()) == 1
        rested(sensor)
        delayed.join()
        assert len(delayed.timers) == 1, "the level once, the decimals never"
        slave.wire.spoil = as_it_is
        assert depth_of(sensor) == 1.0


def rested(sensor: Any) -> None:
    """Wait until the sensor may be asked again."""
    end_s = time.monotonic() + 5
    while time.monotonic() < sensor._ask_s:
        assert time.monotonic() < end_s
        threading.Event().wait(0.01)


def test_a_bad_frame_among_several_questions_is_silence_and_a_rest(ports: Ports) -> None:
    """One frame in 100 is bad, and what is told as one is believed at once."""
    with Slave({1: {4: 1, 300: 0}}) as slave:
        sensor = settings(slave.port, answer_s=0.3, **FAR_APART).open(ports)
        slave.wire.spoil = lambda answer: [answer[:-1] + bytes([answer[-1] ^ 1])]
        for _ in range(2):  # asked, and at rest
            with pytest.raises(NoResponse, match="noise"):
                sensor.read()
        assert len(sensor.trace.entries()) == ATTEMPTS
        bad = iter([1])
        slave.wire.spoil = lambda answer: [answer[:-1] + bytes([answer[-1] ^ next(bad, 0)])]
        rested(sensor)
        assert depth_of(sensor) == 1.0, "all were asked again"


def test_a_late_answer_to_the_same_question_is_a_true_one(ports: Ports) -> None:
    with Slave({1: {2: 17, 3: 0, 4: 150}}) as slave:
        delayed = slave.wire.spoil = Delayed(slave, 0.15)
        assert depth_of(settings(slave.port, answer_s=0.1).open(ports)) == 150.0
        delayed.join()


def test_a_slow_probe_is_given_the_time_that_it_takes(ports: Ports) -> None:
    with Slave({1: {2: 17, 3: 0, 4: 150}}) as slave:

        def slow(answer: bytes) -> list[bytes]:
            threading.Event().wait(0.5)
            return [answer]

        slave.wire.spoil = slow
        sensor = settings(slave.port, answer_s=1.5).open(ports)
        assert depth_of(sensor) == 150.0
        assert len(sensor.trace.entries()) == 2, "one question, and what was made of it"


def test_a_slow_probe_that_is_silent_keeps_to_the_time_of_a_reading(ports: Ports) -> None:
    with Slave({1: {2: 17, 3: 0, 4: 150}}) as slave:
        slave.wire.spoil = lambda _answer: []
        before_s = time.monotonic()
        with pytest.raises(NoResponse):
            settings(slave.port, answer_s=2.0).open(ports).read()
        assert time.monotonic() - before_s < 4.5


def test_more_questions_than_there_is_time_for_are_refused() -> None:
    three = {**FAR_APART, "unit": None, "unit_register": 200}
    assert "at most 1.3" in contradicted(answer_s=1.4, **three)["answer_s"]
    assert contradicted(answer_s=1.3, **three) == {}
    assert contradicted(answer_s=2.0) == {}


def test_a_line_that_vanishes_is_gone_at_once_and_back_when_it_is_back(
    ports: Ports, tmp_path: Any
) -> None:
    port = tmp_path / "ttyUSB0"
    sensor = settings(str(port)).open(ports)
    with pytest.raises(PortGone, match="not there"):
        sensor.read()
    for depth_mm in (150, 250):
        with Slave({1: {2: 17, 3: 0, 4: depth_mm}}) as slave:
            slave.wire.near.link(port)
            assert depth_of(sensor) == depth_mm
        before_s = time.monotonic()
        with pytest.raises(DriverError):
            sensor.read()
        assert time.monotonic() - before_s < 5


def contradicted(**more: Any) -> dict[str, str]:
    return {key: allowed for key, _, allowed in settings(**more).contradictions()}


def test_a_map_that_says_too_little_is_refused() -> None:
    assert "preset" in contradicted(preset=None)["level_register"]
    assert "mmH2O" in contradicted(preset="level_at_0")["unit"]
    assert contradicted(preset="level_at_0", unit="mm") == {}


def test_keys_go_before_the_preset() -> None:
    told = settings(preset="level_at_1003", unit="cm", decimals=1, baud=19200, function=4)
    assert (told.map.register, told.map.function, told.map.baud) == (1003, 4, 19200)
    assert settings(preset="level_at_1003", unit="cm").map.baud == 4800
    assert settings(unit="kPa").map.unit_register is None
    assert settings(decimals=2).map.decimals_register is None


def test_it_decides_from_its_face_to_its_full_scale() -> None:
    lying, hanging = settings(), settings(probe_height_mm=100)
    assert lying.can_decide(1.0)
    assert lying.can_decide(1000.0)
    assert not lying.can_decide(1001.0)
    assert not hanging.can_decide(105.0)
    assert hanging.can_decide(150.0)


@pytest.mark.parametrize(
    ("words", "data", "order", "number"),
    [
        ((0xFFFF,), "int16", "big", -1.0),
        ((0xFFFF,), "uint16", "big", 65535.0),
        ((0x0001, 0x0000), "int32", "big", 65536.0),
        ((0x0000, 0x0001), "int32", "little", 65536.0),
        ((0xFFFF, 0xFFFF), "uint32", "big", 4294967295.0),
        ((0x3F80, 0x0000), "float32", "big", 1.0),
    ],
)
def test_words_make_numbers(words: Any, data: Any, order: Any, number: float) -> None:
    assert decoded(words, data, order) == number


def test_a_float_that_is_no_number_is_a_fault() -> None:
    with pytest.raises(OutOfRange):
        decoded((0x7FC0, 0x0000), "float32", "big")
