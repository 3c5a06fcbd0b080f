"""The sign that the bell is down: what it makes of systemd's words and of broken settings."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.bells import ADDRESS

PROGRAM = Path(__file__).parent.parent / "systemd" / "floodbell_failure.py"


@pytest.fixture(scope="module")
def sign() -> ModuleType:
    spec = importlib.util.spec_from_file_location("floodbell_failure", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # that folder is installed
    try:
        spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
    return module


NEVER = {
    "ConditionResult": "no",
    "ConditionTimestampMonotonic": "0",
    "ActiveEnterTimestampMonotonic": "0",
    "InactiveEnterTimestampMonotonic": "0",
}
"""What systemd 252 says of a unit that is enabled and was not started in this boot."""

NOT_MET = {**NEVER, "ConditionTimestampMonotonic": "5123456"}
STOPPED = {
    "ConditionResult": "yes",
    "ConditionTimestampMonotonic": "5123456",
    "ActiveEnterTimestampMonotonic": "7123456",
    "InactiveEnterTimestampMonotonic": "9123456",
}

FAILED = {"ActiveState": "failed", "Result": "exit-code", "ExecMainStatus": "2"}


@pytest.mark.parametrize(
    ("unit", "verdict"),
    [
        ({"ActiveState": "active"}, "up"),
        ({"ActiveState": "reloading"}, "up"),
        ({"ActiveState": "deactivating"}, "settling"),
        (
            {
                "ActiveState": "activating",
                "SubState": "start",
                "NRestarts": "0",
                "Result": "success",
            },
            "settling",
        ),
        ({"ActiveState": "activating", "SubState": "auto-restart", "NRestarts": "1"}, "down"),
        ({"ActiveState": "activating", "SubState": "start", "NRestarts": "7"}, "down"),
        ({**FAILED, "UnitFileState": "enabled"}, "refused"),
        ({**FAILED, "UnitFileState": "disabled"}, "by hand"),
        ({**FAILED, "UnitFileState": "enabled", "Result": "timeout"}, "by hand"),
        ({"ActiveState": "inactive", "UnitFileState": "enabled"}, "by hand"),
        (
            {"ActiveState": "inactive", "UnitFileState": "enabled", "ConditionResult": "no"},
            "-",
        ),
        (
            {"ActiveState": "inactive", "UnitFileState": "disabled", "ConditionResult": "no"},
            "by hand",
        ),
        ({"ActiveState": "inactive", "UnitFileState": "enabled", **NEVER}, "dropped"),
        ({"ActiveState": "inactive", "UnitFileState": "enabled", **NEVER, "Job": ""}, "dropped"),
        ({"ActiveState": "inactive", "UnitFileState": "enabled", **NEVER, "Job": "7"}, "settling"),
        ({"ActiveState": "inactive", "UnitFileState": "disabled", **NEVER}, "by hand"),
        ({"ActiveState": "inactive", "UnitFileState": "enabled", **STOPPED}, "by hand"),
        ({"ActiveState": "inactive", "UnitFileState": "enabled", **NOT_MET}, "-"),
        ({"ActiveState": "inactive", "LoadState": "bad-setting"}, "down"),
        ({"ActiveState": "inactive", "LoadState": "masked"}, "by hand"),
    ],
)
def test_what_systemd_says_is_judged(sign: ModuleType, unit: dict[str, str], verdict: str) -> None:
    assert sign.judge(unit) == verdict


GOOD = f"""
[site]
address = "{ADDRESS}"
[sensors.float]
pin = 17
[bell]
button_pin = 5
lamp_pin = 26  # the lamp
siren_pin = 16
strobe_pin = 13
[modem]
power_pin = 6
"""


def test_lamp_and_siren_are_read_from_good_settings_and_from_broken_ones(sign: ModuleType) -> None:
    wanted = {"lamp_pin": 26, "siren_pin": 16}
    assert sign.pins_in(GOOD) == wanted
    assert sign.pins_in(GOOD.replace("[site]", "[site")) == wanted
    assert sign.pins_in(GOOD + "\nstate = 'unfinished\n") == wanted
    assert sign.pins_in("") == {}
    assert sign.pins_in(GOOD.replace("lamp_pin", "# lamp_pin")) == {"siren_pin": 16}


@pytest.mark.parametrize("broken", ["", "[half\n"])
def test_a_number_that_may_mean_something_else_is_never_driven(
    sign: ModuleType, broken: str
) -> None:
    """A button or a float pulls its line to ground: driven high, the pin would burn."""
    assert sign.pins_in(broken + GOOD.replace("lamp_pin = 26", "lamp_pin = 5")) == {"siren_pin": 16}
    assert sign.pins_in(broken + GOOD.replace("siren_pin = 16", "siren_pin = 17")) == {
        "lamp_pin": 26
    }
    assert sign.pins_in(broken + GOOD.replace("lamp_pin = 26", "lamp_pin = 99")) == {
        "siren_pin": 16
    }
    assert sign.pins_in(broken + GOOD.replace("lamp_pin = 26", 'lamp_pin = "26"')) == {
        "siren_pin": 16
    }


@pytest.mark.parametrize("strange", ["lamp_pin = " + "9" * 5000, "x = " + "[" * 9999])
def test_settings_that_even_python_stumbles_over_do_not_end_it(
    sign: ModuleType, strange: str
) -> None:
    assert sign.pins_in(f"siren_pin = 16\n{strange}\n") == {"siren_pin": 16}


@pytest.mark.parametrize("notes", ["null", "[1]", '{"since_s": null}', '{"seen_s": 1' + "0" * 400])
def test_notes_of_its_own_that_cannot_be_read_are_none(
    sign: ModuleType, notes: str, tmp_path: Path
) -> None:
    setattr(sign, "RUN", tmp_path)  # noqa: B010 - mypy knows no module's names
    (tmp_path / "down").write_text(notes)
    (tmp_path / "told").write_bytes(b"\xff")
    sign.Watch()


def test_the_requests_are_as_long_as_the_kernel_wants_them(sign: ModuleType) -> None:
    """The number of an ioctl holds the length: linux/ioctl.h, gpio.h (uAPI v2)."""
    line = sign.Line
    lengths = [(number >> 16) & 0x3FFF for number in (line._INFO, line._GET, line._SET)]
    assert lengths == [68, 592, 16]
    assert len(line.asked(26, flags=8)) == 592


@pytest.fixture
def machine(tmp_path: Path) -> dict[str, str]:
    """A board with an LED, and a systemctl that tells what stands in a file."""
    led = tmp_path / "leds" / "ACT"
    led.mkdir(parents=True)
    (led / "trigger").write_text("none [mmc0] heartbeat\n")
    (led / "brightness").write_text("0")
    (tmp_path / "run").mkdir()
    program = tmp_path / "systemctl"
    program.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/asked\nexec cat {tmp_path}/unit\n')
    program.chmod(0o755)
    return {
        **os.environ,
        "FLOODBELL_LEDS": str(tmp_path / "leds"),
        "FLOODBELL_CONFIG": str(tmp_path / "floodbell.toml"),
        "FLOODBELL_SYSTEMCTL": str(program),
        "RUNTIME_DIRECTORY": str(tmp_path / "run"),
    }


def test_a_bell_that_was_stopped_by_hand_is_left_in_the_dark(
    tmp_path: Path, machine: dict[str, str]
) -> None:
    (tmp_path / "unit").write_text("ActiveState=inactive\nUnitFileState=enabled\n")
    command = [sys.executable, "-ISB", str(PROGRAM)]
    ran = subprocess.run(
        command, env=machine, capture_output=True, text=True, timeout=20, check=False
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert (tmp_path / "leds" / "ACT" / "trigger").read_text() == "none [mmc0] heartbeat\n"


def test_it_takes_the_led_says_why_once_and_gives_it_back(
    tmp_path: Path, machine: dict[str, str]
) -> None:
    (tmp_path / "unit").write_text("ActiveState=activating\nNRestarts=3\nResult=exit-code\n")
    command = [sys.executable, "-ISB", str(PROGRAM)]
    for told in (True, False):
        with subprocess.Popen(command, env=machine, stdout=subprocess.PIPE, text=True) as sign:
            assert sign.stdout is not None
            if told:
                assert sign.stdout.readline().startswith("<4>the bell does not stay up (exit-code")
            trigger = tmp_path / "leds" / "ACT" / "trigger"
            while trigger.read_text() not in ("none",):
                assert sign.poll() is None
            sign.send_signal(signal.SIGTERM)
            assert sign.stdout.read() == "", "the next of its kind has no news"
            assert sign.wait(10) == 0
        assert trigger.read_text() == "mmc0"
        quiet = tmp_path / "run" / "quiet"
        assert int(quiet.read_text()) > 0
        quiet.unlink()


def test_a_bell_whose_start_was_dropped_at_boot_is_started_and_told_of(
    tmp_path: Path, machine: dict[str, str]
) -> None:
    never = "".join(f"{key}={value}\n" for key, value in NEVER.items())
    (tmp_path / "unit").write_text(f"ActiveState=inactive\nUnitFileState=enabled\n{never}")
    command = [sys.executable, "-ISB", str(PROGRAM)]
    with subprocess.Popen(command, env=machine, stdout=subprocess.PIPE, text=True) as sign:
        assert sign.stdout is not None
        while not (line := sign.stdout.readline()).startswith("<"):
            assert line, "and this is what the systemctl of the test says to everything"
        assert line.startswith("<4>the bell was not started with the machine")
        asked = (tmp_path / "asked").read_text()
        (tmp_path / "unit").write_text("ActiveState=active\n")
        assert "the bell is up" in sign.stdout.read()
    assert asked.count("start --no-block floodbell.service") == 1


def test_a_sign_that_was_stopped_stays_so_until_the_bell_has_been_up(
    tmp_path: Path, machine: dict[str, str]
) -> None:
    command = [sys.executable, "-ISB", str(PROGRAM)]
    down = "ActiveState=activating\nNRestarts=3\nResult=exit-code\n"
    (tmp_path / "run" / "quiet").write_text("5000")
    (tmp_path / "unit").write_text(down + "ActiveEnterTimestampMonotonic=4000\n")
    ran = subprocess.run(command, env=machine, capture_output=True, timeout=20, check=False)
    assert (ran.returncode, ran.stdout) == (0, b"")
    (tmp_path / "unit").write_text(down + "ActiveEnterTimestampMonotonic=6000\n")
    with subprocess.Popen(command, env=machine, stdout=subprocess.PIPE, text=True) as sign:
        assert sign.stdout is not None
        assert "does not stay up" in sign.stdout.readline()
        sign.terminate()


@pytest.mark.parametrize(
    "unit",
    [
        "ActiveState=failed\nResult=exit-code\nExecMainStatus=2\n",
        "ActiveState=inactive\nConditionResult=no\n",
    ],
)
def test_a_hushed_sign_still_starts_a_bell_whose_settings_are_mended(
    tmp_path: Path, machine: dict[str, str], unit: str
) -> None:
    """Who stops the blinking at night has not asked for a bell that stays down for ever."""
    command = [sys.executable, "-ISB", str(PROGRAM)]
    (tmp_path / "run" / "quiet").write_text("5000")
    (tmp_path / "unit").write_text(f"{unit}UnitFileState=enabled\n")
    settings = tmp_path / "etc" / "floodbell.toml"
    settings.parent.mkdir()
    machine["FLOODBELL_CONFIG"] = str(settings)

    def starts() -> int:
        ran = subprocess.run(command, env=machine, capture_output=True, timeout=20, check=False)
        assert ran.returncode == 0
        assert b"<4>" not in ran.stdout, "and it stays hushed"
        return (tmp_path / "asked").read_text().count("start --no-block floodbell.service")

    settings.write_text("broken")
    assert starts() == 1
    assert starts() == 1, "not at each look of the timer: each is a start in vain"
    settings.write_text("mended settings")
    assert starts() == 2
