"""What of an address 119 would get.

Owns the counting of characters, by the very words that reports are made of. Pure: the texts come
from outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, get_args

from edge.effects import Origin
from edge.messages.words import WORST, Home, Texts, TextsError, report_text

_LONGEST: Final = 200
"""Characters that the settings allow an address."""


@dataclass(frozen=True, slots=True)
class Room:
    """How an address fits.

    Attributes:
        left: Characters that it may still grow; negative: by so many it is too long.
        report: The longest report of water that 119 would get; empty if it does not fit.
    """

    left: int
    report: str


def room(texts: Texts, address: str, occupants: int | None = None) -> Room:
    """Count.

    Args:
        texts: In the home's language.
        address: As it will stand in the settings.
        occupants: How many live there, if that is told.
    """
    left = _LONGEST
    for change in range(-len(address), _LONGEST):
        if not _fits(texts, _changed(address, change), occupants):
            left = change - 1
            break
    report = ""
    if left >= 0:
        home = Home("x", address, occupants)
        report = report_text(texts, home, "water", WORST, repeat=3, repeats=3)
    return Room(left, report)


def _changed(address: str, characters: int) -> str:
    return address + "가" * characters if characters >= 0 else address[:characters]


def _fits(texts: Texts, address: str, occupants: int | None) -> bool:
    home = Home("x", address, occupants)
    try:
        for origin in get_args(Origin):
            report_text(texts, home, origin, WORST, repeat=3, repeats=3)
    except TextsError:
        return False
    return True
