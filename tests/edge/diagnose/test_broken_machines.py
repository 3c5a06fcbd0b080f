"""Machines that are broken, one way each: what the doctor finds, and what it says to do."""

from __future__ import annotations

import os
import sys
import time
import zoneinfo
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from drivers.emulated.modem import EmulatedModem
from drivers.host.control import ControlServer, Request
from drivers.host.machine import Asking, Space
from edge.diagnose.broker import check_broker
from edge.diagnose.doctor import CHECKS
from edge.diagnose.modem import check_modem
from edge.diagnose.sensors import check_sensors
from edge.diagnose.verdict import Grade
from tests.edge.diagnose.paper_pi import CARD, STRANGE_GID, PaperPi


@pytest.fixture
def pi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PaperPi:
    return PaperPi(tmp_path, monkeypatch)


@dataclass(frozen=True)
class Broken:
    """A way to break a machine, and what has to be said of it."""

    how: str
    break_it: Callable[[PaperPi], object]
    id: str
    grade: Grade
    found: str
    remedy: str


DROP_IN = "/etc/systemd/system/floodbell.service.d/override.conf"
LATER_S = 4102444800.0  # 2100-01-01


def several(*changes: Callable[[PaperPi], object]) -> Callable[[PaperPi], object]:
    return lambda pi: [change(pi) for change in changes]


def held_by_a_process(pi: PaperPi) -> None:
    pi.machine.held = {16: "fan"}
    pi.process(
        812,
        "fanctl",
        unit="fan-control.service",
        holds="anon_inode:gpio-line",
        fdinfo="gpio-chip:\tgpiochip0\ngpio-line:\t16\n",
    )
    pi.process(
        813, "other", holds="anon_inode:gpio-line", fdinfo="gpio-chip:\tgpiochip0\ngpio-line:\t22\n"
    )


def from_another_world(pi: PaperPi) -> None:
    """The clock was right once, long after what it says now."""
    file = pi.write("/var/lib/systemd/timesync/clock", "")
    os.utime(file, (LATER_S, LATER_S))


def strange(group: str) -> Callable[[PaperPi], object]:
    return lambda pi: pi.replace(
        "/etc/group", f"{group}:x:{os.getgid()}:", f"{group}:x:{STRANGE_GID}:"
    )


def console(pi: PaperPi) -> None:
    pi.replace("/proc/cmdline", "console=tty1", "console=serial0,115200 console=tty1")
    pi.machine.path("/dev/serial0").symlink_to("ttyUSB2")


def sim7600(pi: PaperPi) -> None:
    pi.settings("strobe_pin = 13", "strobe_pin = 4")
    pi.write("/sys/bus/usb/devices/1-1.2/idVendor", "1e0e\n")


def left_on_trial(pi: PaperPi) -> None:
    pi.packaged()
    pi.machine.path("/var/lib/floodbell-before").mkdir(parents=True)


def on_another_debian(pi: PaperPi) -> None:
    pi.packaged()
    python = pi.machine.path("/usr/bin/python3")
    python.parent.mkdir(parents=True, exist_ok=True)
    python.symlink_to("python3.99")


def log_on_the_card(pi: PaperPi) -> None:
    pi.machine.path("/run/log/journal/0123456789abcdef").rmdir()
    pi.machine.path("/var/log/journal/0123456789abcdef").mkdir(parents=True)


BAD, WARN, SKIP = Grade.BAD, Grade.WARN, Grade.SKIP

