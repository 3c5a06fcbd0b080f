"""The modem's port and the network behind it, and the network's book.

Owns what the modem does with a text at any second, and the truth of what the network took: the book
is what invariants are judged by, never what the device believes. The real interlock is asked at the
moment of submission, as ``drivers.modem.submission`` does. It knows no message and no law.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from random import Random

from drivers.errors import (
    DriverError,
    NotRegistered,
    PortGone,
    SubmitAmbiguous,
    SubmitFailed,
)
from drivers.modem.interlock import Interlock
from drivers.modem.modem import LateReference, ModemEvent, ModemStatus, OutgoingText, Rung
from tests.world.clocks import VirtualClock
from tests.world.timetable import ModemKind, Spell

PROMPT_S = 0.2
"""From the number to the prompt: before it nothing has left."""

ANSWERS_WITHIN_S = 3.5
"""How long a modem that is well takes, at most: L1 allows 5 s."""


@dataclass(slots=True)
class Taken:
    """One text that the network took.

    ``key`` is the job's, ``began_s`` when it was submitted, ``handed_s`` when its last byte was
    written, ``taken_s`` when the network had it, all of the world. ``answered`` says that the
    device has heard so.
    """

    key: str
    number: str
    text: str
    began_s: float
    handed_s: float
    taken_s: float
    life: int
    answered: bool = False
    recorded: bool = False


@dataclass(slots=True)
class Network:
    """What outlives the device: the modem's spells, and the book."""

    spells: tuple[Spell, ...]
    random: Random
    report_number: str = "119"
    book: list[Taken] = field(default_factory=list)
    under_way: list[Taken] = field(default_factory=list)
    left: list[Taken] = field(default_factory=list)
    """Every text whose last byte was written, taken or not."""

    def spell_at(self, at_s: float) -> Spell | None:
        """Return the spell that stands at a time."""
        return next((s for s in self.spells if s.begins_s <= at_s < s.ends_s), None)

    def next_change_s(self, after_s: float) -> float:
        """Return when the modem next begins to behave otherwise."""
        ends = (t for s in self.spells for t in (s.begins_s, s.ends_s) if t > after_s)
        return min(ends, default=inf)

    def well(self, from_s: float, to_s: float) -> bool:
        """Whether the modem is registered and answers in time throughout."""
        return not any(s.begins_s < to_s and s.ends_s > from_s for s in self.spells)

    def settle(self, now_s: float) -> list[Taken]:
        """Enter into the book what the network has taken by now."""
        done = [t for t in self.under_way if t.taken_s <= now_s]
        if done:
            self.under_way = [t for t in self.under_way if t.taken_s > now_s]
            self.book += done
        return done

    def next_s(self) -> float:
        """When the network will have taken what is under way."""
        return min((t.taken_s for t in self.under_way), default=inf)

    def process_gone(self, now_s: float) -> None:
        """What was not handed over yet is not sent; the rest is out of our hands."""
        self.under_way = [t for t in self.under_way if t.handed_s <= now_s]

    def power_gone(self) -> None:
        """The modem goes dark too."""
        self.under_way = []


