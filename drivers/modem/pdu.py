"""The text message as the network sees it: TPDUs to octets and back.

Owns SMS-SUBMIT (what we send), SMS-STATUS-REPORT and SMS-DELIVER (what comes). Invariant: any
octets either decode or raise ``PduError``; what was encoded decodes to itself. It sees no port, and
it does not ask whether a number may be written to: that is the interlock's business.

Source: 3GPP TS 23.040 (9.2.2 PDU types, 9.2.3 fields), TS 27.005 (service centre address in front).
"""

from __future__ import annotations

import codecs
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from drivers.errors import BadFrame
from drivers.modem.alphabet import (
    Alphabet,
    alphabet_of,
    capacity,
    pack_gsm7,
    split,
    units,
    unpack_gsm7,
)

# Python would look for it on the disk when the first text is coded, amid a danger: now instead.
_UCS2 = codecs.lookup("utf-16-be").name

__all__ = [
    "Alphabet",
    "Concat",
    "Deliver",
    "PduError",
    "StatusReport",
    "Submit",
    "alphabet_of",
    "split",
    "strip_service_centre",
]

_DELIVER: Final = 0b00
_SUBMIT: Final = 0b01
_STATUS_REPORT: Final = 0b10
_RELATIVE_VALIDITY: Final = 0x10
_STATUS_REPORT_REQUEST: Final = 0x20
_HEADER_INDICATOR: Final = 0x40
_INTERNATIONAL: Final = 0x91
_UNKNOWN: Final = 0x81
_ALPHANUMERIC: Final = 0x50
_NUMBER: Final = re.compile(r"\+?[0-9]{1,20}", re.ASCII)
_OWN_SERVICE_CENTRE: Final = "00"  # TS 27.005, 3.1: length 0, the SIM's own is taken
_MINUTE_S: Final = 60.0
_HOUR_S: Final = 3600.0
_DAY_S: Final = 86400.0


class PduError(BadFrame):
    """Octets that are no TPDU, or a text that cannot become one."""


@dataclass(frozen=True, slots=True)
class Concat:
    """Ties one part of a long text to the others.

    Attributes:
        reference: Chosen by the caller, the same for all parts; 0 to 255, or 65535 with 16 bits.
        total: Number of parts, 1 to 255.
        sequence: Number of this part, from 1.
        bits: Size of the reference, 8 or 16.
        alphabet: That of the whole text, so that all parts have the same; None: that of the part.

    Source:
        TS 23.040, 9.2.3.24.1 (8 bits) and 9.2.3.24.8 (16 bits).
    """

    reference: int
    total: int
    sequence: int
    bits: int = 8
    alphabet: Alphabet | None = None

    def to_bytes(self) -> bytes:
        """Return the user data header, its length octet in front."""
        if self.bits not in (8, 16) or not 0 <= self.reference < 1 << self.bits:
            raise PduError(f"reference {self.reference} does not fit into {self.bits} bits")
        if not 1 <= self.sequence <= self.total <= 255:
            raise PduError(f"part {self.sequence} of {self.total} does not exist")
        if self.bits == 8:
            return bytes((5, 0x00, 3, self.reference, self.total, self.sequence))
        high, low = divmod(self.reference, 256)
        return bytes((6, 0x08, 4, high, low, self.total, self.sequence))

    @classmethod
    def from_bytes(cls, header: bytes) -> Concat | None:
        """Find the concatenation, if any, in a user data header without its length octet."""
        while len(header) >= 2:
            kind, value = header[0], header[2 : 2 + header[1]]
            if kind == 0x00 and len(value) == 3:
                return cls(value[0], value[1], value[2])
            if kind == 0x08 and len(value) == 4:
                return cls(value[0] << 8 | value[1], value[2], value[3], bits=16)
            header = header[2 + header[1] :]
        return None


