"""Reads SQLite's write-ahead log from outside: each commit, and which tables it touched.

Source: "The Write-Ahead Log" in SQLite's file format page: a header of 32 bytes with the salts at
16 and 20, frames of 24 bytes and a page; a frame whose second word is not 0 ends a commit.
"""

from __future__ import annotations

import sqlite3
import struct
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_HEADER: Final = 32
_FRAME: Final = 24


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit: its pages, in the order in which they were written."""

    pages: tuple[int, ...]


class WalWatch:
    """Gives every commit once; ask more often than the log can go round (1 MiB)."""

    def __init__(self, wal: Path) -> None:
        self._wal = wal
        self._salts = b""
        self._seen = 0  # frames of the present round that were given
        self.rounds = 0
        """How often the log has begun anew: so often it was brought home."""
        self.page_bytes = 0

    def fresh(self) -> list[Commit]:
        """The commits since the last call."""
        try:
            data = self._wal.read_bytes()
        except FileNotFoundError:
            return []
        if len(data) < _HEADER:
            return []
        self.page_bytes = int(struct.unpack(">I", data[8:12])[0])
        if data[16:24] != self._salts:
            self.rounds += bool(self._salts)
            self._salts, self._seen = data[16:24], 0
        found, pages = [], []
        for number, (page, ends) in enumerate(self._frames(data)):
            pages.append(page)
            if ends:
                if number >= self._seen:
                    found.append(Commit(tuple(pages)))
                    self._seen = number + 1
                pages = []
        return found

    def _frames(self, data: bytes) -> Iterator[tuple[int, int]]:
        for at in range(_HEADER, len(data) - _FRAME + 1, _FRAME + self.page_bytes):
            page, ends = struct.unpack(">II", data[at : at + 8])
            if data[at + 8 : at + 16] != self._salts:
                return
            yield page, ends

    def bytes_of(self, commit: Commit) -> int:
        """What a commit adds to the log."""
        return len(commit.pages) * (_FRAME + self.page_bytes)


def tables(database: Path) -> dict[int, str]:
    """Which table each page belongs to now; the header page and free ones are not in it."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        return dict(db.execute("SELECT pageno, name FROM dbstat"))


def cause_of(commit: Commit, owners: dict[int, str]) -> str:
    """What a commit was made for: events before states before readings."""
    touched = {owners.get(page, "") for page in commit.pages}
    if touched & {"events", "cap", "messages", "sqlite_autoindex_messages_1"}:
        return "events and messages"
    if "state" in touched:
        return "state, with readings" if "readings" in touched else "state"
    return "readings" if "readings" in touched else "watermarks"


def by_cause(commits: list[Commit], owners: dict[int, str]) -> Counter[str]:
    """How many commits each cause has made."""
    return Counter(cause_of(commit, owners) for commit in commits)
