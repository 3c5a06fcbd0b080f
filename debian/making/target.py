"""Which system a package is for: one release of Debian (so one Python) and one processor."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ARCHITECTURES: Final = {"amd64": "x86_64", "arm64": "aarch64"}
"""Debian's name of each processor, and everybody else's. 32-bit systems lack wheels."""


@dataclass(frozen=True, slots=True)
class Release:
    """One release of Debian.

    Attributes:
        number: Of the release, as it stands in the package's version.
        python: Its Python, which the binary wheels are made for.
        glibc: Its C library, which says which wheels run.
        own_lgpio: Whether it has ``python3-lgpio``, which is then used in place of a wheel.
    """

    number: int
    python: tuple[int, int]
    glibc: tuple[int, int]
    own_lgpio: bool


RELEASES: Final = {
    "bookworm": Release(12, (3, 11), (2, 36), own_lgpio=False),
    "trixie": Release(13, (3, 13), (2, 41), own_lgpio=True),
}
"""Source: the packages python3, libc6 and python3-lgpio of both releases."""


@dataclass(frozen=True, slots=True)
class Target:
    """What one package is made for."""

    name: str
    arch: str

    @property
    def release(self) -> Release:
        """What is known of its release."""
        return RELEASES[self.name]

    @property
    def python(self) -> str:
        """Such as ``3.11``."""
        return ".".join(map(str, self.release.python))

    @property
    def platform(self) -> str:
        """The platform, in the words of uv's ``--python-platform``."""
        glibc = "_".join(map(str, self.release.glibc))
        # uv knows manylinux up to 2_40: newer wheels than that are not taken.
        newest = "2_40" if self.release.glibc > (2, 40) else glibc
        return f"{ARCHITECTURES[self.arch]}-manylinux_{newest}"

    @property
    def depends(self) -> str:
        """The field Depends: exactly this Python, for the wheels are binary.

        By the name of its own package, which stays where it is when the system goes on to the next
        Debian. With ``python3 (<< 3.12)`` apt's full-upgrade removes the bell in passing.
        """
        wanted = [
            f"python{self.python}",
            "python3",
            f"libc6 (>= {'.'.join(map(str, self.release.glibc))})",
            *("libgcc-s1", "libstdc++6", "systemd", "udev"),
        ]
        return ", ".join([*wanted, "python3-lgpio"] if self.release.own_lgpio else wanted)

    def version(self, upstream: str) -> str:
        """The version of the package: newer on a newer Debian, so that an upgrade of it goes on."""
        return f"{upstream}+deb{self.release.number}"


def here() -> Target:
    """This machine, as far as packages are made for it; else the most usual one."""
    known = {theirs: ours for ours, theirs in ARCHITECTURES.items()}
    release = "bookworm"
    for line in Path("/etc/os-release").read_text(encoding="utf-8").splitlines():
        if line.startswith("VERSION_CODENAME="):
            named = line.partition("=")[2].strip('"')
            release = named if named in RELEASES else release
    return Target(release, known.get(platform.machine(), "amd64"))
