"""The unit, and the sign that it is down, under a real systemd at native speed.

In the light machine; what the sandbox lets through is judged in the whole one
(``test_vm_sandbox.py``).
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.vm.light_home import LIGHT_SETTINGS, LightHome
from tests.vm.machine import why_not

pytestmark = [
    pytest.mark.vm,
    pytest.mark.timeout(300),
    pytest.mark.skipif(why_not() is not None, reason=str(why_not())),
]

BACK_S = 5.0
"""A bell that was killed is back within this (and ``WATCHDOG_S`` more if it hangs)."""

WATCHDOG_S = 30.0
BREATH_S = 10.0
"""On a machine that does other things too."""

TURNED_AWAY = LIGHT_SETTINGS.replace("[site]", "[sight]")
FASTER = LIGHT_SETTINGS + "[log]\ninterval_s = 30.0\n"
FLASHES = "010101"
NEVER_TOUCHED = "none [mmc0] heartbeat\n"
PACKAGES = "cd /opt/floodbell/lib/python3*/site-packages"

LEDS_DROP_IN = (
    "mkdir -p /etc/systemd/system/floodbell-failure.service.d && printf"
    " '[Service]\\nEnvironment=FLOODBELL_LEDS=/srv/leds\\nReadWritePaths=/srv/leds\\n'"
    " >/etc/systemd/system/floodbell-failure.service.d/leds.conf && systemctl daemon-reload"
)


class Led:
    """The green LED of a Pi as the kernel shows it, bound into the machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "ACT"
        self.folder.mkdir(parents=True)
        self.untouched()

    def untouched(self) -> None:
        """As the kernel leaves it."""
        (self.folder / "trigger").write_text(NEVER_TOUCHED)
        (self.folder / "brightness").write_text("0")

    def flashes(self) -> bool:
        """Whether it shows the sign within a time that is long on a machine that is busy."""
        return FLASHES in self.seen(20.0, until=FLASHES)

    def seen(self, for_s: float = 4.0, until: str = "?") -> str:
        """What it shows, one figure a change."""
        shown, end_s = "", time.monotonic() + for_s
        while time.monotonic() < end_s and until not in shown:
            level = (self.folder / "brightness").read_text().strip()
            if level and shown[-1:] != level:
                shown += level
            threading.Event().wait(0.01)
        return shown

    @property
    def trigger(self) -> str:
        return (self.folder / "trigger").read_text()


@contextmanager
def a_home(folder: Path, settings: str | None = LIGHT_SETTINGS) -> Iterator[tuple[LightHome, Led]]:
    led = Led(folder / "leds")
    with LightHome(settings, binds=[f"{folder / 'leds'}:/srv/leds"]) as home:
        sh(home, LEDS_DROP_IN)
        yield home, led


def sh(home: LightHome, command: str, *, check: bool = True) -> str:
    return home.machine.exec("sh", "-c", command, check=check)


def reload(home: LightHome) -> tuple[int, str]:
    """What a technician sees of ``systemctl reload``: exit status, words."""
    said = sh(home, "systemctl reload floodbell 2>&1; echo =$?")
    words, _, status = said.rpartition("=")
    return int(status), words


def status_text(home: LightHome) -> str:
    return home.unit("StatusText")


def started_again(home: LightHome, count: int) -> bool:
    return int(home.unit("NRestarts")) >= count and home.unit("ActiveState") == "active"


def failure_is(home: LightHome, state: str) -> bool:
    asked = ("systemctl", "show", "--value", "-p", "ActiveState", "floodbell-failure")
    return home.machine.exec(*asked).strip() == state


def test_the_units_are_good_and_kept_in_and_start_without_credentials(tmp_path: Path) -> None:
    with a_home(tmp_path) as (home, _led):
        units = "floodbell.service floodbell-failure.service floodbell-failure.timer"
        assert sh(home, f"systemd-analyze verify {units} 2>&1") == ""
        for unit, most in (("floodbell", 1.6), ("floodbell-failure", 1.6)):
            said = sh(home, f"systemd-analyze security --no-pager {unit} | tail -n 2")
            assert float(re.findall(r"\d\.\d", said)[0]) <= most, said
        sh(home, "rm -r /etc/floodbell/credentials")
        home.start()
        process = home.unit("MainPID")
        status = home.machine.exec("cat", f"/proc/{process}/status")
        assert re.findall(r"^Cap\w+:\t(\w+)$", status, re.MULTILINE) == ["0" * 16] * 5
        assert re.findall(r"^NoNewPrivs:\t1$", status, re.MULTILINE)
        assert status_text(home).endswith("armed")
        home.machine.exec("systemctl", "stop", "floodbell")
        sh(home, "mkdir -m 700 /etc/floodbell/credentials")
        home.start()


