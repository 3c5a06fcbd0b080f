"""Listening to an ultrasonic sensor on a serial line: the port, the waiting, the sorting.

Owns the open port of one sensor and the time that a read may take. Invariant: ``read`` returns or
raises within ``Manner.silent_s`` and one frame, whatever comes, and holds no more than one
chunk of bytes. What a frame looks like is ``framing``'s business, what a part can see the driver's;
turning ranges into a depth, and the calibration, are left to conditioning.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import serial

from drivers.errors import BadFrame, NoResponse, OutOfRange, PortGone
from drivers.measurement import Echoes
from drivers.ports.serial_port import PORT_ERRORS, cease, open_port, receive, take_away
from drivers.sensors.framing import (
    INTERFERENCE,
    NOTHING_SEEN,
    FrameReader,
    RangeFrame,
    RangeReader,
)
from drivers.sensors.trace import Trace

SILENT_S: Final = 1.5
"""Five frames at the slowest usual rate (300 ms), and more than one of a part that is made to speak
once a second: what is silent for longer is not between two frames."""

_FRAME_S: Final = 0.05
"""For the rest of a frame that has begun in time; six bytes at 9600 baud take 6 ms."""

NOTHING_SEEN_S: Final = 0.5
NOTHING_SEEN_FRAMES: Final = 2
"""So long, and so often, nothing but "no echo" is a fault; one such frame among good ones is one of
the bad frames in 100 (domain 1.5), and a fault of the only sensor would be told as a blind zone at
once."""

NO_TARGET: Final = frozenset({0, NOTHING_SEEN, INTERFERENCE})
"""What stands for "no target". Nought is no range: users see it where nothing is in front of an
A02YYUW, where the target is too far or its echo slants away; taken for "too near" it would call
119. The makers' pages say only that what is below the limit is told as the limit or less, and water
that rises to a face passes through 1 to the limit first.

