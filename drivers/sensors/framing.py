"""The four-byte frames of DFRobot's ultrasonic sensors, without a port.

Owns the bytes between two frames. Invariant: any split of the same bytes gives the same frames, and
no more than three bytes are kept. What a range means (too near, too far, nothing seen) is the
driver's business; when bytes come is the port's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

HEADER: Final = 0xFF
FRAME_BYTES: Final = 4
SENTINELS: Final = frozenset({0xFFFD, 0xFFFE})
"""Ranges that stand for no range: nothing seen, interference.

Source:
    DFRobot wiki, SEN0754: ``FFFD`` nothing seen, ``FFFE`` interference.
"""


@dataclass(frozen=True, slots=True)
class RangeFrame:
    """One frame whose checksum is right: sensor face to target in millimetres, or a sentinel."""

    range_mm: int


def mm_from_frame(frame: bytes) -> int | None:
    """Decode one frame ``FF H L SUM``; millimetres are H·256 + L.

    A high byte of FF is believed only in a sentinel. No sensor sees 65 m, and a stream that stands
    at 511 mm (``FF 01 FF FF``) would otherwise decode one byte out of step for ever.

    Args:
        frame: Exactly four bytes.

    Returns:
        Range in millimetres (0 to 65279), a sentinel, or None if this is no frame.

    Source:
        DFRobot wiki, SEN0311: SUM is the low byte of FF+H+L; ``FF 07 A1 A7`` is 1953 mm.
    """
    header, high, low, checksum = frame
    if header != HEADER or (header + high + low) & 0xFF != checksum:
        return None
    range_mm = high << 8 | low
    if high == HEADER and range_mm not in SENTINELS:
        return None
    return range_mm


def frame_from_mm(range_mm: int) -> bytes:
    """Encode a range as the sensor sends it.

    Args:
        range_mm: 0 to 65535, sentinels included.

    Returns:
        The four bytes on the wire.
    """
    high, low = divmod(range_mm, 256)
    return bytes((HEADER, high, low, (HEADER + high + low) & 0xFF))


class FrameReader:
    """Bytes in, frames out; resynchronises on the next FF after anything that is not a frame.

    Attributes:
        bad_bytes: Bytes that belonged to no frame, since the beginning.
        last_bad: The last of them (at most eight), for the message of an error.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.bad_bytes = 0
        self.last_bad = b""

    def receive_data(self, data: bytes) -> list[RangeFrame]:
        """Take bytes as they came, in any split.

        Args:
            data: What the port gave; empty is fine and changes nothing.

        Returns:
            The frames that are complete now, oldest first. Never raises, whatever the bytes.
        """
        self._buffer += data
        frames: list[RangeFrame] = []
        rest = bytes(self._buffer)
        start = 0
        while True:
            header = rest.find(HEADER, start)
            if header < 0:
                header = len(rest)
            self._skip(rest[start:header])
            start = header
            if len(rest) - start < FRAME_BYTES:
                break
            range_mm = mm_from_frame(rest[start : start + FRAME_BYTES])
            if range_mm is None:
                self._skip(rest[start : start + 1])
                start += 1
            else:
                frames.append(RangeFrame(range_mm))
                start += FRAME_BYTES
        self._buffer = bytearray(rest[start:])
        return frames

    def _skip(self, rubbish: bytes) -> None:
        if rubbish:
            self.bad_bytes += len(rubbish)
            self.last_bad = (self.last_bad + rubbish)[-8:]