def test_a_good_reload_is_the_same_process_and_no_new_start(tmp_path: Path) -> None:
    with a_home(tmp_path) as (home, _led):
        home.start()
        process, since = home.unit("MainPID"), home.unit("ActiveEnterTimestampMonotonic")
        home.write_settings(FASTER)
        assert reload(home) == (0, "")
        home.wait_for("the reload to end", lambda: home.unit("ActiveState") == "active")
        home.ready()
        assert home.unit("MainPID") == process
        assert home.unit("ActiveEnterTimestampMonotonic") == since
        assert home.unit("NRestarts") == "0"
        assert home.logged("INFO edge.loop.app: started") == 2
        assert failure_is(home, "inactive")


def test_a_reload_of_wrong_settings_fails_before_the_technicians_eyes(tmp_path: Path) -> None:
    with a_home(tmp_path) as (home, _led):
        home.start()
        process = home.unit("MainPID")
        home.write_settings(TURNED_AWAY)
        status, words = reload(home)
        assert status != 0
        assert "failed" in words
        assert home.logged("sight") >= 1, "the journal says what is wrong"
        assert (home.unit("ActiveState"), home.unit("MainPID")) == ("active", process)
        # Sent past systemd, the bell itself refuses them, and says so.
        home.machine.exec("systemctl", "kill", "--signal=HUP", "--kill-who=main", "floodbell")
        home.wait_for("the status to tell", lambda: "WRONG" in status_text(home))
        assert (home.unit("ActiveState"), home.unit("MainPID")) == ("active", process)


def test_a_reload_in_an_incident_waits_and_systemd_does_not(tmp_path: Path) -> None:
    with a_home(tmp_path) as (home, _led):
        home.start()
        home.flood(200)
        home.await_status("the danger", lambda status: bool(status["stage"] == "danger"))
        home.write_settings(FASTER)
        assert reload(home) == (0, "")
        home.wait_for("the status to tell", lambda: "new settings wait" in status_text(home))
        assert home.unit("ActiveState") == "active"
        assert home.logged("INFO edge.loop.app: started") == 1


def test_killed_it_is_back_at_once_and_hung_after_the_watchdog(tmp_path: Path) -> None:
    with a_home(tmp_path) as (home, led):
        home.start()
        home.flood(200)
        home.await_text_to("119")
        incident = home.status()["incident"]
        for signal, most_s in (("KILL", BACK_S), ("STOP", WATCHDOG_S + BACK_S)):
            led.untouched()
            count = int(home.unit("NRestarts")) + 1
            home.machine.exec("systemctl", "kill", f"--signal={signal}", "floodbell")
            took_s = home.wait_for(
                f"ready after SIG{signal}", partial(started_again, home, count), most_s + BREATH_S
            )
            print(f"SIG{signal} to READY: {took_s:.1f} s")  # noqa: T201 - a figure
            assert home.await_status("the incident", bool)["incident"] == incident
            home.wait_for("the sign to end", lambda: failure_is(home, "inactive"))
            assert led.trigger in (NEVER_TOUCHED, "mmc0"), "the LED is the kernel's again"


def test_a_bell_that_cannot_stay_up_is_seen_and_slows_down(tmp_path: Path) -> None:
    with a_home(tmp_path) as (home, led):
        home.start()
        led.untouched()
        sh(home, f"{PACKAGES} && mv edge /srv/edge && systemctl kill --signal=KILL floodbell")
        home.wait_for("the sign", lambda: failure_is(home, "active"))
        assert led.flashes()
        home.wait_for(
            "ten starts in vain", lambda: int(home.unit("NRestarts")) >= 10, timeout_s=120.0
        )
        home.wait_for("a pause", lambda: home.unit("SubState") == "start-pre", timeout_s=30.0)
        assert home.unit("Result") != "start-limit-hit"
        lines = home.logged(r"\n")
        assert led.flashes(), "it goes on while systemd tries and waits"
        assert home.logged(r"\n") == lines, "nothing is written meanwhile"

        sh(home, f"{PACKAGES} && mv /srv/edge edge")
        home.machine.exec("systemctl", "restart", "--no-block", "floodbell")
        assert home.wait_for("the bell", lambda: home.unit("ActiveState") == "active") < 20.0
        home.wait_for("the sign to end", lambda: failure_is(home, "inactive"))
        assert led.trigger == "mmc0"


