"""Texts are recognised by their words, whatever is filled in."""

from __future__ import annotations

import pytest

from edge.demo.people import PEOPLE
from edge.demo.reader import Reader
from edge.effects import Facts, Purpose
from edge.messages import texts
from edge.messages.words import NOTICE_PURPOSES, Home, notice_text

HOME = Home("demo", "서울 종로구 창신길 12-3 B01호", 1)


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("armed", [True, False])
@pytest.mark.parametrize("purpose", NOTICE_PURPOSES)
def test_every_text_to_every_role_is_recognised(
    language: str, armed: bool, purpose: Purpose
) -> None:
    words = texts.load(texts.find(language))
    reader = Reader(words)
    facts = Facts(depth_mm=163, peak_mm=200, setpoint_mm=150, armed=armed, cause="sensor:door")
    for person in PEOPLE:
        body = notice_text(words, HOME, purpose, person.role, facts, "09:12")
        assert reader.purpose_of(person.phone, body) is purpose


def test_all_to_119_is_a_report_and_strange_words_are_nothing() -> None:
    reader = Reader(texts.load(texts.find("ko")))
    assert reader.purpose_of("119", "?") is Purpose.REPORT
    assert reader.purpose_of("+821000000001", "경계: 사칭") is None
