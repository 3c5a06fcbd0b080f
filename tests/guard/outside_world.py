"""What no test may touch: other machines, names that only a name server knows, and real devices.

A test that dials out could one day reach 119. Python reports every socket and every opened file to
audit hooks, and a hook that raises stops the call. A hook cannot be taken out again, so it asks
``armed`` each time. What was stopped is also remembered: code under test may survive the exception.
"""

from __future__ import annotations

import ipaddress
import os
import re
import socket
import sys
from pathlib import Path

# Set for child processes, which append what they were stopped from, one line each.
LOG_VARIABLE = "FLOODBELL_GUARD_LOG"

_DEVICE = re.compile(r"/dev/(tty[A-Za-z]+|serial/|gpiochip|gpiomem|spidev|i2c-|watchdog|mem$)")
_LOOKUPS = {"socket.getaddrinfo", "socket.gethostbyname"}
_CALLS = {"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"}

armed = False
stopped: list[str] = []


class OutsideWorldError(RuntimeError):
    """A test tried to touch something that is not its own."""


def _address(host: object) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(str(host).split("%", maxsplit=1)[0])
    except ValueError:
        return None


def _names_this_machine(host: object) -> bool:
    return host in (None, "localhost", b"localhost", socket.gethostname())


def _bad_call(event: str, sock: object, address: object) -> str | None:
    inet = isinstance(sock, socket.socket) and sock.family in (socket.AF_INET, socket.AF_INET6)
    if not inet or not isinstance(address, tuple) or _names_this_machine(address[0]):
        return None
    number = _address(address[0])
    if number is not None and number.is_loopback:
        return None
    if event == "socket.bind" and address[1] == 0 and not (number and int(number)):
        return None  # how a client asks for any port of its own; whom it calls is another event
    return f"{event} to {address[0]}:{address[1]}, which is not loopback"


def _bad_lookup(event: str, host: object) -> str | None:
    # A number asks nobody; what is then done with it is another event.
    if _names_this_machine(host) or _address(host) is not None:
        return None
    return f"{event} of {host!r}, which a name server would hear of"


def _bad_file(path: object) -> str | None:
    if not isinstance(path, str | bytes) or not _DEVICE.match(os.fsdecode(path)):
        return None
    return f"opening {os.fsdecode(path)}, a real device"


def fault(event: str, args: tuple[object, ...]) -> str | None:
    """Say what is wrong with an audited call, or None."""
    if event == "open":
        return _bad_file(args[0])
    if event in _CALLS:
        return _bad_call(event, args[0], args[1])
    if event in _LOOKUPS:
        return _bad_lookup(event, args[0])
    return None


def _hook(event: str, args: tuple[object, ...]) -> None:
    if not armed or not (event == "open" or event.startswith("socket.")):
        return
    if (what := fault(event, args)) is None:
        return
    stopped.append(what)
    if log := os.environ.get(LOG_VARIABLE):
        with Path(log).open("a", encoding="utf-8") as file:
            file.write(f"{what} (in {' '.join(sys.orig_argv)})\n")
    raise OutsideWorldError(f"a test may not do this: {what}")


def install() -> None:
    """Put the hook in; it stays for the life of the process and does nothing until ``armed``."""
    sys.addaudithook(_hook)
