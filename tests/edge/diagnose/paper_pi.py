"""A Raspberry Pi on paper: the files of a good one laid out in a folder, to be broken by tests.

Nothing of it is ours but the settings: /proc, /sys, /etc, /run are as the kernel and systemd write
them; ``systemctl`` and ``timedatectl`` are programs of that name that print what systemd 252
printed in the virtual machine of tests/vm. What no file can show (GPIO lines, space, the time of a
write) is in ``PaperMachine``.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

import pytest

from drivers.host.machine import Asking, Machine, Space
from drivers.ports.lines import Line
from edge.diagnose.doctor import CHECKS, Check, examine
from edge.diagnose.verdict import Verdict
from edge.locale import use

RECORDED: Final = Path(__file__).parent / "recorded"
SHIPPED: Final = Path(__file__).parents[3] / "systemd"
SERVICE_UID: Final = 4242
STRANGE_GID: Final = 4343
CARD: Final = "devices/platform/emmc2bus/fe340000.mmc/mmc_host/mmc0/mmc0:aaaa/block/mmcblk0"

MOUNTS: Final = """\
21 1 179:2 / / rw,noatime shared:1 - ext4 /dev/root rw
22 21 0:5 / /dev rw,relatime shared:2 - devtmpfs d rw,size=356712k,mode=755
23 21 0:20 / /proc rw,nosuid,nodev,noexec,relatime shared:5 - proc proc rw
24 21 0:21 / /sys rw,nosuid,nodev,noexec,relatime shared:6 - sysfs sysfs rw
30 21 0:25 / /run rw,nosuid,nodev shared:11 - tmpfs tmpfs rw,size=144684k,mode=755
40 21 179:1 / /boot/firmware rw,relatime shared:20 - vfat /dev/mmcblk0p1 rw
"""

SETTINGS: Final = """
[site]
id = "jongno-0042"
district = "jongno"
address = "서울 종로구 창신길 12-3 B01호"
[sensors.door]
driver = "simulated"
script = [[0, 0]]
[sensors.float]
driver = "float_switch"
pin = 17
height_mm = 150
contact = "normally_closed"
[bell]
button_pin = 5
siren_pin = 16
strobe_pin = 13
lamp_pin = 26
[contacts.mother]
role = "guardian"
phone = "+821012345678"
[modem]
port = "{root}/dev/ttyUSB2"
sim_pin_credential = "sim-pin"
[paths]
state = "{root}/var/lib/floodbell"
run = "{root}/run/floodbell"
credentials = "{root}/etc/floodbell/credentials"
"""


class PaperMachine(Machine):
    """A machine whose files are in a folder."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.held: dict[int, str] = {}
        self.left = Space(free_bytes=4 << 30, free_inodes=100_000, read_only=False)
        self.took_s = 0.004
        self.who = Asking(0, frozenset({0}))

    def lines(self, chip: Path, offsets: Collection[int]) -> Mapping[int, Line]:
        assert chip.exists()
        return {pin: Line(pin in self.held, self.held.get(pin, "")) for pin in offsets}

    def space(self, folder: Path) -> Space:
        assert folder.is_dir()
        return self.left

    def write_s(self, folder: Path) -> float:
        assert folder.is_dir()
        return self.took_s

    def asking(self) -> Asking:
        return self.who


