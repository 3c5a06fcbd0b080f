"""Naver Cloud's SENS: one text a request, signed with the path and a time. Pure.

Sources: api.ncloud-docs.com, sens-sms-send (address, body, byte limits, numbers in digits only) and
sens-overview (headers; a time that is more than five minutes off is refused); api-gov.ncloud-docs
.com, api-call-lgc-errorhandling (401 with 200 and 210, 404 with 300, 429). The government's zone is
``url = "https://sens.apigw.gov-ntruss.com"``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from drivers.channels.answer import Answer
from drivers.channels.sms.answers import Codes, refusal
from drivers.channels.sms.korean import letter_of, national
from drivers.channels.sms.provider import Credentials, Outgoing, Request, Stamp
from drivers.channels.sms.settings import HttpSmsSettings

if TYPE_CHECKING:
    from drivers.channels.sms.said import SensFault

_CLOCK: Final = "timestamp"
_CODES: Final = Codes(route=frozenset({"200", "210", "300"}), clock=frozenset({_CLOCK}))


class Sens:
    """Words and reads for one service of one account."""

    def __init__(self, settings: HttpSmsSettings, credentials: Credentials) -> None:
        self._url = settings.posts_to(f"/sms/v2/services/{settings.service}/messages")
        self._sender = national(settings.sender)
        self._credentials = credentials

    def request(self, outgoing: Outgoing, stamp: Stamp) -> Request:
        """As ``Provider.request``."""
        to, letter = national(outgoing.number), letter_of(outgoing.text)
        message = {
            "type": letter.kind,
            "contentType": "COMM",
            "countryCode": "82",
            "from": self._sender,
            "content": letter.text,
            "messages": [{"to": to}],
        }
        if letter.subject:
            message["subject"] = letter.subject
        timestamp = str(int(stamp.wall_utc.timestamp() * 1000))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "x-ncp-apigw-timestamp": timestamp,
            "x-ncp-iam-access-key": self._credentials.key,
            "x-ncp-apigw-signature-v2": signature(self._credentials, self._url, timestamp),
        }
        return Request(self._url, to, json.dumps(message, ensure_ascii=False).encode(), headers)

    def outcome(self, answer: Answer, behind_s: float | None) -> str | None:
        """As ``Provider.outcome``."""
        from drivers.channels.sms import said  # noqa: PLC0415 - pydantic, with the first answer

        accepted = said.read(said.SensAccepted, answer.body) if answer.status == 202 else None
        if accepted is not None and accepted.status == "202":
            return accepted.request_id
        error = said.read(said.SensError, answer.body)
        raise refusal(answer, _code_of(error.error) if error else "", _CODES, behind_s)


def _code_of(fault: SensFault) -> str:
    """A wrong key and a wrong clock have one code; only the details tell them apart."""
    return _CLOCK if _CLOCK in fault.details.lower() else str(fault.code)


def signature(credentials: Credentials, url: str, timestamp: str) -> str:
    """Sign method, path, time and key; base64 of an HMAC-SHA256."""
    signed = f"POST {urlsplit(url).path}\n{timestamp}\n{credentials.key}".encode()
    mac = hmac.new(credentials.secret.encode(), signed, hashlib.sha256)
    return base64.b64encode(mac.digest()).decode()
