"""What can go wrong at a port, and whether to try again.

::

    DriverError
    ├── TransientError            try again, the same way
    │   ├── NoResponse            nothing came within the time-out (cable, power, hung device)
    │   ├── BadFrame              bytes came, but not a valid frame (noise, wrong baud rate)
    │   ├── OutOfRange            a valid frame: "no echo", or outside the sensor's range
    │   ├── PortGone              the port vanished or cannot be opened now (unplugged)
    │   ├── NotRegistered         the modem has no network
    │   ├── SubmitFailed          "not now": the text was certainly not sent
    │   │   └── Throttled         not before a time that the service names
    │   ├── SubmitAmbiguous       silence after the text was handed over: it may have been sent
    │   └── BrokerGone            no connection to the broker
    └── PermanentError            trying again changes nothing until somebody acts
        ├── WrongWiring           a pin or port that cannot work as configured
        ├── SimLocked             the SIM wants a PIN or PUK, or is missing
        ├── RouteRefused          the service refuses us, not the text: key, account or sender
        │   └── ClockRefused      because our clock is off
        ├── NumberRefused         the network refuses this number for good
        └── ReportWithheld        the interlock: unarmed, no live origin, or too many reports

Callers decide by type; nobody matches message text. A message carries what was seen and what to do.
"""

from __future__ import annotations


class DriverError(Exception):
    """Anything a driver raises on purpose; any other exception out of a driver is our bug."""


class TransientError(DriverError):
    """Try again: the same call may succeed."""


class NoResponse(TransientError, TimeoutError):
    """Nothing came within the time-out."""


class BadFrame(TransientError, ValueError):
    """Bytes came, but they are not a valid frame."""


class OutOfRange(TransientError, ValueError):
    """The sensor says that it sees nothing, or a value outside its range."""


class PortGone(TransientError, OSError):
    """The port vanished, or cannot be opened now."""


class NotRegistered(TransientError):
    """The modem has no network."""


class SubmitFailed(TransientError):
    """The modem or the network said "not now"; the text was certainly not sent."""


class Throttled(SubmitFailed):
    """The service wants no more texts for now; the same one may be tried after ``wait_s``."""

    def __init__(self, message: str, wait_s: float) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class SubmitAmbiguous(TransientError):
    """Silence after the text was handed over: it may have been sent, it may not."""


class BrokerGone(TransientError, ConnectionError):
    """No connection to the broker."""


class PermanentError(DriverError):
    """Trying again changes nothing until somebody acts."""


class WrongWiring(PermanentError, ValueError):
    """A pin or port that cannot work as configured."""


class SimLocked(PermanentError):
    """The SIM wants a PIN or PUK, or is missing."""


class RouteRefused(PermanentError):
    """The service refuses this device, whatever the text: its key, its account or its sender.

    No fault of the message: it goes by another route, and by this one once somebody has acted.
    """


class ClockRefused(RouteRefused):
    """The service refuses signed requests because this device's clock is off: it may be set yet."""


class NumberRefused(PermanentError):
    """The network refuses this number for good."""


class ReportWithheld(PermanentError):
    """The interlock refused: unarmed, no live origin, or too many reports."""


def in_our_words(error: Exception) -> str:
    """Return what may be told of an error: a library's own words could carry a number."""
    return str(error) if isinstance(error, DriverError) else type(error).__name__
