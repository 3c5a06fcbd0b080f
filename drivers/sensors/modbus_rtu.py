"""Modbus RTU, as much of it as reading registers takes: the question, and the answer from bytes.

Owns the frames. Invariant: any split of the same bytes gives the same answer; an answer of another
unit, to another function, of another length or with a wrong checksum is none; no more than one
frame's bytes are kept. When bytes come, and how long to wait, is the line's business.

Why our own: pymodbus 3.16 costs 37 ms and 12 MiB at the daemon's start (it brings asyncio), and
minimalmodbus 2.1, which is small, reads a fixed number of bytes, so that one byte of noise before
an answer spoils it, and has had no release since 2023. What is wanted of the protocol is one
question. Both figures were measured on Python 3.11; a library that is not ours is the other end of
our tests.

Source: Modbus over serial line V1.02 (frames, checksum), Modbus application protocol V1.1b3
(functions 03 and 04, exceptions).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

READ_HOLDING: Final = 3
READ_INPUT: Final = 4
MOST_REGISTERS: Final = 125

_FAILED: Final = 0x80
_HEAD_BYTES: Final = 3
_CHECKSUM_BYTES: Final = 2
_EXCEPTION_BYTES: Final = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """What a unit answered; ``raw`` is the whole frame."""

    raw: bytes


@dataclass(frozen=True, slots=True)
class Registers(Answer):
    """The values of the registers, each 0 to 65535."""

    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Refusal(Answer):
    """It cannot; ``code`` is the standard's."""

    code: int


def crc(frame: bytes) -> bytes:
    """Return the two checksum bytes that follow a frame, low byte first.

    Args:
        frame: Address, function and data.

    Source:
        Modbus over serial line V1.02, 6.2.2: polynomial A001, preset FFFF.
    """
    value = 0xFFFF
    for byte in frame:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value.to_bytes(2, "little")


def question(unit: int, function: int, first: int, count: int) -> bytes:
    """Ask a unit for registers.

    Args:
        unit: 1 to 247.
        function: ``READ_HOLDING`` or ``READ_INPUT``.
        first: Address of the first register, counted from 0.
        count: How many, 1 to ``MOST_REGISTERS``.

    Returns:
        The bytes on the wire.
    """
    body = bytes((unit, function)) + first.to_bytes(2, "big") + count.to_bytes(2, "big")
    return body + crc(body)


class AnswerReader:
    """Finds the answer to one question among whatever comes: noise, an echo, other units."""

    def __init__(self, unit: int, function: int, count: int) -> None:
        """Wait for the answer to ``question(unit, function, …, count)``."""
        self._good = bytes((unit, function, 2 * count))
        self._refused = bytes((unit, function | _FAILED))
        self._buffer = b""

    def receive_data(self, data: bytes) -> Answer | None:
        """Take bytes in any split.

        Args:
            data: What the port gave; empty is fine and changes nothing.

        Returns:
            The answer once it is whole. Never raises, whatever the bytes.
        """
        self._buffer += data
        while self._buffer:
            length = self._length()
            if length is None:
                return None
            frame = self._buffer[:length]
            if length and len(frame) < length:
                return None
            if length and crc(frame[:-_CHECKSUM_BYTES]) == frame[-_CHECKSUM_BYTES:]:
                self._buffer = self._buffer[length:]
                return self._answer(frame)
            self._buffer = self._buffer[1:]
        return None

    def _length(self) -> int | None:
        """Return how long the frame is that may begin here; 0: none; None: not known yet."""
        begun = self._buffer[:_HEAD_BYTES]
        if begun.startswith(self._refused):
            return _EXCEPTION_BYTES
        if begun == self._good:
            return _HEAD_BYTES + self._good[2] + _CHECKSUM_BYTES
        if self._good.startswith(begun) or self._refused.startswith(begun):
            return None
        return 0

    def _answer(self, frame: bytes) -> Answer:
        if frame.startswith(self._refused):
            return Refusal(frame, frame[2])
        data = frame[_HEAD_BYTES:-_CHECKSUM_BYTES]
        pairs = range(0, len(data), 2)
        return Registers(frame, tuple(int.from_bytes(data[at : at + 2], "big") for at in pairs))
