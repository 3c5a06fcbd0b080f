"""What the trials on other systems share: which files are tried, and how a system gets them.

Owns the copy. Invariant: what is tried is this working tree as it stands, changes that are not
committed included, and nothing that was made in it (``.venv``, caches, compiled catalogues).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final, NoReturn

ROOT: Final = Path(__file__).parents[2]
GENTLE: Final = ("nice", "-n", "10")
"""A trial takes every core for minutes: whoever works beside it goes first."""


def give_up(sentence: str) -> NoReturn:
    """End with a sentence that says what to do."""
    sys.exit(f"floodbell: {sentence}")


def need_root(target: str) -> None:
    """Only root may unpack a system with its owners and devices, and change into it."""
    if os.geteuid() != 0:
        give_up(f"a system in a folder is made and entered by root: run 'sudo make {target}'.")


def need(program: str, package: str) -> None:
    """End unless a program is there."""
    if shutil.which(program) is None:
        give_up(f"{program} is missing: install it (apt-get install {package}), then run it again.")


def cache(variable: str, name: str) -> Path:
    """Where a system is kept between two trials: the folder that a variable names, or the usual."""
    if named := os.environ.get(variable):
        return Path(named).absolute()
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches) / name


def files() -> list[str]:
    """Every file of the working tree that git keeps, or would if it were added."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout
    names = {os.fsdecode(name) for name in listed.split(b"\0") if name}
    return sorted(name for name in names if (ROOT / name).is_file())


def lay_out(into: Path) -> None:
    """Make a folder's files those of the working tree; what was built there beside them stays."""
    list_of_files = into / ".git" / "laid-out"
    if not list_of_files.parent.exists():  # tests of the tree ask git what belongs to it
        subprocess.run(["git", "init", "--quiet", str(into)], check=True, capture_output=True)
    laid = list_of_files.exists()
    before = list_of_files.read_text(encoding="utf-8").split("\n") if laid else []
    now = files()
    for name in set(before) - set(now):
        (into / name).unlink(missing_ok=True)
    for name in now:
        source, target = ROOT / name, into / name
        if not target.is_file() or target.stat().st_mtime_ns != source.stat().st_mtime_ns:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    list_of_files.write_text("\n".join(now), encoding="utf-8")
