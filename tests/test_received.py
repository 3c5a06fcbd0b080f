"""The checker of the logs: what it must find, and what it must leave in peace."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest

from tests.received import Received

BASE = "floodbell/v1/jongno/jongno-0042"


def readings(*seqs: int, depth_mm: float = 1.0) -> tuple[str, bytes]:
    rows = [{"seq": seq, "sensor": "door", "depth_mm": depth_mm} for seq in seqs]
    return f"{BASE}/readings", json.dumps({"log": "r", "readings": rows}).encode()


def event(seq: int, kind: str = "x", **fields: object) -> tuple[str, bytes]:
    return f"{BASE}/events", json.dumps({"log": "e", "seq": seq, "type": kind, **fields}).encode()


def thinned(seq: int, from_seq: int, to_seq: int, kept: int, log: str = "r") -> tuple[str, bytes]:
    named = {"readings_log": log, "from_seq": from_seq, "to_seq": to_seq, "kept": kept}
    return event(seq, "readings_thinned", **named)


def received(messages: Iterable[tuple[str, bytes]]) -> Received:
    made = Received(BASE)
    for topic, payload in messages:
        made.hear(topic, payload)
    return made


def test_what_is_complete_and_in_order_has_no_fault() -> None:
    made = received([readings(1, 2), event(1), readings(3), (f"{BASE}/alarm", b"not JSON")])
    assert made.faults({"r": 3, "e": 1}) == []
    assert made.numbers("r") == [1, 2, 3]
    assert made.has("r", 3)
    assert not made.has("r", 4)


def test_what_comes_again_is_no_fault_and_is_counted() -> None:
    made = received([readings(1, 2, 3), readings(2, 3, 4), readings(1)])
    assert made.faults({"r": 4}) == []
    assert made.repeats == 3


def test_a_gap_is_found() -> None:
    assert received([readings(1, 2, 4)]).faults({"r": 4}) == ["missing of r: 3"]


def test_what_is_missing_at_the_end_is_found() -> None:
    assert received([readings(1, 2)]).faults({"r": 4}) == ["missing of r: 3, 4"]


def test_a_log_of_which_nothing_came_is_found() -> None:
    faults = received([]).faults({"r": 9})
    assert faults == ["missing of r: 1, 2, 3, 4, 5 and 4 more"]


def test_a_number_that_was_never_given_out_is_found() -> None:
    assert received([readings(1, 2)]).faults({"r": 1}) == ["never given out in r: 2"]


def test_a_log_of_nobody_is_found() -> None:
    assert received([readings(1)]).faults({}) == ["log r is none of the device's"]


def test_a_first_arrival_out_of_order_is_found() -> None:
    assert received([readings(1, 3), readings(2)]).faults({"r": 3}) == ["out of order in r: 2"]


def test_a_message_that_says_one_thing_twice_is_not_believed() -> None:
    with pytest.raises(AssertionError, match="twice"):
        received([(f"{BASE}/events", b'{"log":"e","seq":1,"log":"r"}')])


def test_a_number_that_comes_again_as_another_row_is_found() -> None:
    made = received([readings(1), readings(1, depth_mm=2.0)])
    assert made.faults({"r": 1}) == ["1 of readings came again as something else"]


def test_a_gap_that_an_event_names_is_no_fault() -> None:
    made = received([thinned(1, 2, 5, 2), readings(1, 2, 5, 6)])
    assert made.faults({"r": 6, "e": 1}) == []


def test_a_gap_beside_the_one_that_is_named_is_found() -> None:
    made = received([thinned(1, 2, 5, 2), readings(1, 2, 5)])
    assert made.faults({"r": 6, "e": 1}) == ["missing of r: 6"]


def test_an_event_about_another_log_explains_nothing() -> None:
    made = received([thinned(1, 2, 5, 2, log="other"), readings(1, 2, 5)])
    assert made.faults({"r": 5, "e": 1}) == ["missing of r: 3, 4"]


def test_what_thinning_kept_must_come() -> None:
    made = received([thinned(1, 2, 5, 2), readings(1, 5)])
    assert made.faults({"r": 5, "e": 1}) == ["1 of the 2 kept came of 2 to 5"]


def test_what_was_thinned_twice_is_less_than_the_first_kept() -> None:
    made = received([thinned(1, 2, 7, 4), thinned(2, 1, 8, 1), readings(8)])
    assert made.faults({"r": 8, "e": 2}) == []
