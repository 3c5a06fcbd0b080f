"""One text to one person through a web service.

Owns the last gate of this way out, and the order: gate, words, gate again, post, meaning.
Invariant: no request is made for a number that is not a person's, whoever asks; an error names
neither the number nor a secret. When to try again, and what else to try, is for the outbox.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from drivers.channels.sms.answers import SKEW_S, behind_s, clock_words
from drivers.channels.sms.provider import Credentials, Outgoing, Provider, Stamp
from drivers.channels.sms.sens import Sens
from drivers.channels.sms.settings import HttpSmsSettings
from drivers.channels.sms.solapi import Solapi
from drivers.channels.sms.twilio import Twilio
from drivers.channels.sms.webhook import Webhook
from drivers.channels.web import Web
from drivers.errors import ClockRefused, RouteRefused, SubmitFailed
from drivers.modem.interlock import refuse_all_but_people

_NONCE_BYTES: Final = 16  # 32 digits: Solapi wants 12 to 64

PROVIDERS: Final[dict[str, Callable[[HttpSmsSettings, Credentials], Provider]]] = {
    "solapi": Solapi,
    "sens": Sens,
    "twilio": Twilio,
    "webhook": Webhook,
}


class SmsChannel:
    """Texts people by the service that the settings name.

    Args:
        settings: ``[http_sms]``.
        credentials: What the service knows us by; None if a named file could not be read.
        report_number: ``report.number``: whatever else goes, this one does not.
        web: For the requests.
        wall_utc: This device's wall clock.
    """

    def __init__(
        self,
        settings: HttpSmsSettings,
        credentials: Credentials | None,
        *,
        report_number: str,
        web: Web,
        wall_utc: Callable[[], datetime],
    ) -> None:
        self._provider = (
            None if credentials is None else PROVIDERS[settings.provider](settings, credentials)
        )
        self._settings = settings
        self._report_number = report_number
        self._web = web
        self._wall_utc = wall_utc

    def submit(self, number: str, text: str, key: str) -> str | None:
        """Hand one text to the service.

        Args:
            number: A person's, in E.164.
            text: The whole text.
            key: The same whenever this text is tried again.

        Returns:
            The service's id of the text, if it gave one.

        Raises:
            ReportWithheld: The number is not a person's; nothing was sent.
            DriverError: As ``Provider.outcome`` and ``Web.post``.
        """
        refuse_all_but_people(number, self._report_number)
        if self._provider is None:
            raise RouteRefused("not sent: the file of a credential of [http_sms] is missing")
        outgoing = Outgoing(number, text, key)
        stamp = Stamp(self._wall_utc(), secrets.token_hex(_NONCE_BYTES))
        request = self._provider.request(outgoing, stamp)
        refuse_all_but_people(request.to, self._report_number)
        answer = self._web.post(request.url, request.body, request.headers)
        return self._provider.outcome(answer, behind_s(answer, self._wall_utc()))

    def look(self) -> None:
        """See whether the service answers and has our time; sends neither text nor key.

        Raises:
            DriverError: It does not, or it says that it is not well.
        """
        answer = self._web.head(front_page(self._settings))
        behind = behind_s(answer, self._wall_utc())
        if behind is not None and abs(behind) > SKEW_S:
            raise ClockRefused(clock_words(behind))
        if answer.status == 429 or answer.status >= 500:
            raise SubmitFailed(f"HTTP {answer.status}: the service is not well")


def front_page(settings: HttpSmsSettings) -> str:
    """Return what can be asked for without sending anything: no path, which may hold a secret."""
    parts = urlsplit(settings.address)
    return f"{parts.scheme}://{parts.netloc}/"
