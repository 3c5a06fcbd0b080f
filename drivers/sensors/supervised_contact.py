"""A contact with an end-of-line resistor on an ADC channel: it tells dry, wet, cut and short apart.

Owns the four bands. Invariant: a loop whose resistance is that of neither a dry nor a wet contact
is a fault and has no opinion on the water. So this is a full sensor, where a bare contact is not.

Wiring: from the channel through the cable to the far end, where the contact with ``contact_ohm`` in
series and ``end_ohm`` lie side by side to ground; ``pull_up_ohm`` from the channel to the
reference. With 4.7 kΩ three times: dry and open is half of the reference, wet and closed a third, a
cut wire all of it, a short nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final, Literal

from drivers.declaring import Field
from drivers.errors import OutOfRange
from drivers.measurement import Measurement
from drivers.ports import Ports
from drivers.sensors.converter import Channel, OnConverter
from drivers.sensors.mounting import Claim, Kind
from drivers.sensors.switching import Switching, bounds
from drivers.sensors.trace import Trace

SHARE_OF_GAP: Final = 0.35
"""How far towards its neighbour a band reaches: with 0.35 on both sides nearly a third of each gap
belongs to nobody. Resistors of 5 % and a wet cable of some 100 kΩ stay inside (docs/sensors.md)."""

LEAST_GAP: Final = 0.1
"""Two bands closer than this share of the reference cannot be told apart in a damp cable."""


class SupervisedContactSettings(OnConverter, Switching):
    """One contact with its end-of-line resistor."""

    kind: ClassVar[Kind] = "supervised contact"

    driver: Literal["supervised_contact"]
    contact: Literal["normally_closed", "normally_open"] = Field(
        default="normally_open", description="normally_open closes in water"
    )
    end_ohm: float = Field(default=4700.0, ge=100, le=1e6, description="at the end of the line")
    contact_ohm: float = Field(default=4700.0, ge=100, le=1e6, description="with the contact")
    pull_up_ohm: float = Field(default=4700.0, ge=100, le=1e6, description="to the reference")

    @property
    def closed_ratio(self) -> float:
        """Share of the reference while the contact is closed."""
        closed_ohm = 1 / (1 / self.end_ohm + 1 / self.contact_ohm)
        return closed_ohm / (closed_ohm + self.pull_up_ohm)

    @property
    def open_ratio(self) -> float:
        """Share of the reference while the contact is open and the line whole."""
        return self.end_ohm / (self.end_ohm + self.pull_up_ohm)

    def claims(self) -> Iterator[Claim]:
        """Its channel."""
        yield from OnConverter.claims(self)

    def contradictions(self) -> Iterator[tuple[str, object, str]]:
        """The four bands lie apart."""
        yield from super().contradictions()
        gaps = (self.closed_ratio, self.open_ratio - self.closed_ratio, 1 - self.open_ratio)
        if min(gaps) < LEAST_GAP:
            yield (
                "end_ohm",
                self.end_ohm,
                "resistors with which short, closed, open and cut lie at least"
                f" {LEAST_GAP:.0%} of the reference apart; here closed is {self.closed_ratio:.0%}"
                f" and open {self.open_ratio:.0%}; 4700 three times is good",
            )

    def open(self, ports: Ports | None = None) -> SupervisedContact:
        """Return the contact; its channel is opened by the first ``read``."""
        return SupervisedContact(self, ports or Ports())


class SupervisedContact:
    """Says "at least ``height_mm``" or "below", and raises when the line is not whole."""

    talks = False

    def __init__(self, settings: SupervisedContactSettings, ports: Ports) -> None:
        self._channel = Channel(settings, ports)
        self._settings = settings
        self.trace = Trace()

    def read(self) -> Measurement:
        """Measure the line now.

        Returns:
            Bounds around ``height_mm``; the other side is infinite.

        Raises:
            OutOfRange: The line is cut, shorted, or leaks.
            WrongWiring: The pins of the bus are taken, or there are none.
            PortGone: The bus cannot be reached.
        """
        return self._channel.judged(self._judge)

    def _judge(self, ratio: float) -> Measurement:
        raw = f"{ratio:.1%} of the reference"
        try:
            closed = is_closed(ratio, self._settings.closed_ratio, self._settings.open_ratio)
        except OutOfRange as error:
            self.trace.note(raw, str(error), bad=True)
            raise
        wet = closed == (self._settings.contact == "normally_open")
        self.trace.note(raw, f"{'closed' if closed else 'open'}: {'wet' if wet else 'dry'}")
        return bounds(self._settings.height_mm, wet=wet)

    def close(self) -> None:
        """Release the channel; safe to call twice, never raises."""
        self._channel.close()


def is_closed(ratio: float, closed_ratio: float, open_ratio: float) -> bool:
    """Tell a closed contact from an open one by the share of the reference across the line.

    Args:
        ratio: As measured.
        closed_ratio: With the contact closed.
        open_ratio: With the contact open and the line whole.

    Raises:
        OutOfRange: It lies in no band of a whole line.
    """
    places = (0.0, closed_ratio, open_ratio, 1.0)
    words = f"line at {ratio:.1%} of the reference"
    for number, place in enumerate(places):
        below = places[number - 1] if number else place - 1.0
        above = places[number + 1] if number + 1 < len(places) else place + 1.0
        lowest = place - SHARE_OF_GAP * (place - below)
        if lowest <= ratio <= place + SHARE_OF_GAP * (above - place):
            if number == 0:
                raise OutOfRange(f"{words}: shorted, or water in a joint of the cable")
            if number == len(places) - 1:
                raise OutOfRange(f"{words}: the wire is cut")
            return number == 1
    raise OutOfRange(f"{words}: neither open nor closed; a damp joint, or the wrong resistors?")
