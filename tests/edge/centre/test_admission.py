"""Which requests of the centre are heard, on clocks that are handed in."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.centre.admission import (
    AHEAD_S,
    AN_HOUR,
    BURST,
    LONGEST_BYTES,
    OLDEST_S,
    REMEMBERED,
    Admission,
    Admitted,
    Earlier,
    Refusal,
)
from edge.centre.commands import Command
from edge.centre.desk import Desk, asker
from edge.centre.requests import REQUESTS
from edge.loop.remote import COMMANDS

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def ask(
    admission: Admission, name: str, now_s: float = 0.0, wall: datetime | None = NOW, **fields: Any
) -> Admitted | Refusal:
    return admission.judge(name, json.dumps(fields).encode(), now_s, wall)


def error_of(judged: Admitted | Refusal) -> str:
    assert isinstance(judged, Refusal), judged
    assert judged.reason
    return judged.error


def test_what_can_be_asked_is_what_can_be_done() -> None:
    assert set(REQUESTS) == set(COMMANDS)
    assert set(REQUESTS) == {"ack", "silence", "reset", "service", "drill", "read"}


@pytest.mark.parametrize(
    ("name", "fields", "arguments"),
    [
        ("ack", {}, {}),
        ("silence", {}, {}),
        ("reset", {"ts": "2026-11-28T11:59:00Z"}, {}),
        ("reset", {"ts": "2026-11-28T20:59:00.123+09:00", "by": "kim"}, {}),
        ("service", {}, {"on": False}),
        ("service", {"on": True}, {"on": True}),
        (
            "drill",
            {"stage": "danger", "contacts": ["a", "b"]},
            {"stage": "danger", "contacts": ["a", "b"]},
        ),
        ("drill", {"stage": "bell", "to": ["a"]}, {"stage": "bell", "contacts": ["a"]}),
        ("read", {}, {"sensor": None}),
        ("read", {"sensor": "door"}, {"sensor": "door"}),
    ],
)
def test_a_request_in_good_form_is_admitted(
    name: str, fields: dict[str, Any], arguments: dict[str, Any]
) -> None:
    for request_id in ("r-1", 7):
        judged = ask(Admission(), name, id=request_id, **fields)
        assert judged == Admitted(request_id, arguments, fields.get("by"))


@pytest.mark.parametrize("name", ["arm", "disarm", "service_on", "report", "", "ack/reply", "ACK"])
def test_what_is_not_on_the_list_cannot_be_asked(name: str) -> None:
    assert error_of(ask(Admission(), name, id="1")) == "unknown"


@pytest.mark.parametrize(
    ("name", "fields", "words"),
    [
        ("ack", {}, "id"),
        ("ack", {"id": ""}, "id"),
        ("ack", {"id": "x" * 65}, "id"),
        ("ack", {"id": "two words"}, "id"),
        ("ack", {"id": None}, "id"),
        ("ack", {"id": -1}, "id"),
        ("ack", {"id": True}, "id"),
        ("ack", {"id": "1", "phone": "+821012345678"}, "phone"),
        ("ack", {"id": "1", "ts": "2026-11-28T12:00:00"}, "ts"),
        ("ack", {"id": "1", "ts": 1764331200}, "ts"),
        ("service", {"id": "1", "minutes": 30}, "minutes"),
        ("service", {"id": "1", "on": "no"}, "on"),
        ("drill", {"id": "1"}, "stage"),
        ("drill", {"id": "1", "stage": "danger", "contacts": []}, "contacts"),
        ("drill", {"id": "1", "stage": "fire", "contacts": ["a"]}, "stage"),
        ("drill", {"id": "1", "stage": "danger", "contacts": ["a"] * 33}, "contacts"),
        ("drill", {"id": "1", "stage": "danger", "contacts": "a"}, "contacts"),
        ("read", {"id": "1", "sensor": 3}, "sensor"),
    ],
)
def test_a_request_in_bad_form_names_the_field(
    name: str, fields: dict[str, Any], words: str
) -> None:
    judged = ask(Admission(), name, **fields)
    assert error_of(judged) == "malformed"
    assert isinstance(judged, Refusal)
    assert words in judged.reason
    assert "8210" not in judged.reason, "what was in it is nobody's business"


@given(st.binary(max_size=200) | st.text(max_size=50).map(lambda t: json.dumps(t).encode()))
def test_no_payload_is_fatal(payload: bytes) -> None:
    admission = Admission()
    for number, name in enumerate((*REQUESTS, "arm")):
        assert error_of(admission.judge(name, payload, number * 10.0, NOW)) in (
            "malformed",
            "unknown",
        )


def test_deep_and_long_ones_are_answered_too() -> None:
    deep = b'{"id":' + b"[" * 2000 + b"]" * 2000 + b"}"
    assert error_of(Admission().judge("ack", deep, 0.0, NOW)) == "malformed"
    assert error_of(Admission().judge("ack", b" " * (LONGEST_BYTES + 1), 0.0, NOW)) == "too_large"
    fits = b'{"id":"1"}'.ljust(LONGEST_BYTES)
    assert Admission().judge("ack", fits, 0.0, NOW) == Admitted("1", {})


def test_a_request_is_not_done_twice_whatever_it_asks_the_second_time() -> None:
    admission = Admission([Earlier("before")])
    assert isinstance(ask(admission, "ack", id="1"), Admitted)
    assert error_of(ask(admission, "ack", id="1")) == "repeated"
    assert error_of(ask(admission, "reset", id="1")) == "repeated"
    assert error_of(ask(admission, "ack", id="before")) == "repeated"
    assert isinstance(ask(admission, "ack", id=1, now_s=9.0), Refusal), "7 and '7' are one id"


def test_so_many_ids_are_remembered_as_can_be_asked_within_the_oldest_age() -> None:
    assert REMEMBERED >= BURST + OLDEST_S
    admission = Admission()
    for number in range(REMEMBERED + 1):
        assert isinstance(ask(admission, "ack", number * 1.0, id=f"i{number}"), Admitted)
    assert error_of(ask(admission, "ack", 1e6, id="i1")) == "repeated"
    assert isinstance(ask(admission, "ack", 1e6, id="i0"), Admitted), "memory is bounded"


@given(age_s=st.floats(-1000, 1000))
def test_an_old_request_and_one_from_the_future_are_not_done(age_s: float) -> None:
    asked = (NOW - timedelta(seconds=age_s)).isoformat()
    judged = ask(Admission(), "ack", id="1", ts=asked)
    late = not -AHEAD_S <= age_s <= OLDEST_S
    assert (error_of(judged) == "too_old") if late else isinstance(judged, Admitted)


def test_without_a_clock_that_can_be_believed_no_age_is_judged() -> None:
    judged = ask(Admission(), "ack", wall=None, id="1", ts="1999-01-01T00:00:00Z")
    assert isinstance(judged, Admitted)


def test_a_flood_of_requests_is_cut_to_one_a_second() -> None:
    admission = Admission()
    judged = [ask(admission, "read", n * 0.01, id=f"i{n}") for n in range(1000)]
    admitted = [one for one in judged if isinstance(one, Admitted)]
    assert len(admitted) == BURST + 9
    assert all(error_of(one) == "too_many" for one in judged if isinstance(one, Refusal))


@pytest.mark.parametrize("name", AN_HOUR)
def test_what_is_scarce_is_scarce_by_the_hour(name: str) -> None:
    admission = Admission()
    fields = {"stage": "bell", "contacts": ["a"]} if name == "drill" else {}
    judged = [admission.judge(name, a_request(n, fields), n * 30.0, NOW) for n in range(120)]
    assert sum(isinstance(one, Admitted) for one in judged) == 2 * AN_HOUR[name] - 1
    assert isinstance(ask(admission, "ack", 3600.0, id="x"), Admitted)


def a_request(number: int, fields: dict[str, Any]) -> bytes:
    return json.dumps({"id": f"i{number}", **fields}).encode()


def test_what_the_law_refused_does_not_count_and_what_was_done_before_a_restart_does() -> None:
    admission = Admission([Earlier("a", "drill", recent=True), Earlier("b", "drill")], 9000.0)
    fields = {"stage": "bell", "contacts": ["a"]}
    assert isinstance(admission.judge("drill", a_request(1, fields), 9000.0, NOW), Admitted)
    too_many = admission.judge("drill", a_request(2, fields), 9000.0, NOW)
    assert error_of(too_many) == "too_many"
    admission.refund("drill")
    admission.refund("read")
    again = admission.judge("drill", a_request(2, fields), 9000.0, NOW)
    assert isinstance(again, Admitted), "what was turned away may come again with its id"


def test_a_drill_that_the_law_refused_is_given_back_by_the_desk() -> None:
    centre = Centre()
    for number in range(10):
        centre.hear("drill", a_request(number, {"stage": "bell", "contacts": ["a"]}))
        centre.asked[-1][3]({"done": False, "error": "refused", "reason": "an incident is open"})
    assert [answer["error"] for answer in centre.answers] == ["refused"] * 10


# The desk.


class Centre:
    """Where answers, admitted requests and refusals come to."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.answers: list[dict[str, Any]] = []
        self.asked: list[tuple[str, Admitted, str, Any]] = []
        self.told: list[tuple[str, str, str, int]] = []
        self.desk = Desk(
            take=lambda *asked: self.asked.append(asked),
            tell=lambda name, refusal, by, count: self.told.append(
                (name, refusal.error, by, count)
            ),
            reply=lambda _command, payload: self.answers.append(dict(payload)),
            stamp=lambda: {"ts": "now", "session": "b:1"},
            clock=lambda: self.now_s,
            wall_utc=lambda: NOW,
            done_before=lambda: [Earlier("before")],
        )

    def hear(self, name: str, payload: bytes, **more: Any) -> None:
        self.desk.hear(Command(name, payload, "reply", **more))


