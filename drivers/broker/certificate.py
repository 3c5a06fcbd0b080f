"""What stands in this device's own certificate: whose it is, and until when.

Owns the reading of one PEM file. Invariant: what cannot be read is unknown, never an error: whether
the file can be used at all is found out by TLS itself.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is known of a certificate; None where it does not say.

    Attributes:
        common_name: CN of its subject: the site's id, by which a broker knows the bell.
        valid_from_s: Seconds since 1970.
        valid_until_s: Likewise.
    """

    common_name: str | None
    valid_from_s: float | None
    valid_until_s: float | None


def certificate_of(path: str) -> Certificate | None:
    """Read the first certificate of a PEM file; None if there is none."""
    found = decoded(path)
    if not found:
        return None
    return Certificate(
        _common_name(found.get("subject")),
        _seconds(found, "notBefore"),
        _seconds(found, "notAfter"),
    )


def decoded(path: str) -> Mapping[str, Any]:
    """The first certificate of a PEM file, read by what CPython's own tests read theirs with.

    The standard library has no public way, and a package for one date would cost the daemon 8 MiB.
    """
    decode = getattr(getattr(ssl, "_ssl", None), "_test_decode_cert", None)
    try:
        return dict(decode(path)) if decode is not None else {}
    except (OSError, ssl.SSLError, ValueError):
        return {}


def _common_name(subject: Any) -> str | None:  # noqa: ANN401 - nested tuples, as ssl has them
    for parts in subject or ():
        for key, value in parts:
            if key == "commonName":
                return str(value)
    return None


def _seconds(found: Mapping[str, Any], key: str) -> float | None:
    with contextlib.suppress(KeyError, TypeError, ValueError):
        return float(ssl.cert_time_to_seconds(str(found[key])))
    return None
