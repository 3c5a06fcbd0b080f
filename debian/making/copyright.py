"""The file ``copyright``: our licence, and that of every library that travels with us, in full."""

from __future__ import annotations

from importlib.metadata import Distribution
from pathlib import Path, PurePath
from typing import Final

from debian.making.bill import installed, license_of
from debian.making.libraries import ROOT

_TEXTS: Final = ("LICEN", "COPYING", "NOTICE", "AUTHORS")
_RULE: Final = "-" * 78


def copyright_file(libraries: Path, program: str) -> str:
    """Return its text.

    Args:
        libraries: A ``site-packages``.
        program: Which of them is ours.

    Raises:
        FileNotFoundError: The licence text of a library is nowhere to be found.
    """
    parts = [
        f"{program} is under the Apache License, version 2.0; on Debian its text is in\n"
        "/usr/share/common-licenses/Apache-2.0. The package brings these libraries along, each\n"
        f"under its own licence, whose text follows:\n\n{_RULE}\n",
        f"{program}\n\n{(ROOT / 'LICENSE').read_text(encoding='utf-8')}",
    ]
    for library in installed(libraries):
        if library.name != program:
            title = f"{library.name} {library.version}: {license_of(library)}"
            parts.append("\n".join([f"{_RULE}\n{title}\n", *_texts(library)]))
    return "\n".join(parts)


def _texts(library: Distribution) -> list[str]:
    """Its licence texts; where its wheel lacks them, what ``debian/licences`` has of its source.

    Raises:
        FileNotFoundError: There is none: without it we may not pass the library on.
    """
    paths = [Path(str(library.locate_file(file))) for file in library.files or () if _is_text(file)]
    if not paths:
        paths = [ROOT / "debian/licences" / f"{library.name}.txt"]
    return [path.read_text(encoding="utf-8", errors="replace") for path in paths]


def _is_text(file: PurePath) -> bool:
    if file.parent.name == "licenses" and ".dist-info" in str(file):
        return True
    named = file.name.upper()
    return named.startswith(_TEXTS) and not named.endswith((".PY", ".PYC", ".SO"))
