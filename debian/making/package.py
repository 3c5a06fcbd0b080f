"""One package: the files in their places, the field of control, and dpkg-deb."""

from __future__ import annotations

import subprocess
from pathlib import Path
from string import Template
from typing import Final

from debian.making.bill import bill_of_materials
from debian.making.contents import (
    PAPERS,
    TREE,
    even_out,
    link_pieces,
    place_completions,
    place_ours,
    place_papers,
)
from debian.making.copyright import copyright_file
from debian.making.libraries import ROOT
from debian.making.target import Target

PROGRAM: Final = "floodbell"
SCRIPTS: Final = ("preinst", "postinst", "prerm", "postrm")

_PACK_S: Final = 600.0


def complete(root: Path, target: Target, version: str, moment_s: int) -> None:
    """Add all that belongs to a package to a root with the virtual environment in it.

    Args:
        root: With the virtual environment at ``TREE``.
        target: What it is made for.
        version: Of the package.
        moment_s: The time that its files get, Unix seconds.
    """
    libraries = root / TREE / "lib" / f"python{target.python}" / "site-packages"
    link_pieces(root)
    place_ours(root)
    place_completions(root)
    place_papers(root)
    bill = bill_of_materials(libraries, PROGRAM, version)
    (root / PAPERS / "floodbell.cdx.json").write_text(bill, encoding="utf-8")
    papers = copyright_file(libraries, PROGRAM)
    (root / PAPERS / "copyright").write_text(papers, encoding="utf-8")
    even_out(root, moment_s)
    _control(root, target, version)


def _control(root: Path, target: Target, version: str) -> None:
    folder = root / "DEBIAN"
    folder.mkdir()
    size = sum(path.lstat().st_size for path in root.rglob("*") if not path.is_dir())
    control = Template((ROOT / "debian/control.in").read_text(encoding="utf-8")).substitute(
        version=version, arch=target.arch, depends=target.depends, size_kib=size // 1024
    )
    (folder / "control").write_text(control, encoding="utf-8")
    asking = (ROOT / "debian/maintainer/open-incident.sh").read_text(encoding="utf-8")
    for script in SCRIPTS:
        text = (ROOT / "debian/maintainer" / script).read_text(encoding="utf-8")
        # They run before the files of the package are there, or after: each is whole by itself.
        text = text.replace("#OPEN-INCIDENT#\n", asking).replace("#VERSION#", version)
        (folder / script).write_text(text, encoding="utf-8")
        (folder / script).chmod(0o755)


def pack(root: Path, folder: Path, target: Target, version: str) -> Path:
    """Pack a root into a package; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{PROGRAM}_{version}_{target.arch}.deb"
    command = ["dpkg-deb", "--root-owner-group", "-Zzstd", "-z12", "--build", str(root), str(file)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=_PACK_S)
    return file
