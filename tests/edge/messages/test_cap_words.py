"""The words of CAP documents: both files that are shipped, and every slip in one."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from copy import deepcopy
from typing import Any

import pytest

from edge.messages import texts as files
from edge.messages.cap_words import parse
from edge.messages.words import TextsError


def shipped(language: str) -> dict[str, Any]:
    return tomllib.loads(files.find(language, kind="cap").read_text("utf-8"))


def keys(data: dict[str, Any]) -> list[str]:
    return [
        f"{key}.{inner}" if isinstance(value, dict) else key
        for key, value in data.items()
        for inner in (value if isinstance(value, dict) else (key,))
    ]


def changed(key: str, value: object) -> dict[str, Any]:
    data = deepcopy(shipped("ko"))
    table, _, inner = key.rpartition(".")
    (data[table] if table else data)[inner] = value
    return data


def test_both_languages_have_the_same_keys_and_are_named_as_cap_does() -> None:
    assert keys(shipped("ko")) == keys(shipped("en"))
    assert [parse(shipped(one), one).language for one in ("ko", "en")] == ["ko-KR", "en-US"]


@pytest.mark.parametrize("key", keys(shipped("ko")))
def test_a_slip_in_any_word_is_found_and_named(key: str) -> None:
    with pytest.raises(TextsError, match=f"^{key} is missing or not text"):
        parse(changed(key, 7), "ko")
    with pytest.raises(TextsError, match=rf"^{key}: '.*uses 'nobody'; offered are \{{"):
        parse(changed(key, "{nobody}"), "ko")
    names = "{cm}, {peak}" if key.startswith("depth.") else "{address}, {site}, {depth}"
    with pytest.raises(TextsError, match=re.escape(f"offered are {names}") + "$"):
        parse(changed(key, "{0}"), "ko")
    decomposed = unicodedata.normalize("NFD", "침수")
    words = parse(changed(key, decomposed), "ko")
    found = (
        *words.single.values(),
        *words.depth.values(),
        *(w for table in words.said.values() for w in table.values()),
    )
    assert "침수" in found


def test_a_document_that_ends_an_alarm_has_words_of_its_own() -> None:
    words = parse(shipped("ko"), "ko")
    assert dict(words.said["over"]) == shipped("ko")["over"]
    assert set(words.said) == {"alert", "danger", "bell", "over"}


def test_which_names_may_be_used() -> None:
    words = parse(changed("alert.headline", "{address} {site} {depth}"), "ko")
    assert words.said["alert"]["headline"] == "{address} {site} {depth}"
    assert parse(changed("depth.plain", "{cm} {peak}"), "ko").depth["plain"] == "{cm} {peak}"


def test_a_table_that_is_not_there_is_named() -> None:
    data = shipped("ko")
    del data["over"]
    with pytest.raises(TextsError, match=r"over.headline is missing"):
        parse(data, "ko")
