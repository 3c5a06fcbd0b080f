"""One RS-485 line with several slaves on it: one question at a time, for whoever asks.

Owns the open port of a line and the turns on it. Invariant: a call returns or raises within
the time it gave for its turn and its answer; between two questions the line is silent for as long
as the standard wants; what has come by the time a question is sent is thrown away. An answer that
comes later than its time-out may reach the next question, and here nobody can tell: that it is not
taken for that one's is the protocol's driver's to see to, as is what either looks like.
"""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

import serial

from drivers.errors import BadFrame, NoResponse, PortGone
from drivers.ports.serial_port import PORT_ERRORS, open_port, receive, take_away

CLOSED_WITHIN_S: Final = 2.5
"""Longer than any answer is awaited (2 s at most): closing waits for the turn that runs."""

_PORT_TIMEOUT_S: Final = 0.1
_SHOWN_BYTES: Final = 32

Answer = TypeVar("Answer")
Answer_co = TypeVar("Answer_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Line:
    """How all on the line talk: eight data bits."""

    baud: int = 9600
    parity: str = serial.PARITY_NONE
    stop_bits: float = 1

    @property
    def gap_s(self) -> float:
        """Silence that ends a frame: 3.5 characters of 11 bits, at least 1.75 ms.

        Source: Modbus over serial line V1.02, 2.5.1.1.
        """
        return max(0.00175, 3.5 * 11 / self.baud)


class AnswerReader(Protocol[Answer_co]):
    """Takes bytes in any split until they make an answer to one question."""

    def receive_data(self, data: bytes) -> Answer_co | None:
        """Return the answer once it is whole; never raises for bytes that are none."""


class Rs485:
    """A line; its port is opened when somebody asks, and let go when it fails.

    Attributes:
        taken_away: Whether it is dead for good.
    """

    def __init__(self, path: str, line: Line) -> None:
        self._path = path
        self._line = line
        self._port: serial.Serial | None = None
        self._turn = threading.Lock()
        self._quiet_s = 0.0
        self.taken_away = False

    def ask(
        self, question: bytes, reader: AnswerReader[Answer], timeout_s: float, turn_s: float
    ) -> Answer:
        """Ask, and wait for the answer.

        Args:
            question: Bytes to send.
            reader: Takes what comes back.
            timeout_s: Longest wait for the answer; one that comes later is still on its way.
            turn_s: Longest wait for the others on the line.

        Returns:
            What ``reader`` made of the bytes.

        Raises:
            NoResponse: Not one byte came back, or the line was never free.
            BadFrame: Bytes, but no answer to this question.
            PortGone: The port cannot be opened now, or went away.
        """
        if not self._turn.acquire(timeout=max(0.0, turn_s)):
            raise NoResponse(f"{self._path}: the line was not free within {turn_s:.1f} s")
        try:
            return self._exchange(question, reader, timeout_s)
        except PORT_ERRORS as error:
            if isinstance(error, PortGone | NoResponse):
                raise
            self._drop()
            raise PortGone(f"{self._path} went away: {error}") from error
        finally:
            self._quiet_s = time.monotonic() + self._line.gap_s
            self._turn.release()

    def close(self) -> None:
        """Let go of the port once the turn that runs is over; never raises."""
        if self._turn.acquire(timeout=CLOSED_WITHIN_S):
            try:
                self._drop()
            finally:
                self._turn.release()

    def take_away(self) -> None:
        """Take the port from whoever has the turn and hangs, for good. From any thread."""
        self.taken_away = True
        port = self._port
        if port is not None:
            take_away(port)

    def _exchange(self, question: bytes, reader: AnswerReader[Answer], timeout_s: float) -> Answer:
        port = self._opened()
        time.sleep(max(0.0, self._quiet_s - time.monotonic()))
        port.reset_input_buffer()
        port.write(question)
        heard = bytearray()
        deadline_s = time.monotonic() + timeout_s
        while time.monotonic() < deadline_s:
            data = receive(port, _PORT_TIMEOUT_S)
            answer = reader.receive_data(data)
            if answer is not None:
                return answer
            heard = (heard + data)[-_SHOWN_BYTES:]
        if heard:
            raise BadFrame(
                f"{self._path}: no answer to {question.hex(' ')} in {bytes(heard).hex(' ')}; noise,"
                f" another unit, or not {self._line.baud} baud {self._line.parity}?"
            )
        raise NoResponse(
            f"{self._path}: no answer to {question.hex(' ')} within {timeout_s:g} s; A and B"
            " swapped, no supply, or another address?"
        )

    def _opened(self) -> serial.Serial:
        if self._port is None:
            self._port = open_port(
                self._path,
                baud=self._line.baud,
                timeout_s=_PORT_TIMEOUT_S,
                parity=self._line.parity,
                stop_bits=self._line.stop_bits,
            )
        if self.taken_away:
            self._drop()
            raise PortGone(f"{self._path} was taken away")
        return self._port

    def _drop(self) -> None:
        port, self._port = self._port, None
        if port is not None:
            with contextlib.suppress(*PORT_ERRORS):
                port.close()
