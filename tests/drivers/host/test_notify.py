"""What systemd hears, on a real datagram socket."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.host.notify import Notifier


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "notify"))
        ear.settimeout(2.0)
        yield ear


def test_systemd_hears_every_word(systemd: socket.socket) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": systemd.getsockname()})
    assert notifier.ready("3 sensors\nwell")
    assert systemd.recv(200) == b"READY=1\nSTATUS=3 sensors well"
    assert notifier.status("물 12 mm")
    assert systemd.recv(200).decode() == "STATUS=물 12 mm"
    assert notifier.watchdog()
    assert systemd.recv(200) == b"WATCHDOG=1"
    assert notifier.reloading()
    assert systemd.recv(200).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
    assert notifier.stopping()
    assert systemd.recv(200) == b"STOPPING=1"
    notifier.close()
    notifier.close()
    assert not notifier.watchdog()


def test_an_abstract_socket_is_reached() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(f"\0floodbell-test-{os.getpid()}")
        ear.settimeout(2.0)
        notifier = Notifier({"NOTIFY_SOCKET": f"@floodbell-test-{os.getpid()}"})
        assert notifier.ready()
        assert ear.recv(200) == b"READY=1"
        notifier.close()


def test_without_systemd_or_without_a_listener_nothing_happens(tmp_path: Path) -> None:
    for environment in ({}, {"NOTIFY_SOCKET": str(tmp_path / "none")}, {"NOTIFY_SOCKET": "x"}):
        notifier = Notifier(environment)
        assert not notifier.ready()
        notifier.close()


def test_a_systemd_that_does_not_listen_holds_nobody_up(systemd: socket.socket) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": systemd.getsockname()})
    assert not all(notifier.watchdog() for _ in range(10_000))
    notifier.close()


@pytest.mark.parametrize(
    ("environment", "interval_s"),
    [
        ({"WATCHDOG_USEC": "10000000"}, 10.0),
        ({"WATCHDOG_USEC": "10000000", "WATCHDOG_PID": str(os.getpid())}, 10.0),
        ({"WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_is_ours_only_if_systemd_says_so(
    environment: dict[str, str], interval_s: float | None
) -> None:
    assert Notifier(environment).watchdog_interval_s == interval_s
