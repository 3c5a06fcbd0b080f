"""Siren, strobe and status lamp on their pins.

Owns the output pins. Invariant: ``set`` and ``chirp`` act at once and wait for nothing, a siren
that is set wins over a chirp, a pin that is not configured is simply not there, and one that could
not be had is tried again whenever it is wanted. When the siren sounds, when it is silenced and how
the lamp blinks is the law's business.

The lamp is given one short bout at a time, and ends dark. A steady light would say that all is well
long after the process is gone: Raspberry Pi kernels leave a pin's level as it was when its holder
dies (``pinctrl-bcm2835.strict_gpiod`` is off there). So a lamp that stands still, lit or dark, is
nobody's.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal

from drivers.bell.settings import BellSettings
from drivers.errors import PortGone
from drivers.ports.pins import pin_errors

if TYPE_CHECKING:
    from drivers.ports import Ports

Name = Literal["siren", "strobe", "lamp"]
Blink = Literal["heartbeat", "slow", "fast"]

CHIRPS: Final = 3
CHIRP_S: Final = 0.1
CHIRP_PAUSE_S: Final = 0.4
"""Short enough that nobody takes it for the siren, and heard all the same."""

BOUTS: Final[dict[Blink, tuple[float, float, int]]] = {
    "heartbeat": (0.2, 0.1, 1),
    "slow": (0.5, 0.5, 1),
    "fast": (0.125, 0.125, 4),
}
"""Seconds lit, seconds dark, how often: a second each at the most, for the loop looks round once a
second. They are told apart across a room, and none is the strobe."""

_NAMES: Final[tuple[Name, ...]] = ("siren", "strobe", "lamp")


class Outputs:
    """Siren, strobe and lamp; all off when made, and off again when closed."""

    def __init__(self, settings: BellSettings | None, ports: Ports) -> None:
        """Claim nothing yet.

        Args:
            settings: The ``[bell]`` table, if there is one.
            ports: Where the pins are.
        """
        pins = {} if settings is None else settings.pins
        self._pins: dict[Name, int] = {
            name: pins[f"{name}_pin"] for name in _NAMES if f"{name}_pin" in pins
        }
        self._ports = ports
        self._devices: dict[Name, Any] = {}
        self._sounding = False

    def claim(self) -> None:
        """Claim every pin that is configured and not held; all are tried before an error.

        Raises:
            WrongWiring: A pin is taken, or does not exist.
            PortGone: The GPIO chip cannot be reached.
        """
        _each(partial(self._device, name) for name in self._pins)

    def set(
        self, *, siren: bool | None = None, strobe: bool | None = None, lamp: Blink | None = None
    ) -> None:
        """Switch them; what is None stays as it is. All are tried before an error is raised.

        Args:
            siren: Sound or be silent.
            strobe: Light or be dark.
            lamp: One bout of blinking, in the background; the next one ends it.

        Raises:
            WrongWiring: A pin does not obey.
            PortGone: The GPIO chip cannot be reached.
        """
        if siren is not None:
            self._sounding = siren
        _each(
            (
                partial(self._switch, "siren", siren),
                partial(self._switch, "strobe", strobe),
                partial(self._show, lamp),
            )
        )

    def chirp(self) -> None:
        """Chirp a few times in the background; ``set`` ends it, and a sounding siren needs none.

        Raises:
            WrongWiring: The pin does not obey.
            PortGone: The GPIO chip cannot be reached.
        """
        if "siren" not in self._pins or self._sounding:
            return
        self._blink("siren", CHIRP_S, CHIRP_PAUSE_S, CHIRPS)

    def close(self) -> None:
        """Switch all off and release the pins; safe to call twice, never raises."""
        devices, self._devices = self._devices, {}
        for name, device in devices.items():
            with contextlib.suppress(Exception), pin_errors(self._pins[name]):
                device.close()

    def _switch(self, name: Name, on: bool | None) -> None:
        if on is None or name not in self._pins:
            return
        device = self._device(name)
        with pin_errors(self._pins[name]):
            device.value = int(on)

    def _show(self, blink: Blink | None) -> None:
        if blink is None or "lamp" not in self._pins:
            return
        lit_s, dark_s, times = BOUTS[blink]
        self._blink("lamp", lit_s, dark_s, times)

    def _blink(self, name: Name, lit_s: float, dark_s: float, times: int) -> None:
        device = self._device(name)
        with pin_errors(self._pins[name]):
            device.off()  # here an error is heard; in the background it would not be
            try:
                device.blink(lit_s, dark_s, n=times, background=True)
            except RuntimeError as error:
                _forget_the_thread_of(device)
                raise PortGone(f"pin {self._pins[name]}: {error}") from error

    def _device(self, name: Name) -> Any:  # noqa: ANN401 - gpiozero is untyped
        """Return the device on a pin, claimed if it was not."""
        if name not in self._devices:
            factory = self._ports.pins()
            with pin_errors(self._pins[name]):
                from gpiozero import DigitalOutputDevice  # noqa: PLC0415 - only where configured

                self._devices[name] = DigitalOutputDevice(self._pins[name], pin_factory=factory)
        return self._devices[name]


def _each(acts: Iterable[Callable[[], object]]) -> None:
    """Do all of them; then raise what the first that failed raised."""
    faults: list[Exception] = []
    for act in acts:
        try:
            act()
        except Exception as fault:  # noqa: BLE001 - raised below, once all were tried
            faults.append(fault)
    if faults:
        raise faults[0]


def _forget_the_thread_of(device: Any) -> None:  # noqa: ANN401 - gpiozero is untyped
    """Let go of a thread that could not be started.

    gpiozero keeps it, and would fail to end it at every use of the pin from now on, and at exit.
    """
    from gpiozero import threads  # noqa: PLC0415 - loaded already, with the device

    thread, device._blink_thread = device._blink_thread, None
    threads._THREADS.discard(thread)
