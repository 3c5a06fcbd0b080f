"""The part of ``init`` about the home: where it is, who lives there, in which language."""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edge.cli.asking import Again, aside, confirm, head
from edge.cli.setting_up.keys import ask_key
from edge.locale import _

if TYPE_CHECKING:
    from edge.cli.setting_up.session import Session
    from edge.messages.words import Texts

_MACHINE_ID: Final = Path("/etc/machine-id")
_SITE_ID: Final = re.compile(r"[a-z0-9-]{1,32}")
_NOBODYS_NAMES: Final = frozenset({"raspberrypi", "localhost", "raspberry", "debian"})


def ask_site(session: Session) -> None:
    """Ask for the table ``[site]``."""
    from edge.settings import DEFAULT_PATH

    head(_("The home"))
    ask_key(session, ("site", "id"), offer=offered_id())
    ask_key(session, ("site", "district"))
    ask_address(session)
    ask_key(session, ("site", "occupants"))
    _tell_report(session)
    # What the residents read: not what the technician's laptop happens to speak.
    ask_key(session, ("site", "language"), offer="ko")
    ask_key(session, ("site", "timezone"), offer="Asia/Seoul")
    if session.config.absolute().parent != DEFAULT_PATH.parent and not session.draft.get("paths"):
        _paths(session)


def offered_id() -> str:
    """Return a name for this bell: the machine's if somebody gave it one, else one of its own."""
    name = os.uname().nodename.split(".")[0].lower()
    if _SITE_ID.fullmatch(name) and name not in _NOBODYS_NAMES:
        return name
    try:
        own = _MACHINE_ID.read_text(encoding="ascii").strip()[:6]
    except (OSError, UnicodeDecodeError):
        own = ""
    return f"bell-{own or '1'}"


def _language() -> str:
    return os.environ.get("LANGUAGE", "ko")  # what ``edge.locale.use`` has set


def ask_address(session: Session) -> None:
    """Ask until it fits in what 119 takes, and say how much room is left."""
    ask_key(session, ("site", "address"), convert=lambda typed: _fitting(session, typed))


def _fitting(session: Session, typed: str) -> str:
    from edge.commission.address import room

    address = unicodedata.normalize("NFC", typed)
    texts = _texts(session)
    if texts is None:
        return address
    left = room(texts, address).left
    if left < 0:
        raise Again(
            _("{over} characters too long for the 45 that 119 gets: shorten it.").format(over=-left)
        )
    aside(_("It fits; {left} characters are left.").format(left=left), "green")
    return address


def _texts(session: Session) -> Texts | None:
    """Return the words that reports are made of; None where they cannot be read: check says so."""
    from edge.messages.texts import find, load
    from edge.messages.words import TextsError

    try:
        return load(find(_language(), session.config.absolute().parent))
    except TextsError:
        return None


def _tell_report(session: Session) -> None:
    from edge.commission.address import room

    texts = _texts(session)
    if texts is not None:
        home = session.draft.table("site")
        told = room(texts, home["address"], home.get("occupants")).report
        aside(_("119 would get: {report}").format(report=told), "green")


def _paths(session: Session) -> None:
    """A trial without root keeps everything beside its settings."""
    folder = session.config.absolute().parent
    aside(
        _("These settings are not in /etc/floodbell. For a trial, all else can be beside them."),
        "dim",
    )
    if confirm(_("Keep database and secrets in {folder}?").format(folder=folder)):
        for name in ("state", "run", "credentials"):
            session.draft.put(("paths", name), str(folder / name))
