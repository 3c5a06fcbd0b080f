"""What ``modem info`` shows: the words for SIM, network, signal, and whether a text can leave.

Owns the words and the order. Whether texts can leave is judged here from what the modem says, the
same way with and without a daemon.
"""

from __future__ import annotations

from typing import Any, Final

from drivers.modem.network import BARS_DBM, bars
from edge.cli import screen
from edge.cli.event_words import purpose_words
from edge.cli.status import span
from edge.diagnose.details import in_words
from edge.diagnose.remedies import name_of, remedy_for
from edge.locale import _

Card = dict[str, Any]

_CLOSED_SIMS: Final = frozenset({"missing", "pin", "puk", "failed"})
_SIGNAL_STYLE: Final = ("bold red", "bold red", "yellow", "", "")


def can_text(card: Card) -> bool:
    """Whether a text could leave: modem up, SIM open, text centre known, network not refused."""
    closed = card.get("sim") in _CLOSED_SIMS or card.get("service_centre") == ""
    return card.get("state") == "ready" and card.get("registered") is not False and not closed


def document(card: Card, *, by_daemon: bool) -> Card:
    """What ``--json`` prints: the answer, and what is judged of it."""
    signal_dbm = card.get("signal_dbm")
    return {
        "can_text": can_text(card),
        "daemon": by_daemon,
        **card,
        "bars": None if signal_dbm is None else bars(signal_dbm),
        "bars_of": len(BARS_DBM),
    }


def show(card: Card, *, by_daemon: bool) -> None:
    """Print the whole card."""
    words, style = _headline(card)
    screen.say(words, style)
    if not by_daemon:
        screen.say(_("No floodbell runs: the modem was asked directly."), "yellow")
    rows = _rows(card)
    if by_daemon:
        rows.append((_("last text"), _last(card.get("last_accepted"))))
    screen.show_table(("", ""), rows, ["", "", "", "", "", _signal_style(card)])
    _show_troubles(card.get("troubles") or [])


def _headline(card: Card) -> tuple[str, str]:
    detail = in_words(str(card.get("detail") or ""))
    if can_text(card):
        return _("Texts can leave."), "bold green"
    if card.get("state") == "starting":
        return _("The modem is still starting: look again in a minute."), "bold yellow"
    if not detail and card.get("service_centre") == "":
        detail = in_words("no service centre: set modem.service_centre")
    if detail:
        return _("NO TEXT CAN LEAVE: {why}").format(why=detail), "bold white on red"
    return _("NO TEXT CAN LEAVE"), "bold white on red"


def _rows(card: Card) -> list[tuple[str, str]]:
    maker = " ".join(str(card[n]) for n in ("manufacturer", "model") if card.get(n))
    pin = card.get("power_pin")
    return [
        (_("modem"), maker or _("does not say")),
        (_("firmware"), _told(card.get("firmware"))),
        (_("IMEI"), _told(card.get("imei"))),
        (_("SIM card"), _sim(card.get("sim"))),
        (_("network"), _network(card)),
        (_("signal"), _signal(card.get("signal_dbm"))),
        (_("calls"), "-" if card.get("registered") is False else _voice(card.get("voice"))),
        (_("own number"), str(card.get("own_number") or _("not written on the SIM card"))),
        (_("text centre"), _centre(card.get("service_centre"))),
        (_("port"), str(card.get("port") or "-")),
        (
            _("power pin"),
            _("none: it cannot be switched off and on") if pin is None else f"GPIO{pin}",
        ),
    ]


def _told(value: object) -> str:
    return str(value) if value else _("does not say")


def _sim(state: object) -> str:
    words = {
        "ready": _("ready"),
        "pin": _("locked: it wants its PIN (modem.sim_pin_credential)"),
        "puk": _("locked: it wants its PUK, enter it in a telephone"),
        "missing": _("NONE IN THE MODEM"),
        "failed": _("broken, or not in its place"),
        "busy": _("busy, look again"),
    }
    return words.get(str(state), _("does not say"))


def _network(card: Card) -> str:
    standing = {
        "home": _("registered at home"),
        "roaming": _("registered, roaming"),
        "denied": _("DENIED: the network refuses this SIM card"),
        "emergency_only": _("emergency calls only: no texts"),
        "searching": _("searching"),
        "off": _("not searching"),
    }
    known: dict[object, str] = {True: _("registered"), False: _("NOT REGISTERED")}
    words = standing.get(str(card.get("registration"))) or known.get(card.get("registered"), "")
    parts = [str(card.get("operator") or ""), str(card.get("technology") or ""), words]
    return ", ".join(part for part in parts if part) or _("does not say")


def _signal(signal_dbm: int | None) -> str:
    if signal_dbm is None:
        return _("unknown")
    shown = bars(signal_dbm)
    grades = (
        _("too weak: texts fail"),
        _("very weak: move the antenna"),
        _("weak: move the antenna towards a window"),
        _("fair"),
        _("good"),
    )
    return _("{dbm} dBm, {bars} of {most} bars: {grade}").format(
        dbm=signal_dbm, bars=shown, most=len(BARS_DBM), grade=grades[shown]
    )


def _signal_style(card: Card) -> str:
    signal_dbm = card.get("signal_dbm")
    return "" if signal_dbm is None else _SIGNAL_STYLE[bars(signal_dbm)]


def _voice(way: object) -> str:
    words = {
        "volte": _("over LTE (VoLTE)"),
        "cs": _("over the older network (CS)"),
        "none": _("none: this SIM or plan makes no calls here"),
    }
    return words.get(str(way), _("unknown: try a call"))


def _centre(number: object) -> str:
    if number == "":
        return _("NONE: set modem.service_centre")
    return _told(number)


def _last(last: dict[str, Any] | None) -> str:
    if not last:
        return _("none since the bell was started")
    return _("{ago} ago: {purpose} to {contact}").format(
        ago=span(last.get("ago_s")),
        purpose=purpose_words(str(last.get("purpose"))),
        contact=last.get("contact"),
    )


def _show_troubles(troubles: list[dict[str, Any]]) -> None:
    if not troubles:
        return
    screen.say()
    screen.show_table(
        (_("trouble"), _("what was seen"), _("what to do")),
        [
            (
                name_of(str(t.get("cause"))),
                in_words(str(t.get("detail") or "")),
                remedy_for(str(t.get("cause"))),
            )
            for t in troubles
        ],
        ["yellow"] * len(troubles),
    )
