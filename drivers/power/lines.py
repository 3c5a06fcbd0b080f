"""The lines of a UPS board on GPIO pins.

Owns the pins. Invariant: a look takes microseconds and tells what the pins say now; a wire that is
cut reads as the worse of the two, mains gone or battery low, because the pin is pulled there. How
long a level must last until it counts is decided elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drivers.errors import DriverError
from drivers.ports.pins import pin_errors, release
from drivers.power.settings import Level, PowerSettings

if TYPE_CHECKING:
    from drivers.ports import Ports


class Lines:
    """What the pins of ``[power]`` say; they are claimed by the first look."""

    def __init__(self, settings: PowerSettings, ports: Ports) -> None:
        """Claim nothing yet.

        Args:
            settings: The ``[power]`` table; a pin without a level is not looked at.
            ports: Where the pins are.
        """
        self._settings = settings
        self._ports = ports
        self._devices: dict[int, Any] = {}

    def mains(self) -> bool | None:
        """Whether mains are there; None without a line that tells.

        Raises:
            WrongWiring: The pin is taken, or does not exist, or there are none.
            PortGone: The GPIO chip cannot be reached.
        """
        return self._told(self._settings.mains_pin, self._settings.mains_level, up_if="low")

    def battery_low(self) -> bool | None:
        """Whether the battery runs out; None without a line that tells.

        Raises:
            WrongWiring: The pin is taken, or does not exist, or there are none.
            PortGone: The GPIO chip cannot be reached.
        """
        pin, level = self._settings.battery_low_pin, self._settings.battery_low_level
        return self._told(pin, level, up_if="high")

    def _told(self, pin: int | None, level: Level | None, *, up_if: Level) -> bool | None:
        """Whether a pin is at its level; pulled so that a cut wire reads as the worse state."""
        if pin is None or level is None:
            return None
        return self._is_at(pin, level, pulled_up=level == up_if)

    def close(self) -> None:
        """Release the pins; safe to call twice, never raises."""
        devices, self._devices = self._devices, {}
        release(*devices.values())

    def _is_at(self, pin: int, level: Level, *, pulled_up: bool) -> bool:
        try:
            with pin_errors(pin):
                high = bool(self._device(pin, pulled_up=pulled_up).pin.state)
        except DriverError:
            self.close()
            raise
        return high == (level == "high")

    def _device(self, pin: int, *, pulled_up: bool) -> Any:  # noqa: ANN401 - gpiozero is untyped
        if pin not in self._devices:
            factory = self._ports.pins()
            from gpiozero import InputDevice  # noqa: PLC0415 - only where one is configured

            # Not a digital one: that asks for edges, and a line that chatters would wake a thread.
            self._devices[pin] = InputDevice(pin, pull_up=pulled_up, pin_factory=factory)
        return self._devices[pin]
