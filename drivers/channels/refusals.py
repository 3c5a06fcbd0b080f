"""What a failed connection to a web service means to the person who has to act on it.

Invariant: the words name the host and what to look at, and nothing else of the address: a path may
hold a secret. Decides nothing.
"""

from __future__ import annotations

import errno
import socket
import ssl
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Final

_CERTIFICATE_WORDS: Final = {
    # X509_V_ERR_*, OpenSSL's x509_vfy.h
    9: "is not valid yet: is this device's clock right? It says {today}",
    10: "has expired, or this device's clock is ahead: it says {today}",
    18: "is self-signed",
    19: "is from an authority that this device does not know",
    20: "is from an authority that this device does not know",
    21: "is from an authority that this device does not know",
    62: "is for another name",
    64: "is for another address",
}
_ERRNO_WORDS: Final = {
    errno.ECONNREFUSED: "refuses the connection",
    errno.ECONNRESET: "cut the connection",
    errno.EPIPE: "cut the connection",
    errno.ETIMEDOUT: "does not answer",
    errno.EHOSTUNREACH: "cannot be reached",
    errno.ENETUNREACH: "cannot be reached: there is no network",
}


def words_for(error: BaseException, host: str) -> str:
    """Say in words that help a technician why there is no connection, or none any more.

    Args:
        error: What was raised, or what urllib3 made of it.
        host: Name of the service.
    """
    error = _cause_of(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        fault = _CERTIFICATE_WORDS.get(error.verify_code, f"is bad: {error.verify_message}")
        return f"{host}: its certificate {fault.replace('{today}', _today())}"
    if isinstance(error, ssl.SSLError):
        return f"{host}: TLS failed: {error.reason or 'cut'}"
    if isinstance(error, socket.gaierror):
        return f"{host} is not known: check the network and its DNS ({error.strerror})"
    if isinstance(error, TimeoutError):
        return f"{host} does not answer"
    if isinstance(error, OSError) and error.errno in _ERRNO_WORDS:
        return f"{host} {_ERRNO_WORDS[error.errno]}"
    if isinstance(error, ConnectionError):
        return f"{host} cut the connection"
    if isinstance(error, HTTPException):
        return f"{host} does not speak HTTP as it should"
    return f"{host}: {type(error).__name__}"


def _today() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d}"


def _cause_of(error: BaseException) -> BaseException:
    """The library wraps what the system said; the system's own words are the useful ones."""
    while not isinstance(error, OSError) and error.__cause__ is not None:
        error = error.__cause__
    return error
