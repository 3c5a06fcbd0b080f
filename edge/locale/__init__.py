"""The language of the command line: standard gettext catalogues, English in the source.

Owns the choice of language and the way to a message. Invariant: a missing catalogue, language or
message falls back to English and never fails. The texts that residents and 119 receive are not
here but in ``config/``.
"""

from __future__ import annotations

import gettext as _gettext
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

DOMAIN: Final = "floodbell"
LANGUAGES: Final = ("ko", "en")
_DIRECTORY: Final = Path(__file__).parent

_spoken: list[_gettext.NullTranslations] = []
"""The catalogue in use, opened once: gettext's own functions look for the file at every call."""


def language_of(asked: str | None, settings: str | None) -> str:
    """Choose the language: what was asked for, what the settings say, what ``LANG`` says, Korean.

    Args:
        asked: The ``--lang`` option.
        settings: ``site.language``, if the settings could be read.
    """
    variables = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    environment = next(filter(None, variables), "")
    for choice in (asked, settings, environment[:2]):
        if choice in LANGUAGES:
            return choice
    return "ko"


def use(language: str) -> None:
    """Speak ``language`` (``ko`` or ``en``) from now on, click's own sentences included.

    Every command-line process calls this once, before any text is made.
    """
    # gettext reads this variable at each call: the one switch that click's own messages follow too.
    os.environ["LANGUAGE"] = language
    _gettext.bindtextdomain(DOMAIN, _DIRECTORY)
    _gettext.textdomain(DOMAIN)
    catalogue = _gettext.translation(DOMAIN, _DIRECTORY, [language], fallback=True)
    _spoken[:] = [catalogue]


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak ``language`` for a while, then as before: for what is read by somebody else."""
    before, spoken = os.environ.get("LANGUAGE"), [*_spoken]
    use(language)
    try:
        yield
    finally:
        _spoken[:] = spoken
        if before is None:
            del os.environ["LANGUAGE"]
        else:
            os.environ["LANGUAGE"] = before


def _(message: str) -> str:
    """Translate ``message``; ``_("…").format(…)`` keeps whole sentences in the catalogue."""
    return _spoken[0].gettext(message) if _spoken else _gettext.gettext(message)


def N_(message: str) -> str:  # noqa: N802  gettext's own name for "translate later"
    """Mark ``message`` for the catalogue; it is translated where it is shown."""
    return message
