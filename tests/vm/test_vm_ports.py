"""Serial ports on USB: pulled out and put back, and with a parity, which no pseudo-terminal has."""

from __future__ import annotations

import contextlib
import socket
import threading

import pytest

from drivers.ports.serial_port import open_port
from tests.vm.home import Home, Status, all_well, pause
from tests.vm.machine import Machine
from tests.vm.settings import adapter

pytest_plugins = ["tests.vm.plugin"]
pytestmark = [pytest.mark.vm, pytest.mark.timeout(400)]

PULLED_S = 10.0

ASK_TWICE = f"""
import termios
from {open_port.__module__} import open_port
for _ in range(2):
    port = open_port("{adapter("sensor")}", baud=9600, timeout_s=5.0, parity="E")
    mode = termios.tcgetattr(port.fileno())[2]
    assert mode & termios.PARENB and not mode & termios.PARODD, "not even parity"
    port.write(b"ping")
    print(port.read(4).decode(), flush=True)
    port.close()
"""


def test_a_sensor_pulled_out_and_put_back_is_read_again_after_one_trouble(home: Home) -> None:
    def door(status: Status) -> object:
        return status["sensors"]["door"]["quality"]

    home.pull("sensor")
    pause(PULLED_S)
    home.await_status("the sensor to be missed", lambda s: door(s) != "good")
    home.put_back("sensor")
    home.sensor.set_depth_mm(7.0)

    def back(status: Status) -> bool:
        depth_mm = status["sensors"]["door"]["depth_mm"]
        return door(status) == "good" and depth_mm is not None and abs(depth_mm - 7.0) <= 2

    home.await_status("readings to resume", back, 15.0)
    home.await_status("all troubles to be cleared", lambda s: not s["troubles"])
    about = "'cause': 'sensor:door'"
    assert home.logged(f"trouble_raised: .*{about}") == 1
    assert home.logged(f"trouble_cleared: .*{about}") == 1
    assert home.status()["stage"] == "normal"


def test_adapters_that_come_long_after_the_service_has_started_are_let_in(home: Home) -> None:
    """Their device classes are looked up when the unit starts: modules-load has made them by then.

    Nothing of a USB serial adapter was there in this boot before.
    """
    home.cut()
    home.machine.power_on("--without", "sensor", "--without", "modem")
    home.machine.await_agent()
    home.hang_float()
    home.wait_for("the unit", home.is_active, 240.0)
    assert "ttyUSB" not in home.machine.exec("ls", "/dev")
    for name in ("sensor", "modem"):
        home.machine.plug(name)
    home.connect()
    home.await_status("every part to be well", all_well, 180.0)


def test_a_port_with_even_parity_opens_twice_in_a_row(vm: Machine) -> None:
    vm.resume()
    said = b""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(60.0)
        line.connect(str(vm.folder / "sensor"))

        def answer() -> None:
            nonlocal said
            with contextlib.suppress(OSError):  # the test has ended before
                while len(said) < 8 and (heard := line.recv(64)):
                    said += heard
                    line.sendall(heard.upper())

        peer = threading.Thread(target=answer, daemon=True)
        peer.start()
        as_the_bell = ("runuser", "-u", "floodbell", "-g", "floodbell", "-G", "dialout", "--")
        heard = vm.exec(*as_the_bell, "/opt/floodbell/bin/python", "-c", ASK_TWICE)
        peer.join(10.0)
    assert (said, heard.split()) == (b"pingping", ["PING", "PING"])
