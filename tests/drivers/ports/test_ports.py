"""What all drivers share of the machine: one line under all its names, nothing after the end."""

from __future__ import annotations

from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory

from drivers.errors import PortGone
from drivers.ports import Ports
from drivers.ports.rs485 import Line


def test_two_names_of_one_device_are_one_line(tmp_path: Path) -> None:
    device, link = tmp_path / "ttyUSB0", tmp_path / "usb-1a86-if00-port0"
    device.touch()
    link.symlink_to(device)
    ports = Ports()
    assert ports.rs485(str(link), Line()) is ports.rs485(str(device), Line())
    assert ports.rs485(str(tmp_path / "ttyUSB1"), Line()) is not ports.rs485(str(link), Line())
    assert ports.rs485("loop://", Line()) is ports.rs485("loop://", Line())


def test_what_was_given_back_stays_given_back() -> None:
    """A thread that is left behind must not claim the pins under the next start."""
    ports = Ports(MockFactory())
    ports.pins()
    ports.close()
    ports.close()
    with pytest.raises(PortGone, match="stopping"):
        ports.pins()
