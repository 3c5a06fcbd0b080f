"""Whether the text to 119 has room for what it must say, and whether 119 can find the home.

Owns the judgement only; the text itself is made by ``edge.messages.words``, as in a flood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from edge.diagnose.examination import Examination
from edge.diagnose.verdict import Subject, Verdict, bad, good, warn
from edge.effects import Origin
from edge.locale import _
from edge.messages.home import home_of
from edge.messages.texts import find, load
from edge.messages.words import (
    REPORT_MAX_CHARACTERS,
    WORST,
    TextsError,
    report_text,
)

PROVINCES: Final = (
    "서울", "부산", "대구", "인천", "광주", "대전", "울산", "세종", "경기", "강원",
    "충북", "충남", "충청", "전북", "전남", "전라", "경북", "경남", "경상", "제주",
)  # fmt: skip
"""How a Korean address begins. Source: Local Autonomy Act, article 3, in the short forms in use."""

_CITY: Final = re.compile(r"\S+(시|군|도)(\s|$)")
_HANGUL: Final = re.compile(r"[가-힣]")


def check_report_text(examination: Examination) -> Iterator[Verdict]:
    """A verdict on the fit of the longest report, and one on the address."""
    yield _fit(examination)
    yield _address(examination.settings.site.address)


def _fit(examination: Examination) -> Verdict:
    name = Subject("report_text", _("text to 119"))
    settings = examination.settings
    remedy = _("shorten site.address; keep city, street, number and door")
    try:
        texts = load(find(settings.site.language, examination.folder))
        home = home_of(settings)
        longest: dict[Origin, str] = {
            "water": report_text(texts, home, "water", WORST, repeat=3, repeats=3),
            "bell": report_text(texts, home, "bell", WORST, repeat=3, repeats=3),
        }
    except TextsError as error:
        return bad(name, str(error), remedy)
    # The count goes first, and nobody misses it; what comes after it is missed (contract 4).
    dropped = [] if texts.report["automatic"] in longest["water"] else [texts.report["automatic"]]
    most = max(map(len, longest.values()))
    found = _("{used} of {most} characters in the longest case").format(
        used=most, most=REPORT_MAX_CHARACTERS
    )
    if settings.site.occupants:
        people = texts.report["people"].format(people=settings.site.occupants)
        dropped += [people for text in longest.values() if people not in text]
    if dropped:
        words = ", ".join(dict.fromkeys(dropped))
        return warn(
            name, _("{found}; no room for: {words}").format(found=found, words=words), remedy
        )
    return good(
        name,
        _("{found}, {left} left").format(found=found, left=REPORT_MAX_CHARACTERS - most),
    )


def _address(address: str) -> Verdict:
    name = Subject("address", _("address"))
    if not _HANGUL.search(address) or address.startswith(PROVINCES) or _CITY.match(address):
        return good(name, address)
    return warn(
        name,
        _("{address}: without its city").format(address=address),
        _("begin site.address with the city: 119 hears it in the city of the cell tower"),
    )
