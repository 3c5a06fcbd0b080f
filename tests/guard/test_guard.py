"""The guard bites, here and in the processes that tests start."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.guard.outside_world import OutsideWorldError

ELSEWHERE = "192.0.2.1"  # RFC 5737: a documentation address, routed nowhere


@pytest.mark.usefixtures("forgiven")
def test_a_connection_to_another_machine_is_stopped() -> None:
    with socket.socket() as sock, pytest.raises(OutsideWorldError):
        sock.connect((ELSEWHERE, 1883))


@pytest.mark.usefixtures("forgiven")
def test_a_datagram_to_another_machine_is_stopped() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as sock, pytest.raises(OutsideWorldError):
        sock.sendto(b"", (ELSEWHERE, 53))


@pytest.mark.usefixtures("forgiven")
def test_listening_to_the_network_is_stopped() -> None:
    with socket.socket() as sock, pytest.raises(OutsideWorldError):
        sock.bind(("0.0.0.0", 40119))  # noqa: S104  the very thing that is refused


@pytest.mark.usefixtures("forgiven")
def test_looking_up_a_name_is_stopped() -> None:
    with pytest.raises(OutsideWorldError):
        socket.getaddrinfo("example.org", 443)


@pytest.mark.usefixtures("forgiven")
@pytest.mark.parametrize(
    "device",
    ["/dev/ttyAMA0", "/dev/ttyUSB2", "/dev/serial/by-id/modem", "/dev/gpiochip0", "/dev/watchdog"],
)
def test_opening_a_real_device_is_stopped(device: str) -> None:
    with pytest.raises(OutsideWorldError):
        os.open(device, os.O_RDWR)


def test_loopback_pipes_and_pseudo_terminals_are_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=1).close()
    master, slave = os.openpty()
    os.close(os.open(os.ttyname(slave), os.O_RDWR | os.O_NOCTTY))
    os.close(master)
    os.close(slave)


def test_a_child_process_is_stopped_and_told_on(forgiven: Path) -> None:
    """Even if the child swallows the exception, its test would fail."""
    child = textwrap.dedent(f"""
        import socket
        try:
            socket.create_connection(("{ELSEWHERE}", 80), timeout=1)
        except Exception as error:
            print(type(error).__name__)
    """)
    ran = subprocess.run(
        [sys.executable, "-c", child], capture_output=True, text=True, timeout=20, check=True
    )
    assert ran.stdout == "OutsideWorldError\n", ran
    assert f"socket.connect to {ELSEWHERE}:80" in forgiven.read_text()


def test_a_test_that_survives_being_stopped_fails_all_the_same(tmp_path: Path) -> None:
    """A whole pytest with the same conftest, run on a test that swallows what the guard raises."""
    tests = Path(__file__).parent.parent
    (tmp_path / "conftest.py").write_text((tests / "conftest.py").read_text())
    (tmp_path / "guard").symlink_to(tests / "guard")
    (tmp_path / "test_sly.py").write_text(
        "import contextlib, socket\n"
        "def test_sly():\n"
        "    with contextlib.suppress(Exception):\n"
        f"        socket.create_connection(('{ELSEWHERE}', 80), timeout=1)\n"
    )
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
        "test_sly.py",
    ]
    environment = {**os.environ, "PYTHONPATH": str(tests.parent)}
    del environment["FLOODBELL_GUARD_LOG"]
    ran = subprocess.run(
        command,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "this test reached for the outside world" in ran.stdout
