"""The AT conversation without a port: bytes in, events out.

Owns the sorting of whatever a modem says into prompts, lines of an answer, final results and things
nobody asked for. Invariant: any split of the same bytes gives the same events, memory is bounded,
and no rubbish can stop it. It waits for nothing and repeats nothing: that is the modem's business.

It knows which command is outstanding, because only that tells an answer from a remark: ``+CSQ:
20,99`` answers ``AT+CSQ``, while ``+CREG: 2`` may come at any time.

Source: 3GPP TS 27.005 and TS 27.007 (responses), ITU-T V.250, 5.7 (result codes).
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Literal

MAX_LINE_BYTES: Final = 1024  # the longest we want: a PDU of 176 octets is 352 digits
_ECHOES_KEPT: Final = 6
_CR: Final = 0x0D
_LF: Final = 0x0A
_PROMPT: Final = 0x3E
_ESC: Final = b"\x1b"
_CTRL_Z: Final = b"\x1a"


@dataclass(frozen=True, slots=True)
class Prompt:
    """The modem wants the body of the text; once for each ``AT+CMGS``."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the answer to the outstanding command."""

    text: str


@dataclass(frozen=True, slots=True)
class Submitted:
    """``+CMGS``: the network has taken the text whose body was just handed over."""

    reference: int


@dataclass(frozen=True, slots=True)
class FinalOk:
    """The outstanding command is done."""


@dataclass(frozen=True, slots=True)
class FinalError:
    """The outstanding command has failed; ``code`` is None where the modem gives none."""

    kind: Literal["ERROR", "CMS", "CME", "CALL"]
    code: int | None = None

    def __str__(self) -> str:
        plain = {"ERROR": "ERROR", "CALL": "no answer, busy, or no carrier"}
        return plain.get(self.kind) or f"+{self.kind} ERROR: {self.code}"


@dataclass(frozen=True, slots=True)
class Urc:
    """A line that nobody asked for; subclasses say what it means."""

    text: str


@dataclass(frozen=True, slots=True)
class StatusReportLine(Urc):
    """``+CDS``: ``pdu`` is the line after it, ``octets`` the announced length of its TPDU."""

    octets: int
    pdu: bytes


@dataclass(frozen=True, slots=True)
class IncomingTextLine(Urc):
    """``+CMT``: a text that came, handed over at once."""

    octets: int
    pdu: bytes


@dataclass(frozen=True, slots=True)
class TextStored(Urc):
    """``+CMTI``: a text came and lies in ``memory`` at ``index``."""

    memory: str
    index: int


@dataclass(frozen=True, slots=True)
class Ring(Urc):
    """A call is coming in."""


@dataclass(frozen=True, slots=True)
class CallerId(Urc):
    """``+CLIP``: who is calling; an empty number is withheld."""

    number: str


@dataclass(frozen=True, slots=True)
class CallEnded(Urc):
    """``NO CARRIER``, ``BUSY``, ``NO ANSWER`` and the like: a call is over, or came to nothing."""


@dataclass(frozen=True, slots=True)
class StorageFull(Urc):
    """The store for texts is full: none comes in, and some modems send none either."""


@dataclass(frozen=True, slots=True)
class RegistrationChanged(Urc):
    """``+CREG`` or ``+CEREG`` without being asked: the new state, numbers of TS 27.007, 7.2."""

    state: int


@dataclass(frozen=True, slots=True)
class Started(Urc):
    """``RDY``, ``SMS DONE`` and the like: the modem has restarted and forgotten its settings."""


@dataclass(frozen=True, slots=True)
class LateSubmit(Urc):
    """``+CMGS`` while no body is waiting for it: it belongs to an earlier text."""

    reference: int


@dataclass(frozen=True, slots=True)
class LateFinal(Urc):
    """``OK`` or an error while nothing is outstanding: the end of an earlier command."""

    final: FinalOk | FinalError


AtEvent = Prompt | Line | Submitted | FinalOk | FinalError | Urc

