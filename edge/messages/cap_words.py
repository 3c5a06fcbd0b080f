"""The words of CAP documents: ``config/cap.*.toml``, read and tried. Pure.

Invariant: what ``parse`` returns can be filled in for any home; a slip is found at start, not in a
flood. Leaves finding the files to ``texts``, and what a document is made of to ``cap``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from edge.messages.words import TextsError

LANGUAGES: Final = {"ko": "ko-KR", "en": "en-US"}
"""The files there are, and the language of each as CAP wants it (RFC 3066, CAP 1.2 §3.2.2)."""

STAGES: Final = ("alert", "danger", "bell")
_SINGLE: Final = (
    "sender_name",
    "restriction",
    "drill",
    "only_drill",
    "service",
    "only_service",
    "not_reported",
)
_DEPTHS: Final = ("plain", "at_least", "fallen", "drowned", "unknown")
_SAID: Final = ("headline", "description", "instruction")
_NAMES: Final = {"address": "x", "site": "x", "depth": "x"}
_DEPTH_NAMES: Final = {"cm": 1, "peak": 1}


@dataclass(frozen=True, slots=True)
class CapWords:
    """The words of one language.

    Attributes:
        language: As CAP writes it, such as ``ko-KR``.
        single: What stands outside the tables.
        depth: The forms of a depth, as ``words.depth_words`` wants them.
        said: By stage, and ``over``: headline, description and instruction; a stage has its event.
    """

    language: str
    single: Mapping[str, str]
    depth: Mapping[str, str]
    said: Mapping[str, Mapping[str, str]]


def parse(data: Mapping[str, Any], language: str) -> CapWords:
    """Make words of a parsed file.

    Args:
        data: What the file holds.
        language: ``ko`` or ``en``.

    Raises:
        TextsError: A key is missing, is not text, or uses a name that is not offered.
    """
    said = {
        stage: {key: _filled(data, stage, key, _NAMES) for key in ("event", *_SAID)}
        for stage in STAGES
    }
    said["over"] = {key: _filled(data, "over", key, _NAMES) for key in _SAID}
    return CapWords(
        language=LANGUAGES[language],
        single={key: _filled({"": data}, "", key, _NAMES) for key in _SINGLE},
        depth={key: _filled(data, "depth", key, _DEPTH_NAMES) for key in _DEPTHS},
        said=said,
    )


def _filled(data: Mapping[str, Any], table: str, key: str, names: Mapping[str, object]) -> str:
    """Return one template that can be filled in with these names."""
    where = f"{table}.{key}" if table else key
    words = data.get(table)
    template = words.get(key) if isinstance(words, Mapping) else None
    if not isinstance(template, str):
        raise TextsError(f"{where} is missing or not text")
    try:
        template.format_map(names)
    except (KeyError, ValueError, IndexError, AttributeError, TypeError) as error:
        offered = ", ".join("{" + name + "}" for name in names)
        raise TextsError(f"{where}: {template!r} uses {error}; offered are {offered}") from None
    return unicodedata.normalize("NFC", template)