@dataclass(frozen=True, slots=True)
class Submit:
    """A text on its way to the network.

    Attributes:
        number: Destination: E.164 with ``+`` (TOA 0x91), or as dialled, e.g. ``119`` (TOA 0x81).
        text: This part's text; must fit into one message.
        concat: Which part of a longer text it is; None for a text of one part.
        status_report: Ask the network to say when it is delivered.
        validity_s: How long the network may keep trying, 300 s to 63 weeks, rounded up to what
            the octet can say; None for the network's own default.
    """

    number: str
    text: str
    concat: Concat | None = None
    status_report: bool = True
    validity_s: float | None = None

    @property
    def alphabet(self) -> Alphabet:
        """The alphabet the text is sent in."""
        chosen = self.concat.alphabet if self.concat is not None else None
        return chosen or alphabet_of(self.text)

    def to_bytes(self) -> bytes:
        """Return the TPDU.

        Raises:
            PduError: The number is none, or the text does not fit into one message.
        """
        first = _SUBMIT
        if self.status_report:
            first |= _STATUS_REPORT_REQUEST
        if self.concat is not None:
            first |= _HEADER_INDICATOR
        validity = b""
        if self.validity_s is not None:
            first |= _RELATIVE_VALIDITY
            validity = bytes((_validity_octet(self.validity_s),))
        return (
            bytes((first, 0x00))  # TP-MR 0: the modem counts by itself (TS 27.005, 3.5.1)
            + _encode_address(self.number)
            + bytes((0x00, self.alphabet.value))
            + validity
            + self._user_data()
        )

    def to_command(self) -> tuple[int, str]:
        """Return what ``AT+CMGS=`` takes and the hex digits that follow the prompt.

        Source: TS 27.005, 4.3: the length counts the TPDU without the service centre address.
        """
        tpdu = self.to_bytes()
        return len(tpdu), _OWN_SERVICE_CENTRE + tpdu.hex().upper()

    def _user_data(self) -> bytes:
        header = b"" if self.concat is None else self.concat.to_bytes()
        alphabet = self.alphabet
        if alphabet is Alphabet.GSM7 and alphabet_of(self.text) is not alphabet:
            raise PduError(f"{self.text!r} has characters that are not in GSM-7")
        room, needed = capacity(alphabet, len(header)), units(self.text, alphabet)
        if needed > room:
            raise PduError(f"text of {needed} units does not fit into {room}: {self.text!r}")
        if alphabet is Alphabet.GSM7:
            packed, septets = pack_gsm7(self.text, len(header) * 8)
            return bytes((septets,)) + header + packed
        try:
            coded = self.text.encode(_UCS2)
        except UnicodeEncodeError as error:
            raise PduError(f"half a surrogate pair in {self.text!r}") from error
        return bytes((len(header) + len(coded),)) + header + coded

    @classmethod
    def from_bytes(cls, tpdu: bytes) -> Submit:
        """Decode a TPDU; the inverse of ``to_bytes``.

        Raises:
            PduError: It is no SMS-SUBMIT with a text.
        """
        reader = _Reader(tpdu)
        first = reader.first_octet(_SUBMIT)
        reader.octet()
        number = reader.address()
        reader.octet()
        coding = reader.octet()
        validity_s = None
        if first & 0x18 == _RELATIVE_VALIDITY:
            validity_s = _validity_s(reader.octet())
        elif first & 0x18:
            reader.take(7)
        text, concat = reader.user_data(coding, has_header=bool(first & _HEADER_INDICATOR))
        report = bool(first & _STATUS_REPORT_REQUEST)
        return cls(number, text, concat, report, validity_s)


