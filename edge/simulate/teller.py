"""From what the law decides and what leaves to the entries of a story.

Owns which event is an entry of its own, and which is told by another. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final

from edge.effects import Effect, Log, Origin, Purpose, Sound
from edge.law.levels import Level
from edge.law.notices import facts
from edge.law.state import State
from edge.messages.message import Message
from edge.messages.outbox import text_of
from edge.messages.words import report_text
from edge.simulate.home import Home
from edge.simulate.story import Entry, Kind, Told
from edge.simulate.water import Water

_TOLD_OTHERWISE: Final = frozenset(
    {"stage_changed", "report_accepted", "report_withheld", "notice_accepted", "receded"}
    | {"call_answered"}
)
"""Events that another entry of the story tells already."""

_KINDS_TO_119: Final = {Purpose.REPORT: Kind.REPORT, Purpose.CALL: Kind.CALL}
"""What goes to 119; everything else is for people."""


class Teller:
    """Keeps the story while it happens.

    ``entries`` are in order of time; ``stages`` the level from each moment on.
    """

    def __init__(self, home: Home, water: Water) -> None:
        self._home = home
        self._water = water
        self._now_s = water.begins_s
        self._sounds = (False, False)
        self._told: dict[Level, Told] = {}
        self.entries: list[Entry] = []
        self.stages = [(self._now_s, Level.NORMAL.word)]

    def tell(self, effects: Iterable[Effect], state: State, now_s: float) -> None:
        """Take what the law or the outbox decided; what it means for the ports is not told here."""
        self._now_s = now_s
        for effect in effects:
            self._tell(effect, state)

    def _tell(self, effect: Effect, state: State) -> None:
        if isinstance(effect, Sound):
            self._tell_sound(effect)
        elif isinstance(effect, Log):
            self._tell_log(effect, state)

    def _tell_sound(self, sound: Sound) -> None:
        sounds = (sound.siren, sound.strobe)
        if sounds == self._sounds:
            return
        self._sounds = sounds
        about = "siren" if sound.siren else "strobe" if sound.strobe else "off"
        self._add(Kind.SIREN, about, sound.reason)

    def _tell_log(self, log: Log, state: State) -> None:
        if log.type == "stage_changed":
            stage = str(log.fields["stage"])
            self.stages.append((self._now_s, stage))
            self._add(Kind.STAGE, stage, log.reason, episode=log.episode)
        elif log.type == "report_withheld":
            self._tell_withheld(log, state)
        elif log.type == "report_paced":
            to = (self._home.report_number,)
            self._add(Kind.PACED, "report", log.reason, to=to, episode=log.episode)
        elif log.type == "notice_withdrawn":
            to = (str(log.fields["contact"]),)
            self._add(Kind.DROPPED, str(log.fields["purpose"]), log.reason, to=to)
        elif log.type not in _TOLD_OTHERWISE:
            self._add(Kind.EVENT, log.type, log.reason, episode=log.episode)

    def _tell_withheld(self, log: Log, state: State) -> None:
        to = (self._home.report_number,)
        origin: Origin = "bell" if log.fields.get("origin") == "bell" else "water"
        policy, desk = self._home.policy, self._home.desk
        about = facts(state, policy, setpoint_mm=policy.danger.mm)
        repeats = policy.report.repeats
        text = report_text(desk.texts, desk.home, origin, about, repeat=1, repeats=repeats)
        self._add(
            Kind.WITHHELD,
            "report",
            log.reason,
            to=to,
            text=text,
            episode=log.episode,
        )

    def tell_sent(self, left: Sequence[tuple[Message, str]], now_s: float) -> None:
        """Take the messages that left at one moment: one entry for each text."""
        self._now_s = now_s
        texts: dict[tuple[str, str, int, str], tuple[Message, list[str]]] = {}
        for _, parts in groupby(left, key=lambda one: text_of(one[0].key)):
            whole = list(parts)
            message = whole[0][0]
            text = "".join(words for _, words in whole)
            key = (message.purpose.value, text, message.episode, message.reason)
            texts.setdefault(key, (message, []))[1].append(message.contact)
        for (purpose, text, episode, reason), (message, contacts) in texts.items():
            report = message.purpose is Purpose.REPORT
            to_119 = message.purpose in _KINDS_TO_119
            self._add(
                _KINDS_TO_119.get(message.purpose, Kind.NOTICE),
                purpose,
                reason,
                to=(self._home.report_number,) if to_119 else tuple(contacts),
                text=text,
                episode=episode,
                repeat=message.repeat if report else 0,
                repeats=message.repeats if report else 0,
            )
            self._note_told(message.purpose)

    def _note_told(self, purpose: Purpose) -> None:
        """Danger is told by a report; alert by any text about water, a report included."""
        danger = (Level.DANGER,) if purpose is Purpose.REPORT else ()
        water = purpose in (Purpose.ALERT, Purpose.DANGER, Purpose.REPORT)
        for level in (*danger, *((Level.ALERT,) if water else ())):
            self._told.setdefault(level, self._told_now(level, self._now_s))

    def told(self, level: Level) -> Told:
        """Return how soon the setpoint of a level was answered."""
        return self._told.get(level) or self._told_now(level, None)

    def _told_now(self, level: Level, told_s: float | None) -> Told:
        mm = self._home.policy.setpoint(level).mm
        water = self._water
        return Told(mm, water.first_crossed_s(mm), water.crossed_s(mm), told_s)

    def _add(
        self,
        kind: Kind,
        about: str,
        reason: str,
        *,
        to: tuple[str, ...] = (),
        text: str = "",
        episode: int = 0,
        repeat: int = 0,
        repeats: int = 0,
    ) -> None:
        depth_mm = self._water.depth_at(self._now_s)
        entry = Entry(
            self._now_s, kind, about, reason, depth_mm, to, text, episode, repeat, repeats
        )
        self.entries.append(entry)
