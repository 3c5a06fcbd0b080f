"""The tables of troubles and of doctor's checks in both field guides, made of its own words.

Owns what stands between the markers of each page; ``make field-guide`` writes it anew, and a test
fails while a page differs. Invariant: a row is a trouble that the bell can have, or a check that
``doctor`` makes, in the words of ``status``, of the text about it and of ``doctor``; none of them
is written here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from drivers.modem.status import ModemFault
from edge.diagnose.families import families
from edge.diagnose.remedies import remedy_for
from edge.locale import use
from edge.messages.texts import find, load

ROOT: Final = Path(__file__).parent.parent
PAGES: Final = {"en": ROOT / "docs/field-guide.md", "ko": ROOT / "docs/field-guide.ko.md"}
TABLES: Final = ("troubles", "doctor")
"""What is made, by the name in its markers."""

_CHECK_HEADS: Final = {
    "en": ("checked", "how", "if it is not good", "what to do"),
    "ko": ("점검", "무엇을 보나", "좋지 않으면", "할 일"),
}

_HEADS: Final = {
    "en": ("`status` says", "a text says", "what to do"),
    "ko": ("`status`에서", "문자에서", "할 일"),
}

_NO_TROUBLES: Final = ("other", "incident", "service")
"""Words for a text that name no trouble: the stopgap, and what a digest names besides."""

_WHOLE_MODEM: Final = (ModemFault.SIM_MISSING, ModemFault.SIM_LOCKED, ModemFault.NO_NETWORK)
"""With these no text leaves: the trouble is ``modem`` itself (docs/modem.md)."""


@dataclass(frozen=True, slots=True)
class Row:
    """One trouble.

    Attributes:
        cause: As ``status`` names it; "…" stands for the name of a sensor or zone.
        words: As a text names it; empty where the text has no words of its own.
        remedies: What a technician can do, the likeliest first.
    """

    cause: str
    words: str
    remedies: tuple[str, ...]


def troubles(language: str) -> list[Row]:
    """Return every trouble, in the order of the texts file.

    Args:
        language: ``ko`` or ``en``.
    """
    words = load(find(language)).causes
    known = {
        _cause(key, template): template.format(name="…")
        for key, template in words.items()
        if key not in _NO_TROUBLES and key not in _MODEM_KEYS
    }
    rows = [Row(cause, text, (remedy,)) for cause, text, remedy in _remedied(language, known)]
    at = next(number for number, row in enumerate(rows) if row.cause == "modem") + 1
    rows[at:at] = [
        Row(cause, words[key], (remedy,))
        for key, cause in _MODEM_KEYS.items()
        for _same, _text, remedy in _remedied(language, {cause: ""})
    ]
    return rows


_MODEM_KEYS: Final = {
    f"modem_{fault}": "modem" if fault in _WHOLE_MODEM else f"modem:{fault}" for fault in ModemFault
}


def _cause(key: str, template: str) -> str:
    return f"{key}:…" if "{name}" in template else key


def _remedied(language: str, known: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    with _speaking(language):
        remedies = {cause: remedy_for(cause) for cause in known}
    for cause, text in known.items():
        yield cause, text, remedies[cause]


@contextmanager
def _speaking(language: str) -> Iterator[None]:
    """Speak a language for a moment: the tests around this one have theirs."""
    before = os.environ.get("LANGUAGE")
    use(language)
    try:
        yield
    finally:
        if before is None:
            os.environ.pop("LANGUAGE", None)
        else:
            os.environ["LANGUAGE"] = before


def table(name: str, language: str) -> str:
    """Return a table as it stands in the page of a language."""
    if name == "doctor":
        with _speaking(language):
            rows = [(one.name, one.checked, one.bad, "; ".join(one.remedies)) for one in families()]
        lines: list[tuple[str, ...]] = [_CHECK_HEADS[language], ("---",) * 4, *rows]
    else:
        told = [
            (f"`{row.cause}`", row.words, "; ".join(row.remedies)) for row in troubles(language)
        ]
        lines = [_HEADS[language], ("---",) * 3, *told]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def markers(name: str) -> tuple[str, str]:
    """Return what stands before and after a table."""
    return f"<!-- {name}:begin -->\n", f"<!-- {name}:end -->"


def written_anew(page: str, language: str) -> str:
    """Return a page with its tables made anew.

    Raises:
        ValueError: The markers are not there, each once and in this order.
    """
    for name in TABLES:
        begin, end = markers(name)
        if page.count(begin) != 1 or page.count(end) != 1:
            raise ValueError(f"the page has not one {begin.strip()} and one {end}")
        before, _, rest = page.partition(begin)
        _old, found, after = rest.partition(end)
        if not found:
            raise ValueError(f"{end} stands before {begin.strip()}")
        page = f"{before}{begin}{table(name, language)}{end}{after}"
    return page


def main() -> None:
    """Write both pages."""
    for language, path in PAGES.items():
        page = path.read_text(encoding="utf-8")
        path.write_text(written_anew(page, language), encoding="utf-8")


if __name__ == "__main__":
    main()
