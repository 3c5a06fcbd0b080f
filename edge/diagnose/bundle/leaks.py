"""The last look: whether finished bytes hold anything private. Pure.

Owns one question, and answers it by other means than ``striking``: plain searches in several plain
views of the bytes. Invariant: nothing that is found here is written.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from edge.diagnose.bundle.forms import national, number_in_hex, word_in_hex
from edge.diagnose.bundle.private import Private

_MOBILE: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:\+?82|0)[ .-]?1[016789][ .-]?\d{3,4}[ .-]?\d{4}(?![0-9A-Za-z])"
)
_E164: Final = re.compile(r"\+\d{7,15}(?!\d)")
_SIM: Final = re.compile(r"(?<!\d)(?:450\d{12}|8982\d{14,16})(?!\d)")
"""An IMSI of Korea (MCC 450, ITU-T E.212) and an ICCID of Korea (8982, ITU-T E.118)."""

_BETWEEN_DIGITS: Final = re.compile(r"(?<=\d)[ \t().,/_-]{1,3}(?=\d)")
_SHORT: Final = 10


def find_leak(data: bytes, private: Private) -> str | None:
    """Return what kind of private word is in finished bytes, None if there is none.

    Args:
        data: A file as it would be written.
        private: What is private in the home.

    Returns:
        A kind, never the word itself: it is shown to people and may be logged.
    """
    text = data.decode("utf-8", "replace")
    for view in dict.fromkeys(_views(text)):
        if kind := _in_view(view, private):
            return kind
    return None


def _views(text: str) -> Iterator[str]:
    yield unicodedata.normalize("NFC", text)
    percent = unquote(text, errors="replace")
    yield unicodedata.normalize("NFC", percent)
    plain = re.sub(r"\\+u([0-9A-Fa-f]{4})", lambda m: chr(int(m[1], 16)), percent)
    plain = re.sub(
        r"(?:\\+x[0-9A-Fa-f]{2})+",
        lambda m: bytes.fromhex(re.sub(r"\\+x", "", m[0])).decode("utf-8", "replace"),
        html.unescape(plain),
    )
    yield unicodedata.normalize("NFC", plain)


def _in_view(view: str, private: Private) -> str | None:
    if any(letter.isalpha() and not letter.isascii() for letter in view):
        return "a letter beyond ASCII"
    if _MOBILE.search(view) or _E164.search(view):
        return "a telephone number"
    if _SIM.search(view):
        return "a number of a SIM"
    lower = view.casefold()
    joined = _BETWEEN_DIGITS.sub("", view)
    hexed = re.sub(r"(?<=[0-9a-f]{2})[ :](?=[0-9a-f]{2}\b)", "", lower)
    if any(
        national(n) in joined or any(h in hexed for h in number_in_hex(n)) for n in private.numbers
    ):
        return "a telephone number from the settings"
    if any(_alone(s, view) if len(s) <= _SHORT else s in view for s in private.secrets):
        return "a secret"
    for word in private.words:
        if _alone(word.casefold(), lower) or any(form in hexed for form in word_in_hex(word)):
            return "a name or a part of the address"
    return None


def _alone(word: str, text: str) -> bool:
    """Whether a word stands in a text, not as a part of a longer one."""
    start = text.find(word)
    while start >= 0:
        before, after = text[start - 1 : start], text[start + len(word) : start + len(word) + 1]
        if not _alphanumeric(before) and not _alphanumeric(after):
            return True
        start = text.find(word, start + 1)
    return False


def _alphanumeric(letter: str) -> bool:
    return letter.isascii() and letter.isalnum()
