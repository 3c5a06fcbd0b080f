"""What never answers: a bell that hangs, a pipe in the place of a file, settings without an end."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from drivers.host.control.address import short_name
from edge.cli import app
from edge.diagnose.examination import within
from edge.diagnose.verdict import Grade
from edge.locale import use
from tests.edge.diagnose.paper_pi import PaperPi


@pytest.fixture
def pi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PaperPi:
    return PaperPi(tmp_path, monkeypatch)


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    yield
    use("en")


@contextmanager
def hung_bell(path: Path) -> Iterator[None]:
    """A process that listens and has stopped taking callers: its queue is full."""
    with ExitStack() as open_now:
        bell = open_now.enter_context(socket.socket(socket.AF_UNIX))
        with short_name(path) as address:
            bell.bind(address)
            bell.listen(0)
            caller = open_now.enter_context(socket.socket(socket.AF_UNIX))
            caller.setblocking(False)
            caller.connect(address)
        yield


def test_a_bell_that_hangs_is_bad_and_its_ports_are_left_alone(pi: PaperPi) -> None:
    """To open them beside it would take half of its frames, and start what runs already."""
    with hung_bell(pi.machine.path("/run/floodbell/floodbell.sock")):
        found = pi.examined()
    assert found["daemon"].grade is Grade.BAD
    assert "does not answer" in found["daemon"].found
    assert "systemctl restart floodbell" in found["daemon"].remedy
    assert found["sensor:door"].grade is Grade.SKIP
    assert found["modem"].grade is Grade.SKIP


def test_a_socket_that_a_dead_bell_left_behind_is_no_bell(pi: PaperPi) -> None:
    path = pi.machine.path("/run/floodbell/floodbell.sock")
    with short_name(path) as address, socket.socket(socket.AF_UNIX) as dead:
        dead.bind(address)
    assert "not running" in pi.examined()["daemon"].found


@pytest.mark.parametrize("command", ["modem info", "outbox", "sensor read door"])
def test_no_command_takes_the_ports_of_a_bell_that_hangs(
    pi: PaperPi, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with hung_bell(pi.machine.path("/run/floodbell/floodbell.sock")):
        code = app.main([*command.split(), "--lang", "en", "--config", str(pi.config)])
    assert code in (1, 3)
    told = capsys.readouterr().err
    assert "does not answer" in told or "no answer in 5 s" in told
    assert "systemctl start" not in told


def test_a_store_that_is_a_pipe_keeps_the_doctor_no_longer_than_it_has(pi: PaperPi) -> None:
    os.mkfifo(pi.machine.path("/var/lib/floodbell/floodbell.db"))
    began_s = time.monotonic()
    found = pi.examined()
    assert time.monotonic() - began_s < 15
    assert found["database"].grade is Grade.BAD
    assert "no file" in found["database"].found


@pytest.mark.parametrize("command", ["doctor", "check-config", "status", "history", "silence"])
@pytest.mark.parametrize("broken", ["a pipe", "endless nesting"])
def test_settings_that_cannot_be_read_end_no_command_in_a_traceback_or_never(
    tmp_path: Path, command: str, broken: str, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "floodbell.toml"
    if broken == "a pipe":
        os.mkfifo(config)
    else:
        config.write_text("x = " + "[" * 50_000)
    assert app.main([command, "--lang", "en", "--config", str(config)]) in (1, 2)
    said = capsys.readouterr()
    assert broken in said.out + said.err


def test_a_fault_that_nobody_foresaw_comes_back_to_who_waits() -> None:
    with pytest.raises(ZeroDivisionError):
        within(1.0, lambda: 1 / 0)
