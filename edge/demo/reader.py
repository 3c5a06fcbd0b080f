"""Reads a text as the person does who gets it: what is it about?

Owns the recognition of texts by their words. Pure. It knows the templates, for they may be edited,
and nothing of why the daemon sent what it sent.
"""

from __future__ import annotations

import re

from edge.demo.people import NUMBER_119
from edge.effects import Purpose
from edge.messages.words import Texts

WATER = frozenset(
    {
        Purpose.REPORT,
        Purpose.DANGER,
        Purpose.ALERT,
        Purpose.CALL_YOURSELF,
        Purpose.DROWNED,
        Purpose.RECEDED,
    }
)
"""What is said only because of water."""


class Reader:
    """Knows the texts of one language."""

    def __init__(self, texts: Texts) -> None:
        """Learn the templates."""
        self._patterns = [
            (re.compile(re.escape(texts.speaker) + _pattern(template), re.DOTALL), purpose)
            for purpose, templates in texts.notices.items()
            for template in templates.values()
        ]

    def purpose_of(self, number: str, body: str) -> Purpose | None:
        """What a text is about: all to 119 is a report; None if its words match no template."""
        if number == NUMBER_119:
            return Purpose.REPORT
        return next((purpose for known, purpose in self._patterns if known.match(body)), None)


def _pattern(template: str) -> str:
    """A template with anything at all in place of its names."""
    return re.sub(r"\\\{\w+\\\}", ".*", re.escape(template))
