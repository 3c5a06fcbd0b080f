"""``floodbell modem info`` and ``modem sms CONTACT``: how the modem is, and a test text.

Where a daemon runs it holds the port and is asked; else the modem is opened here. Owns the waiting
for what becomes of a text, and the words for it. Exit 0: a text can leave, or has left; 1: not.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, Final

import click

from edge.cli import screen
from edge.cli.completing import contact_ids
from edge.cli.daemon_link import ask, ask_if_there, load_settings
from edge.cli.groups import Group
from edge.cli.options import Asked, reporting
from edge.cli.outcome import EXIT_NOT_GOOD, CommandEnded
from edge.cli.refusals import in_words
from edge.locale import _

if TYPE_CHECKING:
    from edge.diagnose.modem_line import Sent

OPENS_WITHIN_S: Final = 30.0
"""A modem that has just been plugged in may be busy with its SIM for some seconds."""

SENDS_WITHIN_S: Final = 150.0
LOOK_EVERY_S: Final = 0.5
GRACE_S: Final = 10.0
"""So much longer than the bell itself does it wait: a text may be in flight when its time is up."""

REPORT_WITHIN_S: Final = 15.0
"""How long the network's word that a text has arrived is waited for."""

_GOOD: Final = ("delivered", "accepted")
_OVER: Final = frozenset({"refused", "withdrawn", "expired"})


@click.group(cls=Group, help=_("The modem: how it is, and a test text by it."))
def modem() -> None:
    """Hold the commands together."""


@modem.command(help=_("Show SIM card, network, signal and firmware. Nothing is sent."))
@reporting
def info(asked: Asked) -> int:
    """Show how the modem is."""
    from edge.cli import modem_card

    answer = ask_if_there(asked, "modem")
    card = _looked(asked) if answer is None else answer
    if asked.as_json:
        screen.show_json(modem_card.document(card, by_daemon=answer is not None))
    else:
        modem_card.show(card, by_daemon=answer is not None)
    return 0 if modem_card.can_text(card) else EXIT_NOT_GOOD


@modem.command(help=_("Send a test text to one contact by the modem, never to 119."))
@click.argument("contact", metavar="CONTACT", shell_complete=contact_ids)
@reporting
def sms(asked: Asked, contact: str) -> int:
    """Send a test text and wait for what becomes of it."""
    from drivers.host.users import who_types

    answer = ask_if_there(asked, "modem_test", contact=contact, by=who_types())
    began_s = time.monotonic()
    if answer is None:
        outcome = _sent_here(asked, contact)
    elif answer.get("done") is True:
        outcome = _Watch(asked, str(answer.get("text")), began_s).outcome()
    else:
        outcome = _refused(asked, str(answer.get("reason") or ""))
    outcome |= {"contact": contact, "daemon": answer is not None}
    outcome["took_s"] = round(time.monotonic() - began_s, 1)
    if asked.as_json:
        screen.show_json({"sent": outcome["outcome"] in _GOOD, **outcome})
    else:
        _show(outcome)
    return 0 if outcome["outcome"] in _GOOD else EXIT_NOT_GOOD


def _looked(asked: Asked) -> dict[str, Any]:
    """Look for ourselves."""
    from edge.diagnose import modem_line

    settings = _settings_with_modem(asked)
    card: dict[str, Any] = _within(asked, OPENS_WITHIN_S, lambda: modem_line.look(settings))
    return card


def _sent_here(asked: Asked, contact: str) -> dict[str, Any]:
    """Send it ourselves: no daemon runs."""
    from edge.diagnose import modem_line
    from edge.messages.words import TextsError

    settings = _settings_with_modem(asked)
    if contact not in settings.contacts:
        raise _unknown(contact, settings.contacts)
    if not asked.as_json:
        screen.say(_("No floodbell runs: the modem sends this text directly, once."), "yellow")
    beside = asked.config.parent
    try:
        sent: Sent = _within(
            asked, SENDS_WITHIN_S, lambda: modem_line.send_test(settings, beside, contact)
        )
    except TextsError as error:
        raise CommandEnded(str(error), as_json=asked.as_json) from error
    return {
        "outcome": sent.outcome,
        "reason": sent.reason,
        "text": sent.text,
        "parts": sent.parts,
        "attempts": 1,
    }


def _settings_with_modem(asked: Asked) -> Any:  # noqa: ANN401  edge.settings.Settings
    settings = load_settings(asked)
    if settings.modem is None:
        raise CommandEnded(_("There is no [modem] in the settings."), as_json=asked.as_json)
    return settings


def _within(asked: Asked, limit_s: float, work: Any) -> Any:  # noqa: ANN401  what work returns
    """Do work with the modem; whatever keeps it from it ends the command with a sentence."""
    from drivers.errors import DriverError
    from edge.diagnose.examination import TookTooLong, within
    from edge.diagnose.modem_line import HeldByOthers
    from edge.diagnose.remedies import remedy_for

    try:
        return within(limit_s, work)
    except HeldByOthers as fault:
        words = _("{port} is held by another program: {who}. End it, then try again.")
        raise CommandEnded(
            words.format(port=fault.port, who=fault.who), as_json=asked.as_json
        ) from fault
    except (DriverError, OSError, TookTooLong) as fault:
        words = _("The modem cannot be used: {fault}. What to do: {remedy}")
        remedy = remedy_for("modem")
        raise CommandEnded(
            words.format(fault=fault, remedy=remedy), as_json=asked.as_json
        ) from fault


