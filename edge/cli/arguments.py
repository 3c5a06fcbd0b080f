"""What is on the command line, read with plain code before any library is loaded.

Owns two questions: is this a plain ``floodbell run``, and which settings file and language does it
name; and the first look into that file, which judges nothing and never fails. Whatever it does not
understand it leaves to click, which also explains the mistake.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

CONFIG_VARIABLE: Final = "FLOODBELL_CONFIG"
DEFAULT_CONFIG: Final = Path("/etc/floodbell/floodbell.toml")
LANGUAGES: Final = ("ko", "en")


@dataclass(frozen=True, slots=True)
class Glance:
    """The options that any command may carry, and the words that are not among them."""

    config: str | None = None
    lang: str | None = None
    rest: tuple[str, ...] = ()


def config_path(given: str | None) -> Path:
    """Where the settings are: ``--config``, else ``$FLOODBELL_CONFIG``, else ``/etc``."""
    return Path(given or os.environ.get(CONFIG_VARIABLE) or DEFAULT_CONFIG)


def tree_of(config: Path) -> dict[str, Any]:
    """Return the settings as TOML has them, unjudged; empty where they cannot be read.

    A pipe is left alone: it would hold the command up for ever, or be empty for who reads it next.
    """
    import tomllib

    try:
        if not config.is_file():
            return {}
        return tomllib.loads(config.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return {}


def table_of(tree: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a table of such a tree; empty if there is none."""
    table = tree.get(name)
    return table if isinstance(table, dict) else {}


def glance(arguments: list[str]) -> Glance:
    """Pick ``--config`` and ``--lang`` out, wherever they stand; the last of each counts."""
    found: dict[str, str] = {}
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        name, equals, value = word.partition("=")
        if name in ("--config", "--lang"):
            found[name] = value if equals else next(words, "")
        else:
            rest.append(word)
    return Glance(found.get("--config"), found.get("--lang"), tuple(rest))


def read_run(arguments: list[str]) -> Glance | None:
    """Return what a plain ``run [--config PATH] [--lang ko|en]`` asks, or None for all else."""
    seen = glance(arguments)
    plain = seen.rest == ("run",) and seen.config != "" and seen.lang in (None, *LANGUAGES)
    return seen if plain else None