MACHINES = (
    # What an upgrade leaves
    Broken(
        "a trial that nobody has ended",
        left_on_trial,
        *("upgrade", BAD, "not come to its end", "floodbell/release settle"),
    ),
    Broken(
        "a trial that is under way",
        several(left_on_trial, lambda pi: pi.write("/run/floodbell-trial", "/opt/x\n")),
        *("upgrade", SKIP, "being tried", ""),
    ),
    Broken(
        "a package for the Debian before",
        on_another_debian,
        *("system", WARN, "its Python is python3.99", "package for this Debian"),
    ),
    Broken(
        "a log that wears the card",
        log_on_the_card,
        *("system-log", WARN, "260 kB", "restart systemd-journald"),
    ),
    # Who may do what
    Broken(
        "no service user",
        lambda pi: pi.replace("/etc/passwd", "floodbell", "nobody"),
        *("user", BAD, "no user floodbell", "systemd-sysusers"),
    ),
    Broken(
        "the service is not in the group of the pins",
        several(lambda pi: pi.unit(SupplementaryGroups="dialout"), strange("gpio")),
        *("user", BAD, "not in the group gpio", "usermod -aG gpio floodbell"),
    ),
    Broken(
        "a group that the unit names does not exist",
        lambda pi: pi.replace("/etc/group", "gpio:", "gpios:"),
        *("user", BAD, "no group gpio", "systemd-sysusers"),
    ),
    Broken(
        "settings that only root reads",
        lambda pi: pi.mode("/etc/floodbell/floodbell.toml", 0o600),
        *("settings-file", BAD, "may not read", "chown root:floodbell"),
    ),
    Broken(
        "settings that anybody changes",
        lambda pi: pi.mode("/etc/floodbell/floodbell.toml", 0o646),
        *("settings-file", BAD, "anybody may change", "chmod 640"),
    ),
    Broken(
        "phone numbers for everybody",
        lambda pi: pi.mode("/etc/floodbell/floodbell.toml", 0o644),
        *("settings-file", WARN, "phone numbers", "chmod 640"),
    ),
    Broken(
        "settings in a folder that the service may not enter",
        lambda pi: pi.mode("/etc/floodbell", 0o700),
        *("settings-file", BAD, "may not enter", "chmod 750"),
    ),
    Broken(
        "secrets for everybody",
        several(
            lambda pi: pi.mode("/etc/floodbell/credentials", 0o755),
            lambda pi: pi.mode("/etc/floodbell/credentials/sim-pin", 0o644),
        ),
        *("credentials", WARN, "anybody may read", "chmod 600"),
    ),
    Broken(
        "a unit that hands no secrets over",
        lambda pi: pi.replace(
            "/etc/systemd/system/floodbell.service", "LoadCredential=", "# LoadCredential="
        ),
        *("credential-way:modem.sim_pin_credential", BAD, "neither systemd nor", "LoadCredential="),
    ),
    Broken(
        "a technician outside the group",
        lambda pi: setattr(pi.machine, "who", Asking(1000, frozenset({1000}))),
        *("access", WARN, "not in the group floodbell", "usermod -aG floodbell"),
    ),
    # Pins
    Broken(
        "a pin that a service holds",
        held_by_a_process,
        *("pin:bell.siren_pin", BAD, "pin 16 is held by fanctl (812", "disable --now fan-control"),
    ),
    Broken(
        "a pin that a driver of the kernel holds",
        lambda pi: setattr(pi.machine, "held", {17: "onewire@11"}),
        *("pin:sensors.float.pin", BAD, "held by onewire@11", "config.txt"),
    ),
    Broken(
        "a pin of a bus that is on",
        several(
            lambda pi: pi.settings("button_pin = 5", "button_pin = 3"),
            lambda pi: pi.write("/sys/bus/i2c/devices/i2c-1/name", "bcm2835 (i2c@7e804000)\n"),
        ),
        *("pin:bell.button_pin", WARN, "pin 3 belongs to I2C", "do_i2c 1"),
    ),
    Broken(
        "pins of the sound on the header",
        several(
            lambda pi: pi.settings("lamp_pin = 26", "lamp_pin = 19"),
            lambda pi: pi.write("/proc/device-tree/soc/i2s@7e203000/status", "okay\0"),
        ),
        *("pin:bell.lamp_pin", WARN, "PCM", "i2s"),
    ),
    Broken(
        "a pin of the serial port",
        several(
            lambda pi: pi.settings("button_pin = 5", "button_pin = 15"),
            lambda pi: pi.write("/dev/serial0", ""),
        ),
        *("pin:bell.button_pin", WARN, "pin 15 belongs to the serial port", "do_serial_hw 1"),
    ),
    Broken(
        "a board on top that takes the pin",
        several(
            lambda pi: pi.settings("lamp_pin = 26", "lamp_pin = 2"),
            lambda pi: pi.write("/proc/device-tree/hat/product", "PiJuice HAT\0"),
        ),
        *("pin:bell.lamp_pin", WARN, "belongs to the board PiJuice HAT", "another pin"),
    ),
    Broken(
        "the flight mode of a SIM7600",
        sim7600,
        *("pin:bell.strobe_pin", WARN, "pin 4 is its flight mode", "another pin"),
    ),
    Broken(
        "no chip",
        lambda pi: pi.remove("/dev/gpiochip0"),
        *("pins", BAD, "gpiochip0 is not there", "Raspberry Pi"),
    ),
    Broken(
        "a chip that is closed to the service",
        lambda pi: pi.mode("/dev/gpiochip0", 0o600),
        *("pins", BAD, "closed to the user floodbell", "usermod -aG gpio"),
    ),
    # Ports
    Broken(
        "a port that is not there",
        several(
            lambda pi: pi.remove("/dev/ttyUSB2"),
            lambda pi: pi.write("/dev/serial/by-id/usb-SimTech-if02-port0", ""),
        ),
        *("port:modem.port", BAD, "is not there", "usb-SimTech-if02-port0"),
    ),
    Broken(
        "the kernel's console on the port",
        console,
        *("port:modem.port", BAD, "console", "do_serial_cons 1"),
    ),
    Broken(
        "a login shell on the port",
        lambda pi: pi.process(
            640,
            "agetty",
            unit="system-serial\\x2dgetty.slice/serial-getty@ttyUSB2.service",
            holds=str(pi.machine.path("/dev/ttyUSB2")),
        ),
        *("port:modem.port", BAD, "agetty (640", "disable --now serial-getty@ttyUSB2.service"),
    ),
    Broken(
        "a terminal that was left open on the port",
        lambda pi: pi.process(990, "minicom", holds=str(pi.machine.path("/dev/ttyUSB2"))),
        *("port:modem.port", WARN, "minicom (990)", "kill 990"),
    ),
    Broken(
        "ModemManager that nobody keeps off the modem",
        lambda pi: pi.process(520, "ModemManager", unit="ModemManager.service"),
        *("modemmanager", WARN, "ModemManager (520", "disable --now ModemManager"),
    ),
    # The service
    Broken(
        "no service",
        lambda pi: pi.unit(LoadState="not-found", ActiveState="inactive", UnitFileState=""),
        *("unit", BAD, "not installed", "install.md"),
    ),
    Broken(
        "a service that nobody enabled",
        lambda pi: pi.unit(UnitFileState="disabled"),
        *("unit", BAD, "not enabled", "systemctl enable --now floodbell"),
    ),
    Broken(
        "a service that was stopped",
        lambda pi: pi.unit(ActiveState="inactive", SubState="dead", WatchdogUSec="infinity"),
        *("unit", WARN, "stopped", "systemctl enable --now floodbell"),
    ),
    Broken(
        "a service that refuses its settings",
        lambda pi: pi.unit(
            ActiveState="failed", SubState="failed", Result="exit-code", ExecMainStatus="2"
        ),
        *("unit", BAD, "refuses its settings", "sudo floodbell check-config"),
    ),
    Broken(
        "a service that waits for its settings",
        lambda pi: pi.unit(ActiveState="inactive", SubState="dead", ConditionResult="no"),
        *("unit", BAD, "waits for its settings", "sudo floodbell init"),
    ),
    Broken(
        "a service that fails again and again",
        lambda pi: pi.unit(
            ActiveState="activating", SubState="auto-restart", Result="exit-code", NRestarts="17"
        ),
        *("unit", BAD, "exit-code, started again 17", "journalctl -u floodbell"),
    ),
    Broken(
        "a service that is masked",
        lambda pi: pi.unit(LoadState="masked", UnitFileState="masked", ActiveState="inactive"),
        *("unit", BAD, "masked", "unmask floodbell"),
    ),
    Broken(
        "a service that has crashed",
        lambda pi: pi.unit(NRestarts="3"),
        *("unit", WARN, "crashed 3 time(s)", "journalctl"),
    ),
    Broken(
        "a unit file that was changed and not read",
        lambda pi: pi.unit(NeedDaemonReload="yes"),
        *("unit", WARN, "has changed", "daemon-reload"),
    ),
    Broken(
        "a drop-in that opens the sandbox",
        lambda pi: pi.unit(ProtectSystem="no", DropInPaths=DROP_IN),
        *("unit-file", WARN, "ProtectSystem=no, shipped: strict", DROP_IN),
    ),
    Broken(
        "a drop-in that lets a dead bell lie",
        lambda pi: pi.unit(Restart="no", DropInPaths=DROP_IN),
        *("unit-file", BAD, "Restart=no, shipped: always", DROP_IN),
    ),
    Broken(
        "a unit file of an older version",
        lambda pi: pi.replace("/etc/systemd/system/floodbell.service", "# Never", "# Not ever"),
        *("unit-file", WARN, "not that of this version", "sudo cp "),
    ),
    Broken(
        "a forgotten udev rule",
        lambda pi: pi.remove("/etc/udev/rules.d/60-floodbell.rules"),
        *("files", WARN, "missing: udev/rules.d/60-floodbell.rules", "udevadm control --reload"),
    ),
    Broken(
        "a package that somebody took a file from",
        lambda pi: pi.packaged("udev/rules.d/60-floodbell.rules"),
        *("files", WARN, "missing: udev/rules.d/60-floodbell.rules", "apt install --reinstall"),
    ),
    Broken(
        "a journal that each restart forgets",
        lambda pi: pi.unit(RuntimeDirectoryPreserve="no"),
        *("journal", WARN, "lost at each restart", "RuntimeDirectoryPreserve=yes"),
    ),
    Broken(
        "a run directory of somebody else",
        lambda pi: pi.mode("/run/floodbell", 0o700),
        *("journal", BAD, "may not write", "chown"),
    ),
    # Watchdog, clock
    Broken(
        "a watchdog that nobody armed",
        lambda pi: pi.manager(RuntimeWatchdogUSec="0"),
        *("watchdog", WARN, "not armed", "system.conf.d"),
    ),
    Broken(
        "a watchdog that cannot count that far",
        several(
            lambda pi: pi.manager(RuntimeWatchdogUSec="1min"),
            lambda pi: pi.write("/sys/class/watchdog/watchdog0/state", "inactive\n"),
        ),
        *("watchdog", BAD, "asked for 1min", "at most 15 s"),
    ),
    Broken(
        "a clock that has gone back",
        from_another_world,
        *("clock", BAD, "it was 2100-01-01 already", "timedatectl set-time"),
    ),
    Broken(
        "a clock that no server sets",
        lambda pi: pi.clock(NTPSynchronized="no"),
        *("clock", WARN, "not known to be synchronised", "UDP port 123"),
    ),
    Broken(
        "a clock that nothing keeps",
        several(
            lambda pi: pi.clock(NTPSynchronized="no", NTP="no"), lambda pi: pi.remove("/proc/301")
        ),
        *("clock", WARN, "not known to be synchronised", "set-ntp true"),
    ),
    # Disk and board
    Broken(
        "a state directory in memory",
        lambda pi: pi.replace(
            "/proc/self/mountinfo",
            "40 21",
            "39 21 0:30 / /var/lib rw,nosuid - tmpfs tmpfs rw\n40 21",
        ),
        *("state", BAD, "in memory (tmpfs)", "on the card"),
    ),
    Broken(
        "the overlay file system of raspi-config",
        several(
            lambda pi: pi.replace("/proc/self/mountinfo", "ext4 /dev/root", "overlay overlayroot"),
            lambda pi: pi.replace("/proc/cmdline", "rootwait", "rootwait overlayroot=tmpfs"),
        ),
        *("state", BAD, "in memory (overlay)", "partition of its own"),
    ),
    Broken(
        "a card that has become read-only",
        lambda pi: pi.replace("/proc/self/mountinfo", "/ / rw,noatime", "/ / ro,noatime"),
        *("state", BAD, "read-only", "dmesg"),
    ),
    Broken(
        "a state directory of somebody else",
        lambda pi: pi.mode("/var/lib/floodbell", 0o700),
        *("state", BAD, "belongs to somebody else", "chown -R floodbell:"),
    ),
    Broken(
        "a full card",
        lambda pi: setattr(pi.machine, "left", Space(3 << 20, 9000, read_only=False)),
        *("disk", BAD, "3 MiB free", "vacuum-size"),
    ),
    Broken(
        "a card with too many files",
        lambda pi: setattr(pi.machine, "left", Space(1 << 30, 12, read_only=False)),
        *("disk", BAD, "12 more files", "du --inodes"),
    ),
    Broken(
        "a card that stalls",
        lambda pi: setattr(pi.machine, "took_s", 0.9),
        *("write", WARN, "900 ms", "better card"),
    ),
    Broken(
        "errors of the file system",
        lambda pi: pi.write("/sys/fs/ext4/mmcblk0p2/errors_count", "4\n"),
        *("card", WARN, "mmcblk0p2: 4 error(s)", "fsck.mode=force"),
    ),
    Broken(
        "a card at the end of its life",
        several(
            lambda pi: pi.write(f"/sys/{CARD}/device/life_time", "0x09 0x0b\n"),
            lambda pi: pi.write(f"/sys/{CARD}/device/pre_eol_info", "0x02\n"),
        ),
        *("card-life", BAD, "110 % used up", "replace the card"),
    ),
    Broken(
        "too weak a supply",
        lambda pi: pi.write("/sys/devices/platform/soc/soc:firmware/get_throttled", "50005\n"),
        *("power", BAD, "under-voltage now", "power supply"),
    ),
    Broken(
        "a supply that was too weak",
        lambda pi: pi.write("/sys/devices/platform/soc/soc:firmware/get_throttled", "50000\n"),
        *("power", WARN, "since the last start", "power supply"),
    ),
    Broken(
        "an oven",
        lambda pi: pi.write("/sys/class/thermal/thermal_zone0/temp", "86123\n"),
        *("temperature", BAD, "86 °C", "heat sink"),
    ),
    Broken(
        "no memory left",
        lambda pi: pi.replace("/proc/meminfo", "268812", "26881"),
        *("memory", WARN, "26 MiB", "ps aux"),
    ),
    Broken(
        "a battery that runs out",
        several(
            lambda pi: pi.write("/sys/class/power_supply/ups/type", "Battery\n"),
            lambda pi: pi.write("/sys/class/power_supply/ups/status", "Discharging\n"),
            lambda pi: pi.write("/sys/class/power_supply/ups/capacity", "18\n"),
        ),
        *("battery", BAD, "18 %, Discharging", "mains"),
    ),
    Broken(
        "no mains",
        several(
            lambda pi: pi.write("/sys/class/power_supply/ups/type", "Battery\n"),
            lambda pi: pi.write("/sys/class/power_supply/ac/type", "Mains\n"),
            lambda pi: pi.write("/sys/class/power_supply/ac/online", "0\n"),
        ),
        *("mains", WARN, "on its battery", "fuse"),
    ),
    # The database
    Broken(
        "a database that was set aside",
        lambda pi: pi.write("/var/lib/floodbell/floodbell.damaged-20260701T101010.000001Z.db", "?"),
        *("set-aside", WARN, "floodbell.damaged-20260701", "sudo rm"),
    ),
    Broken(
        "a database over its bound",
        lambda pi: os.truncate(pi.write("/var/lib/floodbell/floodbell.db", ""), 80 << 20),
        *("database-size", WARN, "80 MiB, store.max_mb is 64", "max_mb"),
    ),
)


