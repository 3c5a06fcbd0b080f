"""Check of the running bell: does it run, and is it well by its own account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from edge.diagnose.access import not_allowed
from edge.diagnose.examination import Examination
from edge.diagnose.verdict import Subject, Verdict, bad, good, warn
from edge.locale import _


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
    if examination.mute:
        yield bad(
            Subject("daemon", _("daemon")),
            _("it is there and does not answer: {why}").format(why=examination.mute),
            _("restart it: sudo systemctl restart floodbell"),
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
    yield from _settings_in_force(daemon, examination.settings.sha256)


def _settings_in_force(daemon: dict[str, Any], sha256: str) -> Iterator[Verdict]:
    """Whether it works with the file that lies there now."""
    subject = Subject("settings-in-force", _("settings in force"))
    if daemon.get("config_sha256") in (None, sha256):
        return
    if daemon.get("reload_waits"):
        found, remedy = _("the new file waits until no incident is open"), _("wait, or reset first")
    else:
        found = _("the bell works with an older file than the one that lies there")
        remedy = _("load it: sudo systemctl reload floodbell")
    yield warn(subject, found, remedy)
