"""What each contact has been told of a trouble, and so what is left to tell. Pure.

A text that still waits may be overtaken by the next one about the same cause. Invariant: the last
that a contact was told of a cause is what is true, and nobody is told that something is over of
which he was never told.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import replace

from edge.effects import Notice, Purpose
from edge.messages.message import Message, Status


def fitted(
    notice: Notice, dropped: Iterable[Message], recalled: Iterable[Message]
) -> tuple[Notice, ...]:
    """Return what is still to be told, after what it makes untrue was dropped.

    Args:
        notice: What the law decided.
        dropped: What was withdrawn for it before it left.
        recalled: What is in flight and will not be tried again.
    """
    if notice.purpose is Purpose.TROUBLE_CLEARED:
        return _to(notice, exclude=_never_told(notice, dropped))
    if notice.purpose is not Purpose.TROUBLE:
        return (notice,)
    # Who was told of it and not that it was over knows of it: whatever becomes of this text, its
    # end is told to him.
    if notice.facts.again:
        knowing = set(notice.contacts) - _never_told(notice, dropped)
    else:
        knowing = _not_told_of_the_end(notice, (*dropped, *recalled))
    new = replace(notice, facts=replace(notice.facts, again=False))
    again = replace(notice, facts=replace(notice.facts, again=True))
    return (*_to(new, exclude=knowing), *_to(again, only=knowing))


def _never_told(notice: Notice, dropped: Iterable[Message]) -> set[str]:
    """Who would have heard of it for the first time by what was dropped."""
    about = [m for m in dropped if m.purpose is Purpose.TROUBLE and _same(m, notice)]
    knowing = {m.contact for m in about if m.facts.again or m.ambiguous}
    return {m.contact for m in about} - knowing


def _not_told_of_the_end(notice: Notice, overtaken: Iterable[Message]) -> set[str]:
    ends = (m for m in overtaken if m.purpose is Purpose.TROUBLE_CLEARED and _same(m, notice))
    return {m.contact for m in ends}


def _same(message: Message, notice: Notice) -> bool:
    return message.facts.cause == notice.facts.cause


def _to(
    notice: Notice, *, exclude: Set[str] = frozenset(), only: Set[str] | None = None
) -> tuple[Notice, ...]:
    wanted = set(notice.contacts) if only is None else only
    contacts = tuple(c for c in notice.contacts if c in wanted and c not in exclude)
    return (replace(notice, contacts=contacts),) if contacts else ()


def needless(recalled: Message, waiting: Iterable[Message]) -> tuple[str, ...]:
    """Return the keys of what need not be told, as the text it follows did not leave after all."""
    if recalled.purpose is not Purpose.TROUBLE or recalled.facts.again or recalled.ambiguous:
        return ()
    return tuple(
        m.key
        for m in waiting
        if m.purpose is Purpose.TROUBLE_CLEARED
        and m.status is Status.WAITING
        and (m.contact, m.facts.cause) == (recalled.contact, recalled.facts.cause)
    )
