"""Checks of what the bell remembers on: the state directory, the disk under it, the card."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Final

from drivers.host.machine import Machine
from drivers.host.mounts import Mount, mount_of
from edge.diagnose.examination import SERVICE_USER, Examination, TookTooLong, within
from edge.diagnose.verdict import Subject, Verdict, bad, good, skip, warn
from edge.locale import _

FREE_AT_LEAST_MIB: Final = 16
FREE_INODES_AT_LEAST: Final = 100
"""The bell needs a dozen files. Our figure."""

SLOW_WRITE_S: Final = 0.25
"""What the store may keep an alarm waiting; after it delivery goes on from memory (design §3)."""

WRITTEN_WITHIN_S: Final = 5.0

_WORN: Final = 0x09
_WORN_OUT: Final = 0x0B
"""Tenths of a card's life that are used up: 9 is 80 to 90 %, 11 beyond its end.

Source: kernel documentation, mmc-dev-attrs, life_time and pre_eol_info (1 normal, 2 80 % of the
reserve used, 3 urgent); JEDEC eMMC 5.0. Plain SD cards do not tell.
"""

_MIB: Final = 2**20


def check_disk(examination: Examination) -> Iterator[Verdict]:
    """Room for the database, a directory that the service may write, a card that keeps it."""
    state, machine = examination.settings.paths.state, examination.machine
    name = Subject("state", _("state directory"))
    try:
        there = state.is_dir()
    except PermissionError:
        yield skip(name, _("{path} is closed to you: look with sudo").format(path=state))
        return
    mount = mount_of(machine, state)
    if not there and examination.daemon is None and state.parent.is_dir():
        # The service's StateDirectory= makes it at the first start: until then nothing is wrong.
        yield skip(
            name,
            _("{path} is not there yet: made at the first start").format(path=state),
        )
        state = state.parent
    elif not there:
        yield bad(
            name,
            _("{path} is not there").format(path=state),
            _("systemd makes it: sudo systemctl start floodbell"),
        )
        return
    else:
        yield _directory(examination, name, state, mount)
    yield from _space(machine, state, examination.settings.store.max_mb)
    yield from _card(machine, mount)
    if there:
        yield _write(machine, state)


def _directory(
    examination: Examination, name: Subject, state: Path, mount: Mount | None
) -> Verdict:
    machine = examination.machine
    if (mount is not None and mount.read_only) or machine.space(state).read_only:
        return bad(
            name,
            _("{path} is on a disk that is read-only").format(path=state),
            _("the card is dying, or locked: dmesg | grep -i -E 'ext4|mmc'; replace it"),
        )
    if mount is not None and mount.forgets:
        return bad(
            name,
            _("{path} is in memory ({kind}): all is forgotten at a restart").format(
                path=state, kind=mount.kind
            ),
            _("put it on the card; with the overlay file system, on a partition of its own"),
        )
    service = examination.service_user
    try:
        writable = service is None or service.may_write_in(state)
    except OSError as fault:
        return skip(name, f"{state}: {fault.strerror}")
    if not writable:
        return bad(
            name,
            _("{path} belongs to somebody else").format(path=state),
            f"sudo chown -R {SERVICE_USER}: {state}",
        )
    return good(name, str(state))


def _space(machine: Machine, state: Path, max_mb: int) -> Iterator[Verdict]:
    name = Subject("disk", _("disk"))
    space = machine.space(state)
    free_mib = space.free_bytes // _MIB
    found = _("{free} MiB free").format(free=free_mib)
    if space.free_inodes is not None and space.free_inodes < FREE_INODES_AT_LEAST:
        yield bad(
            name,
            _("room for {count} more files only").format(count=space.free_inodes),
            _("too many small files: {command}").format(command="sudo du --inodes -x / | sort -n"),
        )
    elif free_mib < FREE_AT_LEAST_MIB:
        yield bad(
            name,
            found,
            _("free space ({command}), or replace the card").format(
                command="sudo journalctl --vacuum-size=50M; sudo apt-get clean"
            ),
        )
    elif free_mib < max_mb:
        yield warn(
            name,
            found,
            _("less than store.max_mb = {max_mb}: free space").format(max_mb=max_mb),
        )
    else:
        yield good(name, found)


def _card(machine: Machine, mount: Mount | None) -> Iterator[Verdict]:
    """What the card, or the file system on it, knows of its own end.

    Source: kernel documentation, ABI sysfs-fs-ext4, errors_count: since the last fsck.
    """
    if mount is None:
        return
    name = Subject("card", _("card"))
    device = machine.path(f"/sys/dev/block/{mount.device}").resolve()
    errors = machine.number(f"/sys/fs/ext4/{device.name}/errors_count")
    if errors:
        yield warn(
            name,
            _("{device}: {count} error(s) of its file system").format(
                device=device.name, count=errors
            ),
            _(
                "add fsck.mode=force to /boot/firmware/cmdline.txt for one start;"
                " if they come back, replace the card"
            ),
        )
        return
    yield from _wear(device)
    if errors == 0:
        yield good(Subject("card", _("card")), _("{device}: no errors").format(device=device.name))


def _wear(partition: Path) -> Iterator[Verdict]:
    """The partition's folder lies in that of its card."""
    for card in (partition, partition.parent):
        lives = _hex_numbers(card / "device/life_time")
        reserve = max(_hex_numbers(card / "device/pre_eol_info"), default=0)
        if not lives:
            continue
        name = Subject("card-life", _("life of the card"))
        used = max(lives)
        found = _("{card}: {percent} % used up").format(card=card.name, percent=used * 10)
        remedy = _("replace the card before the rainy season")
        if used >= _WORN_OUT or reserve >= 3:
            yield bad(name, found, remedy)
        elif used >= _WORN or reserve == 2:
            yield warn(name, found, remedy)
        else:
            yield good(name, found)
        return


def _hex_numbers(file: Path) -> list[int]:
    try:
        return [int(word, 16) for word in file.read_text(encoding="ascii").split()]
    except (OSError, ValueError):
        return []


def _write(machine: Machine, state: Path) -> Verdict:
    """Write through to the disk, as the store does at each alarm; no file stays behind.

    A good card stalls now and then too: the middle one of three counts.
    """
    name = Subject("write", _("writing to the disk"))
    try:
        took_s = within(
            WRITTEN_WITHIN_S, lambda: median(machine.write_s(state) for _turn in range(3))
        )
    except PermissionError:
        return skip(name, _("{path} is closed to you: look with sudo").format(path=state))
    except TookTooLong:
        took_s = WRITTEN_WITHIN_S
    except OSError as fault:
        return bad(name, f"{state}: {fault.strerror}", _("the card is full, locked or dying"))
    found = _("{ms:.0f} ms for 4 KiB").format(ms=took_s * 1000)
    if took_s >= WRITTEN_WITHIN_S:
        return bad(name, found, _("the card is dying: replace it"))
    if took_s > SLOW_WRITE_S:
        return warn(
            name,
            found,
            _("slower than the {ms:.0f} ms that an alarm waits: use a better card").format(
                ms=SLOW_WRITE_S * 1000
            ),
        )
    return good(name, found)
