"""What a modem says: the AT conversation, the PDU codec, its clock and its list of calls."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from drivers.emulated.tpdu import decode_submit
from drivers.modem.alphabet import alphabet_of, capacity, split, units
from drivers.modem.at import (
    MAX_LINE_BYTES,
    AtEvent,
    AtSession,
    FinalOk,
    Line,
    Prompt,
    Submitted,
)
from drivers.modem.callers import may_answer
from drivers.modem.calls import calls_in
from drivers.modem.network import bars, operator, registration, voice
from drivers.modem.nitz import time_in
from drivers.modem.pdu import Concat, Deliver, PduError, StatusReport, Submit, strip_service_centre
from tests.torture.fuzzing.target import CUTS, Target, in_pieces, mutated

Op = tuple[str, str | bytes]


@dataclass(frozen=True)
class Talk:
    """What the host did and what the line brought, in turn, and how it was cut."""

    ops: tuple[Op, ...]
    cuts: tuple[int, ...]


def _live(  # noqa: C901 - one branch an act
    talk: Talk, cuts: Sequence[int]
) -> list[tuple[int, AtEvent]]:
    """Events with the number of the act after which they came, and the promises on the way."""
    session, found = AtSession(), []
    body_waits = False
    for number, (act, what) in enumerate(talk.ops):
        if isinstance(what, bytes):
            for piece in in_pieces(what, cuts):
                found += [(number, event) for event in session.receive_data(piece)]
            kept = len(session._line)
            assert kept <= MAX_LINE_BYTES, f"{kept} bytes kept of a line"
        elif act == "command":
            session.command(what)
            body_waits = False
        elif act == "body":
            session.body(what)
            body_waits = True
        elif act == "escape":
            session.escape()
            body_waits = False
        else:
            session.forget()
            body_waits = False
        for at, event in found:
            if at == number and isinstance(event, Submitted):
                assert body_waits, "a text was taken for sent whose body was never handed over"
                assert 0 <= event.reference <= 255
    return found


def check_at(talk: Talk) -> None:
    """Any split is the same; OK is a line that is OK; one prompt a text; nothing is made up."""
    found = _live(talk, talk.cuts)
    assert found == _live(talk, ()), "the split has changed the events"
    heard = b"".join(what for _, what in talk.ops if isinstance(what, bytes))
    lines = {re.sub(rb"[^\x20-\x7e]", b"", raw).strip() for raw in re.split(rb"[\r\n]", heard)}
    if any(isinstance(event, FinalOk) for _, event in found):
        assert any(line.endswith(b"OK") for line in lines), "an OK that never came"
    prompts = sum(isinstance(event, Prompt) for _, event in found)
    asked = sum(act == "command" and str(w).startswith("AT+CMGS=") for act, w in talk.ops)
    assert prompts <= asked, "more prompts than texts"
    for _, event in found:
        text = getattr(event, "text", "")
        assert "\r" not in text
        assert "\n" not in text
        if isinstance(event, Line):
            assert len(text) <= MAX_LINE_BYTES


_COMMANDS = st.sampled_from(
    ["AT", "AT+CSQ", "AT+CMGS=14", "AT+CREG?", "ATD119;", "AT+CLCC", "AT+CCLK?", "AT+COPS?"]
)
_SAID = st.sampled_from(
    [
        b"\r\nOK\r\n",
        b"\r\nERROR\r\n",
        b"\r\n+CMS ERROR: 500\r\n",
        b"\r\n+CME ERROR: 10\r\n",
        b"\r\n> ",
        b">",
        b"\r\n+CMGS: 7\r\n",
        b"\r\n+CMGS: 999999999999\r\n",
        b"\r\n+CREG: 1\r\n",
        b"\r\n+CREG: 2,1\r\n",
        b"\r\n+CDS: 25\r\n0006010C91280121436587621122123454636211221234546300\r\n",
        b'\r\n+CMTI: "SM",3\r\n',
        b"\r\n+CMT: ,22\r\n0791",
        b"\r\nRING\r\n",
        b'\r\n+CLIP: "0212345678",129\r\n',
        b"\r\nNO CARRIER\r\n",
        b"\r\nRDY\r\n",
        b"AT+CSQ\r\r\n",
        b"OK",
        b"\x00\xff",
        b"+C" * 600,
    ]
)
_BYTES = st.lists(_SAID | st.binary(max_size=12), max_size=6).map(b"".join)
_OPS: st.SearchStrategy[Op] = st.one_of(
    st.tuples(st.just("hear"), _BYTES),
    st.tuples(st.just("hear"), _BYTES),
    st.tuples(st.just("command"), _COMMANDS),
    st.tuples(st.just("body"), st.just("0021000381")),
    st.tuples(st.just("escape"), st.just("")),
    st.tuples(st.just("forget"), st.just("")),
)
_OPENINGS: tuple[tuple[Op, ...], ...] = (
    (("command", "AT+CSQ"),),
    (("command", "AT+CMGS=14"), ("hear", b"\r\n> "), ("body", "0021000381")),
    (("command", "AT+CMGS=14"),),
    (),
)


def _talk(data: bytes) -> Talk:
    opening = _OPENINGS[(data[0] if data else 0) % len(_OPENINGS)]
    return Talk((*opening, ("hear", data[1:])), tuple(data[:4]))


AT = Target(
    "at",
    check_at,
    st.builds(Talk, st.lists(_OPS, max_size=14).map(tuple), CUTS.map(tuple)),
    raw=_talk,
    examples=[b"\x00\r\n+CSQ: 20,99\r\n\r\nOK\r\n", b"\x01\r\n+CMGS: 7\r\n\r\nOK\r\n"],
    short=20,
)


def check_pdu(tpdu: bytes) -> None:
    """Rubbish raises its own error; what was understood comes back the same way."""
    for kind in (Submit, Deliver, StatusReport):
        try:
            read = kind.from_bytes(tpdu)
        except PduError:
            continue
        try:
            again = read.to_bytes()
        except PduError:
            continue  # a name as sender, a binary text: it is read, and never written
        assert kind.from_bytes(again) == read, f"{read} came back as something else"
    for octets in (None, len(tpdu), max(0, len(tpdu) - 1)):
        try:
            rest = strip_service_centre(tpdu, octets)
        except PduError:
            continue
        assert rest or not octets
        assert tpdu.endswith(rest)
    with suppress(ValueError):
        decode_submit(tpdu, max(0, len(tpdu) - 1))


_STAMP = bytes.fromhex("62112212345463")
_NUMBER = st.from_regex(r"\+?[0-9]{3,14}", fullmatch=True)
_CONCAT = st.none() | st.builds(
    Concat, st.integers(0, 255), st.integers(1, 255), st.integers(1, 255)
)


def _bytes_of(made: Submit | Deliver | StatusReport) -> bytes:
    try:
        return made.to_bytes()
    except PduError:
        return b"\x11\x00\x03\x81\x11\xf9\x00\x00\xa7\x00"


_GOOD = st.one_of(
    st.builds(Submit, _NUMBER, st.text(max_size=70), _CONCAT, st.booleans()),
    st.builds(Deliver, _NUMBER, st.text(max_size=70), st.just(_STAMP), _CONCAT),
    st.builds(
        StatusReport,
        st.integers(0, 255),
        _NUMBER,
        st.just(_STAMP),
        st.binary(min_size=7, max_size=7),
        st.integers(0, 255),
    ),
).map(_bytes_of)


@st.composite
def _tpdus(draw: st.DrawFn) -> bytes:
    return draw(mutated([draw(_GOOD)], 4))


PDU = Target(
    "pdu",
    check_pdu,
    _tpdus(),
    raw=lambda data: data,
    examples=[Submit("119", "침수").to_bytes(), Deliver("+8210", "hello", _STAMP).to_bytes()],
    short=20,
)


@dataclass(frozen=True)
class Letter:
    """A text to somebody."""

    number: str
    text: str
    bits: int


def check_encoding(letter: Letter) -> None:
    """Every text is sent whole: its parts fit, and another decoder puts them together again."""
    try:
        letter.text.encode("utf-16-be")
    except UnicodeEncodeError:
        return
    parts = split(letter.text, reference_bits=letter.bits)
    assert "".join(parts) == letter.text
    header = 0 if len(parts) == 1 else (6 if letter.bits == 8 else 7)
    alphabet = alphabet_of(letter.text)
    if len(parts) > 255:
        return
    for number, part in enumerate(parts, 1):
        assert units(part, alphabet) <= capacity(alphabet, header)
        concat = Concat(7, len(parts), number, letter.bits, alphabet) if header else None
        submit = Submit(letter.number, part, concat)
        length, body = submit.to_command()
        seen = decode_submit(bytes.fromhex(body), length)
        assert (seen.number, seen.text) == (letter.number, part)
        assert Submit.from_bytes(submit.to_bytes()).text == part


ENCODING = Target(
    "encoding",
    check_encoding,
    st.builds(
        Letter,
        _NUMBER,
        st.text(max_size=300)
        | st.text(st.sampled_from("침수가각 01€[]~ab\u1100\u1161"), max_size=300),
        st.sampled_from([8, 16]),
    ),
)

_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)


def check_lines(lines: list[str]) -> None:
    """Clock, calls and network: a value that can be, or nothing."""
    told = time_in(lines)
    if told is not None:
        assert told.utcoffset() == timedelta(0)
        assert told > _EARLIEST
        assert any(re.search(r"\+(CCLK|QLTS):", line) for line in lines)
    for call in calls_in(lines):
        assert 0 <= call.index <= 99
        assert any("+CLCC" in line for line in lines)
        assert may_answer(call.number, (), incident_open=True, since_report_s=None) is False
        if may_answer(call.number, ("119", "02*"), incident_open=True, since_report_s=None):
            assert call.number.strip()
    name, digits = operator(lines)
    assert name is None or isinstance(name, str)
    assert digits is None or digits.isdigit() or isinstance(digits, str)
    voice(lines, None)
    numbers = [int(n) for line in lines for n in re.findall(r"(?a:\d{1,3})", line)]
    registration(numbers)
    assert 0 <= bars(-113 + 2 * (sum(numbers) % 32)) <= 5


_LINES = st.lists(
    st.one_of(
        mutated(
            [
                b'+CCLK: "26/08/08,18:04:07+36"',
                b'+QLTS: "2019/12/12,10:49:42+32,0"',
                b'+CLCC: 1,1,4,0,0,"0212345678",129',
                b"+CLCC: 2,0,0,1,0",
                b'+COPS: 0,0,"SKTelecom",7',
                b'+COPS: 0,2,"45005",7',
                b"+CREG: 2,1",
            ]
        ).map(lambda data: data.decode("latin-1")),
        st.text(max_size=40),
    ),
    max_size=4,
)
LINES = Target(
    "lines",
    check_lines,
    _LINES,
    raw=lambda data: data.decode("latin-1").split("\n"),
    examples=[b'+CCLK: "26/08/08,18:04:07+36"\n+CLCC: 1,1,4,0,0,"02",129'],
    short=15,
)