def test_an_admitted_request_is_handed_on_and_its_answer_goes_back() -> None:
    centre = Centre()
    centre.hear("ack", b'{"id":"1"}', user_properties=(("by", "김 주무관"),))
    name, admitted, by, answer = centre.asked[0]
    assert (name, admitted.id, by) == ("ack", "1", "김 주무관")
    assert centre.answers == [], "not before it is done"
    answer({"done": True, "reason": ""})
    assert centre.answers == [
        {
            "id": "1",
            "command": "ack",
            "done": True,
            "error": None,
            "reason": "",
            "ts": "now",
            "session": "b:1",
        }
    ]
    assert (centre.desk.taken, centre.desk.refused) == (1, 0)


def test_what_is_turned_away_is_answered_each_time_and_told_once_a_minute() -> None:
    centre = Centre()
    for second in range(150):
        centre.now_s = float(second)
        centre.hear("arm", b'{"id":"1"}')
    assert [a["error"] for a in centre.answers] == ["unknown"] * 150
    assert all(a["done"] is False and a["id"] == "1" for a in centre.answers)
    assert [count for _, _, _, count in centre.told] == [1, 60, 60]
    assert centre.desk.refused == 150
    assert centre.asked == []


@pytest.mark.parametrize(
    ("payload", "request_id"),
    [
        (b'{"id":"1","x":2}', "1"),
        (b'{"id":7,"x":2}', 7),
        (b'{"id":true}', None),
        (b'{"id":["1"]}', None),
        (b'{"id":"' + b"x" * 65 + b'"}', None),
        (b"[1]", None),
        (b'{"id":' + b"[" * 2000, None),
        (b"{}", None),
    ],
)
def test_an_answer_to_what_is_no_request_has_its_id_if_it_can_be_read(
    payload: bytes, request_id: object
) -> None:
    centre = Centre()
    centre.hear("ack", payload)
    assert (centre.answers[0]["error"], centre.answers[0]["id"]) == ("malformed", request_id)


def test_a_retained_request_is_neither_done_nor_answered() -> None:
    """It would be obeyed again at every connection; who asked it waits no more."""
    centre = Centre()
    centre.hear("reset", b'{"id":"1"}', retained=True)
    assert (centre.asked, centre.answers, centre.desk.refused) == ([], [], 1)
    assert centre.told[0][:2] == ("reset", "too_old")


def test_what_was_done_before_a_restart_is_not_done_again() -> None:
    centre = Centre()
    centre.hear("drill", b'{"id":"before","stage":"bell","contacts":["a"]}')
    assert centre.asked == []
    assert centre.answers[0]["error"] == "repeated"


@pytest.mark.parametrize(
    ("properties", "in_request", "who"),
    [
        ((("by", "kim"),), "lee", "kim"),
        ((("other", "kim"),), "lee", "lee"),
        ((), None, "the centre"),
        ((("by", "\x00\n "),), None, "the centre"),
        ((("by", "kim +82 10 1234 5678"),), None, "kim …"),
        ((("by", "x" * 300),), None, "x" * 64),
    ],
)
def test_who_asks_is_a_short_word_without_a_number(
    properties: tuple[tuple[str, str], ...], in_request: str | None, who: str
) -> None:
    assert asker(properties, in_request) == who
