"""Check of the modem: SIM, network, signal. Nothing is sent.

While the daemon runs it holds the port, so it is asked; otherwise the modem is opened here, behind
an interlock that is not armed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from drivers.errors import DriverError
from drivers.modem.interlock import Interlock
from drivers.modem.modem import Modem
from drivers.modem.status import ModemStatus
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


def check_modem(examination: Examination) -> Iterator[Verdict]:
    """Whether texts can leave."""
    settings = examination.settings
    if settings.modem is None:
        yield skip(Subject("modem", _("modem")), _("none in the settings: nobody gets a text"))
        return
    if examination.closed:
        yield skip(
            Subject("modem", _("modem")),
            _("left alone: a bell that cannot be asked may be using it"),
        )
        return
    if examination.daemon is not None:
        yield _as_told(examination.daemon.get("modem") or {})
        return
    try:
        status = within(ANSWERS_WITHIN_S, lambda: _look(settings))
    except (DriverError, OSError, TookTooLong) as fault:
        yield bad(Subject("modem", _("modem")), str(fault), remedy_for("modem"))
        return
    yield _network(status.registered, status.signal_dbm, status.operator, _model(status))


def _look(settings: Settings) -> ModemStatus:
    assert settings.modem is not None  # noqa: S101  check_modem has asked
    pin: str | None = None
    if settings.modem.sim_pin_credential is not None:
        try:
            pin = credential(settings, settings.modem.sim_pin_credential)
        except CredentialMissing:
            pin = None  # check_credentials says so; the SIM may be open all the same
    modem = Modem(settings.modem, Interlock(settings.report.number), sim_pin=pin)
    modem.open()
    try:
        return modem.status
    finally:
        modem.close()


def _model(status: ModemStatus) -> str:
    return " ".join(filter(None, (status.model, status.firmware)))


def _as_told(modem: dict[str, Any]) -> Verdict:
    detail, state = str(modem.get("detail") or ""), modem.get("state")
    if state == "starting":
        return warn(
            Subject("modem", _("modem")), _("still starting"), _("wait a minute, then look again")
        )
    if state != "ready":
        return bad(Subject("modem", _("modem")), detail or str(state), remedy_for("modem"))
    return _network(modem.get("registered"), modem.get("signal_dbm"), modem.get("operator"), detail)


def _network(
    registered: bool | None,
    signal_dbm: int | None,
    operator: str | None,
    detail: str,
) -> Verdict:
    signal = _("signal unknown") if signal_dbm is None else f"{signal_dbm} dBm"
    found = ", ".join(filter(None, (operator, signal, detail)))
    if registered is False:
        return bad(
            Subject("modem", _("modem")),
            _("no network: {found}").format(found=found),
            _("check antenna, SIM card and plan; a plan may lack texts"),
        )
    if signal_dbm is not None and signal_dbm <= WEAK_DBM:
        return warn(
            Subject("modem", _("modem")),
            _("weak signal: {found}").format(found=found),
            _("move the antenna towards a window, or use a better one"),
        )
    return good(Subject("modem", _("modem")), found)
