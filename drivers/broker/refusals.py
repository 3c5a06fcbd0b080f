"""What a failed connection or a reason code means to the person who has to act on it.

Invariant: every failure gets words that name what to look at, and a code of its cause, so that
nobody has to match the words; those that are seen in the field, a remedy. Decides nothing.
"""

from __future__ import annotations

import errno
import socket
import ssl
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, Self

from drivers.errors import BrokerGone


class Cause(StrEnum):
    """What kept us from the broker, as far as somebody would do something else about it."""

    NAME_UNKNOWN = "name_unknown"
    NO_NAME_SERVER = "no_name_server"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    NO_NETWORK = "no_network"
    CUT = "cut"
    IN_THE_CLEAR = "in_the_clear"
    FILES = "files"
    BROKER_NOT_YET_VALID = "broker_not_yet_valid"
    BROKER_EXPIRED = "broker_expired"
    WRONG_CA = "wrong_ca"
    BROKER_REVOKED = "broker_revoked"
    WRONG_NAME = "wrong_name"
    DEVICE_EXPIRED = "device_expired"
    DEVICE_REVOKED = "device_revoked"
    DEVICE_MISSING = "device_missing"
    DEVICE_UNKNOWN = "device_unknown"
    DEVICE_REFUSED = "device_refused"
    NO_TLS = "no_tls"
    LOGIN_REFUSED = "login_refused"
    NOT_ALLOWED = "not_allowed"
    VERSION = "version"
    CLIENT_ID = "client_id"
    BUSY = "busy"
    SILENT = "silent"
    OTHER = "other"


class Told(str):
    """Words with the code of their cause; it gets lost where words are put together."""

    __slots__ = ("cause",)
    cause: Cause

    def __new__(cls, words: str, cause: Cause) -> Self:
        """Keep both."""
        told = super().__new__(cls, words)
        told.cause = cause
        return told


def cause_of(gone: BrokerGone) -> Cause:
    """Return why there is no connection, as far as it has a code."""
    words = gone.args[0] if gone.args else ""
    return words.cause if isinstance(words, Told) else Cause.OTHER


# Source: MQTT 5.0 (OASIS, 2019), 2.4 and 3.2.2.2; paho turns the return codes of 3.1.1 into these.

_WORDS: Final = {
    0x00: "the broker ended the connection",
    0x84: "the broker does not speak this version of MQTT: try mqtt.version = 3",
    0x85: "the broker refuses the client id: it must be site.id",
    0x86: "the broker refuses the login: check mqtt.username and the password's file",
    0x87: "the broker does not allow this device: check its login or certificate, and the rules",
    0x88: "the broker is not available now",
    0x89: "the broker is busy",
    0x8A: "the broker has banned this device",
    0x8B: "the broker is shutting down",
    0x8C: "the broker wants another way of logging in",
    0x8D: "the broker heard nothing from us for too long",
    0x8E: "another device connected with the same site.id: each needs its own",
    0x90: "the broker refuses a topic: check its access rules",
    0x93: "the broker says that too much was under way at once",
    0x95: "the broker says that a message was too large",
    0x96: "the broker says that we send too fast",
    0x97: "the broker's quota is used up",
    0x98: "an administrator ended the connection",
    0x99: "the broker refuses the format of a message",
    0x9A: "the broker keeps no retained messages: the centre would not see the present state",
    0x9B: "the broker does not support QoS 1",
    0x9C: "the broker says to use another server",
    0x9D: "the broker has moved to another server",
    0x9F: "the broker takes no more connections at this rate",
}


_CAUSES: Final = {
    0x84: Cause.VERSION,
    0x85: Cause.CLIENT_ID,
    0x86: Cause.LOGIN_REFUSED,
    0x87: Cause.NOT_ALLOWED,
    0x88: Cause.BUSY,
    0x89: Cause.BUSY,
    0x8A: Cause.NOT_ALLOWED,
    0x8C: Cause.LOGIN_REFUSED,
    0x8E: Cause.CLIENT_ID,
    0x90: Cause.NOT_ALLOWED,
    0x97: Cause.BUSY,
    0x9F: Cause.BUSY,
}


def words_for_refusal(code: int) -> Told:
    """Words for a reason code of CONNACK, PUBACK or DISCONNECT."""
    words = _WORDS.get(code, f"the broker refuses, with reason code 0x{code:02X}")
    return Told(words, _CAUSES.get(code, Cause.OTHER))


