"""Checks of the modem: port, SIM, network, signal, text service, clock. Nothing is sent or set.

While the daemon runs it holds the port, so it is asked; otherwise the modem is looked at here, by
``drivers.modem.look``, which enters a PIN only while all of its tries are left. What an answer of
the daemon does not hold is not judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from drivers.errors import DriverError
from drivers.host.believing import LEAST_UTC
from drivers.modem.look import Look, Pin, look
from drivers.modem.nitz import time_in
from edge.diagnose.details import in_words
from edge.diagnose.examination import Examination, TookTooLong, within
from edge.diagnose.remedies import remedy_for
from edge.diagnose.verdict import Subject, Verdict, bad, good, skip, warn
from edge.locale import _
from edge.settings import CredentialMissing, Settings, credential

ANSWERS_WITHIN_S: Final = 12.0

WEAK_DBM: Final = -101
"""A text still leaves, but not surely from behind a metal door: two bars or fewer.

Source: our judgement; 3GPP TS 27.007 8.5 gives only the scale, -113 to -51 dBm.
"""

_ROAMING: Final = frozenset({5, 7, 10})
_EMERGENCY_ONLY: Final = 8
_DENIED: Final = 3
_SEARCHING: Final = 2
# 3GPP TS 27.007, 7.2


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a modem, whoever asked it; None where nobody said."""

    sim: str | None = None
    registered: bool | None = None
    denied: bool = False
    registrations: frozenset[int] = field(default_factory=frozenset)
    operator: str | None = None
    signal_dbm: int | None = None
    service_centre: str | None = None
    model: str | None = None
    firmware: str | None = None
    clock: str | None = None
    pin: Pin | None = None
    tries_left: int | None = None


def check_modem(examination: Examination) -> Iterator[Verdict]:
    """Whether texts can leave."""
    settings = examination.settings
    subject = _subject("")
    if settings.modem is None:
        yield skip(subject, _("none in the settings: nobody gets a text"))
        return
    if examination.ports_taken:
        yield skip(subject, _("left alone: a bell that cannot be asked may be using it"))
        return
    if examination.daemon is not None:
        yield from _as_told(examination.daemon.get("modem") or {}, settings)
        return
    try:
        seen = within(ANSWERS_WITHIN_S, lambda: _look(settings))
    except (DriverError, OSError, TookTooLong) as fault:
        # Antenna and plan keep no modem from answering.
        remedy = _("check its power, its USB cable and modem.port")
        yield bad(subject, in_words(str(fault)), remedy)
        return
    yield from _judged(_of_look(seen), settings)


def _subject(part: str) -> Subject:
    names = {
        "": _("modem"),
        "sim": _("modem: SIM card"),
        "network": _("modem: network"),
        "signal": _("modem: signal"),
        "smsc": _("modem: text service"),
        "clock": _("modem: clock"),
        "power": _("modem: power pin"),
    }
    return Subject(f"modem:{part}" if part else "modem", names[part])


def _look(settings: Settings) -> Look:
    assert settings.modem is not None  # noqa: S101  check_modem has asked
    pin: str | None = None
    if settings.modem.sim_pin_credential is not None:
        try:
            pin = credential(settings, settings.modem.sim_pin_credential)
        except CredentialMissing:
            pin = None  # check_credentials says so; the SIM may be open all the same
    return look(settings.modem, pin)


def _of_look(seen: Look) -> Known:
    status = seen.status
    return Known(
        sim=status.sim,
        registered=status.registered,
        denied=status.denied,
        registrations=seen.registrations,
        operator=status.operator,
        signal_dbm=status.signal_dbm,
        service_centre=status.service_centre,
        model=status.model,
        firmware=status.firmware,
        clock=seen.clock,
        pin=seen.pin,
        tries_left=seen.tries_left,
    )


def _as_told(modem: dict[str, Any], settings: Settings) -> Iterator[Verdict]:
    detail, state = str(modem.get("detail") or ""), modem.get("state")
    if state == "starting":
        yield warn(_subject(""), _("still starting"), _("wait a minute, then look again"))
        return
    known = _of_answer(modem)
    if state != "ready":
        fault = "modem:no_network" if known.registered is False else "modem"
        yield bad(_subject(""), in_words(detail) or _("down"), remedy_for(fault))
        if known.sim is not None:
            yield from _sim(known, settings)
        return
    yield from _judged(known, settings, in_words(detail))


def _of_answer(modem: dict[str, Any]) -> Known:
    centre = modem.get("service_centre", modem.get("smsc"))
    return Known(
        sim=modem.get("sim"),
        registered=modem.get("registered"),
        denied=bool(modem.get("denied")),
        operator=modem.get("operator"),
        signal_dbm=modem.get("signal_dbm"),
        service_centre=centre,
        model=modem.get("model"),
        firmware=modem.get("firmware"),
        clock=modem.get("clock"),
        tries_left=modem.get("tries_left"),
    )


