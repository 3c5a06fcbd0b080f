"""A port that is taken from a thread that hangs on it: nothing of that thread arrives any more."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import serial

from drivers.emulated.ranger import EmulatedA02yyuw
from drivers.errors import PortGone
from drivers.modem.port import ModemPort
from drivers.ports import Ports
from drivers.ports.rs485 import Line
from drivers.ports.serial_port import open_port, take_away
from drivers.sensors.a02yyuw import A02yyuwSettings


def until(true: Callable[[], bool]) -> None:
    end_s = time.monotonic() + 5.0
    while not true():
        assert time.monotonic() < end_s, "it did not become true in time"
        threading.Event().wait(0.005)


def stands_for_nothing(port: serial.Serial) -> bool:
    return os.readlink(f"/proc/self/fd/{port.fd}") == os.devnull  # noqa: PTH115


def test_a_port_that_was_taken_away_is_free_and_late_bytes_reach_nobody() -> None:
    master, slave = os.openpty()
    path = os.ttyname(slave)
    try:
        held = open_port(path, baud=9600, timeout_s=0.1)
        number = held.fileno()
        take_away(held)
        until(lambda: stands_for_nothing(held))
        os.write(number, b"AT+CMGS=42\r")  # whoever comes back late
        with open_port(path, baud=9600, timeout_s=0.1) as anew:
            assert anew.fileno() != number, "the number stays taken"
            anew.write(b"AT\r")
            assert os.read(master, 100) == b"AT\r"
        with pytest.raises(serial.SerialException):
            held.read(1)
        held.close()
    finally:
        os.close(master)
        os.close(slave)


def test_a_modems_port_that_was_taken_away_opens_no_more() -> None:
    master, slave = os.openpty()
    try:
        port = ModemPort(os.ttyname(slave), 9600)
        port.open()
        port.take_away()
        with pytest.raises(PortGone):
            port.write(b"AT\r")
        port.close()
        with pytest.raises(PortGone, match="taken away"):
            port.open()
    finally:
        os.close(master)
        os.close(slave)


def test_a_sensor_whose_port_was_taken_away_reads_no_more_and_another_does() -> None:
    with EmulatedA02yyuw(600, rate_hz=20.0) as ranger:
        settings = A02yyuwSettings(driver="a02yyuw", port=ranger.path, mount_height_mm=600)
        first, second = settings.open(Ports()), settings.open(Ports())
        assert first.read().ranges_mm
        first.take_away()
        with pytest.raises(PortGone):
            first.read()
        until(lambda: _reads(second.read))
        second.close()


def _reads(read: Callable[[], object]) -> bool:
    try:
        return read() is not None
    except PortGone:
        return False


def test_a_line_that_was_taken_away_is_another_for_who_asks_next(tmp_path: Path) -> None:
    ports = Ports()
    line = ports.rs485(str(tmp_path / "tty"), Line())
    assert ports.rs485(str(tmp_path / "tty"), Line()) is line
    line.take_away()
    assert ports.rs485(str(tmp_path / "tty"), Line()) is not line
    ports.close()


def test_a_chip_that_somebody_opens_for_ever_keeps_nobody_waiting() -> None:
    ports = Ports()
    with ports._lock, pytest.raises(PortGone, match="does not come to an end"):
        ports.pins()
