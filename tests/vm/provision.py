"""``python -m tests.vm.provision``: put this tree into a machine of the rig, and keep the machine.

It gets the Debian package, as a system image would: installed before there is a running systemd.
What is kept is bound to a stamp of everything that went into it; a machine with the stamp of this
tree is left as it is.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import run
from typing import Final

from tests.vm.machine import NAME, ROOT, Machine, rig_program, why_not
from tests.vm.settings import SETTINGS

STAMP: Final = "etc/floodbell-vm-stamp"
_INSTALL: Final = ROOT / "docs" / "install.md"
_DOWNLOAD_S: Final = 600.0


def say(words: str) -> None:
    """Tell whoever started this."""
    sys.stderr.write(f"floodbell: {words}\n")


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Say how long it took."""
    began_s = time.monotonic()
    yield
    say(f"{what}: {time.monotonic() - began_s:.1f} s")


def build_wheel(folder: Path) -> Path:
    """Build the wheel of this tree."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    return next(folder.glob("*.whl"))


def stamp_of(wheel: Path, cache: Path) -> str:
    """What the machine is made of, in hex."""
    made_of = hashlib.sha256()
    with zipfile.ZipFile(wheel) as members:
        for member in sorted(members.infolist(), key=lambda info: info.filename):
            made_of.update(f"{member.filename} {member.CRC} {member.file_size}\n".encode())
    made_of.update(SETTINGS.encode())
    packaging = sorted(file for file in (ROOT / "debian").rglob("*") if _counts(file))
    made_with = (*packaging, ROOT / "requirements.lock", Path(__file__), rig_program())
    for file in (*made_with, cache / "kernel" / "version"):
        made_of.update(file.read_bytes())
    made_of.update(str((cache / "base").stat().st_mtime_ns).encode())
    return made_of.hexdigest()


def _counts(file: Path) -> bool:
    return file.is_file() and "__pycache__" not in file.parts


def build_package(folder: Path) -> Path:
    """Build the Debian package of this tree for the machine: Debian 12 on this processor."""
    command = [sys.executable, "-m", "debian.making", "--release", "bookworm", "--arch", "amd64"]
    run([*command, "--into", str(folder)], cwd=ROOT, check=True, timeout=_DOWNLOAD_S)
    return next(folder.glob("*.deb"))


def cache_of(machine: Machine) -> Path:
    """Where the rig keeps what it built."""
    return machine.folder.parents[1]


def wanted_stamp(machine: Machine) -> str:
    """The stamp of this tree."""
    with tempfile.TemporaryDirectory() as folder:
        return stamp_of(build_wheel(Path(folder)), cache_of(machine))


def kept_stamp(machine: Machine) -> str | None:
    """The stamp of the machine that is kept; None if there is none."""
    cache = cache_of(machine)
    kept = cache / "root" / STAMP
    # The rig removes these two as soon as somebody makes a root tree or a disk of his own.
    if not (kept.exists() and (cache / "image.raw").exists()):
        return None
    return kept.read_text() if (cache / f"saved-{NAME}.qcow2").exists() else None


def written(section: str) -> str:
    """The commands of a section of docs/install.md; root needs no ``sudo``."""
    text = _INSTALL.read_text(encoding="utf-8").split(f"\n## {section}\n")[1].split("\n## ")[0]
    block = re.findall(r"^(?: {4}.*\n)+", text, re.MULTILINE)[0]
    return re.sub(r"^ *sudo |(?<=&& )sudo ", "", block, flags=re.MULTILINE)


def others(cache: Path) -> list[str]:
    """Other machines that run now; a new disk would pull theirs from under them."""
    names = [folder.name for folder in (cache / "run").glob("*") if folder.name != NAME]
    return [name for name in names if Machine(name).running]


def make(machine: Machine, package: Path, stamp: str) -> None:
    """Make a fresh root tree with the package in it, boot it with settings, and save it."""
    machine.off()
    with timed("root tree with the package"):
        machine.rig("root", "new", timeout_s=300)
        machine.rig("root", "put", str(package), f"/srv/{package.name}")
        machine.rig("root", "run", "dpkg", "-i", f"/srv/{package.name}", timeout_s=300)
        machine.rig("root", "run", "rm", f"/srv/{package.name}")
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(stamp)
            file.flush()
            machine.rig("root", "put", file.name, f"/{STAMP}")
    with timed("disk and boot"):
        machine.rig("image", timeout_s=120)
        machine.rig("boot", timeout_s=300)
    with timed("settings"):
        with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
            file.write(SETTINGS)
            file.flush()
            machine.put(Path(file.name), "/etc/floodbell/floodbell.toml")
        machine.exec("systemd-tmpfiles", "--create")
        machine.exec("floodbell", "check-config")
    with timed("saving it"):
        machine.rig("save", NAME, timeout_s=120)


def main() -> int:
    """Provision if need be; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="even if nothing has changed")
    asked = parser.parse_args()
    if reason := why_not():
        say(f"no machine: {reason}")
        return 0  # the tests are then skipped, and say so
    machine = Machine()
    if not (cache_of(machine) / "kernel" / "version").exists():
        with timed("building the rig, once"):
            machine.rig("deps", timeout_s=_DOWNLOAD_S)
            machine.rig("build", timeout_s=_DOWNLOAD_S)
    with tempfile.TemporaryDirectory() as folder:
        wheel = build_wheel(Path(folder))
        stamp = stamp_of(wheel, cache_of(machine))
        if not asked.fresh and kept_stamp(machine) == stamp:
            say("the machine of this tree is there already")
            return 0
        if running := others(cache_of(machine)):
            say(f"the rig has one disk for all: power off {', '.join(running)} first")
            return 1
        try:
            with timed("the machine"):
                make(machine, build_package(Path(folder)), stamp)
        finally:
            machine.off()
    return 0


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main())
