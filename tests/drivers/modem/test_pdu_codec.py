"""The PDU codec against a decoder that is not ours, and against itself."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from smspdudecoder.fields import SMSDeliver, SMSSubmit

from drivers.emulated.tpdu import decode_submit
from drivers.modem.alphabet import Alphabet, alphabet_of, capacity, split, units
from drivers.modem.pdu import (
    Concat,
    Deliver,
    PduError,
    StatusReport,
    Submit,
    strip_service_centre,
)

seeded = settings(max_examples=150, derandomize=True, deadline=None, database=None)

NUMBERS = st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True) | st.from_regex(
    r"[0-9]{3,11}", fullmatch=True
)
GSM7 = st.sampled_from(
    "@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()09:;<=>?¡AZÄÖÑÜ§¿azäöñüà^{}\\[~]|€"
)
HANGUL = st.sampled_from("침수종로구각꿀가나각힣 0123cm[]")
JAMO = st.sampled_from("".join(map(chr, (0x1100, 0x1112, 0x1161, 0x1175, 0x11A8, 0x11C2))) + "가각")
ANY = st.characters(codec="utf-8")
TEXTS = (
    st.text(GSM7, max_size=400)
    | st.text(HANGUL, max_size=200)
    | st.text(JAMO, max_size=200)
    | st.text(ANY | st.sampled_from("🌊🚒"), max_size=200)
)
SHORT = st.text(HANGUL, max_size=60) | st.text(GSM7, max_size=70)


def oracle(pdu_hex: str) -> dict[str, Any]:
    return dict(SMSSubmit.decode(StringIO(pdu_hex)))


def read_by_oracle(pdu_hex: str, text: str) -> str:
    """The oracle's text. It counts characters where GSM-7 counts septets, so that after a character
    of the extension table it may take the padding for an ``@``."""
    seen = str(oracle(pdu_hex)["user_data"]["data"])
    extended = alphabet_of(text) is Alphabet.GSM7 and units(text, Alphabet.GSM7) > len(text)
    return seen.removesuffix("@") if extended and not text.endswith("@") else seen


def oracle_reads_header(concat: Concat, alphabet: Alphabet) -> bool:
    """It also takes a header for characters, and is lost if one of them is the escape."""
    bits = int.from_bytes(concat.to_bytes(), "little")
    return alphabet is Alphabet.UCS2 or 0x1B not in [bits >> 7 * n & 0x7F for n in range(8)]


@seeded
@given(number=NUMBERS, text=SHORT, report=st.booleans())
def test_another_decoder_reads_the_number_and_the_text(
    number: str, text: str, report: bool
) -> None:
    length, pdu = Submit(number, text, status_report=report).to_command()
    seen = oracle(pdu)
    assert length == len(pdu) // 2 - 1
    assert seen["smsc"]["length"] == 0
    assert seen["header"]["udhi"] is False
    assert seen["header"]["mti"] == "submit"
    assert seen["header"]["srr"] is report
    assert seen["recipient"]["number"] == number.lstrip("+")
    assert seen["recipient"]["toa"]["ton"] == ("international" if "+" in number else "unknown")
    assert read_by_oracle(pdu, text) == text


@seeded
@given(number=NUMBERS, text=TEXTS, reference=st.integers(0, 65535), bits=st.sampled_from([8, 16]))
def test_another_decoder_puts_the_parts_of_a_long_text_together(
    number: str, text: str, reference: int, bits: int
) -> None:
    parts = split(text, reference_bits=bits)
    reference %= 1 << bits
    together = ""
    for sequence, part in enumerate(parts, 1):
        concat = Concat(reference, len(parts), sequence, bits, alphabet_of(text))
        tpdu = Submit(number, part, concat if len(parts) > 1 else None).to_bytes()
        assert len(tpdu) <= 164
        assume(len(parts) == 1 or oracle_reads_header(concat, alphabet_of(text)))
        seen = oracle("00" + tpdu.hex())
        together += read_by_oracle("00" + tpdu.hex(), part)
        if len(parts) > 1:
            (element,) = seen["user_data"]["header"]["elements"]
            assert element["data"] == {
                "reference": reference,
                "parts_count": len(parts),
                "part_number": sequence,
            }
    assert together == text


@seeded
@given(number=NUMBERS, text=SHORT, reference=st.integers(0, 255), validity=st.integers(0, 255))
def test_what_is_encoded_decodes_to_itself(
    number: str, text: str, reference: int, validity: int
) -> None:
    octets = bytes((0x11, 0, 3, 0x81, 0x11, 0xF9, 0, 0, validity, 0))
    validity_s = Submit.from_bytes(octets).validity_s
    for concat in (None, Concat(reference, 3, 2), Concat(reference * 257, 255, 1, bits=16)):
        submit = Submit(number, text, concat, validity_s=validity_s)
        assert Submit.from_bytes(submit.to_bytes()) == submit
        stamp = bytes.fromhex("62112212345463")
        deliver = Deliver(number, text, stamp, concat)
        assert Deliver.from_bytes(deliver.to_bytes()) == deliver
        report = StatusReport(reference, number, stamp, stamp, validity)
        assert StatusReport.from_bytes(report.to_bytes()) == report


@seeded
@given(number=NUMBERS, text=SHORT, concat=st.booleans())
def test_the_emulated_network_reads_what_was_sent(number: str, text: str, concat: bool) -> None:
    submit = Submit(number, text, Concat(7, 2, 1) if concat else None)
    length, pdu = submit.to_command()
    seen = decode_submit(bytes.fromhex(pdu), length)
    assert (seen.number, seen.text) == (number, text)
    assert (seen.part, seen.total) == ((1, 2) if concat else (1, 1))


@seeded
@given(text=TEXTS, bits=st.sampled_from([8, 16]))
def test_parts_joined_are_the_text_and_each_fits(text: str, bits: int) -> None:
    parts = split(text, reference_bits=bits)
    alphabet = alphabet_of(text)
    assert "".join(parts) == text
    room = capacity(alphabet, 0 if len(parts) == 1 else 6 if bits == 8 else 7)
    assert all(units(part, alphabet) <= room for part in parts)


@seeded
@given(
    syllables=st.lists(
        st.sampled_from(("\u1112\u1161\u11ab", "\u1112\u1161", "하\u11ab", "e\u0301", "🌊", " ")),
        min_size=30,
        max_size=120,
    )
)
def test_no_syllable_is_torn_between_two_parts(syllables: list[str]) -> None:
    """Composed part by part or as a whole, the reader sees the same syllables."""
    text = "침" + "".join(syllables)
    parts = [unicodedata.normalize("NFC", part) for part in split(text)]
    assert "".join(parts) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("가" * 70, [70]),
        ("가" * 71, [67, 4]),
        ("a" * 160, [160]),
        ("a" * 161, [153, 8]),
        ("a" * 159 + "€", [152 + 1, 7]),
        ("a" * 152 + "€" * 8, [152, 8]),
        ("가" * 66 + "🌊" * 3, [66, 3]),
        ("\u1100\u1161\u11a8" * 30, [22 * 3, 8 * 3]),
        ("", [0]),
    ],
)
def test_a_text_is_cut_where_nothing_is_torn(text: str, sizes: list[int]) -> None:
    assert [len(part) for part in split(text)] == sizes


def test_sixteen_bit_references_leave_less_room() -> None:
    assert [len(part) for part in split("가" * 71, reference_bits=16)] == [66, 5]
    assert [len(part) for part in split("a" * 161, reference_bits=16)] == [152, 9]


def test_a_report_to_119_is_not_international() -> None:
    """TS 23.040, 9.1.2.5: a short code has no country; with +82 it would be another number."""
    tpdu = Submit("119", "[침수]", status_report=False).to_bytes()
    assert tpdu.hex() == "0100" + "038111f9" + "0008" + "08" + "[침수]".encode("utf-16-be").hex()


def test_a_mobile_is_international() -> None:
    tpdu = Submit("+821012345678", "a").to_bytes()
    assert tpdu[:10].hex() == "21000c91280121436587"


@seeded
@given(octets=st.binary(max_size=180))
def test_rubbish_decodes_or_is_refused_with_the_octets_seen(octets: bytes) -> None:
    for decode in (Submit.from_bytes, StatusReport.from_bytes, Deliver.from_bytes):
        try:
            decode(octets)
        except PduError as error:
            assert octets.hex() in str(error)  # noqa: PT017 that it raises is not the point
    try:
        strip_service_centre(octets)
    except PduError:
        assert not octets or len(octets) <= 1 + octets[0]


@seeded
@given(number=NUMBERS, text=SHORT, cut=st.integers(0, 12))
def test_a_truncated_text_is_never_taken_for_a_whole_one(number: str, text: str, cut: int) -> None:
    tpdu = Submit(number, text + "침").to_bytes()
    with pytest.raises(PduError):
        Submit.from_bytes(tpdu[: len(tpdu) - 1 - cut])


@pytest.mark.parametrize("number", ["", "+", "119;", "11 9", "１１９", "+82-10", "abc", "1" * 21])
def test_what_is_no_number_is_refused(number: str) -> None:
    with pytest.raises(PduError, match="not a telephone number"):
        Submit(number, "a").to_bytes()


@pytest.mark.parametrize("text", ["가" * 71, "a" * 161, "\ud83c"])
def test_what_does_not_fit_is_refused(text: str) -> None:
    with pytest.raises(PduError):
        Submit("119", text).to_bytes()


@pytest.mark.parametrize(
    ("concat", "text"),
    [
        (Concat(256, 2, 1), "a"),
        (Concat(1, 2, 3), "a"),
        (Concat(1, 256, 1), "a"),
        (Concat(1, 2, 0), "a"),
        (Concat(1, 2, 1), "가" * 68),
        (Concat(1, 2, 1, alphabet=Alphabet.GSM7), "가"),
        (Concat(1, 2, 1, bits=7), "a"),
    ],
)
def test_an_impossible_part_is_refused(concat: Concat, text: str) -> None:
    with pytest.raises(PduError):
        Submit("+821012345678", text, concat).to_bytes()


def test_all_parts_of_a_text_can_be_sent_in_its_alphabet() -> None:
    """TS 23.040, 9.2.3.24.1: the coding must not change from part to part."""
    part = Submit("+821012345678", "only digits 119", Concat(1, 2, 2, alphabet=Alphabet.UCS2))
    assert oracle(part.to_command()[1])["dcs"] == {"encoding": "ucs2"}


@pytest.mark.parametrize(
    ("asked_s", "kept_s"),
    [(1, 300), (300, 300), (301, 600), (43_200, 43_200), (43_201, 45_000), (86_401, 172_800),
     (30 * 86_400, 30 * 86_400), (31 * 86_400, 35 * 86_400), (float("inf"), 63 * 7 * 86_400)],
)  # fmt: skip
def test_validity_is_rounded_up_to_what_the_octet_can_say(asked_s: float, kept_s: float) -> None:
    tpdu = Submit("119", "a", validity_s=asked_s).to_bytes()
    assert Submit.from_bytes(tpdu).validity_s == kept_s


@pytest.mark.parametrize(
    ("status", "delivered"),
    [(0x00, True), (0x02, True), (0x20, None), (0x30, None), (0x40, False), (0x62, False)],
)
def test_a_status_says_delivered_trying_or_given_up(status: int, delivered: bool | None) -> None:
    stamp = bytes.fromhex("62112212345463")
    report = StatusReport(9, "+821012345678", stamp, stamp, status)
    assert report.delivered is delivered
    assert report.discharged_at == datetime(2026, 11, 22, 12, 43, 45, tzinfo=UTC)


def test_a_nonsense_time_stamp_does_not_hide_the_status() -> None:
    report = StatusReport.from_bytes(StatusReport(1, "119", b"\xff" * 7, b"\0" * 7, 0).to_bytes())
    assert report.delivered is True
    assert report.discharged_at is None


def test_another_decoder_reads_the_texts_that_come_in() -> None:
    stamp = bytes.fromhex("62112212345463")
    deliver = Deliver("+821012345678", "집 앞에 물이 찼어요", stamp)
    seen = SMSDeliver.decode(StringIO("00" + deliver.to_bytes().hex()))
    assert seen["user_data"]["data"] == deliver.text
    assert seen["scts"] == deliver.sent_at


def test_a_sender_may_be_a_name() -> None:
    """smspdudecoder's own example of an alphanumeric address."""
    head = bytes.fromhex("04" + "14D0C4F23C7D760390EF7619" + "0000" + "62112212345463" + "00")
    assert Deliver.from_bytes(head).sender == "Design@Home"


@pytest.mark.parametrize("pdu", ["0001", "0791280102194105" + "01"])
def test_the_service_centre_is_taken_off(pdu: str) -> None:
    assert strip_service_centre(bytes.fromhex(pdu)) == b"\x01"


def test_a_pdu_without_a_service_centre_is_known_by_its_length() -> None:
    assert strip_service_centre(b"\x06\x01", 2) == b"\x06\x01"