_CERTIFICATE_CAUSES: Final = {
    # X509_V_ERR_*, OpenSSL's x509_vfy.h
    9: Cause.BROKER_NOT_YET_VALID,
    10: Cause.BROKER_EXPIRED,
    18: Cause.WRONG_CA,
    19: Cause.WRONG_CA,
    20: Cause.WRONG_CA,
    21: Cause.WRONG_CA,
    23: Cause.BROKER_REVOKED,
    62: Cause.WRONG_NAME,
    64: Cause.WRONG_NAME,
}
_CERTIFICATE_WORDS: Final = {
    # X509_V_ERR_*, OpenSSL's x509_vfy.h
    9: "the broker's certificate is not valid yet: is this device's clock right? It says {today}",
    10: "the broker's certificate has expired (or this device's clock is ahead: it says {today})",
    18: "the broker's certificate is self-signed: it is not from the CA in mqtt.ca",
    19: "the broker's certificate is from another CA than mqtt.ca",
    20: "the broker's certificate is from another CA than mqtt.ca",
    21: "the broker's certificate is from another CA than mqtt.ca",
    23: "the broker's certificate has been revoked",
    62: "the broker's certificate is for another name than {host}",
    64: "the broker's certificate is for another address than {host}",
}
_ALERT_CAUSES: Final = {
    "CERTIFICATE_EXPIRED": Cause.DEVICE_EXPIRED,
    "CERTIFICATE_REVOKED": Cause.DEVICE_REVOKED,
    "CERTIFICATE_REQUIRED": Cause.DEVICE_MISSING,
    "UNKNOWN_CA": Cause.DEVICE_UNKNOWN,
    "UNSUPPORTED_CERTIFICATE": Cause.DEVICE_REFUSED,
    "BAD_CERTIFICATE": Cause.DEVICE_REFUSED,
    "HANDSHAKE_FAILURE": Cause.DEVICE_MISSING,
    "UNEXPECTED_EOF": Cause.DEVICE_REFUSED,
    "PROTOCOL_VERSION": Cause.NO_TLS,
    "WRONG_VERSION_NUMBER": Cause.NO_TLS,
}
_ALERT_WORDS: Final = {
    "CERTIFICATE_EXPIRED": "the broker says that this device's certificate has expired",
    "CERTIFICATE_REVOKED": "the broker says that this device's certificate has been revoked",
    "CERTIFICATE_REQUIRED": "the broker wants a certificate: set mqtt.cert and mqtt.key_credential",
    "UNKNOWN_CA": "the broker does not know the CA of this device's certificate",
    "UNSUPPORTED_CERTIFICATE": "the broker refuses this device's certificate: it is not one of a"
    " device; is it the broker's own?",
    "BAD_CERTIFICATE": "the broker refuses this device's certificate",
    "HANDSHAKE_FAILURE": "the broker refuses the TLS handshake: does it want a certificate?",
    "UNEXPECTED_EOF": "the broker cut the TLS connection: does it take this device's certificate?",
    "PROTOCOL_VERSION": "the broker has no TLS 1.2 or newer",
    "WRONG_VERSION_NUMBER": "the broker does not speak TLS on this port",
}
_ERRNO_CAUSES: Final = {
    errno.ECONNREFUSED: Cause.REFUSED,
    errno.ETIMEDOUT: Cause.TIMEOUT,
    errno.EHOSTUNREACH: Cause.NO_NETWORK,
    errno.ENETUNREACH: Cause.NO_NETWORK,
    errno.ECONNRESET: Cause.CUT,
    errno.EPIPE: Cause.CUT,
}
_ERRNO_WORDS: Final = {
    errno.ECONNREFUSED: "{host} refuses the connection: is the broker running on that port?",
    errno.ETIMEDOUT: "{host} does not answer",
    errno.EHOSTUNREACH: "there is no way to {host}",
    errno.ENETUNREACH: "there is no network",
    errno.ECONNRESET: "the broker cut the connection",
    errno.EPIPE: "the broker cut the connection",
}


def words_for(error: Exception, host: str) -> Told:
    """Say in words that help a technician why a connection failed."""
    if isinstance(error, ssl.SSLCertVerificationError):
        known = _CERTIFICATE_WORDS.get(error.verify_code)
        known = known or f"broker's certificate: {error.verify_message}"
        return Told(
            known.replace("{host}", host).replace("{today}", _today()),
            _CERTIFICATE_CAUSES.get(error.verify_code, Cause.WRONG_CA),
        )
    if isinstance(error, ssl.SSLError):
        return _words_for_tls(error, host)
    if isinstance(error, socket.gaierror):
        if error.errno == socket.EAI_AGAIN:
            words = f"no name server answers, so {host} cannot be found: check the network's DNS"
            return Told(words, Cause.NO_NAME_SERVER)
        words = f"{host} is not known: check mqtt.host, the network and its DNS ({error.strerror})"
        return Told(words, Cause.NAME_UNKNOWN)
    if isinstance(error, OSError) and error.errno in _ERRNO_WORDS:
        return Told(_ERRNO_WORDS[error.errno].format(host=host), _ERRNO_CAUSES[error.errno])
    return Told(f"{host}: {error}", Cause.OTHER)


def _today() -> str:
    """What day it is by the clock that judges certificates: the kernel's, right or wrong."""
    return f"{datetime.now(UTC):%Y-%m-%d}"


def _words_for_tls(error: ssl.SSLError, host: str) -> Told:
    if isinstance(error, ssl.SSLEOFError):
        words = f"{host} cut the TLS connection: does it speak TLS here, and take our certificate?"
        return Told(words, Cause.DEVICE_REFUSED)
    reason = error.reason or ""
    for part, words in _ALERT_WORDS.items():
        if part in reason:
            return Told(words, _ALERT_CAUSES[part])
    return Told(f"TLS with {host} failed: {reason or error}", Cause.OTHER)
