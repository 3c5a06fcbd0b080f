"""Solapi (CoolSMS): one text a request, signed with a date and a salt. Pure.

Sources: developers.solapi.dev, references/authentication/api-key (spelling of the header, ISO 8601
date, salt of 12 to 64 bytes, HMAC of date and salt in hex, 15 minutes of skew, and
``RequestTimeTooSkewed``); solapi-python and solapi-nodejs for the address that their ``send`` posts
to and for the answer: ``groupInfo.count`` and ``failedMessageList``. The meaning of the codes in
that list is not in what could be read, so none of them refuses a number for good.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Final

from drivers.channels.answer import Answer
from drivers.channels.sms.answers import Codes, refusal
from drivers.channels.sms.korean import letter_of, national
from drivers.channels.sms.provider import Credentials, Outgoing, Request, Stamp
from drivers.channels.sms.settings import HttpSmsSettings
from drivers.errors import SubmitAmbiguous, SubmitFailed

PATH: Final = "/messages/v4/send-many/detail"
_CODES: Final = Codes(
    route=frozenset({"invalidapikey", "signaturedoesnotmatch", "notenoughbalance"}),
    clock=frozenset({"requesttimetooskewed"}),
)


class Solapi:
    """Words and reads for one account."""

    def __init__(self, settings: HttpSmsSettings, credentials: Credentials) -> None:
        self._url = settings.posts_to(PATH)
        self._sender = national(settings.sender)
        self._credentials = credentials

    def request(self, outgoing: Outgoing, stamp: Stamp) -> Request:
        """As ``Provider.request``."""
        to, letter = national(outgoing.number), letter_of(outgoing.text)
        message = {"to": to, "from": self._sender, "type": letter.kind, "text": letter.text}
        if letter.subject:
            message["subject"] = letter.subject
        body = json.dumps({"messages": [message]}, ensure_ascii=False).encode()
        headers = {
            "Authorization": authorization(self._credentials, stamp),
            "Content-Type": "application/json; charset=utf-8",
        }
        return Request(self._url, to, body, headers)

    def outcome(self, answer: Answer, behind_s: float | None) -> str | None:
        """As ``Provider.outcome``."""
        from drivers.channels.sms import said  # noqa: PLC0415 - pydantic, with the first answer

        if answer.status // 100 != 2:
            error = said.read(said.SolapiError, answer.body)
            raise refusal(answer, error.code if error else "", _CODES, behind_s)
        sent = said.read(said.SolapiSent, answer.body)
        if sent is None:
            raise refusal(answer, "", _CODES, behind_s)
        if sent.group.count.taken == 1 and not sent.failed:
            return sent.group.id
        if sent.group.count.taken == 0 and (sent.failed or sent.group.count.refused):
            code = sent.failed[0].code if sent.failed else ""
            shown = code if code.isascii() and code.isdigit() and len(code) < 6 else "unknown"
            raise SubmitFailed(f"not sent: the service did not take it, code {shown}")
        raise SubmitAmbiguous("the service says neither yes nor no: it may have been sent")


def authorization(credentials: Credentials, stamp: Stamp) -> str:
    """Return the header that proves who asks, and when."""
    date = stamp.wall_utc.strftime("%Y-%m-%dT%H:%M:%SZ")
    signed = hmac.new(credentials.secret.encode(), (date + stamp.nonce).encode(), hashlib.sha256)
    return (
        f"HMAC-SHA256 ApiKey={credentials.key}, Date={date}, salt={stamp.nonce},"
        f" signature={signed.hexdigest()}"
    )
