"""One SQLite file: opened, checked, brought to the present schema, or set aside.

Invariant: ``open_database`` gives a database that has passed its check, or raises; a damaged file
is renamed, and the newest five such are kept. Leaves to ``writer`` when to open, and what to do
without a disk.
"""

from __future__ import annotations

import logging
import os
import re
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

_log = logging.getLogger(__name__)

# Measured on ext4, 145-byte readings, synchronous=FULL: one a commit writes 5.7 kB with pages of
# 1 KiB, 8.7 kB with the default 4 KiB, at the same speed; 60 a commit, 470 against 570 bytes each.
_PAGE_BYTES: Final = 1024
CACHE_KIB: Final = 512
"""Of pages that a connection keeps: SQLite's 2,000 KiB, twice, are a tenth of the daemon's memory,
and it appends and reads on, so what it kept is hardly ever what it wants."""

_JOURNAL_LIMIT_BYTES: Final = 2 * 1024 * 1024
_BUSY_S: Final = 5.0
_ASIDE_KEPT: Final = 5  # a dying card must not fill itself with damaged files
_CHECK_S: Final = 1.0  # 50 MiB take 0.06 s on a desk; a card may be fifty times slower


FILE_ERRORS: Final = (sqlite3.Error, UnicodeDecodeError)
"""What SQLite and its module raise at a file: where a flipped bit has made text of the schema
something else than UTF-8, not even SQLite's own error can be read."""


class DamagedError(Exception):
    """The file is there but cannot be believed: no database, malformed, or of a newer floodbell."""


def _version_1(db: sqlite3.Connection) -> None:
    db.execute(
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), body TEXT NOT NULL) STRICT"
    )
    db.execute(
        "CREATE TABLE messages (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE,"
        " status TEXT NOT NULL, body TEXT NOT NULL) STRICT"
    )
    for log in ("events", "readings"):
        db.execute(f"CREATE TABLE {log} (seq INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT")
        db.execute("INSERT INTO meta VALUES (?, ?)", (f"{log}.id", uuid4().hex))


_WITH_CALIBRATIONS: Final = 2


def _version_2(db: sqlite3.Connection) -> None:
    db.execute(
        "CREATE TABLE calibrations (sensor TEXT PRIMARY KEY, body TEXT NOT NULL)"
        " STRICT, WITHOUT ROWID"
    )


def _version_3(db: sqlite3.Connection) -> None:
    db.execute("CREATE TABLE cap (seq INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT")
    db.execute("INSERT INTO meta VALUES ('cap.id', ?)", (uuid4().hex,))


_MIGRATIONS: Final[tuple[Callable[[sqlite3.Connection], None], ...]] = (
    _version_1,
    _version_2,
    _version_3,
)
"""Entry *n* brings a database from version *n* to *n* + 1; ``user_version`` is where it stands."""


