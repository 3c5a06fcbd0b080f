"""DFRobot A02YYUW (SEN0311): a waterproof ultrasonic sensor that sends ten frames a second.

Owns the sensor's port. Invariant: ``read`` returns or raises within ``READ_TIMEOUT_S`` and one port
time-out, whatever comes. It knows nothing of the mounting: turning ranges into a depth, and the
calibration, are left to conditioning.

Wiring: 5 V, ground, TX of the sensor to RX of the header; its RX high or floating for processed
values.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, ClassVar, Final, Literal

import serial
from pydantic import BaseModel, ConfigDict, Field

from drivers.errors import BadFrame, NoResponse, OutOfRange, PortGone
from drivers.measurement import Echoes
from drivers.sensors.framing import FrameReader, RangeFrame
from drivers.sensors.mounting import Kind, Mounting
from drivers.sensors.serial_port import PORT_ERRORS, open_port

if TYPE_CHECKING:
    from gpiozero.pins import Factory

BAUD: Final = 9600
MIN_RANGE_MM: Final = 30
MAX_RANGE_MM: Final = 4500
RESPONSE_S: Final = 0.5
"""How long a processed value may lag behind the water. Source of these four: DFRobot wiki, SEN0311;
its English page says 100 to 300 ms, its Chinese one 500 ms, and the slower one counts."""

READ_TIMEOUT_S: Final = 1.0
"""More than three frames at the slowest rate (300 ms): what is silent for longer is not between two
frames."""

NOTHING_SEEN_S: Final = 0.5
"""So long nothing but "no echo" is a fault; one such frame among good ones is one of the bad frames
in 100 (domain 1.5), and a fault of the only sensor would be told as a blind zone at once."""

_PORT_TIMEOUT_S: Final = 0.25
_MAX_CHUNK_BYTES: Final = (
    4096  # the kernel's own buffer of a tty: a longer wait would be endless input
)


class Calibration(BaseModel):
    """Corrects a range: ``range_mm × scale + offset_mm``."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    offset_mm: float = Field(default=0.0, ge=-200, le=200, description="added to each range")
    scale: float = Field(default=1.0, ge=0.8, le=1.25, description="each range is multiplied by it")


class A02yyuwSettings(Mounting):
    """One A02YYUW on a serial port, looking down at the floor.

    It corrects for the temperature of the air by itself: the maker's module, the DYP-A02, has a
    thermometer on its board (register 0x0102 of its RS-485 form).
    """

    kind: ClassVar[Kind] = "ultrasonic"
    blind_zone_mm: ClassVar[float] = float(MIN_RANGE_MM)

    driver: Literal["a02yyuw"]
    port: str = Field(min_length=1, max_length=256, description="device path or pyserial URL")
    mount_height_mm: float = Field(
        gt=MIN_RANGE_MM,
        le=MAX_RANGE_MM,
        description="sensor face above the floor; more than the danger setpoint and the blind zone",
    )
    calibration: Calibration = Field(default_factory=Calibration)

    @property
    def nearest_mm(self) -> float:
        """The blind zone as the calibration sees it."""
        return self.calibration.scale * self.blind_zone_mm + self.calibration.offset_mm

    @property
    def filter_delay_s(self) -> float:
        """The sensor's own response, and the median over the frames of one interval.

        Water that comes in the middle of an interval is in half of its frames or fewer, so that
        only the next interval is wet: half an interval late. A delay that has to end with a reading
        ends up to a whole one late, half of which lies in the second that the rule of 14 s leaves.
        """
        return RESPONSE_S + self.sample_interval_s

    def can_decide(self, setpoint_mm: float) -> bool:
        """Whether water at ``setpoint_mm`` is farther from the face than the blind zone."""
        return self.mount_height_mm - self.nearest_mm > setpoint_mm

    def open(self, pin_factory: Factory | None = None) -> A02yyuw:  # noqa: ARG002 - all drivers open alike
        """Return the sensor; its port is opened by the first ``read``."""
        return A02yyuw(self)


class A02yyuw:
    """Ranges from the sensor's face, as the sensor sends them.

    The port is opened by ``read`` and let go when it fails, so that a sensor that is plugged in
    later is found by the next ``read``.
    """

    talks = True

    def __init__(self, settings: A02yyuwSettings) -> None:
        self._path = settings.port
        self._port: serial.Serial | None = None
        self._frames = FrameReader()

    def read(self) -> Echoes:
        """Wait for at least one frame, and return all that came since the last call.

        Returns:
            Ranges of 31 to 4500 mm; nearer ones are counted in ``too_near``.

        Raises:
            NoResponse: Not one byte within ``READ_TIMEOUT_S``.
            BadFrame: Bytes, but no frame.
            OutOfRange: For ``NOTHING_SEEN_S`` only frames that say "nothing seen", or lie beyond
                4500 mm.
            PortGone: The port cannot be opened now, or went away.

        Source:
            DFRobot wiki, SEN0311: a value of 30 or less means below the lower limit.
        """
        port = self._opened()
        bad_before = self._frames.bad_bytes
        heard = 0
        nothing_seen: RangeFrame | None = None
        deadline_s = time.monotonic() + READ_TIMEOUT_S
        while time.monotonic() < deadline_s:
            data = self._receive(port)
            heard += len(data)
            frames = self._frames.receive_data(data)
            echoes = _echoes(frames)
            if echoes is not None:
                return echoes
            if frames:
                if nothing_seen is None:
                    deadline_s = min(deadline_s, time.monotonic() + NOTHING_SEEN_S)
                nothing_seen = frames[-1]
        if nothing_seen is not None:
            raise OutOfRange(
                f"no echo: the sensor sends {nothing_seen.range_mm} mm, its limit is "
                f"{MAX_RANGE_MM} mm"
            )
        if not heard:
            raise NoResponse(
                f"{self._path}: silent for {READ_TIMEOUT_S:.0f} s; cable, or 5 V missing?"
            )
        raise BadFrame(
            f"{self._path}: no frame in {heard} bytes, {self._frames.bad_bytes - bad_before} bad, "
            f"last {self._frames.last_bad.hex(' ')}; noise, or not {BAUD} baud?"
        )

    def close(self) -> None:
        """Release the port; safe to call twice, never raises."""
        port, self._port = self._port, None
        if port is not None:
            with contextlib.suppress(*PORT_ERRORS):  # it is gone either way
                port.close()

    def _opened(self) -> serial.Serial:
        if self._port is None:
            self._port = open_port(self._path, baud=BAUD, timeout_s=_PORT_TIMEOUT_S)
            self._frames = FrameReader()
        return self._port

    def _receive(self, port: serial.Serial) -> bytes:
        try:
            # One byte at least, so that the read waits; then whatever else is there already.
            return bytes(port.read(max(1, min(port.in_waiting, _MAX_CHUNK_BYTES))))
        except PORT_ERRORS as error:
            self.close()
            raise PortGone(f"{self._path} went away: {error}") from error


def _echoes(frames: list[RangeFrame]) -> Echoes | None:
    """Sort frames by what their range means; None if none of them is about the water."""
    ranges_mm = tuple(
        frame.range_mm for frame in frames if MIN_RANGE_MM < frame.range_mm <= MAX_RANGE_MM
    )
    too_near = sum(frame.range_mm <= MIN_RANGE_MM for frame in frames)
    return Echoes(ranges_mm, too_near) if ranges_mm or too_near else None
