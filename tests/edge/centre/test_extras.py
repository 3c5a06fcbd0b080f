"""Discovery and what is taken down: last, one at a time, and never at the cost of the link."""

from __future__ import annotations

from math import inf

from edge.centre.extras import PROBATION_S, Extras


def went(extras: Extras, topic: str, refusal: str | None = None, at_s: float = 0.0) -> None:
    sent = extras.next(at_s)
    assert sent is not None
    assert sent[0] == topic
    extras.settled(refusal, at_s)


def test_one_goes_after_the_other_over_each_connection() -> None:
    extras = Extras({"a": b"1", "b": b"2"})
    for start_s in (0.0, 100.0):
        extras.begin(start_s)
        assert extras.next_s == start_s
        assert extras.next(start_s) == ("a", b"1")
        assert (extras.next_s, extras.next(start_s)) == (inf, None), "one is under way"
        extras.settled(None, start_s)
        went(extras, "b", at_s=start_s)
        assert extras.next(start_s) is None
        assert extras.next_s == inf
        extras.lost(start_s + 50)
    assert extras.detail == ""


def test_one_that_is_refused_is_told_and_tried_once_more() -> None:
    extras = Extras({"a": b"1"})
    for words in ("a: not allowed", "a: not allowed; not tried again before a restart"):
        extras.begin(0.0)
        went(extras, "a", "not allowed")
        assert extras.detail == words
        assert extras.next(0.0) is None
        extras.lost(0.0)
        assert extras.detail == words, "counted once"
    extras.begin(0.0)
    assert (extras.next_s, extras.next(0.0)) == (inf, None)


def test_one_that_is_taken_after_a_refusal_is_well_again() -> None:
    extras = Extras({"a": b"1"})
    for refusal in ("not allowed", None, "not allowed"):
        extras.begin(0.0)
        went(extras, "a", refusal)
        extras.next(0.0)
        assert bool(extras.detail) is (refusal is not None)
        extras.lost(0.0)
    extras.begin(0.0)
    assert extras.next(0.0) == ("a", b"1"), "a refusal long ago does not count"


def test_one_that_costs_two_connections_is_given_up_and_the_rest_goes_on() -> None:
    extras = Extras({"a": b"1", "b": b"2"})
    for _ in range(2):
        extras.begin(0.0)
        assert extras.next(0.0) == ("a", b"1")
        extras.lost(0.0)
    assert extras.detail == "a: the connection ended over it; not tried again before a restart"
    for _ in range(2):
        extras.begin(0.0)
        went(extras, "b")
        extras.lost(0.0)
    assert extras.detail.startswith("a: "), "for good, not for one connection"


def test_where_an_acknowledgement_cannot_say_no_the_end_that_follows_says_it() -> None:
    """3.1.1: Mosquitto 2.0.11 acknowledges what it forbids, and then hangs up."""
    extras = Extras({"a": b"1", "b": b""}, probation_s=5.0)
    for _ in range(2):
        extras.begin(0.0)
        went(extras, "a")
        assert extras.next_s == 5.0
        assert extras.next(4.9) is None
        extras.lost(4.9)
    assert "not tried again" in extras.detail
    extras.begin(10.0)
    went(extras, "b", at_s=10.0)
    assert extras.taken_down == frozenset(), "not proven yet"
    assert extras.next(15.0) is None
    assert extras.taken_down == {"b"}
    assert extras.next_s == inf
    extras.lost(15.1)
    extras.begin(20.0)
    assert extras.next_s == inf, "all is done that can be"


def test_a_connection_that_was_lost_by_chance_costs_nothing() -> None:
    extras = Extras({"a": b"1"})
    for _ in range(5):
        extras.begin(0.0)
        assert extras.next(0.0) == ("a", b"1")
        extras.lost(0.0)
        extras.begin(0.0)
        went(extras, "a")
        extras.lost(60.0)
    assert extras.detail == ""


def test_an_answer_that_nobody_waits_for_changes_nothing() -> None:
    extras = Extras({})
    assert extras.next_s == inf
    extras.lost(0.0)
    extras.begin(0.0)
    extras.settled("not allowed", 0.0)
    extras.lost(0.0)
    assert (extras.next(0.0), extras.detail, extras.next_s) == (None, "", inf)


def test_what_is_taken_down_is_taken_down_once() -> None:
    """Home Assistant warns of a removal where there is nothing to remove."""
    extras = Extras({"a": b"", "c": b"", "b": b"1"})
    extras.begin(0.0)
    assert extras.next(0.0) == ("a", b"")
    assert extras.taken_down == frozenset()
    extras.settled(None, 0.0)
    went(extras, "c")
    went(extras, "b")
    assert extras.taken_down == {"a", "c"}
    extras.lost(9.0)
    extras.begin(10.0)
    assert extras.next(10.0) == ("b", b"1")


def test_the_time_on_probation_is_longer_than_a_broker_takes_to_hang_up() -> None:
    assert PROBATION_S == 5.0


def test_who_takes_the_place_of_another_knows_what_was_given_up_and_what_is_gone() -> None:
    extras = Extras({"a": b"1", "b": b"2", "c": b""})
    for _ in range(2):
        extras.begin(0.0)
        went(extras, "a", "not allowed")
        extras.lost(0.0)
    extras.begin(0.0)
    went(extras, "b")
    went(extras, "c")
    assert extras.next(0.0) is None
    fresh = extras.renewed()
    assert fresh.detail == extras.detail
    assert fresh.taken_down == {"c"}
    fresh.begin(0.0)
    went(fresh, "b")
    assert fresh.next(0.0) is None, "neither what was given up nor what is gone"
    extras.begin(0.0)
    assert extras.next(0.0) == ("b", b"2"), "and the other may go on by itself"
