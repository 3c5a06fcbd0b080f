"""Where the system's log is: on the card, each line of anybody that stands alone is dear.

Source: systemd-journald.service(8), its two places: ``/run/log/journal`` is given up when the log
goes on in ``/var/log/journal``. docs/card.md, what a line costs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from drivers.host.machine import Machine
from drivers.host.mounts import mount_of
from edge.diagnose.examination import Examination
from edge.diagnose.verdict import Subject, Verdict, good, skip, warn
from edge.locale import _

_IN_MEMORY: Final = "/run/log/journal"
_ON_DISK: Final = "/var/log/journal"

LINE_KB: Final = 260
"""What a lone line makes the kernel write: each page of the journal that it touched."""


def check_system_log(examination: Examination) -> Iterator[Verdict]:
    """Whether the log of the system wears the card."""
    name, machine = Subject("system-log", _("system log")), examination.machine
    if _in(machine, _IN_MEMORY):
        yield good(name, _("in memory: it spares the card"))
    elif not _in(machine, _ON_DISK):
        yield skip(name, _("no log of systemd here"))
    elif (mount := mount_of(machine, machine.path(_ON_DISK))) is not None and mount.forgets:
        yield good(name, _("in memory: it spares the card"))
    else:
        yield warn(
            name,
            _("on the card: a line that stands alone costs it up to {kb} kB").format(kb=LINE_KB),
            _(
                "sudo systemctl restart systemd-journald; if that does not help, look for"
                " Storage= in /etc/systemd/journald.conf and journald.conf.d"
            ),
        )


def _in(machine: Machine, place: str) -> bool:
    """Whether there is a log of some machine; its folder may be closed to whoever asks."""
    try:
        return any(machine.path(place).iterdir())
    except OSError:
        return False
