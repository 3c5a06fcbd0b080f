"""Checks of what is installed beside the service: its files for systemd and udev, the watchdog."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from drivers.host import systemd
from edge.diagnose.examination import Examination
from edge.diagnose.packaged import install_again, is_packaged, place_in_package
from edge.diagnose.unit_file import shipped
from edge.diagnose.verdict import Subject, Verdict, bad, good, skip, warn
from edge.locale import _

_PLACES: Final = {
    "sysusers.d/floodbell.conf": ("/etc/sysusers.d", "systemd-sysusers"),
    "tmpfiles.d/floodbell.conf": ("/etc/tmpfiles.d", "systemd-tmpfiles --create"),
    "modules-load.d/floodbell.conf": (
        "/etc/modules-load.d",
        "systemctl restart systemd-modules-load",
    ),
    "udev/rules.d/60-floodbell.rules": (
        "/etc/udev/rules.d",
        "udevadm control --reload && sudo udevadm trigger",
    ),
    "system.conf.d/floodbell-watchdog.conf": (
        "/etc/systemd/system.conf.d",
        "systemctl daemon-reload",
    ),
    "journald.conf.d/floodbell.conf": (
        "/etc/systemd/journald.conf.d",
        "systemctl restart systemd-journald",
    ),
    "floodbell-failure.service": ("/etc/systemd/system", "systemctl daemon-reload"),
    "floodbell-failure.timer": (
        "/etc/systemd/system",
        "systemctl enable --now floodbell-failure.timer",
    ),
}
"""Each file that comes with the service, where it belongs, and what makes it count.

Source: docs/install.md, section 3. A package puts them under ``/usr/lib`` instead; what is in
``/etc`` goes before it (systemd.unit(5), tmpfiles.d(5) and their like).
"""

LONGEST_S: Final = 15
"""What the watchdog of a Pi can count to, nearly: more is refused, or wrapped to a few seconds.

Source: systemd#27427; raspberrypi/linux PR 7432; bcm2835_wdt: 0xFFFFF/65536 s.
"""


def check_installed(examination: Examination) -> Iterator[Verdict]:
    """Whether everything is in its place that docs/install.md puts there."""
    if examination.installed:
        yield _files(examination)
    yield _watchdog(examination)


def _files(examination: Examination) -> Verdict:
    name, folder = Subject("files", _("installed files")), shipped()
    if folder is None:
        return skip(name, _("the shipped ones are not here to compare with"))
    missing, other, packaged = [], [], is_packaged(examination.machine)
    for file, (place, _command) in _PLACES.items():
        target = f"{place}/{Path(file).name}"
        # What lies in /etc goes before what the package has.
        found = examination.machine.text(target)
        if found is None and packaged:
            found = examination.machine.text(f"{place_in_package(place)}/{Path(file).name}")
        if found is None:
            missing.append(file)
        elif found.strip() != (folder / file).read_text(encoding="utf-8").strip():
            other.append(file)
    if missing:
        return warn(
            name,
            _("missing: {files}").format(files=", ".join(missing)),
            install_again() if packaged else " ; ".join(_put(folder, file) for file in missing),
        )
    if other:
        return warn(
            name,
            _("not those of this version: {files}").format(files=", ".join(other)),
            install_again() if packaged else " ; ".join(_put(folder, file) for file in other),
        )
    return good(name, _("all in place"))


def _put(folder: Path, file: str) -> str:
    place, command = _PLACES[file]
    return f"sudo install -D -m 644 -t {place} {folder / file} && sudo {command}"


def _watchdog(examination: Examination) -> Verdict:
    """Judge the board's own watchdog.

    Source: watchdog-class in the kernel's ABI documentation; systemd-system.conf(5),
    RuntimeWatchdogSec=.
    """
    name, machine = Subject("watchdog", _("board's watchdog")), examination.machine
    folder = "/sys/class/watchdog/watchdog0"
    identity = machine.text(f"{folder}/identity")
    if identity is None:
        return skip(name, _("this board has none: nobody restarts it when it hangs"))
    arm = _put(shipped() or Path("systemd"), "system.conf.d/floodbell-watchdog.conf")
    manager = systemd.manager_properties(machine)
    if manager is None:
        return skip(
            name, _("{identity}; no systemd here that could be asked").format(identity=identity)
        )
    asked = manager.get("RuntimeWatchdogUSec", "0")
    if asked in ("0", "off", "infinity"):
        return warn(name, _("{identity} is there and not armed").format(identity=identity), arm)
    if machine.text(f"{folder}/state") == "inactive":
        return bad(
            name,
            _("{identity}: systemd asked for {time} and did not get it").format(
                identity=identity, time=asked
            ),
            _("RuntimeWatchdogSec= at most {limit} s: {arm}").format(limit=LONGEST_S, arm=arm),
        )
    seconds = machine.number(f"{folder}/timeout")
    return good(
        name, _("{identity}, {seconds} s").format(identity=identity, seconds=seconds or "?")
    )
