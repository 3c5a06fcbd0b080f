"""From what the law decided to messages in the outbox. Pure.

A notice becomes one message for each contact and part; a report becomes one message without words,
because it is worded when it leaves; a CAP document is one whose text is the document.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from edge.effects import Call, Facts, Notice, Purpose, Report, message_key
from edge.messages.cap_threads import Document
from edge.messages.message import Message
from edge.messages.outbox import VOICE
from edge.messages.words import Home, Texts, notice_text


@dataclass(frozen=True, slots=True)
class Addressee:
    """A contact as delivery needs it. The number is never logged, stored or published."""

    role: str
    number: str
    routes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """What it takes to write: templates, the home, the contacts, how a text is split.

    ``cap_routes`` is empty where nobody wants CAP documents posted.
    """

    texts: Texts
    home: Home
    addressees: Mapping[str, Addressee]
    split: Callable[[str], list[str]]
    boot_id: str
    report_route: str = "modem"
    call_route: str = VOICE
    cap_routes: tuple[str, ...] = ()

    def routes_to(self, purpose: Purpose, contact: str) -> tuple[str, ...]:
        """Return the ways of a message: 119 and the centre have their own, and are no contacts."""
        apart = {
            Purpose.REPORT: (self.report_route,),
            Purpose.CALL: (self.call_route,),
            Purpose.CAP: self.cap_routes,
        }
        addressee = self.addressees.get(contact)
        return apart.get(purpose, addressee.routes if addressee else ())


def draft_notice(
    desk: Desk,
    notice: Notice,
    now_s: float,
    *,
    time_words: str,
    concat_reference: Callable[[], int],
) -> tuple[Message, ...]:
    """Write a notice to each of its contacts.

    Args:
        desk: What it takes to write.
        notice: What the law decided.
        now_s: Monotonic seconds of the decision.
        time_words: Local time of the decision.
        concat_reference: Gives a random reference for a text of several parts.
    """
    messages: list[Message] = []
    # Two troubles may begin in the same millisecond, of this boot or of another.
    about = notice.incident or f"{notice.facts.cause}@{desk.boot_id}"
    for rank, contact in enumerate(notice.contacts):
        addressee = desk.addressees.get(contact)
        routes = notice.routes or (addressee.routes if addressee else ())
        if addressee is None or not routes:
            continue
        text = notice_text(
            desk.texts, desk.home, notice.purpose, addressee.role, notice.facts, time_words
        )
        parts = desk.split(text)
        reference = concat_reference() if len(parts) > 1 else None
        messages += [
            Message(
                key=message_key(about, notice.episode, notice.purpose, contact, 1, part),
                purpose=notice.purpose,
                contact=contact,
                incident=notice.incident,
                episode=notice.episode,
                decided_s=now_s,
                routes=routes,
                text=words,
                part=part,
                parts=len(parts),
                concat_reference=reference,
                origin=notice.origin,
                facts=notice.facts,
                reason=notice.reason,
                rank=rank,
            )
            for part, words in enumerate(parts, start=1)
        ]
    return tuple(messages)


def draft_report(desk: Desk, report: Report, now_s: float, setpoint_mm: float) -> Message:
    """Make the message of one report to 119; its words are made when it leaves."""
    return Message(
        key=report.key,
        purpose=Purpose.REPORT,
        contact="119",
        incident=report.incident,
        episode=report.episode,
        decided_s=now_s,
        routes=(desk.report_route,),
        repeat=report.repeat,
        repeats=report.repeats,
        origin=report.origin,
        facts=Facts(setpoint_mm=setpoint_mm),
        reason=report.reason,
    )


def draft_call(desk: Desk, call: Call, now_s: float) -> Message:
    """Make the message that asks for one call to 119."""
    return Message(
        key=call.key,
        purpose=Purpose.CALL,
        contact="119",
        incident=call.incident,
        episode=call.episode,
        decided_s=now_s,
        routes=(desk.call_route,),
        origin=call.origin,
        reason=call.reason,
    )


CAP_CONTACT = "cap"
"""In place of a contact: whoever takes CAP documents by HTTPS."""


def draft_document(desk: Desk, document: Document, now_s: float) -> Message:
    """Make the message of a CAP document that is posted. Its number orders it and makes its key."""
    return Message(
        key=message_key(document.about, document.number, Purpose.CAP, CAP_CONTACT, 1, 1),
        purpose=Purpose.CAP,
        contact=CAP_CONTACT,
        incident=document.incident,
        episode=document.episode,
        decided_s=now_s,
        routes=desk.cap_routes,
        text=document.xml,
        reason=f"CAP {document.kind}",
        rank=document.number,
    )
