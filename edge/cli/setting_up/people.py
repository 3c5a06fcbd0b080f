"""The part of ``init`` about the people who are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

from edge.cli.asking import NOTHING, Again, aside, ask, choose, head
from edge.cli.setting_up.keys import ask_key
from edge.cli.setting_up.lists import go_through
from edge.locale import _

if TYPE_CHECKING:
    from edge.cli.setting_up.session import Session

WANTED: Final = ("resident", "guardian", "partner", "office", "technician")
"""Asked for one by one: without a technician nobody hears of water in service."""


def ask_people(session: Session) -> None:
    """Ask for the contacts."""
    head(_("The people who are told"))
    aside(_("Numbers as you dial them: 010-… or 02-…; from abroad +…. Never 119."), "dim")
    for role in WANTED:
        if not any(one.get("role") == role for one in _contacts(session).values()):
            _offer_role(session, role)
    go_through(
        session,
        "contacts",
        show=lambda name: describe(session, name),
        add=lambda: _add(session),
        change=lambda name: _ask_contact(session, name),
    )


def describe(session: Session, name: str) -> str:
    """Say who it is."""
    from edge.commission.phones import national

    one = _contacts(session)[name]
    role = role_words().get(str(one.get("role")), str(one.get("role"))).partition(":")[0]
    parts = (one.get("name"), role if role != name else "", national(str(one.get("phone", ""))))
    return ", ".join(str(part) for part in parts if part)


def role_words() -> dict[str, str]:
    """Return each role and who that is."""
    return {
        "resident": _("resident: who lives here"),
        "guardian": _("guardian: family or neighbour who comes"),
        "partner": _("partner: companion partner of the district"),
        "office": _("office: the district office"),
        "technician": _("technician: who mends the bell"),
    }


def _contacts(session: Session) -> dict[str, dict[str, object]]:
    return session.draft.get("contacts") or {}


def _offer_role(session: Session, role: str) -> None:
    aside(f"{role_words()[role]}", "bold")
    name = _free_name(session, role)
    session.draft.put(("contacts", name), {"role": role})
    if not ask_phone(session, name, may_be_none=True):
        session.draft.drop(("contacts", name))
        return
    ask_key(session, ("contacts", name, "name"))
    _ask_routes(session, name)


def _add(session: Session) -> None:
    from edge.settings.tree import Role

    roles = role_words()
    role = choose(_("role"), {name: roles[name] for name in get_args(Role)}, default="partner")
    name = _free_name(session, role)
    session.draft.put(("contacts", name), {"role": role})
    _ask_contact(session, name)


def _ask_contact(session: Session, name: str) -> None:
    ask_phone(session, name, may_be_none=False)
    ask_key(session, ("contacts", name, "name"))
    _ask_routes(session, name)


def ask_phone(session: Session, name: str, *, may_be_none: bool) -> bool:
    """Ask for the number of a contact, as it is dialled.

    Args:
        session: The draft.
        name: Whose.
        may_be_none: Whether nobody is an answer.

    Returns:
        Whether there is a number now.
    """
    from edge.cli.setting_up.problems import in_words
    from edge.commission.phones import NoNumber, e164, national

    path = ("contacts", name, "phone")
    now = session.draft.get(*path)

    def understand(typed: str) -> str:
        if typed in ("", NOTHING):
            if may_be_none:
                return ""
            raise Again(_("It cannot be left out."))
        try:
            number = e164(typed)
        except NoNumber:
            raise Again(_("a number as you dial it, 010-1234-5678, or +82…")) from None
        for problem in session.draft.problems_with(path, number):
            raise Again(in_words(problem))
        return number

    words = _("phone (Enter: none)") if may_be_none else _("phone")
    number = ask(words, understand, default=national(now) if now else "")
    if number:
        session.draft.put(path, number)
    return bool(number)


def _ask_routes(session: Session, name: str) -> None:
    """Only where there are two ways to choose from."""
    if session.draft.get("http_sms") is None or session.draft.get("modem") is None:
        return
    ways = {"all": _("the modem first, then the internet"), "modem": "", "http": ""}
    path = ("contacts", name, "routes")
    now = session.draft.get(*path)
    chosen = choose(_("routes"), ways, default=now[0] if now and len(now) == 1 else "all")
    session.draft.put(path, None if chosen == "all" else [chosen])


def _free_name(session: Session, role: str) -> str:
    taken = _contacts(session)
    numbered = (f"{role}-{number}" for number in range(2, 1000))
    return role if role not in taken else next(name for name in numbered if name not in taken)
