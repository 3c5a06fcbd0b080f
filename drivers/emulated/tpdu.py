"""What an emulated network reads in a TPDU, and the status report it sends back.

Owns a small decoder of SMS-SUBMIT that shares nothing with ``drivers.modem.pdu``: a fault in our
encoder must show up here as a wrong number or a wrong text, not cancel itself out. Checked in the
tests against a decoder that is not ours. It decodes; it never builds an SMS-SUBMIT.

Source: 3GPP TS 23.040 (9.2.2 PDU types, 9.2.3 fields), TS 23.038 (alphabets).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_AFTER_ESCAPE = {
    0x0A: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\",
    0x3C: "[", 0x3D: "~", 0x3E: "]", 0x40: "|", 0x65: "€",
}  # fmt: skip
_RELATIVE_VALIDITY = 2
_VALIDITY_OCTETS = {0: 0, 1: 7, _RELATIVE_VALIDITY: 1, 3: 7}


@dataclass(frozen=True, slots=True)
class SubmittedText:
    """What one SMS-SUBMIT says.

    Attributes:
        number: Destination as a person would dial it, with ``+`` if it is international.
        toa: Type-of-address octet: 0x91 international, 0x81 unknown (short codes).
        text: The text of this part.
        alphabet: ``gsm7`` or ``ucs2``.
        part: Number of this part, from 1.
        total: Parts in the whole text; 1 if it is not concatenated.
        concat_reference: What ties the parts together; None if it is not concatenated.
        status_report: Whether a status report is asked for.
        address: The destination field as it came, for the status report.
    """

    number: str
    toa: int
    text: str
    alphabet: str
    part: int
    total: int
    concat_reference: int | None
    status_report: bool
    address: bytes


def decode_submit(pdu: bytes, announced: int) -> SubmittedText:
    """Read what a host handed over after the prompt.

    Args:
        pdu: Service centre address, then the TPDU.
        announced: Octets of the TPDU alone, as ``AT+CMGS=`` said.

    Raises:
        ValueError: It is not a complete SMS-SUBMIT of that length; a modem answers
            ``+CMS ERROR: 304``.
    """
    try:
        if len(pdu) - 1 - pdu[0] != announced:
            raise ValueError(f"{announced} octets announced, got {pdu.hex()}")
        return _decode_submit(pdu)
    except (IndexError, UnicodeDecodeError) as error:
        raise ValueError(f"not a complete SMS-SUBMIT: {pdu.hex()}") from error


def _decode_submit(pdu: bytes) -> SubmittedText:
    tpdu = pdu[1 + pdu[0] :]
    first = tpdu[0]
    if first & 0x03 != 0x01:
        raise ValueError(f"message type {first & 3} is not SMS-SUBMIT: {pdu.hex()}")
    digits = tpdu[2]
    after_address = 4 + (digits + 1) // 2
    toa = tpdu[3]
    address = tpdu[2:after_address]
    coding = tpdu[after_address + 1]
    rest = tpdu[after_address + 2 + _VALIDITY_OCTETS[first >> 3 & 3] :]
    length, data = rest[0], rest[1:]
    header = data[1 : 1 + data[0]] if first & 0x40 else None
    text, alphabet = _text(coding, length, data, None if header is None else len(header) + 1)
    reference, total, part = _concatenation(header or b"")
    number = _number(address)
    return SubmittedText(
        number=f"+{number}" if toa & 0x70 == 0x10 else number,
        toa=toa,
        text=text,
        alphabet=alphabet,
        part=part,
        total=total,
        concat_reference=reference,
        status_report=bool(first & 0x20),
        address=address,
    )


def _number(address: bytes) -> str:
    swapped = "".join(f"{octet & 15:x}{octet >> 4:x}" for octet in address[2:])
    digits = swapped[: address[0]]
    if not digits.isdecimal() or len(digits) != address[0]:
        raise ValueError(f"destination is not a number: {address.hex()}")
    return digits


def _text(coding: int, length: int, data: bytes, header_octets: int | None) -> tuple[str, str]:
    skip = header_octets or 0
    if coding & 0x0C == 0x08:
        if len(data) != length:
            raise ValueError(f"user data of {len(data)} octets says that it has {length}")
        return data[skip:].decode("utf-16-be"), "ucs2"
    if coding & 0x0C:
        raise ValueError(f"data coding {coding:02x} is not text")
    if len(data) != (length * 7 + 7) // 8:
        raise ValueError(f"user data of {len(data)} octets says that it has {length} septets")
    bits = int.from_bytes(data, "little")
    septets = [bits >> 7 * place & 0x7F for place in range((skip * 8 + 6) // 7, length)]
    return _characters(septets), "gsm7"


def _characters(septets: list[int]) -> str:
    text, escaped = "", False
    for septet in septets:
        if septet == 0x1B and not escaped:
            escaped = True
            continue
        text += _AFTER_ESCAPE.get(septet, " ") if escaped else _BASIC[septet]
        escaped = False
    return text


def _concatenation(header: bytes) -> tuple[int | None, int, int]:
    while header:
        identifier, value = header[0], header[2 : 2 + header[1]]
        header = header[2 + header[1] :]
        if identifier == 0x00:
            return value[0], value[1], value[2]
        if identifier == 0x08:
            return value[0] << 8 | value[1], value[2], value[3]
    return None, 1, 1


def status_report(reference: int, submitted: SubmittedText, status: int, at: datetime) -> bytes:
    """Build the TPDU of an SMS-STATUS-REPORT, without a service centre address.

    Args:
        reference: TP-MR, the number that ``+CMGS:`` gave.
        submitted: The text that it is about.
        status: TP-ST: 0x00 delivered, 0x20 still trying, 0x40 failed for good.
        at: Aware wall time of submission and of discharge.
    """
    stamp = _timestamp(at)
    return bytes((0x06, reference)) + submitted.address + stamp + stamp + bytes((status,))


def _timestamp(at: datetime) -> bytes:
    offset = at.utcoffset()
    quarters = 0 if offset is None else int(offset.total_seconds()) // 900
    fields = (at.year % 100, at.month, at.day, at.hour, at.minute, at.second, abs(quarters))
    octets = bytearray(value % 10 << 4 | value // 10 for value in fields)
    if quarters < 0:
        octets[6] |= 0x08
    return bytes(octets)
