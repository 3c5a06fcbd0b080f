"""Whether those who are to be told can be: the number of 119, and of every contact.

Invariant: no telephone number is shown; what doctor says may be sent to the maintainers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from drivers.modem.pdu import PduError, Submit
from edge.diagnose.examination import Examination
from edge.diagnose.verdict import Subject, Verdict, bad, good, skip, warn
from edge.locale import _

if TYPE_CHECKING:
    from edge.settings import Settings

_INTERNATIONAL_DIGITS = 7
"""Shorter with a plus it is no subscriber's: ITU-T E.164 and the settings' own rule."""


def check_numbers(examination: Examination) -> Iterator[Verdict]:
    """A verdict for the number of the report, and one for each contact."""
    settings = examination.settings
    yield _report_number(settings)
    for contact_id in settings.contacts:
        yield _contact(contact_id, settings)


def _report_number(settings: Settings) -> Verdict:
    name = Subject("report_number", _("number of the report"))
    number = settings.report.number
    if settings.modem is None:
        return skip(name, _("no modem: no report leaves"))
    if number.startswith("+") and len(number) - 1 <= _INTERNATIONAL_DIGITS:
        return bad(
            name,
            _("{number}: an emergency number with a country code reaches nobody").format(
                number=number
            ),
            _('set report.number = "119"'),
        )
    try:
        Submit(number, "").to_bytes()
    except PduError:
        return bad(name, _("not a number that can be texted"), _('set report.number = "119"'))
    if number != "119":
        return warn(
            name,
            _("{number}, not 119: good for a trial only").format(number=number),
            _('set report.number = "119"'),
        )
    return good(name, _("119 as it is dialled, without a country code"))


def _contact(contact_id: str, settings: Settings) -> Verdict:
    name = Subject(f"contact:{contact_id}", _("contact {id}").format(id=contact_id))
    routes = ", ".join(settings.routes_to(contact_id))
    region, kind = _sort_of(settings.contacts[contact_id].phone)
    found = _("{kind} ({region}), by {routes}").format(
        kind=_kind_words(kind), region=region, routes=routes
    )
    if kind == "mobile":
        return good(name, found)
    remedy = _("ask for a mobile number, then: floodbell modem sms {id}").format(id=contact_id)
    if kind == "unknown":
        return warn(name, _("no number that its country has given out"), remedy)
    return warn(name, _("{found}: it may take no texts").format(found=found), remedy)


def _kind_words(kind: str) -> str:
    words = {"mobile": _("mobile"), "land line": _("land line"), "internet": _("internet phone")}
    return words.get(kind, _("no ordinary line"))


def _sort_of(phone: str) -> tuple[str, str]:
    """The country of a number and what kind of line it is, by the plans of the ITU's members."""
    import phonenumbers  # noqa: PLC0415 - the numbering plans take a while to load

    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return "?", "unknown"
    if not phonenumbers.is_valid_number(number):
        return "?", "unknown"
    types = phonenumbers.PhoneNumberType
    kinds = {
        types.MOBILE: "mobile",
        types.FIXED_LINE_OR_MOBILE: "mobile",
        types.FIXED_LINE: "land line",
        types.VOIP: "internet",
    }
    kind = kinds.get(phonenumbers.number_type(number), "other")
    return phonenumbers.region_code_for_number(number) or "?", kind
