"""What a bell starts with, once every check has been passed."""

from __future__ import annotations

from dataclasses import dataclass

from edge.messages.cap_words import CapWords
from edge.messages.words import Texts
from edge.settings import Settings


@dataclass(frozen=True, slots=True)
class Home:
    """Settings, texts and the words of CAP documents.

    Attributes:
        settings: The checked ones.
        texts: In the home's language.
        cap_words: The home's language first; none if nobody gets CAP documents.
        trouble: What these stand in for, if not for themselves; see ``edge.standing_in``.
        remarks: What works, but is less safe than it could be, a sentence each.
    """

    settings: Settings
    texts: Texts
    cap_words: tuple[CapWords, ...]
    trouble: str | None = None
    remarks: tuple[str, ...] = ()
