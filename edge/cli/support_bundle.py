"""``floodbell support-bundle``: one file for whoever is to help, with no people in it."""

from __future__ import annotations

import getpass
import os
import platform
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from edge.cli import screen
from edge.cli.completing import files
from edge.cli.options import Asked, reporting
from edge.cli.outcome import CommandEnded
from edge.locale import _

if TYPE_CHECKING:
    from edge.diagnose.bundle import Made

_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a disk that is full or dead leaves only memory


@click.command(
    "support-bundle",
    help=_(
        "Pack logs, state and settings for whoever is to help."
        " Telephone numbers, names, the address and secrets are struck out."
    ),
)
@click.option(
    "--into",
    metavar="FILE",
    shell_complete=files,
    help=_("Where to write it [default: here, under a name with the time; .tar.gz]"),
)
@reporting
def support_bundle(asked: Asked, into: str | None) -> int:
    """Gather, write, and say how to fetch it."""
    from edge.diagnose.bundle import BundleRefused, CannotWrite, make

    targets = _targets(into)
    try:
        made = make(asked.config, targets, lambda name: _progress(asked, name))
    except CannotWrite as fault:
        words = _(
            "{path} cannot be written: {fault}. Nothing was left there. Write it elsewhere:"
            " floodbell support-bundle --into {memory}"
        ).format(path=targets[-1], fault=fault, memory=_MEMORY / _name())
        raise CommandEnded(words, as_json=asked.as_json) from fault
    except BundleRefused as leak:
        words = _(
            "Not written: {member} would still hold {kind}. Nothing has left this device."
            " Report this to the maintainers, with the name of the file only."
        ).format(member=leak.member, kind=leak.kind)
        raise CommandEnded(words, as_json=asked.as_json) from leak
    finally:
        _progress(asked, "")
    if asked.as_json:
        screen.show_json(
            {
                "path": str(made.path),
                "bytes": made.bytes,
                "members": made.members,
                "missing": made.missing,
            }
        )
        return 0
    _show(made)
    return 0


def _show(made: Made) -> None:
    screen.say_whole(
        _("{path}: {size} KiB, {count} files.").format(
            path=made.path, size=-(-made.bytes // 1024), count=len(made.members)
        ),
        "bold green",
    )
    if made.missing:
        screen.say()
        screen.show_table((_("missing"), _("why")), list(made.missing.items()))
        screen.say()
    screen.say(_("Numbers, names, address and secrets are struck out; README.txt in it says what."))
    screen.say(_("Fetch it, on your own computer:"))
    screen.say_whole(f"  scp {_user()}@{platform.node()}:{made.path} .")


def _targets(into: str | None) -> list[Path]:
    if into is None:
        folders = (Path.cwd(), Path(tempfile.gettempdir()), _MEMORY)
        return [folder / _name() for folder in dict.fromkeys(folders)]
    path = Path(into).absolute()
    return [path / _name() if path.is_dir() else path]


def _name() -> str:
    return f"floodbell-support-{time.strftime('%Y%m%d-%H%M%S')}.tar.gz"


def _user() -> str:
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):  # an account without a name
        return "USER"


def _progress(asked: Asked, name: str) -> None:
    """Show on a terminal what is being gathered: the doctor may take a quarter of a minute."""
    if asked.as_json or not sys.stderr.isatty():
        return
    sys.stderr.write(f"\r\x1b[K{name}")
    sys.stderr.flush()
