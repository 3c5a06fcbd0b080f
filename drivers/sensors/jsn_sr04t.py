"""JSN-SR04T (DFRobot SEN0207): an ultrasonic sensor with a separate waterproof probe, on serial.

Owns what the part can do in its two serial modes: it talks by itself every 100 ms, or measures each
time that it is sent 0x55. Listening is done by ``listening.Listener``.

Wiring: 5 V, ground, TX through a divider to RX of the header (it speaks at 5 V); for the asked mode
TX of the header to its RX. The mode is soldered: 47 kΩ at R27 (M1) talks by itself, 120 kΩ (M2) is
asked. Mount it high: within 25 cm of its face it sees nothing, just when the water is highest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from pydantic import Field

from drivers.sensors.framing import INTERFERENCE, NOTHING_SEEN
from drivers.sensors.listening import Limits, Listener, Manner
from drivers.sensors.ranging import SerialRanging

if TYPE_CHECKING:
    from drivers.ports import Ports

BLIND_MM: Final = 250.0
"""20 to 25 cm by seller: the longer one counts. Source: domain 4.1."""

FARTHEST_MM: Final = 4500.0
"""Source: SEN0208, the same probe: 25 cm to 4.5 m (DFRobot wiki). Sellers promise 6 m."""

ASK: Final = b"\x55"
ASK_EVERY_S: Final = 0.1
"""No sooner than 60 ms after the last. Source: DFRobot wiki, SEN0207, mode 2."""

FRAME_S: Final = 0.1
"""Source: the same, mode 1."""

RESPONSE_S: Final = 0.1

NOTHING: Final = frozenset({0, NOTHING_SEEN, INTERFERENCE})
"""Without an echo some boards send 0. It is taken for "no target", a fault, and never for water at
the face: what is really too near reads as some 20 cm (domain 4.1; a judgement, no data sheet says
it)."""


class JsnSr04tSettings(SerialRanging):
    """One JSN-SR04T on a serial port, looking down at the floor."""

    driver: Literal["jsn_sr04t"]
    mode: Literal["automatic", "asked"] = Field(
        default="automatic", description="as soldered: 47 kΩ automatic, 120 kΩ asked with 0x55"
    )

    @property
    def part_blind_mm(self) -> float | None:
        """By the data sheet."""
        return BLIND_MM

    @property
    def farthest_mm(self) -> float:
        """By the data sheet."""
        return FARTHEST_MM

    @property
    def response_s(self) -> float:
        """It sends what it has just measured."""
        return RESPONSE_S

    @property
    def frame_interval_s(self) -> float | None:
        """The same in both modes."""
        return FRAME_S

    def open(self, ports: Ports | None = None) -> Listener:  # noqa: ARG002 - all drivers open alike
        """Return the sensor; its port is opened by the first ``read``."""
        manner = Manner(ask=ASK if self.mode == "asked" else b"", ask_every_s=ASK_EVERY_S)
        return Listener(self.port, manner, Limits(self.blind_mm, self.farthest_mm, nothing=NOTHING))
