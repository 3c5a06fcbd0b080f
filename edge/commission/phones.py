"""Telephone numbers as people write them, in the form that the settings want.

Owns the reading. Pure. Whether a number may be told anything, and that 119 is nobody's, is decided
by the settings' own check.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

KOREA: Final = "+82"

_AROUND: Final = re.compile(r"[\s().\-–—‐‑·/]")
"""What people put between digits."""

_SHORTEST: Final = len("82") + 8
"""Country code and the fewest digits of a Korean number without its 0 (``edge.settings.tree``)."""

_DIGITS: Final = re.compile(r"\+?[0-9]+", re.ASCII)


class NoNumber(ValueError):
    """What was typed cannot be read as a telephone number."""


def e164(typed: str) -> str:
    """Return a number in E.164 form.

    Args:
        typed: ``010-1234-5678``, ``02) 2148-0000``, ``+82 10 1234 5678``, ``82-(0)10-…``.

    Returns:
        ``+821012345678``; a number that has a plus sign and another country stays as it is.

    Raises:
        NoNumber: Other characters than digits and what is written between them; or digits that
            begin with neither 0, 82 nor a plus sign, so that their country is not known.

    Source:
        ITU-T E.164; a Korean national number is dialled with a 0 that the international form lacks.
    """
    plain = _AROUND.sub("", unicodedata.normalize("NFKC", typed))
    if not _DIGITS.fullmatch(plain):
        raise NoNumber(typed)
    if plain.startswith("0082"):
        plain = "+" + plain[2:]
    if plain.startswith("82") and len(plain) >= _SHORTEST:
        plain = "+" + plain
    if plain.startswith(KOREA):
        return KOREA + plain.removeprefix(KOREA).removeprefix("0")
    if plain.startswith("+"):
        return plain
    if plain.startswith("0") and not plain.startswith("00"):
        return KOREA + plain[1:]
    raise NoNumber(typed)


def national(number: str) -> str:
    """Return a Korean number as it is dialled at home; another as it is."""
    return f"0{number.removeprefix(KOREA)}" if number.startswith(KOREA) else number