class PaperPi:
    """A Pi with floodbell installed as docs/install.md says; each method breaks something."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = folder / "root"
        self.machine = PaperMachine(self.root)
        self._bin = folder / "bin"
        monkeypatch.setenv("PATH", f"{self._bin}:{os.environ['PATH']}")
        monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")
        monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
        self.config = self.root / "etc/floodbell/floodbell.toml"
        self._system()
        self._board()
        self._installation()

    def examined(self, checks: Sequence[Check] = CHECKS) -> dict[str, Verdict]:
        """What the doctor says, by the verdicts' ids."""
        use("en")
        found = examine(self.config, machine=self.machine, checks=checks)
        ids = [verdict.id for verdict in found]
        assert len(set(ids)) == len(ids), "each id once"
        return {verdict.id: verdict for verdict in found}

    # Changing something

    def write(self, path: str, text: str, mode: int = 0o644) -> Path:
        """Put a file there, as the machine names it."""
        file = self.machine.path(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        file.chmod(mode)
        return file

    def remove(self, path: str) -> None:
        """Take a file or a folder away."""
        file = self.machine.path(path)
        if file.is_dir():
            shutil.rmtree(file)
        else:
            file.unlink()

    def replace(self, path: str, old: str, new: str) -> None:
        """Change words in a file."""
        file = self.machine.path(path)
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    def mode(self, path: str, mode: int) -> None:
        """Change who may do what with a file."""
        self.machine.path(path).chmod(mode)

    def settings(self, old: str, new: str) -> None:
        """Change the settings file."""
        self.replace("/etc/floodbell/floodbell.toml", old, new)

    def unit(self, **properties: str) -> None:
        """Let systemd say something else of the service."""
        self._says("systemctl.unit", properties)

    def manager(self, **properties: str) -> None:
        """Let systemd say something else of itself."""
        self._says("systemctl.manager", properties)

    def clock(self, **properties: str) -> None:
        """Let timedatectl say something else."""
        self._says("timedatectl.said", properties)

    def process(
        self, pid: int, name: str, *, unit: str = "", holds: str = "", fdinfo: str = ""
    ) -> None:
        """Let a process run, which may hold something open."""
        self.write(f"/proc/{pid}/comm", f"{name}\n")
        self.write(f"/proc/{pid}/cmdline", f"/usr/bin/{name}\0")
        group = f"0::/system.slice/{unit}" if unit else "0::/user.slice/user-1000.slice/s.scope"
        self.write(f"/proc/{pid}/cgroup", f"{group}\n")
        if holds:
            handle = self.machine.path(f"/proc/{pid}/fd/7")
            handle.parent.mkdir()
            handle.symlink_to(holds)
            self.write(f"/proc/{pid}/fdinfo/7", f"pos:\t0\nflags:\t02\n{fdinfo}")

    def _says(self, file: str, properties: Mapping[str, str]) -> None:
        path = self._bin / file
        lines = path.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if line.partition("=")[0] not in properties]
        kept += [f"{key}={value}" for key, value in properties.items()]
        path.write_text("\n".join(kept) + "\n", encoding="utf-8")

    # A good one

    def _system(self) -> None:
        """Accounts, mounts and systemd."""
        gid = os.getgid()  # of the files that are laid out here
        self.write("/etc/passwd", f"floodbell:x:{SERVICE_UID}:{gid}::/:/usr/sbin/nologin\n")
        groups = ("floodbell", "dialout", "gpio", "spi")
        self.write("/etc/group", "".join(f"{group}:x:{gid}:\n" for group in groups))
        self.write("/proc/self/mountinfo", MOUNTS)
        self.write("/proc/cmdline", "console=tty1 root=PARTUUID=1-02 rootfstype=ext4 rootwait\n")
        self.write("/proc/meminfo", "MemTotal: 441920 kB\nMemAvailable: 268812 kB\n")
        self.process(301, "systemd-timesyn", unit="systemd-timesyncd.service")
        self.machine.path("/run/systemd/system").mkdir(parents=True)
        self._bin.mkdir()
        recorded = (RECORDED / "systemctl-show-floodbell.txt").read_text(encoding="utf-8")
        (self._bin / "systemctl.unit").write_text(recorded, encoding="utf-8")
        (self._bin / "systemctl.manager").write_text("RuntimeWatchdogUSec=14s\n", encoding="utf-8")
        (self._bin / "timedatectl.said").write_text(
            "Timezone=Asia/Seoul\nLocalRTC=no\nCanNTP=yes\nNTP=yes\nNTPSynchronized=yes\n",
            encoding="utf-8",
        )
        programs = {
            "systemctl": 'case "$*" in *floodbell.service*) f=unit;; *) f=manager;; esac',
            "timedatectl": "f=said",
        }
        for name, choice in programs.items():
            program = self._bin / name
            program.write_text(f'#!/bin/sh\n{choice}\nexec cat "$0.$f"\n', encoding="utf-8")
            program.chmod(0o755)

    def _board(self) -> None:
        """A Pi 4 with a card, a watchdog, a modem on USB, and nothing on its header."""
        self.write("/dev/gpiochip0", "", 0o660)
        self.write("/dev/ttyUSB2", "", 0o660)
        self.write("/sys/devices/platform/soc/soc:firmware/get_throttled", "0\n")
        self.write("/sys/class/thermal/thermal_zone0/temp", "48312\n")
        self.write("/sys/class/watchdog/watchdog0/identity", "Broadcom BCM2835 Watchdog timer\n")
        self.write("/sys/class/watchdog/watchdog0/timeout", "14\n")
        self.write("/sys/class/watchdog/watchdog0/state", "active\n")
        self.write("/sys/fs/ext4/mmcblk0p2/errors_count", "0\n")
        self.write(f"/sys/{CARD}/mmcblk0p2/partition", "2\n")
        link = self.machine.path("/sys/dev/block/179:2")
        link.parent.mkdir(parents=True)
        link.symlink_to(f"../../{CARD}/mmcblk0p2")

    def packaged(self, *missing: str) -> None:
        """The files for the system came by the Debian package, all but those named."""
        self.write("/var/lib/dpkg/info/floodbell.postinst", "#!/bin/sh\n")
        for file in SHIPPED.rglob("*/*"):
            piece = str(file.relative_to(SHIPPED))
            if not file.is_file() or file.suffix == ".pyc":
                continue
            folder = "systemd" if piece.startswith("system.conf.d") else ""
            self.machine.path(f"/etc/{folder}/{piece}").unlink(missing_ok=True)
            if piece not in missing:
                self.write(f"/usr/lib/{folder}/{piece}", file.read_text(encoding="utf-8"))

    def _installation(self) -> None:
        """Docs/install.md, 3 and 4, and a bell that has run."""
        self.write("/etc/floodbell/floodbell.toml", SETTINGS.format(root=self.root), 0o640)
        self.write("/etc/floodbell/credentials/sim-pin", "1234\n", 0o600)
        self.mode("/etc/floodbell/credentials", 0o700)
        self.mode("/etc/floodbell", 0o750)
        for source, target in (
            ("floodbell.service", "/etc/systemd/system/"),
            ("sysusers.d/floodbell.conf", "/etc/sysusers.d/"),
            ("tmpfiles.d/floodbell.conf", "/etc/tmpfiles.d/"),
            ("modules-load.d/floodbell.conf", "/etc/modules-load.d/"),
            ("udev/rules.d/60-floodbell.rules", "/etc/udev/rules.d/"),
            ("system.conf.d/floodbell-watchdog.conf", "/etc/systemd/system.conf.d/"),
            ("journald.conf.d/floodbell.conf", "/etc/systemd/journald.conf.d/"),
            ("floodbell-failure.service", "/etc/systemd/system/"),
            ("floodbell-failure.timer", "/etc/systemd/system/"),
        ):
            text = (SHIPPED / source).read_text(encoding="utf-8")
            self.write(target + Path(source).name, text)
        self.machine.path("/run/log/journal/0123456789abcdef").mkdir(parents=True)
        for folder in ("/var/lib/floodbell", "/run/floodbell"):
            self.machine.path(folder).mkdir(parents=True)
            self.mode(folder, 0o770)
        self.write("/run/floodbell/report.journal", "", 0o660)
