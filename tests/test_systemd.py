"""The unit: it starts in any weather, and may touch nothing that it does not need."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edge.daemon import EXIT_SETTINGS
from edge.settings import credential, load
from edge.settings.tree import Paths

SYSTEMD = Path(__file__).parent.parent / "systemd"
UNIT = SYSTEMD / "floodbell.service"
FAILURE = SYSTEMD / "floodbell-failure.service"
UNITS = (UNIT, FAILURE, SYSTEMD / "floodbell-failure.timer")

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed here"
)


def values(section: str, key: str, unit: Path = UNIT) -> list[str]:
    """Every value of a key, in order."""
    found: list[str] = []
    here = ""
    for line in unit.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            here = line.strip("[]")
        elif here == section and line.startswith(f"{key}="):
            found.append(line.partition("=")[2])
    return found


@needs_systemd
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    for unit in UNITS:
        # verify wants the program to exist; the unit's own path exists only on a bell.
        text = unit.read_text().replace("/opt/floodbell/bin/floodbell", sys.executable)
        (tmp_path / unit.name).write_text(text)
    command = ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / u.name) for u in UNITS)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


@needs_systemd
@pytest.mark.parametrize(("unit", "tenths"), [(UNIT, 15), (FAILURE, 11)], ids=["bell", "failure"])
def test_the_exposure_stays_as_small_as_it_is(unit: Path, tenths: int) -> None:
    """1.6 is promised, 1.5 is what a service with access to pins and serial ports can reach."""
    command = ["systemd-analyze", "security", "--offline=true", f"--threshold={tenths}"]
    ran = subprocess.run(
        [*command, "--no-pager", str(unit)], capture_output=True, text=True, timeout=30, check=False
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
    # Back within 5 s and the watchdog's time: what does not heed SIGABRT is killed soon after.
    assert int(values("Service", "TimeoutAbortSec")[0]) < 5


def test_wrong_settings_are_not_read_once_a_second_for_years() -> None:
    """That would wear the card out; ``floodbell-failure`` starts the bell when they change."""
    assert values("Service", "RestartPreventExitStatus") == [str(EXIT_SETTINGS)]
    assert values("Unit", "OnFailure") == [FAILURE.name]
    assert FAILURE.name in values("Service", "ExecStopPost")[-1]


def test_a_reload_looks_at_the_settings_before_the_bell_is_told() -> None:
    checks, signals = values("Service", "ExecReload")
    assert "check-config" in checks
    assert signals == "/bin/kill -HUP $MAINPID"
    assert not checks.startswith("-")


def test_a_missing_folder_of_credentials_is_no_reason_to_stay_down() -> None:
    """Without a default, systemd refuses to start (243/CREDENTIALS). Source: systemd.exec(5)."""
    loaded = values("Service", "LoadCredential")[0].partition(":")[0]
    assert values("Service", "SetCredential")[0].partition(":")[0] == loaded


def test_the_sign_can_never_stop_the_bell() -> None:
    """Conflicts= works both ways, and so would anything that binds the bell to it."""
    for key in ("Conflicts", "PartOf", "Before", "RequiredBy", "BindsTo", "Requires"):
        assert values("Unit", key, FAILURE) == []
    assert "Conflicts" not in UNIT.read_text()


def test_the_sign_needs_nothing_of_the_bells_environment() -> None:
    command = values("Service", "ExecStart", FAILURE)[0].split()
    assert command[:2] == ["/usr/bin/python3", "-ISB"]
    tree = ast.parse((SYSTEMD / Path(command[2]).name).read_text(encoding="utf-8"))
    names = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert names <= sys.stdlib_module_names


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
    assert "LG_WD=/run/floodbell" in values("Service", "Environment")[0].split()


def test_what_a_thread_frees_is_free_for_all() -> None:
    """glibc reads its tunables from the environment, at the start only."""
    tunables = "GLIBC_TUNABLES=glibc.malloc.tcache_count=0"
    assert tunables in values("Service", "Environment")[0].split()


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


def test_the_log_is_bounded_and_no_line_of_it_wears_the_card() -> None:
    said = dict(
        line.split("=", 1)
        for line in (SYSTEMD / "journald.conf.d" / "floodbell.conf").read_text().splitlines()
        if "=" in line and not line.startswith("#")
    )
    assert said["Storage"] == "volatile"
    assert int(said["RuntimeMaxUse"].rstrip("M")) <= 16
    assert int(said["SystemMaxUse"].rstrip("M")) <= 100, "for whoever wants it on the card"
    assert int(said["RateLimitBurst"]) >= 1000, "an incident is never swallowed"


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


@pytest.mark.parametrize(
    ("count", "waits"), [(None, False), ("", False), ("9\n", False), ("10\n", True)]
)
def test_only_ten_starts_in_vain_make_it_wait(
    tmp_path: Path, count: str | None, waits: bool
) -> None:
    """A full /run leaves an empty count: a bell that fell in a flood is to be back in a second."""
    if count is not None:
        (tmp_path / "failed-starts").write_text(count)
    (tmp_path / "sleep").write_text("#!/bin/sh\ntouch slept\n")
    (tmp_path / "sleep").chmod(0o755)
    before = next(line for line in values("Service", "ExecStartPre") if "failed-starts" in line)
    script = before.partition(" -c '")[2].rstrip("'").replace("$$", "$")
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    subprocess.run(["sh", "-c", script], cwd=tmp_path, env=environment, check=False, timeout=20)
    assert (tmp_path / "slept").exists() is waits
