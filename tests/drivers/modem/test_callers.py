"""Who is answered when the modem rings, and what it says of its calls (design 5)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.modem.callers import CALLED_BACK_WITHIN_S, may_answer
from drivers.modem.calls import Call, CallStage, calls_in

seeded = settings(max_examples=200, derandomize=True, deadline=None, database=None)
ALLOWED = ("119", "02*", "+82311234567")


@pytest.mark.parametrize(
    ("number", "answered"),
    [
        ("119", True),
        ("+82119", True),
        ("0119", False),
        ("0212345678", True),
        ("+82212345678", True),
        ("0082212345678", True),
        ("02-1234-5678", True),
        ("0311234567", True),
        ("+82311234567", True),
        ("0311234568", False),
        ("01012345678", False),
        ("+201234567", False),  # Egypt, not Seoul
        ("0020123456", False),
        ("1192", False),
        ("2119", False),
        ("02", True),
        ("hello", False),
    ],
)
def test_numbers_are_known_however_they_are_written(number: str, answered: bool) -> None:
    assert may_answer(number, ALLOWED, incident_open=True, since_report_s=None) is answered
    assert may_answer(number, ALLOWED, incident_open=False, since_report_s=60.0) is answered
    assert not may_answer(number, ALLOWED, incident_open=False, since_report_s=None)


@pytest.mark.parametrize("number", ["", "  "])
def test_who_withholds_his_number_is_answered_for_an_hour_after_a_report(number: str) -> None:
    for since_s, answered in ((0.0, True), (CALLED_BACK_WITHIN_S, True), (3600.5, False)):
        for is_open in (False, True):
            said = may_answer(number, ALLOWED, incident_open=is_open, since_report_s=since_s)
            assert said is answered
    assert not may_answer(number, ALLOWED, incident_open=True, since_report_s=None)
    assert not may_answer(number, ALLOWED, incident_open=True, since_report_s=-5.0)


def test_without_a_list_nobody_with_a_number_is_answered() -> None:
    assert not may_answer("119", (), incident_open=True, since_report_s=0.0)


@seeded
@given(
    st.text(alphabet="0123456789+-() *", max_size=16),
    st.lists(st.from_regex(r"\A\+?[0-9]{1,6}\*?\Z"), max_size=4),
    st.booleans(),
    st.none() | st.floats(0, 1e5),
)
def test_without_an_incident_or_a_report_nobody_is_answered_whatever_rings(
    number: str, allowed: list[str], is_open: bool, since_s: float | None
) -> None:
    answered = may_answer(number, allowed, incident_open=is_open, since_report_s=since_s)
    recent = since_s is not None and since_s <= CALLED_BACK_WITHIN_S
    assert not answered or is_open or recent


def test_calls_are_read_as_the_standard_writes_them() -> None:
    lines = [
        '+CLCC: 1,0,3,0,0,"119",129',
        '+CLCC: 2,1,4,0,0,"+82212345678",145,""',
        "+CLCC: 3,1,5,0,0",
        "+CLCC: 4,0,0,0,0",
        '+CLCC: 5,0,0,1,0,"",128',  # an EC25's data bearer
        '+CLCC: 6,1,0,1,0,"",128',
        "+CLCC: what",
        "OK, ready",
    ]
    assert calls_in(lines) == (
        Call(1, incoming=False, stage=CallStage.ALERTING, number="119"),
        Call(2, incoming=True, stage=CallStage.INCOMING, number="+82212345678"),
        Call(3, incoming=True, stage=CallStage.WAITING, number=""),
        Call(4, incoming=False, stage=CallStage.ACTIVE, number=""),
    )


@seeded
@given(st.lists(st.text(max_size=40), max_size=5))
def test_no_line_is_an_exception(lines: list[str]) -> None:
    assert isinstance(calls_in(["+CLCC: " + line for line in lines]), tuple)
