"""Twilio: one text a request, with Basic authentication; no clock is needed. Pure.

Sources: twilio.com/docs/messaging/api/message-resource (address, form fields, ``sid``),
/docs/usage/twilios-response (``code``, ``message``, ``status``) and /docs/api/errors for the codes.
"""

from __future__ import annotations

import base64
from typing import Final
from urllib.parse import urlencode

from drivers.channels.answer import Answer
from drivers.channels.sms.answers import Codes, refusal
from drivers.channels.sms.provider import Credentials, Outgoing, Request, Stamp
from drivers.channels.sms.settings import HttpSmsSettings

MOST_CHARACTERS: Final = 1600
_CODES: Final = Codes(
    # Not a number, not reachable, not a mobile, a landline; or its owner has said STOP.
    number=frozenset({"14101", "21211", "21610", "21612", "21614", "21635"}),
    # Wrong account, or a sender that is not ours or cannot text.
    route=frozenset({"20003", "20404", "21603", "21606", "21608", "21659"}),
)


class Twilio:
    """Words and reads for one account."""

    def __init__(self, settings: HttpSmsSettings, credentials: Credentials) -> None:
        account = settings.service or credentials.key
        self._url = settings.posts_to(f"/2010-04-01/Accounts/{account}/Messages.json")
        self._sender = settings.sender
        self._credentials = credentials

    def request(self, outgoing: Outgoing, stamp: Stamp) -> Request:
        """As ``Provider.request``."""
        del stamp  # nothing is signed
        form = {
            "To": outgoing.number,
            "From": self._sender,
            "Body": outgoing.text[:MOST_CHARACTERS],
        }
        login = f"{self._credentials.key}:{self._credentials.secret}".encode()
        headers = {
            "Authorization": f"Basic {base64.b64encode(login).decode()}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        return Request(self._url, outgoing.number, urlencode(form).encode(), headers)

    def outcome(self, answer: Answer, behind_s: float | None) -> str | None:
        """As ``Provider.outcome``."""
        from drivers.channels.sms import said  # noqa: PLC0415 - pydantic, with the first answer

        del behind_s  # it does not look at our clock
        taken = said.read(said.TwilioTaken, answer.body) if answer.status // 100 == 2 else None
        if taken is not None:
            return taken.sid
        error = said.read(said.TwilioError, answer.body)
        raise refusal(answer, str(error.code) if error else "", _CODES, None)
