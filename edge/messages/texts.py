"""Finding and loading the texts, and whether they fit the settings.

The files are data that a person may edit: in ``config/`` of the checkout, in
``share/floodbell/config`` of an installation, or beside the settings file, which wins.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from drivers.modem.pdu import split
from edge.messages.cap_words import LANGUAGES, CapWords
from edge.messages.cap_words import parse as parse_cap
from edge.messages.home import home_of
from edge.messages.words import Texts, TextsError, check, parse
from edge.settings import Problem, Settings
from edge.settings import load as load_settings
from edge.settings.loading import parse as parse_settings
from edge.settings.loading import read_bytes

_CHECKOUT: Final = Path(__file__).resolve().parents[2] / "config"
_INSTALLED: Final = Path(sys.prefix) / "share" / "floodbell" / "config"


def find(language: str, beside: Path | None = None, *, kind: str = "texts") -> Path:
    """Return the texts file of a language.

    Args:
        language: ``ko`` or ``en``.
        beside: Folder of the settings file: a texts file there goes before the one that is shipped.
        kind: ``texts``, or ``cap`` for the words of CAP documents.

    Raises:
        TextsError: There is none.
    """
    name = f"{kind}.{language}.toml"
    folders = [folder for folder in (beside, _CHECKOUT, _INSTALLED) if folder is not None]
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    raise TextsError(f"{name} is in none of {', '.join(map(str, folders))}")


def load(path: Path) -> Texts:
    """Read a texts file.

    Raises:
        TextsError: It cannot be read, or is not a texts file; the message names file and key.
    """
    try:
        return parse(_tables(path))
    except TextsError as error:
        raise TextsError(f"{path}: {error}") from error


def _tables(path: Path) -> dict[str, Any]:
    """Return what stands in a file, whatever an editor has made of it.

    Raises:
        TextsError: It is no TOML in UTF-8.
    """
    try:
        # An editor of another system may have put a byte order mark before it.
        return tomllib.loads(read_bytes(path).decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise TextsError(f"not UTF-8: a strange byte at place {error.start}") from error
    except RecursionError as error:
        raise TextsError("endless nesting") from error
    except (OSError, ValueError) as error:  # tomllib's own is one; a number without end is another
        raise TextsError(str(error)) from error


def load_cap(settings: Settings, beside: Path | None = None) -> tuple[CapWords, ...]:
    """Read the words of CAP documents, the home's language first; none if nobody gets any.

    Raises:
        TextsError: A file cannot be read or used; the message names file and key.
    """
    if not settings.writes_cap:
        return ()
    languages = sorted(LANGUAGES, key=lambda language: language != settings.site.language)
    return tuple(_cap_words(find(one, beside, kind="cap"), one) for one in languages)


def _cap_words(path: Path, language: str) -> CapWords:
    try:
        return parse_cap(_tables(path), language)
    except TextsError as error:
        raise TextsError(f"{path}: {error}") from error


def load_all(
    config: Path, *, data: bytes | None = None, own_texts: bool = True
) -> tuple[Settings, Texts]:
    """Load a settings file and its texts, and check that they fit one another.

    Args:
        config: The settings file.
        data: What to take in place of what stands in it.
        own_texts: Whether texts beside the settings go before those that are shipped.

    Raises:
        SettingsError: With every problem of both at once.
    """
    found: list[Texts] = []
    beside = config.absolute().parent if own_texts else None

    def fits(settings: Settings) -> Iterator[Problem]:
        try:
            texts = load(find(settings.site.language, beside))
        except TextsError as error:
            yield Problem("texts", str(error), "a texts file as in config/")
            return
        found.append(texts)
        yield from _texts_that_do_not_fit(settings, texts)
        yield from _cap_problems(settings, beside)

    if data is None:
        settings = load_settings(config, further=fits)
    else:
        folder = config.absolute().parent
        settings = parse_settings(data, source=str(config), folder=folder, further=fits)
    return settings, found[-1]


def _texts_that_do_not_fit(settings: Settings, texts: Texts) -> Iterator[Problem]:
    """One problem for each cause: an address, or a text, to however many roles it goes."""
    keys: dict[str, list[str]] = {}
    for key, words in check(texts, home_of(settings), split):
        keys.setdefault(words, []).append(key)
    remedy = f"shorten it in texts.{settings.site.language}.toml beside the settings"
    for words, (first, *also) in keys.items():
        if first == "site.address":
            yield Problem(first, words, "an address with which the report fits", _SHORTER)
        else:
            yield Problem(first, words, "a text that fits", remedy, tuple(also))


_SHORTER: Final = (
    "write city without its suffix, district, street and number, unit; leave out all else"
)


def _cap_problems(settings: Settings, beside: Path | None) -> Iterator[Problem]:
    try:
        load_cap(settings, beside)
    except TextsError as error:
        yield Problem("cap", str(error), "files as cap.ko.toml and cap.en.toml in config/")
