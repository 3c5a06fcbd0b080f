"""A webhook of one's own: JSON out, any 2xx is yes. Pure.

What is posted and what may be answered is described in ``docs/http-sms.md``; that page is the
contract with whoever writes the other end.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Final

from drivers.channels.answer import Answer
from drivers.channels.sms.answers import Codes, refusal
from drivers.channels.sms.provider import Credentials, Outgoing, Request, Stamp
from drivers.channels.sms.settings import HttpSmsSettings

_CODES: Final = Codes(number=frozenset({"number"}), clock=frozenset({"clock"}))


class Webhook:
    """Words and reads for one address."""

    def __init__(self, settings: HttpSmsSettings, credentials: Credentials) -> None:
        self._url = settings.url or ""
        self._sender = settings.sender
        self._credentials = credentials

    def request(self, outgoing: Outgoing, stamp: Stamp) -> Request:
        """As ``Provider.request``."""
        message = {
            "to": outgoing.number,
            "from": self._sender,
            "text": outgoing.text,
            "key": outgoing.key,
            "ts": stamp.wall_utc.strftime("%Y-%m-%dT%H:%M:%S.%fZ")[:-4] + "Z",
        }
        body = json.dumps(message, ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Idempotency-Key": outgoing.key,
        }
        if self._credentials.key:
            headers["Authorization"] = f"Bearer {self._credentials.key}"
        if self._credentials.secret:
            headers["X-Floodbell-Signature"] = f"sha256={signature(self._credentials, body)}"
        return Request(self._url, outgoing.number, body, headers)

    def outcome(self, answer: Answer, behind_s: float | None) -> str | None:
        """As ``Provider.outcome``."""
        from drivers.channels.sms import said  # noqa: PLC0415 - pydantic, with the first answer

        if answer.status // 100 == 2:
            taken = said.read(said.WebhookTaken, answer.body)
            return taken.id if taken else None
        error = said.read(said.WebhookError, answer.body)
        signed = behind_s if self._credentials.secret else None
        raise refusal(answer, error.code if error else "", _CODES, signed)


def signature(credentials: Credentials, body: bytes) -> str:
    """Return the HMAC-SHA256 of the body in hex: of its bytes, so that nothing is re-encoded."""
    return hmac.new(credentials.secret.encode(), body, hashlib.sha256).hexdigest()
