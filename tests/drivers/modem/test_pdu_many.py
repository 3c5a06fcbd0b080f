"""Very many texts through the codec and back through a decoder that is not ours.

The long form reads 100,000 texts; ``make test-long`` runs it.
"""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest

from drivers.modem.alphabet import Alphabet, alphabet_of, split
from drivers.modem.pdu import Concat, Submit
from tests.drivers.modem.test_pdu_codec import oracle_reads_header, read_by_oracle

SEED = 119
GSM7 = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()09:;<=>?¡AZÄÖÑÜ§¿azäöñüà"
EXTENDED = "^{}\\[~]|€"
HANGUL = "침수위험경계대피현관창문물깊이가각힣 0123cm[]()"
JAMO = "".join(map(chr, (0x1100, 0x1112, 0x1161, 0x1175, 0x11A8, 0x11C2)))
# The other decoder takes the padding after an extension character for an "@": none there.
EMOJI = "🌊🚒🏠👵🆘"
KINDS = (GSM7, GSM7[1:] + EXTENDED, HANGUL, HANGUL + JAMO, HANGUL + EMOJI, EMOJI, GSM7 + HANGUL)
USER_DATA_OCTETS = 140


LENGTHS = (0, 1, 69, 70, 71, 160, 161, 600)
"""Where a text becomes two, and the longest."""


def a_text(random: Random) -> str:
    length = random.choice(LENGTHS) if random.random() < 0.2 else random.randrange(200)
    return "".join(random.choices(random.choice(KINDS), k=length))


def a_concat(random: Random, total: int, sequence: int, bits: int, alphabet: Alphabet) -> Concat:
    while True:
        reference = random.randrange(1 << bits)
        concat = Concat(reference, total, sequence, bits=bits, alphabet=alphabet)
        if oracle_reads_header(concat, alphabet):
            return concat


def user_data_octets(submit: Submit) -> int:
    """The length of the user data, by the sizes of the fields before it."""
    digits = len(submit.number.lstrip("+"))
    return len(submit.to_bytes()) - (2 + 2 + (digits + 1) // 2 + 2) - 1


def torn(left: str, right: str) -> bool:
    """Whether a cut between the two halves a character: a surrogate pair, or Jamo of a syllable."""
    if 0xD800 <= ord(left[-1]) <= 0xDBFF or 0xDC00 <= ord(right[0]) <= 0xDFFF:
        return True
    leads = 0x1100 <= ord(left[-1]) <= 0x115F
    vowels = 0x1160 <= ord(right[0]) <= 0x11A7
    return leads and vowels


def round_trip(random: Random) -> int:
    """One text out and back; return how many parts it had."""
    text, bits = a_text(random), random.choice((8, 16))
    parts = split(text, reference_bits=bits)
    alphabet, together = alphabet_of(text), ""
    for sequence, part in enumerate(parts, 1):
        concat = None
        if len(parts) > 1:
            concat = a_concat(random, len(parts), sequence, bits, alphabet)
        submit = Submit("+821012345678", part, concat)
        assert user_data_octets(submit) <= USER_DATA_OCTETS
        together += read_by_oracle("00" + submit.to_bytes().hex(), part)
    assert together == text
    assert not any(torn(a, b) for a, b in pairwise(parts))
    return len(parts)


def test_some_hundred_texts_come_back_as_they_were() -> None:
    random = Random(SEED)
    parts = [round_trip(random) for _ in range(300)]
    assert max(parts) > 5
    assert parts.count(1) > 100


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(4))
def test_a_hundred_thousand_texts_come_back_as_they_were(seed: int) -> None:
    random = Random(seed)
    for _ in range(25_000):
        round_trip(random)
