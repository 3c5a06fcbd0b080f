"""Sentences that are known by their form: English from elsewhere, to be said in another language.

Owns how a template with gaps becomes a pattern. Which sentences there are, and what becomes of what
stands in the gaps, is the business of whoever knows them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache


def anything(_gap: str) -> str:
    """Let every gap hold whatever stands there."""
    return ".+"


@cache
def pattern_of(template: str, form: Callable[[str], str] = anything) -> re.Pattern[str]:
    """Return the pattern of a template.

    Args:
        template: A sentence with gaps, such as ``at least {number}``.
        form: Tells by the name of a gap what may stand in it, as a regular expression.
    """
    parts = re.split(r"\{(\w+)\}", template)
    written = (re.escape(p) if i % 2 == 0 else f"(?P<{p}>{form(p)})" for i, p in enumerate(parts))
    return re.compile("".join(written), re.DOTALL)
