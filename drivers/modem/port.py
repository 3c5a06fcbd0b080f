"""The modem's serial port: reads and writes that end, and a way out of a read.

Owns the open port and turns whatever goes wrong with it into ``PortGone``. Invariant: every call
returns within its time, and any thread may ``wake`` it at any moment. It knows no AT commands.
"""

from __future__ import annotations

import contextlib
import termios
import threading
from typing import Final

import serial

from drivers.errors import DriverError, NoResponse, PortGone
from drivers.ports.serial_port import cease, open_port, receive, take_away

WRITE_TIMEOUT_S: Final = 1.0
_POLL_S: Final = 0.1  # for ports whose read cannot be cancelled, e.g. socket://


class ModemPort:
    """A serial port, by path or by any URL that pyserial knows."""

    def __init__(self, port: str, baud: int) -> None:
        self._name = port
        self._baud = baud
        self._serial: serial.Serial | None = None
        self._taken_away = False
        # Held while the port changes hands, never while it is used: a wake that met a port being
        # closed would write into whatever file got the pipe's number next.
        self._changing = threading.Lock()

    @property
    def is_open(self) -> bool:
        """Whether the port is held."""
        return self._serial is not None

    def open(self) -> None:
        """Open the port for this process alone.

        Raises:
            PortGone: It is not there, somebody else holds it, or it was taken away from us.
        """
        if self._taken_away:
            raise PortGone(f"the modem's port {self._name} was taken away")
        try:
            opened = open_port(
                self._name,
                baud=self._baud,
                timeout_s=_POLL_S,
                write_timeout_s=WRITE_TIMEOUT_S,
            )
        except DriverError as error:
            raise PortGone(f"cannot open the modem's port: {error}") from error
        with self._changing:
            if not self._taken_away:
                self._serial = opened
                return
        opened.close()
        raise PortGone(f"the modem's port {self._name} was taken away")

    def take_away(self) -> None:
        """Let nothing pass any more, for good: whoever uses the port hangs; from any thread."""
        self._taken_away = True
        held = self._serial  # without the lock: whoever hangs may hold it
        if held is not None:
            take_away(held)

    def close(self) -> None:
        """Let go of the port; safe to call twice, never raises."""
        with self._changing:
            held, self._serial = self._serial, None
        if held is not None:
            with contextlib.suppress(OSError, termios.error):  # gone all the same
                held.close()

    def read(self, timeout_s: float) -> bytes:
        """Return what comes first: some bytes, or nothing after the time-out or a ``wake``.

        Raises:
            PortGone: The port vanished; it is closed now.
        """
        held = self._held()
        try:
            return receive(held, timeout_s)
        except (OSError, TypeError, termios.error) as error:
            self.close()
            raise PortGone(f"the modem's port {self._name} has gone: {error}") from error

    def write(self, data: bytes) -> None:
        """Write all of ``data``.

        Raises:
            NoResponse: The port took not all of it in time; how much is not known.
            PortGone: The port vanished before it took the last byte; it is closed now.
        """
        held = self._held()
        try:
            held.write(data)
        except serial.SerialTimeoutException as error:
            raise NoResponse(f"the modem's port {self._name} takes no bytes") from error
        except (OSError, TypeError, termios.error) as error:
            self.close()
            raise PortGone(f"the modem's port {self._name} has gone: {error}") from error

    def wake(self) -> None:
        """End the read that is under way, or the next one."""
        with self._changing:
            if self._serial is not None:
                cease(self._serial)

    def _held(self) -> serial.Serial:
        if self._serial is None or self._taken_away:
            raise PortGone(f"the modem's port {self._name} is not open")
        return self._serial