def _unknown(contact: str, known: Any) -> click.UsageError:  # noqa: ANN401  names, in any form
    words = _("No contact {contact} in the settings; there is {known}.")
    return click.UsageError(words.format(contact=contact, known=", ".join(known) or "-"))


def _refused(asked: Asked, reason: str) -> dict[str, Any]:
    """The bell said no."""
    words = in_words(reason)
    if reason.startswith("not among the contacts"):
        raise click.UsageError(words)
    if not asked.as_json:
        words = _("Not done: {reason}").format(reason=words)
        raise CommandEnded(words, as_json=False)
    return {"outcome": "refused", "reason": reason, "text": None, "parts": 0, "attempts": 0}


class _Watch:
    """Follows one text in the bell's outbox until its end is known, or the time is over."""

    def __init__(self, asked: Asked, text: str, began_s: float) -> None:
        from edge.law.modemtest import WITHIN_S

        self._asked = asked
        self._text = text
        self._end_s = began_s + WITHIN_S + GRACE_S
        self._accepted_s: float | None = None
        self._said = ""
        self._came_back = ""

    def outcome(self) -> dict[str, Any]:
        """Wait for it."""
        while True:
            rows = ask(self._asked, "outbox", text=self._text, texts=True).get("waiting") or []
            outcome = self._judged(rows)
            if outcome != "under_way":
                break
            self._came_back = _reason_of(rows) or self._came_back
            self._tell(rows)
            time.sleep(LOOK_EVERY_S)
        return {
            "outcome": outcome,
            "reason": "" if outcome in _GOOD else self._why(_reason_of(rows)),
            "text": "".join(str(row.get("text") or "") for row in rows),
            "parts": len(rows),
            "attempts": max((int(row.get("attempts") or 0) for row in rows), default=0),
        }

    def _why(self, reason: str) -> str:
        """Say why it did not leave: what came back last, or how the modem is."""
        detail = self._came_back or str(ask(self._asked, "modem").get("detail") or "")
        parts = (in_words(reason), "" if detail == reason else detail)
        return "; ".join(part for part in parts if part)

    def _judged(self, rows: list[dict[str, Any]]) -> str:
        states = {str(row.get("state")) for row in rows}
        now_s = time.monotonic()
        if not states or states & _OVER:
            return "failed"
        if states == {"delivered"}:
            return "delivered"
        if "unconfirmed" in states and not states & {"waiting", "in_flight"}:
            return "unconfirmed"
        if states <= {"accepted", "delivered"}:
            self._accepted_s = self._accepted_s or now_s
            late = now_s >= min(self._end_s, self._accepted_s + REPORT_WITHIN_S)
            return "accepted" if late else "under_way"
        return "late" if now_s >= self._end_s else "under_way"

    def _tell(self, rows: list[dict[str, Any]]) -> None:
        """On a terminal, say what has changed; never twice the same."""
        if self._asked.as_json or not sys.stdout.isatty():
            return
        words = next((w for row in rows if (w := _progress(row))), "")
        if words and words != self._said:
            self._said = words
            screen.say(f"  {words}")


def _reason_of(rows: list[dict[str, Any]]) -> str:
    return next((str(row["reason"]) for row in rows if row.get("reason")), "")


def _progress(row: dict[str, Any]) -> str:
    if row.get("state") == "in_flight":
        return _("being sent …")
    if row.get("state") == "accepted":
        return _("accepted by the network, waiting for its word that it has arrived …")
    if row.get("state") == "waiting" and row.get("reason"):
        return _("attempt {count} failed: {reason}").format(
            count=row.get("attempts"), reason=row.get("reason")
        )
    return _("waiting for the modem …") if row.get("state") == "waiting" else ""


def _show(outcome: dict[str, Any]) -> None:
    """Print what became of it, and what it said."""
    reason, contact = str(outcome.get("reason") or ""), outcome.get("contact")
    words = {
        "delivered": (_("Delivered to {contact} after {seconds:.0f} s."), "bold green"),
        "accepted": (
            _("Accepted by the network; no word yet that it has arrived. Look at the telephone."),
            "bold green",
        ),
        "undelivered": (_("The network says that it was NOT delivered."), "bold red"),
        "unconfirmed": (
            _("The modem gave no answer: it may have been sent. Look at the telephone."),
            "bold yellow",
        ),
        "late": (_("Still under way: look with floodbell outbox."), "bold yellow"),
        "failed": (_("NOT sent: {reason}"), "bold red"),
    }
    template, style = words[str(outcome["outcome"])]
    seconds = outcome.get("took_s")
    reason = reason or _("the reason is not known")
    screen.say(template.format(contact=contact, seconds=seconds, reason=reason), style)
    if outcome.get("text"):
        screen.say(_("Text: {text}").format(text=outcome["text"]))
    if outcome["outcome"] not in _GOOD:
        screen.say(_("See: floodbell modem info"))
