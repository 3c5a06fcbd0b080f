"""Two bare electrodes: water between them conducts, and they are asked by short pulses only.

Owns the two pins and the pulses. A steady voltage eats electrodes away within weeks; here each read
is one pulse of ``PULSE_S`` one way and one of the same length the other way, and nothing in
between, so that no charge is left over. Water conducts both ways: what conducts one way only is no
water but a fault.

A cut wire looks like dry air for ever, so a probe saves no zone from being blind, every start says
so, and alone it does not call 119. With an end-of-line resistor across the electrodes it is a
``supervised_contact``.

Wiring: each electrode through 10 kΩ to its pin; the pins' own pull-downs are used (about 50 kΩ), so
water of up to some 40 kΩ between the electrodes is seen. The tips hang at ``height_mm``, not on the
floor: a mopped floor is a film of a millimetre or two.

Source: domain 4.2 (electrolysis, pulses of at most 5 ms with the polarity swapped, series
resistors).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, ClassVar, Final, Literal

from drivers.declaring import Field
from drivers.errors import DriverError, OutOfRange
from drivers.measurement import Measurement
from drivers.ports import Ports
from drivers.ports.pins import pin_errors, release
from drivers.sensors.mounting import Claim, Kind
from drivers.sensors.switching import Switching, bounds
from drivers.sensors.trace import Trace

PULSE_S: Final = 0.001
"""Long enough to charge ten metres of cable through the resistors (1 nF through 60 kΩ: 60 us)."""

LOOKS: Final = 3
LOOK_AGAIN_S: Final = 0.05


class ContactProbeSettings(Switching):
    """Two electrodes on two pins."""

    kind: ClassVar[Kind] = "contact"
    two_wire: ClassVar[bool] = True

    driver: Literal["contact_probe"]
    pin: int = Field(ge=0, le=27, description="BCM number of the first electrode's pin")
    return_pin: int = Field(ge=0, le=27, description="BCM number of the second electrode's pin")

    @property
    def cut_reads_dry(self) -> bool:
        """Nothing conducts through a cut wire."""
        return True

    def claims(self) -> Iterator[Claim]:
        """Both pins."""
        yield Claim("pin", f"pin {self.pin}")
        yield Claim("return_pin", f"pin {self.return_pin}")

    def open(self, ports: Ports | None = None) -> ContactProbe:
        """Return the probe; its pins are claimed by the first ``read``."""
        return ContactProbe(self, ports or Ports())


class ContactProbe:
    """Says "at least ``height_mm``" while water conducts between the electrodes, else "below"."""

    talks = False

    def __init__(self, settings: ContactProbeSettings, ports: Ports) -> None:
        self._numbers = (settings.pin, settings.return_pin)
        self._height_mm = settings.height_mm
        self._ports = ports
        self._devices: list[Any] = []
        self.trace = Trace()

    def read(self) -> Measurement:
        """Send a pulse each way now.

        Returns:
            Bounds around ``height_mm``; the other side is infinite.

        Raises:
            OutOfRange: It conducts one way only, or a wire touches the supply.
            WrongWiring: A pin is taken, has a fixed pull-up, or does not exist.
            PortGone: The GPIO chip cannot be reached.
        """
        try:
            with pin_errors(where=f"pins {self._numbers[0]} and {self._numbers[1]}"):
                first, second = self._opened()
                wet = self._conducts(first, second)
        except DriverError:
            self.close()
            raise
        return bounds(self._height_mm, wet=wet)

    def close(self) -> None:
        """Release both pins; safe to call twice, never raises."""
        devices, self._devices = self._devices, []
        release(*devices)

    def _conducts(self, first: Any, second: Any) -> bool:  # noqa: ANN401 - gpiozero is untyped
        """Whether it conducts, as soon as both ways agree; what never agrees is a fault."""
        for look in range(LOOKS):
            if look:
                time.sleep(LOOK_AGAIN_S)
            at_rest = bool(first.state or second.state)
            there, back = _pulse(first, second), _pulse(second, first)
            raw = f"at rest {at_rest:d}, there {there:d}, back {back:d}"
            self.trace.note(raw, "wet" if there and back else "dry" if there == back else "?")
            if there == back and not at_rest:
                return there
        if at_rest:
            raise OutOfRange("an electrode is live without a pulse: its wire touches a supply")
        raise OutOfRange("conducts one way only: a damaged electrode, or a wire to a wrong pin")

    def _opened(self) -> tuple[Any, Any]:
        if not self._devices:
            factory = self._ports.pins()
            from gpiozero import GPIODevice  # noqa: PLC0415 - only where one is configured

            for number in self._numbers:
                device = GPIODevice(number, pin_factory=factory)
                self._devices.append(device)
                device.pin.input_with_pull("down")
        first, second = self._devices
        return first.pin, second.pin


def _pulse(source: Any, sink: Any) -> bool:  # noqa: ANN401 - gpiozero is untyped
    """Drive one electrode for a moment and see whether the other follows."""
    try:
        source.output_with_state(1)
        time.sleep(PULSE_S)
        return bool(sink.state)
    finally:
        source.state = 0
        source.input_with_pull("down")
