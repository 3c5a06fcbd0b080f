"""The first page of a bundle: what is in it, what is missing, what was struck out. Pure.

In English and in ASCII, as all of a bundle: whoever maintains floodbell reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_ABOUT: Final = {
    "versions.json": "floodbell, Python, kernel, libraries",
    "machine.json": "board, system, clock, disks, heat, supply",
    "settings.json": "the settings, of private ones only that they are set",
    "check-config.json": "what is wrong with the settings, and advice",
    "doctor.json": "floodbell doctor --json",
    "daemon.json": "what the running bell says of itself and of each sensor",
    "incidents.json": "the newest incidents, one summary each",
    "events.json": "the newest events, without the words of anybody",
    "outbox.json": "the newest messages: why, to whom, how often; never their texts",
    "store.json": "the database: files, rows, ids, quick_check",
    "run.json": "the files of the run directory",
    "serial.json": "the stable names of the serial ports",
    "unit.json": "systemctl show floodbell",
    "journal.txt": "the newest lines of journalctl -u floodbell",
}
_STRUCK: Final = """\
Struck out, here written [struck]: telephone numbers in every form, names of people, the address,
texts, names of accounts, passwords and keys, numbers of SIMs (of an IMEI the last digits), places
on the map, long runs of hex in which a text could be, and every letter beyond ASCII.
[set] means that a setting is there and its value is not shown.
Kept: ids of the site, of sensors and zones, as they were typed; the host's name; the broker's host.
A contact whose id could be a name is called by its role and a number.
The finished file was searched once more for all of it; what is found is never written."""


def page(members: list[str], missing: Mapping[str, str], struck: int) -> str:
    """Return the page.

    Args:
        members: The files beside it.
        missing: What could not be had, and why.
        struck: How often something was struck out.
    """
    lines = ["floodbell support bundle", "", "In it:"]
    lines += [f"  {name:18} {_ABOUT.get(name, '')}" for name in members]
    lines += ["", "Missing:"]
    lines += [f"  {name:18} {why}" for name, why in missing.items()] or ["  nothing"]
    return "\n".join([*lines, "", _STRUCK, f"Struck out {struck} times.", ""])
