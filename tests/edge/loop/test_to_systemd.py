"""What systemd is told by the loop: when it is ready, how it is, how a reload went."""

from __future__ import annotations

import os
import pty
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.conditioning import Mounting
from edge.events import BellPressed
from edge.loop.inbox import Reload
from tests.bells import Bell
from tests.edge.by_hand import HandMade


class Ear:
    """Systemd's end of the notify socket."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.environment = {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "30000000"}

    def said(self) -> list[str]:
        """What has been said since the last look."""
        lines: list[str] = []
        self.socket.setblocking(False)
        while True:
            try:
                lines.append(self.socket.recv(4096).decode())
            except BlockingIOError:
                return lines

    def until(self, pattern: str, timeout_s: float = 20.0) -> list[str]:
        """Listen until something is said; return all up to it."""
        self.socket.settimeout(timeout_s)
        heard: list[str] = []
        while not (heard and re.search(pattern, heard[-1])):
            try:
                heard.append(self.socket.recv(4096).decode())
            except TimeoutError:
                raise AssertionError(f"nobody said {pattern}; heard: {heard}") from None
        return heard


@contextmanager
def listening(folder: Path) -> Iterator[Ear]:
    ear = Ear(folder / "notify")
    with ear.socket:
        yield ear


def with_word(lines: list[str], word: str) -> list[str]:
    return [line for line in lines if word in line]


def test_until_it_is_ready_it_says_whom_it_waits_for_and_asks_for_time(tmp_path: Path) -> None:
    with listening(tmp_path) as ear, HandMade(tmp_path, environment=ear.environment) as home:
        home.later(4)
        said = ear.said()
        assert not with_word(said, "READY")
        assert with_word(said, "STATUS=waiting for the first word of door")
        assert with_word(said, "EXTEND_TIMEOUT_USEC=30000000")
        assert with_word(said, "WATCHDOG=1")
        home.later(3)
        assert len(with_word(ear.said(), "READY=1")) == 1, "stale by then: a declared fault"


def test_it_is_ready_after_two_minutes_though_a_sensor_may_be_silent_for_longer(
    tmp_path: Path,
) -> None:
    """Else the upgrade that tries it would take a good version back."""
    slow = Mounting(stale_after_s=600.0)
    with (
        listening(tmp_path) as ear,
        HandMade(tmp_path, mounting=slow, environment=ear.environment) as home,
    ):
        home.later(118)
        assert not with_word(ear.said(), "READY")
        home.later(4)
        (ready,) = with_word(ear.said(), "READY=1")
        assert "STATUS=waiting for the first word of door" in ready
        home.later(2, door=0.0)
        assert with_word(ear.said(), "STATUS=") == ["STATUS=normal; armed"]


def test_a_pin_that_cannot_be_had_is_a_declared_fault_once_it_is_a_trouble(tmp_path: Path) -> None:
    more = """
