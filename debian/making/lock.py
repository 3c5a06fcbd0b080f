"""``make lock``: pins every library of the program, with its hashes, for all systems at once.

Owns ``requirements.lock``. Invariant: it names no place that libraries are fetched from.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

from debian.making.libraries import LOCK, ROOT

_OLDEST_PYTHON: Final = "3.11"
_LOCK_S: Final = 300.0
_HEAD: Final = """\
# Every library of the program, for each Python and processor that it runs on. Written by
# `make lock` from pyproject.toml; the package (`make deb`) takes nothing that does not match.
"""


def main() -> int:
    """Write the lock anew; return the exit code."""
    wanted = ("pyproject.toml", "debian/lgpio.in")
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-config", *wanted]
    system = ("--universal", "--python-version", _OLDEST_PYTHON)
    form = ("--generate-hashes", "--no-header", "--no-emit-index-url", "--no-emit-find-links")
    told = subprocess.run(
        [*command, *system, *form, "--upgrade"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        timeout=_LOCK_S,
    )
    Path(LOCK).write_text(_HEAD + told.stdout, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