def test_who_stops_it_by_hand_sees_no_sign(tmp_path: Path) -> None:
    with a_home(tmp_path) as (home, led):
        home.start()
        home.machine.exec("systemctl", "stop", "floodbell")
        home.wait_for("the look to be over", lambda: failure_is(home, "inactive"))
        assert led.seen() == "0"
        home.machine.exec("systemctl", "start", "floodbell-failure", check=False)  # the timer
        home.wait_for("the look to be over", lambda: failure_is(home, "inactive"))
        assert led.seen() == "0"
        assert led.trigger == NEVER_TOUCHED


def test_without_settings_it_says_so_and_starts_once_they_are_there(tmp_path: Path) -> None:
    with a_home(tmp_path, settings=None) as (home, led):
        home.machine.exec("systemctl", "enable", "--now", "floodbell")
        assert "was not met" in sh(home, "systemctl status floodbell", check=False)
        home.machine.exec("systemctl", "start", "floodbell-failure")  # as its timer does
        home.wait_for("a word", lambda: "sudo floodbell init" in sh(home, "journalctl -b"))
        assert led.flashes()
        assert home.log().count("\n") <= 3

        home.write_settings(TURNED_AWAY)
        home.wait_for("a refusal", lambda: home.unit("ActiveState") == "failed")
        assert "THE SETTINGS ARE WRONG" in status_text(home)
        assert home.unit("ExecMainStatus") == "2"
        assert led.flashes()
        lines = home.log().count("\n")
        threading.Event().wait(15.0)
        assert home.log().count("\n") - lines <= 40, "two more tries at the most"

        home.write_settings(LIGHT_SETTINGS)
        home.ready()
        home.wait_for("the sign to end", lambda: failure_is(home, "inactive"))


def test_the_sign_of_a_bell_that_refuses_its_settings_can_be_stopped(tmp_path: Path) -> None:
    with a_home(tmp_path, settings=TURNED_AWAY) as (home, led):
        home.machine.exec("systemctl", "enable", "--now", "floodbell", check=False)
        home.wait_for("the sign", lambda: failure_is(home, "active"))
        home.wait_for("a refusal", lambda: home.unit("ActiveState") == "failed")
        threading.Event().wait(4.0)
        home.machine.exec("systemctl", "stop", "floodbell-failure")
        home.machine.exec("systemctl", "start", "floodbell-failure", check=False)  # the timer
        home.wait_for("the look to be over", lambda: failure_is(home, "inactive"))
        led.untouched()
        home.write_settings(LIGHT_SETTINGS)
        home.machine.exec("systemctl", "start", "floodbell-failure", check=False)  # the timer
        home.ready()  # hushed is the sign, not the bell
        assert failure_is(home, "inactive")
        assert led.trigger == NEVER_TOUCHED


def test_a_bell_that_lost_its_settings_file_goes_on_with_the_last_good_ones(tmp_path: Path) -> None:
    with a_home(tmp_path) as (home, _led):
        home.start()
        sh(home, "rm /etc/floodbell/floodbell.toml")
        home.machine.exec("systemctl", "restart", "floodbell")
        assert home.unit("ActiveState") == "active"
        home.wait_for("the trouble", lambda: "settings" in status_text(home))


def test_a_bell_whose_start_is_dropped_at_boot_comes_up_all_the_same(tmp_path: Path) -> None:
    """Systemd breaks a cycle of orders by dropping jobs, and says so in the kernel's log alone."""
    with a_home(tmp_path) as (home, _led):
        home.start()
        sh(
            home,
            "cd /etc/systemd/system && mkdir -p floodbell.service.d multi-user.target.d &&"
            " printf '[Unit]\\nAfter=cycle.service\\n' >floodbell.service.d/cycle.conf &&"
            " printf '[Unit]\\nRequires=cycle.service\\n' >multi-user.target.d/cycle.conf &&"
            " printf '[Unit]\\nAfter=floodbell.service\\n[Service]\\nType=oneshot\\n"
            "ExecStart=/bin/true\\n' >cycle.service && sync",
        )
        home.power_cut()
        assert home.unit("ActiveState") == "inactive"
        assert home.unit("ConditionTimestampMonotonic") == "0", "nobody has looked at it"
        home.wait_for("the bell", lambda: home.unit("ActiveState") == "active", 120.0)
        assert "the bell was not started with the machine" in sh(home, "journalctl -b")
