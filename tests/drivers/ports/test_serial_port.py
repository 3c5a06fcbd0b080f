"""An error at a port says what to do about it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
import serial

from drivers.emulated.pty import PseudoTerminal
from drivers.errors import PortGone, WrongWiring
from drivers.ports import serial_port
from drivers.ports.serial_port import open_port


def test_every_port_has_both_time_outs_and_is_ours_alone() -> None:
    with PseudoTerminal() as line, open_port(line.path, baud=9600, timeout_s=0.1) as port:
        assert port.timeout == pytest.approx(0.1)
        assert port.write_timeout == pytest.approx(1.0)
        with pytest.raises(PortGone, match="in use"):
            open_port(line.path, baud=9600, timeout_s=0.1)


def test_a_permission_that_is_missing_names_the_group(tmp_path: Path) -> None:
    """Root may open everything, so the error itself is handed in."""
    device = tmp_path / "ttyAMA0"
    device.touch()
    denied = serial.SerialException(errno.EACCES, "denied")
    reason = serial_port._reason(str(device), denied)
    assert "permission denied" in reason
    assert "group" in reason
    assert os.getgid() != 0 or "group root" in reason


def test_a_baud_rate_that_does_not_exist_is_wrong_wiring() -> None:
    with PseudoTerminal() as line, pytest.raises(WrongWiring):
        open_port(line.path, baud=-1, timeout_s=0.1)


@pytest.mark.parametrize("url", ["nonsense://x", "hwgrep://(", "alt://x?class=nope", "spy://"])
def test_a_url_that_pyserial_does_not_understand_is_wrong_wiring_or_gone(url: str) -> None:
    with pytest.raises((WrongWiring, PortGone)):
        open_port(url, baud=9600, timeout_s=0.1)
