"""Discovery and what is taken down: last, one at a time, and never at the cost of the link."""

from __future__ import annotations

from edge.centre.extras import Extras


def test_one_goes_after_the_other_over_each_connection() -> None:
    extras = Extras({"a": b"1", "b": b"2"})
    for _ in range(2):
        extras.begin()
        assert extras.next() == ("a", b"1")
        assert extras.next() is None, "one is under way"
        extras.settled(None)
        assert extras.next() == ("b", b"2")
        extras.settled(None)
        assert extras.next() is None
    assert extras.detail == ""


def test_one_that_is_refused_is_told_and_tried_once_more() -> None:
    extras = Extras({"a": b"1"})
    for words in ("a: not allowed", "a: not allowed; not tried again before a restart"):
        extras.begin()
        assert extras.next() == ("a", b"1")
        extras.settled("not allowed")
        assert extras.detail == words
        assert extras.next() is None
    extras.begin()
    assert extras.next() is None


def test_one_that_is_taken_after_a_refusal_is_well_again() -> None:
    extras = Extras({"a": b"1"})
    for refusal in ("not allowed", None, "not allowed"):
        extras.begin()
        assert extras.next() == ("a", b"1")
        extras.settled(refusal)
        assert bool(extras.detail) is (refusal is not None)
    extras.begin()
    assert extras.next() == ("a", b"1"), "a refusal long ago does not count"


def test_one_that_costs_two_connections_is_given_up_and_the_rest_goes_on() -> None:
    extras = Extras({"a": b"1", "b": b"2"})
    for _ in range(2):
        extras.begin()
        assert extras.next() == ("a", b"1")
    extras.begin()
    assert extras.detail == "a: the connection ended over it; not tried again before a restart"
    assert extras.next() == ("b", b"2")
    extras.settled(None)
    extras.begin()
    assert extras.next() == ("b", b"2"), "for good, not for one connection"


def test_a_connection_that_was_lost_by_chance_costs_nothing() -> None:
    extras = Extras({"a": b"1"})
    extras.begin()
    extras.next()
    extras.begin()
    assert extras.next() == ("a", b"1")
    extras.settled(None)
    extras.begin()
    extras.next()
    extras.begin()
    assert extras.next() == ("a", b"1"), "it had been taken in between"


def test_an_answer_that_nobody_waits_for_changes_nothing() -> None:
    extras = Extras()
    extras.begin()
    extras.settled("not allowed")
    assert (extras.next(), extras.detail) == (None, "")


def test_what_is_taken_down_is_taken_down_once() -> None:
    """Home Assistant warns of a removal where there is nothing to remove."""
    extras = Extras({"a": b"", "b": b"1"})
    extras.begin()
    assert extras.next() == ("a", b"")
    assert extras.taken_down == frozenset()
    extras.settled(None)
    assert extras.taken_down == {"a"}
    extras.begin()
    assert extras.next() == ("b", b"1")
