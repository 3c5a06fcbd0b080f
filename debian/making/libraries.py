"""The virtual environment: the libraries of the lock, for another system than this.

Invariant: nothing is installed that the lock does not name with its hash, nothing is built from
source, and nothing of what is installed is run.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from debian.making.target import Target

ROOT: Final = Path(__file__).resolve().parents[2]
LOCK: Final = ROOT / "requirements.lock"
HOME: Final = "/opt/floodbell"
"""Where a bell finds the program: a link to the release in force, see debian/libexec."""

_FETCH_S: Final = 900.0

_COMMAND: Final = f"""\
#!{HOME}/bin/python3
import sys

from edge.cli import main

sys.exit(main())
"""


def build_wheel(folder: Path) -> Path:
    """Build the wheel of this tree."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    return next(folder.glob("*.whl"))


def lay_out(tree: Path, target: Target) -> Path:
    """Make an empty virtual environment by hand, for a Python that need not be here.

    Returns:
        The folder of its libraries.
    """
    libraries = tree / "lib" / f"python{target.python}" / "site-packages"
    libraries.mkdir(parents=True)
    binaries = tree / "bin"
    binaries.mkdir()
    # Not /usr/bin/python3, which is another one after an upgrade to the next Debian.
    (binaries / "python3").symlink_to(f"/usr/bin/python{target.python}")
    (binaries / "python").symlink_to("python3")
    system = str(target.release.own_lgpio).lower()
    (tree / "pyvenv.cfg").write_text(
        f"home = /usr/bin\ninclude-system-site-packages = {system}\nversion = {target.python}\n"
        f"executable = /usr/bin/python{target.python}\n"
    )
    (binaries / "floodbell").write_text(_COMMAND)
    (binaries / "floodbell").chmod(0o755)
    return libraries


def install(wheel: Path, libraries: Path, target: Target) -> None:
    """Put the libraries of the lock and the wheel into a virtual environment."""
    _install(libraries, target, ("--require-hashes", "-r", str(LOCK)))
    _install(libraries, target, ("--no-deps", str(wheel)))
    move_data(libraries)


def move_data(libraries: Path) -> None:
    """Put what an installer laid beside the libraries where a virtual environment has it.

    Commands of libraries are left out: nobody types them, and they name a path of this machine.
    """
    tree = libraries.parents[2]
    for command in (libraries / "bin").glob("*"):
        command.unlink()
    for beside in ("bin", "include"):
        if (libraries / beside).is_dir() and not any((libraries / beside).iterdir()):
            (libraries / beside).rmdir()
    ours = libraries / "share" / "floodbell"
    (tree / "share").mkdir()
    ours.rename(tree / "share" / "floodbell")
    shutil.rmtree(libraries / "share")  # manual pages of commands that are not there


def _install(libraries: Path, target: Target, what: Sequence[str]) -> None:
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-config"]
    system = ("--python-platform", target.platform, "--python-version", target.python)
    where = ("--target", str(libraries), "--only-binary", ":all:", "--link-mode", "copy")
    subprocess.run([*command, *system, *where, *what], check=True, timeout=_FETCH_S)
