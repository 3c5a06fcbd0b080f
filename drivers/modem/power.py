"""The modem's power key.

Owns the pin on PWRKEY and the pulses that switch a modem off and on. gpiozero is imported only when
they are wanted. It does not know whether the modem has come back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from drivers.ports.pins import pin_errors

if TYPE_CHECKING:
    from drivers.ports import Ports

# SIM7600 hardware design, "Power on/off": 0.1 s at least switches on (0.5 s typical), 2.5 s off;
# going down may take 20 s and more. Waveshare's board inverts: high means pressed.
OFF_PULSE_S: Final = 3.0
DOWN_S: Final = 20.0
ON_PULSE_S: Final = 1.0


class PowerKey:
    """PWRKEY of the modem on a GPIO pin."""

    def __init__(self, pin: int, ports: Ports) -> None:
        self._pin = pin
        self._ports = ports

    def cycle(self, pause: Callable[[float], None]) -> None:
        """Switch the modem off and on.

        Args:
            pause: Waits for so many seconds; the caller's, so that its thread stays supervised.

        Raises:
            WrongWiring: The pin cannot be had.
            PortGone: The GPIO chip cannot be reached.
        """
        factory = self._ports.pins()
        from gpiozero import DigitalOutputDevice  # noqa: PLC0415 costs 100 ms, and few have the pin

        with pin_errors(where=f"modem.power_pin {self._pin}"):
            key = DigitalOutputDevice(self._pin, pin_factory=factory)
        try:
            for pressed_s, then_s in ((OFF_PULSE_S, DOWN_S), (ON_PULSE_S, 0.0)):
                key.on()
                pause(pressed_s)
                key.off()
                pause(then_s)
        finally:
            key.close()
