"""Bytes in, frames out: no split, no rubbish and no unlucky distance may change what is read."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from drivers.sensors.framing import FrameReader, RangeFrame, frame_from_mm

RANGES = st.integers(min_value=0, max_value=4500)


def frames_of(data: bytes) -> list[int]:
    return [frame.range_mm for frame in FrameReader().receive_data(data)]


def test_the_makers_example_is_1953_mm() -> None:
    assert FrameReader().receive_data(bytes.fromhex("FF 07 A1 A7")) == [RangeFrame(1953)]
    assert frame_from_mm(1953) == bytes.fromhex("FF 07 A1 A7")


@given(st.lists(st.one_of(st.binary(max_size=9), RANGES.map(frame_from_mm))), st.data())
def test_any_split_of_the_same_bytes_gives_the_same_frames(
    pieces: list[bytes], data: st.DataObject
) -> None:
    stream = b"".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    reader = FrameReader()
    parts = [
        frame
        for start, end in itertools.pairwise([0, *cuts, len(stream)])
        for frame in reader.receive_data(stream[start:end])
    ]
    whole = FrameReader()
    assert parts == whole.receive_data(stream)
    assert reader.bad_bytes == whole.bad_bytes
    assert reader.last_bad == whole.last_bad


@given(st.binary(max_size=200))
def test_every_byte_is_in_a_frame_or_bad_or_kept(data: bytes) -> None:
    reader = FrameReader()
    frames = reader.receive_data(data)
    kept = len(data) - 4 * len(frames) - reader.bad_bytes
    assert 0 <= kept <= 3


def test_a_stream_that_is_joined_anywhere_never_decodes_out_of_step() -> None:
    """At 511 mm (FF 01 FF FF) the checksum and the next header look like a frame of 65281 mm."""
    for range_mm in range(31, 4501):
        stream = frame_from_mm(range_mm) * 3
        for missed in range(1, 4):
            assert set(frames_of(stream[missed:])) == {range_mm}, (range_mm, missed)


def test_rubbish_between_frames_costs_at_most_the_frame_it_spoilt() -> None:
    good = frame_from_mm(600)
    assert frames_of(good + b"\x00\x12\xff" + good + good) == [600, 600, 600]
    assert frames_of(good[:2] + good + good) == [600, 600]
    assert frames_of(b"\xff" * 50 + good) == [600]


def test_a_sentinel_is_a_frame_and_any_other_high_ff_is_not() -> None:
    assert frames_of(frame_from_mm(0xFFFD) + frame_from_mm(0xFFFE)) == [0xFFFD, 0xFFFE]
    assert frames_of(frame_from_mm(0xFF01)) == []


def test_endless_noise_keeps_no_memory() -> None:
    reader = FrameReader()
    for _ in range(100):
        reader.receive_data(b"\xff\x01\x02" * 1000)
    assert len(reader._buffer) <= 3
    assert len(reader.last_bad) <= 8
    assert reader.bad_bytes >= 299_000
