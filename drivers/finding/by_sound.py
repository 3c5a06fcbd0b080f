"""Listening on a port for an ultrasonic sensor.

Owns the judgement that what comes are a sensor's frames. A frame's checksum is eight bits, so that
one in 256 of a stranger's bytes may pass: several frames with hardly a byte between them are asked
for. Which part it is cannot be told from its frames (see ``a02yyuw``): a person says so.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median_low
from typing import Final, Literal

from drivers.errors import PortGone
from drivers.ports.serial_port import PORT_ERRORS, open_port, receive
from drivers.sensors.framing import FrameReader, LineReader, RangeFrame, RangeReader
from drivers.sensors.listening import NO_TARGET

Wire = Literal["frames", "lines"]
"""DFRobot's four bytes, or MaxBotix's lines of text."""

READERS: Final[dict[Wire, Callable[[], RangeReader]]] = {
    "frames": FrameReader,
    "lines": LineReader,
}
BAUDS: Final = (9600, 115200)
"""Of all parts that there is a driver for (``a02yyuw.PARTS``, ``maxbotix``, ``jsn_sr04t``)."""

LISTEN_S: Final = 1.0
"""At the slowest rate of a part that talks by itself (5 a second) it sends five frames."""

ENOUGH: Final = 4
"""Frames; by chance that many pass once in 256^4."""

_GOOD_SHARE: Final = 0.8
_SLICE_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Voice:
    """An ultrasonic sensor that was heard.

    Attributes:
        wire: What its frames look like.
        baud: At which speed they were understood.
        value: The middle of what it told, in the unit of its frames; None: no target.
    """

    wire: Wire
    baud: int
    value: int | None


@dataclass(frozen=True, slots=True)
class Noise:
    """Something talks, and it is no sensor that is known here."""

    heard: int


def listen(
    path: str, *, for_s: float = LISTEN_S, ask: bytes = b"", ask_every_s: float = 0.2
) -> Voice | Noise | None:
    """Listen for a sensor at each speed that one may have.

    Args:
        path: The port.
        for_s: How long at each speed; a sensor that talks is known sooner.
        ask: Bytes that make a part measure that says nothing by itself; only where a person allows.
        ask_every_s: How often they are sent.

    Returns:
        The sensor; noise; None for silence.

    Raises:
        PortGone: The port cannot be opened now, or went away.
        WrongWiring: It can never be opened.
    """
    heard = 0
    for baud in BAUDS[:1] if ask else BAUDS:
        readers = {wire: new() for wire, new in READERS.items()}
        frames: dict[Wire, list[RangeFrame]] = {wire: [] for wire in readers}
        port = open_port(path, baud=baud, timeout_s=_SLICE_S)
        try:
            end_s, ask_s = time.monotonic() + for_s, 0.0
            while (now_s := time.monotonic()) < end_s:
                if ask and now_s >= ask_s:
                    port.write(ask)
                    ask_s = now_s + ask_every_s
                data = receive(port, _SLICE_S)
                heard += len(data)
                for wire, reader in readers.items():
                    frames[wire] += reader.receive_data(data)
                if (voice := _understood(readers, frames, baud, fewest=ENOUGH)) is not None:
                    return voice
        except PORT_ERRORS as error:
            raise PortGone(f"{path} went away: {error}") from error
        finally:
            with contextlib.suppress(*PORT_ERRORS):
                port.close()
        if ask and (voice := _understood(readers, frames, baud, fewest=1)) is not None:
            return voice  # it answered what was asked: that is no chance
    return Noise(heard) if heard else None


def _understood(
    readers: dict[Wire, RangeReader], frames: dict[Wire, list[RangeFrame]], baud: int, fewest: int
) -> Voice | None:
    for wire, found in frames.items():
        good = sum(len(frame.raw) for frame in found)
        if len(found) >= fewest and good >= _GOOD_SHARE * (good + readers[wire].bad_bytes):
            values = [frame.value for frame in found if frame.value not in NO_TARGET]
            return Voice(wire, baud, median_low(values) if values else None)
    return None
