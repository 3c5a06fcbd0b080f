"""The ways to the metal that several drivers share: the GPIO chip, serial ports, RS-485 lines.

``serial_port``  opening a serial port, with an error that says what to do
``pins``         gpiozero's back end, and its errors in our words
``lookup``       a name looked up within a time limit
``rs485``        one line with several slaves on it, one question at a time

Owns what one process may have only once: the pin factory and each RS-485 line. Invariant: nothing
is opened before a driver asks for it, so a home without pins loads no gpiozero; what could not be
opened is tried again by whoever asks next. What is spoken on a port is the driver's business.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from drivers.errors import PortGone

if TYPE_CHECKING:
    from gpiozero.pins import Factory

    from drivers.ports.rs485 import Line, Rs485


TURN_S: Final = 3.0
"""Opening the chip takes some 100 ms, and importing what it takes another second on a small Pi."""


class Ports:
    """What drivers are opened with; safe to use from any thread."""

    def __init__(self, pin_factory: Factory | None = None) -> None:
        """Open nothing yet.

        Args:
            pin_factory: gpiozero's way to the pins; the machine's own, by ``open_pin_factory``, if
                left out. It is closed with the ports.
        """
        self._factory = pin_factory
        self._lines: dict[str, Rs485] = {}
        self._lock = threading.Lock()
        self._closed = False

    def pins(self) -> Factory:
        """Return the one pin factory of this machine.

        Raises:
            WrongWiring: The back end is unknown or not installed, or this is no board with pins.
            PortGone: The GPIO chip cannot be opened now.
        """
        with self._locked():
            if self._closed:
                raise PortGone("the GPIO pins are given back: floodbell is stopping")
            if self._factory is None:
                from drivers.ports.pins import open_pin_factory  # noqa: PLC0415 - loads gpiozero

                self._factory = open_pin_factory()
            return self._factory

    def rs485(self, port: str, line: Line) -> Rs485:
        """Return the one line on this port, whoever asks; it opens the port when first used.

        Args:
            port: Device path or pyserial URL.
            line: Speed and parity; all who share a port agree on them (the settings are checked).
        """
        from drivers.ports.rs485 import Rs485  # noqa: PLC0415 - only where one is configured

        # Two names of one device are one line: by-id and ttyUSB0.
        device = os.path.realpath(port) if port.startswith("/") else port
        with self._locked():
            known = self._lines.get(device)
            if known is None or known.taken_away:
                known = self._lines[device] = Rs485(port, line)
            return known

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Have a turn; a thread that hangs on the chip must not take all others with it."""
        if not self._lock.acquire(timeout=TURN_S):
            raise PortGone("somebody is opening the GPIO chip and does not come to an end")
        try:
            yield
        finally:
            self._lock.release()

    def close(self) -> None:
        """Let everything go for good; safe to call twice, never raises."""
        self._closed = True
        held = self._lock.acquire(timeout=TURN_S)
        factory, self._factory = self._factory, None
        lines, self._lines = self._lines, {}
        if held:
            self._lock.release()
        for line in lines.values():
            line.close()
        if factory is not None:
            from drivers.ports.pins import release  # noqa: PLC0415 - gpiozero is loaded already

            release(factory)
