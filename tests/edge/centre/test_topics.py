"""Payloads, slots and the bookkeeping of the logs, without a broker."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.centre import topics
from edge.centre.commands import reply_topic
from edge.centre.slots import Slots
from edge.store.rows import to_json

BASE = "floodbell/v1/jongno/a"


def test_times_are_utc_with_milliseconds() -> None:
    seoul = datetime(2026, 11, 22, 21, 30, 38, 123999, timezone(timedelta(hours=9)))
    assert topics.timestamp(seoul) == "2026-11-22T12:30:38.123Z"
    assert topics.timestamp(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00.000Z"


def test_the_last_word_has_the_session_of_the_first() -> None:
    first = json.loads(topics.status("b:1", "2026-01-01T00:00:00.000Z", {"armed": True}))
    last = json.loads(topics.will("b:1"))
    assert first["online"] is True
    assert last == {"online": False, "session": first["session"]}


VALUES = st.none() | st.booleans() | st.floats() | st.text(max_size=5)


@given(st.lists(st.dictionaries(st.text(max_size=5), VALUES, max_size=4), min_size=1, max_size=4))
def test_rows_go_out_as_they_were_stored_with_their_number(rows: list[dict[str, object]]) -> None:
    stored = [(seq, to_json(row)) for seq, row in enumerate(rows, 1)]
    batch = json.loads(topics.readings("id", stored))
    assert batch["log"] == "id"
    for (seq, body), row in zip(stored, batch["readings"], strict=True):
        assert row == {"seq": seq, **json.loads(body)}
        event = json.loads(topics.event("id", (seq, body)))
        assert event == {"log": "id", "seq": seq, **json.loads(body)}


def test_a_bound_that_is_infinite_is_null() -> None:
    body = to_json({"at_least_mm": 20.0, "below_mm": math.inf})
    assert json.loads(topics.readings("id", [(1, body)]))["readings"][0]["below_mm"] is None


def test_a_row_in_short_keeps_its_number_and_what_it_is() -> None:
    seq, body = topics.stub((7, to_json({"type": "big", "ts": "t", "text": "x" * 999, "depth": 1})))
    assert seq == 7
    assert json.loads(body) == {"type": "big", "ts": "t", "cut": True}


@pytest.mark.parametrize(
    ("wanted", "goes_to"),
    [
        ("district/answers", "district/answers"),
        (None, f"{BASE}/cmd/ack/reply"),
        ("", f"{BASE}/cmd/ack/reply"),
        ("a/+/b", f"{BASE}/cmd/ack/reply"),
        ("x" * 300, f"{BASE}/cmd/ack/reply"),
        ("$SYS/x", f"{BASE}/cmd/ack/reply"),
        (f"{BASE}/alarm", f"{BASE}/cmd/ack/reply"),
    ],
)
def test_no_answer_can_be_made_to_look_like_an_alarm(wanted: str | None, goes_to: str) -> None:
    assert reply_topic(BASE, "ack", wanted) == goes_to


# Slots.


def take_all(slots: Slots, now_s: float) -> list[str]:
    taken = []
    while (one := slots.take(now_s)) is not None:
        taken.append(one[0])
    return taken


def test_the_alarm_is_taken_first() -> None:
    slots = Slots()
    for topic in ("health", "sensors/b", "status", "sensors/a", "alarm"):
        slots.put(topic, b"", 0.0)
    assert take_all(slots, 0.0) == ["alarm", "status", "sensors/a", "sensors/b", "health"]
    assert slots.next_s == math.inf


def test_only_the_newest_is_taken_and_a_repeat_waits_for_its_second() -> None:
    slots = Slots()
    assert slots.put("sensors/a", b"1", 10.0)
    assert not slots.put("sensors/a", b"2", 10.1, repeat=True), "the taker knows"
    assert slots.take(10.1) == ("sensors/a", b"2")
    assert slots.put("sensors/a", b"3", 10.2, repeat=True), "the taker must wake for it"
    assert not slots.put("sensors/a", b"3", 10.2, repeat=True)
    assert slots.take(10.2) is None
    assert slots.next_s == pytest.approx(11.1)
    assert slots.put("sensors/a", b"4", 10.3), "a change does not wait"
    assert slots.take(10.3) == ("sensors/a", b"4")
    slots.put("sensors/a", b"5", 20.0, repeat=True)
    assert slots.take(20.0) == ("sensors/a", b"5")


def test_a_repeat_waits_as_long_as_it_is_told_to() -> None:
    slots = Slots(30.0)
    slots.put("sensors/a", b"1", 10.0)
    assert slots.take(10.0) == ("sensors/a", b"1")
    slots.put("sensors/a", b"1", 11.0, repeat=True)
    assert slots.next_s == 40.0
    slots.put("sensors/a", b"2", 12.0)
    assert slots.take(12.0) == ("sensors/a", b"2"), "a change does not"


def test_what_waits_goes_along_with_what_goes_anyway() -> None:
    """On battery a modem's radio is to wake once for all of it."""
    slots = Slots()
    slots.slow_down(60.0, 0.0)
    slots.put("sensors/a", b"1", 10.0)
    assert take_all(slots, 10.0) == ["sensors/a"]
    slots.put("sensors/a", b"1", 11.0, repeat=True)
    assert slots.next_s == 70.0
    slots.along(30.0)
    assert slots.next_s == 30.0
    assert take_all(slots, 30.0) == ["sensors/a"]
    slots.along(31.0)
    assert take_all(slots, 31.0) == [], "nothing has been said since"
    slots.put("sensors/a", b"2", 32.0)
    assert take_all(slots, 32.0) == ["sensors/a"], "a change does not wait"


def test_once_repeats_may_come_sooner_what_waits_is_due() -> None:
    slots = Slots()
    slots.slow_down(60.0, 0.0)
    slots.put("sensors/a", b"1", 10.0)
    take_all(slots, 10.0)
    slots.put("sensors/a", b"2", 11.0, repeat=True)
    slots.slow_down(60.0, 12.0)
    assert slots.next_s == 70.0
    slots.slow_down(1.0, 13.0)
    assert take_all(slots, 13.0) == ["sensors/a"]
    slots.put("sensors/a", b"3", 13.5, repeat=True)
    assert slots.next_s == 14.0


def test_what_was_refused_is_held_back_even_over_a_new_connection() -> None:
    slots = Slots()
    slots.put("health", b"", 0.0)
    slots.put("alarm", b"", 0.0)
    take_all(slots, 0.0)
    slots.hold("health", 5.0)
    slots.all_again(1.0)
    assert take_all(slots, 1.0) == ["alarm"]
    assert not slots.put("health", b"new", 2.0)
    assert slots.next_s == 5.0
    assert slots.take(5.0) == ("health", b"new")
