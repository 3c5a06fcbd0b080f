"""A 4 to 20 mA pressure probe, by the voltage across a shunt on an ADC channel.

Owns the arithmetic from a share of the reference to a head of water, and the bands of NAMUR NE 43:
a loop that fails says so by a current that no water makes, and that is never taken for a depth.

The arithmetic for 150 Ω and 3.3 V: 4 mA is 0.600 V, 20 mA 3.000 V, 3.6 mA 0.540 V, 21 mA 3.150 V
and 22 mA 3.300 V, so that both failures lie inside what the converter sees. 165 Ω would be full at
20 mA and hide everything above. One metre of span is 1.34 mm a step on an MCP3008, 0.34 mm on an
MCP3208 (docs/sensors.md has the table).

Wiring: supply (12 or 24 V) to the probe's +, the probe's − to the channel and through the shunt
(0.1 %) to ground; 10 kΩ and 100 nF before the channel keep the hum out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final, Literal

from drivers.declaring import Field
from drivers.errors import OutOfRange
from drivers.measurement import Measurement
from drivers.ports import Ports
from drivers.sensors.converter import Channel, OnConverter
from drivers.sensors.immersed import Immersed
from drivers.sensors.mounting import Claim
from drivers.sensors.trace import Trace

ZERO_MA: Final = 4.0
FULL_MA: Final = 20.0
FAILED_LOW_MA: Final = 3.6
MEASURES_FROM_MA: Final = 3.8
MEASURES_TO_MA: Final = 20.5
FAILED_HIGH_MA: Final = 21.0
"""Source: NAMUR NE 43: at most 3.6 mA and at least 21 mA are failures, 3.8 to 20.5 mA measure
(domain 4.3). What lies between belongs to neither: see ``head``."""

LARGEST_SHOWN_MA: Final = 22.0
"""The shunt must leave this much below the reference, or a failure at 21 mA is clipped away."""


class CurrentLoopSettings(OnConverter, Immersed):
    """One 4 to 20 mA probe on a converter's channel."""

    driver: Literal["current_loop"]
    shunt_ohm: float = Field(default=150.0, gt=0, le=1000, description="resistor to ground")

    def claims(self) -> Iterator[Claim]:
        """Its channel."""
        yield from OnConverter.claims(self)

    def contradictions(self) -> Iterator[tuple[str, object, str]]:
        """The shunt leaves room for the failure currents."""
        yield from super().contradictions()
        most_ohm = self.reference_v / LARGEST_SHOWN_MA * 1000
        if self.shunt_ohm > most_ohm * 1.001:
            yield (
                "shunt_ohm",
                self.shunt_ohm,
                f"at most {most_ohm:.0f}: with more, {LARGEST_SHOWN_MA:g} mA is above"
                f" reference_v = {self.reference_v:g}, and a failed loop looks like deep water",
            )

    def open(self, ports: Ports | None = None) -> CurrentLoop:
        """Return the probe; its channel is opened by the first ``read``."""
        return CurrentLoop(self, ports or Ports())


class CurrentLoop:
    """The head of water above a 4 to 20 mA probe."""

    talks = False

    def __init__(self, settings: CurrentLoopSettings, ports: Ports) -> None:
        self._channel = Channel(settings, ports)
        self._volts = settings.reference_v
        self._ohm = settings.shunt_ohm
        self._full_mm = settings.span_mm / settings.density
        self.trace = Trace()

    def read(self) -> Measurement:
        """Measure now.

        Returns:
            The head above the probe in millimetres, both bounds equal; "at least full scale" when
            the probe says that there is more than it can measure.

        Raises:
            OutOfRange: The current is none that water makes: a cut loop, a short, a failed probe.
            WrongWiring: The pins of the bus are taken, or there are none.
            PortGone: The bus cannot be reached.
        """
        return self._channel.judged(self._head)

    def _head(self, ratio: float) -> Measurement:
        current_ma = ratio * self._volts / self._ohm * 1000
        raw = f"{ratio * self._channel.steps:.1f} of {self._channel.steps}"
        try:
            head = head_at(current_ma, self._full_mm)
        except OutOfRange as error:
            self.trace.note(raw, str(error), bad=True)
            raise
        self.trace.note(raw, f"{current_ma:.3f} mA, head {head.at_least_mm:.1f} mm")
        return head

    def close(self) -> None:
        """Release the channel; safe to call twice, never raises."""
        self._channel.close()


def _why_low(current_ma: float) -> str:
    if current_ma > FAILED_LOW_MA:
        return "neither measuring nor failed; look at its supply"
    return "cut, or its supply is missing" if current_ma < 1.0 else "the probe reports a failure"


def head_at(current_ma: float, full_mm: float) -> Measurement:
    """Return the head of water that a current stands for.

    Between measuring and failing a loop is uncertain. Above 20.5 mA it is taken at its word that
    there is more than full scale, for a probe that is drowned saturates there and a converter is
    out by a hundredth: that is a bound, as "too near" is for an ultrasonic sensor. Below 3.8 mA its
    word would be "dry", and from a loop that is half broken nobody takes that.

    Args:
        current_ma: Through the loop.
        full_mm: Head at 20 mA.

    Returns:
        A head in millimetres, a little below 0 for a dry probe's noise.

    Raises:
        OutOfRange: Not a current of a loop that works.
    """
    if current_ma < MEASURES_FROM_MA:
        raise OutOfRange(f"loop at {current_ma:.2f} mA: {_why_low(current_ma)}")
    if current_ma >= FAILED_HIGH_MA:
        raise OutOfRange(
            f"loop at {current_ma:.2f} mA or more: shorted, or the probe reports a failure"
        )
    head_mm = full_mm * (current_ma - ZERO_MA) / (FULL_MA - ZERO_MA)
    if current_ma > MEASURES_TO_MA:
        return Measurement(at_least_mm=full_mm, below_mm=math.inf)
    return Measurement(at_least_mm=head_mm, below_mm=head_mm)
