"""One CAP 1.2 document out of plain values. Pure.

Source: OASIS Common Alerting Protocol 1.2 (1 July 2010); the event codes are of the OASIS Event
Terms List 1.2. Invariant: whatever the address or the words contain, the document is well-formed
XML 1.0 and valid against the OASIS schema; it never says or implies that 119 was called. Leaves to
``cap_threads`` when there is a document, and what it follows.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from edge.effects import Facts
from edge.messages.cap_words import CapWords
from edge.messages.words import depth_words

NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"

MessageType = Literal["Alert", "Update", "Cancel"]
CapStatus = Literal["Actual", "Exercise", "Test"]
Stage = Literal["normal", "alert", "danger"]

EXPIRES_AFTER: Final = timedelta(hours=24)
"""How long a document counts. No longer than it is tried to be posted (outbox, GIVE_UP_AFTER_S)."""

_DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_ILLEGAL: Final = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 §2.2 cannot hold even escaped, and CR, which a parser would turn into LF."""

_NOT_IN_A_TOKEN: Final = re.compile(r"[\s,<&]|[^\u0021-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What CAP forbids in an identifier and a sender (CAP 1.2 §3.2.1), and XML altogether."""

_EVENT_TERMS: Final = "OET:v1.2"
_FLOOD, _RESCUE = "OET-081", "OET-162"


@dataclass(frozen=True, slots=True)
class Source:
    """Who speaks, and about which home. ``words`` are one a language; the first is read first."""

    sender: str
    site: str
    district: str
    address: str
    words: tuple[CapWords, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """What there is to be told of one incident or drill.

    Attributes:
        about: The incident's id, or a drill's.
        status: Exercise for a drill, Test for what a technician's water causes (design 4.9).
        level: Of the water.
        bell: Whether somebody pressed it and wants help.
        episode: Each has a report of its own (design 4.5).
        contested: Only a two-wire contact speaks of danger, and another sensor sees none.
    """

    about: str
    status: CapStatus
    level: Stage
    bell: bool
    episode: int
    contested: bool = False

    @property
    def stage(self) -> str:
        """The table of words for it: the bell goes before the water that may stand there too."""
        return "bell" if self.bell else self.level


@dataclass(frozen=True, slots=True)
class Reference:
    """How one document names another (CAP 1.2, ``references``)."""

    sender: str
    identifier: str
    sent: str

    def __str__(self) -> str:
        return f"{self.sender},{self.identifier},{self.sent}"


@dataclass(frozen=True, slots=True)
class Bulletin:
    """What one document says.

    ``told`` is what stands; in a Cancel, what stood. ``earlier`` are the documents before it.
    ``onset`` and ``sent`` are aware; ``clock_synced`` says whether to believe them. ``accepted`` is
    whether 119 has accepted a report of this episode; ``facts`` are of the moment.
    """

    kind: MessageType
    told: Standing
    identifier: str
    sent: datetime
    onset: datetime
    clock_synced: bool
    facts: Facts
    accepted: bool = False
    earlier: tuple[Reference, ...] = ()


def token(text: str) -> str:
    """The text as an identifier or sender may be: no space, comma, ``<`` or ``&``."""
    return _NOT_IN_A_TOKEN.sub("-", text)


def moment(at: datetime) -> str:
    """A time as CAP wants it: whole seconds, a numeric offset, UTC as ``-00:00``, never ``Z``."""
    offset = at.utcoffset()
    if offset is None or offset % timedelta(minutes=1):
        at = at.astimezone(UTC)
    return at.isoformat(timespec="seconds").replace("+00:00", "-00:00")


def reference_to(source: Source, bulletin: Bulletin) -> Reference:
    """How later documents name this one."""
    return Reference(token(source.sender), token(bulletin.identifier), moment(bulletin.sent))


def document(source: Source, bulletin: Bulletin) -> str:
    """Write the document.

    The scope is Restricted: it names the home of somebody who may need help, which is personal
    data, so it is not Public; and which agencies a centre passes it to is not for the bell to
    know, so it cannot be Private, which wants every addressee by name.
    """
    name, told = reference_to(source, bulletin), bulletin.told
    alert = ET.Element("alert", xmlns=NAMESPACE)
    put = _Putter(alert)
    put("identifier", name.identifier)
    put("sender", name.sender)
    put("sent", name.sent)
    put("status", told.status)
    put("msgType", bulletin.kind)
    put("source", f"floodbell {source.site}")
    put("scope", "Restricted")
    put("restriction", " / ".join(words.single["restriction"] for words in source.words))
    if note := _remark(source.words, told.status):
        put("note", note)
    if bulletin.earlier:
        put("references", " ".join(map(str, bulletin.earlier)))
    put("incidents", token(told.about))
    for words in source.words:
        _info(ET.SubElement(alert, "info"), words, source, bulletin)
    return _DECLARATION + ET.tostring(alert, encoding="unicode")


class _Putter:
    """Appends elements with text to one parent."""

    def __init__(self, parent: ET.Element) -> None:
        self._parent = parent

    def __call__(self, name: str, text: str) -> None:
        ET.SubElement(self._parent, name).text = _ILLEGAL.sub("", text)

    def pair(self, name: str, value_name: str, value: str) -> None:
        """An element that holds a name and a value."""
        put = _Putter(ET.SubElement(self._parent, name))
        put("valueName", value_name)
        put("value", value)


def _remark(words: tuple[CapWords, ...], status: CapStatus) -> str:
    """What an exercise or a test says of itself, in every language."""
    key = {"Exercise": "only_drill", "Test": "only_service"}.get(status)
    return " / ".join(one.single[key].strip() for one in words) if key else ""


@dataclass(frozen=True, slots=True)
class _Grade:
    """How bad it is, in CAP's words."""

    categories: tuple[str, ...]
    responses: tuple[str, ...]
    urgency: str
    severity: str
    certainty: str
    codes: tuple[str, ...]


def _grade(kind: MessageType, told: Standing) -> _Grade:
    """Grade what is told (design 4.5; domain 3.4).

    A Cancel asks the centre to judge (Assess): a bell that sees no water is no "all clear".
    """
    danger = told.level == "danger"
    wet = told.level != "normal"
    codes = ((_FLOOD,) if wet else ()) + ((_RESCUE,) if told.bell else ())
    categories = ("Met",) * wet + ("Safety",) + ("Rescue",) * (danger or told.bell)
    if kind == "Cancel":
        return _Grade(categories, ("Assess",), "Past", "Minor", "Observed", codes)
    responses = ("Evacuate",) * danger + ("Execute",) * told.bell or ("Prepare",)
    certainty = "Possible" if told.contested and not told.bell else "Observed"
    if danger or told.bell:
        severity = "Extreme" if danger else "Severe"
        return _Grade(categories, responses, "Immediate", severity, certainty, codes)
    return _Grade(categories, responses, "Expected", "Moderate", certainty, codes)


def _info(info: ET.Element, words: CapWords, source: Source, bulletin: Bulletin) -> None:
    told, grade = bulletin.told, _grade(bulletin.kind, bulletin.told)
    names = {
        "address": source.address,
        "site": source.site,
        "depth": depth_words(words, bulletin.facts),
    }

    def filled(template: str) -> str:
        return template.format_map(names)

    said = words.said["over" if bulletin.kind == "Cancel" else told.stage]
    before, after = _marks(words, bulletin)
    put = _Putter(info)
    put("language", words.language)
    for category in grade.categories:
        put("category", category)
    put("event", before + filled(words.said[told.stage]["event"]))
    for response in grade.responses:
        put("responseType", response)
    put("urgency", grade.urgency)
    put("severity", grade.severity)
    put("certainty", grade.certainty)
    for code in grade.codes:
        put.pair("eventCode", _EVENT_TERMS, code)
    put("effective", moment(bulletin.sent))
    put("onset", moment(bulletin.onset))
    if bulletin.clock_synced:  # by a clock in 1970 it would be over before it came
        put("expires", moment(bulletin.sent + EXPIRES_AFTER))
    put("senderName", filled(words.single["sender_name"]))
    put("headline", before + filled(said["headline"]))
    put("description", filled(said["description"]))
    put("instruction", filled(said["instruction"]) + after)
    for name, value in _parameters(source, bulletin):
        put.pair("parameter", name, value)
    _Putter(ET.SubElement(info, "area"))("areaDesc", source.address)


def _marks(words: CapWords, bulletin: Bulletin) -> tuple[str, str]:
    """What stands before the headline and behind the instruction."""
    told = bulletin.told
    if told.status == "Exercise":
        return words.single["drill"], words.single["only_drill"]
    if told.status == "Test":
        return words.single["service"], words.single["only_service"]
    calls_119 = bulletin.kind != "Cancel" and told.stage != "alert"
    reported = bulletin.facts.armed and (told.bell or not told.contested)
    return "", words.single["not_reported"] if calls_119 and not reported else ""


def _parameters(source: Source, bulletin: Bulletin) -> Iterator[tuple[str, str]]:
    told, facts = bulletin.told, bulletin.facts
    yield "site", source.site
    yield "district", source.district
    yield "incident", told.about
    yield "episode", str(told.episode)
    yield "stage", "normal" if bulletin.kind == "Cancel" else told.level
    yield "bell", _truth(told.bell)
    if facts.depth_mm is not None:
        yield "depth_mm", str(max(0, int(facts.depth_mm)))
        yield "depth_is", "at_least" if facts.at_least else "measured"
    if facts.peak_mm is not None:
        yield "peak_mm", str(max(0, int(facts.peak_mm)))
    if facts.zone is not None:
        yield "zone", facts.zone
    if told.status == "Actual":
        yield "armed", _truth(facts.armed)
        yield "report_119_accepted", _truth(bulletin.accepted)
    yield "clock_synced", _truth(bulletin.clock_synced)


def _truth(yes: bool) -> str:
    return "true" if yes else "false"


_NEEDED: Final = frozenset(
    {"language", "category", "event", "responseType", "urgency", "severity", "certainty"}
)


def shortened(xml: str) -> str:
    """A document of ours in short, for a broker that does not take it whole.

    It keeps what identifies it and how bad it is; the texts, the home and all references but the
    newest go.
    """
    alert = ET.fromstring(xml)  # noqa: S314 - our own document
    home = f"{{{NAMESPACE}}}"
    first, *others = alert.findall(f"{home}info")
    for one in (*others, *alert.findall(f"{home}note")):
        alert.remove(one)
    for references in alert.findall(f"{home}references"):
        references.text = str(references.text).split()[-1]
    for one in list(first):
        if one.tag.removeprefix(home) not in _NEEDED:
            first.remove(one)
    return _DECLARATION + ET.tostring(alert, encoding="unicode", default_namespace=NAMESPACE)
