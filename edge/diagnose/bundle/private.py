"""Whose words may not leave: numbers, names, address and secrets of one home. Pure but for files.

Owns the collection. Invariant: every text of the settings that is not shown is among them, also of
settings that cannot be used, and every line of every credential that could be read. What is too
short to be searched for is left out: a single letter, a Latin word of two.
"""

from __future__ import annotations

import os
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from edge.diagnose.bundle.keeping import struck_texts

_LEAST_LATIN: Final = 3
_LEAST_SECRET: Final = 4
_LEAST_DIGITS: Final = 7  # E.164 numbers of people have no fewer here; 119 and 112 are no secret
_MOST_FILE_BYTES: Final = 64 * 1024
_MOST_FILES: Final = 64
_SECRET_KEYS: Final = frozenset({"username", "service"})


@dataclass(frozen=True, slots=True)
class Private:
    """What is searched for.

    ``words`` are names, the address and their parts, composed (NFC); ``numbers`` digits of
    telephone numbers, with the country code; ``secrets`` lines of credentials and account names.
    ``unread`` says which credentials could not be read, so that their lines are not among them.
    ``aliases`` are what contacts are called instead whose ids could be names, ``guardian-1`` for
    ``kim-minsu``: whoever helps must still see who was told.
    """

    words: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    secrets: frozenset[str] = frozenset()
    unread: tuple[str, ...] = field(default=(), compare=False)
    aliases: tuple[tuple[str, str], ...] = ()

    def with_people(self, names: Iterable[object]) -> Private:
        """Return the same with more names of people, such as who has acknowledged."""
        more = {part for name in names if isinstance(name, str) for part in _parts(name)}
        return replace(self, words=self.words | (more - _NOBODY))


_NOBODY: Final = frozenset({"root", "floodbell", "unknown"})
"""Accounts that are nobody in particular."""

_OURS: Final = frozenset({"true", "false", "null", "struck"})
"""Words that every bundle has, whatever people are called."""


def private_of(tree: Mapping[str, Any]) -> Private:
    """Collect what is private in a settings file.

    Args:
        tree: The settings as a tree of tables, good or not.
    """
    words: set[str] = set()
    numbers: set[str] = set()
    secrets: set[str] = set()
    public = _public(tree)
    for key, text in struck_texts(tree):
        digits = "".join(letter for letter in text if letter.isdigit())
        if len(digits) >= _LEAST_DIGITS and not re.search(r"[^\W\d_]", text):
            numbers.add(_with_country(text.strip(), digits))
        elif key in _SECRET_KEYS:
            secrets |= {text} if len(text) >= _LEAST_SECRET and text not in public else set()
        elif "://" in text:
            secrets |= _of_url(text)
        else:
            words |= _parts(text)
    aliases = _aliases(tree)
    words |= {part for id_ in aliases for part in _parts(id_)}
    secrets_read, unread = _credentials(tree)
    return Private(
        frozenset(words),
        frozenset(numbers),
        frozenset(secrets | secrets_read),
        tuple(unread),
        tuple(aliases.items()),
    )


_NO_NAME: Final = re.compile(
    r"(?:resident|guardian|partner|office|technician|home|mother|father|parent|son|daughter|child"
    r"|sister|brother|family|neighbou?r|district|duty|test|contact|person)?[-_]?\d*"
)
"""Ids of contacts that say who somebody is to the home, and not who."""

_ROLES: Final = ("resident", "guardian", "partner", "office", "technician")


def _aliases(tree: Mapping[str, Any]) -> dict[str, str]:
    contacts = tree.get("contacts")
    named = contacts if isinstance(contacts, dict) else {}
    aliases: dict[str, str] = {}
    for id_, contact in named.items():
        if len(id_) < _LEAST_LATIN or _NO_NAME.fullmatch(id_.casefold()):
            continue
        role = contact.get("role") if isinstance(contact, dict) else None
        kind = role if role in _ROLES else "contact"
        number = 1
        while (alias := f"{kind}-{number}") in named or alias in aliases.values():
            number += 1
        aliases[id_] = alias
    return aliases


def salvaged(text: str) -> dict[str, Any]:
    """Return the texts of a file that is no TOML as a tree of tables, as far as it can be told.

    Args:
        text: The file.
    """
    tree: dict[str, Any] = {}
    table = tree
    # Whatever is quoted and not plain ASCII is somebody's or some place's, under whatever key.
    more = [quoted for quoted in re.findall(r'"([^"\n]+)"', text) if not quoted.isascii()]
    for line in text.splitlines():
        if head := re.match(r"\s*\[+\s*([^\[\]]+)", line):
            table = tree
            for name in head[1].split("."):
                inner = table.setdefault(name.strip(" \"'"), {})
                table = inner if isinstance(inner, dict) else {}
        for key, double, single in _PAIR.findall(line):
            if key in table:
                more.append(str(table[key]))
            table[key] = double or single
    return {**tree, "?": more}


_PAIR: Final = re.compile(r"""([\w-]+)["']?\s*=\s*(?:"([^"\n]*)|'([^'\n]*))""")


def _public(tree: Mapping[str, Any]) -> set[str]:
    site = tree.get("site")
    return {str(site.get("id")), str(site.get("district"))} if isinstance(site, dict) else set()


def _with_country(text: str, digits: str) -> str:
    return f"82{digits[1:]}" if not text.startswith("+") and digits.startswith("0") else digits


def _parts(text: str) -> set[str]:
    whole = " ".join(unicodedata.normalize("NFC", text).split())
    return {word for word in (whole, *whole.split()) if _can_be_searched(word, whole)}


def _can_be_searched(word: str, whole: str) -> bool:
    word = word.strip(".,;()")
    if word.casefold() in _OURS or not re.search(
        r"[^\W\d_]", word
    ):  # "12-3" alone is no address, and is in every time
        return False
    return len(word) >= (2 if word == whole or not word.isascii() else _LEAST_LATIN)


def _of_url(url: str) -> set[str]:
    """A path, a query or a name in a URL is as good as a password."""
    rest = url.partition("://")[2]
    pieces = re.split(r"[/?&=#@]", rest)[1:] if "@" not in rest else re.split(r"[/?&=#@]", rest)
    return {url, *(piece for piece in pieces if len(piece) >= 2 * _LEAST_SECRET)}


def _credentials(tree: Mapping[str, Any]) -> tuple[set[str], list[str]]:
    paths = tree.get("paths")
    given = paths.get("credentials") if isinstance(paths, dict) else None
    folders = [Path(given if isinstance(given, str) else "/etc/floodbell/credentials")]
    if systemd := os.environ.get("CREDENTIALS_DIRECTORY"):
        folders.append(Path(systemd))
    lines: set[str] = set()
    unread: list[str] = []
    for folder in folders:
        try:
            files = sorted(folder.iterdir())[:_MOST_FILES]
        except FileNotFoundError:
            continue
        except OSError as error:
            unread.append(f"{folder}: {error.strerror}")
            continue
        for file in files:
            try:
                lines |= _lines_of(file)
            except OSError as error:
                unread.append(f"{file}: {error.strerror}")
    return lines, unread


def _lines_of(file: Path) -> set[str]:
    if not file.is_file():
        return set()
    with file.open("rb") as stream:
        text = stream.read(_MOST_FILE_BYTES).decode("utf-8", "replace")
    lines = {line.strip() for line in text.splitlines()}
    return {line for line in lines if len(line) >= _LEAST_SECRET and "-----" not in line}


def read_tree(data: bytes) -> dict[str, Any] | None:
    """Return a settings file as a tree of tables, None if it is no TOML."""
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
