"""Things of which there are several, sensors and contacts: one more, another one, one less."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from edge.cli.asking import NOTHING, Again, aside, ask
from edge.locale import _

if TYPE_CHECKING:
    from edge.cli.setting_up.session import Session

MORE = "+"


def go_through(
    session: Session,
    table: str,
    *,
    show: Callable[[str], str],
    add: Callable[[], None],
    change: Callable[[str], None],
) -> None:
    """Show what there is, and let things be added, changed and taken away until that is all.

    Args:
        session: The draft.
        table: ``sensors`` or ``contacts``.
        show: Describes one by its name.
        add: Asks for one more.
        change: Asks for one again.
    """
    while True:
        names = list(session.draft.get(table) or {})
        for name in names:
            aside(f"{name}: {show(name)}")

        def understand(typed: str, names: list[str] = names) -> str:
            if typed in ("", MORE) or typed.removeprefix(NOTHING) in names:
                return typed
            raise Again(_("+, Enter, or one of: {names}").format(names=", ".join(names) or "-"))

        words = _("+ one more; a name changes it, -name takes it away; Enter: that is all")
        aside(words, "dim")
        answer = ask("+/-", understand)
        if not answer:
            return
        if answer == MORE:
            add()
        elif answer in names:
            change(answer)
        else:
            session.draft.drop((table, answer.removeprefix(NOTHING)))
