"""``python -m debian.making --arch arm64 --release trixie``: what ``make deb`` does."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from debian.making.contents import TREE
from debian.making.libraries import ROOT, build_wheel, install, lay_out
from debian.making.package import complete, pack
from debian.making.target import ARCHITECTURES, RELEASES, Target, here
from edge import __version__


def main() -> int:
    """Make one package; return the exit code."""
    usual = here()
    parser = argparse.ArgumentParser(prog="make deb", description=__doc__)
    parser.add_argument("--arch", choices=ARCHITECTURES, default=usual.arch)
    parser.add_argument("--release", choices=RELEASES, default=usual.name)
    parser.add_argument("--into", type=Path, default=ROOT / "dist")
    asked = parser.parse_args()
    target = Target(asked.release, asked.arch)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "root")
        wheel = build_wheel(Path(folder))
        install(wheel, lay_out(root / TREE, target), target)
        version = target.version(__version__)
        complete(root, target, version, _moment_s())
        made = pack(root, asked.into, target, version)
    sys.stdout.write(f"{made}\n")
    return 0


def _moment_s() -> int:
    """When this tree was committed: a package that is made again of it is the same."""
    command = ["git", "log", "-1", "--format=%ct"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return int(os.environ.get("SOURCE_DATE_EPOCH") or told.stdout.strip() or 0)


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main())
