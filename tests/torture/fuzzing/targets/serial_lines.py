"""The frames of sensors: any split is the same, and nothing is believed without its checksum."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

from hypothesis import strategies as st

from drivers.sensors.framing import FrameReader, LineReader, RangeReader, frame_of, line_of
from drivers.sensors.modbus_rtu import (
    READ_HOLDING,
    READ_INPUT,
    Answer,
    AnswerReader,
    Refusal,
    Registers,
    crc,
    question,
)
from tests.torture.fuzzing.target import CUTS, Target, in_pieces, mutated

READERS: dict[str, type[FrameReader | LineReader]] = {"four": FrameReader, "line": LineReader}
_MOST_KEPT = 6


@dataclass(frozen=True)
class Stream:
    """What came on a line, and how it was cut."""

    kind: str
    data: bytes
    cuts: tuple[int, ...]


def _sum_holds(raw: bytes) -> bool:
    """Whether four bytes are a frame, worked out without our code."""
    return len(raw) == 4 and raw[0] == 0xFF and sum(raw[:3]) % 256 == raw[3]


def _is_line(raw: bytes) -> bool:
    digits = raw.removesuffix(b"\r").removesuffix(b" ")[1:]
    return raw[:1] == b"R" and raw[-1:] == b"\r" and len(digits) == 4 and digits.isdigit()


def check_frames(stream: Stream) -> None:
    """Pieces and whole agree; each frame is whole, in its place, and its number is its bytes'."""
    whole: RangeReader = READERS[stream.kind]()
    frames = whole.receive_data(stream.data)
    pieces: RangeReader = READERS[stream.kind]()
    cut = [f for part in in_pieces(stream.data, stream.cuts) for f in pieces.receive_data(part)]
    assert [f.raw for f in cut] == [f.raw for f in frames], "the split has changed the frames"
    assert (pieces.bad_bytes, pieces.last_bad) == (whole.bad_bytes, whole.last_bad)
    place = 0
    for frame in frames:
        at = stream.data.find(frame.raw, place)
        assert at >= place, f"{frame.raw!r} never came, or came before the one before it"
        place = at + len(frame.raw)
        if stream.kind == "four":
            assert _sum_holds(frame.raw), f"believed without its checksum: {frame.raw.hex()}"
            assert frame.value == frame.raw[1] * 256 + frame.raw[2]
            assert frame.raw[1] != 0xFF or frame.value in (0xFFFD, 0xFFFE)
        else:
            assert _is_line(frame.raw), f"believed without its form: {frame.raw!r}"
            assert frame.value == int(frame.raw[1:5])
    kept = len(stream.data) - sum(len(f.raw) for f in frames) - whole.bad_bytes
    assert 0 <= kept <= _MOST_KEPT
    good = frame_of(600) if stream.kind == "four" else line_of(600)
    after = whole.receive_data(good * 3)
    assert [f.value for f in after][-1:] == [600], "rubbish has made it deaf"


_PIECE = st.one_of(
    st.integers(0, 9999).map(frame_of),
    st.integers(0, 9999).map(line_of),
    st.sampled_from([0xFFFD, 0xFFFE, 0xFF00, 511, 65535]).map(frame_of),
    st.binary(max_size=9),
    st.sampled_from([b"\xff", b"R", b"R12", b" \r", b"\r", b"R0600 \r", b"\xff\xff\xff"]),
)
_STREAMS = st.builds(
    Stream,
    st.sampled_from(sorted(READERS)),
    st.lists(_PIECE, max_size=30).map(b"".join),
    CUTS.map(tuple),
)


def _stream(data: bytes) -> Stream:
    kind = "line" if data[:1] and data[0] & 1 else "four"
    return Stream(kind, data[1:], tuple(data[:5]))


FRAMING = Target(
    "framing",
    check_frames,
    _STREAMS,
    raw=_stream,
    examples=[b"\x00" + frame_of(600) * 3, b"\x01" + line_of(600) * 3],
    short=15,
)


