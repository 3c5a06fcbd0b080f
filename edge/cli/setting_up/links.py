"""The parts of ``init`` about modem, siren and button, and the centre's broker."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge.cli.asking import Again, aside, ask, choose, confirm, head, secret
from edge.cli.setting_up.keys import ask_key
from edge.cli.setting_up.people import describe
from edge.locale import _

if TYPE_CHECKING:
    from edge.cli.setting_up.session import Session
    from edge.diagnose.plugged_in import Found

SIM_PIN: Final = "sim-pin"
MQTT_PASSWORD: Final = "mqtt-password"  # noqa: S105  the name of a file
MQTT_KEY: Final = "mqtt-key"

PIN_OFFERS: Final = {"button_pin": 5, "siren_pin": 16, "strobe_pin": 13, "lamp_pin": 26}
"""As in the example that is shipped."""

CALLERS: Final = ["119", "02*"]
"""119, and the numbers of Seoul from which a fire station calls back."""

_PIN: Final = re.compile(r"[0-9]{4,8}", re.ASCII)
"""Source: 3GPP TS 31.101, 9.5.1."""

_MOST_KEY_BYTES: Final = 1 << 16


def ask_modem(session: Session) -> None:
    """Ask for the table ``[modem]``."""
    from edge.diagnose.plugged_in import main_modem_port

    head(_("The modem"))
    found = main_modem_port(session.found or [])
    answering = [one for one in session.found or [] if one.modem is not None]
    if not answering and session.draft.get("modem") is None:
        aside(_("Without one nobody is texted and 119 is not reached."), "yellow")
        if not confirm(_("Is there a modem?"), default=session.found is None):
            return
    for one in answering:
        aside(f"{one.port.path}: {one.modem.model if one.modem else ''}", "green")
    session.draft.table("modem")
    ask_key(
        session,
        ("modem", "port"),
        offer=found.port.path if found else None,
        choices={one.port.path: "" for one in answering} if len(answering) > 1 else None,
    )
    chosen = session.draft.get("modem", "port")
    _ask_sim(session, next((one for one in answering if one.port.path == chosen), None))
    _ask_callers(session)
    _ask_self_test(session)


def _ask_sim(session: Session, found: Found | None) -> None:
    """Ask for the PIN if the SIM wants one, or may."""
    path = ("modem", "sim_pin_credential")
    wants = found.modem.wants_pin if found is not None and found.modem is not None else None
    if wants is False:
        aside(_("Its SIM wants no PIN."))
        return
    if wants:
        aside(_("Its SIM wants a PIN."), "bold")
    if session.draft.get(*path) and not confirm(_("A PIN is set. Another one?"), default=False):
        return

    def understand(typed: str) -> str:
        if typed and not _PIN.fullmatch(typed):
            raise Again(_("four to eight digits"))
        return typed

    aside(_("It is kept in a file of its own, never in the settings; nothing is shown."), "dim")
    pin = secret(_("SIM's PIN (Enter: none)"), understand)
    if pin:
        session.secrets[SIM_PIN] = pin.encode()
        session.draft.put(path, SIM_PIN)


def _ask_callers(session: Session) -> None:
    path = ("modem", "answer_calls_from")
    if session.draft.get(*path) is None and confirm(
        _("When 119 calls back, answer hands-free (119 and 02…)?")
    ):
        session.draft.put(path, CALLERS)


def _ask_self_test(session: Session) -> None:
    """A text a day to somebody, so that a dead modem is noticed before the flood."""
    names = list(session.draft.get("contacts") or {})
    if not names:
        return
    path = ("modem", "self_test")
    now = session.draft.get(*path)
    aside(_("A text a day shows that texts still leave. Who gets it?"))
    nobody = _("nobody")
    choices = {nobody: "", **{name: describe(session, name) for name in names}}
    default = now["contact"] if now and now.get("contact") in names else nobody
    chosen = choose(_("self-test"), choices, default=default)
    kept = {**(now or {}), "contact": chosen}
    session.draft.put(path, None if chosen == nobody else kept)


def ask_bell(session: Session) -> None:
    """Ask for the pins of ``[bell]``, and for that of a UPS board."""
    head(_("Button, siren, strobe, lamp"))
    aside(_("BCM numbers; - for what is not there. Under a SIM7600 HAT never 4 and 6."), "dim")
    session.draft.table("bell")
    for key, usual in PIN_OFFERS.items():
        free = session.draft.pins_free()
        aside(_("free pins: {pins}").format(pins=session.draft.pins_free_in_words()), "dim")
        ask_key(session, ("bell", key), offer=usual if usual in free else None)
    if not session.draft.get("bell"):
        session.draft.drop(("bell",))
    _ask_power(session)


def _ask_power(session: Session) -> None:
    """Ask for the line of a UPS board; what the kernel knows of mains needs no pin."""
    aside(_("X728 and X1200: 6, then no SIM7600 HAT may use it."), "dim")
    if ask_key(session, ("power", "mains_pin")) is not None:
        ask_key(session, ("power", "mains_level"))
    else:
        session.draft.put(("power", "mains_level"), None)
    if not session.draft.get("power"):
        session.draft.drop(("power",))


def ask_broker(session: Session) -> None:
    """Ask for the table ``[mqtt]``."""
    head(_("The centre's broker (MQTT)"))
    aside(_("Without one the bell decides and texts by itself."), "dim")
    now = session.draft.get("mqtt", "host")

    def understand(typed: str) -> str:
        if typed in ("", "-"):
            return ""
        for problem in session.draft.problems_with(("mqtt", "host"), typed):
            from edge.cli.setting_up.problems import in_words

            raise Again(in_words(problem))
        return typed

    host = ask(_("host (-: none)"), understand, default=now or "")
    if not host:
        session.draft.drop(("mqtt",))
        return
    session.draft.put(("mqtt", "host"), host)
    ask_key(session, ("mqtt", "port"))
    _ask_trust(session)
    if session.draft.get("mqtt", "ca"):
        _ask_identity(session)
    _ask_user(session)


def _ask_trust(session: Session) -> None:
    while True:
        session.draft.put(("mqtt", "insecure"), None)
        _note_file(ask_key(session, ("mqtt", "ca"), offer="/etc/floodbell/ca.pem"))
        if not any(p.key == "mqtt.ca" for p in session.draft.problems_under("mqtt")):
            return
        aside(_("Without it all goes through the network in the clear."), "yellow")
        if confirm(_("In the clear, for a trial only?"), default=False):
            session.draft.put(("mqtt", "insecure"), True)
            return


def _ask_identity(session: Session) -> None:
    """The certificate, and its key as a secret."""
    cert = ask_key(session, ("mqtt", "cert"), offer="/etc/floodbell/device.pem")
    _note_file(cert)
    if cert is None:
        session.draft.put(("mqtt", "key_credential"), None)
        return
    ask_key(session, ("mqtt", "key_credential"), offer=MQTT_KEY)
    name = session.draft.get("mqtt", "key_credential")

    def understand(typed: str) -> bytes:
        if not typed:
            return b""
        try:
            with Path(typed).expanduser().open("rb") as file:
                key = file.read(_MOST_KEY_BYTES)
        except OSError as error:
            raise Again(f"{typed}: {error.strerror}") from None
        if b"PRIVATE KEY" not in key:
            raise Again(_("{file} is no key in PEM form").format(file=typed))
        return key

    aside(_("Its key goes into {folder}.").format(folder=session.credentials), "dim")
    key = ask(_("file of the key to copy there (Enter: later)"), understand)
    if key and name:
        session.secrets[name] = key


def _ask_user(session: Session) -> None:
    user = ask_key(session, ("mqtt", "username"))
    path = ("mqtt", "password_credential")
    if user is None:
        session.draft.put(path, None)
        return
    if session.draft.get(*path) and not confirm(
        _("A password is set. Another one?"), default=False
    ):
        return
    password = secret(_("password (Enter: none)"), lambda typed: typed)
    if password:
        session.secrets[MQTT_PASSWORD] = password.encode()
        session.draft.put(path, MQTT_PASSWORD)


def _note_file(path: str | None) -> None:
    if path and not Path(path).exists():
        aside(_("{path} is not there yet: put it there.").format(path=path), "yellow")
