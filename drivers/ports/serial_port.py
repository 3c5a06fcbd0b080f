"""Opening a serial port: exclusively, with time-outs, and with an error that says what to do.

Owns the way from a path or pyserial URL to an open port. Invariant: a port that comes out of here
gives up every read and write by itself, and no second process of ours reads the same bytes. What is
spoken on the port is the driver's business.
"""

from __future__ import annotations

import errno
import grp
import os
import re
import termios
from pathlib import Path
from typing import Final

import serial

from drivers.errors import PortGone, WrongWiring

PORT_ERRORS: Final = (serial.SerialException, OSError, termios.error)
"""Whatever pyserial lets through when a port dies in use; ``termios.error`` is no ``OSError``."""


def open_port(
    port: str,
    *,
    baud: int,
    timeout_s: float,
    write_timeout_s: float = 1.0,
    parity: str = serial.PARITY_NONE,
    stop_bits: float = serial.STOPBITS_ONE,
) -> serial.Serial:
    """Open a serial port for us alone, eight data bits.

    Args:
        port: Anything pyserial opens: a device path (a pseudo-terminal included) or a URL.
        baud: Bits per second.
        timeout_s: Longest that one read may take.
        write_timeout_s: Longest that one write may take.
        parity: A pyserial parity constant.
        stop_bits: 1 or 2.

    Returns:
        The open port, its input drained.

    Raises:
        PortGone: It cannot be opened now: not there, held by somebody, or not permitted.
        WrongWiring: The URL or a line setting can never work.
    """
    try:
        return serial.serial_for_url(
            port,
            baudrate=baud,
            timeout=timeout_s,
            write_timeout=write_timeout_s,
            parity=parity,
            stopbits=stop_bits,
            exclusive=True,
        )
    except (ValueError, LookupError, TypeError, ImportError, re.error) as error:
        # All of them come out of pyserial for a URL that it does not understand.
        raise WrongWiring(f"{port}: {error!r}") from error
    except PORT_ERRORS as error:
        raise PortGone(_reason(port, error)) from error


def _reason(port: str, error: Exception) -> str:
    """Say why a port did not open, in words that a technician can act on."""
    number = getattr(error, "errno", None)
    if number in (errno.EWOULDBLOCK, errno.EBUSY):
        return f"{port} is in use by {_holder(port) or 'another process'}"
    if number in (errno.EACCES, errno.EPERM):
        return f"{port}: permission denied; {_permission_remedy(port)}"
    if number == errno.ENOENT:
        return f"{port} is not there: unplugged, or the wrong name; {_ports_present()}"
    return f"{port} cannot be opened: {error}"


def _holder(port: str) -> str | None:
    """Name the process that holds ``port``, as far as we may look."""
    device = os.path.realpath(port)
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if os.readlink(link) == device:  # noqa: PTH115 - a Path would be built for each of thousands
                process = link.parts[2]
                name = Path("/proc", process, "comm").read_text(encoding="utf-8").strip()
                return f"{name} (process {process})"
        except OSError:
            continue  # gone meanwhile, or another user's
    return None


def _permission_remedy(port: str) -> str:
    try:
        group = grp.getgrgid(Path(port).stat().st_gid).gr_name
    except (OSError, KeyError):
        return "the user needs access to it"
    return f"add the user to the group {group}, and allow the device in the service's DeviceAllow="


def _ports_present() -> str:
    names = sorted(str(path) for path in Path("/dev/serial/by-id").glob("*"))
    return f"present: {', '.join(names)}" if names else "no USB serial port is present"