class SimulatedModem:
    """``ModemPort`` on the worker's own clock, which each call moves on."""

    def __init__(
        self, network: Network, interlock: Interlock, clock: VirtualClock, life: int
    ) -> None:
        self._network = network
        self._interlock = interlock
        self._clock = clock
        self._random = network.random
        self._life = life
        self._late: list[tuple[float, LateReference]] = []
        self._reference = 0
        self._looked_at: Spell | None = None
        self.at_s = clock.world_s
        """The worker's present, in seconds of the world."""
        self.idle_until_s: float | None = None
        """Until when the worker listens, unless it is woken; None while it works."""
        self.key = ""

    def now_s(self) -> float:
        """Return the worker's monotonic seconds."""
        return self._clock.monotonic_s(self.at_s)

    # What the worker calls

    def open(self) -> None:
        """Bring it up."""
        self._there()
        self.at_s += self._random.uniform(0.5, 2.0)

    def close(self) -> None:
        """Nothing is held here."""

    def take_away(self) -> None:
        """Nothing is held here."""

    def wake(self) -> None:
        """End ``wait``: the world serves the worker at once."""
        self.idle_until_s = min(self.idle_until_s or 0.0, self._clock.world_s)

    def wait(self, timeout_s: float) -> list[ModemEvent]:
        """Give what has been said by itself; listening itself is left to the world."""
        said = [late for at_s, late in self._late if at_s <= self.at_s]
        if said:
            self._late = [one for one in self._late if one[0] > self.at_s]
            return list(said)
        self._there()
        seen = self._spell() is self._looked_at
        until_s = self._undisturbed(timeout_s) if seen else self.at_s + timeout_s
        self.idle_until_s = min([until_s, *(at_s for at_s, _ in self._late)])
        return []

    def check(self) -> ModemStatus:
        """Say whether it has a network."""
        self._there()
        self.at_s += 0.05
        spell = self._looked_at = self._spell()
        registered = spell is None or spell.kind is not ModemKind.NO_NETWORK
        return ModemStatus(
            registered=registered, signal_dbm=-71 if registered else None, operator="KT"
        )

    def submit(
        self,
        text: OutgoingText,
        answer_timeout_s: float = 60.0,
        hurried: Callable[[], bool] = lambda: False,
    ) -> int:
        """Do with a text what the schedule says; nothing cuts it short: its end is known."""
        del hurried
        began_s = self.at_s
        self._there()
        spell = self._spell()
        counted_s = self.now_s()
        counted = self._interlock.permit(text.number, text.live_origin, counted_s)
        try:
            self._refuse(spell)
            self.at_s += PROMPT_S
            self._interlock.judge(text.number, text.live_origin)
            return self._hand_over(text, began_s, spell, answer_timeout_s)
        except SubmitAmbiguous:
            raise
        except DriverError:
            if counted:
                self._interlock.take_back(counted_s)
            raise

    def reset(self, rung: Rung) -> None:
        """Take a while."""
        self._there()
        self.at_s += 1.0 if rung < Rung.CFUN else 15.0

    # What it does

    def pause(self, seconds: float) -> None:
        """The worker waits: until then, or until something changes that it would notice."""
        self.idle_until_s = self._undisturbed(seconds)

    def _undisturbed(self, seconds: float) -> float:
        """Return when looking again may show something new.

        A worker looks every few seconds at a modem that stays as it is: those looks are skipped,
        and the one that finds the change comes as late as it might.
        """
        change_s = self._network.next_change_s(self.at_s)
        return max(self.at_s + seconds, change_s + self._random.uniform(0.0, seconds))

    def _spell(self) -> Spell | None:
        return self._network.spell_at(self.at_s)

    def _there(self) -> None:
        spell = self._spell()
        if spell is not None and spell.kind is ModemKind.PORT_GONE:
            self.at_s += 0.01
            raise PortGone("the modem's port has gone")

    def _refuse(self, spell: Spell | None) -> None:
        kind = spell.kind if spell else None
        if kind is ModemKind.NO_NETWORK:
            self.at_s += self._random.uniform(3.0, 30.0)  # a modem searches before it gives up
            raise NotRegistered("+CMS ERROR: 331: no network")
        if kind is ModemKind.ERRORS or (kind is ModemKind.BUSY and self._random.random() < 0.8):
            self.at_s += self._random.uniform(0.3, 4.0)
            raise SubmitFailed("+CMS ERROR: 500: not sent")

    def _hand_over(
        self, text: OutgoingText, began_s: float, spell: Spell | None, answer_timeout_s: float
    ) -> int:
        kind = spell.kind if spell else None
        handed_s = self.at_s
        slow = kind is ModemKind.SLOW
        answers_s = self._random.uniform(5.0, 60.0) if slow else self._random.uniform(0.3, 3.3)
        taken = Taken(
            self.key,
            text.number,
            text.text,
            began_s,
            handed_s,
            handed_s + answers_s,
            self._life,
        )
        self._network.left.append(taken)
        swallowed = kind is ModemKind.SWALLOWED
        if not swallowed or self._random.random() < 0.7:
            self._network.under_way.append(taken)
        if swallowed or answers_s > answer_timeout_s:
            self._fall_silent(text, taken, answer_timeout_s, late=not swallowed)
        self.at_s = taken.taken_s + 0.1
        self._reference = self._reference % 255 + 1
        return self._reference

    def _fall_silent(
        self, text: OutgoingText, taken: Taken, answer_timeout_s: float, *, late: bool
    ) -> None:
        self.at_s = taken.handed_s + answer_timeout_s
        if late or self._random.random() < 0.2:
            came_s = max(self.at_s, taken.taken_s) + self._random.uniform(0.0, 30.0)
            if late or any(one is taken for one in self._network.under_way):
                self._late.append((came_s, LateReference(1, text)))
        raise SubmitAmbiguous(f"no answer within {answer_timeout_s:g} s: it may have been sent")
