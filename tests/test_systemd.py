"""The unit: it starts in any weather, and may touch nothing that it does not need."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edge.settings import credential, load
from edge.settings.tree import Paths

SYSTEMD = Path(__file__).parent.parent / "systemd"
UNIT = SYSTEMD / "floodbell.service"

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed here"
)


def values(section: str, key: str) -> list[str]:
    """Every value of a key, in order."""
    found: list[str] = []
    here = ""
    for line in UNIT.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            here = line.strip("[]")
        elif here == section and line.startswith(f"{key}="):
            found.append(line.partition("=")[2])
    return found


@needs_systemd
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    # verify wants the program to exist; the unit's own path exists only on a bell.
    unit.write_text(UNIT.read_text().replace("/opt/floodbell/bin/floodbell", sys.executable))
    command = ["systemd-analyze", "verify", "--man=no", str(unit)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


@needs_systemd
def test_the_exposure_is_at_most_one_point_six() -> None:
    """1.6 is what a service with access to pins and serial ports can reach."""
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=16", "--no-pager"]
    ran = subprocess.run(
        [*command, str(UNIT)], capture_output=True, text=True, timeout=30, check=False
    )
    assert ran.returncode == 0, ran.stdout[-300:]


def test_the_bell_waits_for_neither_network_nor_clock() -> None:
    for key in ("After", "Wants", "Requires", "BindsTo"):
        assert values("Unit", key) == []


def test_the_bell_is_started_again_for_ever() -> None:
    assert values("Service", "Restart") == ["always"]
    assert values("Service", "RestartSec") == ["1"]
    assert values("Unit", "StartLimitIntervalSec") == ["0"]
    assert values("Service", "Type") == ["notify"]
    assert 20 <= int(values("Service", "WatchdogSec")[0]) <= 60


def test_the_journal_of_reports_outlives_a_restart() -> None:
    assert values("Service", "RuntimeDirectoryPreserve") == ["yes"]


def test_exactly_the_ports_of_a_bell_are_allowed() -> None:
    # As /proc/devices names them; spidev.c registers itself as "spi".
    kinds = ["ttyUSB", "ttyACM", "ttyAMA", "ttyS", "gpiochip", "spi"]
    assert values("Service", "DeviceAllow") == [f"char-{kind} rw" for kind in kinds]
    assert values("Service", "DevicePolicy") == ["closed"]


def test_nothing_that_gpiozero_needs_is_hidden() -> None:
    assert values("Service", "ProcSubset") == ["all"]
    assert values("Service", "PrivateDevices") == ["no"]
    assert values("Service", "Environment") == ["LG_WD=/run/floodbell"]


def test_every_group_of_the_unit_is_made() -> None:
    """A unit that names a missing group does not start."""
    made = (SYSTEMD / "sysusers.d" / "floodbell.conf").read_text().split("\n")
    groups = set(values("Service", "SupplementaryGroups")[0].split())
    for group in groups - {"dialout"}:  # on every Debian, from its base-passwd
        assert any(line.startswith(f"g {group} ") for line in made), group


def test_the_hardware_watchdog_stays_below_what_the_board_can_count() -> None:
    text = (SYSTEMD / "system.conf.d" / "floodbell-watchdog.conf").read_text()
    seconds = int(text.split("RuntimeWatchdogSec=")[1].split("s")[0])
    assert seconds <= 15


def test_a_credential_is_found_under_the_name_that_systemd_gives_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A directory given to LoadCredential= becomes ID_FILENAME, see systemd.exec(5)."""
    identity, _, folder = values("Service", "LoadCredential")[0].partition(":")
    assert folder == str(Paths().credentials)
    (tmp_path / f"{identity}_sim-pin").write_text("1234\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    settings = load(SYSTEMD.parent / "config" / "floodbell.example.toml")
    assert credential(settings, "sim-pin") == "1234"
