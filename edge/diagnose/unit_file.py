"""What stands in unit files: the shipped one, and the one that is in force here.

Owns the reading of unit files and of what ships with the program; it judges nothing.

Source: systemd.syntax(7), systemd.service(5).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from edge.diagnose.examination import Examination

_PACKAGED: Final = Path(sys.prefix, "share/floodbell/systemd")
_SOURCES: Final = Path(__file__).parents[2] / "systemd"


def shipped() -> Path | None:
    """Return the folder of what this version brings for systemd, or None if it is not there."""
    return next((folder for folder in (_PACKAGED, _SOURCES) if folder.is_dir()), None)


def entries(text: str, section: str = "Service") -> Iterator[tuple[str, str]]:
    """Yield each ``key, value`` of a section, in order."""
    inside = False
    for line in map(str.strip, text.replace("\\\n", " ").splitlines()):
        if line.startswith("["):
            inside = line == f"[{section}]"
        elif inside and line and line[0] not in "#;" and "=" in line:
            key, _equals, value = line.partition("=")
            yield key.strip(), value.strip()


def drop_ins(examination: Examination) -> list[Path]:
    """Return the files that change our unit, as the machine names them."""
    paths = (examination.unit or {}).get("DropInPaths", "")
    return [Path(path) for path in paths.split()]


def credentials_loaded(examination: Examination) -> set[Path]:
    """Return the files and folders that systemd hands to our service as credentials.

    ``systemctl show`` does not print them ("[unprintable]", systemd 252), so the files are read.
    """
    unit = examination.unit or {}
    loaded: set[Path] = set()
    for file in (unit.get("FragmentPath", ""), *map(str, drop_ins(examination))):
        if not file:
            continue
        for key, value in entries(examination.machine.text(file) or ""):
            if key in ("LoadCredential", "LoadCredentialEncrypted"):
                _id, _colon, path = value.partition(":")
                loaded = loaded | {Path(path)} if value else set()
    return loaded
