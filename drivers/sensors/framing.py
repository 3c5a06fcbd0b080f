"""The frames of ultrasonic sensors on a serial line, without a port.

Owns the bytes between two frames. Invariant: any split of the same bytes gives the same frames, and
no more than a frame's bytes are kept. What a value means (millimetres or centimetres, too near,
nothing seen) is the driver's business; when bytes come is the port's.

``FrameReader``  DFRobot and JSN-SR04T: four bytes with a checksum
``LineReader``   MaxBotix: ``R``, four digits, carriage return
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

HEADER: Final = 0xFF
FRAME_BYTES: Final = 4
NOTHING_SEEN: Final = 0xFFFD
INTERFERENCE: Final = 0xFFFE
SENTINELS: Final = frozenset({NOTHING_SEEN, INTERFERENCE})
"""Values that stand for no range.

Source:
    DFRobot wiki, SEN0754: ``FFFD`` when no object is detected, ``FFFE`` when another sensor of the
    same frequency interferes.
"""

LINE_START: Final = b"R"
LINE_DIGITS: Final = 4
LINE_END: Final = b"\r"
_LONGEST_FRAME: Final = len(LINE_START) + LINE_DIGITS + len(b" ") + len(LINE_END)

_LAST_BAD_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class RangeFrame:
    """One frame that is whole: the number in it, in the sensor's own unit, or a sentinel.

    ``raw`` are its bytes, for those who look at the line; two frames of one value are equal.
    """

    value: int
    raw: bytes = field(default=b"", compare=False)


class RangeReader(Protocol):
    """Bytes in, frames out; resynchronises by itself after anything that is not a frame.

    Attributes:
        bad_bytes: Bytes that belonged to no frame, since the beginning.
        last_bad: The last of them (at most eight), for the message of an error.
    """

    bad_bytes: int
    last_bad: bytes

    def receive_data(self, data: bytes) -> list[RangeFrame]:
        """Take bytes as they came, in any split.

        Args:
            data: What the port gave; empty is fine and changes nothing.

        Returns:
            The frames that are complete now, oldest first. Never raises, whatever the bytes.
        """


def value_of(frame: bytes) -> int | None:
    """Decode one frame ``FF H L SUM``; the value is H·256 + L.

    A high byte of FF is believed only in a sentinel. No sensor sees 65 m, and a stream that stands
    at 511 (``FF 01 FF FF``) would otherwise decode one byte out of step for ever.

    Args:
        frame: Exactly four bytes.

    Returns:
        The value (0 to 65279), a sentinel, or None if this is no frame.

    Source:
        DFRobot wiki, SEN0311: SUM is the low byte of FF+H+L; ``FF 07 A1 A7`` is 1953 mm. SEN0627
        sends the same frame in centimetres: ``FF 01 A1 A1`` is 417 cm.
    """
    header, high, low, checksum = frame
    if header != HEADER or (header + high + low) & 0xFF != checksum:
        return None
    value = high << 8 | low
    if high == HEADER and value not in SENTINELS:
        return None
    return value


def frame_of(value: int) -> bytes:
    """Encode a value as the sensor sends it.

    Args:
        value: 0 to 65535, sentinels included.

    Returns:
        The four bytes on the wire.
    """
    high, low = divmod(value, 256)
    return bytes((HEADER, high, low, (HEADER + high + low) & 0xFF))


def line_of(value: int) -> bytes:
    """Encode a range as a MaxBotix HRXL sends it.

    Args:
        value: Millimetres, 0 to 9999.

    Returns:
        The six bytes on the wire.
    """
    return LINE_START + b"%04d" % value + LINE_END


class _Reader:
    """What is common to readers: looking for a beginning, and going on behind what is none."""

    beginning: bytes

    def __init__(self) -> None:
        self._buffer = b""
        self.bad_bytes = 0
        self.last_bad = b""

    def receive_data(self, data: bytes) -> list[RangeFrame]:
        """Take bytes in any split; return the frames that are complete now. Never raises."""
        rest = self._buffer + data
        frames: list[RangeFrame] = []
        start = 0
        while True:
            begin = rest.find(self.beginning, start)
            if begin < 0:
                begin = len(rest)
            self._skip(rest[start:begin])
            start = begin
            frame = self._frame(rest[start : start + _LONGEST_FRAME])
            if frame is None:
                break
            if frame:
                frames.append(frame)
                start += len(frame.raw)
            else:
                self._skip(rest[start : start + 1])
                start += 1
        self._buffer = rest[start:]
        return frames

    def _frame(self, begun: bytes) -> RangeFrame | Literal[False] | None:
        """Return the frame that begins here; False: it is none; None: that is not known yet."""
        raise NotImplementedError

    def _skip(self, rubbish: bytes) -> None:
        if rubbish:
            self.bad_bytes += len(rubbish)
            self.last_bad = (self.last_bad + rubbish)[-_LAST_BAD_BYTES:]


class FrameReader(_Reader):
    """Four-byte frames; see ``RangeReader``. Keeps at most three bytes."""

    beginning = bytes((HEADER,))

    def _frame(self, begun: bytes) -> RangeFrame | Literal[False] | None:
        raw = begun[:FRAME_BYTES]
        if len(raw) < FRAME_BYTES:
            return None
        value = value_of(raw)
        return False if value is None else RangeFrame(value, raw)


class LineReader(_Reader):
    """Lines ``R1234`` and carriage return; see ``RangeReader``. Keeps at most six bytes.

    The lines with which the sensor introduces itself at power-up are no frames, and are skipped.

    Source:
        MaxBotix HRXL-MaxSonar-WR data sheet (PD11500), pin 5: an ASCII "R", four digits of the
        range in millimetres, a carriage return. HRUSB-MaxSonar-EZ (PD12141): a space before the
        carriage return.
    """

    beginning = LINE_START

    def _frame(self, begun: bytes) -> RangeFrame | Literal[False] | None:
        length = _line_length(begun)
        if not length:
            return None if length is None else False
        return RangeFrame(int(begun[1 : 1 + LINE_DIGITS]), begun[:length])


def _line_length(begun: bytes) -> int | None:
    """Return how long the line is that begins here; 0: it is none; None: that is not known yet."""
    digits = begun[1 : 1 + LINE_DIGITS]
    if digits and not digits.isdigit():
        return 0
    if len(digits) < LINE_DIGITS:
        return None
    end = begun[1 + LINE_DIGITS :]
    for ending in (LINE_END, b" " + LINE_END):
        if end.startswith(ending):
            return 1 + LINE_DIGITS + len(ending)
        if ending.startswith(end):
            return None
    return 0