_STARTED: Final = frozenset(
    {"RDY", "SMS DONE", "SMS READY", "CALL READY", "PB DONE", "+QIND: SMS DONE", "+QIND: PB DONE"}
)
_CALL_ENDED: Final = frozenset({"NO CARRIER", "BUSY", "NO ANSWER", "NO DIALTONE"})
_CALL_ENDED_BEGINS: Final = ("VOICE CALL: END", "MISSED_CALL")
_STORAGE_FULL: Final = re.compile(r"(?:\+|\^|\*)?.*(?:SMS FULL|SMMEMFULL|SMSFULL).*", re.ASCII)
_REMARKS: Final = ("^", "*", "$", "MISSED_CALL", "VOICE CALL", "NORMAL POWER", "POWERED DOWN")
_ERROR: Final = re.compile(r"\+(CMS|CME) ERROR:\s*(\d{1,6})?.*", re.ASCII)
_REFERENCE: Final = re.compile(r"\+CMGS:\s*(\d{1,3})\b.*", re.ASCII)
_PDU_FOLLOWS: Final = re.compile(r"\+(CDS|CMT):(?:.*,)?\s*(\d{1,3})", re.ASCII)
_STORED: Final = re.compile(r'\+CMTI:\s*"(\w+)",\s*(\d{1,5})', re.ASCII)
_CALLER: Final = re.compile(r'\+CLIP:\s*"([^"]*)".*')
_REGISTRATION: Final = re.compile(r'\+C(?:G|E|5G)?REG:\s*(\d{1,2})(?:,\s*".*)?', re.ASCII)
_ANY_TIME: Final = frozenset({"CDS", "CMT", "CMTI", "CDSI", "CLIP", "CRING", "CMGS"})
_NAME: Final = re.compile(r"AT\+(\w*).*", re.ASCII)
_CONTROL: Final = dict.fromkeys((*range(0x20), 0x7F))


class _Awaiting(Enum):
    NOTHING = auto()
    RESULT = auto()
    PROMPT = auto()
    BODY = auto()
    SUBMIT_RESULT = auto()


