"""CAP documents to a centre by HTTPS: what to say, and what its answer means.

Source: application/cap+xml, OASIS CAP 1.2 §5.1 and its IANA registration; status codes, RFC 9110.
Invariant: only an answer that says so settles a document; whatever a mended centre might take later
is tried again. Leaves the connection to whoever posts, and when to try again to the outbox. The
address of the centre stands in no message: it may hold a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from drivers.errors import NumberRefused, SubmitFailed

CONTENT_TYPE: Final = "application/cap+xml"

ALREADY_THERE: Final = 409
"""The centre knows this identifier: an earlier attempt arrived, only its answer did not."""

REFUSALS: Final = frozenset({400, 413, 415, 422})
"""The centre cannot take this document, and will not if it comes again: bad request, too large,
another content type, not understood. Everything else (401, 403, 404, 429, 5xx, a redirect) is a
centre or a setting that somebody can mend."""


class DocumentRefused(NumberRefused):
    """The centre refuses this document for good."""


class Answered(Protocol):
    """What the other side answered."""

    @property
    def status(self) -> int:
        """HTTP status code."""


class Poster(Protocol):
    """Whatever makes one HTTP request."""

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answered:
        """POST and return the answer, whatever its status.

        Raises:
            SubmitFailed: Certainly not sent.
            SubmitAmbiguous: It may have been sent.
        """


class CapChannel:
    """Posts documents to one centre."""

    def __init__(self, url: str, web: Poster) -> None:
        self._url = url
        self._web = web

    def submit(self, number: str, text: str, key: str) -> str | None:
        """Post one document; returns once the centre has it.

        Args:
            number: Nobody's: a document has no number.
            text: The document.
            key: Of the message, the same at every attempt; for centres that know the header.

        Returns:
            None: a centre gives no reference.

        Raises:
            DocumentRefused: The centre will never take it.
            SubmitFailed: Not taken now.
            SubmitAmbiguous: It may have been taken.
        """
        del number
        headers = {"Content-Type": CONTENT_TYPE, "Idempotency-Key": key}
        status = self._web.post(self._url, text.encode(), headers).status
        if 200 <= status < 300 or status == ALREADY_THERE:
            return None
        if status in REFUSALS:
            raise DocumentRefused(f"the centre refuses this document: HTTP {status}")
        raise SubmitFailed(f"the centre does not take documents now: HTTP {status}")
