"""A test text by the modem that somebody asks for: soon or never, and never to 119 (contract 2)."""

from __future__ import annotations

import pytest

from edge.effects import Facts, Log, Notice, Purpose, Withdraw, message_key
from edge.events import Attempted, Hand, Outcome, Tick
from edge.law import due_s, modemtest
from edge.law.state import INF
from tests.edge.law.basement import ONE_SENSOR, Basement


def not_accepted(asked_s: float) -> Withdraw:
    words = "not accepted within 90 s"
    return Withdraw(None, (Purpose.TEST,), words, cause=modemtest.CAUSE, decided_by_s=asked_s)


def asked(contact: str = "mother") -> Basement:
    basement = Basement()
    basement.run(3, door=0.0)
    basement.effects.clear()
    assert basement.ask(Hand.MODEM_TEST, contacts=(contact,)) == ""
    return basement


def test_it_goes_to_its_contact_by_the_modem_and_says_who_asked() -> None:
    basement = asked()
    assert [effect for _, effect in basement.effects] == [
        Log(
            "modem_tested",
            reason="test text to mother by tester",
            fields={"by": "tester", "contact": "mother"},
        ),
        Notice(
            purpose=Purpose.TEST,
            contacts=("mother",),
            incident=None,
            episode=1_003_000,
            facts=Facts(armed=True, cause="modem_test"),
            reason="test text to mother by tester",
            origin=None,
            routes=("modem",),
        ),
    ]


@pytest.mark.parametrize(
    ("contacts", "words"),
    [
        ((), "no contact is named"),
        (("119",), "not among the contacts in the settings: 119"),
        (("mother", "lee", "119"), "not among the contacts in the settings: lee, 119"),
        (("mother", "home"), "a test text goes to one contact at a time"),
    ],
)
def test_to_nobody_to_119_or_to_several_it_is_refused(
    contacts: tuple[str, ...], words: str
) -> None:
    basement = Basement()
    assert basement.ask(Hand.MODEM_TEST, contacts=contacts) == words
    assert basement.effects == []


def test_from_afar_and_while_an_incident_is_open_it_is_refused() -> None:
    basement = Basement()
    words = basement.ask(Hand.MODEM_TEST, local=False, contacts=("mother",))
    assert words == "a test text is asked for at the device only"
    basement.press()
    words = basement.ask(Hand.MODEM_TEST, contacts=("mother",))
    assert words == "incident i1 is open"


def test_three_in_a_minute_are_enough() -> None:
    basement = asked()
    for _ in range(2):
        basement.now_s += 10.0
        assert basement.ask(Hand.MODEM_TEST, contacts=("home",)) == ""
    basement.now_s += 10.0
    words = "enough test texts for now: the next in 30 s"
    assert basement.ask(Hand.MODEM_TEST, contacts=("kim",)) == words
    basement.now_s += 29.9
    assert "the next in 0 s" in basement.ask(Hand.MODEM_TEST, contacts=("kim",))
    basement.now_s += 0.1
    assert basement.ask(Hand.MODEM_TEST, contacts=("kim",)) == ""


def test_twenty_in_an_hour_are_enough_and_no_more_are_remembered() -> None:
    basement = asked()
    first_s = basement.now_s
    for _ in range(19):
        basement.now_s += 60.0
        assert basement.ask(Hand.MODEM_TEST, contacts=("mother",)) == ""
    basement.now_s += 60.0
    words = "enough test texts for now: the next in 2400 s"
    assert basement.ask(Hand.MODEM_TEST, contacts=("mother",)) == words
    basement.now_s = first_s + 3600.0
    assert basement.ask(Hand.MODEM_TEST, contacts=("mother",)) == ""
    assert len(basement.state.modem_tests_s) == 20


def test_what_has_not_left_in_ninety_seconds_never_does() -> None:
    basement = asked()
    assert due_s(basement.state, ONE_SENSOR) == 1093.0
    basement.run(89, door=0.0)
    assert basement.withdrawn() == []
    basement.run(2, door=0.0)
    assert basement.withdrawn() == [not_accepted(1003.0)]
    assert modemtest.due_s(basement.state) == INF


def test_its_time_is_over_to_the_second() -> None:
    basement = asked()
    basement.now_s = 1092.9
    basement.event(Tick())
    assert basement.withdrawn() == []
    basement.now_s = 1093.0
    basement.event(Tick())
    assert basement.withdrawn() == [not_accepted(1003.0)]


def test_another_one_gives_the_first_no_longer_and_has_its_own_time() -> None:
    """Asked for again and again of a dead modem, they would all leave when it comes back."""
    basement = asked()
    basement.now_s = 1063.0
    assert basement.ask(Hand.MODEM_TEST, contacts=("mother",)) == ""
    assert modemtest.due_s(basement.state) == 1093.0
    for now_s in (1093.0, 1152.9):
        basement.now_s = now_s
        basement.event(Tick())
        assert basement.withdrawn() == [not_accepted(1003.0)]
        assert modemtest.due_s(basement.state) == 1153.0
    basement.now_s = 1153.0
    basement.event(Tick())
    assert basement.withdrawn() == [not_accepted(1003.0), not_accepted(1063.0)]
    assert modemtest.due_s(basement.state) == INF


def test_one_of_which_nobody_looked_at_the_time_is_over_too() -> None:
    """A process that was stopped for more than an hour."""
    basement = asked()
    basement.now_s = 5003.0
    assert basement.ask(Hand.MODEM_TEST, contacts=("mother",)) == ""
    basement.event(Tick())
    assert basement.withdrawn()[0].decided_by_s == 4913.0
    assert modemtest.due_s(basement.state) == 5093.0


def test_real_water_and_the_bell_end_it() -> None:
    """It says that nothing is to be done."""
    over = Withdraw(None, (Purpose.TEST,), "something real has begun", cause="modem_test")
    flooded, rung = asked(), asked()
    flooded.flood(60.0)
    rung.press()
    assert over in flooded.withdrawn()
    assert over in rung.withdrawn()
    assert flooded.state.modem_test_until_s is None


def test_one_that_did_not_arrive_is_not_sent_again() -> None:
    basement = asked()
    key = message_key("modem_test@boot", 1_003_000, Purpose.TEST, "mother", 1, 1)
    for outcome in (Outcome.ACCEPTED, Outcome.FAILED):
        basement.event(Attempted(key, "modem", outcome))
        assert basement.withdrawn() == []
    basement.event(Attempted(key, "modem", Outcome.UNDELIVERED))
    words = "the network says that it was not delivered"
    assert basement.withdrawn() == [Withdraw(None, (Purpose.TEST,), words, cause="modem_test")]


def test_a_self_tests_end_is_not_taken_for_it() -> None:
    basement = asked()
    key = message_key("self_test@boot", 1, Purpose.TEST, "mother", 1, 1)
    basement.event(Attempted(key, "modem", Outcome.UNDELIVERED))
    assert [w for w in basement.withdrawn() if w.cause == "modem_test"] == []


def test_a_restart_forgets_it() -> None:
    basement = asked()
    basement.restart()
    assert basement.state.modem_tests_s == ()
    assert modemtest.due_s(basement.state) == INF


def test_its_figures() -> None:
    assert modemtest.WITHIN_S == 90.0
    assert modemtest.LIMITS == ((3, 60.0), (20, 3600.0))
