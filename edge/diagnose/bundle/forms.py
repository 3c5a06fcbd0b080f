"""The forms in which private words appear in logs: spaced, in hex, with swapped nibbles. Pure.

Owns the spelling of one word or number as a regular expression. Leaves to ``striking`` what becomes
of a hit.
"""

from __future__ import annotations

import re
from typing import Final

_KOREA: Final = "82"
_BETWEEN_DIGITS: Final = r"[ \t().,/_·–-]{0,3}"
_BETWEEN_LETTERS: Final = r"[ \t_.·-]?"
_SHORT: Final = 10  # digits of a number from which a country code can be taken

E164: Final = r"\+\d(?:[ .()-]{0,2}\d){6,}"
"""Any number in international form. Source: ITU-T E.164."""

KOREAN: Final = (
    r"(?:\+?82|\(?0)[ .()-]{0,2}1[016789][ .()-]{0,2}\d{3,4}[ .-]{0,2}\d{4}"  # mobile
    r"|(?:\+?82|\(?0)[ .()-]{0,2}(?:2|[3-6][1-5]|70|50\d?)[ .()-]{0,2}\d{3,4}[ .-]{0,2}\d{4}"
)
"""Any telephone number of Korea.

Source: the Korean numbering plan: 01[016789] mobile, 02 Seoul, 03x to 06x provinces,
070 internet, 050 personal.
"""


def national(number: str) -> str:
    """Return the digits that every way to write a number has: without country code and zero.

    Args:
        number: Digits with the country code.
    """
    if number.startswith(_KOREA) and len(number) >= _SHORT:
        return number[len(_KOREA) :]
    return number[3:] if len(number) >= _SHORT else number


def spelled_number(number: str) -> str:
    """Return an expression for a number, written out or in hex.

    Args:
        number: Digits with the country code.
    """
    core = national(number)
    lead = rf"(?:\+?{_KOREA}|\+)?{_BETWEEN_DIGITS}0?{_BETWEEN_DIGITS}"
    return "|".join((lead + _BETWEEN_DIGITS.join(core), *number_in_hex(number)))


def number_in_hex(number: str) -> tuple[str, ...]:
    """Return how a number looks in PDUs and dumps: swapped nibbles, UCS-2, ASCII.

    Source: 3GPP TS 23.040, 9.1.2.3: semi-octets are swapped, an odd end is filled with F.
    """
    core = national(number)
    swapped = {_swapped(digits) for digits in (number, f"0{core}", core)}
    return (*sorted(swapped), core.encode("utf-16-be").hex(), core.encode("ascii").hex())


def _swapped(digits: str) -> str:
    padded = digits + "f" * (len(digits) % 2)
    return "".join(padded[i + 1] + padded[i] for i in range(0, len(padded), 2))


def spelled_word(word: str) -> str:
    """Return an expression for a name or a part of an address, written out or in hex.

    Args:
        word: Composed (NFC).
    """
    written = r"[\W_]{0,3}".join(
        _BETWEEN_LETTERS.join(map(re.escape, part)) for part in word.split()
    )
    if word.isascii():
        written = rf"(?<![A-Za-z0-9]){written}(?![A-Za-z0-9])"
    return "|".join((written, *word_in_hex(word)))


def word_in_hex(word: str) -> tuple[str, ...]:
    """Return how a word looks in PDUs and dumps: UCS-2 (TS 23.038), UTF-8, UTF-16LE."""
    found = {word.encode(code, "replace").hex() for code in ("utf-16-be", "utf-8", "utf-16-le")}
    return tuple(sorted(form for form in found if len(form) >= len("ae40bcf4")))


def spelled_secret(secret: str) -> str:
    """Return an expression for a secret: a short one only where it stands alone."""
    written = re.escape(secret)
    return written if len(secret) > _SHORT else rf"(?<![A-Za-z0-9]){written}(?![A-Za-z0-9])"