OF_THE_MACHINE = tuple(
    check for check in CHECKS if check not in (check_sensors, check_modem, check_broker)
)
"""Those that listen for seconds have broken homes of their own."""


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.how)
def test_what_is_broken_is_found_and_the_remedy_is_said(pi: PaperPi, machine: Broken) -> None:
    machine.break_it(pi)
    verdict = pi.examined(OF_THE_MACHINE)[machine.id]
    assert (verdict.grade, machine.found in verdict.found) == (machine.grade, True), verdict
    assert machine.remedy in verdict.remedy, verdict


@pytest.fixture
def modem(pi: PaperPi) -> Iterator[EmulatedModem]:
    emulated = EmulatedModem()
    Path(emulated.path).chmod(0o666)
    pi.remove("/dev/ttyUSB2")
    pi.machine.path("/dev/ttyUSB2").symlink_to(emulated.path)
    yield emulated
    emulated.close()


@pytest.mark.usefixtures("modem")
def test_on_a_good_machine_nothing_is_bad_and_little_is_to_do(pi: PaperPi) -> None:
    began_s = time.monotonic()
    found = pi.examined()
    assert time.monotonic() - began_s < 15
    assert [verdict for verdict in found.values() if verdict.grade is BAD] == []
    machine_ids = {machine.id for machine in MACHINES}
    to_do = {id for id, verdict in found.items() if verdict.grade is WARN} & machine_ids
    assert to_do == set()


