"""The table of troubles in both field guides, made of what the program itself says.

Owns what stands between the two markers of each page; ``make field-guide`` writes it anew, and a
test fails while a page differs. Invariant: a row is a trouble that the bell can have, in the words
of ``status``, of the text about it and of ``doctor``; none of them is written here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from drivers.modem.status import ModemFault
from edge.diagnose.remedies import remedy_for
from edge.locale import use
from edge.messages.texts import find, load

ROOT: Final = Path(__file__).parent.parent
PAGES: Final = {"en": ROOT / "docs/field-guide.md", "ko": ROOT / "docs/field-guide.ko.md"}
BEGIN: Final = "<!-- troubles:begin -->\n"
END: Final = "<!-- troubles:end -->"

_HEADS: Final = {
    "en": ("`status` says", "a text says", "what to do"),
    "ko": ("`status`에서", "문자에서", "할 일"),
}

_NO_TROUBLES: Final = ("other", "incident", "service", "gpio", "mains", "battery")
"""Words for a text that name no trouble of today: the stopgap, what a digest names besides, one
that is gone (CHANGELOG: ``gpio``), and two that nothing measures yet."""

_WITHOUT_WORDS: Final = ("calibration", "certificate")
"""Troubles that a text calls by their cause."""

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
    known |= dict.fromkeys(_WITHOUT_WORDS, "")
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


def table(language: str) -> str:
    """Return the table as it stands in the page of a language."""
    rows = [(f"`{row.cause}`", row.words, "; ".join(row.remedies)) for row in troubles(language)]
    lines = [_HEADS[language], ("---",) * 3, *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def written_anew(page: str, language: str) -> str:
    """Return a page with its table made anew.

    Raises:
        ValueError: The markers are not there, each once and in this order.
    """
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        raise ValueError(f"the page has not one {BEGIN.strip()} and one {END}")
    before, _, rest = page.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"{END} stands before {BEGIN.strip()}")
    return f"{before}{BEGIN}{table(language)}{end}{after}"


def main() -> None:
    """Write both pages."""
    for language, path in PAGES.items():
        page = path.read_text(encoding="utf-8")
        path.write_text(written_anew(page, language), encoding="utf-8")


if __name__ == "__main__":
    main()
