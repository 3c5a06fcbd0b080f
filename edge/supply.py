"""Whether the bell lives on its battery, and how long that goes well. Pure.

One look at the lines of a UPS board says little: relays chatter, and a plug that is pulled half-way
flickers. Invariant: what is known follows what is seen only after it has lasted, sooner to the
worse than to the better; what nobody can tell is None, and then nothing is shed. Nothing of it is
remembered across a restart: the lines say it anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

INF = float("inf")

GONE_AFTER_S: Final = 2.0
"""A flicker of a second is no loss of mains: relays of a grid reclose in less. Our figure."""

BACK_AFTER_S: Final = 10.0
"""Mains that come back come and go a few times first. Our figure."""

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
class Supply:
    """What is known, and what speaks against it.

    Attributes:
        mains: Whether mains are there; None while that is not known.
        since_s: Since when that is so; when it was first seen, not when it counted.
        low: The battery is low.
        percent: What is left of it; None if nobody tells.
        turn_s: Since when the looks say otherwise of mains; infinity while they do not.
        turned: What they say.
        low_turn_s: The same of the battery.
    """

    mains: bool | None = None
    since_s: float = -INF
    low: bool = False
    percent: int | None = None
    turn_s: float = INF
    turned: bool | None = None
    low_turn_s: float = INF

    @property
    def on_battery(self) -> bool:
        """Whether mains are known to be gone."""
        return self.mains is False

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
    return _low_judged(_mains_judged(known, look, now_s), look, now_s)


def _mains_judged(known: Supply, look: Look, now_s: float) -> Supply:
    known = replace(known, percent=look.percent)
    if look.mains == known.mains:
        return replace(known, turn_s=INF, turned=None)
    if known.turn_s == INF or known.turned != look.mains:
        known = replace(known, turn_s=now_s, turned=look.mains)
    if now_s < known.turn_s + _lasts_s(known, look):
        return known
    return replace(known, mains=look.mains, since_s=known.turn_s, turn_s=INF, turned=None)


def _lasts_s(known: Supply, look: Look) -> float:
    if look.mains is None:
        return UNKNOWN_AFTER_S
    return BACK_AFTER_S if look.mains and known.on_battery else GONE_AFTER_S


def _low_judged(known: Supply, look: Look, now_s: float) -> Supply:
    low = look.low
    if low is None or low == known.low:
        return replace(known, low_turn_s=INF)
    if known.low_turn_s == INF:
        known = replace(known, low_turn_s=now_s)
    lasts_s = BACK_AFTER_S
    if low:
        lasts_s = CHARGED_WITHIN_S if known.mains else GONE_AFTER_S
    if now_s < known.low_turn_s + lasts_s:
        return known
    return replace(known, low=low, low_turn_s=INF)
