"""The self-test: a text now and then to somebody who is not 119 (contract 1)."""

from __future__ import annotations

from dataclasses import replace

from edge.effects import Effect, Facts, Log, Notice, Purpose, message_key
from edge.events import Attempted, Outcome
from edge.law import due_s, selftest
from edge.law.policy import SelfTestPolicy
from edge.law.selftest import CAUSE, FIRST_AFTER_S, WITHIN_S
from edge.law.state import INF, State
from tests.edge.law.basement import ONE_SENSOR, Basement

DAY_S = 86400.0
DAILY = replace(ONE_SENSOR, self_test=SelfTestPolicy("mother", DAY_S))


def new_home() -> Basement:
    state = State(armed=True, report_armed=True, started_s=1000.0)
    return Basement(policy=DAILY, interval_s=30.0, state=state)


def texts_of(home: Basement) -> list[tuple[float, Notice]]:
    return [
        (at_s, e) for at_s, e in home.effects if isinstance(e, Notice) and e.purpose is Purpose.TEST
    ]


def answer(home: Basement, outcome: Outcome, *, confirmed: bool = True) -> None:
    _, notice = texts_of(home)[-1]
    key = message_key(f"{CAUSE}@boot", notice.episode, Purpose.TEST, "mother", 1, 1)
    home.event(Attempted(key, "modem", outcome, "as the test says", confirmed=confirmed))


def pass_time(home: Basement, seconds: float) -> None:
    home.run(seconds, door=0.0)


def test_the_first_is_soon_after_the_installation_then_one_a_day() -> None:
    home = new_home()
    pass_time(home, FIRST_AFTER_S - 30.0)
    assert texts_of(home) == []
    pass_time(home, 60.0)
    ((at_s, notice),) = texts_of(home)
    assert at_s == 1000.0 + FIRST_AFTER_S
    assert (notice.contacts, notice.incident, notice.origin) == (("mother",), None, None)
    answer(home, Outcome.ACCEPTED)
    pass_time(home, 2 * DAY_S)
    assert [at_s for at_s, _ in texts_of(home)] == [1600.0, 1600.0 + DAY_S, 1600.0 + 2 * DAY_S]
    assert len({n.episode for _, n in texts_of(home)}) == 3, "each has a key of its own"


def test_without_one_in_the_settings_nobody_is_texted() -> None:
    home = Basement(interval_s=60.0, state=State(started_s=1000.0))
    pass_time(home, 2 * DAY_S)
    assert texts_of(home) == []


def test_one_that_no_route_takes_within_the_hour_is_a_trouble_until_one_is_taken() -> None:
    home = new_home()
    pass_time(home, FIRST_AFTER_S + 30.0)
    pass_time(home, WITHIN_S)
    assert home.state.troubles[CAUSE].raised
    answer(home, Outcome.ACCEPTED, confirmed=False)
    assert home.state.troubles[CAUSE].gone_s is None, "silence is no proof"
    answer(home, Outcome.ACCEPTED)
    pass_time(home, 120.0)
    assert CAUSE not in home.state.troubles


def test_one_that_is_refused_or_does_not_arrive_is_a_trouble_at_once() -> None:
    for outcome in (Outcome.REFUSED, Outcome.UNDELIVERED):
        home = new_home()
        pass_time(home, FIRST_AFTER_S + 30.0)
        answer(home, Outcome.FAILED)
        assert CAUSE not in home.state.troubles, "the outbox tries again"
        answer(home, outcome)
        assert outcome.value in home.state.troubles[CAUSE].detail


def test_it_waits_for_the_end_of_an_incident() -> None:
    home = new_home()
    home.run(FIRST_AFTER_S + 300.0, door=60.0)
    assert home.state.incident is not None
    assert texts_of(home) == []


def test_its_day_goes_on_after_a_restart_and_one_under_way_too() -> None:
    home = new_home()
    pass_time(home, FIRST_AFTER_S + 30.0)
    home.restart()
    assert len(texts_of(home)) == 1
    assert home.state.self_test_s == 1000.0 + FIRST_AFTER_S
    pass_time(home, WITHIN_S)
    assert CAUSE in home.state.troubles
    assert due_s(home.state, DAILY) > home.now_s
    pass_time(home, DAY_S)
    assert len(texts_of(home)) == 2


def test_its_figures() -> None:
    assert (CAUSE, FIRST_AFTER_S, WITHIN_S) == ("self_test", 600.0, 3600.0)


def test_what_it_says_of_itself_and_to_whom() -> None:
    home = new_home()
    pass_time(home, FIRST_AFTER_S)
    said = [e for _, e in home.effects if isinstance(e, Log) and e.type == "self_test"]
    assert said == [Log("self_test", reason="it is time", fields={"contact": "mother"})]
    ((_, notice),) = texts_of(home)
    assert notice == Notice(
        purpose=Purpose.TEST,
        contacts=("mother",),
        incident=None,
        episode=1_600_000,
        facts=Facts(armed=True, cause="self_test"),
        reason="self-test every 24 h",
    )


def test_its_hour_ends_with_its_last_second_and_the_trouble_says_why() -> None:
    out: list[Effect] = []
    under_way = State(started_s=0.0, self_tested_s=600.0, self_test_s=600.0)
    assert selftest.due_s(under_way, DAILY) == 600.0 + WITHIN_S
    assert selftest.advance(under_way, 4199.9, DAILY, out) == under_way
    late = selftest.advance(under_way, 4200.0, DAILY, out)
    assert late.troubles[CAUSE].detail == "no route has taken the self-test within 60 min"
    assert late.self_test_s is None
    assert selftest.due_s(late, DAILY) == 600.0 + DAY_S
    assert out == []


def test_before_anything_was_ever_started_none_is_due() -> None:
    assert selftest.due_s(State(), DAILY) == INF


def test_only_a_self_tests_own_end_is_heard() -> None:
    """A trouble's text has the cause in front too, and another test's key ends like this one's."""
    under_way = State(started_s=0.0, self_tested_s=600.0, self_test_s=600.0)
    for key in (f"{CAUSE}@boot/7/trouble/tech/1/1", "i1/1/test/mother/1/1"):
        refused = Attempted(key, "modem", Outcome.REFUSED, "no such number")
        assert selftest.settle(under_way, refused, 700.0) == under_way


def test_one_that_is_taken_is_over_and_one_that_is_refused_says_by_whom() -> None:
    under_way = State(started_s=0.0, self_tested_s=600.0, self_test_s=600.0)
    key = f"{CAUSE}@boot/600000/test/mother/1/1"
    taken = selftest.settle(under_way, Attempted(key, "modem", Outcome.ACCEPTED), 700.0)
    assert taken.self_test_s is None
    refused = Attempted(key, "modem", Outcome.REFUSED, "no such number")
    after = selftest.settle(under_way, refused, 700.0)
    assert after.troubles[CAUSE].detail == "the self-test was refused: no such number"
