"""Checks of who may do what: the service's user and groups, the settings, the secrets, and you.

Judges for the user of the service, whoever asks. Access control lists are not looked at.
"""

from __future__ import annotations

import shlex
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from drivers.host.accounts import User, group_id
from drivers.host.machine import is_open_to_others
from edge.diagnose.examination import SERVICE_GROUP, SERVICE_USER, Examination
from edge.diagnose.header import uses_header
from edge.diagnose.ports import serial_ports, spi_devices
from edge.diagnose.settings import credential_names
from edge.diagnose.unit_file import credentials_loaded
from edge.diagnose.verdict import Subject, Verdict, bad, good, skip, warn
from edge.locale import _
from edge.settings import DEFAULT_PATH

_OTHERS: Final = stat.S_IROTH | stat.S_IWOTH | stat.S_IXOTH


def check_permissions(examination: Examination) -> Iterator[Verdict]:
    """Whether the service may do what it has to, and nobody else too much."""
    service = examination.service_user
    if service is None and not examination.installed:
        yield skip(Subject("user", _("service user")), _("not installed as a service here"))
        return
    if service is None:
        yield bad(
            Subject("user", _("service user")),
            _("there is no user {user}").format(user=SERVICE_USER),
            _("make it: sudo systemd-sysusers (docs/install.md, section 3: The service)"),
        )
        return
    yield _groups(examination, service)
    yield _settings_file(examination, service)
    yield from _credentials(examination, service)
    yield from _asking(examination)


def groups_needed(examination: Examination) -> list[str]:
    """Name the groups whose devices the settings use.

    Source: Raspberry Pi OS and systemd/udev/rules.d/60-floodbell.rules: serial ports belong to
    dialout, header pins to gpio, SPI to spi.
    """
    settings = examination.settings
    uses = {
        "dialout": any("://" not in port for port in serial_ports(settings).values()),
        "gpio": uses_header(settings),
        "spi": bool(spi_devices(settings)),
    }
    return [group for group, is_used in uses.items() if is_used]


def _groups(examination: Examination, service: User) -> Verdict:
    name = Subject("user", _("service user"))
    needed = groups_needed(examination)
    numbers = {group: group_id(examination.machine, group) for group in needed}
    if unknown := [group for group, number in numbers.items() if number is None]:
        # A unit that names an unknown group does not start at all: systemd.exec(5), status 216.
        return bad(
            name,
            _("there is no group {groups}").format(groups=", ".join(unknown)),
            _("make it: sudo systemd-sysusers (docs/install.md, section 3: The service)"),
        )
    if missing := [group for group, number in numbers.items() if number not in service.gids]:
        return bad(
            name,
            _("{user} is not in the group {groups}").format(
                user=SERVICE_USER, groups=", ".join(missing)
            ),
            _("sudo usermod -aG {groups} {user}, then: sudo systemctl restart floodbell").format(
                groups=",".join(missing), user=SERVICE_USER
            ),
        )
    if not needed:
        return good(name, SERVICE_USER)
    return good(name, _("{user}: {groups}").format(user=SERVICE_USER, groups=", ".join(needed)))


def _settings_file(examination: Examination, service: User) -> Verdict:
    name, path = Subject("settings-file", _("settings file")), examination.config
    if not _of_the_service(examination):
        found = _("not the service's: that reads {path}").format(path=DEFAULT_PATH)
        return skip(name, found)
    mend = f"sudo chown root:{SERVICE_GROUP} {shlex.quote(str(path))}"
    mend += f" && sudo chmod 640 {shlex.quote(str(path))}"
    try:
        status, readable = path.stat(), service.may_read(path)
        closed = service.closed_folder(path, examination.machine.root)
    except OSError as fault:
        return skip(name, f"{path}: {fault.strerror}")
    if closed is not None:
        return bad(
            name,
            _("the service may not enter {folder}").format(folder=closed),
            f"sudo chgrp {SERVICE_GROUP} {closed} && sudo chmod 750 {closed}",
        )
    if not readable:
        return bad(name, _("the service may not read {path}").format(path=path), mend)
    if is_open_to_others(status, stat.S_IWOTH):
        return bad(name, _("anybody may change {path}").format(path=path), mend)
    if is_open_to_others(status, stat.S_IROTH) and examination.settings.contacts:
        return warn(name, _("anybody may read the phone numbers in {path}").format(path=path), mend)
    return good(name, str(path))


def _of_the_service(examination: Examination) -> bool:
    """Whether the service reads the very file that is examined."""
    known, unit = examination.machine.known_as(examination.config), examination.unit or {}
    told = f"{unit.get('ExecStart', '')} {unit.get('Environment', '')}"
    return known == DEFAULT_PATH or str(known) in told


def _credentials(examination: Examination, service: User) -> Iterator[Verdict]:
    """A secret is read by systemd, as root, or by the service itself; by nobody else.

    Source: systemd.exec(5), LoadCredential=.
    """
    settings = examination.settings
    names = credential_names(settings)
    folder = settings.paths.credentials
    name = Subject("credentials", _("credentials folder"))
    if not names:
        return
    files = {key: folder / file for key, file in names.items()}
    try:
        there = {key: file for key, file in files.items() if file.exists()}
        if not folder.is_dir():
            return  # "credential …" says so, for each
        handed = [key for key, file in there.items() if not _handed(examination, service, file)]
        yield from _too_open(name, folder, there)
    except PermissionError:
        yield skip(name, _("{folder} is closed to you: look with sudo").format(folder=folder))
        return
    for key in handed:
        yield bad(
            Subject(f"credential-way:{key}", _("way of credential {key}").format(key=key)),
            _("neither systemd nor the service reads {path}").format(path=there[key]),
            _(
                "sudo systemctl edit floodbell: under [Service]"
                " LoadCredential=floodbell:{folder}, then restart it"
            ).format(folder=folder),
        )


def _handed(examination: Examination, service: User, file: Path) -> bool:
    """Whether a secret reaches the service: by systemd, or because it may read the file."""
    loaded = credentials_loaded(examination)
    machine = examination.machine
    known = machine.known_as(file)
    if known in loaded or known.parent in loaded:
        return True
    return service.closed_folder(file, machine.root) is None and service.may_read(file)


def _too_open(name: Subject, folder: Path, there: dict[str, Path]) -> Iterator[Verdict]:
    open_folder = is_open_to_others(folder.stat(), _OTHERS)
    opened = sorted(
        {str(file) for file in there.values() if is_open_to_others(file.stat(), _OTHERS)}
    )
    if opened and open_folder:
        yield warn(
            name,
            _("anybody may read {paths}").format(paths=", ".join(opened)),
            f"sudo chmod 700 {folder} && sudo chmod 600 {' '.join(opened)}",
        )
    elif open_folder:
        yield warn(
            name, _("{folder} is open to anybody").format(folder=folder), f"sudo chmod 700 {folder}"
        )
    else:
        yield good(name, str(folder))


def _asking(examination: Examination) -> Iterator[Verdict]:
    """What you cannot see or do, unless you are root."""
    asking = examination.machine.asking()
    if asking.uid == 0 or examination.closed:  # then "daemon" says it
        return
    name = Subject("access", _("your permissions"))
    if group_id(examination.machine, SERVICE_GROUP) not in asking.gids:
        yield warn(
            name,
            _("you are not in the group {group}: no status, no silence").format(
                group=SERVICE_GROUP
            ),
            _("sudo usermod -aG {group} $USER, and log in again").format(group=SERVICE_GROUP),
        )
        return
    yield skip(name, _("who holds a port or a pin, only root can see: sudo floodbell doctor"))
