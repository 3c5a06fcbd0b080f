"""Siren and strobe on their pins.

Owns the two output pins. Invariant: ``set`` and ``chirp`` act at once and wait for nothing, a siren
that is set wins over a chirp, and a pin that is not configured is simply not there. When the siren
sounds and when it is silenced is the law's business.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final

from drivers.bell.gpio import pin_errors
from drivers.bell.settings import BellSettings
from drivers.errors import DriverError

if TYPE_CHECKING:
    from gpiozero.pins import Factory


CHIRPS: Final = 3
CHIRP_S: Final = 0.1
CHIRP_PAUSE_S: Final = 0.4
"""Short enough that nobody takes it for the siren, and heard all the same."""


class Outputs:
    """Siren and strobe; both off when made, and off again when closed."""

    def __init__(self, settings: BellSettings | None, pin_factory: Factory | None = None) -> None:
        """Claim the pins that are configured.

        Args:
            settings: The ``[bell]`` table, if there is one.
            pin_factory: From ``drivers.bell.gpio.open_pin_factory``; None: nothing is connected.

        Raises:
            WrongWiring: A pin is taken, or does not exist.
            PortGone: The GPIO chip cannot be reached.
        """
        self._sounding = False
        self._devices: dict[str, Any] = {}
        self._pins: dict[str, int] = {}
        if settings is None or pin_factory is None:
            return
        for name in ("siren", "strobe"):
            pin = settings.pins.get(f"{name}_pin")
            if pin is not None:
                self._claim(name, pin, pin_factory)

    def _claim(self, name: str, pin: int, pin_factory: Factory) -> None:
        try:
            with pin_errors(pin):
                from gpiozero import DigitalOutputDevice  # noqa: PLC0415 - only where configured

                self._devices[name] = DigitalOutputDevice(pin, pin_factory=pin_factory)
                self._pins[name] = pin
        except DriverError:
            self.close()
            raise

    def set(self, *, siren: bool | None = None, strobe: bool | None = None) -> None:
        """Switch them; what is None stays as it is. Both are tried before an error is raised.

        Args:
            siren: Sound or be silent.
            strobe: Light or be dark.

        Raises:
            WrongWiring: A pin does not obey.
            PortGone: The GPIO chip cannot be reached.
        """
        fault: DriverError | None = None
        for name, on in (("siren", siren), ("strobe", strobe)):
            device = self._devices.get(name)
            if name == "siren" and on is not None:
                self._sounding = on
            if device is None or on is None:
                continue
            try:
                with pin_errors(self._pins[name]):
                    device.value = int(on)
            except DriverError as error:
                fault = error
        if fault is not None:
            raise fault

    def chirp(self) -> None:
        """Chirp a few times in the background; ``set`` ends it, and a sounding siren needs none.

        Raises:
            WrongWiring: The pin does not obey.
            PortGone: The GPIO chip cannot be reached.
        """
        device = self._devices.get("siren")
        if device is None or self._sounding:
            return
        with pin_errors(self._pins["siren"]):
            device.blink(CHIRP_S, CHIRP_PAUSE_S, n=CHIRPS, background=True)

    def close(self) -> None:
        """Switch both off and release the pins; safe to call twice, never raises."""
        devices, self._devices = self._devices, {}
        for name, device in devices.items():
            with contextlib.suppress(DriverError), pin_errors(self._pins[name]):
                device.close()
