"""Where everything but the program itself goes: files for systemd and udev, completions, papers."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from debian.making.libraries import HOME, ROOT

TREE: Final = "usr/lib/floodbell"
"""The virtual environment as dpkg knows it; the release in force is made of it at installation."""

PAPERS: Final = "usr/share/doc/floodbell"

_LIBEXEC: Final = "usr/libexec/floodbell"
_UNITS: Final = "usr/lib/systemd/system"

_PLACES: Final = {
    "sysusers.d": "usr/lib/sysusers.d",
    "tmpfiles.d": "usr/lib/tmpfiles.d",
    "modules-load.d": "usr/lib/modules-load.d",
    "udev": "usr/lib/udev",
    "sysctl.d": "usr/lib/sysctl.d",
}
"""Folders of ``systemd/`` that are not systemd's own. Source: the FILES section of each manual."""

_COMPLETIONS: Final = {
    "bash": "usr/share/bash-completion/completions/floodbell",
    "zsh": "usr/share/zsh/vendor-completions/_floodbell",
    "fish": "usr/share/fish/vendor_completions.d/floodbell.fish",
}


_UNITS_OF_OURS: Final = (".service", ".timer", ".path", ".target", ".socket")


def place_of(piece: Path) -> Path | None:
    """Where a file of ``systemd/`` belongs on a machine, relative to its root.

    Args:
        piece: Relative to ``systemd/``.

    Returns:
        Its place; None for what a unit merely runs, which stays where it is.
    """
    top = piece.parts[0]
    if top in _PLACES:
        return Path(_PLACES[top], *piece.parts[1:])
    if top.endswith(".conf.d"):
        return Path("usr/lib/systemd", piece)
    if is_unit(piece) or top.endswith(".d"):  # or a drop-in for a unit
        return Path(_UNITS, piece)
    return None


def is_unit(piece: Path) -> bool:
    """Whether a file of ``systemd/`` is a unit.

    Units are copied into their place when a release is put into force (debian/libexec/trees.sh).
    ``systemctl enable`` would follow a link in their place, and name the release for good.
    """
    return len(piece.parts) == 1 and piece.suffix in _UNITS_OF_OURS


def link_pieces(root: Path) -> None:
    """Link each file for systemd and udev, but for units, to the release in force.

    Links, so that one rename puts all of them and the program into force together: a power cut in
    the midst of an upgrade, or an upgrade that is undone, does not leave them mixed.
    """
    share = root / TREE / "share" / "floodbell" / "systemd"
    for piece in sorted(path.relative_to(share) for path in share.rglob("*") if path.is_file()):
        place = place_of(piece)
        if place is None or is_unit(piece):
            continue
        link = root / place
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(Path(HOME, "share/floodbell/systemd", piece))
    (root / _UNITS).mkdir(parents=True, exist_ok=True)


def place_ours(root: Path) -> None:
    """Put the command, the helpers of the maintainer scripts and the boot-time unit there."""
    (root / "usr/bin").mkdir(parents=True)
    (root / "usr/bin/floodbell").symlink_to(f"{HOME}/bin/floodbell")
    (root / _LIBEXEC).mkdir(parents=True)
    for helper in sorted((ROOT / "debian/libexec").iterdir()):
        shutil.copyfile(helper, root / _LIBEXEC / helper.name)
        (root / _LIBEXEC / helper.name).chmod(0o644 if helper.suffix else 0o755)
    undo = "floodbell-undo-upgrade.service"
    shutil.copyfile(ROOT / "debian" / undo, root / _UNITS / undo)
    wanted = root / _UNITS / "multi-user.target.wants"
    wanted.mkdir(parents=True)
    (wanted / undo).symlink_to(f"../{undo}")


def place_completions(root: Path) -> None:
    """Let the shells complete what is typed."""
    for shell, place in _COMPLETIONS.items():
        file = root / place
        file.parent.mkdir(parents=True)
        command = [sys.executable, "-m", "edge", "completion", shell]
        told = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=30)
        file.write_bytes(told.stdout)


def place_papers(root: Path) -> None:
    """Put manuals and what changed there; how much of it a small system keeps is dpkg's affair."""
    papers = root / PAPERS
    papers.mkdir(parents=True)
    for page in ROOT.glob("README*.md"):
        shutil.copyfile(page, papers / page.name)
    shutil.copytree(ROOT / "docs", papers / "docs")
    changes = (ROOT / "CHANGELOG.md").read_bytes()
    (papers / "changelog.gz").write_bytes(gzip.compress(changes, mtime=0))


def even_out(root: Path, moment_s: int) -> None:
    """Give every file the modes of a package, and none a later time than the release."""
    for path in (root, *_all(root)):
        if path.is_symlink():
            os.utime(path, (moment_s, moment_s), follow_symlinks=False)
            continue
        executable = path.is_dir() or path.stat().st_mode & 0o100
        path.chmod(0o755 if executable else 0o644)
        os.utime(path, (moment_s, moment_s))


def _all(root: Path) -> Iterator[Path]:
    yield from sorted(root.rglob("*"))