def _time(told: str) -> Verdict:
    """What the modem's clock shows: before the network has spoken, where it began."""
    utc = time_in([f'+CCLK: "{told}"'])
    if utc is None or utc < LEAST_UTC:
        return skip(_subject("clock"), _("the network has not told the time"))
    return good(_subject("clock"), told)


def _judged(known: Known, settings: Settings, detail: str = "") -> Iterator[Verdict]:
    named = " ".join(filter(None, (known.model, known.firmware)))
    yield good(_subject(""), ", ".join(filter(None, (named, detail))) or _("answers"))
    yield from _sim(known, settings)
    if known.sim in (None, "ready", "busy"):
        yield from _network(known)
        yield from _signal(known)
        yield from _service_centre(known)
    if known.clock is not None:
        yield _time(known.clock)
    if settings.modem is not None and settings.modem.power_pin is None:
        yield skip(_subject("power"), _("none: a modem that hangs is reset by commands only"))


def _sim(known: Known, settings: Settings) -> Iterator[Verdict]:
    subject = _subject("sim")
    if known.sim == "missing":
        yield bad(subject, _("there is none"), remedy_for("modem:sim_missing"))
    elif known.sim == "puk":
        yield bad(
            subject,
            _("it wants its PUK: a wrong PIN was entered three times"),
            _("put it into a telephone, and enter the PUK from the operator's letter"),
        )
    elif known.sim == "failed":
        yield bad(
            subject,
            _("it cannot be read"),
            _("wipe its contacts and put it in anew; if that does not help, ask for another"),
        )
    elif known.sim == "pin":
        yield _pin(known, settings)
    elif known.sim == "busy":
        yield warn(subject, _("still busy"), _("wait a minute, then look again"))
    elif known.sim is not None:
        words = _("ready, with its PIN") if known.pin is Pin.ACCEPTED else _("ready")
        yield good(subject, words)


def _pin(known: Known, settings: Settings) -> Verdict:
    subject = _subject("sim")
    left = _("{n} tries left").format(n=known.tries_left) if known.tries_left is not None else ""
    name = settings.modem.sim_pin_credential if settings.modem is not None else None
    path = settings.paths.credentials / (name or "sim-pin")
    correct = _("write the right PIN into {path}; if it is unknown, the PUK helps, not a guess")

    def said(words: str) -> str:
        return f"{words}; {left}" if left else words

    if name is None or known.pin is Pin.NONE_GIVEN:
        return bad(
            subject,
            said(_("it wants a PIN, and none is given")),
            _('write it into {path}, and set modem.sim_pin_credential = "{name}"').format(
                path=path, name=path.name
            ),
        )
    if known.pin is Pin.MALFORMED:
        return bad(
            subject,
            said(_("the PIN in {path} is not four to eight digits").format(path=path)),
            correct.format(path=path),
        )
    if known.pin is Pin.NOT_TRIED:
        return bad(
            subject,
            said(_("it wants its PIN, which was not tried here, to spare it")),
            correct.format(path=path),
        )
    return bad(subject, said(_("it refuses the PIN")), correct.format(path=path))


def _network(known: Known) -> Iterator[Verdict]:
    subject, operator = _subject("network"), known.operator or ""
    if known.denied or (_DENIED in known.registrations and known.registered is False):
        yield bad(
            subject,
            _("the network refuses this SIM card"),
            _("ask the operator: is the card active, paid, and allowed in this modem (IMEI)?"),
        )
    elif known.registered is False:
        words = _("no network: still searching")
        if _EMERGENCY_ONLY in known.registrations:
            words = _("emergency calls only: no texts leave")
        elif known.registrations and _SEARCHING not in known.registrations:
            words = _("no network, and the modem is not searching")
        yield bad(subject, words, remedy_for("modem:no_network"))
    elif known.registered is None:
        yield warn(
            subject,
            _("it does not say whether it has a network"),
            _("see whether texts leave: floodbell modem sms CONTACT"),
        )
    elif known.registrations & _ROAMING:
        yield warn(
            subject,
            _("roaming: {operator}").format(operator=operator or "?"),
            _("119 is reached through the home network only: use a SIM card of this country"),
        )
    else:
        yield good(subject, operator or _("registered"))


def _signal(known: Known) -> Iterator[Verdict]:
    subject = _subject("signal")
    if known.signal_dbm is None:
        yield warn(subject, _("unknown"), _("check that the antenna is screwed on"))
    elif known.signal_dbm <= WEAK_DBM:
        yield warn(
            subject,
            _("weak: {dbm} dBm").format(dbm=known.signal_dbm),
            remedy_for("modem:weak_signal"),
        )
    else:
        yield good(subject, f"{known.signal_dbm} dBm")


def _service_centre(known: Known) -> Iterator[Verdict]:
    subject = _subject("smsc")
    if known.service_centre:
        yield good(subject, known.service_centre)
    elif known.service_centre == "":
        yield bad(
            subject,
            _("its number is not set: no text leaves"),
            remedy_for("modem:no_service_centre"),
        )
    else:
        yield skip(subject, _("it does not say whether its number is set"))
