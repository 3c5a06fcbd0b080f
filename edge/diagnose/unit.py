"""Checks of the service: will it be started, and does it run as it was meant to.

Owns the judgement of what ``systemctl show`` says; where there is no systemd, it says so and judges
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from edge.diagnose.examination import Examination
from edge.diagnose.packaged import install_again, is_packaged
from edge.diagnose.unit_file import drop_ins, entries, shipped
from edge.diagnose.verdict import Subject, Verdict, bad, good, skip, warn
from edge.locale import _

UNIT_FILE: Final = "floodbell.service"

_VITAL: Final = frozenset(
    {"Type", "NotifyAccess", "User", "Restart", "WatchdogSec", "RuntimeDirectory", "StateDirectory"}
)
"""Without these as shipped the bell may stay silent; without the others it is less well kept in."""

_NOT_COMPARED: Final = frozenset(
    {
        # shown in another form, or more of them than we wrote
        *("ExecStart", "ExecStartPre", "ExecStartPost", "ExecReload", "ExecStopPost"),
        *("LoadCredential", "SetCredential", "DeviceAllow"),
        *("SystemCallFilter", "SystemCallErrorNumber"),
        # judged by what the settings use
        "SupplementaryGroups",
        # judged with report.journal
        "RuntimeDirectoryPreserve",
    }
)

_JUDGED_ELSEWHERE: Final = frozenset(
    {"LoadCredential", "SupplementaryGroups", "RuntimeDirectoryPreserve"}
)

_SHOWN_AS: Final = {
    "WatchdogSec": "WatchdogUSec",
    "RestartSec": "RestartUSec",
    "TimeoutStartSec": "TimeoutStartUSec",
    "TimeoutStopSec": "TimeoutStopUSec",
    "TimeoutAbortSec": "TimeoutAbortUSec",
    "LogRateLimitIntervalSec": "LogRateLimitIntervalUSec",
}
"""Source: systemd 252, systemctl show."""

_SPANS: Final = {"": 1, "s": 1, "min": 60, "h": 3600}

_MULTIPLES: Final = {"K": 2**10, "M": 2**20, "G": 2**30}


def check_unit(examination: Examination) -> Iterator[Verdict]:
    """Whether the service starts by itself, stays up, and is the one that was shipped."""
    name = Subject("unit", _("service"))
    unit = examination.unit
    if unit is None:
        yield skip(name, _("no systemd here that could be asked"))
    elif not examination.installed:
        judge = warn if examination.service_user is None else bad
        yield judge(
            name,
            _("not installed: nobody starts the bell"),
            _("install it: docs/install.md, section 3: The service"),
        )
    else:
        yield _runs(name, unit)
        yield _as_shipped(examination, unit)


def _runs(name: Subject, unit: Mapping[str, str]) -> Verdict:
    """Judge its state. Source: systemctl(1), is-enabled and show; systemd.unit(5)."""
    enable = _("sudo systemctl enable --now floodbell")
    if "masked" in (unit.get("LoadState"), unit.get("UnitFileState")):
        return bad(
            name, _("masked: it cannot be started"), f"sudo systemctl unmask floodbell && {enable}"
        )
    if unit.get("LoadState") != "loaded":
        return bad(
            name,
            _("its file is not good: {state}").format(state=unit.get("LoadState")),
            "systemd-analyze verify floodbell.service",
        )
    state, enabled = unit.get("ActiveState"), unit.get("UnitFileState") == "enabled"
    log = "journalctl -u floodbell -b -n 50"
    if state == "failed" and unit.get("ExecMainStatus") == "2":
        return bad(name, _("it refuses its settings"), "sudo floodbell check-config")
    if state == "inactive" and enabled and unit.get("ConditionResult") == "no":
        return bad(name, _("it waits for its settings"), "sudo floodbell init")
    if state == "failed" or unit.get("SubState") == "auto-restart":
        return bad(
            name,
            _("it fails: {result}, started again {count} time(s)").format(
                result=unit.get("Result"), count=unit.get("NRestarts", "0")
            ),
            log,
        )
    if state == "inactive":
        found = _("stopped") if enabled else _("neither started nor enabled")
        return warn(name, found, enable)
    if not enabled:
        return bad(name, _("not enabled: silent after a power cut"), enable)
    return _is_up(name, unit, log)


def _is_up(name: Subject, unit: Mapping[str, str], log: str) -> Verdict:
    """Judge a service that was started and will be."""
    state = unit.get("ActiveState")
    if unit.get("NeedDaemonReload") == "yes":
        return warn(
            name,
            _("its file has changed since systemd read it"),
            "sudo systemctl daemon-reload && sudo systemctl restart floodbell",
        )
    if state not in ("active", "reloading"):
        return warn(
            name,
            _("{state}: it is on its way, nobody watches yet").format(state=state),
            _("look again in a minute, then: {command}").format(command=log),
        )
    if (count := unit.get("NRestarts", "0")) != "0":
        return warn(name, _("it has crashed {count} time(s)").format(count=count), log)
    return good(name, _("enabled, {state}").format(state=state))


def _as_shipped(examination: Examination, unit: Mapping[str, str]) -> Verdict:
    name = Subject("unit-file", _("service file"))
    folder = shipped()
    if folder is None:
        return skip(name, _("the shipped one is not here to compare with"))
    original = (folder / UNIT_FILE).read_text(encoding="utf-8")
    changed = differences(original, unit)
    named = ", ".join(map(str, drop_ins(examination)))
    copy = _(
        "sudo cp {path} /etc/systemd/system/ && sudo systemctl daemon-reload"
        " && sudo systemctl restart floodbell"
    ).format(path=folder / UNIT_FILE)
    if is_packaged(examination.machine):
        copy = install_again()
    mend = _("take it out of {files}").format(files=named) if named else copy
    if changed:
        found = "; ".join(
            _("{key}={found}, shipped: {shipped}").format(key=key, found=shown, shipped=wanted)
            for key, (shown, wanted) in changed.items()
        )
        judge = bad if _VITAL & changed.keys() else warn
        return judge(name, found, mend)
    if unseen := _set_unseen(examination):
        return warn(
            name,
            _("{keys} set by {files}: not compared").format(
                keys=", ".join(sorted(unseen)), files=named
            ),
            _("see whether that is meant: systemctl cat floodbell"),
        )
    path = unit.get("FragmentPath", "")
    if (examination.machine.text(path) or "").strip() != original.strip():
        return warn(name, _("{path} is not that of this version").format(path=path), copy)
    return good(name, _("as shipped, with {files}").format(files=named) if named else path)


def _set_unseen(examination: Examination) -> set[str]:
    """What a drop-in sets of that which cannot be compared, but for the way of credentials."""
    machine = examination.machine
    keys = {
        key for file in drop_ins(examination) for key, _value in entries(machine.text(file) or "")
    }
    return keys & (_NOT_COMPARED - _JUDGED_ELSEWHERE)


def differences(original: str, unit: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return what is in force otherwise than a unit file says: key, value in force, value there.

    Args:
        original: The text of the unit file.
        unit: The properties that ``systemctl show`` prints.
    """
    found = {}
    for key, wanted in entries(original):
        if key in _NOT_COMPARED or (key == "WatchdogSec" and unit.get("ActiveState") != "active"):
            continue  # the watchdog of a service that is not up is shown as "infinity"
        # A list that is empty is not shown at all.
        shown = unit.get(_SHOWN_AS.get(key, key), "")
        if _plain(key, shown) != _plain(key, wanted):
            found[key] = (shown or "-", wanted or "-")
    return found


def _plain(key: str, value: str) -> frozenset[str]:
    """One form for what means the same: 90 and 1min 30s, 192M and 201326592, lists in any order."""
    if key.endswith("Sec"):
        return frozenset({_seconds(value)})
    if value[:-1].isdigit() and value[-1:] in _MULTIPLES:
        return frozenset({str(int(value[:-1]) * _MULTIPLES[value[-1]])})
    return frozenset({"true": "yes", "on": "yes", "1": "yes"}.get(value, value).split())


def _seconds(span: str) -> str:
    """Source: systemd.time(7), as ``show`` writes a span: days and more are not in our unit."""
    parts = re.findall(r"(\d+)(h|min|s)?(?: |$)", span)
    if "".join(number + unit for number, unit in parts) != span.replace(" ", ""):
        return span
    return str(sum(int(number) * _SPANS[unit] for number, unit in parts))
