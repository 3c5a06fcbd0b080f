"""Checks of the machine: daemon, clock, disk, state directory, database."""

from __future__ import annotations

import os
import pwd
import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from drivers.host.clock import wall_is_synced
from edge.diagnose.access import not_allowed
from edge.diagnose.examination import Examination
from edge.diagnose.ports import SERVICE_USER
from edge.diagnose.remedies import remedy_for
from edge.diagnose.verdict import Subject, Verdict, bad, good, skip, warn
from edge.locale import _

DATABASE: Final = "floodbell.db"
FREE_AT_LEAST_MIB: Final = 16
QUICK_CHECK_WITHIN_S: Final = 3.0


def check_daemon(examination: Examination) -> Iterator[Verdict]:
    """Whether the bell runs, and whether it is well."""
    daemon = examination.daemon
    if examination.closed:
        yield warn(
            Subject("daemon", _("daemon")),
            _("closed to you: nobody can say how the bell is"),
            not_allowed(),
        )
        return
    if daemon is None:
        yield warn(
            Subject("daemon", _("daemon")),
            _("not running: nobody watches the water"),
            _("start it: sudo systemctl enable --now floodbell"),
        )
        return
    yield good(
        Subject("daemon", _("daemon")),
        _("running, version {version}").format(version=daemon.get("version")),
    )


def check_clock(examination: Examination) -> Iterator[Verdict]:  # noqa: ARG001  every check's signature
    """Whether the times in texts can be believed; nothing waits for it."""
    now = time.strftime("%Y-%m-%d %H:%M %Z")
    if wall_is_synced():
        yield good(Subject("clock", _("clock")), _("synchronised: {now}").format(now=now))
    else:
        yield warn(
            Subject("clock", _("clock")),
            _("not known to be synchronised: {now}").format(now=now),
            _("the bell works without, but the times in texts may be wrong: timedatectl"),
        )


def check_disk(examination: Examination) -> Iterator[Verdict]:
    """Room for the database, and a directory that the service may write."""
    state = examination.settings.paths.state
    name = Subject("state", _("state directory"))
    if not state.is_dir() and examination.daemon is None and state.parent.is_dir():
        # The service's StateDirectory= makes it at the first start: until then nothing is wrong.
        yield skip(
            name,
            _("{path} is not there yet: made at the first start").format(path=state),
        )
        return
    if not state.is_dir():
        yield bad(
            name,
            _("{path} is not there").format(path=state),
            _("systemd makes it: sudo systemctl start floodbell"),
        )
        return
    if fault := _write_fault(state):
        yield bad(name, fault, _("sudo chown -R floodbell: {path}").format(path=state))
    else:
        yield good(name, str(state))
    yield _space(state, examination.settings.store.max_mb)


def _write_fault(state: Path) -> str | None:
    if os.statvfs(state).f_flag & os.ST_RDONLY:
        return _("{path} is on a disk that is read-only").format(path=state)
    try:
        service = pwd.getpwnam(SERVICE_USER).pw_uid
    except KeyError:
        service = os.getuid()
    if state.stat().st_uid == service or os.access(state, os.W_OK):
        return None
    return _("{path} belongs to somebody else").format(path=state)


def _space(state: Path, max_mb: int) -> Verdict:
    free_mib = shutil.disk_usage(state).free // 2**20
    found = _("{free} MiB free").format(free=free_mib)
    if free_mib < FREE_AT_LEAST_MIB:
        return bad(Subject("disk", _("disk")), found, _("free space, or replace the card"))
    if free_mib < max_mb:
        return warn(
            Subject("disk", _("disk")),
            found,
            _("less than store.max_mb = {max_mb}: free space").format(max_mb=max_mb),
        )
    return good(Subject("disk", _("disk")), found)


def check_store(examination: Examination) -> Iterator[Verdict]:
    """Whether the database can be read and is whole."""
    name = Subject("database", _("database"))
    if examination.daemon is not None:
        store = examination.daemon.get("store") or {}
        detail = str(store.get("detail") or "")
        if store.get("ok"):
            yield good(name, detail or _("good"))
        else:
            yield bad(name, detail or _("not well"), remedy_for("store"))
        return
    path = examination.settings.paths.state / DATABASE
    if not path.exists():
        yield skip(name, _("{path} is not there yet").format(path=path))
        return
    yield _quick_check(name, path)


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
