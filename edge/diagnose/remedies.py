"""What a technician can do about each trouble.

Owns the remedies by cause; a cause that is not listed gets the general one, never an empty cell.
"""

from __future__ import annotations

from edge.locale import _


def remedy_for(cause: str) -> str:
    """Say what to do about a trouble.

    Args:
        cause: As the daemon names it: ``modem``, ``store``, ``sensor:door``, ``blind:entrance`` …
    """
    family = cause.partition(":")[0]
    remedies = {
        "sensor": _("check its cable, its power and its mounting, then: floodbell doctor"),
        "blind": _("no sensor of this place can see deep water: mend one at once"),
        "calibration": _("measure again: floodbell sensor calibrate SENSOR"),
        "unproven": _("test this sensor with real water"),
        "discrepancy": _("two sensors disagree: look at the floor, then check both"),
        "modem": _("check antenna, SIM card, plan and power of the modem"),
        "http": _("check the internet, the clock and [http_sms]; texts still go by the modem"),
        "sim": _("check the SIM card and its PIN"),
        "broker": _("check the network and the [mqtt] settings; texts still go out"),
        "store": _("the disk is full, broken or read-only: replace the card"),
        "disk": _("free space on the disk, or replace the card"),
        "button": _("the bell button is stuck: free it"),
        "bell": _("check the wiring of siren, strobe and button"),
        "siren": _("check the wiring of the siren"),
        "credential": _("put the named file into the credentials folder"),
        "armed": _("set report.armed = true in the settings when the bell is ready"),
        "interlock": _("119 is not told: see whether that is meant"),
        "report": _("119 was not reached: call 119 yourself"),
        "delivery": _("check the modem and the phone number of the contact"),
    }
    return remedies.get(family, _("run: floodbell doctor"))
