"""Checks of the Debian package: a trial of a new version that was left, and a system that went on.

Owns the judgement of what an upgrade leaves behind. Where the program did not come by its package,
there is nothing to judge.

Source: debian/libexec/trial.sh and store.sh, the places of a trial; debian/making/target.py, one
package for one Python.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Final

from edge.diagnose.examination import Examination
from edge.diagnose.packaged import is_packaged
from edge.diagnose.verdict import Subject, Verdict, bad, good, skip, warn
from edge.locale import _

_COPY: Final = "/var/lib/floodbell-before"
_MARK: Final = "/run/floodbell-trial"
_PYTHON: Final = "/usr/bin/python3"


def check_package(examination: Examination) -> Iterator[Verdict]:
    """Whether the last upgrade came to its end, and the package is that of this Debian."""
    if not is_packaged(examination.machine):
        return
    yield _upgrade(examination)
    yield from _system(examination)


def _upgrade(examination: Examination) -> Verdict:
    machine = examination.machine
    name = Subject("upgrade", _("last upgrade"))
    if not machine.path(_COPY).is_dir():
        return good(name, _("come to its end"))
    if machine.text(_MARK):
        return skip(name, _("a new version is being tried: look again in five minutes"))
    return bad(
        name,
        _("not come to its end: {path} is still there").format(path=_COPY),
        "sudo /usr/libexec/floodbell/release settle",
    )


def _system(examination: Examination) -> Iterator[Verdict]:
    """A bell goes on with the Python of its Debian when the system has gone on to the next."""
    name = Subject("system", _("system"))
    theirs = examination.machine.path(_PYTHON).resolve().name
    ours = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if not theirs.startswith("python3."):
        return  # none, or a program that stands before it
    if theirs != ours:
        yield warn(
            name,
            _("newer than the package: its Python is {theirs}, the bell's {ours}").format(
                theirs=theirs, ours=ours
            ),
            _(
                "the bell works; install the package for this Debian: "
                "docs/install.md, section 2: The program"
            ),
        )
    else:
        yield good(name, _("the one that the package is for"))
