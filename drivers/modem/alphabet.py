"""The alphabets of a text message, and how a long text is cut.

Owns the GSM 7-bit default alphabet with its extension table, UCS-2, and the cut into parts.
Invariant: the parts joined are the text; every part fits; no character that is one to a reader is
torn apart. It knows nothing of PDUs.

Source: 3GPP TS 23.038 (6.2.1 alphabets, 6.1.2.1.1 packing), TS 23.040 (9.2.3.24.1 concatenation);
Unicode UAX #29 (GB6 to GB9 grapheme boundaries).
"""

from __future__ import annotations

import unicodedata
from enum import Enum
from typing import Final

_BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPE: Final = 0x1B
_EXTENSION: Final = {
    "\f": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F,
    "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40, "€": 0x65,
}  # fmt: skip
_SEPTETS: Final[dict[str, tuple[int, ...]]] = {
    **{character: (code,) for code, character in enumerate(_BASIC) if code != _ESCAPE},
    **{character: (_ESCAPE, code) for character, code in _EXTENSION.items()},
}
_EXTENDED_CHARACTERS: Final = {code: character for character, code in _EXTENSION.items()}
_UNPRINTABLE: Final = "\ufffd"
_MAX_GRAPHEME_UNITS: Final = 16  # longer is rubbish, not writing; it is cut like any text


class Alphabet(Enum):
    """How the characters of a text are coded; the value is the TP-DCS octet."""

    GSM7 = 0x00
    UCS2 = 0x08


def alphabet_of(text: str) -> Alphabet:
    """Return the smallest alphabet that can say ``text`` exactly."""
    return Alphabet.GSM7 if all(character in _SEPTETS for character in text) else Alphabet.UCS2


def units(text: str, alphabet: Alphabet) -> int:
    """Return the room ``text`` takes: septets in GSM-7 (``€`` takes two), else 16-bit units."""
    if alphabet is Alphabet.GSM7:
        return sum(len(_SEPTETS[character]) for character in text)
    return len(text) + sum(character > "\uffff" for character in text)


def capacity(alphabet: Alphabet, header_octets: int = 0) -> int:
    """Return the units that fit into one message beside a user data header.

    Args:
        alphabet: What the units are.
        header_octets: The whole header with its length octet: 6 for a concatenation with an 8-bit
            reference, 7 with a 16-bit one.

    Returns:
        160, 153, 152 septets or 70, 67, 66 units for 0, 6, 7 octets.

    Source:
        TS 23.040, 9.2.3.24: 140 octets of user data; a GSM-7 text begins on a septet boundary.
    """
    if alphabet is Alphabet.UCS2:
        return (140 - header_octets) // 2
    return 160 - (header_octets * 8 + 6) // 7


def split(text: str, *, reference_bits: int = 8) -> list[str]:
    """Cut a text into parts that each fit into one message.

    All parts of one text must be sent in the same alphabet: pass ``alphabet_of(text)`` along.

    Args:
        text: Any text; one that fits into a single message is returned whole.
        reference_bits: 8 or 16, the size of the reference that ties the parts together.

    Returns:
        At least one part; joined they are ``text``.
    """
    alphabet = alphabet_of(text)
    if units(text, alphabet) <= capacity(alphabet):
        return [text]
    room = capacity(alphabet, 6 if reference_bits == 8 else 7)
    parts, part, used = [], "", 0
    for piece in _pieces(text, alphabet):
        size = units(piece, alphabet)
        if used + size > room:
            parts.append(part)
            part, used = "", 0
        part += piece
        used += size
    return [*parts, part]


def _pieces(text: str, alphabet: Alphabet) -> list[str]:
    if alphabet is Alphabet.GSM7:
        return list(text)
    pieces: list[str] = []
    for character in text:
        if (
            pieces
            and units(pieces[-1], alphabet) < _MAX_GRAPHEME_UNITS
            and _belong_together(pieces[-1][-1], character)
        ):
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces


def _belong_together(left: str, right: str) -> bool:
    if unicodedata.category(right) in ("Mn", "Me", "Mc") or "\u200d" in (left, right):
        return True
    after = {"L": ("L", "V", "LV", "LVT"), "LV": ("V", "T"), "V": ("V", "T"), "LVT": "T", "T": "T"}
    return _jamo(right) in after.get(_jamo(left), ())


def _jamo(character: str) -> str:
    """Return the Hangul syllable type of UAX #29: L, V, T, LV, LVT, or ``-`` for anything else."""
    code = ord(character)
    if 0x1100 <= code <= 0x115F or 0xA960 <= code <= 0xA97C:
        return "L"
    if 0x1160 <= code <= 0x11A7 or 0xD7B0 <= code <= 0xD7C6:
        return "V"
    if 0x11A8 <= code <= 0x11FF or 0xD7CB <= code <= 0xD7FB:
        return "T"
    if 0xAC00 <= code <= 0xD7A3:
        return "LVT" if (code - 0xAC00) % 28 else "LV"
    return "-"


def pack_gsm7(text: str, skip_bits: int = 0) -> tuple[bytes, int]:
    """Pack a text into septets.

    Args:
        text: Only characters of the GSM-7 alphabet.
        skip_bits: Room that a header takes; the text begins on the next septet boundary.

    Returns:
        The octets after the header, and the number of septets with those that the header covers.

    Raises:
        KeyError: A character is not in the alphabet.
    """
    first = (skip_bits + 6) // 7
    packed, septets = 0, first
    for character in text:
        for code in _SEPTETS[character]:
            packed |= code << 7 * septets
            septets += 1
    octets = (septets * 7 + 7) // 8
    return packed.to_bytes(octets, "little")[skip_bits // 8 :], septets


def unpack_gsm7(data: bytes, septets: int, skip_bits: int = 0) -> str:
    """Unpack septets; what the alphabet does not know becomes U+FFFD, never an error.

    Args:
        data: The whole user data, header included.
        septets: Its length in septets, as TP-UDL says.
        skip_bits: Bits taken by the header.
    """
    packed = int.from_bytes(data, "little")
    text, escaped = "", False
    for place in range((skip_bits + 6) // 7, min(septets, len(data) * 8 // 7)):
        code = packed >> 7 * place & 0x7F
        if code == _ESCAPE and not escaped:
            escaped = True
            continue
        text += _EXTENDED_CHARACTERS.get(code, _UNPRINTABLE) if escaped else _BASIC[code]
        escaped = False
    return text
