"""Where a picture is written. Loads nothing that draws: a wrong name is told before any work.

Invariant: under the name that was given stands a whole picture, or what stood there before; and no
file that is not a picture is replaced.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from edge.cli.options import Asked
from edge.cli.outcome import EXIT_SETTINGS, CommandEnded
from edge.locale import _

_PNG: Final = b"\x89PNG\r\n\x1a\n"
"""The first bytes of every PNG. Source: PNG specification (W3C), 5.2."""


class NotAPicture(Exception):
    """Under this name stands something else, that is not replaced."""


class NotDrawn(CommandEnded):
    """The picture cannot be written where it was asked for."""

    code = EXIT_SETTINGS


@contextmanager
def told(asked: Asked, path: Path) -> Iterator[None]:
    """End the command with a sentence where a picture cannot be written.

    Raises:
        NotDrawn: In place of what ``check`` and ``put`` raise.
    """
    try:
        yield
    except NotAPicture as error:
        words = _("{path}: is there and is no PNG; give another name").format(path=path)
        raise NotDrawn(words, as_json=asked.as_json) from error
    except OSError as error:
        raise NotDrawn(f"{path}: {error.strerror}", as_json=asked.as_json) from error


def check(path: Path) -> None:
    """Refuse a name under which something else stands.

    Raises:
        NotAPicture: It is a file with something else in it.
        OSError: It cannot be looked at, its folder is not there, or it is a folder.
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(2, os.strerror(2), str(path.parent))
    if path.is_dir():
        raise IsADirectoryError(21, os.strerror(21), str(path))
    if not path.is_file() or path.stat().st_size == 0:
        return  # not there, empty, or a pipe that wants the bytes
    with path.open("rb") as file:
        if file.read(len(_PNG)) != _PNG:
            raise NotAPicture(path)


def put(path: Path, picture: bytes) -> None:
    """Write a picture, whole or not at all.

    Raises:
        NotAPicture: A file with something else in it stands there.
        OSError: It cannot be written.
    """
    check(path)
    if path.exists() and not path.is_file():
        path.write_bytes(picture)
        return
    path = path.resolve()  # of a link, the file that it leads to
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        fresh.write_bytes(picture)
        fresh.replace(path)
    except OSError:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise
