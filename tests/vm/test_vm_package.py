"""The Debian package in a machine with a real systemd: installed, upgraded, undone, purged.

The package is the one of this tree for this machine (``make deb``); its successors are the same
package with another version, one of which never reports READY and changes the schema of the store.
Each goes through the rig's container, whose root tree is made afresh.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from debian.making.contents import TREE
from tests.vm.machine import ROOT, Machine, why_not

pytestmark = [pytest.mark.vm, pytest.mark.timeout(1800), pytest.mark.xdist_group("vm-package")]

NAME = "floodbell-package"
SETTINGS = """
[site]
id = "jongno-0042"
district = "jongno"
address = "서울 종로구 창신길 12-3 B01호"
[sensors.door]
driver = "simulated"
script = [[0.0, 0.0], [60.0, 0.0]]
"""
_PASSING = "proc sys dev tmp run var/lib/dpkg var/log var/backups var/cache"
_PASSED_BY = " -o ".join(f"-path ./{folder}" for folder in _PASSING.split())
_LISTED = (
    f"cd / && find . -xdev \\( {_PASSED_BY} \\) -prune -o -print | sort;"
    " getent passwd | sort; getent group | sort"
)
_SLOW_S = 400.0


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """By version: 1 is this tree, 2 as good, 3 never ready and with another schema."""
    if reason := why_not():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("packages")
    command = [sys.executable, "-m", "debian.making", "--release", "bookworm", "--arch", "amd64"]
    subprocess.run([*command, "--into", str(folder)], cwd=ROOT, check=True, timeout=900)
    first = next(folder.glob("*.deb"))
    root = folder / "root"
    subprocess.run(["dpkg-deb", "--raw-extract", str(first), str(root)], check=True, timeout=120)
    made = {"1": first}
    libraries = root / TREE / "lib/python3.11/site-packages"
    for version in ("2", "3"):
        for script in ("control", "postinst"):
            file = root / "DEBIAN" / script
            file.write_text(re.sub(r"\d[\d.]*\+deb12", f"{version}.0+deb12", file.read_text()))
        if version == "3":
            notify = libraries / "drivers/host/notify.py"
            notify.write_text(notify.read_text().replace('"READY=1"', '"STATUS=never"'))
            store = libraries / "edge/store/database.py"
            later = '_MIGRATIONS += (lambda db: db.execute("CREATE TABLE later (name TEXT)"),)\n'
            store.write_text(f"{store.read_text()}\n{later}")
        made[version] = folder / f"{version}.deb"
        pack = ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build"]
        subprocess.run([*pack, str(root), str(made[version])], check=True, timeout=300)
    return made


@pytest.fixture(scope="module")
def machine(packages: dict[str, Path]) -> Iterator[Machine]:
    machine = Machine(NAME)
    machine.off()
    machine.rig("boot", "nspawn", timeout_s=120)
    for version, package in packages.items():
        machine.put(package, f"/srv/{version}.deb")
    yield machine
    machine.off()


def sh(machine: Machine, script: str, *, check: bool = True) -> str:
    return machine.exec("sh", "-c", f"{script} 2>&1", check=check, timeout_s=_SLOW_S).strip()


def user_version(machine: Machine) -> str:
    ask = "import sqlite3; print(sqlite3.connect('/var/lib/floodbell/floodbell.db')"
    return sh(machine, f"python3 -c \"{ask}.execute('PRAGMA user_version').fetchone()[0])\"")


def install_and_kill(machine: Machine, version: str) -> None:
    """Kill the script that tries a version, once its bell has been told to start."""
    sh(
        machine,
        f"setsid dpkg -i /srv/{version}.deb >/srv/told </dev/null & "
        "until [ -e /run/systemd/system/floodbell.service ]; do sleep 0.05; done; "
        "sleep 0.3; pkill -9 -f '[r]elease bring'; wait; "
        "until [ ! -s /run/floodbell-trial ]; do sleep 0.5; done",
    )


def test_a_trial_whose_script_is_killed_is_brought_to_its_end(machine: Machine) -> None:
    """Systemd's own guard does it: what is never ready is undone, and what is ready stays."""
    sh(machine, "dpkg --purge floodbell; rm -rf /opt/floodbell; dpkg -i /srv/1.deb")
    settings = f"cat >/etc/floodbell/floodbell.toml <<'E'\n{SETTINGS}E\n"
    machine.exec("sh", "-c", f"{settings}systemd-tmpfiles --create; systemctl start floodbell")
    first, schema = sh(machine, "readlink -f /opt/floodbell"), user_version(machine)

    install_and_kill(machine, "3")
    assert sh(machine, "readlink -f /opt/floodbell") == first
    assert sh(machine, "systemctl is-active floodbell") == "active"
    assert user_version(machine) == schema
    assert sh(machine, "cat /opt/floodbell-releases/refused") == "3.0+deb12"

    install_and_kill(machine, "2")
    assert "2.0+deb12" in sh(machine, "readlink -f /opt/floodbell")
    assert sh(machine, "systemctl is-active floodbell") == "active"
    left = "/var/lib/floodbell-before /run/systemd/system/floodbell.service"
    assert sh(machine, f"for p in {left}; do test ! -e $p || echo $p; done") == ""
    assert sh(machine, "dpkg --configure -a; systemctl is-active floodbell").endswith("\nactive")
    assert "ok installed" in sh(machine, "dpkg -s floodbell | grep Status")
    sh(machine, "dpkg --purge floodbell")


