"""Whether texts have left of late: the last one that the network took, and the self-test.

Owns the judgement of what the store remembers. A self-test is the only proof in a dry year that the
plan is paid and the network still takes texts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from edge.diagnose.details import in_words
from edge.diagnose.examination import Examination
from edge.diagnose.remedies import remedy_for
from edge.diagnose.verdict import Subject, Verdict, bad, good, skip, warn
from edge.law.selftest import WITHIN_S
from edge.locale import _
from edge.settings import Settings

_OLD: Final = timedelta(days=365)
"""As long as a wet test holds: a visit a year."""

_PREFERRED: Final = ("technician", "office", "guardian", "partner", "resident")
"""Who may best get a text a day that says nothing."""


def check_sent(examination: Examination) -> Iterator[Verdict]:
    """Verdicts on the last text and on the self-test."""
    if examination.settings.modem is None:
        return
    yield _last_text(examination)
    yield _self_test(examination)


def _last_text(examination: Examination) -> Verdict:
    name = Subject("last_text", _("last text that left"))
    past = examination.past
    contact = _somebody(examination.settings) or "CONTACT"
    if past.accepted is not None:
        send_one = _("send one: floodbell modem sms {contact}").format(contact=contact)
        if _to_come(past.accepted):
            return warn(name, _ago(past.accepted), send_one)
        if datetime.now(UTC) - past.accepted > _OLD:
            return warn(
                name, _("{ago}: more than a year").format(ago=_ago(past.accepted)), send_one
            )
        return good(name, _ago(past.accepted))
    if not past.known:
        return skip(name, _("nothing is remembered yet"))
    return warn(
        name,
        _("none yet, as far as is remembered"),
        _("send one: floodbell modem sms {contact}").format(contact=contact),
    )


def _self_test(examination: Examination) -> Verdict:
    name = Subject("self_test", _("self-test"))
    modem, past = examination.settings.modem, examination.past
    wanted = modem.self_test if modem is not None else None
    if wanted is None:
        contact = _somebody(examination.settings) or "CONTACT"
        return warn(
            name,
            _("none set: a plan that has run out is found out in a flood"),
            _('under [modem]: self_test = {{ contact = "{contact}", every_h = 24 }}').format(
                contact=contact
            ),
        )
    for trouble in (examination.daemon or {}).get("troubles") or []:
        if trouble.get("cause") == "self_test":
            return bad(name, in_words(str(trouble.get("detail"))), remedy_for("self_test"))
    every = _("every {h:g} h to {contact}").format(h=wanted.every_h, contact=wanted.contact)
    late = timedelta(hours=wanted.every_h, seconds=WITHIN_S)
    if past.self_test_accepted is None:
        made = past.self_test
        if made is not None and datetime.now(UTC) - made > timedelta(seconds=WITHIN_S):
            found = _("{every}; none was accepted yet, the last one was made {ago}")
            return warn(name, found.format(every=every, ago=_ago(made)), remedy_for("self_test"))
        return skip(name, _("{every}; none was accepted yet").format(every=every))
    ago = _ago(past.self_test_accepted)
    if _to_come(past.self_test_accepted):
        return warn(
            name,
            _("{every}; the last one {ago}").format(every=every, ago=ago),
            remedy_for("self_test"),
        )
    if datetime.now(UTC) - past.self_test_accepted > late:
        return warn(
            name,
            _("{every}; overdue: the last one {ago}").format(every=every, ago=ago),
            remedy_for("self_test"),
        )
    return good(name, _("{every}; the last one {ago}").format(every=every, ago=ago))


def _somebody(settings: Settings) -> str | None:
    """Who might get a test, by role."""
    by_role = {contact.role: name for name, contact in settings.contacts.items()}
    return next((by_role[role] for role in _PREFERRED if role in by_role), None)


def _to_come(then: datetime) -> bool:
    """Whether a moment that was written down has not been yet: the clock has gone back since."""
    return then - datetime.now(UTC) > timedelta(hours=1)


def _ago(then: datetime) -> str:
    if _to_come(then):
        return _("on {day}, which is still to come: the clock is wrong, or was").format(
            day=f"{then:%Y-%m-%d}"
        )
    hours = max(0.0, (datetime.now(UTC) - then).total_seconds() / 3600)
    if hours < 1:
        return _("{minutes:.0f} min ago").format(minutes=hours * 60)
    if hours < 48:
        return _("{hours:.0f} h ago").format(hours=hours)
    return _("{days:.0f} days ago").format(days=hours / 24)
