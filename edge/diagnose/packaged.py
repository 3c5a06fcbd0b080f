"""Whether floodbell came by its Debian package, and how that is mended: dpkg owns its files.

Source: debian/making/contents.py, the places of the package.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from drivers.host.machine import Machine
from edge.locale import _

_LIST: Final = "/var/lib/dpkg/info/floodbell.postinst"
"""Gone when the package is removed, also if its settings are kept."""


def is_packaged(machine: Machine) -> bool:
    """Whether dpkg has installed the program that this machine runs."""
    return machine.text(_LIST) is not None


def place_in_package(place: str) -> str:
    """Where the package has what a fitter puts into a folder of ``/etc`` by hand."""
    return str(Path("/usr/lib", Path(place).relative_to("/etc")))


def install_again() -> str:
    """What to do about a file that is not as the package brought it."""
    return _("install the package once more: sudo apt install --reinstall ./floodbell_….deb")
