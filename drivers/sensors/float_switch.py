"""A float switch on a GPIO pin: it knows whether the water has reached its height, no more.

Owns the pin. Invariant: a reading is a bound, never a depth; a change is told once the contact has
rested, and one that does not come to rest is taken for wet. Whether a contact that reads wet is
water or a cut wire cannot be told here: the law looks for a second sensor before it believes it.

Wiring: between the pin and ground, the pin's own pull-up on. Normally closed: the hanging float
closes the contact and water opens it, so a cut wire reads as water. Normally open: a cut wire reads
as dry for ever, which is why every start warns of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from drivers.declaring import Field
from drivers.errors import DriverError
from drivers.measurement import Measurement
from drivers.ports import Ports
from drivers.ports.pins import pin_errors, release
from drivers.sensors.mounting import Claim, Kind
from drivers.sensors.switching import Switching, bounds, settled
from drivers.sensors.trace import Trace

if TYPE_CHECKING:
    from gpiozero import DigitalInputDevice

Contact = Literal["normally_closed", "normally_open"]


class FloatSwitchSettings(Switching):
    """One float switch on a pin."""

    kind: ClassVar[Kind] = "contact"
    two_wire: ClassVar[bool] = True

    driver: Literal["float_switch"]
    pin: int = Field(ge=0, le=27, description="BCM number")
    contact: Contact = Field(
        default="normally_closed", description="normally_closed, so that a cut wire is seen"
    )

    @property
    def cut_reads_dry(self) -> bool:
        """An open circuit is what a hanging normally open float shows, too."""
        return self.contact == "normally_open"

    def claims(self) -> Iterator[Claim]:
        """Its pin."""
        yield Claim("pin", f"pin {self.pin}")

    def open(self, ports: Ports | None = None) -> FloatSwitch:
        """Return the switch; its pin is claimed by the first ``read``."""
        return FloatSwitch(self, ports or Ports())


class FloatSwitch:
    """Says "at least ``height_mm``" while the float is lifted and "below" while it hangs."""

    talks = False

    def __init__(self, settings: FloatSwitchSettings, ports: Ports) -> None:
        self._pin = settings.pin
        self._height_mm = settings.height_mm
        self._wet_when_closed = settings.contact == "normally_open"
        self._ports = ports
        self._device: DigitalInputDevice | None = None
        self._told: bool | None = None  # whether it was closed, as last told
        self.trace = Trace()

    def read(self) -> Measurement:
        """Look at the pin now; at a change, until it has settled.

        Returns:
            Bounds around ``height_mm``; the other side is infinite.

        Raises:
            WrongWiring: The pin is taken, or does not exist, or there are none.
            PortGone: The GPIO chip cannot be reached.
        """
        try:
            with pin_errors(self._pin):
                device = self._opened()
                closed = settled(lambda: bool(device.is_active), self._told)
        except DriverError:
            self.close()
            raise
        if closed is None:
            self._told = self._wet_when_closed
            self.trace.note(f"pin {self._pin} open and closed", "does not settle: taken for wet")
            return bounds(self._height_mm, wet=True)
        self._told = closed
        wet = closed == self._wet_when_closed
        state = "closed" if closed else "open"
        self.trace.note(f"pin {self._pin} {state}", "wet" if wet else "dry")
        return bounds(self._height_mm, wet=wet)

    def close(self) -> None:
        """Release the pin; safe to call twice, never raises."""
        device, self._device, self._told = self._device, None, None
        release(device)

    def _opened(self) -> Any:  # noqa: ANN401 - gpiozero is untyped
        if self._device is None:
            factory = self._ports.pins()
            from gpiozero import DigitalInputDevice  # noqa: PLC0415 - only where one is configured

            self._device = DigitalInputDevice(self._pin, pull_up=True, pin_factory=factory)
        return self._device
