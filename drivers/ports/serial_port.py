"""Opening a serial port: exclusively, with time-outs, and with an error that says what to do.

Owns the way from a path or pyserial URL to an open port. Invariant: a port that comes out of here
gives up every read and write by itself, and no second process of ours reads the same bytes. What is
spoken on the port is the driver's business.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import grp
import os
import re
import select
import socket
import termios
import threading
from pathlib import Path
from typing import Any, Final

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


MOST_BYTES: Final = 4096
"""The kernel's own buffer of a tty: to wait for more would be to wait on endless input."""


def receive(port: serial.Serial, longest_s: float) -> bytes:
    """Wait for a byte at least, and take whatever else is there already.

    pyserial waits for as many bytes as it is told: who wants a frame as soon as it is there has to
    ask for one byte and then for the rest, at twice the calls, ten times a second for years.

    Args:
        port: An open one.
        longest_s: How long to wait; where a URL's read cannot be ended, its own time-out counts.

    Returns:
        Up to ``MOST_BYTES``; nothing if none came in time, or ``cease`` was called meanwhile.

    Raises:
        OSError: As pyserial's errors are: the port went away.
    """
    if type(port) is not serial.Serial:
        return _received_by_url(port, longest_s)
    descriptor, stop = port.fd, port.pipe_abort_read_r
    if descriptor is None or stop is None:
        raise serial.PortNotOpenError
    ready, _, _ = select.select([descriptor, stop], [], [], longest_s)
    if stop in ready:
        os.read(stop, MOST_BYTES)
        return b""
    if not ready:
        return b""
    try:
        data = os.read(descriptor, MOST_BYTES)
    except BlockingIOError:
        return b""
    if not data:  # what is unplugged is always ready to be read, and says nothing
        raise serial.SerialException("ready to be read, and nothing there: unplugged?")
    return data


def _received_by_url(port: serial.Serial, longest_s: float) -> bytes:
    """The same by pyserial's own reads: what stands behind a URL may have no descriptor."""
    if hasattr(port, "cancel_read") and port.timeout != longest_s:
        port.timeout = longest_s
    data = bytes(port.read(1))
    waiting = min(port.in_waiting, MOST_BYTES) if data else 0
    return data + bytes(port.read(waiting)) if waiting else data


def cease(port: serial.Serial) -> None:
    """End the ``receive`` or read that is under way, or the next one. From any thread."""
    with contextlib.suppress(*PORT_ERRORS, TypeError, AttributeError):
        port.cancel_read()


def take_away(port: serial.Serial) -> None:
    """Make a port dead under a thread that hangs on it; from any thread, returns at once.

    What that thread reads or writes from now on reaches nobody. Its descriptor is not closed but
    stands for /dev/null: a closed one's number is given to the next file that is opened, and a
    thread that comes back late would write its command there. The lock goes at once, so that the
    port can be opened anew; the last close may wait for bytes that do not leave, and nobody for it.

    Source: Linux, tty_port_close_start and setserial(8), ``closing_wait``: 30 s by default.
    """
    threading.Thread(target=_taken_away, args=(port,), name="port-aside", daemon=True).start()


def _taken_away(port: serial.Serial) -> None:
    quiet = contextlib.suppress(*PORT_ERRORS, ValueError, TypeError)
    held: Any = port
    descriptor = getattr(held, "fd", None)
    if isinstance(descriptor, int):
        with quiet:
            fcntl.flock(descriptor, fcntl.LOCK_UN)
        with quiet:
            termios.tcflush(descriptor, termios.TCIOFLUSH)
        with quiet:
            null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
            try:
                os.dup2(null, descriptor, inheritable=False)
            finally:
                os.close(null)
    connection = getattr(held, "_socket", None)  # of pyserial's socket:// and rfc2217://
    if isinstance(connection, socket.socket):
        with quiet:
            connection.shutdown(socket.SHUT_RDWR)


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
