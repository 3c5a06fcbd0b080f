"""Telling systemd how we are, over ``$NOTIFY_SOCKET``.

Owns that socket. Invariant: a call never blocks and never raises; without systemd it does nothing.
When the watchdog deserves to be fed is the supervisor's business.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Mapping


class Notifier:
    """One datagram a call, as ``sd_notify(3)`` describes them.

    Source: systemd, sd_notify(3) and sd_watchdog_enabled(3): a leading ``@`` stands for the NUL of
    an abstract socket; ``WATCHDOG_PID``, if set, must be ours.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        """Look for systemd.

        Args:
            environment: ``os.environ`` if left out.
        """
        values = os.environ if environment is None else environment
        self._address = _address(values.get("NOTIFY_SOCKET", ""))
        self._watchdog_interval_s = _watchdog_interval_s(values)
        self._socket: socket.socket | None = None
        if self._address is not None:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            self._socket.setblocking(False)

    @property
    def watchdog_interval_s(self) -> float | None:
        """How soon after the last ``watchdog`` systemd ends us; None if it does not watch.

        Feed at half of it.
        """
        return self._watchdog_interval_s

    def ready(self, status: str = "") -> bool:
        """Say that start-up is over, or a reload."""
        return self._send("READY=1", status)

    def status(self, status: str) -> bool:
        """Show a line of text in ``systemctl status``."""
        return self._send("", status)

    def extend_timeout(self, seconds: float) -> bool:
        """Ask that a start, reload or stop may go on for so long from now."""
        return self._send(f"EXTEND_TIMEOUT_USEC={round(seconds * 1e6)}")

    def watchdog(self) -> bool:
        """Say that we are alive."""
        return self._send("WATCHDOG=1")

    def reloading(self, status: str = "") -> bool:
        """Say that the settings are being read again; ``ready`` ends it."""
        return self._send(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}", status)

    def stopping(self, status: str = "") -> bool:
        """Say that we are on our way out."""
        return self._send("STOPPING=1", status)

    def close(self) -> None:
        """Release the socket; safe to call twice."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, message: str, status: str = "") -> bool:
        """Send one datagram; False if nobody took it."""
        if self._socket is None or self._address is None:
            return False
        lines = [line for line in (message, status and f"STATUS={_one_line(status)}") if line]
        with contextlib.suppress(OSError):
            self._socket.sendto("\n".join(lines).encode(), self._address)
            return True
        return False


def _address(value: str) -> str | None:
    if value.startswith("@"):
        return "\0" + value[1:]
    return value if value.startswith("/") else None


def _watchdog_interval_s(values: Mapping[str, str]) -> float | None:
    try:
        interval_us = int(values.get("WATCHDOG_USEC", ""))
        pid = int(values.get("WATCHDOG_PID") or os.getpid())
    except ValueError:
        return None
    return interval_us / 1e6 if interval_us > 0 and pid == os.getpid() else None


def _one_line(text: str) -> str:
    return " ".join(text.split())
