"""Checks of the clock: can the times in texts be believed. Nothing of the bell waits for it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import edge
from drivers.host import systemd
from drivers.host.believing import AGREE_S
from drivers.host.clock import wall_is_synced
from drivers.host.machine import Machine
from drivers.host.processes import named
from edge.diagnose.examination import Examination
from edge.diagnose.verdict import Subject, Verdict, bad, good, skip, warn
from edge.locale import _

_NOT_BEFORE: Final = (
    "/usr/lib/clock-epoch",
    "/var/lib/systemd/timesync/clock",
    "/var/lib/systemd/timesync/clock-epoch",
)
"""Files whose time of change is one that has been.

Source: systemd(1), clock-epoch: when systemd was built; systemd-timesyncd.service(8), clock: when
the time was last known, touched at each synchronisation.
"""

_SYNCS: Final = ("systemd-timesyn", "chronyd", "ntpd", "ntpsec")
"""Short names (15 letters) of the programs that keep the clock."""

_STEPS_MOST: Final = 5
"""A boot has one step or two; two programs that fight over a clock set it every minute."""

_SIGNED: Final = ("solapi", "sens")
"""Text services that refuse a request whose time is off: SENS by 5 minutes (domain §5.4)."""


def check_clock(examination: Examination) -> Iterator[Verdict]:
    """The time, the zone, and what keeps the time while the power is off."""
    machine = examination.machine
    yield _time(examination, machine)
    yield _zone(examination.settings.site.timezone)
    yield _battery_clock(machine)


def _time(examination: Examination, machine: Machine) -> Verdict:
    name, now = Subject("clock", _("clock")), time.strftime("%Y-%m-%d %H:%M %Z")
    least = _not_before(machine)
    if time.time() < least:
        return bad(
            name,
            _("{now}: certainly wrong, it was {least} already").format(
                now=now, least=datetime.fromtimestamp(least, UTC).strftime("%Y-%m-%d")
            ),
            _("set it: sudo timedatectl set-time 'YYYY-MM-DD HH:MM', or connect the network"),
        )
    told = systemd.clock_properties(machine)
    synced = wall_is_synced() if told is None else told.get("NTPSynchronized") == "yes"
    keepers = [process.name for keeper in _SYNCS for process in named(machine, keeper)]
    daemon = (examination.daemon or {}).get("clock") or {}
    if (steps := int(daemon.get("steps") or 0)) > _STEPS_MOST:
        found = _("{now}: it was set {count} times since the bell's start")
        remedy = _("let one program alone set it: systemctl status systemd-timesyncd")
        return warn(name, found.format(now=now, count=steps), remedy)
    if synced:
        by = ", ".join(dict.fromkeys(keepers)) or _("the network")
        return good(name, _("synchronised by {by}: {now}").format(by=by, now=now))
    if _battery_agrees(machine):
        return good(name, _("kept by its battery, no time server: {now}").format(now=now))
    if daemon.get("source") == "nitz":
        found = _("not synchronised: {now}; texts and rows bear the mobile network's time")
        return warn(name, found.format(now=now), _certificates())
    return _unsynced(name, now, examination, keepers)


def _certificates() -> str:
    return _("certificates are checked by this machine's clock: sudo timedatectl set-ntp true")


def _unsynced(name: Subject, now: str, examination: Examination, keepers: list[str]) -> Verdict:
    http = examination.settings.http_sms
    if http is not None and http.provider in _SIGNED:
        needs = _("a wrong clock stops texts by {provider}; ").format(provider=http.provider)
    else:
        needs = _("the bell works without, but its texts leave the time out; ")
    if not keepers:
        remedy = needs + "sudo timedatectl set-ntp true"
    else:
        remedy = needs + _("no time server was reached: check the network (UDP port 123)")
    return warn(name, _("not known to be synchronised: {now}").format(now=now), remedy)


def _not_before(machine: Machine) -> float:
    """A time that has been, in Unix seconds: the clock can never be right before it."""
    files = [machine.path(file) for file in _NOT_BEFORE]
    times = [Path(edge.__file__).stat().st_mtime]  # this program was installed
    for file in files:
        try:
            times.append(file.stat().st_mtime)
        except OSError:
            continue
    return max(times)


def _battery_agrees(machine: Machine) -> bool:
    try:
        battery_s = float(machine.text("/sys/class/rtc/rtc0/since_epoch") or "")
    except ValueError:
        return False
    return abs(battery_s - time.time()) < AGREE_S


def _zone(name: str) -> Verdict:
    subject = Subject("timezone", _("time zone"))
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return warn(
            subject,
            _("{zone} is not known here: texts leave the time out").format(zone=name),
            "sudo apt-get install tzdata",
        )
    return good(subject, name)


def _battery_clock(machine: Machine) -> Verdict:
    """Judge nothing: no Pi before the 5 has one, and the bell does not need it (domain §6)."""
    subject = Subject("rtc", _("battery clock"))
    device = machine.text("/sys/class/rtc/rtc0/name")
    if device is None:
        return skip(subject, _("none: after a power cut the time is wrong until the network is up"))
    return good(subject, device)