@pytest.mark.usefixtures("modem")
def test_a_modem_that_udev_keeps_modemmanager_off_is_left_alone(pi: PaperPi) -> None:
    pi.process(520, "ModemManager", unit="ModemManager.service")
    number = pi.machine.path("/dev/ttyUSB2").stat().st_rdev
    entry = f"/run/udev/data/c{os.major(number)}:{os.minor(number)}"
    pi.write(entry, "S:serial/by-id/usb-SimTech\nE:ID_MM_DEVICE_IGNORE=1\n")
    assert "modemmanager" not in pi.examined()


@contextmanager
def running(pi: PaperPi) -> Iterator[None]:
    """A bell that answers as if all were well."""

    def answer(request: Request) -> None:
        request.reply({"version": "0", "armed": False, "store": {"ok": True}})

    server = ControlServer(pi.machine.path("/run/floodbell/floodbell.sock"), answer)
    server.start()
    try:
        yield
    finally:
        server.close()


def test_the_pins_of_a_running_bell_are_its_own(pi: PaperPi) -> None:
    """Also on a kernel that does not tell which process holds which line."""
    pi.machine.held = dict.fromkeys((5, 13, 16, 17, 26), "lg")
    assert pi.examined()["pin:sensors.float.pin"].grade is BAD, "nobody of ours runs"
    pi.process(330, "floodbell", unit="floodbell.service", holds="anon_inode:gpio-line")
    with running(pi):
        assert [id for id in pi.examined() if id.startswith("pin:")] == []
        pi.machine.held[16] = "relay"
        verdict = pi.examined()["pin:bell.siren_pin"]
    assert (verdict.grade, "relay" in verdict.found) == (BAD, True)