Source: esphome/issues#6394.
"""

_PORT_TIMEOUT_S: Final = 1.0
"""Each end of a wait costs a Pi what a frame does; who stops the bell does not wait for it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a part can see, in the unit of its frames.

    Attributes:
        mm_per_unit: 1 for a part that sends millimetres, 10 for one that sends centimetres.
        blind_mm: What is told as this or less is too near to be measured.
        farthest_mm: What is told as more than this is no range.
        nothing: Values that stand for "no target".
    """

    blind_mm: float
    farthest_mm: float
    mm_per_unit: int = 1
    nothing: frozenset[int] = NO_TARGET


@dataclass(frozen=True, slots=True)
class Manner:
    """How a part talks.

    Attributes:
        baud: Bits per second; eight data bits, no parity, one stop bit.
        new_reader: Makes the reader of its frames.
        ask: Bytes that make it measure; empty for one that talks by itself.
        ask_every_s: How often it may be asked.
        silent_s: Silence for longer is a fault.
    """

    baud: int = 9600
    new_reader: Callable[[], RangeReader] = FrameReader
    ask: bytes = b""
    ask_every_s: float = 0.1
    silent_s: float = SILENT_S


class Listener:
    """Ranges from a sensor's face, as it sends them.

    The port is opened by ``read`` and let go when it fails, so that a sensor that is plugged in
    later is found by the next ``read``.
    """

    talks = True

    def __init__(self, path: str, manner: Manner, limits: Limits) -> None:
        """Open nothing yet.

        Args:
            path: Device path or pyserial URL.
            manner: How the part talks.
            limits: What it can see.
        """
        self._path = path
        self._manner = manner
        self._limits = limits
        self._port: serial.Serial | None = None
        self._reader = manner.new_reader()
        self._ask_s = 0.0
        self._unseen = 0  # frames without a target since the last with one
        self._unseen_s = 0.0  # when the first of them came
        self._unseen_words = ""
        self._joined = False
        self._taken_away = False
        self._ceased = False
        self._timeout_s = _PORT_TIMEOUT_S
        # Held while the port changes hands, never while it is used: who would end a wait on a port
        # that is being closed would write into whatever file got the pipe's number next.
        self._changing = threading.Lock()
        self.trace = Trace()

    def read(self) -> Echoes:
        """Wait for at least one frame, and return all that came since the last call.

        Returns:
            Ranges in millimetres within the part's limits; nearer ones are counted in ``too_near``.

        Raises:
            NoResponse: Not one byte within ``Manner.silent_s``, or frames without a target that are
                not enough to say so.
            BadFrame: Bytes, but no frame.
            OutOfRange: For ``NOTHING_SEEN_S`` only frames that say "no target", or lie beyond the
                farthest range, and ``NOTHING_SEEN_FRAMES`` of them at least.
            PortGone: The port cannot be opened now, or went away.
        """
        port = self._opened()
        bad_before = self._reader.bad_bytes
        heard = 0
        saw_nothing = False
        deadline_s = time.monotonic() + self._manner.silent_s
        ends_s = deadline_s
        while not self._ceased and (now_s := time.monotonic()) < ends_s:
            self._ask(port, now_s)
            data = self._receive(port, ends_s - now_s)
            heard += len(data)
            frames = self._reader.receive_data(data)
            echoes = self._echoes(frames)
            if echoes is not None:
                self._unseen = 0
                if self._reader.bad_bytes > bad_before and self._joined:
                    self.trace.note(self._reader.last_bad, "no frame", bad=True)
                self._joined = True  # a line that was joined amid a frame is not noisy for it
                return echoes
            # A byte at the last moment is no noise: its frame may have begun.
            begun = heard > 0 and self._reader.bad_bytes == bad_before and not frames
            ends_s = deadline_s + (_FRAME_S if begun else 0.0)
            if frames:
                saw_nothing = True
                self._note_unseen(frames)
                self._raise_if_nothing_is_there()
        if saw_nothing:
            self._raise_if_nothing_is_there()
            raise NoResponse(f"{self._path}: a frame without a target; the next ones decide")
        self._unseen = 0
        if not heard:
            raise NoResponse(
                f"{self._path}: silent for {self._manner.silent_s:g} s; cable, or power missing?"
            )
        self.trace.note(self._reader.last_bad, "no frame", bad=True)
        raise BadFrame(
            f"{self._path}: no frame in {heard} bytes, {self._reader.bad_bytes - bad_before} bad,"
            f" last {self._reader.last_bad.hex(' ')}; noise, or not {self._manner.baud} baud?"
        )

    def close(self) -> None:
        """Release the port; safe to call twice, never raises."""
        with self._changing:
            port, self._port = self._port, None
        if port is not None:
            with contextlib.suppress(*PORT_ERRORS):  # it is gone either way
                port.close()

    def cease(self) -> None:
        """End the wait that is under way: nobody wants its frame any more. From any thread."""
        self._ceased = True
        with self._changing:
            if self._port is not None:
                cease(self._port)

    def take_away(self) -> None:
        """Take the port from whoever reads it, for good: it hangs. From any thread."""
        self._taken_away = True
        port = self._port
        if port is not None:
            take_away(port)

    def _opened(self) -> serial.Serial:
        if self._port is None:
            manner = self._manner
            timeout_s = min(_PORT_TIMEOUT_S, manner.ask_every_s) if manner.ask else _PORT_TIMEOUT_S
            self._port = open_port(self._path, baud=manner.baud, timeout_s=timeout_s)
            self._timeout_s = timeout_s
            self._reader = manner.new_reader()
            self._ask_s = 0.0
            self._unseen = 0  # what was seen before the cable was pulled says nothing
            self._joined = False
        if self._taken_away:
            self.close()
            raise PortGone(f"{self._path} was taken away")
        return self._port

    def _ask(self, port: serial.Serial, now_s: float) -> None:
        """Make it measure, if it has to be made and may be again."""
        if not self._manner.ask or now_s < self._ask_s:
            return
        self._ask_s = now_s + self._manner.ask_every_s
        try:
            port.write(self._manner.ask)
        except PORT_ERRORS as error:
            raise self._gone(error) from error

    def _receive(self, port: serial.Serial, longest_s: float) -> bytes:
        """Wait for a byte at least, and take whatever else is there already."""
        try:
            return receive(port, min(self._timeout_s, max(0.0, longest_s)))
        except PORT_ERRORS as error:
            raise self._gone(error) from error

    def _gone(self, error: Exception) -> PortGone:
        self.close()
        return PortGone(f"{self._path} went away: {error}")

    def _note_unseen(self, frames: list[RangeFrame]) -> None:
        """Count frames without a target, in this read and those before."""
        if not self._unseen:
            self._unseen_s = time.monotonic()
        self._unseen += len(frames)
        self._unseen_words = self._words(frames[-1].value)

    def _raise_if_nothing_is_there(self) -> None:
        """Enough frames without a target, for long enough, are a fault."""
        long_enough = time.monotonic() >= self._unseen_s + NOTHING_SEEN_S
        if self._unseen >= NOTHING_SEEN_FRAMES and long_enough:
            raise OutOfRange(
                f"no echo: the sensor sends {self._unseen_words}, its limit is"
                f" {self._limits.farthest_mm:.0f} mm"
            )

    def _echoes(self, frames: list[RangeFrame]) -> Echoes | None:
        """Sort frames by what they say of the water; None if none of them says anything."""
        ranges_mm: list[int] = []
        too_near = 0
        for frame in frames:
            range_mm = frame.value * self._limits.mm_per_unit
            bad = frame.value in self._limits.nothing or range_mm > self._limits.farthest_mm
            self.trace.note(frame.raw, self._words(frame.value), bad=bad)
            if bad:
                continue
            if range_mm <= self._limits.blind_mm:
                too_near += 1
            else:
                ranges_mm.append(range_mm)
        return Echoes(tuple(ranges_mm), too_near) if ranges_mm or too_near else None

    def _words(self, value: int) -> str:
        """Say what a frame's value means."""
        range_mm = value * self._limits.mm_per_unit
        if value == INTERFERENCE and value in self._limits.nothing:
            return "FFFE: another sensor interferes"
        if value in self._limits.nothing:
            return f"{value}: no target"
        if range_mm > self._limits.farthest_mm:
            return f"{range_mm} mm: beyond its range"
        if range_mm <= self._limits.blind_mm:
            return f"{range_mm} mm: too near"
        return f"{range_mm} mm"
