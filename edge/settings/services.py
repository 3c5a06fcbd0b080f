"""What the settings of a web service for texts must fulfil together with the rest.

Owns the rules of ``[http_sms]``; invariant and form are those of ``checks``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from drivers.channels.sms.settings import ONLY_KOREA, HttpSmsSettings
from edge.settings.places import gone
from edge.settings.problems import Problem, shown
from edge.settings.tree import Settings

_KOREA: Final = "+82"


def check_http_sms(settings: Settings, broken: Collection[str]) -> Iterator[Problem]:
    """A webhook has a place, nothing leaves in the clear, and nobody is out of its reach."""
    http_sms = settings.http_sms
    if http_sms is None:
        return
    if gone(broken, "http_sms.provider"):
        return
    if http_sms.provider == "webhook" and http_sms.url is None and "http_sms.url" not in broken:
        yield Problem("http_sms.url", "nothing", "a URL: a webhook has none of its own")
    if http_sms.in_the_clear:
        yield Problem("http_sms.url", shown(http_sms.url), "https, or a service on this machine")
    if http_sms.provider in ONLY_KOREA:
        yield from _outside_korea(settings, http_sms, broken)


def _outside_korea(
    settings: Settings, http_sms: HttpSmsSettings, broken: Collection[str]
) -> Iterator[Problem]:
    if not http_sms.sender.startswith(_KOREA):
        yield Problem("http_sms.sender", shown(http_sms.sender), "a number in Korea, +82…")
    for contact_id, contact in settings.contacts.items():
        if any(gone(broken, f"contacts.{contact_id}.{key}") for key in ("phone", "routes")):
            continue
        if settings.routes_to(contact_id) == ("http",) and not contact.phone.startswith(_KOREA):
            yield Problem(
                f"contacts.{contact_id}.phone",
                "a number outside Korea and no other route",
                f"a number in Korea: {http_sms.provider} texts no other; or the modem as a route",
            )
