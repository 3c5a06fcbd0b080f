"""Which texts the modem has taken, sorted into who was told what: pure.

Source of the words: config/texts.ko.toml as it is shipped, and contract 4 for a report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from drivers.emulated.modem import ReceivedText
from tests.bells import PHONES

REPORTS: Final = 3

_WORDS: Final = (
    ("trouble", "고장"),
    ("receded", "물이 빠졌습니다"),
    ("danger", "위험!"),
    ("alert", "경계:"),
    ("drowned", "잠겼을 수"),
    ("call_yourself", "직접 119에 전화"),
)
Told = Counter[tuple[str, str]]
"""How often each number was told each thing; 119 only ever gets reports."""


def purpose_of(number: str, words: str) -> str:
    """What a whole text is about."""
    if number == "119":
        return "report"  # which of three is the first thing to be left out where room is short
    return next((purpose for purpose, mark in _WORDS if mark in words), "other")


def told(texts: Iterable[ReceivedText]) -> Told:
    """Count who was told what; a text in parts counts when its last part has come."""
    return Counter(
        (text.number, purpose_of(text.number, text.whole))
        for text in texts
        if text.whole is not None
    )


def everybody(purpose: str) -> set[tuple[str, str]]:
    """All contacts, told one thing."""
    return {(number, purpose) for number in PHONES.values()}


def owed(danger: bool) -> Told:
    """Who is to be told what, and how often, of water that stands at alert or at danger."""
    if not danger:
        return Counter(dict.fromkeys(everybody("alert"), 1))
    return Counter({**dict.fromkeys(everybody("danger"), 1), ("119", "report"): REPORTS})


def of_flood(told_by_now: Told) -> Told:
    """Without what is about the bell itself: modem and sensor come and go in a power cut."""
    return Counter({what: n for what, n in told_by_now.items() if what[1] != "trouble"})