[sensors.window]
driver = "float_switch"
pin = 17
height_mm = 20
zone = "entrance"
contact = "normally_closed"
stale_after_s = 600.0
[trouble]
on_delay_s = 0.5
"""
    with listening(tmp_path) as ear:
        no_pins = {"GPIOZERO_PIN_FACTORY": "there-is-none"}
        environment = {**os.environ, **ear.environment, **no_pins}
        with Bell(tmp_path / "bell", more=more, environment=environment) as bell:
            bell.start()
            assert "sensor:window" in ear.until("READY=1")[-1]


def test_a_start_whose_threads_hang_gets_no_more_time(tmp_path: Path) -> None:
    with listening(tmp_path) as ear, HandMade(tmp_path, environment=ear.environment) as home:
        home.beats.beat_of("modem")
        home.later(31, door=0.0)
        ear.said()
        home.later(7)
        assert not with_word(ear.said(), "EXTEND")
        assert not with_word(ear.said(), "WATCHDOG")


def test_a_rising_depth_is_shown_every_ten_seconds_and_a_new_level_at_once(tmp_path: Path) -> None:
    with listening(tmp_path) as ear, HandMade(tmp_path, environment=ear.environment) as home:
        home.later(2, door=0.0)
        ear.said()
        for second in range(60):
            home.later(1, door=10.0 * second)
        shown = with_word(ear.said(), "STATUS=")
        levels = [line.split("=")[1].split(";")[0] for line in shown]
        assert levels == sorted(levels, key=["normal", "alert", "danger"].index)
        assert {"alert", "danger"} <= set(levels)
        assert len(shown) <= 60 / 10 + 4, shown
        depth_cm = int(re.findall(r"(\d+) cm at door", shown[-1])[0])
        assert 59 - depth_cm <= 11


def test_nothing_is_said_of_what_has_not_changed(tmp_path: Path) -> None:
    with listening(tmp_path) as ear, HandMade(tmp_path, environment=ear.environment) as home:
        home.later(2, door=0.0)
        ear.said()
        home.later(300, door=0.0)
        assert with_word(ear.said(), "STATUS") == []


def test_a_reload_that_waits_for_the_end_of_an_incident_is_over_for_systemd(tmp_path: Path) -> None:
    with listening(tmp_path) as ear, HandMade(tmp_path, environment=ear.environment) as home:
        home.later(2, door=0.0)
        home.put(BellPressed())
        home.later(2, door=0.0)
        ear.said()
        home.put(Reload())
        home.later(2, door=0.0)
        (ready,) = with_word(ear.said(), "READY=1")
        assert "STATUS=new settings wait until no incident is open; " in ready
        assert home.app.reload_waits


def test_a_silent_sensor_is_waited_for_as_long_as_it_may_be_silent(tmp_path: Path) -> None:
    """Real process, real port; more than the five seconds that were the most once."""
    master, slave = pty.openpty()
    more = f"""
[sensors.window]
driver = "a02yyuw"
port = "{os.ttyname(slave)}"
mount_height_mm = 600
stale_after_s = 6.5
"""
    with listening(tmp_path) as ear:
        environment = {**os.environ, **ear.environment}
        with Bell(tmp_path / "bell", more=more, environment=environment) as bell:
            bell.start()
            before = ear.until("READY=1")
            assert with_word(before, "waiting for the first word of window")
            assert with_word(before, "EXTEND_TIMEOUT_USEC")
            window = bell.ask("status")["sensors"]["window"]
            assert window["quality"] in ("stale", "faulted")
    os.close(master)
    os.close(slave)


def test_a_reload_begins_and_ends_for_systemd_whether_it_is_refused_or_not(tmp_path: Path) -> None:
    with listening(tmp_path) as ear:
        environment = {**os.environ, **ear.environment}
        with Bell(tmp_path / "bell", environment=environment) as bell:
            bell.start()
            assert re.search(r"STATUS=normal; armed$", ear.until("READY=1")[-1])
            assert bell.process is not None
            good = bell.config.read_text()

            bell.config.write_text(good.replace("[site]", "[sight]"))
            bell.process.send_signal(signal.SIGHUP)
            said = ear.until("READY=1")
            assert with_word(said, "RELOADING=1\nMONOTONIC_USEC=")
            assert "THE NEW SETTINGS ARE WRONG, the old ones are kept" in said[-1]

            bell.config.write_text(good)
            bell.process.send_signal(signal.SIGHUP)
            ear.until("RELOADING=1")
            said = ear.until("READY=1")
            assert not with_word(said, "STOPPING"), "it is the same process"
            assert said[-1].endswith("STATUS=normal; armed")

            bell.process.send_signal(signal.SIGTERM)
            assert "STATUS=stopping: SIGTERM" in ear.until("STOPPING=1")[-1]


def test_settings_that_cannot_be_used_are_in_the_status_that_stays(tmp_path: Path) -> None:
    with listening(tmp_path) as ear:
        environment = {**os.environ, **ear.environment}
        with Bell(tmp_path / "bell", more="[sight]\n", environment=environment) as bell:
            bell.start()
            (word,) = ear.until("STATUS=")
            assert word.startswith("STATUS=THE SETTINGS ARE WRONG (floodbell check-config): ")
            assert "sight" in word
            assert bell.process is not None
            assert bell.process.wait(10) == 2
