"""One CAP document: valid against the OASIS schema, whatever the home is called."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.effects import Facts
from edge.messages.cap import (
    Bulletin,
    CapStatus,
    MessageType,
    Reference,
    Stage,
    Standing,
    document,
    moment,
    reference_to,
    shortened,
    token,
)
from tests.edge.messages.cap_reader import ADDRESS, Read, source, words

SEOUL = ZoneInfo("Asia/Seoul")
SENT = datetime(2026, 8, 8, 21, 4, 5, 678901, tzinfo=SEOUL)
DANGER = Standing("i1", "Actual", "danger", bell=False, episode=1)
ALERT = replace(DANGER, level="alert", episode=0)
BELL = replace(DANGER, level="normal", bell=True)
EARLIER = (
    Reference("floodbell@jongno.go.kr", "jongno-0042.i1.1.r", "2026-08-08T21:00:00+09:00"),
    Reference("floodbell@jongno.go.kr", "jongno-0042.i1.2.r", "2026-08-08T21:01:00+09:00"),
)
DEEP = Facts(depth_mm=163.9, peak_mm=163.9, setpoint_mm=150.0, zone="entrance", armed=True)

KINDS: tuple[MessageType, ...] = ("Alert", "Update", "Cancel")
STATUSES: tuple[CapStatus, ...] = ("Actual", "Exercise", "Test")
LEVELS: tuple[Stage, ...] = ("normal", "alert", "danger")


def bulletin(told: Standing = DANGER, kind: MessageType = "Alert", **more: Any) -> Bulletin:
    said: dict[str, Any] = {
        "kind": kind,
        "told": told,
        "identifier": "jongno-0042.i1.3.r",
        "sent": SENT,
        "onset": SENT - timedelta(seconds=7),
        "clock_synced": True,
        "facts": DEEP,
        "earlier": () if kind == "Alert" else EARLIER,
        **more,
    }
    return Bulletin(**said)


def read(told: Standing = DANGER, kind: MessageType = "Alert", **more: Any) -> Read:
    return Read(document(source(), bulletin(told, kind, **more)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", STATUSES)
def test_every_kind_of_document_is_valid_and_says_what_it_is(
    kind: MessageType, status: CapStatus
) -> None:
    for level, bell, contested in product(LEVELS, (False, True), (False, True)):
        if level == "normal" and not bell:
            continue  # nothing to be told
        told = Standing("i1", status, level, bell, 2, contested)
        for facts in (Facts(), DEEP, replace(DEEP, drowned=True, at_least=True)):
            one = read(told, kind, facts=facts)
            assert (one["msgType"], one["status"]) == (kind, status)
            assert [info["language"] for info in one.infos()] == [["ko-KR"], ["en-US"]]
            assert Read(shortened(document(source(), bulletin(told, kind)))).name == one.name


def test_a_document_by_a_clock_that_nobody_has_set_is_not_over_before_it_comes() -> None:
    one = read(clock_synced=False, sent=datetime(1970, 1, 1, tzinfo=UTC))
    assert all(not info.get("expires") for info in one.infos())


def test_what_a_document_says_of_danger() -> None:
    one = read()
    assert one["identifier"] == "jongno-0042.i1.3.r"
    assert one["sender"] == "floodbell@jongno.go.kr"
    assert one["sent"] == "2026-08-08T21:04:05+09:00"
    assert one["source"] == "floodbell jongno-0042"
    assert one["scope"] == "Restricted"
    assert one["restriction"] == " / ".join(w.single["restriction"] for w in words())
    assert (one["note"], one["references"], one["incidents"]) == ("", "", "i1")
    assert one.areas == [ADDRESS, ADDRESS]
    korean, english = one.infos()
    for info in (korean, english):
        assert info["category"] == ["Met", "Safety", "Rescue"]
        assert info["responseType"] == ["Evacuate"]
        assert info["urgency"] + info["severity"] + info["certainty"] == [
            "Immediate",
            "Extreme",
            "Observed",
        ]
        assert info["effective"] == ["2026-08-08T21:04:05+09:00"]
        assert info["onset"] == ["2026-08-08T21:03:58+09:00"]
        assert info["expires"] == ["2026-08-09T21:04:05+09:00"]
    assert korean["senderName"] == ["종로비상벨 jongno-0042"]
    assert korean["event"] == ["침수 위험"]
    assert korean["headline"] == [f"침수 위험: {ADDRESS}"]
    assert korean["description"] == ["반지하 주택에 물이 위험한 깊이로 찼습니다. 물 깊이: 16cm."]
    assert english["description"][0].endswith("Depth: 16 cm.")
    assert english["instruction"] == ["Get the people out at once and go there."]
    assert one.named("eventCode") == {"OET:v1.2": "OET-081"}
    assert one.named("parameter") == {
        "site": "jongno-0042",
        "district": "jongno",
        "incident": "i1",
        "episode": "1",
        "stage": "danger",
        "bell": "false",
        "depth_mm": "163",
        "depth_is": "measured",
        "peak_mm": "163",
        "zone": "entrance",
        "armed": "true",
        "report_119_accepted": "false",
        "clock_synced": "true",
    }


@pytest.mark.parametrize(
    ("told", "kind", "graded"),
    [
        (ALERT, "Alert", ("Met Safety", "Prepare", "Expected", "Moderate", "Observed")),
        (DANGER, "Update", ("Met Safety Rescue", "Evacuate", "Immediate", "Extreme", "Observed")),
        (
            replace(DANGER, contested=True),
            "Alert",
            ("Met Safety Rescue", "Evacuate", "Immediate", "Extreme", "Possible"),
        ),
        (BELL, "Alert", ("Safety Rescue", "Execute", "Immediate", "Severe", "Observed")),
        (
            replace(BELL, level="alert"),
            "Update",
            ("Met Safety Rescue", "Execute", "Immediate", "Severe", "Observed"),
        ),
        (
            replace(BELL, level="danger", contested=True),
            "Update",
            ("Met Safety Rescue", "Evacuate Execute", "Immediate", "Extreme", "Observed"),
        ),
        (DANGER, "Cancel", ("Met Safety Rescue", "Assess", "Past", "Minor", "Observed")),
        (BELL, "Cancel", ("Safety Rescue", "Assess", "Past", "Minor", "Observed")),
    ],
)
def test_how_bad_it_is(told: Standing, kind: MessageType, graded: tuple[str, ...]) -> None:
    names = ("category", "responseType", "urgency", "severity", "certainty")
    for info in read(told, kind).infos():
        assert tuple(" ".join(info[name]) for name in names) == graded


@pytest.mark.parametrize(
    ("told", "facts", "kind", "says_so"),
    [
        (DANGER, DEEP, "Alert", False),
        (DANGER, replace(DEEP, armed=False), "Alert", True),
        (DANGER, replace(DEEP, armed=False), "Cancel", False),
        (replace(DANGER, contested=True), DEEP, "Alert", True),
        (replace(BELL, level="danger", contested=True), DEEP, "Alert", False),
        (BELL, replace(DEEP, armed=False), "Update", True),
        (ALERT, replace(DEEP, armed=False), "Alert", False),
        (replace(DANGER, status="Exercise"), replace(DEEP, armed=False), "Alert", False),
        (replace(DANGER, status="Test"), replace(DEEP, armed=False), "Alert", False),
    ],
)
def test_no_document_suggests_that_119_was_called(
    told: Standing, facts: Facts, kind: MessageType, says_so: bool
) -> None:
    one = read(told, kind, facts=facts)
    for info, said in zip(one.infos(), words(), strict=True):
        assert info["instruction"][0].endswith(said.single["not_reported"]) is says_so
        without = info["instruction"][0].removesuffix(said.single["not_reported"])
        assert "119" not in without + info["headline"][0] + info["description"][0]
    assert one.named("parameter").get("armed", "") in ("", "true" if facts.armed else "false")
    assert ("armed" in one.named("parameter")) is (told.status == "Actual")


def test_an_accepted_report_is_said_only_when_it_was_accepted() -> None:
    assert read(accepted=True).named("parameter")["report_119_accepted"] == "true"


@pytest.mark.parametrize(("status", "marks"), [("Exercise", "drill"), ("Test", "service")])
def test_drills_and_service_say_so_everywhere(status: CapStatus, marks: str) -> None:
    for kind in KINDS:
        one = read(replace(DANGER, status=status), kind)
        assert one["note"] == " / ".join(w.single[f"only_{marks}"].strip() for w in words())
        for info, said in zip(one.infos(), words(), strict=True):
            assert info["event"][0].startswith(said.single[marks])
            assert info["headline"][0].startswith(said.single[marks])
            assert info["instruction"][0].endswith(said.single[f"only_{marks}"])


def test_a_cancel_says_that_it_is_over_and_of_what() -> None:
    one = read(DANGER, "Cancel", facts=replace(DEEP, depth_mm=-3.0), clock_synced=False)
    assert one["references"] == " ".join(map(str, EARLIER))
    assert one.infos()[1]["event"] == ["Flooding of a home: danger"]
    assert one.infos()[1]["headline"] == [f"Alarm over: {ADDRESS}"]
    told = one.named("parameter")
    assert (told["stage"], told["depth_mm"], told["clock_synced"]) == ("normal", "0", "false")


def test_a_bell_is_told_with_the_water_that_is_there() -> None:
    told = replace(BELL, level="alert")
    one = read(told, facts=replace(DEEP, at_least=True, peak_mm=None, zone=None))
    assert one.infos()[0]["headline"] == [f"비상벨 눌림: {ADDRESS}"]
    codes = one.root.findall(".//{*}eventCode/{*}value")
    assert [code.text for code in codes] == ["OET-081", "OET-162"] * 2
    found = one.named("parameter")
    assert (found["bell"], found["depth_is"]) == ("true", "at_least")
    assert not {"peak_mm", "zone"} & set(found)
    dry = read(BELL, facts=replace(DEEP, peak_mm=0.4))
    assert dry.named("eventCode") == {"OET:v1.2": "OET-162"}
    assert dry.named("parameter")["peak_mm"] == "0"
    assert "depth_mm" not in read(BELL, facts=Facts()).named("parameter")


@pytest.mark.parametrize(
    ("at", "words_for_it"),
    [
        (datetime(2026, 8, 8, 12, 4, 5, tzinfo=UTC), "2026-08-08T12:04:05-00:00"),
        (datetime(2026, 8, 8, 12, tzinfo=ZoneInfo("America/New_York")), "2026-08-08T08:00:00"),
        (datetime(2026, 8, 8, 12, tzinfo=timezone(timedelta(hours=5, minutes=30))), "+05:30"),
        (datetime(2026, 8, 8, 12, tzinfo=timezone(timedelta(hours=5, minutes=45))), "+05:45"),
        (datetime(2026, 8, 8, 12, tzinfo=timezone(timedelta(hours=5, minutes=31))), "+05:31"),
        (datetime(1900, 1, 1, 12, tzinfo=SEOUL), "1900-01-01T03:32:08-00:00"),
    ],
)
def test_times_have_a_numeric_offset_and_never_a_z(at: datetime, words_for_it: str) -> None:
    if "America" in str(at.tzinfo):
        words_for_it = "2026-08-08T12:00:00-04:00"
    assert moment(at).endswith(words_for_it)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", moment(at))


@pytest.mark.parametrize("at", [datetime(2026, 8, 8, 12), datetime(1900, 1, 1, tzinfo=SEOUL)])  # noqa: DTZ001
def test_what_has_no_offset_that_cap_could_write_is_told_in_utc(
    at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Asia/Seoul")
        time.tzset()
        assert re.fullmatch(r"[-\dT:]{19}-00:00", moment(at))
    time.tzset()


ANYTHING = st.text(st.characters(codec=None, categories=None), max_size=60)
"""Also lone surrogates, control characters and what XML has no word for."""


@given(address=ANYTHING, site=ANYTHING, district=ANYTHING, name=ANYTHING, said=ANYTHING)
def test_whatever_the_words_are_the_document_is_well_formed_and_valid(
    address: str, site: str, district: str, name: str, said: str
) -> None:
    korean = words()[0]
    spoken = said.replace("{", "").replace("}", "")
    table = {**korean.said["danger"], "headline": "{address} & <" + spoken}
    single = {**korean.single, "restriction": spoken}
    loose = replace(korean, said={**korean.said, "danger": table}, single=single)
    speaker = replace(
        source(address), sender=name, site=site, district=district, words=(loose, *words()[1:])
    )
    told = replace(DANGER, about=name)
    xml = document(speaker, bulletin(told, "Update", identifier=name))
    one = Read(xml)
    assert not set(one["identifier"] + one["sender"]) & set(" ,<&\t\n")
    readable = "".join(c for c in address if c.isprintable() and c.isascii())
    shown = "".join(c for c in one.areas[0] if c.isprintable() and c.isascii())
    assert shown == readable, "what can be written is written"
    assert len(Read(shortened(xml)).infos()) == 1


def test_what_is_left_out_of_a_standing_and_a_bulletin_is_nothing() -> None:
    assert Standing("i1", "Actual", "alert", bell=False, episode=0).contested is False
    plain = Bulletin("Alert", DANGER, "n1", SENT, SENT, clock_synced=True, facts=DEEP)
    assert (plain.accepted, plain.earlier) == (False, ())


def test_a_token_has_nothing_that_cap_forbids() -> None:
    assert token("a b,c<d&e\tf\x00g한") == "a-b-c-d-e-f-g한"
    assert str(reference_to(source(), bulletin(identifier="a b"))) == (
        "floodbell@jongno.go.kr,a-b,2026-08-08T21:04:05+09:00"
    )


def test_in_short_it_keeps_its_name_its_newest_reference_and_how_bad_it_is() -> None:
    third = Reference("floodbell@jongno.go.kr", "third", "2026-08-08T21:02:00+09:00")
    earlier = (*EARLIER[:1], third, EARLIER[1])
    told = replace(DANGER, status="Exercise")
    whole = document(source(), bulletin(told, "Update", earlier=earlier))
    short = shortened(whole)
    assert len(short.encode()) < 1200 < len(whole.encode())
    assert short.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<alert ')
    one = Read(short)
    assert one["references"] == str(EARLIER[-1])
    assert one["note"] == ""
    [info] = one.infos()
    assert set(info) == {
        "language",
        "category",
        "event",
        "responseType",
        "urgency",
        "severity",
        "certainty",
    }
    assert ADDRESS not in short
