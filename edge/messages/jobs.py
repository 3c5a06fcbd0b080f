"""From a message to the job that a route's worker gets: number, words, time-out.

Owns the wording of a report at the moment it leaves. Invariant: only a report and a call have an
origin, and only the interlock's own question decides whether they may leave.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from drivers.modem.alphabet import Alphabet, alphabet_of
from drivers.modem.pdu import Concat
from edge.effects import Purpose
from edge.law.notices import facts
from edge.law.policy import Policy
from edge.law.state import State
from edge.messages import outbox as rules
from edge.messages.drafting import Desk
from edge.messages.job import ANSWER_TIMEOUT_S, Job
from edge.messages.message import Message
from edge.messages.outbox import Outbox
from edge.messages.words import REPORT_MAX_CHARACTERS, TextsError, report_text

REPORT_ANSWER_TIMEOUT_S: Final = 30.0
"""How long 119 may take: people wait behind it, and a late answer is still credited to it."""


@dataclass(frozen=True, slots=True)
class Clerk:
    """Makes jobs; ``report_number`` is 119, or what the settings have in its place."""

    desk: Desk
    policy: Policy
    report_number: str

    def job(self, message: Message, route: str, outbox: Outbox, state: State) -> Job:
        """Return what is to be handed over now."""
        if message.purpose in (Purpose.REPORT, Purpose.CALL):
            return Job(
                key=message.key,
                number=self.report_number,
                text="" if message.purpose is Purpose.CALL else self._report_words(message, state),
                origin=message.origin,
                answer_timeout_s=REPORT_ANSWER_TIMEOUT_S,
            )
        parts = rules.parts_of(outbox, message)
        whole = route in rules.WHOLE_TEXT_ROUTES
        addressee = self.desk.addressees.get(message.contact)
        return Job(
            key=message.key,
            number=addressee.number if addressee else "",
            text="".join(part.text for part in parts) if whole else message.text,
            origin=None,
            concat=None if whole else _concat(message, parts),
            answer_timeout_s=ANSWER_TIMEOUT_S,
        )

    def went_to(self, message: Message, number: str) -> bool:
        """Whether a message went to a number, however the network writes it; unknown is yes."""
        if not number:
            return True
        addressee = self.desk.addressees.get(message.contact)
        to_119 = message.purpose in (Purpose.REPORT, Purpose.CALL)
        ours = self.report_number if to_119 else addressee.number if addressee else ""
        return _last_digits(ours) == _last_digits(number)

    def _report_words(self, message: Message, state: State) -> str:
        """A report says what is true when it leaves: present depth, and the peak if it fell."""
        about = facts(state, self.policy, setpoint_mm=message.facts.setpoint_mm)
        origin = message.origin or "water"
        desk = self.desk
        try:
            return report_text(
                desk.texts,
                desk.home,
                origin,
                about,
                repeat=message.repeat,
                repeats=message.repeats,
            )
        except TextsError:  # the check at start should have found it: half a report beats none
            return (desk.texts.report[origin] + desk.home.address)[:REPORT_MAX_CHARACTERS]


def _last_digits(number: str) -> str:
    """Country code or trunk zero are in front: behind them eight digits are enough."""
    return "".join(character for character in number if character.isdecimal())[-8:]


def _concat(message: Message, parts: tuple[Message, ...]) -> Concat | None:
    """One alphabet for all parts of a text (3GPP TS 23.040): the widest that a part needs."""
    if message.concat_reference is None:
        return None
    needed = {alphabet_of(part.text) for part in parts}
    alphabet = Alphabet.UCS2 if Alphabet.UCS2 in needed else Alphabet.GSM7
    return Concat(message.concat_reference, message.parts, message.part, alphabet=alphabet)