class AtSession:
    """One modem's conversation. Bytes to write are returned, never written."""

    def __init__(self) -> None:
        self._awaiting = _Awaiting.NOTHING
        self._asked = ""
        self._line = bytearray()
        self._overlong = False
        self._pdu_announced: tuple[str, str, int] | None = None
        self._echoes: deque[str] = deque(maxlen=_ECHOES_KEPT)

    @property
    def idle(self) -> bool:
        """Whether no command is outstanding."""
        return self._awaiting is _Awaiting.NOTHING

    def command(self, text: str) -> bytes:
        """Begin a command, e.g. ``AT+CSQ``, forgetting the one before; return what to write."""
        self._asked = text
        self._echoes.append(text)
        submit = text.startswith("AT+CMGS=")
        self._awaiting = _Awaiting.PROMPT if submit else _Awaiting.RESULT
        return text.encode("ascii") + b"\r"

    def body(self, hex_digits: str) -> bytes:
        """Hand over the body after the prompt; return the bytes to write, Ctrl-Z included."""
        self._echoes.append(hex_digits)
        self._awaiting = _Awaiting.SUBMIT_RESULT
        return hex_digits.encode("ascii") + _CTRL_Z

    def escape(self) -> bytes:
        """Give up whatever is outstanding; return the byte that leaves the prompt."""
        self._awaiting = _Awaiting.NOTHING
        return _ESC

    def forget(self) -> None:
        """Begin afresh on a new line: a half line or command of the old one means nothing."""
        self._awaiting = _Awaiting.NOTHING
        self._line.clear()
        self._overlong = False
        self._pdu_announced = None

    def receive_data(self, data: bytes) -> list[AtEvent]:
        """Take what the port brought; return what it means, in order."""
        events: list[AtEvent] = []
        for byte in data:
            if byte in (_CR, _LF):
                self._end_line(events)
            elif byte == _PROMPT and self._awaiting is _Awaiting.PROMPT and self._at_line_start():
                # At once, not at the blank: some modems send none, and the blank is then part of
                # the next line, where it does no harm.
                self._line.clear()
                self._awaiting = _Awaiting.BODY
                events.append(Prompt())
            elif len(self._line) < MAX_LINE_BYTES:
                self._line.append(byte)
            else:
                self._overlong = True
        return events

    def _at_line_start(self) -> bool:
        return not self._overlong and not _readable(self._line)

    def _end_line(self, events: list[AtEvent]) -> None:
        text, overlong = _readable(self._line), self._overlong
        self._line.clear()
        self._overlong = False
        if overlong:
            events.append(Urc(text[:80]))
        elif text and text != ">" and text not in self._echoes:
            # A lone ">" is a prompt that came after we had given up on it.
            self._sort(text, events)

    def _sort(self, text: str, events: list[AtEvent]) -> None:
        if self._pdu_announced is not None:
            remark = _with_pdu(*self._pdu_announced, text)
            self._pdu_announced = None
            if remark is not None:
                events.append(remark)
                return
        announced = _PDU_FOLLOWS.fullmatch(text)
        if announced:
            self._pdu_announced = (text, announced[1], int(announced[2]))
            return
        final = _final(text)
        if text.upper() in _CALL_ENDED and self._dials():
            final = FinalError("CALL")
        if final is not None:
            events.append(self._end_command(text, final))
        elif self._awaiting is _Awaiting.SUBMIT_RESULT and (found := _REFERENCE.fullmatch(text)):
            events.append(Submitted(int(found[1]) % 256))
        elif self._is_answer(text):
            events.append(Line(text))
        else:
            events.append(_remark(text))

    def _end_command(self, text: str, final: FinalOk | FinalError) -> AtEvent:
        early = self._awaiting in (_Awaiting.PROMPT, _Awaiting.BODY) and isinstance(final, FinalOk)
        # A text ends with OK only after its body: an earlier one is the end of something older.
        if early or self._awaiting is _Awaiting.NOTHING:
            return LateFinal(text, final)
        self._awaiting = _Awaiting.NOTHING
        return final

    def _dials(self) -> bool:
        return self._awaiting is _Awaiting.RESULT and self._asked.startswith("ATD")

    def _is_answer(self, text: str) -> bool:
        if self._awaiting is not _Awaiting.RESULT or text.upper() in _STARTED | _CALL_ENDED:
            return False
        if not text.startswith("+"):
            return text != "RING" and not text.startswith(_REMARKS)
        name = text[1:].partition(":")[0]
        if name in _ANY_TIME or name != _NAME.sub(r"\1", self._asked):
            return False
        # "+CREG: 1" is a remark even while AT+CREG? is outstanding: the answer has two numbers.
        return not (name.endswith("REG") and _REGISTRATION.fullmatch(text))


def _readable(line: bytes | bytearray) -> str:
    return line.decode("latin-1").translate(_CONTROL).strip()


def _final(text: str) -> FinalOk | FinalError | None:
    if text == "OK":
        return FinalOk()
    if text in ("ERROR", "COMMAND NOT SUPPORT"):
        return FinalError("ERROR")
    error = _ERROR.fullmatch(text)
    if error is None:
        return None
    return FinalError("CMS" if error[1] == "CMS" else "CME", int(error[2]) if error[2] else None)


def _with_pdu(text: str, name: str, octets: int, line: str) -> Urc | None:
    try:
        pdu = bytes.fromhex(line)
    except ValueError:
        return None
    kind = StatusReportLine if name == "CDS" else IncomingTextLine
    return kind(text, octets, pdu)


def _remark(text: str) -> Urc:
    if text.upper() in _STARTED:
        return Started(text)
    if text.upper() in _CALL_ENDED or text.upper().startswith(_CALL_ENDED_BEGINS):
        return CallEnded(text)
    if text == "RING" or text.startswith("+CRING:"):
        return Ring(text)
    return _remark_of_texts(text)


def _remark_of_texts(text: str) -> Urc:
    if _STORAGE_FULL.fullmatch(text):
        return StorageFull(text)
    if found := _REFERENCE.fullmatch(text):
        return LateSubmit(text, int(found[1]) % 256)
    if found := _CALLER.fullmatch(text):
        return CallerId(text, found[1])
    if found := _REGISTRATION.fullmatch(text):
        return RegistrationChanged(text, int(found[1]))
    if found := _STORED.fullmatch(text):
        return TextStored(text, found[1], int(found[2]))
    return Urc(text)