def test_ready_is_noted_beside_the_copy_by_systemd_itself(machine: Machine) -> None:
    """With script and guard both dead, a power cut takes nothing back of what was ready."""
    sh(machine, "dpkg --purge floodbell; rm -rf /opt/floodbell; dpkg -i /srv/1.deb")
    settings = f"cat >/etc/floodbell/floodbell.toml <<'E'\n{SETTINGS}E\n"
    machine.exec("sh", "-c", f"{settings}systemd-tmpfiles --create; systemctl start floodbell")
    sh(
        machine,
        "setsid dpkg -i /srv/2.deb >/srv/told </dev/null & "
        "until [ -e /run/systemd/system/floodbell.service ]; do sleep 0.05; done; "
        "systemctl stop floodbell-trial-guard; pkill -9 -f '[r]elease bring'; wait; "
        "until [ -e /var/lib/floodbell-before/ready ]; do sleep 0.5; done; sync",
    )
    machine.rig("powercut")
    machine.rig("boot", "nspawn", "--keep", timeout_s=120)
    sh(machine, "timeout 60 systemctl start floodbell")
    assert "2.0+deb12" in sh(machine, "readlink -f /opt/floodbell")
    assert sh(machine, "test -e /var/lib/floodbell-before || echo gone") == "gone"
    sh(machine, "dpkg --purge floodbell")


def test_a_package_lives_its_whole_life(machine: Machine, packages: dict[str, Path]) -> None:
    """One machine, in order: each step begins with what the one before has left."""
    assert set(packages) == {"1", "2", "3"}
    sh(machine, "dpkg --purge floodbell; rm -rf /opt/floodbell")  # whatever the tree came with
    before = sh(machine, _LISTED)

    told = sh(machine, "dpkg -i /srv/1.deb")
    assert "sudo floodbell init" in told
    assert "설정이 없습니다" in told
    assert sh(machine, "systemctl is-enabled floodbell") == "enabled"
    assert sh(machine, "floodbell status --lang en", check=False).startswith("No settings file")

    settings = f"cat >/etc/floodbell/floodbell.toml <<'E'\n{SETTINGS}E\n"
    machine.exec("sh", "-c", f"{settings}systemd-tmpfiles --create")
    sh(machine, "systemctl start floodbell")
    schema = user_version(machine)
    first = sh(machine, "readlink -f /opt/floodbell")

    sh(machine, "dpkg -i /srv/2.deb")
    assert sh(machine, "systemctl is-active floodbell") == "active"
    second = sh(machine, "readlink -f /opt/floodbell")
    assert second != first
    assert sh(machine, f"test -e {first} || echo gone") == "gone"

    told = sh(machine, "dpkg -i /srv/3.deb", check=False)
    assert "did not become ready; the version before runs again" in told
    assert sh(machine, "systemctl is-active floodbell") == "active"
    assert sh(machine, "readlink -f /opt/floodbell") == second
    assert user_version(machine) == schema, "the old version has its store back"
    process = sh(machine, "systemctl show --value -p MainPID floodbell")
    told = sh(machine, "dpkg --configure -a", check=False)
    assert "did not become ready when it was tried" in told
    assert sh(machine, "systemctl show --value -p MainPID floodbell") == process, "left alone"

    machine.rig("powercut")
    machine.rig("boot", "nspawn", "--keep", timeout_s=120)
    sh(machine, "timeout 60 systemctl start floodbell")
    assert sh(machine, "readlink -f /opt/floodbell") == second

    sh(machine, "dpkg -i /srv/2.deb")  # the way out: a version that works
    assert "ok installed" in sh(machine, "dpkg -s floodbell | grep Status")

    sh(machine, "dpkg --remove floodbell && mv /etc/floodbell/floodbell.toml /srv")
    told = sh(machine, "dpkg -i /srv/2.deb")
    assert "the bell goes on with the settings that it remembers" in told
    assert sh(machine, "systemctl is-active floodbell") == "active"
    sh(machine, "mv /srv/floodbell.toml /etc/floodbell && dpkg --remove floodbell")
    assert sh(machine, "cat /etc/floodbell/floodbell.toml").startswith("[site]")
    assert sh(machine, "test -s /var/lib/floodbell/floodbell.db && echo kept") == "kept"
    sh(machine, "dpkg --purge floodbell")
    assert sh(machine, _LISTED).splitlines() == before.splitlines()
    assert sh(machine, "find /var/lib/systemd -name '*floodbell*'") == ""
    assert "floodbell" not in sh(machine, "systemctl list-units --all 'floodbell*'")