def open_database(path: Path) -> sqlite3.Connection:
    """Open the database for its one writer, creating or migrating it as needed.

    Raises:
        DamagedError: The file is damaged; the caller may set it aside.
        sqlite3.Error, OSError: The disk does not let us (missing, read-only, full): try later.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # One writer at a time; the connection of one whose thread has died is closed by the next.
    db = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        _prepare(db)
    except FILE_ERRORS as error:
        db.close()
        if is_damage(error) or _code(error) == sqlite3.SQLITE_ERROR:  # no such table
            raise DamagedError(str(error)) from error
        raise
    except BaseException:
        db.close()
        raise
    return db


def _prepare(db: sqlite3.Connection) -> None:
    db.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
    db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA wal_autocheckpoint = 0")  # we do it after the waiting caller has been told
    db.execute(f"PRAGMA journal_size_limit = {_JOURNAL_LIMIT_BYTES}")
    _migrate(db)
    _check(db)


def _migrate(db: sqlite3.Connection) -> None:
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version > len(_MIGRATIONS):
        raise DamagedError(f"its schema is version {version}, we know {len(_MIGRATIONS)}")
    if version == len(_MIGRATIONS):
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        for step in _MIGRATIONS[version:]:
            step(db)
        db.execute(f"PRAGMA user_version = {len(_MIGRATIONS)}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _check(db: sqlite3.Connection) -> None:
    """The tables that decide alarms in full, then the rest as far as the time allows."""
    for table in ("state", "messages", "meta", "calibrations"):
        _quick_check(db, f"({table})")
    end_s = time.monotonic() + _CHECK_S
    db.set_progress_handler(lambda: int(time.monotonic() > end_s), 10_000)
    try:
        _quick_check(db, "")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        _log.info("the store is too large to be checked in full at start")
    finally:
        db.set_progress_handler(None, 0)


def _quick_check(db: sqlite3.Connection, table: str) -> None:
    verdict = db.execute(f"PRAGMA quick_check{table}").fetchone()[0]
    if verdict != "ok":
        raise DamagedError(str(verdict))


def verdict_on(path: Path, beat: Callable[[], None] = lambda: None) -> str:
    """What SQLite finds wrong with a file in use, or "ok"; reads it, not anybody's cache.

    Args:
        path: The file.
        beat: Called while it reads: a worn card may take half a minute for 64 MiB.
    """
    with closing(sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)) as db:
        db.set_progress_handler(beat, 10_000)
        try:
            return str(db.execute("PRAGMA quick_check").fetchone()[0])
        except sqlite3.DatabaseError as error:
            if is_damage(error):
                return str(error)
            raise


def is_damage(error: Exception) -> bool:
    """Whether this error means that the file itself cannot be believed any more."""
    if isinstance(error, DamagedError | UnicodeDecodeError) or _NOT_OURS.search(str(error)):
        return True
    return _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


_NOT_OURS: Final = re.compile(
    "Could not decode to UTF-8|no such (table|column)|has no column named|table .* has .* columns"
)
"""What SQLite's own check passes: text that is no UTF-8 (told by Python's sqlite3, without a code),
and a name in the schema of which a letter has changed (a code that says nothing, SQLITE_ERROR)."""


def _code(error: Exception) -> int:
    """SQLite's primary result code, which is the low byte; 0 if the error is not SQLite's own."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def set_aside(path: Path) -> Path | None:
    """Rename a damaged database, with its write-ahead log, so that a fresh one can begin.

    The database goes first: cut off behind that, its log stands beside no database, and SQLite
    deletes it when one is begun. In the other order an old state would look whole. The caller sees
    to it that nobody opens or begins one meanwhile.

    Returns:
        The new name, with the UTC time in it; None if there is no database any more.

    Raises:
        OSError: The directory does not let us.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    aside = path.with_name(f"{path.stem}.damaged-{stamp}{path.suffix}")
    while aside.exists():  # a clock that stands at the same moment after each boot
        aside = path.with_name(f"{path.stem}.damaged-{stamp}-{uuid4().hex[:4]}{path.suffix}")
    gone = not path.exists()
    if not gone:
        path.rename(aside)
    for ending in ("-wal", "-shm"):
        companion = path.with_name(path.name + ending)
        if companion.exists():
            companion.rename(aside.with_name(aside.name + ending))
    others = [p for p in path.parent.glob(f"{path.stem}.damaged-*{path.suffix}") if p != aside]
    # By a clock that went back the newest has the oldest name: it is never the one to go.
    for old in sorted(others)[: max(0, len(others) + 1 - _ASIDE_KEPT)]:
        for ending in ("", "-wal", "-shm"):
            old.with_name(old.name + ending).unlink(missing_ok=True)
    if gone:
        return None
    _sync_directory(path.parent)
    return aside


def _sync_directory(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def log_ids(db: sqlite3.Connection) -> dict[str, str]:
    """The random ids of the logs, made with the database."""
    with closing(db.execute("SELECT name, value FROM meta WHERE name LIKE '%.id'")) as rows:
        return {name.removesuffix(".id"): value for name, value in rows}


def calibrations(db: sqlite3.Connection) -> dict[str, str]:
    """What is remembered of each sensor's calibration, by its id."""
    with closing(db.execute("SELECT sensor, body FROM calibrations")) as rows:
        return dict(rows)


def salvaged_calibrations(path: Path) -> dict[str, str] | None:
    """What can still be read of the calibrations in a damaged file; None if that is unknown.

    They are a page or two that hardly ever change: most damage lies elsewhere. An empty table in a
    damaged file is believed only if SQLite finds that table whole.
    """
    uri = f"{path.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=_BUSY_S, isolation_level=None)) as db:
            if int(db.execute("PRAGMA user_version").fetchone()[0]) < _WITH_CALIBRATIONS:
                return {}
            _quick_check(db, "(calibrations)")
            return calibrations(db)
    except (sqlite3.Error, DamagedError, ValueError):
        return None


def used_bytes(db: sqlite3.Connection) -> int:
    """Bytes of the file that hold something. It never shrinks: free pages are used again."""
    free = int(db.execute("PRAGMA freelist_count").fetchone()[0])
    return (page_count(db) - free) * page_bytes(db)


def page_count(db: sqlite3.Connection) -> int:
    """Pages of the file, free ones included."""
    return int(db.execute("PRAGMA page_count").fetchone()[0])


def page_bytes(db: sqlite3.Connection) -> int:
    """Bytes of one page."""
    return int(db.execute("PRAGMA page_size").fetchone()[0])