@dataclass(frozen=True, slots=True)
class StatusReport:
    """What the network says has become of a text that it had accepted.

    Attributes:
        reference: The number that ``+CMGS:`` gave, 0 to 255.
        number: Where the text was to go.
        submitted: Time stamp of the service centre, seven octets as they came.
        discharged: Time stamp of what this report says, likewise.
        status: TP-ST.
    """

    reference: int
    number: str
    submitted: bytes
    discharged: bytes
    status: int

    @property
    def delivered(self) -> bool | None:
        """True if it arrived, None if the network is still trying, False if it has given up.

        Source: TS 23.040, 9.2.3.15: 0x00-0x1F completed, 0x20-0x3F still trying, above given up.
        """
        if self.status < 0x20:
            return True
        return None if self.status < 0x40 else False

    @property
    def discharged_at(self) -> datetime | None:
        """When it arrived or failed; None if the stamp makes no sense."""
        return _moment(self.discharged)

    def to_bytes(self) -> bytes:
        """Return the TPDU."""
        stamps = self.submitted + self.discharged
        head = bytes((_STATUS_REPORT | 0x04, self.reference))
        return head + _encode_address(self.number) + stamps + bytes((self.status,))

    @classmethod
    def from_bytes(cls, tpdu: bytes) -> StatusReport:
        """Decode a TPDU; what follows TP-ST is not looked at.

        Raises:
            PduError: It is no SMS-STATUS-REPORT.
        """
        reader = _Reader(tpdu)
        reader.first_octet(_STATUS_REPORT)
        reference, number = reader.octet(), reader.address()
        submitted, discharged = reader.take(7), reader.take(7)
        return cls(reference, number, submitted, discharged, reader.octet())


@dataclass(frozen=True, slots=True)
class Deliver:
    """A text that came to us.

    Attributes:
        sender: Number, or a name where the network gives one.
        text: Its text; binary messages become U+FFFD characters.
        sent: Time stamp of the service centre, seven octets as they came.
        concat: Which part of a longer text it is, if any.
    """

    sender: str
    text: str
    sent: bytes
    concat: Concat | None = None

    @property
    def sent_at(self) -> datetime | None:
        """When the service centre got it; None if the stamp makes no sense."""
        return _moment(self.sent)

    def to_bytes(self) -> bytes:
        """Return the TPDU; for numbers only, a name as sender is refused."""
        submit = Submit(self.sender, self.text, self.concat)
        first = _DELIVER | 0x04 | (_HEADER_INDICATOR if self.concat is not None else 0)
        head = bytes((first,)) + _encode_address(self.sender)
        return head + bytes((0x00, submit.alphabet.value)) + self.sent + submit._user_data()

    @classmethod
    def from_bytes(cls, tpdu: bytes) -> Deliver:
        """Decode a TPDU.

        Raises:
            PduError: It is no SMS-DELIVER.
        """
        reader = _Reader(tpdu)
        first = reader.first_octet(_DELIVER)
        sender = reader.address()
        reader.octet()
        coding, sent = reader.octet(), reader.take(7)
        text, concat = reader.user_data(coding, has_header=bool(first & _HEADER_INDICATOR))
        return cls(sender, text, sent, concat)


def strip_service_centre(pdu: bytes, tpdu_octets: int | None = None) -> bytes:
    """Return the TPDU out of what a modem shows.

    Args:
        pdu: Octets of the line after ``+CDS:`` or ``+CMGR:``.
        tpdu_octets: The length that the modem announced, if known: some show no service centre.

    Raises:
        PduError: It is too short for what it says.
    """
    if tpdu_octets is not None and len(pdu) == tpdu_octets:
        return pdu
    if not pdu or len(pdu) <= 1 + pdu[0]:
        raise PduError(f"no TPDU after the service centre address in {pdu.hex()!r}")
    return pdu[1 + pdu[0] :]


