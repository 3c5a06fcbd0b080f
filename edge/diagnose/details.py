"""What the daemon and the drivers say of a fault, said again in the chosen language.

Their words are English, for the log and for whoever reads it elsewhere. Owns the sentences that are
met in the field. Invariant: what is not known here is shown as it came, never swallowed; decides
nothing, so nothing hangs on a sentence that was worded anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from edge.locale import _


def in_words(detail: str) -> str:
    """Return a detail in the chosen language, as far as it is known."""
    for pattern, template in _sentences().items():
        found = re.fullmatch(pattern, detail, re.DOTALL)
        if found is not None:
            return template.format(
                **{name: _part(name, text) for name, text in found.groupdict().items()}
            )
    return detail


def _part(name: str, text: str | None) -> str:
    """A gap named ``rest`` holds a sentence of its own."""
    return in_words(text or "") if name == "rest" else text or ""


def _sentences() -> Mapping[str, str]:
    """Patterns of what is said, with the sentence for it; the names of the gaps are the same."""
    return {
        **_of_sensors(),
        **_of_ports(),
        **_of_law(),
        **_of_modem(),
        **_of_broker(),
        **_of_store(),
        **_of_power(),
    }


def _of_sensors() -> dict[str, str]:
    return {
        r"stale: (?P<rest>.+)": _("silent: {rest}"),
        r"faulted: (?P<rest>.+)": _("faulted: {rest}"),
        r"no reading yet": _("no reading yet"),
        r"nothing fresh for (?P<s>[\d.]+) s": _("nothing heard for {s} s"),
        r"sees past the floor, and nothing better since": _("sees past the floor"),
        r"sees past the floor: (?P<far>[\d-]+) mm, mounted at (?P<high>\d+) mm": _(
            "sees past the floor: {far} mm to the target, mounted at {high} mm"
        ),
        r"too near: within (?P<mm>\d+) mm of the sensor's face": _(
            "too near: within {mm} mm of the sensor's face"
        ),
        r"rose (?P<mm>[\d-]+) mm within (?P<s>[\d.]+) s": _("rose {mm} mm within {s} s"),
        r"not one changed raw value in (?P<h>\d+) h: stuck\?": _(
            "not one changed value in {h} h: stuck?"
        ),
        r"air temperature unknown: may be out by (?P<mm>\d+) mm": _(
            "air temperature unknown: may be out by {mm} mm"
        ),
        r"(?P<port>\S+): silent for (?P<s>[\d.]+) s; cable, or power missing\?": _(
            "{port}: silent for {s} s; cable, or power missing?"
        ),
        r"(?P<port>\S+): no frame in (?P<n>\d+) bytes, .*noise, or not (?P<baud>\d+) baud\?": _(
            "{port}: no frame in {n} bytes; noise, or not {baud} baud?"
        ),
        r"(?P<port>\S+): a frame without a target; the next ones decide": _(
            "{port}: a frame without a target"
        ),
        r"no echo: the sensor sends (?P<what>\w+): .*, its limit is (?P<mm>\d+) mm": _(
            "no echo ({what}): nothing within {mm} mm that reflects"
        ),
        r"no answer within (?P<s>[\d.]+) s": _("no answer within {s} s"),
        r"(?P<port>\S+) went away: (?P<rest>.+)": _("{port} went away: {rest}"),
        r"pin (?P<pin>\d+): (?P<rest>.+)": _("pin {pin}: {rest}"),
    }


def _of_ports() -> dict[str, str]:
    return {
        r"cannot open the modem's port: (?P<rest>.+)": _("cannot open the modem's port: {rest}"),
        r"(?P<port>\S+) is in use by (?P<who>.+)": _("{port} is in use by {who}"),
        r"(?P<port>\S+): permission denied; (?P<more>.+)": _("{port}: permission denied"),
        r"(?P<port>\S+) is not there: unplugged, or the wrong name; (?P<more>.+)": _(
            "{port} is not there: unplugged, or the wrong name"
        ),
    }


def _of_law() -> dict[str, str]:
    return {
        r"no healthy sensor can see danger here": _("no healthy sensor can see danger here"),
        r"no healthy sensor can see water here": _("no healthy sensor can see water here"),
        r"not one changed value in a day": _("not one changed value in a day"),
        r"no wet test in a year": _("no wet test in a year"),
        r"disarmed by (?P<by>.+)": _("disarmed by {by}"),
        r"the level is held by (?P<who>.+)": _("the level is held by {who}"),
        r"(?P<who>.+) wet, and a sensor that should see it sees no water": _(
            "{who} wet, and a sensor that should see it sees no water"
        ),
        r"(?P<who>.+) wet alone: the others have said the same for a day": _(
            "{who} wet alone: the others have said the same for a day"
        ),
        r"no route has taken the self-test within (?P<min>\d+) min": _(
            "no route has taken the self-test within {min} min"
        ),
        r"the self-test was refused: (?P<rest>.*)": _("the self-test was refused: {rest}"),
        r"the self-test was undelivered: (?P<rest>.*)": _("the self-test did not arrive: {rest}"),
        r"held closed: stuck, or its wire is shorted": _(
            "held closed: stuck, or its wire is shorted"
        ),
        r"the store cannot be read: the settings' numbers count": _(
            "the store cannot be read: the settings' numbers count"
        ),
        r"(?P<what>\S+) has not answered for (?P<s>\d+) s": _("no answer for {s} s: {what}"),
        r"(?P<what>\S+) has not answered for (?P<s>\d+) s; it was replaced": _(
            "no answer for {s} s: {what}; another has taken over"
        ),
        r"(?P<what>\S+) ended by itself": _("{what} has ended by itself"),
        r"(?P<what>\S+) ended by itself; it was replaced": _(
            "{what} had ended by itself; another has taken over"
        ),
        r"(?P<what>\S+) cannot be replaced: (?P<n>\d+) threads that hang were left behind.*": _(
            "{what} hangs again and again: {n} tries were given up"
        ),
        r"(?P<path>\S+) cannot be written": _("{path} cannot be written"),
    }


def _of_modem() -> dict[str, str]:
    return {
        r"sim missing: put one in(?: a working one)?": _("no SIM card"),
        r"sim (?P<rest>missing|locked): put in a working one": _("SIM card missing or blocked"),
        r"sim locked: it wants a PIN or PUK": _("the SIM card wants its PIN or PUK"),
        r"sim locked: it wants a PIN, name it with modem.sim_pin_credential": _(
            "the SIM card wants a PIN, and modem.sim_pin_credential is not set"
        ),
        r"sim locked: its PIN must be four to eight digits": _(
            "the PIN in the credential's file is not four to eight digits"
        ),
        r"sim locked: it refused its PIN.*": _("the SIM card refused its PIN"),
        r"sim locked: (?P<n>\d+) try left for its PIN, enter it by hand in a telephone": _(
            "the SIM card is locked, {n} try left for its PIN"
        ),
        r"no network": _("no network"),
        r"no network: it refuses this SIM \(registration denied\)": _(
            "no network: it refuses this SIM card"
        ),
        r"no service centre: set modem.service_centre": _("no number of the text service centre"),
        r"storage full: texts that came lie in it": _("the store for texts is full"),
        r"weak signal: (?P<dbm>-?\d+) dBm": _("weak signal: {dbm} dBm"),
        r"the network took none of the last (?P<n>\d+) texts: (?P<rest>.*)": _(
            "the network took none of the last {n} texts: {rest}"
        ),
        r"the modem does not answer AT within (?P<s>[\d.]+) s": _(
            "the modem does not answer within {s} s"
        ),
        r"the modem's port (?P<port>\S+) has gone: (?P<more>.+)": _(
            "the modem's port {port} has gone"
        ),
        r"the modem's port (?P<port>\S+) takes no bytes": _(
            "the modem's port {port} takes no bytes"
        ),
    }


def _of_broker() -> dict[str, str]:
    return {
        r"not connected yet": _("not connected yet"),
        r"lost (?P<n>\d+) times in (?P<min>\d+) min .*; last: (?P<rest>.+)": _(
            "lost {n} times in {min} min (another device with the same site.id?); last: {rest}"
        ),
        r"(?P<host>\S+) refuses the connection: is the broker running on that port\?": _(
            "{host} refuses the connection"
        ),
        r"(?P<host>\S+) does not answer": _("{host} does not answer"),
        r"there is no way to (?P<host>\S+)": _("there is no way to {host}"),
        r"there is no network": _("there is no network"),
        r"the broker cut the connection": _("the broker cut the connection"),
        r"the broker closed the connection": _("the broker cut the connection"),
        r"(?P<host>\S+) is not known: .*": _("nobody knows the name {host}"),
        r"no name server answers, so (?P<host>\S+) cannot be found: .*": _(
            "no name server answers"
        ),
        r"the broker refuses the login: .*": _("the broker refuses the login"),
        r"the broker does not allow this device: .*": _("the broker does not allow this device"),
        r"the broker refuses a topic: check its access rules": _(
            "the broker's rules forbid a topic"
        ),
        r"the certificate of this device ends in (?P<days>-?\d+) days": _(
            "this device's certificate ends in {days} days"
        ),
    }


def _of_power() -> dict[str, str]:
    return {
        r"the bell lives on its battery": _("the bell lives on its battery"),
        r"the battery is low": _("the battery is low"),
        r"battery at (?P<percent>\d+) %": _("battery at {percent} %"),
        r"(?P<rest>.+) after (?P<h>\d+) h of mains: it takes no charge": _(
            "{rest}, after {h} h of mains: it takes no charge"
        ),
        r"on battery for (?P<h>\d+) h, and it still lives: stuck\?": _(
            "on battery for {h} h, and it still lives: is the line stuck?"
        ),
        r"under-voltage: below (?P<v>[\d.]+) V": _("under-voltage: below {v} V"),
    }


def _of_store() -> dict[str, str]:
    return {
        r"not well": _("not well"),
        r"the disk of the store has not answered for (?P<s>\d+) s": _(
            "the disk has not answered for {s} s"
        ),
        r"the store was damaged .*: set aside as (?P<name>\S+), a fresh one begun": _(
            "the database was damaged: set aside as {name}, a fresh one begun"
        ),
        r"cannot write (?P<path>\S+): (?P<more>.+)": _("cannot write {path}: {more}"),
        r"the disk under (?P<path>\S+) does not answer": _("the disk under {path} does not answer"),
    }
