"""Questions out, answers in: any split, any rubbish, and nobody else's answer."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.sensors.modbus_rtu import Answer, AnswerReader, Refusal, Registers, crc, question

ANSWER = bytes.fromhex("01 03 06 00 11 00 00 00 89") + crc(bytes.fromhex("010306001100000089"))


def framed(body: bytes) -> bytes:
    return body + crc(body)


def read(data: bytes, unit: int = 1, count: int = 3) -> Answer | None:
    return AnswerReader(unit, 3, count).receive_data(data)


def test_an_answer_is_its_registers() -> None:
    answer = read(ANSWER)
    assert answer == Registers(ANSWER, (17, 0, 137))


def test_a_refusal_is_its_code() -> None:
    refusal = framed(bytes.fromhex("01 83 02"))
    assert read(refusal) == Refusal(refusal, 2)


@given(st.binary(max_size=20), st.binary(max_size=5), st.data())
def test_any_split_of_the_same_bytes_gives_the_same_answer(
    before: bytes, after: bytes, data: st.DataObject
) -> None:
    stream = before + ANSWER + after
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    reader = AnswerReader(1, 3, 3)
    answers = [
        answer
        for start, end in itertools.pairwise([0, *cuts, len(stream)])
        if (answer := reader.receive_data(stream[start:end])) is not None
    ]
    assert answers[:1] == [read(stream)]


@given(st.binary(max_size=30))
def test_noise_before_an_answer_does_not_spoil_it(noise: bytes) -> None:
    answer = read(noise + ANSWER)
    assert answer is not None
    assert answer.raw in noise + ANSWER


def test_an_echo_of_the_question_is_passed_over() -> None:
    assert read(question(1, 3, 2, 3) + ANSWER) == Registers(ANSWER, (17, 0, 137))


@pytest.mark.parametrize(
    "other",
    [
        framed(bytes.fromhex("02 03 06 00 11 00 00 00 89")),  # another unit
        framed(bytes.fromhex("01 04 06 00 11 00 00 00 89")),  # another function
        framed(bytes.fromhex("01 03 04 00 11 00 00")),  # fewer registers
        ANSWER[:-1] + bytes([ANSWER[-1] ^ 0x40]),  # a wrong checksum
        ANSWER[:-1],  # not whole
    ],
)
def test_what_answers_another_question_is_no_answer(other: bytes) -> None:
    assert read(other) is None
    assert read(other + ANSWER) == Registers(ANSWER, (17, 0, 137))


@pytest.mark.parametrize("count", [1_000_000, pytest.param(10_000_000, marks=pytest.mark.long)])
def test_random_bytes_make_no_answer_with_a_bad_checksum(count: int) -> None:
    random_ = random.Random(119)
    reader = AnswerReader(1, 3, 3)
    kept = 0
    for _ in range(0, count, 1024):
        chunk = bytearray(random_.randbytes(1024))
        chunk[100:103] = b"\x01\x03\x06"  # the beginning of one, now and then
        if random_.random() < 0.1:
            chunk[200 : 200 + len(ANSWER)] = ANSWER
        answer = reader.receive_data(bytes(chunk))
        if answer is not None:
            assert crc(answer.raw[:-2]) == answer.raw[-2:]
            assert answer.raw[0] == 1
            reader = AnswerReader(1, 3, 3)  # as for the next question
        kept = max(kept, len(reader._buffer))
    assert kept <= len(ANSWER)
