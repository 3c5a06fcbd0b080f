"""What a failed connection or a reason code means to the person who has to act on it.

Invariant: every failure gets words that name what to look at; those that are seen in the field, a
remedy. Decides nothing.
"""

from __future__ import annotations

import errno
import socket
import ssl
from typing import Final

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


def words_for_refusal(code: int) -> str:
    """Words for a reason code of CONNACK, PUBACK or DISCONNECT."""
    return _WORDS.get(code, f"the broker refuses, with reason code 0x{code:02X}")


_CERTIFICATE_WORDS: Final = {
    # X509_V_ERR_*, OpenSSL's x509_vfy.h
    9: "the broker's certificate is not valid yet: is this device's clock right?",
    10: "the broker's certificate has expired (or this device's clock is ahead)",
    18: "the broker's certificate is self-signed: it is not from the CA in mqtt.ca",
    19: "the broker's certificate is from another CA than mqtt.ca",
    20: "the broker's certificate is from another CA than mqtt.ca",
    21: "the broker's certificate is from another CA than mqtt.ca",
    23: "the broker's certificate has been revoked",
    62: "the broker's certificate is for another name than {host}",
    64: "the broker's certificate is for another address than {host}",
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
_ERRNO_WORDS: Final = {
    errno.ECONNREFUSED: "{host} refuses the connection: is the broker running on that port?",
    errno.ETIMEDOUT: "{host} does not answer",
    errno.EHOSTUNREACH: "there is no way to {host}",
    errno.ENETUNREACH: "there is no network",
    errno.ECONNRESET: "the broker cut the connection",
    errno.EPIPE: "the broker cut the connection",
}


def words_for(error: Exception, host: str) -> str:
    """Say in words that help a technician why a connection failed."""
    if isinstance(error, ssl.SSLCertVerificationError):
        known = _CERTIFICATE_WORDS.get(error.verify_code)
        return known.format(host=host) if known else f"broker's certificate: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return _words_for_tls(error, host)
    if isinstance(error, socket.gaierror):
        if error.errno == socket.EAI_AGAIN:
            return f"no name server answers, so {host} cannot be found: check the network's DNS"
        return f"{host} is not known: check mqtt.host, the network and its DNS ({error.strerror})"
    if isinstance(error, OSError) and error.errno in _ERRNO_WORDS:
        return _ERRNO_WORDS[error.errno].format(host=host)
    return f"{host}: {error}"


def _words_for_tls(error: ssl.SSLError, host: str) -> str:
    if isinstance(error, ssl.SSLEOFError):
        return f"{host} cut the TLS connection: does it speak TLS here, and take our certificate?"
    reason = error.reason or ""
    for part, words in _ALERT_WORDS.items():
        if part in reason:
            return words
    return f"TLS with {host} failed: {reason or error}"
