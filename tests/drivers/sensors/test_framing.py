"""Bytes in, frames out: no split, no rubbish and no unlucky distance may change what is read."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.sensors.framing import (
    FRAME_BYTES,
    FrameReader,
    LineReader,
    RangeFrame,
    RangeReader,
    frame_of,
    line_of,
)

Protocol = tuple[Callable[[], RangeReader], Callable[[int], bytes]]

PROTOCOLS: dict[str, Protocol] = {
    "four bytes": (FrameReader, frame_of),
    "line": (LineReader, line_of),
}
RANGES = st.integers(min_value=0, max_value=4500)

both = pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)


def values_of(protocol: Protocol, data: bytes) -> list[int]:
    return [frame.value for frame in protocol[0]().receive_data(data)]


@both
@given(data=st.data())
def test_any_split_of_the_same_bytes_gives_the_same_frames(
    protocol: Protocol, data: st.DataObject
) -> None:
    new_reader, encode = protocol
    piece = st.one_of(
        st.binary(max_size=9),
        RANGES.map(encode),
        st.sampled_from([b"R", b"R12", b" ", b"\r", b"\xff", b"R0600 \r"]),
    )
    stream = b"".join(data.draw(st.lists(piece)))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    reader = new_reader()
    parts = [
        frame
        for start, end in itertools.pairwise([0, *cuts, len(stream)])
        for frame in reader.receive_data(stream[start:end])
    ]
    whole = new_reader()
    assert parts == whole.receive_data(stream)
    assert reader.bad_bytes == whole.bad_bytes
    assert reader.last_bad == whole.last_bad


@both
@given(data=st.binary(max_size=200))
def test_every_byte_is_in_a_frame_or_bad_or_kept(protocol: Protocol, data: bytes) -> None:
    reader = protocol[0]()
    frames = reader.receive_data(data)
    kept = len(data) - sum(len(frame.raw) for frame in frames) - reader.bad_bytes
    assert 0 <= kept <= 6


@both
def test_what_is_encoded_is_decoded(protocol: Protocol) -> None:
    new_reader, encode = protocol
    reader = new_reader()
    for value in range(10_000):
        assert reader.receive_data(encode(value)) == [RangeFrame(value)]
    assert reader.bad_bytes == 0


def test_a_stream_that_is_joined_anywhere_never_decodes_out_of_step() -> None:
    """At 511 mm (FF 01 FF FF) the checksum and the next header look like a frame of 65281 mm."""
    for range_mm in range(31, 4501):
        stream = frame_of(range_mm) * 3
        for missed in range(1, 4):
            heard = values_of(PROTOCOLS["four bytes"], stream[missed:])
            assert set(heard) == {range_mm}, (range_mm, missed)


def test_rubbish_between_frames_costs_at_most_the_frame_it_spoilt() -> None:
    protocol, good = PROTOCOLS["four bytes"], frame_of(600)
    assert values_of(protocol, good + b"\x00\x12\xff" + good + good) == [600, 600, 600]
    assert values_of(protocol, good[:2] + good + good) == [600, 600]
    assert values_of(protocol, b"\xff" * 50 + good) == [600]


def test_rubbish_between_lines_costs_at_most_the_line_it_spoilt() -> None:
    protocol, good = PROTOCOLS["line"], line_of(600)
    assert values_of(protocol, good + b"R06" + good + good) == [600, 600, 600]
    assert values_of(protocol, b"R06x0\rRR" + good) == [600]
    assert values_of(protocol, b"R06000\r" + b"R600\r" + b"R0600\n" + good) == [600]


def test_a_line_may_have_a_space_before_its_end() -> None:
    """As the USB series sends it."""
    assert values_of(PROTOCOLS["line"], b"R0600 \rR0601\r") == [600, 601]
    assert values_of(PROTOCOLS["line"], b"R0600  \r") == []


def test_what_a_maxbotix_says_of_itself_at_power_up_is_no_range() -> None:
    banner = b"HRXL-MaxSonar-WR\rPN:MB7389\rCopyright 2011-2016\rMaxBotix Inc.\rRoHS 1.8b  0615\r"
    assert values_of(PROTOCOLS["line"], banner + b"TempI\rR1234\r") == [1234]


def test_a_sentinel_is_a_frame_and_any_other_high_ff_is_not() -> None:
    protocol = PROTOCOLS["four bytes"]
    assert values_of(protocol, frame_of(0xFFFD) + frame_of(0xFFFE)) == [0xFFFD, 0xFFFE]
    assert values_of(protocol, frame_of(0xFF01)) == []


@both
@pytest.mark.parametrize("noise", [b"\xff\x01\x02", b"R12", b"R1234", b"\x00"])
def test_endless_noise_keeps_no_memory(protocol: Protocol, noise: bytes) -> None:
    reader = protocol[0]()
    for _ in range(100):
        reader.receive_data(noise * 1000)
    kept = len(reader._buffer)  # type: ignore[attr-defined]  # its bound is the promise
    assert kept <= 6
    assert len(reader.last_bad) <= 8
    assert reader.bad_bytes == 100_000 * len(noise) - kept


@both
def test_ten_million_random_bytes_make_no_frame_that_is_not_one(protocol: Protocol) -> None:
    """No exception, no frame without its checksum or its form, and next to nothing kept."""
    random_ = random.Random(119)
    reader = protocol[0]()
    alphabet = b"R0123456789 \r" if protocol[0] is LineReader else None
    frames = 0
    fed = 0
    while fed < 10_000_000:
        chunk = random_.randbytes(4096)
        if alphabet is not None and fed % 8192:  # bytes of which lines are made
            chunk = bytes(alphabet[byte % len(alphabet)] for byte in chunk)
        fed += len(chunk)
        for frame in reader.receive_data(chunk):
            frames += 1
            if alphabet is None:
                assert len(frame.raw) == FRAME_BYTES
                assert sum(frame.raw[:3]) & 0xFF == frame.raw[3]
                assert frame_of(frame.value) == frame.raw
            else:
                assert frame.raw in (line_of(frame.value), line_of(frame.value)[:-1] + b" \r")
    assert frames > 0, "random bytes hold a true frame now and then"
