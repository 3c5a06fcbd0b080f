"""JSN-SR04T (DFRobot SEN0207): an ultrasonic sensor with a separate waterproof probe, on serial.

Owns what the part can do in its two serial modes: it talks by itself every 100 ms, or measures each
time that it is sent 0x55. Listening is done by ``listening.Listener``.

Wiring: 5 V, ground, TX through a divider to RX of the header (it speaks at 5 V); for the asked mode
TX of the header to its RX. The mode is soldered: 47 kΩ at R27 (M1) talks by itself, 120 kΩ (M2) is
asked. Mount it high: within 25 cm of its face it sees nothing, just when the water is highest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from drivers.declaring import Field
from drivers.sensors.listening import Limits, Listener, Manner
from drivers.sensors.ranging import Part, SerialRanging

if TYPE_CHECKING:
    from drivers.ports import Ports

PART: Final = Part(response_s=0.1, frame_s=0.1, blind_mm=250.0, farthest_mm=4500.0)
"""In both modes.

Source:
    Blind within 20 to 25 cm by seller, of which the longer counts (domain 4.1). DFRobot wiki:
    SEN0208, the same probe, 25 cm to 4.5 m (sellers promise 6 m); SEN0207, a frame every 100 ms.
"""

ASK: Final = b"\x55"
ASK_EVERY_S: Final = 0.1
"""No sooner than 60 ms after the last. Source: DFRobot wiki, SEN0207, mode 2."""


class JsnSr04tSettings(SerialRanging):
    """One JSN-SR04T on a serial port, looking down at the floor."""

    driver: Literal["jsn_sr04t"]
    mode: Literal["automatic", "asked"] = Field(
        default="automatic", description="as soldered: 47 kΩ automatic, 120 kΩ asked with 0x55"
    )

    @property
    def data_sheet(self) -> Part:
        """The same in both modes."""
        return PART

    def open(self, ports: Ports | None = None) -> Listener:  # noqa: ARG002 - all drivers open alike
        """Return the sensor; its port is opened by the first ``read``."""
        manner = Manner(ask=ASK if self.mode == "asked" else b"", ask_every_s=ASK_EVERY_S)
        return Listener(self.port, manner, Limits(self.blind_mm, PART.farthest_mm))
