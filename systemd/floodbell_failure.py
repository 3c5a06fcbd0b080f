"""Blinks, and now and then chirps, while the bell cannot stay up.

Started by ``floodbell-failure.service`` whenever the bell has ended, and looked in on by a timer.
Ends as soon as the bell is up, or if somebody stopped it by hand. A bell that has refused its
settings, or has none, is started again by it: once they change, and now and then; one whose start
at boot systemd has dropped (it does so to break a cycle of orders) at once. It is run by the
system's python and imports nothing but the standard library, least of all floodbell: what it tells
of may be a virtual environment that is broken, or settings that are.

Invariant: no pin is held while a process of the bell lives, so the starting bell finds its pins
free; the siren is given short pulses only, the strobe nothing; what stands in the settings is taken
for a pin only if it can be nothing else.

What it shows, on the lamp and on the board's own green LED: three short flashes every three
seconds. Siren: two clicks once the bell has been down for two minutes, then every hour.

Source: gpio.h of Linux (uAPI v2, since 5.10); sysfs-class-led; systemctl(1) of systemd 252.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import signal
import struct
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

UNIT = "floodbell.service"
SYSTEMCTL = os.environ.get("FLOODBELL_SYSTEMCTL", "/usr/bin/systemctl")
SETTINGS = Path(os.environ.get("FLOODBELL_CONFIG", "/etc/floodbell/floodbell.toml"))
LEDS = Path(os.environ.get("FLOODBELL_LEDS", "/sys/class/leds"))
RUN = Path(os.environ.get("RUNTIME_DIRECTORY", "/run/floodbell-failure"))
PROCESSES = Path("/sys/fs/cgroup/system.slice/floodbell.service/cgroup.procs")
HELPERS = frozenset({"sh", "sleep", "cat", "rm", "kill", "systemctl"})

FLASHES, LIT_S, DARK_S, PERIOD_S = 3, 0.1, 0.2, 3.0
SLICE_S = 0.1
"""How soon the pins are let go: python alone needs longer before the bell can ask for them."""

CHIRP_AFTER_S = 120.0
CHIRP_EVERY_S = 3600.0
CLICK_S = 0.05
"""As short as a relay can follow: heard beside it, and nobody's alarm at night."""

CUTOFF_S = 1200.0
"""A siren that a dead bell left sounding is silenced when the bell itself would have done it."""

SAME_FAILURE_S = 60.0
"""A bell that was up for less has not recovered: it counts on from when it first went down."""

RETRY_FIRST_S, RETRY_MOST_S = 5.0, 600.0
"""How long after the settings were refused they are tried again, though they look the same."""

UP, BY_HAND, SETTLING, DOWN, REFUSED, WAITING = "up", "by hand", "settling", "down", "refused", "-"
DROPPED = "dropped"


def look() -> Mapping[str, str]:
    """Ask systemd for the unit; empty if it does not answer."""
    try:
        ran = subprocess.run(  # noqa: S603 - words of ours, and no shell sees them
            [SYSTEMCTL, "show", "--no-pager", UNIT],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            timeout=10.0,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return {}
    return dict(line.split("=", 1) for line in ran.stdout.splitlines() if "=" in line)


def judge(unit: Mapping[str, str]) -> str:
    """Return what the state of the unit means.

    A first start is on its way until it has failed. With ``Restart=always`` systemd 252 never calls
    a bell that crashes "failed": it is "activating" all the time. Failed, it has refused its
    settings (exit status 2), or did not end in time when somebody stopped it.
    """
    state = unit.get("ActiveState", "")
    if state in ("active", "reloading"):
        return UP
    if state == "deactivating":
        return SETTLING
    if state == "activating":
        first = unit.get("SubState") != "auto-restart" and unit.get("NRestarts") == "0"
        return SETTLING if first and unit.get("Result") == "success" else DOWN
    if unit.get("LoadState") in ("bad-setting", "error"):
        return DOWN
    if unit.get("UnitFileState") != "enabled":
        return BY_HAND
    if state == "failed":
        refused = (unit.get("Result"), unit.get("ExecMainStatus")) == ("exit-code", "2")
        return REFUSED if refused else BY_HAND
    return _judge_idle(unit)


def _judge_idle(unit: Mapping[str, str]) -> str:
    """Return what it means that an enabled unit is neither up nor failed."""
    if unit.get("Job", "") not in ("", "0"):
        return SETTLING  # it waits for its turn, as while the system starts
    if _never_begun(unit):
        return DROPPED
    return WAITING if unit.get("ConditionResult") == "no" else BY_HAND


def _never_begun(unit: Mapping[str, str]) -> bool:
    """Whether systemd has done nothing with an enabled unit since the machine was started.

    Neither looked at its conditions nor ended it: then nobody has stopped it by hand either.
    Source: org.freedesktop.systemd1(5): a time of 0 is that of what has not happened yet.
    """
    times = ("ConditionTimestamp", "ActiveEnterTimestamp", "InactiveEnterTimestamp")
    return all(unit.get(f"{time}Monotonic") == "0" for time in times)


def bell_lives() -> bool:
    """Whether the bell itself is there, from its first moment on: it may ask for its pins soon.

    What the unit runs before and after it (the wait after many starts in vain) asks for none.
    """
    with contextlib.suppress(OSError):
        return not all(_is_a_helper(process) for process in PROCESSES.read_text().split())
    return False


def _is_a_helper(process: str) -> bool:
    with contextlib.suppress(OSError):
        return Path("/proc", process, "comm").read_text().strip() in HELPERS
    return True  # it has ended


def pins_in(text: str) -> dict[str, int]:
    """Return lamp and siren as the settings name them; broken settings are read line by line.

    A number that anything else in the text may mean as well is nobody's: driving a line that a
    button pulls to ground would burn it.
    """
    found = [
        (key, int(number))
        for key, number in re.findall(r"^[^#\n]*?\b(\w*pin)\s*=\s*(\d{1,9})\b", text, re.MULTILINE)
    ]
    with contextlib.suppress(ValueError, RecursionError):  # tomllib's own is one
        found = list(_pins_of(tomllib.loads(text)))
    numbers = [number for _key, number in found]
    return {
        key: number
        for key, number in found
        if key in ("lamp_pin", "siren_pin") and 0 <= number <= 27 and numbers.count(number) == 1
    }


def _pins_of(table: Mapping[str, object]) -> Iterator[tuple[str, int]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _pins_of(value)
        elif key.endswith("pin") and type(value) is int:
            yield key, value


class Line:
    """One header line by the kernel's own interface; it is there or it is not, and never raises."""

    _INFO, _GET, _SET, _READ = 0x8044B401, 0xC250B407, 0xC010B40F, 0xC010B40E
    _OUTPUT = 1 << 3

    def __init__(self, pin: int | None) -> None:
        self._pin, self._fd = pin, -1

    def level(self) -> int | None:
        """Return the level as it is, changing nothing; None if it cannot be told."""
        with contextlib.suppress(OSError):
            fd = self._request(0)
            try:
                data = fcntl.ioctl(fd, self._READ, struct.pack("=QQ", 0, 1))
                return int(struct.unpack("=QQ", data)[0] & 1)
            finally:
                os.close(fd)
        return None

    def set(self, on: bool) -> None:
        """Drive it; taken first if it is not held."""
        with contextlib.suppress(OSError):
            if self._fd < 0:
                self._fd = self._request(self._OUTPUT)
            fcntl.ioctl(self._fd, self._SET, struct.pack("=QQ", int(on), 1))

    def let_go(self) -> None:
        """Leave it low: the kernel of a Pi keeps the level of a line that nobody holds."""
        if self._fd >= 0:
            self.set(False)
            with contextlib.suppress(OSError):
                os.close(self._fd)
            self._fd = -1

    @staticmethod
    def asked(pin: int, flags: int) -> bytes:
        """Return a ``struct gpio_v2_line_request`` for one line."""
        config = struct.pack("=QI20x240x", flags, 0)
        offsets_and_name = struct.pack("=I252x32s", pin, b"floodbell-failure")
        return offsets_and_name + config + struct.pack("=II20xi", 1, 0, 0)

    def _request(self, flags: int) -> int:
        if self._pin is None:
            raise FileNotFoundError
        asked = self.asked(self._pin, flags)
        chip = os.open(self._chip(), os.O_RDWR | os.O_CLOEXEC)
        try:
            return int(struct.unpack_from("=i", fcntl.ioctl(chip, self._GET, asked), 588)[0])
        finally:
            os.close(chip)

    def _chip(self) -> str:
        """The header's chip: pinctrl-bcm2835, pinctrl-bcm2711, pinctrl-rp1."""
        for path in sorted(Path("/dev").glob("gpiochip*")):
            with contextlib.suppress(OSError):
                fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
                try:
                    label = fcntl.ioctl(fd, self._INFO, bytes(68))[32:64]
                finally:
                    os.close(fd)
                if label.startswith(b"pinctrl-"):
                    return str(path)
        raise FileNotFoundError


class BoardLed:
    """The green LED of the board; what the kernel did with it is put back."""

    def __init__(self) -> None:
        self._folder = next((p for n in ("ACT", "led0") if (p := LEDS / n).is_dir()), None)
        self._trigger = ""

    def set(self, on: bool) -> None:
        """Light it; taken from the kernel if it was not yet."""
        if self._folder is None:
            return
        with contextlib.suppress(OSError):
            if not self._trigger:
                shown = (self._folder / "trigger").read_text()
                chosen = re.search(r"\[(.+?)\]", shown)
                self._trigger = chosen.group(1) if chosen else shown.strip()
                (self._folder / "trigger").write_text("none")
            (self._folder / "brightness").write_text("1" if on else "0")

    def let_go(self) -> None:
        """Give it back to the kernel."""
        if self._folder is not None and self._trigger:
            with contextlib.suppress(OSError):
                (self._folder / "trigger").write_text(self._trigger)
            self._trigger = ""


class Watch:
    """Shows that the bell is down until it is up."""

    def __init__(self) -> None:
        self._led = BoardLed()
        self._pins: dict[str, int] = {}
        self._lamp, self._siren = Line(None), Line(None)
        self._now_s = time.monotonic()
        kept = self._kept()
        again = self._now_s - kept.get("seen_s", -SAME_FAILURE_S) < SAME_FAILURE_S
        self._since_s = kept.get("since_s", self._now_s) if again else self._now_s
        self._chirped_s = kept.get("chirped_s", -CHIRP_EVERY_S) if again else -CHIRP_EVERY_S
        self._hushed = False
        self._told = self._told_before() if again else ""
        self._retry_in_s, self._retry_s = RETRY_FIRST_S, 0.0
        self._files: object = None
        self._verdict = SETTLING

    def run(self) -> None:
        """Blink until the bell is up or was stopped by hand."""
        try:
            while self._look_round():
                self._flash()
        finally:
            self._let_go()
            self._led.let_go()

    def _look_round(self) -> bool:
        """Whether to go on."""
        self._now_s = time.monotonic()
        unit = look()
        self._verdict = verdict = judge(unit) if unit else DOWN
        if verdict in (UP, BY_HAND):
            if self._told:
                say("5", f"the bell is {'up' if verdict == UP else 'stopped by hand'}")
            return False
        if self._quiet(unit):
            # Hushed is the sign, not the bell: nobody but us starts it again.
            may = verdict in (REFUSED, DROPPED) or (verdict == WAITING and SETTINGS.exists())
            if may and self._try_is_due():
                self._start_the_bell()
            return False
        if verdict in (REFUSED, WAITING, DROPPED):
            self._start_if_worthwhile(verdict)
        self._tell(verdict, unit)
        self._keep()
        self._read_pins()
        if verdict in (DOWN, REFUSED, DROPPED):
            self._sound()
        return True

    def _tell(self, verdict: str, unit: Mapping[str, str]) -> None:
        words = {
            DOWN: f"the bell does not stay up ({unit.get('Result')}, status"
            f" {unit.get('ExecMainStatus')}): journalctl -u floodbell -n 50",
            REFUSED: "the bell refuses its settings: sudo floodbell check-config",
            DROPPED: "the bell was not started with the machine: journalctl -b -p warning",
            WAITING: f"the bell waits for {SETTINGS}: sudo floodbell init",
        }
        if (word := words.get(verdict, "")) and verdict != self._told:
            self._told = verdict
            say("4", word)
            with contextlib.suppress(OSError):
                (RUN / "told").write_text(verdict)

    def _start_if_worthwhile(self, verdict: str) -> None:
        """Systemd starts neither a bell without settings nor one that has refused them.

        Nor one whose start it has dropped; that is tried at once.
        """
        files, before = fingerprint(), self._files
        self._files = files
        changed = before is not None and files != before
        if verdict == WAITING:
            worthwhile = SETTINGS.exists()
        elif verdict == DROPPED:
            worthwhile = self._now_s >= self._retry_s
        else:
            self._retry_s = self._retry_s or self._now_s + self._retry_in_s
            worthwhile = changed or self._now_s >= self._retry_s
        if not worthwhile:
            return
        self._retry_in_s = RETRY_FIRST_S if changed else min(2 * self._retry_in_s, RETRY_MOST_S)
        self._retry_s = self._now_s + self._retry_in_s
        self._start_the_bell()

    def _try_is_due(self) -> bool:
        """Whether a hushed sign, of which only the timer's looks are left, tries the bell now."""
        with contextlib.suppress(OSError, ValueError):
            tried_s = float((RUN / "tried").read_text())
            if self._now_s < tried_s + RETRY_MOST_S and (RUN / "tried-as").read_text() == repr(
                fingerprint()
            ):
                return False
        with contextlib.suppress(OSError):
            (RUN / "tried").write_text(f"{self._now_s}")
            (RUN / "tried-as").write_text(repr(fingerprint()))
        return True

    @staticmethod
    def _start_the_bell() -> None:
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            command = [SYSTEMCTL, "start", "--no-block", UNIT]
            subprocess.run(  # noqa: S603 - as above
                command, timeout=10.0, check=False, stdin=subprocess.DEVNULL
            )

    def _read_pins(self) -> None:
        text = ""
        with contextlib.suppress(OSError):
            text = SETTINGS.read_text(encoding="utf-8", errors="replace")
        pins = pins_in(text)
        if pins != self._pins:
            self._let_go()
            self._pins = pins
            self._lamp, self._siren = Line(pins.get("lamp_pin")), Line(pins.get("siren_pin"))

    def _flash(self) -> None:
        began_s = time.monotonic()
        for _ in range(0 if self._verdict == SETTLING else FLASHES):
            self._show(on=True)
            self._wait(LIT_S)
            self._show(on=False)
            self._wait(DARK_S)
        self._wait(began_s + PERIOD_S - time.monotonic())

    def _show(self, *, on: bool) -> None:
        self._led.set(on)
        if not bell_lives():
            self._lamp.set(on)

    def _wait(self, seconds: float) -> None:
        """Wait in slices, and let go of the pins as soon as the bell is there."""
        end_s = time.monotonic() + seconds
        while True:
            if bell_lives():
                self._let_go()
            left_s = end_s - time.monotonic()
            if left_s <= 0:
                return
            time.sleep(min(SLICE_S, left_s))

    def _sound(self) -> None:
        down_s = self._now_s - self._since_s
        if bell_lives():
            return
        sounding = self._siren.level() == 1 if down_s >= CHIRP_AFTER_S else False
        if sounding and down_s < CUTOFF_S:
            return  # of the alarm during which it died
        if sounding and not self._hushed:
            self._hushed = True
            self._siren.set(False)
            self._siren.let_go()
        if down_s >= CHIRP_AFTER_S and self._now_s >= self._chirped_s + CHIRP_EVERY_S:
            self._chirped_s = self._now_s
            for _ in range(2):
                self._siren.set(True)
                time.sleep(CLICK_S)
                self._siren.set(False)
                time.sleep(3 * CLICK_S)
            self._siren.let_go()

    def _let_go(self) -> None:
        self._lamp.let_go()
        self._siren.let_go()

    def be_quiet(self) -> None:
        """Somebody stopped the sign: remember it until the bell has been up again."""
        with contextlib.suppress(OSError):
            (RUN / "quiet").write_text(f"{time.monotonic() * 1e6:.0f}")

    @staticmethod
    def _quiet(unit: Mapping[str, str]) -> bool:
        with contextlib.suppress(OSError, ValueError):
            stopped_us = int((RUN / "quiet").read_text())
            return stopped_us > int(unit.get("ActiveEnterTimestampMonotonic") or 0)
        return False

    def _told_before(self) -> str:
        """By the process before this one, of the same failure."""
        with contextlib.suppress(OSError, UnicodeDecodeError):
            return (RUN / "told").read_text()
        return ""

    def _kept(self) -> dict[str, float]:
        # What a worn card or a hand has put there is as good as nothing.
        strange = (OSError, ValueError, TypeError, AttributeError, OverflowError, RecursionError)
        with contextlib.suppress(*strange):
            kept = json.loads((RUN / "down").read_text())
            return {key: float(value) for key, value in kept.items()}
        return {}

    def _keep(self) -> None:
        known = {"since_s": self._since_s, "seen_s": self._now_s, "chirped_s": self._chirped_s}
        with contextlib.suppress(OSError):
            (RUN / "down").write_text(json.dumps(known))


def fingerprint() -> object:
    """What tells whether somebody has touched the settings, or the texts beside them."""
    with contextlib.suppress(OSError):
        return sorted(
            (entry.name, entry.stat().st_ctime_ns, entry.stat().st_size)
            for entry in os.scandir(SETTINGS.parent)
        )
    return ()


def say(level: str, words: str) -> None:
    """One line into the journal. Source: sd-daemon(3), the prefix of the level."""
    sys.stdout.write(f"<{level}>{words}\n")
    sys.stdout.flush()


def main() -> int:
    """Return the exit code."""
    watch = Watch()

    def end(number: int, frame: object) -> None:
        del number, frame
        watch.be_quiet()
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    watch.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