class _Reader:
    """Takes fields off the front of a TPDU."""

    def __init__(self, tpdu: bytes) -> None:
        self._tpdu = tpdu
        self._place = 0

    def error(self, what: str) -> PduError:
        return PduError(f"{what} in {self._tpdu.hex()!r}")

    def take(self, octets: int) -> bytes:
        taken = self._tpdu[self._place : self._place + octets]
        if len(taken) < octets:
            raise self.error(f"{octets} octets wanted at {self._place}, {len(taken)} left")
        self._place += octets
        return taken

    def octet(self) -> int:
        return self.take(1)[0]

    def first_octet(self, kind: int) -> int:
        first = self.octet()
        if first & 0x03 != kind:
            raise self.error(f"message type {first & 3} where {kind} was expected")
        return first

    def address(self) -> str:
        length, toa = self.octet(), self.octet()
        field = self.take((length + 1) // 2)
        if toa & 0x70 == _ALPHANUMERIC:
            return unpack_gsm7(field, length * 4 // 7)
        digits = "".join("0123456789*#abc"[n : n + 1] for o in field for n in (o & 15, o >> 4))
        if not length or len(digits) < length:
            raise self.error(f"address {field.hex()!r} has no {length} digits")
        return ("+" if toa & 0x70 == 0x10 else "") + digits[:length]

    def user_data(self, coding: int, *, has_header: bool) -> tuple[str, Concat | None]:
        length = self.octet()
        gsm7 = coding & 0x0C == 0x00 if coding < 0x80 else coding & 0xF4 in (0xC0, 0xD0, 0xF0)
        data = self.take((length * 7 + 7) // 8 if gsm7 else length)
        header_octets = 1 + data[0] if has_header and data else 0
        if header_octets > len(data):
            raise self.error(f"header of {header_octets} octets in {len(data)}")
        concat = Concat.from_bytes(data[1:header_octets])
        if gsm7:
            return unpack_gsm7(data, length, header_octets * 8), concat
        if coding & 0x0C == 0x08 or coding & 0xF0 == 0xE0:
            return data[header_octets:].decode(_UCS2, "replace"), concat
        return "\ufffd" * (len(data) - header_octets), concat


def _encode_address(number: str) -> bytes:
    if not _NUMBER.fullmatch(number):
        raise PduError(f"{number!r} is not a telephone number: digits, with + if international")
    digits = number.lstrip("+")
    padded = digits + "F" * (len(digits) % 2)
    swapped = "".join(padded[place + 1] + padded[place] for place in range(0, len(padded), 2))
    toa = _INTERNATIONAL if number.startswith("+") else _UNKNOWN
    return bytes((len(digits), toa)) + bytes.fromhex(swapped)


def _validity_octet(validity_s: float) -> int:
    # TS 23.040, 9.2.3.12.1: 5 min steps to 12 h, 30 min to 24 h, days to 30, weeks to 63.
    validity_s = min(validity_s, 63 * 7 * _DAY_S)
    if validity_s <= 12 * _HOUR_S:
        return max(0, math.ceil(validity_s / (5 * _MINUTE_S)) - 1)
    if validity_s <= _DAY_S:
        return 143 + math.ceil((validity_s - 12 * _HOUR_S) / (30 * _MINUTE_S))
    if validity_s <= 30 * _DAY_S:
        return 166 + math.ceil(validity_s / _DAY_S)
    return 192 + math.ceil(validity_s / (7 * _DAY_S))


def _validity_s(octet: int) -> float:
    if octet <= 143:
        return (octet + 1) * 5 * _MINUTE_S
    if octet <= 167:
        return 12 * _HOUR_S + (octet - 143) * 30 * _MINUTE_S
    if octet <= 196:
        return (octet - 166) * _DAY_S
    return (octet - 192) * 7 * _DAY_S


def _moment(stamp: bytes) -> datetime | None:
    """Read a service centre time stamp (TS 23.040, 9.2.3.11)."""
    try:
        year, month, day, hour, minute, second = (
            int(f"{octet & 15:x}{octet >> 4:x}") for octet in stamp[:6]
        )
        quarters = int(f"{stamp[6] & 7:x}{stamp[6] >> 4:x}")
        offset = timedelta(minutes=-15 * quarters if stamp[6] & 8 else 15 * quarters)
        moment = datetime(2000 + year, month, day, hour, minute, second, tzinfo=timezone(offset))
    except (ValueError, IndexError):
        return None
    return moment.astimezone(UTC)