@dataclass(frozen=True)
class Exchange:
    """A question on the bus, and all that came after it."""

    unit: int
    function: int
    count: int
    data: bytes
    cuts: tuple[int, ...]


def _crc_by_the_book(frame: bytes) -> bytes:
    """CRC-16/MODBUS bit by bit from the other end: the polynomial 8005 on reversed bytes."""

    def one(value: int, bit: int) -> int:
        top = value >> 15 & 1 ^ bit
        return (value << 1 & 0xFFFF) ^ (0x8005 if top else 0)

    bits = [byte >> n & 1 for byte in frame for n in range(8)]
    reversed_ = reduce(one, bits, 0xFFFF)
    return int(f"{reversed_:016b}"[::-1], 2).to_bytes(2, "little")


def _heard(exchange: Exchange, cuts: tuple[int, ...]) -> list[Answer]:
    reader = AnswerReader(exchange.unit, exchange.function, exchange.count)
    answers = (reader.receive_data(part) for part in in_pieces(exchange.data, cuts))
    found = [answer for answer in answers if answer is not None]
    assert len(reader._buffer) <= len(exchange.data)
    return found[:1]


def check_modbus(exchange: Exchange) -> None:
    """Only the unit that was asked is heard, with the right length and checksum."""
    cut, whole = _heard(exchange, exchange.cuts), _heard(exchange, ())
    assert [a.raw for a in cut] == [a.raw for a in whole], "the split has changed the answer"
    for answer in whole:
        raw = answer.raw
        assert raw in exchange.data
        assert raw[-2:] == _crc_by_the_book(raw[:-2]), f"believed without its sum: {raw.hex()}"
        assert raw[0] == exchange.unit
        match answer:
            case Registers():
                assert raw[1] == exchange.function
                assert len(answer.values) == exchange.count
                told = [raw[n] * 256 + raw[n + 1] for n in range(3, len(raw) - 2, 2)]
                assert list(answer.values) == told
            case Refusal():
                assert raw[1] == exchange.function | 0x80
                assert answer.code == raw[2]
            case _:
                raise AssertionError(f"what is {answer}?")
    if not whole:
        body = bytes((exchange.unit, exchange.function, 2 * exchange.count))
        body += bytes(2 * exchange.count)
        quiet = bytes(300)  # whatever a half answer still waits for
        reader = AnswerReader(exchange.unit, exchange.function, exchange.count)
        reader.receive_data(exchange.data + quiet)
        assert reader.receive_data(body + crc(body)) is not None, "rubbish has made it deaf"


@st.composite
def _exchanges(draw: st.DrawFn) -> Exchange:
    unit = draw(st.integers(1, 247))
    function = draw(st.sampled_from([READ_HOLDING, READ_INPUT]))
    count = draw(st.integers(1, 125))
    values = draw(st.binary(min_size=2 * count, max_size=2 * count))
    good = bytes((unit, function, 2 * count)) + values
    refusal = bytes((unit, function | 0x80, draw(st.integers(0, 255))))
    other = bytes((draw(st.integers(0, 255)), function, 2 * count)) + values
    pieces = [
        good + crc(good),
        refusal + crc(refusal),
        other + crc(other),
        good + b"\x00\x00",
        question(unit, function, 0, count),
        good[: draw(st.integers(0, len(good)))],
    ]
    stream = draw(st.lists(st.sampled_from(pieces) | st.binary(max_size=9), max_size=6))
    data = draw(mutated([b"".join(stream)], 2))
    return Exchange(unit, function, count, data, tuple(draw(CUTS)))


def _exchange(data: bytes) -> Exchange:
    head = (data[:3] + bytes(3))[:3]
    function = READ_INPUT if head[1] & 1 else READ_HOLDING
    return Exchange(head[0] or 1, function, head[2] % 125 + 1, data[3:], tuple(data[:4]))


MODBUS = Target("modbus", check_modbus, _exchanges(), raw=_exchange)
