"""What the loader refuses is asked again, key by key, before anything is written.

Owns the way from a complaint to the question that ends it. What no question of ``init`` can mend is
named, for a person to mend it in the file.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from edge.cli.asking import aside, confirm, tell
from edge.cli.setting_up.keys import Leave, ask_key
from edge.cli.setting_up.people import ask_phone
from edge.cli.setting_up.problems import in_words
from edge.cli.setting_up.sensors import ask_zones, settle
from edge.cli.setting_up.site import ask_address
from edge.commission.writing import fields_of
from edge.locale import _
from edge.settings.keys import DRIVERS
from edge.settings.tree import NAMED_TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.cli.setting_up.session import Session
    from edge.settings import Problem

_ROUNDS: Final = 20
"""What is still wrong then is left to the person."""


def tell_problems(problems: Sequence[Problem]) -> None:
    """List what is wrong, by its key."""
    tell()
    for problem in problems:
        tell(f"{problem.key}: {in_words(problem)}", "bold yellow")


def mend(session: Session) -> None:
    """Ask for each key that is wrong, as long as that helps; what is left stays as it is."""
    told = False
    for _round in range(_ROUNDS):
        problems = session.draft.problems()
        mendable = [problem for problem in problems if _can_be_asked(session, problem)]
        if not mendable:
            return
        if not told:
            tell_problems(problems)
            told = True
        before = session.draft.tree_copy()
        _ask_again(session, mendable[0])
        if session.draft.tree == before:
            return  # that is how it is wanted, so the parts have to be gone through


def _can_be_asked(session: Session, problem: Problem) -> bool:
    path = tuple(problem.key.split("."))
    if problem.found == "an unknown key" or path[0] == "zones":
        return True
    # Without a route it is the modem that is missing, not the key.
    return not (path[0] == "contacts" and path[-1] == "routes") and _is_key(session, path)


def _is_key(session: Session, path: tuple[str, ...]) -> bool:
    """Whether a path is that of a key that stands alone, and not of a table or of a part of one."""
    if len(path) != (3 if path[0] in NAMED_TABLES else 2):
        return False
    driver = str(session.draft.get(*path[:-1], "driver") or "")
    return path[-1] in fields_of(path[0], driver)


def _ask_again(session: Session, problem: Problem) -> None:
    path = tuple(problem.key.split("."))
    if problem.found == "an unknown key":
        if confirm(_("{key} is not known. Take it out?").format(key=problem.key)):
            session.draft.drop(path)
        return
    aside(f"{problem.key}: {in_words(problem)}", "yellow")
    if path[0] == "zones":
        ask_zones(session)
    elif path == ("site", "address"):
        ask_address(session)
    elif path[0] == "contacts" and path[-1] == "phone":
        ask_phone(session, path[1], may_be_none=False)
    elif path[0] == "sensors" and session.draft.get(*path[:-1], "driver") in DRIVERS:
        settle(session, path[1])
    else:
        with contextlib.suppress(Leave):
            ask_key(session, path, may_leave=True)
