"""Check of the web service for texts: it answers, over TLS, and has our time. Nothing is sent.

The service is asked for the headers of its front page only: no key leaves, and no text.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

from drivers.channels.sms.answers import SKEW_S, behind_s
from drivers.channels.sms.channel import front_page
from drivers.channels.web import Web
from drivers.errors import SubmitAmbiguous, SubmitFailed
from edge.diagnose.examination import Examination
from edge.diagnose.verdict import Subject, Verdict, bad, good, skip
from edge.locale import _

ANSWERS_WITHIN_S = 10.0


def check_http_sms(examination: Examination) -> Iterator[Verdict]:
    """Whether texts could leave by the second way."""
    subject = Subject("http_sms", _("web service for texts"))
    settings = examination.settings.http_sms
    if settings is None:
        yield skip(subject, _("none in the settings: texts have no second way"))
        return
    if settings.missing:
        yield bad(
            subject,
            _("the settings lack {keys}").format(
                keys=", ".join(f"http_sms.{key}" for key in settings.missing)
            ),
            _("set them: until then no text leaves this way (docs/http-sms.md)"),
        )
        return
    page = front_page(settings)
    host = urlsplit(page).hostname
    try:
        answer = Web(answer_within_s=ANSWERS_WITHIN_S).head(page)
    except (SubmitFailed, SubmitAmbiguous) as fault:
        yield bad(
            subject,
            str(fault),
            _("check the internet connection, http_sms.url and this machine's clock"),
        )
        return
    behind = behind_s(answer, datetime.now(UTC))
    if behind is not None and abs(behind) > SKEW_S:
        yield bad(
            subject,
            _("{host} answers, but its clock is {minutes} min away from this machine's").format(
                host=host, minutes=round(abs(behind) / 60)
            ),
            _("set the clock: signed requests are refused until then"),
        )
        return
    yield good(subject, _("{host} answers; nothing was sent").format(host=host))
