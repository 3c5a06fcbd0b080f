"""Whether the bell lives on its battery, and how long that goes well. Pure.

One look at the lines of a UPS board says little: relays chatter, and a plug that is pulled half-way
flickers. Invariant: what is known follows what is seen only after it has lasted, sooner to the
worse than to the better; what nobody can tell is None, and then nothing is shed. Nothing of it is
remembered across a restart: the lines say it anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf
from typing import Final

GONE_AFTER_S: Final = 2.0
"""A flicker of a second is no loss of mains: relays of a grid reclose in less. Our figure."""

BACK_AFTER_S: Final = 10.0
"""Mains that come back come and go a few times first. Our figure."""

FLICKERS_S: Final = 900.0
"""Lost again so soon after it was lost: a loose wire or a pin that floats. Then mains count as back
only once they have stayed so long, or each flicker would cost the card a commit or two. Our figure:
as long as lost mains stand until they are texted (design 4.10)."""

UNKNOWN_AFTER_S: Final = 10.0
"""As long as a fault stands until it is told (design 4.10)."""

LOW_PERCENT: Final = 30
"""Below it an hour of watching and ten minutes of alarm (domain 2.2) are no longer sure.

Our figure, for a battery that lasts some four hours when it is full: 30 % of them are 72 minutes.
"""

GOOD_PERCENT: Final = 40
"""A battery that is charged again up to here is not low any more: ten more, so that it is told once
each way. Our figure."""

CHARGED_WITHIN_S: Final = 12 * 3600.0
"""Low for so long though mains are there: it does not take a charge. Our figure: chargers of UPS
boards give 1 A and more, two to four cells hold 5 to 14 Ah."""

DOUBTED_AFTER_S: Final = 24 * 3600.0
"""A bell that has lived on its battery for a day has one that need not be spared, or is not on it:
its line is stuck. Our figure."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look has shown; None is what nobody told.

    Attributes:
        mains: Whether mains are there.
        battery_low: What a line of the UPS says of its battery.
        percent: What is left of the battery.
    """

    mains: bool | None = None
    battery_low: bool | None = None
    percent: int | None = None

    @property
    def low(self) -> bool | None:
        """Whether the battery looks low; None between low and good, and where nobody tells."""
        if self.battery_low or (self.percent is not None and self.percent < LOW_PERCENT):
            return True
        good = self.percent is None or self.percent >= GOOD_PERCENT
        told = self.battery_low is not None or self.percent is not None
        return False if told and good else None


@dataclass(frozen=True, slots=True)
class Turn:
    """What the looks say instead of what is known, and since when without a break."""

    to: bool | None
    since_s: float


@dataclass(frozen=True, slots=True)
class Supply:
    """What is known, and what speaks against it.

    Attributes:
        mains: Whether mains are there; None while that is not known.
        since_s: Since when that is so; when it was first seen, not when it counted.
        low: Whether the battery is low; None while that is not known.
        percent: What is left of it; None if nobody tells.
        turn: What the looks say of mains instead; None while they say the same.
        low_turn: The same of the battery.
        lost_s: When mains were last lost.
        lost_before_s: When they were lost the time before that.
    """

    mains: bool | None = None
    since_s: float = -inf
    low: bool | None = None
    percent: int | None = None
    turn: Turn | None = None
    low_turn: Turn | None = None
    lost_s: float = -inf
    lost_before_s: float = -inf

    @property
    def on_battery(self) -> bool:
        """Whether mains are known to be gone."""
        return self.mains is False

    @property
    def flickers(self) -> bool:
        """Whether mains were lost twice within a short time."""
        return self.lost_s < self.lost_before_s + FLICKERS_S

    def doubted(self, now_s: float) -> bool:
        """Whether it has been on its battery for longer than any battery lasts."""
        return self.on_battery and now_s >= self.since_s + DOUBTED_AFTER_S

    def on_battery_s(self, now_s: float) -> float | None:
        """Return for how long it has been on its battery; None if it is not, as far as is known."""
        return now_s - self.since_s if self.on_battery else None


UNKNOWN: Final = Supply()


def judged(known: Supply, look: Look, now_s: float) -> Supply:
    """Return what is known after one more look.

    Args:
        known: What was known.
        look: What is seen now.
        now_s: Monotonic seconds.
    """
    known = replace(known, percent=look.percent)
    return _low_judged(_mains_judged(known, look.mains, now_s), look.low, now_s)


def _mains_judged(known: Supply, seen: bool | None, now_s: float) -> Supply:
    if seen is known.mains:
        return replace(known, turn=None)
    turn = _turned(known.turn, seen, now_s)
    lasts_s = UNKNOWN_AFTER_S
    if seen is not None:
        lasts_s = _back_after_s(known) if seen and known.on_battery else GONE_AFTER_S
    if now_s < turn.since_s + lasts_s:
        return replace(known, turn=turn)
    known = replace(known, mains=seen, since_s=turn.since_s, turn=None)
    if not known.on_battery:
        return known
    return replace(known, lost_s=turn.since_s, lost_before_s=known.lost_s)


def _back_after_s(known: Supply) -> float:
    return FLICKERS_S if known.flickers else BACK_AFTER_S


def _low_judged(known: Supply, seen: bool | None, now_s: float) -> Supply:
    if seen is None or seen is known.low:
        return replace(known, low_turn=None)
    turn = _turned(known.low_turn, seen, now_s)
    lasts_s = BACK_AFTER_S
    if seen:
        lasts_s = CHARGED_WITHIN_S if known.mains else GONE_AFTER_S
    if now_s < turn.since_s + lasts_s:
        return replace(known, low_turn=turn)
    return replace(known, low=seen, low_turn=None)


def _turned(turn: Turn | None, to: bool | None, now_s: float) -> Turn:
    """Return the turn that goes on, or one that begins now."""
    return turn if turn is not None and turn.to is to else Turn(to, now_s)
