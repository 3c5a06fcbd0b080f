"""A float switch on a GPIO pin: it knows whether the water has reached its height, no more.

Owns the pin. Invariant: a reading is a bound, never a depth. Whether a contact that reads wet is
water or a cut wire cannot be told here: the law looks for a second sensor before it believes it.

Wiring: between the pin and ground, the pin's own pull-up on. Normally closed: the hanging float
closes the contact and water opens it, so a cut wire reads as water. Normally open: a cut wire reads
as dry for ever, which is why every start warns of it.
"""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from drivers.bell.gpio import pin_errors
from drivers.errors import DriverError, WrongWiring
from drivers.measurement import Measurement
from drivers.sensors.mounting import Kind, Mounting

if TYPE_CHECKING:
    from gpiozero.pins import Factory

Contact = Literal["normally_closed", "normally_open"]


class FloatSwitchSettings(Mounting):
    """One float switch on a pin."""

    kind: ClassVar[Kind] = "contact"

    driver: Literal["float_switch"]
    pin: int = Field(ge=0, le=27, description="BCM number")
    height_mm: float = Field(gt=0, le=5000, description="depth at which the float lifts")
    contact: Contact = Field(
        default="normally_closed", description="normally_closed, so that a cut wire is seen"
    )

    def can_decide(self, setpoint_mm: float) -> bool:
        """Only at its own height, and only if a cut wire cannot pass for dry.

        Below its height a dry switch has no opinion, above it a wet one has none.
        """
        return self.contact == "normally_closed" and self.height_mm == setpoint_mm

    def open(self, pin_factory: Factory | None = None) -> FloatSwitch:
        """Return the switch; its pin is claimed by the first ``read``.

        Args:
            pin_factory: gpiozero's way to the pins, from ``drivers.bell.gpio.open_pin_factory``.

        Raises:
            WrongWiring: No pin factory.
        """
        if pin_factory is None:
            raise WrongWiring(f"pin {self.pin}: this machine gave no access to its GPIO pins")
        return FloatSwitch(self, pin_factory)


class FloatSwitch:
    """Says "at least ``height_mm``" while the float is lifted and "below" while it hangs."""

    talks = False

    def __init__(self, settings: FloatSwitchSettings, pin_factory: Factory) -> None:
        self._pin = settings.pin
        self._height_mm = settings.height_mm
        self._wet_when_closed = settings.contact == "normally_open"
        self._factory = pin_factory
        self._device: Any = None

    def read(self) -> Measurement:
        """Look at the pin now.

        Returns:
            Bounds around ``height_mm``; the other side is infinite.

        Raises:
            WrongWiring: The pin is taken, or does not exist.
            PortGone: The GPIO chip cannot be reached.
        """
        try:
            with pin_errors(self._pin):
                closed = bool(self._opened().is_active)
        except DriverError:
            self.close()
            raise
        if closed == self._wet_when_closed:
            return Measurement(at_least_mm=self._height_mm, below_mm=math.inf)
        return Measurement(at_least_mm=-math.inf, below_mm=self._height_mm)

    def close(self) -> None:
        """Release the pin; safe to call twice, never raises."""
        device, self._device = self._device, None
        if device is not None:
            with contextlib.suppress(DriverError), pin_errors(self._pin):
                device.close()

    def _opened(self) -> Any:  # noqa: ANN401 - gpiozero is untyped
        if self._device is None:
            from gpiozero import DigitalInputDevice  # noqa: PLC0415 - only where one is configured

            self._device = DigitalInputDevice(self._pin, pull_up=True, pin_factory=self._factory)
        return self._device
