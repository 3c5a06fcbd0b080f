"""What a power cut, or dpkg amid a dist-upgrade, leaves of an upgrade: the shell by itself."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from debian.making.libraries import ROOT

LIBEXEC = ROOT / "debian" / "libexec"


def release(home: Path, name: str) -> Path:
    """A release whose unit says whose it is."""
    folder = home / "floodbell-releases" / name
    pieces = folder / "share" / "floodbell" / "systemd"
    pieces.mkdir(parents=True)
    (pieces / "floodbell.service").write_text(f"# of {name}\n")
    return folder


def run(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run shell pieces on places below a folder, where no systemd runs."""
    (folder / "units").mkdir(exist_ok=True)
    pieces = "".join(
        f". {LIBEXEC}/{piece}.sh\n" for piece in ("words", "trees", "system", "store", "trial")
    )
    places = (
        f"home={folder}/floodbell releases={folder}/floodbell-releases units={folder}/units\n"
        f"state={folder}/state before={folder}/before\nrunning_systemd() {{ false; }}\n"
    )
    return subprocess.run(
        ["sh", "-euc", f"{pieces}{places}{script}"],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def test_a_link_that_a_power_cut_left_behind_keeps_no_later_version_out(tmp_path: Path) -> None:
    later = release(tmp_path, "later")
    (tmp_path / "floodbell-releases" / "link").symlink_to("floodbell-releases/cut")
    ran = run(tmp_path, f"put_into_force {later}")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert (tmp_path / "floodbell").resolve() == later


def test_a_cut_between_units_and_link_is_undone_with_the_units(tmp_path: Path) -> None:
    old, tried = release(tmp_path, "old"), release(tmp_path, "tried")
    assert run(tmp_path, f"put_into_force {old}").returncode == 0
    (tmp_path / "before").mkdir()
    (tmp_path / "before" / "release").write_text(f"{tried}\n")
    assert run(tmp_path, f"place_units {tried}").returncode == 0  # and then the power went
    ran = run(tmp_path, "undo_trial")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert (tmp_path / "units" / "floodbell.service").read_text() == "# of old\n"
    assert (tmp_path / "floodbell").resolve() == old
    assert not tried.exists()


def test_the_bell_runs_on_while_dpkg_deconfigures_its_package(tmp_path: Path) -> None:
    """Amid a dist-upgrade: a bell that was stopped then would be started by nobody."""
    told = tmp_path / "told"
    systemctl = tmp_path / "systemctl"
    systemctl.write_text(f'#!/bin/sh\necho "$@" >>{told}\n')
    systemctl.chmod(0o755)
    script = (ROOT / "debian/maintainer/prerm").read_text(encoding="utf-8")
    # As in a machine with systemd, and nobody to ask for an incident.
    script = script.replace("#OPEN-INCIDENT#", "refuse_while_needed() { :; }")
    script = script.replace("[ -d /run/systemd/system ]", "true")
    for what, stopped in (("deconfigure", False), ("upgrade", False), ("remove", True)):
        subprocess.run(
            ["sh", "-c", script, "prerm", what],
            env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
            check=True,
            timeout=20,
        )
        assert told.exists() is stopped, what
