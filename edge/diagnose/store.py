"""Checks of the database: can it be read, is it whole, how large is it, what was set aside."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from edge.diagnose.examination import Examination
from edge.diagnose.remedies import remedy_for
from edge.diagnose.verdict import Grade, Subject, Verdict, bad, good, skip, warn
from edge.locale import _

DATABASE: Final = "floodbell.db"
SET_ASIDE: Final = "floodbell.damaged-*.db"
"""What the store calls a damaged file (``edge.store.database``); it keeps the last five."""

QUICK_CHECK_WITHIN_S: Final = 3.0
_MIB: Final = 2**20


def check_store(examination: Examination) -> Iterator[Verdict]:
    """Whether the database can be read and is whole."""
    yield from _set_aside(examination.settings.paths.state)
    yield from _size(examination)
    yield _whole(examination)


def _whole(examination: Examination) -> Verdict:
    name = Subject("database", _("database"))
    if examination.daemon is not None:
        store = examination.daemon.get("store") or {}
        detail = str(store.get("detail") or "")
        if store.get("ok"):
            return _looked_through(examination, good(name, detail or _("good")))
        return bad(name, detail or _("not well"), remedy_for("store"))
    path = examination.settings.paths.state / DATABASE
    try:
        there = path.exists()
    except OSError as fault:
        return skip(name, _cannot_look(path, fault))
    if not there:
        return skip(name, _("{path} is not there yet").format(path=path))
    if not path.is_file():
        return bad(
            name,
            _("{path} is no file").format(path=path),
            _("move it aside: {command}").format(command=f"sudo mv {path} {path}.aside"),
        )
    return _quick_check(name, path)


def _looked_through(examination: Examination, told: Verdict) -> Verdict:
    """The bell looks at each page when it needs it: what is damaged elsewhere it does not know."""
    path = examination.settings.paths.state / DATABASE
    if not (path.is_file() and os.access(path, os.R_OK)):
        return told
    seen = _quick_check(Subject(told.id, told.name), path)
    return seen if seen.grade is Grade.BAD else told


def _set_aside(state: Path) -> Iterator[Verdict]:
    try:
        damaged = sorted(state.glob(SET_ASIDE))
    except OSError:  # closed to us, as "database" says
        return
    if damaged:
        yield warn(
            Subject("set-aside", _("damaged databases")),
            _("{count} set aside, the last: {name}").format(
                count=len(damaged), name=damaged[-1].name
            ),
            _("the card may be dying. Copy them for the centre, then: sudo rm {files}").format(
                files=state / "floodbell.damaged-*"
            ),
        )


def _size(examination: Examination) -> Iterator[Verdict]:
    """A full database is no fault: the oldest readings that the centre has make room."""
    path = examination.settings.paths.state / DATABASE
    max_mb = examination.settings.store.max_mb
    try:
        files = [file for file in (path, Path(f"{path}-wal")) if file.exists()]
        mib = sum(file.stat().st_size for file in files) / _MIB
    except OSError:
        return
    if mib > max_mb:
        yield warn(
            Subject("database-size", _("size of the database")),
            _("{mib:.0f} MiB, store.max_mb is {max_mb}").format(mib=mib, max_mb=max_mb),
            _("is the broker away for long? Mend the way to it, or set store.max_mb higher"),
        )


def _cannot_look(path: Path, fault: OSError) -> str:
    return _("{path}: {fault}; look with sudo").format(path=path, fault=fault.strerror or fault)


def _quick_check(name: Subject, path: Path) -> Verdict:
    ends_s = time.monotonic() + QUICK_CHECK_WITHIN_S
    try:
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=1.0)
        try:
            connection.set_progress_handler(lambda: time.monotonic() > ends_s, 10_000)
            answer = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.DatabaseError as fault:
        if "interrupted" in str(fault):
            return warn(name, _("too large to check in time"), _("check it with sqlite3"))
        return bad(name, str(fault), _("look as root; a damaged file is set aside at the start"))
    if answer == "ok":
        return good(name, _("whole"))
    return bad(name, str(answer), remedy_for("store"))
