"""How a command reaches the store: the file that the daemon writes, read whether or not it runs.

Owns the way from a settings file to the logs, the time zone in which they are told, and what
becomes of a store that is not there, not ours to read, or damaged. Of the settings only single
values are read and nothing is judged: a slip elsewhere in the file must not hide what happened.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from edge.cli.arguments import tree_of
from edge.cli.daemon_link import load_settings
from edge.cli.options import Asked
from edge.cli.outcome import CommandEnded, NoDaemon
from edge.locale import _

if TYPE_CHECKING:
    from edge.store.reader import Reader
    from edge.store.rows import Log

DEFAULT_STATE: Final = Path("/var/lib/floodbell")
DATABASE: Final = "floodbell.db"
_TIMEZONE: Final = "Asia/Seoul"

_ROWS_AT_ONCE: Final = 1000
_CHARACTERS_AT_ONCE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where the store is and how its times are told.

    ``zone`` is None where the machine does not know the settings' time zone: then its own is used.
    ``tree`` is the settings file as TOML has it, empty if it could not be read.
    """

    path: Path
    zone: ZoneInfo | None
    tree: dict[str, Any]

    def table(self, name: str) -> dict[str, Any]:
        """A table of the settings, empty if there is none."""
        found = self.tree.get(name)
        return found if isinstance(found, dict) else {}


def place(config: Path) -> Place:
    """Find the store of a settings file, which may be missing or wrong."""
    tree = tree_of(config)
    state, timezone = _text(tree, "paths", "state"), _text(tree, "site", "timezone")
    folder = Path(state) if state else DEFAULT_STATE
    try:
        zone = ZoneInfo(timezone or _TIMEZONE)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        zone = None
    return Place(folder / DATABASE, zone, tree)


def _text(tree: dict[str, Any], table: str, key: str) -> str | None:
    value = tree.get(table)
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else None


@contextmanager
def opened(asked: Asked, where: Place) -> Iterator[Reader]:
    """Open the store for reading.

    Raises:
        NoDaemon: There is none, or it cannot be read now; carries why.
        SettingsBroken: There is none, and the settings say why.
        CommandEnded: It is damaged, as found now or while it is read.
    """
    from edge.store.reader import Reader, UnreadableError

    try:
        _look_for(asked, where.path)
        with Reader(where.path) as reader:
            yield reader
    except UnreadableError as error:
        if error.damaged:
            words = _("The history in {path} is damaged: {fault}").format(
                path=where.path, fault=error.__cause__
            )
            raise CommandEnded(words, as_json=asked.as_json) from error
        raise _no_history(asked, where.path, str(error.__cause__ or error)) from error


def _look_for(asked: Asked, path: Path) -> None:
    """End the command if there is no history, with the settings' problems if they are why."""
    try:
        with path.open("rb"):
            return
    except FileNotFoundError as error:
        load_settings(asked)
        words = _("there is none: floodbell has not run here yet")
        raise _no_history(asked, path, words) from error
    except PermissionError as error:
        raise _no_history(asked, path, _("not allowed: use sudo")) from error
    except OSError as error:
        raise _no_history(asked, path, str(error.strerror)) from error


def _no_history(asked: Asked, path: Path, why: str) -> NoDaemon:
    words = _("No history in {path}: {why}").format(path=path, why=why)
    return NoDaemon(words, as_json=asked.as_json)


def rows(
    reader: Reader, log: Log, after: int = 0, to: int | None = None
) -> Iterator[tuple[int, str]]:
    """Read a log piece by piece: it may be as large as the disk allows.

    Args:
        reader: The open store.
        log: Which log.
        after: The number before the first one wanted.
        to: The last number wanted; None for all.
    """
    while True:
        found = reader.rows(log, after, _ROWS_AT_ONCE, _CHARACTERS_AT_ONCE)
        for seq, body in found:
            if to is not None and seq > to:
                return
            yield seq, body
        if not found:
            return
        after = found[-1][0]


def newest_first(reader: Reader, log: Log) -> Iterator[tuple[int, str]]:
    """Read a log backwards from its end, piece by piece."""
    before: int | None = None
    while found := reader.rows_before(log, before, _ROWS_AT_ONCE):
        yield from found
        before = found[-1][0]