def test_without_systemd_the_service_is_skipped_and_nothing_is_bad_for_it(pi: PaperPi) -> None:
    pi.remove("/run/systemd")
    found = pi.examined()
    assert found["unit"].grade is SKIP
    assert found["watchdog"].grade is SKIP
    assert "files" not in found


def test_where_nothing_is_installed_the_doctor_judges_for_who_asks(pi: PaperPi) -> None:
    pi.unit(LoadState="not-found", ActiveState="inactive", UnitFileState="")
    pi.replace("/etc/passwd", "floodbell", "nobody")
    found = pi.examined()
    assert found["unit"].grade is WARN
    assert found["user"].grade is SKIP
    assert found["state"].grade is Grade.GOOD


def test_a_user_that_needs_no_group_is_named_without_a_colon(pi: PaperPi) -> None:
    text = (pi.root / "etc/floodbell/floodbell.toml").read_text(encoding="utf-8")
    bell = text[: text.index("[sensors.float]")]
    pi.write("/etc/floodbell/floodbell.toml", bell, mode=0o640)
    assert pi.examined()["user"].found == "floodbell"


def test_a_machine_without_time_zones_says_so(pi: PaperPi, monkeypatch: pytest.MonkeyPatch) -> None:
    # A package of this name would do as well, and its parts that were loaded before.
    for name in {"tzdata", *(one for one in sys.modules if one.startswith("tzdata."))}:
        monkeypatch.setitem(sys.modules, name, None)
    zoneinfo.reset_tzpath([])
    zoneinfo.ZoneInfo.clear_cache()
    try:
        verdict = pi.examined()["timezone"]
    finally:
        zoneinfo.reset_tzpath()
    assert (verdict.grade, "tzdata" in verdict.remedy) == (WARN, True)


def test_settings_that_the_service_does_not_read_are_not_judged_for_it(pi: PaperPi) -> None:
    """A technician tries something with a file of his own."""
    pi.config = pi.config.rename(pi.root / "mine.toml")
    pi.config.chmod(0o600)
    assert pi.examined()["settings-file"].grade is SKIP
    pi.unit(Environment="FLOODBELL_CONFIG=/mine.toml LG_WD=/run/floodbell")
    assert pi.examined()["settings-file"].grade is BAD


@pytest.mark.skipif(os.geteuid() == 0, reason="root enters all")
def test_a_state_directory_that_you_may_not_see_is_skipped(pi: PaperPi) -> None:
    pi.mode("/var/lib", 0)
    try:
        found = pi.examined()
    finally:
        pi.mode("/var/lib", 0o755)
    assert found["state"].grade is SKIP
    assert "unfinished:disk" not in found


def test_two_settings_on_one_pin_are_named_both(pi: PaperPi) -> None:
    pi.settings("strobe_pin = 13", "strobe_pin = 17")
    found = pi.examined()
    assert found["settings:sensors.float.pin"].found == "pin 17"
    assert "bell.strobe_pin" in found["settings:sensors.float.pin"].remedy
