"""What Korean providers want of a number and of a text.

Owns the national form of a number, and how long a text may be. Pure.

Sources: domain 5.4: 90 bytes for SMS and 2,000 for LMS, counted in EUC-KR (CP949), two to a Hangul
syllable; api.ncloud-docs.com, sens-sms-send: a subject of 40 bytes, and a character that EUC-KR
does not have makes the sending fail.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from drivers.errors import NumberRefused

SMS_BYTES: Final = 90
LMS_BYTES: Final = 2000
SUBJECT_BYTES: Final = 40
_COUNTRY: Final = "+82"
_CHARSET: Final = "cp949"
_SERVICE_DIGITS: Final = 8


@dataclass(frozen=True, slots=True)
class Letter:
    """A text as it can be carried; ``subject`` is empty for an SMS, which has none."""

    kind: str
    subject: str
    text: str


def national(number: str) -> str:
    """Write a number as it is dialled in Korea: ``01012345678``, ``0221480000``, ``15881234``.

    Args:
        number: In E.164.

    Raises:
        NumberRefused: It is a number of another country.
    """
    if not number.startswith(_COUNTRY):
        raise NumberRefused("a number outside Korea: this provider texts none")
    digits = number.removeprefix(_COUNTRY)
    # 1588-1234 and its like are dialled as they are: eight digits that begin with 1.
    return digits if digits.startswith("1") and len(digits) == _SERVICE_DIGITS else f"0{digits}"


def letter_of(text: str) -> Letter:
    """Fit a text: an SMS if it can be one, else an LMS whose subject is how the text begins.

    A character that the network does not have becomes ``?``: better than a text that is refused.
    """
    carried = text.encode(_CHARSET, "replace")
    if len(carried) <= SMS_BYTES:
        return Letter("SMS", "", carried.decode(_CHARSET))
    return Letter("LMS", _cut(carried, SUBJECT_BYTES), _cut(carried, LMS_BYTES))


def _cut(carried: bytes, most: int) -> str:
    """Cut between characters, never within one."""
    return carried[:most].decode(_CHARSET, "ignore")
