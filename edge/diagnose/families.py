"""Every kind of verdict of ``floodbell doctor``: what is checked, what bad means, what to do.

Owns the list from which the field guide is written. A verdict's family is its id, or the longest
beginning of it (parted by colons) that is in the list: ``sensor`` of ``sensor:door``,
``modem:sim`` of ``modem:sim``. Invariant: a family that is not here is found by the tests.
"""

from __future__ import annotations

from edge.diagnose.family import Family
from edge.diagnose.home_families import of_119, of_modem, of_sensors, of_ways
from edge.diagnose.machine_families import of_card, of_machine, of_ports, of_service
from edge.diagnose.remedies import causes, trouble_of
from edge.locale import _


def families() -> tuple[Family, ...]:
    """Return all of them in the current language, in the order of doctor's lines."""
    return (
        *_of_settings(),
        *of_service(),
        *of_ports(),
        *of_sensors(),
        *of_modem(),
        *of_119(),
        *of_ways(),
        *of_machine(),
        *of_card(),
        Family(
            "unfinished",
            _("a check itself"),
            _("each ends within its time"),
            _("nobody knows how that part is"),
            (_("report this to the maintainers"),),
        ),
    )


def family_of(verdict_id: str) -> Family | None:
    """Return the family of a verdict, the most particular one."""
    known = {family.id: family for family in families()}
    parts = verdict_id.split(":")
    for length in range(len(parts), 0, -1):
        if (found := known.get(":".join(parts[:length]))) is not None:
            return found
    return None


def troubles() -> tuple[Family, ...]:
    """Return the troubles that the running bell can have, as families of ``trouble``."""
    found = []
    for cause in causes():
        words = trouble_of(cause if ":" in cause else f"{cause}:…")
        bad = _("the bell says so itself, in status, by text and to the centre")
        found.append(
            Family(f"trouble:{cause}", words.name, _("told by the bell"), bad, (words.remedy,))
        )
    return tuple(found)


def _of_settings() -> tuple[Family, ...]:
    return (
        Family(
            "settings",
            _("settings file"),
            _("every key, its range, and what goes together"),
            _("the bell does not start with it; a warning: it works, less safely"),
            (_("correct the key that is named: floodbell check-config"),),
        ),
        Family(
            "credential",
            _("secrets"),
            _("the file of each *_credential is there and can be read"),
            _("modem, broker or web service cannot log in"),
            (_("put the file into the credentials folder, owned by root"),),
        ),
        Family(
            "armed",
            _("report to 119"),
            _("the settings and the running bell are armed"),
            _("119 is not called, whatever happens"),
            (
                _("set report.armed = true when the bell is ready"),
                _("if it was disarmed by hand: floodbell arm"),
            ),
        ),
    )
