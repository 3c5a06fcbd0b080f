"""The whole daemon with a thread that hangs: it starts, tells, replaces, and 119 is reached."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from pathlib import Path

import pytest

from drivers.emulated.ranger import EmulatedA02yyuw
from tests.bells import MOUNT_MM, PHONES, QUICK, Bell

SECOND = """
[sensors.window]
driver = "a02yyuw"
zone = "entrance"
port = "spy://{port}?file={pipe}"
mount_height_mm = 600
sample_interval_s = 0.2
stale_after_s = 2.0
"""


def hanging(bell: Bell, pipe: Path, ranger: EmulatedA02yyuw) -> Bell:
    """A bell with a second sensor, whose port does not open as long as nobody reads the FIFO."""
    os.mkfifo(pipe)
    bell.more = QUICK + SECOND.format(port=ranger.path, pipe=pipe)
    return bell


def test_a_sensor_whose_port_never_opens_holds_up_neither_the_start_nor_119(tmp_path: Path) -> None:
    with EmulatedA02yyuw(MOUNT_MM, rate_hz=20.0) as ranger, Bell(tmp_path) as bell:
        hanging(bell, tmp_path / "nobody", ranger)
        began_s = time.monotonic()
        bell.start().await_log(r"ready: ", 20.0)
        assert time.monotonic() - began_s < 15.0
        bell.rise(200, 200)
        bell.await_text_to("119")
        assert bell.terminate() <= 5.0


@pytest.mark.long
def test_a_sensor_that_hangs_is_replaced_and_told_and_its_water_reaches_119(tmp_path: Path) -> None:
    """The other sensor is dead, so the danger comes through the thread that was made anew."""
    with EmulatedA02yyuw(MOUNT_MM, rate_hz=20.0) as ranger, Bell(tmp_path) as bell:
        pipe = tmp_path / "nobody"
        hanging(bell, pipe, ranger).start().await_log(r"ready: ", 20.0)
        began_s = time.monotonic()
        bell.await_log(r"sensor-window has not answered for 3\d s, in .*from_url", 45.0)
        bell.await_log(r"sensor-window was replaced", 5.0)
        replaced_s = time.monotonic() - began_s
        bell.await_log(r"trouble_raised.*thread:sensor-window", 20.0)
        told_s = time.monotonic() - began_s
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        over = threading.Event()

        def drain() -> None:
            while not over.wait(0.01):
                try:
                    os.read(reader, 65536)
                except BlockingIOError:
                    continue

        drains = threading.Thread(target=drain)
        drains.start()
        try:
            bell.sensor.close()
            bell.await_state(lambda s: s["sensors"]["window"]["quality"] == "good", 15.0)
            wet_s = time.monotonic()
            ranger.follow(lambda: min(200.0, 200.0 * (time.monotonic() - wet_s)))
            report = bell.await_text_to("119")[0]
            reached_s = report.accepted_s - wet_s
        finally:
            over.set()
            drains.join()
            os.close(reader)
        for phone in PHONES.values():
            bell.await_text_to(phone)
        assert reached_s < 20.0
        assert replaced_s < 35.0
        assert told_s < 50.0


@pytest.mark.long
def test_a_modem_that_never_opens_ends_the_process_with_a_reason(tmp_path: Path) -> None:
    """Nobody can be told without it, and its successor hangs as well: systemd shall try again."""
    with Bell(tmp_path) as bell:
        os.mkfifo(tmp_path / "nobody")
        bell.modem_port = f"spy://{bell.modem.path}?file={tmp_path / 'nobody'}"
        bell.start()
        bell.await_log(r"ready: ", 20.0)
        bell.await_log(r"modem hangs and cannot be replaced", 60.0)
        assert bell.process is not None
        assert bell.process.wait(10.0) == 1
        text = "\n".join(bell.log)
        assert re.search(r"modem was replaced", text)
        assert re.search(r"stopping: modem hangs", text)


@pytest.mark.long
def test_a_process_that_stood_still_for_forty_seconds_replaces_nobody(tmp_path: Path) -> None:
    with Bell(tmp_path, more=QUICK).start() as bell:
        bell.ready()
        assert bell.process is not None
        bell.process.send_signal(signal.SIGSTOP)
        threading.Event().wait(40.0)
        bell.process.send_signal(signal.SIGCONT)
        threading.Event().wait(5.0)
        assert not [line for line in bell.log if "replaced" in line or "has not answered" in line]
        assert not [c for c in bell.ask("status")["troubles"] if str(c).startswith("thread")]
        bell.rise(200, 200)
        bell.await_text_to("119")
