"""Which message leaves next, and what becomes of it: any sequence keeps the outbox's promises."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.effects import Facts, Purpose
from edge.events import Attempted, Outcome
from edge.messages import outbox as rules
from edge.messages.message import NEVER_GIVEN_UP, Message, Status
from edge.messages.outbox import Outbox

QUIET = settings(
    derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
ROUTES = ("modem", "http")
INCIDENTS = ("i1", "i2", None)


def message(purpose: Purpose = Purpose.ALERT, contact: str = "mother", **more: Any) -> Message:
    known: dict[str, Any] = {
        "incident": "i1",
        "episode": 1,
        "decided_s": 0.0,
        "routes": ("modem",),
        "part": 1,
        "repeat": 1,
    } | more
    key = "/".join(
        str(value)
        for value in (
            known["incident"] or "-",
            known["episode"],
            purpose,
            contact,
            known["repeat"],
            known["part"],
        )
    )
    return Message(key=key, purpose=purpose, contact=contact, **known)


def settled(
    outbox: Outbox, key: str, outcome: Outcome, now_s: float, **more: Any
) -> tuple[Outbox, Message | None]:
    event = Attempted(key, more.pop("route", "modem"), outcome, "detail", **more)
    return rules.settle(outbox, event, now_s, min_attempts=10, jitter=0.0)


# Any sequence


@dataclass
class Desk:
    """An outbox with somebody who counts."""

    outbox: Outbox = field(default_factory=Outbox)
    now_s: float = 1000.0
    seized: bool = False
    open_incident: str | None = "i1"
    accepted: Counter[str] = field(default_factory=Counter)
    flying: dict[str, str] = field(default_factory=dict)
    waiting_for: set[str] = field(default_factory=set)

    def add(self, one: Message) -> None:
        one = replace(one, decided_s=self.now_s)
        known = self.outbox.messages.get(one.key)
        self.outbox = rules.add(self.outbox, [one])
        if known is not None:
            assert self.outbox.messages[one.key] is known, "a known key is left as it is"
        elif one.purpose in NEVER_GIVEN_UP:
            self.waiting_for.add(one.key)

    def take(self, route: str) -> None:
        due = [
            m
            for m in self.outbox.waiting()
            if m.routes[m.route] == route
            and m.not_before_s <= self.now_s
            and m.key not in self.outbox.flying.values()
        ]
        due_s = rules.due_s(self.outbox, route, seized=self.seized)
        self.outbox, taken = rules.take(self.outbox, route, self.now_s, seized=self.seized)
        if route in self.flying:
            assert taken is None, "two in flight on one route"
            return
        if taken is None:
            assert not any(m.purpose is Purpose.REPORT for m in due)
            assert self.seized or not due, "something was due and did not leave"
            assert due_s > self.now_s, "due, and nothing to take"
            return
        assert due_s <= self.now_s
        assert self.accepted[taken.key] == 0, "an accepted key leaves again"
        assert taken.key not in self.flying.values(), "one message in flight twice"
        if any(m.purpose is Purpose.REPORT for m in due):
            assert taken.purpose is Purpose.REPORT, "119 first"
        assert taken.purpose is Purpose.REPORT or not self.seized
        self.flying[route] = taken.key

    def settle(self, route: str, outcome: Outcome, jitter: float) -> None:
        key = self.flying.pop(route, None)
        if key is None:
            return
        event = Attempted(key, route, outcome, reference=7)
        self.outbox, after = rules.settle(
            self.outbox, event, self.now_s, min_attempts=3, jitter=jitter
        )
        if after is None:
            return
        if after.status is Status.WAITING:
            assert after.not_before_s < inf, "rescheduled for a time that comes"
            assert after.routes[after.route] in ROUTES
        elif after.status is Status.ACCEPTED:
            self.accepted[key] += 1
            assert self.accepted[key] == 1
            self.waiting_for.discard(key)
        else:
            assert after.status in (Status.REFUSED, Status.WITHDRAWN)
            assert after.purpose is not Purpose.REPORT or after.status is Status.WITHDRAWN
            self.waiting_for.discard(key)

    def withdraw(self, incident: str | None, purpose: Purpose) -> None:
        self.outbox, dropped = rules.withdraw(self.outbox, incident, [purpose], None, "why")
        for one in dropped:
            assert one.purpose is purpose
            assert one.incident == incident
            assert one.key not in self.flying.values()
        self.waiting_for = {key for key in self.waiting_for if key not in {m.key for m in dropped}}

    def expire(self) -> None:
        self.outbox, given_up = rules.expire(self.outbox, self.now_s, self.open_incident)
        for one in given_up:
            assert self.now_s - one.decided_s > rules.GIVE_UP_AFTER_S
            assert one.key not in self.flying.values()
            assert not (one.purpose in NEVER_GIVEN_UP and one.incident == self.open_incident)
            self.waiting_for.discard(one.key)

    def judge(self) -> None:
        assert dict(self.outbox.flying) == self.flying
        lost = {
            key
            for key in self.waiting_for
            if key not in self.outbox.messages
            or self.outbox.messages[key].status is not Status.WAITING
        }
        assert not lost, "given up while its incident is open"


def happenings() -> st.SearchStrategy[list[tuple[str, tuple[Any, ...]]]]:
    one_message = st.builds(
        message,
        purpose=st.sampled_from(Purpose),
        contact=st.sampled_from(("mother", "office")),
        incident=st.sampled_from(INCIDENTS),
        routes=st.sampled_from((("modem",), ("modem", "http"), ("http",))),
        part=st.sampled_from((1, 2)),
        rank=st.integers(0, 3),
    ).map(lambda m: replace(m, routes=("modem",)) if m.purpose is Purpose.REPORT else m)
    route = st.sampled_from(ROUTES)
    return st.lists(
        st.one_of(
            st.tuples(st.just("add"), st.tuples(one_message)),
            st.tuples(st.just("add"), st.tuples(one_message)),
            st.tuples(st.just("take"), st.tuples(route)),
            st.tuples(st.just("take"), st.tuples(route)),
            st.tuples(
                st.just("settle"),
                st.tuples(route, st.sampled_from(Outcome), st.sampled_from((0.0, 1.0))),
            ),
            st.tuples(
                st.just("withdraw"),
                st.tuples(st.sampled_from(INCIDENTS), st.sampled_from(Purpose)),
            ),
            st.tuples(st.just("expire"), st.just(())),
            st.tuples(st.just("later"), st.sampled_from(((1.0,), (30.0,), (200.0,), (90000.0,)))),
            st.tuples(st.just("seize"), st.tuples(st.booleans())),
        ),
        max_size=60,
    )


def live_through(sequence: list[tuple[str, tuple[Any, ...]]]) -> None:
    desk = Desk()
    for name, arguments in sequence:
        if name == "later":
            desk.now_s += arguments[0]
        elif name == "seize":
            (desk.seized,) = arguments
        else:
            getattr(desk, name)(*arguments)
        desk.judge()


@settings(QUIET, max_examples=300)
@given(happenings())
def test_any_sequence_keeps_the_outboxs_promises(
    sequence: list[tuple[str, tuple[Any, ...]]],
) -> None:
    live_through(sequence)


@pytest.mark.long
@pytest.mark.timeout(600)
@settings(QUIET, max_examples=8000)
@given(happenings())
def test_any_long_run_of_sequences_keeps_the_outboxs_promises(
    sequence: list[tuple[str, tuple[Any, ...]]],
) -> None:
    live_through(sequence)


# One by one


def test_messages_leave_in_the_order_of_their_purpose_then_age_then_nearness_then_part() -> None:
    waiting = [
        message(Purpose.ALERT, "office", decided_s=1.0),
        message(Purpose.DANGER, "office", rank=3, decided_s=5.0),
        message(Purpose.DANGER, "home", rank=0, decided_s=5.0, part=2),
        message(Purpose.DANGER, "home", rank=0, decided_s=5.0),
        message(Purpose.BELL, "mother", decided_s=0.0),
        message(Purpose.REPORT, "119", decided_s=9.0),
    ]
    outbox = rules.add(Outbox(), waiting)
    order = []
    while True:
        outbox, taken = rules.take(outbox, "modem", 10.0)
        if taken is None:
            break
        order.append((taken.purpose, taken.contact, taken.part))
        outbox, _ = settled(outbox, taken.key, Outcome.ACCEPTED, 10.0)
    assert order == [
        (Purpose.REPORT, "119", 1),
        (Purpose.DANGER, "home", 1),
        (Purpose.DANGER, "home", 2),
        (Purpose.DANGER, "office", 1),
        (Purpose.BELL, "mother", 1),
        (Purpose.ALERT, "office", 1),
    ]


def test_a_failed_report_is_tried_again_after_two_seconds_and_patiently_after_ten_tries() -> None:
    report = message(Purpose.REPORT, "119")
    outbox, now_s, pauses = rules.add(Outbox(), [report]), 0.0, []
    for _ in range(12):
        outbox, taken = rules.take(outbox, "modem", now_s)
        assert taken is not None
        outbox, after = settled(outbox, report.key, Outcome.FAILED, now_s)
        assert after is not None
        pauses.append(after.not_before_s - now_s)
        now_s = after.not_before_s
    assert pauses == [2.0] * 9 + [60.0] * 3


def test_only_tries_on_a_registered_modem_count_towards_patience() -> None:
    report = message(Purpose.REPORT, "119")
    outbox = rules.add(Outbox(), [report])
    for _ in range(30):
        outbox, after = settled(outbox, report.key, Outcome.FAILED, 0.0, registered=False)
    assert after is not None
    assert after.attempts == 30
    assert after.not_before_s == 10.0, "not a minute"


def test_an_ambiguous_report_waits_twenty_seconds_and_ten_of_them_count_as_sent() -> None:
    report = message(Purpose.REPORT, "119")
    outbox = rules.add(Outbox(), [report])
    for _ in range(9):
        outbox, after = settled(outbox, report.key, Outcome.AMBIGUOUS, 100.0)
        assert after is not None
        assert (after.status, after.not_before_s) == (Status.WAITING, 120.0)
    _, after = settled(outbox, report.key, Outcome.AMBIGUOUS, 100.0)
    assert after is not None
    assert after.status is Status.ACCEPTED


def test_a_late_answer_settles_what_was_ambiguous() -> None:
    report = message(Purpose.REPORT, "119")
    outbox = rules.add(Outbox(), [report])
    outbox, _ = settled(outbox, report.key, Outcome.AMBIGUOUS, 0.0)
    outbox, after = settled(outbox, report.key, Outcome.ACCEPTED, 5.0, reference=9)
    assert after is not None
    assert (after.status, after.submit_reference) == (Status.ACCEPTED, 9)
    assert rules.due_s(outbox, "modem") == inf


def test_a_report_that_119_refuses_is_tried_on() -> None:
    report = message(Purpose.REPORT, "119")
    _, after = settled(rules.add(Outbox(), [report]), report.key, Outcome.REFUSED, 0.0)
    assert after is not None
    assert after.status is Status.WAITING


def test_the_next_route_is_taken_at_once_and_a_pause_comes_after_the_last() -> None:
    text = message(routes=("modem", "http"))
    outbox = rules.add(Outbox(), [text])
    outbox, after = settled(outbox, text.key, Outcome.FAILED, 0.0)
    assert after is not None
    assert (after.route, after.not_before_s) == (1, 0.0)
    pauses = []
    for _ in range(8):
        outbox, after = settled(outbox, text.key, Outcome.FAILED, 0.0, route="http")
        assert after is not None
        pauses.append(after.not_before_s)
        outbox, _ = settled(outbox, text.key, Outcome.FAILED, 0.0)
    assert pauses == [5.0, 10.0, 20.0, 40.0, 80.0, 120.0, 120.0, 120.0]


def test_a_text_that_every_route_refuses_is_refused_for_good() -> None:
    text = message(routes=("modem", "http"))
    outbox = rules.add(Outbox(), [text])
    outbox, after = settled(outbox, text.key, Outcome.REFUSED, 0.0)
    assert after is not None
    assert (after.status, after.routes) == (Status.WAITING, ("http",))
    outbox, after = settled(outbox, text.key, Outcome.REFUSED, 0.0, route="http")
    assert after is not None
    assert after.status is Status.REFUSED


def test_an_ambiguous_text_is_repeated_no_sooner_than_twenty_seconds_later() -> None:
    text = message()
    _, after = settled(rules.add(Outbox(), [text]), text.key, Outcome.AMBIGUOUS, 100.0)
    assert after is not None
    assert after.not_before_s == 120.0


def test_the_end_of_an_attempt_that_nobody_knows_only_frees_the_route() -> None:
    outbox = replace(Outbox(), flying={"modem": "gone"})
    outbox, after = settled(outbox, "gone", Outcome.ACCEPTED, 0.0)
    assert after is None
    assert outbox.flying == {}


def test_half_a_text_goes_on_when_it_is_withdrawn() -> None:
    first, second = message(part=1, parts=2), message(part=2, parts=2)
    other = message(contact="office")
    outbox = rules.add(Outbox(), [first, second, other])
    outbox, _ = settled(outbox, first.key, Outcome.ACCEPTED, 0.0)
    outbox, dropped = rules.withdraw(outbox, "i1", [Purpose.ALERT], None, "superseded")
    assert [m.key for m in dropped] == [other.key]
    assert dropped[0].last_error == "superseded"
    outbox, taken = rules.take(outbox, "modem", 0.0)
    assert taken is not None
    assert taken.key == second.key


@pytest.mark.parametrize("purpose", [Purpose.DRILL, Purpose.TEST])
def test_half_of_what_was_no_alarm_does_not_go_on(purpose: Purpose) -> None:
    parts = [message(purpose, incident=None, part=n, parts=3) for n in (1, 2, 3)]
    outbox = rules.add(Outbox(), parts)
    outbox, first = rules.take(outbox, "modem", 0.0)
    assert first is not None
    accepted = Attempted(first.key, "modem", Outcome.ACCEPTED, reference=1)
    outbox, _ = rules.settle(outbox, accepted, 0.0, min_attempts=1, jitter=0.0)
    outbox, flying = rules.take(outbox, "modem", 0.0)
    assert flying is not None
    outbox, dropped = rules.withdraw(outbox, None, [purpose], None, "over")
    assert [m.part for m in dropped] == [3]
    assert outbox.messages[flying.key].recalled == "over"


def test_what_is_withdrawn_in_flight_does_not_leave_again_when_it_fails() -> None:
    """A reset must not be followed by a call to 119 that failed the first time."""
    report = message(Purpose.REPORT, "119")
    outbox, _ = rules.take(rules.add(Outbox(), [report]), "modem", 0.0)
    outbox, dropped = rules.withdraw(outbox, "i1", [Purpose.REPORT], None, "reset")
    assert dropped == ()
    outbox, after = settled(outbox, report.key, Outcome.FAILED, 1.0)
    assert after is not None
    assert (after.status, after.last_error) == (Status.WITHDRAWN, "reset")
    assert rules.take(outbox, "modem", 1000.0)[1] is None


def test_what_is_withdrawn_in_flight_and_lands_is_accepted() -> None:
    report = message(Purpose.REPORT, "119")
    outbox, _ = rules.take(rules.add(Outbox(), [report]), "modem", 0.0)
    outbox, _ = rules.withdraw(outbox, "i1", [Purpose.REPORT], None, "reset")
    outbox, after = settled(outbox, report.key, Outcome.ACCEPTED, 1.0)
    assert after is not None
    assert after.status is Status.ACCEPTED


def test_only_the_trouble_that_ended_is_withdrawn() -> None:
    troubles = [
        message(Purpose.TROUBLE, "tech", incident=None, episode=n, facts=Facts(cause=cause))
        for n, cause in enumerate(("modem", "store"))
    ]
    outbox = rules.add(Outbox(), troubles)
    outbox, dropped = rules.withdraw(outbox, None, [Purpose.TROUBLE], "modem", "cleared")
    assert [m.facts.cause for m in dropped] == ["modem"]


def test_only_the_messages_that_are_named_are_withdrawn() -> None:
    """An acknowledgement ends the repeats of one episode, never the first report of another."""
    repeat, first = (
        message(Purpose.REPORT, "119", repeat=2),
        message(Purpose.REPORT, "119", episode=2),
    )
    outbox = rules.add(Outbox(), [repeat, first])
    outbox, dropped = rules.withdraw(
        outbox, "i1", [Purpose.REPORT], None, "acknowledged", keys=(repeat.key,)
    )
    assert [m.key for m in dropped] == [repeat.key]
    assert set(outbox.messages) == {first.key}


def test_only_what_was_decided_by_then_is_withdrawn() -> None:
    tests = [
        message(Purpose.TEST, incident=None, episode=n, decided_s=decided_s)
        for n, decided_s in enumerate((10.0, 10.5, 11.0))
    ]
    outbox = rules.add(Outbox(), tests)
    outbox, dropped = rules.withdraw(
        outbox, None, [Purpose.TEST], None, "too late", decided_by_s=10.5
    )
    assert [m.decided_s for m in dropped] == [10.0, 10.5]
    assert [m.decided_s for m in outbox.messages.values()] == [11.0]


def test_after_a_day_only_an_open_danger_is_still_tried() -> None:
    texts = [
        message(Purpose.ALERT),
        message(Purpose.DANGER),
        message(Purpose.DANGER, incident="i0"),
        message(Purpose.REPORT, "119"),
    ]
    outbox = rules.add(Outbox(), texts)
    outbox, given_up = rules.expire(outbox, 86401.0, "i1")
    assert {m.key for m in given_up} == {texts[0].key, texts[2].key}
    assert all(m.status is Status.EXPIRED for m in given_up)
    assert set(outbox.messages) == {texts[1].key, texts[3].key}


def test_what_was_accepted_is_remembered_for_a_day() -> None:
    text = message()
    outbox, _ = settled(rules.add(Outbox(), [text]), text.key, Outcome.ACCEPTED, 10.0)
    outbox, _ = rules.expire(outbox, 86000.0, None)
    assert text.key in outbox.messages
    outbox, given_up = rules.expire(outbox, 86411.0, None)
    assert (outbox.messages, given_up) == ({}, ())


def test_what_was_refused_is_forgotten_after_a_day_too() -> None:
    text = message()
    outbox, _ = settled(rules.add(Outbox(), [text]), text.key, Outcome.REFUSED, 10.0)
    assert text.key in rules.expire(outbox, 86000.0, "i1")[0].messages
    assert rules.expire(outbox, 86401.0, "i1")[0].messages == {}


def test_of_what_is_settled_the_newest_are_remembered_and_all_of_the_open_incident() -> None:
    """A sensor that flaps for a day must not fill the memory; no key of now may come again."""

    def many(about: str, status: Status, incident: str | None) -> dict[str, Message]:
        made = (
            replace(message(), key=f"{about}/{n}", status=status, incident=incident)
            for n in range(300)
        )
        return {one.key: one for one in made}

    old = many("old", Status.ACCEPTED, "i1") | many("loose", Status.REFUSED, None)
    kept = many("now", Status.DELIVERED, "i2") | many("waiting", Status.WAITING, "i1")
    outbox, given_up = rules.expire(Outbox(messages={**old, **kept}), 10.0, "i2")
    assert given_up == ()
    newest = {f"loose/{n}" for n in range(300 - 256, 300)}
    assert outbox.messages.keys() == kept.keys() | newest
    over, _ = rules.expire(outbox, 10.0, None)
    gone = outbox.messages.keys() - over.messages.keys()
    assert gone == newest | {f"now/{n}" for n in range(300 - 256)}
    few = dict(list(kept.items())[:256])
    assert rules.expire(Outbox(messages=few), 10.0, None)[0].messages == few


def test_a_status_report_is_for_the_newest_text_with_its_reference_on_its_route() -> None:
    texts = [message(contact=name) for name in ("a", "b", "c")]
    outbox = rules.add(Outbox(), texts)
    for now_s, text in enumerate(texts):
        route = "http" if text.contact == "c" else "modem"
        outbox, _ = settled(
            outbox, text.key, Outcome.ACCEPTED, float(now_s), reference=3, route=route
        )
    outbox, after = rules.reported(
        outbox, "modem", 3, delivered=True, now_s=9.0, open_incident="i1"
    )
    assert after is not None
    assert (after.contact, after.status) == ("b", Status.DELIVERED)
    outbox, after = rules.reported(
        outbox, "modem", 3, delivered=False, now_s=9.0, open_incident="i1"
    )
    assert after is not None
    assert (after.contact, after.status) == ("a", Status.WAITING)
    assert "not delivered" in after.last_error
    assert (
        rules.reported(outbox, "modem", 99, delivered=True, now_s=9.0, open_incident="i1")[1]
        is None
    )


def test_nothing_is_due_on_a_route_with_something_in_flight() -> None:
    outbox = rules.add(Outbox(), [message(), message(contact="office")])
    assert rules.due_s(outbox, "modem") == -inf
    outbox, _ = rules.take(outbox, "modem", 0.0)
    assert rules.due_s(outbox, "modem") == inf
    assert rules.due_s(Outbox(), "modem") == inf


# To the letter and to the second


def test_what_is_stored_of_a_message_keeps_its_words() -> None:
    """Another version of floodbell may have written them."""
    assert [str(status) for status in Status] == [
        "waiting",
        "accepted",
        "delivered",
        "refused",
        "withdrawn",
        "expired",
    ]


def test_a_message_that_has_just_been_written_has_been_through_nothing() -> None:
    assert Message("k", Purpose.ALERT, "mother", None, 1, 2.0, ("modem",)) == Message(
        key="k",
        purpose=Purpose.ALERT,
        contact="mother",
        incident=None,
        episode=1,
        decided_s=2.0,
        routes=("modem",),
        text="",
        repeat=1,
        repeats=1,
        part=1,
        parts=1,
        concat_reference=None,
        origin=None,
        facts=Facts(),
        reason="",
        rank=0,
        status=Status.WAITING,
        attempts=0,
        registered_attempts=0,
        ambiguous=0,
        silences_before=0,
        tries_here=0,
        route=0,
        not_before_s=-inf,
        accepted_s=None,
        submit_reference=None,
        accepted_route=None,
        last_error="",
        recalled="",
    )


def test_the_first_report_of_an_episode_goes_before_an_older_repeat() -> None:
    """Somebody else is in danger."""
    outbox = rules.add(
        Outbox(),
        [
            message(Purpose.REPORT, "119", repeat=3, decided_s=1.0),
            message(Purpose.REPORT, "119", repeat=2, decided_s=2.0),
            message(Purpose.REPORT, "119", episode=2, decided_s=9.0),
        ],
    )
    order = []
    for _ in range(3):
        outbox, taken = rules.take(outbox, "modem", 10.0)
        assert taken is not None
        order.append((taken.episode, taken.repeat))
        outbox, _ = settled(outbox, taken.key, Outcome.ACCEPTED, 10.0)
    assert order == [(2, 1), (1, 3), (1, 2)]


def test_a_failed_attempt_leaves_its_reason_and_an_accepted_one_none() -> None:
    report = message(Purpose.REPORT, "119")
    outbox, after = settled(rules.add(Outbox(), [report]), report.key, Outcome.FAILED, 0.0)
    assert after is not None
    assert after.last_error == "detail"
    _, after = settled(outbox, report.key, Outcome.ACCEPTED, 9.0)
    assert after is not None
    assert after.last_error == ""


@pytest.mark.parametrize(
    ("before", "outcome", "status"),
    [
        (8, Outcome.AMBIGUOUS, Status.WAITING),
        (9, Outcome.AMBIGUOUS, Status.ACCEPTED),
        (30, Outcome.FAILED, Status.WAITING),
        (30, Outcome.AMBIGUOUS, Status.ACCEPTED),
    ],
)
def test_silences_of_the_same_episode_count_together_once_this_report_met_one(
    before: int, outcome: Outcome, status: Status
) -> None:
    report = message(Purpose.REPORT, "119", silences_before=before)
    _, after = settled(rules.add(Outbox(), [report]), report.key, outcome, 0.0)
    assert after is not None
    assert after.status is status


def test_who_is_refused_by_the_second_route_is_tried_by_the_first_again_and_at_once() -> None:
    text = message(routes=("modem", "http"), route=1, not_before_s=5.0)
    outbox, after = settled(
        rules.add(Outbox(), [text]), text.key, Outcome.REFUSED, 7.0, route="http"
    )
    assert after is not None
    assert (after.routes, after.route, after.not_before_s) == (("modem",), 0, 7.0)
    assert rules.take(outbox, "modem", 7.0)[1] == after


@pytest.mark.parametrize(
    ("tries", "jitter", "pause_s"),
    [(0, 0.0, 5.0), (0, 1.0, 6.25), (3, 0.5, 45.0), (4, 0.0, 80.0), (5, 0.0, 120.0)],
)
def test_pauses_double_up_to_two_minutes_and_jitter_adds_up_to_a_quarter(
    tries: int, jitter: float, pause_s: float
) -> None:
    text = message(tries_here=tries)
    event = Attempted(text.key, "modem", Outcome.FAILED)
    _, after = rules.settle(
        rules.add(Outbox(), [text]), event, 100.0, min_attempts=10, jitter=jitter
    )
    assert after is not None
    assert after.not_before_s == 100.0 + pause_s


@pytest.mark.parametrize(
    ("wait_s", "due_s"), [(None, 120.0), (12.5, 112.5)], ids=["unsaid", "said"]
)
def test_a_report_that_the_gate_withholds_waits_as_long_as_the_gate_says(
    wait_s: float | None, due_s: float
) -> None:
    report = message(Purpose.REPORT, "119")
    _, after = settled(
        rules.add(Outbox(), [report]), report.key, Outcome.WITHHELD, 100.0, wait_s=wait_s
    )
    assert after is not None
    assert after.not_before_s == due_s


def test_what_is_withdrawn_is_marked_so_with_the_reason() -> None:
    _, (dropped,) = rules.withdraw(
        rules.add(Outbox(), [message()]), "i1", [Purpose.ALERT], None, "superseded"
    )
    assert (dropped.status, dropped.last_error) == (Status.WITHDRAWN, "superseded")


def test_only_what_flies_is_meant_and_is_whole_is_recalled() -> None:
    flying = {
        "alert": message(),
        "other": message(contact="office", incident="i2"),
        "part": message(contact="tech", parts=2),
    }
    waiting = message(contact="tech", part=2, parts=2)
    outbox = rules.add(Outbox(), [*flying.values(), waiting])
    outbox = replace(outbox, flying={name: m.key for name, m in flying.items()})
    outbox, dropped = rules.withdraw(outbox, "i1", [Purpose.ALERT], None, "why")
    assert dropped == ()
    assert {m.key for m in outbox.messages.values() if m.recalled} == {flying["alert"].key}


def test_a_repeat_of_a_report_is_no_part_of_the_one_that_left() -> None:
    """A reset after the first report must withdraw the second."""
    first, second = (message(Purpose.REPORT, "119", repeat=n) for n in (1, 2))
    outbox = rules.add(Outbox(), [first, second])
    outbox, _ = settled(outbox, first.key, Outcome.ACCEPTED, 0.0)
    _, dropped = rules.withdraw(outbox, "i1", [Purpose.REPORT], None, "reset")
    assert [m.key for m in dropped] == [second.key]


def test_a_day_is_over_only_after_its_last_second() -> None:
    texts = [message(), message(contact="office")]
    outbox, _ = settled(rules.add(Outbox(), texts), texts[1].key, Outcome.REFUSED, 10.0)
    outbox, given_up = rules.expire(outbox, 86399.9, None)
    assert (set(outbox.messages), given_up) == ({m.key for m in texts}, ())
    outbox, given_up = rules.expire(outbox, 86400.0, None)
    assert (set(outbox.messages), given_up) == ({texts[0].key}, ()), "one waits, one is settled"
    outbox, (expired,) = rules.expire(outbox, 86400.1, None)
    assert (expired.status, expired.last_error) == (Status.EXPIRED, "not accepted within a day")


def test_the_day_of_what_was_accepted_begins_with_its_acceptance() -> None:
    """Its status report may come so late."""
    text, refused = message(), message(contact="office", decided_s=50000.0)
    outbox, _ = settled(rules.add(Outbox(), [text, refused]), text.key, Outcome.ACCEPTED, 50000.0)
    outbox, _ = settled(outbox, refused.key, Outcome.REFUSED, 50000.0)
    assert set(rules.expire(outbox, 136399.0, None)[0].messages) == {text.key, refused.key}
    assert rules.expire(outbox, 136400.0, None)[0].messages == {}


def undelivered(outbox: Outbox, text: Message, route: str, now_s: float) -> tuple[Outbox, Message]:
    outbox, _ = settled(outbox, text.key, Outcome.ACCEPTED, now_s, reference=3, route=route)
    outbox, after = rules.reported(
        outbox, route, 3, delivered=False, now_s=now_s, open_incident="i1"
    )
    assert after is not None
    assert after.last_error == "the network says that it was not delivered"
    return outbox, after


def test_a_text_that_did_not_arrive_takes_the_next_route_at_once() -> None:
    text = message(routes=("modem", "http"))
    _, after = undelivered(rules.add(Outbox(), [text]), text, "modem", 100.0)
    assert (after.status, after.route, after.not_before_s) == (Status.WAITING, 1, 100.0)
    assert (after.accepted_s, after.submit_reference, after.accepted_route) == (None, None, None)


def test_a_text_that_does_not_arrive_goes_three_times_more_with_growing_pauses() -> None:
    text, pauses = message(), []
    outbox = rules.add(Outbox(), [text])
    for _ in range(3):
        outbox, after = undelivered(outbox, text, "modem", 0.0)
        assert (after.status, after.route) == (Status.WAITING, 0)
        pauses.append(after.not_before_s)
    assert pauses == [60.0, 120.0, 240.0]
    outbox, after = undelivered(outbox, text, "modem", 0.0)
    assert after.status is Status.REFUSED


def test_a_text_whose_route_is_not_its_any_more_takes_the_first_that_is_left_at_once() -> None:
    text = message()
    outbox, _ = settled(rules.add(Outbox(), [text]), text.key, Outcome.ACCEPTED, 0.0, reference=3)
    moved = replace(outbox.messages[text.key], routes=("http",))
    outbox = replace(outbox, messages={text.key: moved})
    _, after = rules.reported(outbox, "modem", 3, delivered=False, now_s=9.0, open_incident="i1")
    assert after is not None
    assert (after.status, after.route, after.not_before_s) == (Status.WAITING, 0, 9.0)


def test_a_danger_that_does_not_arrive_is_tried_on_and_a_report_sooner() -> None:
    for purpose, expected in (
        (Purpose.DANGER, [60.0, 120.0, 240.0, 480.0, 960.0, 1800.0, 1800.0]),
        (Purpose.REPORT, [2.0, *[60.0] * 6]),
    ):
        text, pauses = message(purpose), []
        outbox = rules.add(Outbox(), [text])
        for _ in range(7):
            outbox, after = undelivered(outbox, text, "modem", 0.0)
            pauses.append(after.not_before_s)
        assert pauses == expected


def test_a_silent_modem_gets_a_text_once_more_and_then_it_counts_as_sent() -> None:
    """A person's text takes the next route at once, then goes once more the first way."""
    text = message()
    outbox = rules.add(Outbox(), [text])
    outbox, after = settled(outbox, text.key, Outcome.AMBIGUOUS, 100.0)
    assert after is not None
    assert (after.status, after.not_before_s) == (Status.WAITING, 120.0)
    outbox, after = settled(outbox, text.key, Outcome.AMBIGUOUS, 150.0)
    assert after is not None
    assert after.unconfirmed
    assert after.accepted_s == 150.0
    two_ways = message(routes=("modem", "http"))
    outbox = rules.add(Outbox(), [two_ways])
    outbox, after = settled(outbox, text.key, Outcome.AMBIGUOUS, 100.0)
    assert after is not None
    assert (after.route, after.not_before_s) == (1, 100.0)
    outbox, after = settled(outbox, text.key, Outcome.AMBIGUOUS, 101.0, route="http")
    assert after is not None
    assert (after.route, after.not_before_s) == (0, 121.0)
    outbox, after = settled(outbox, text.key, Outcome.AMBIGUOUS, 150.0)
    assert after is not None
    assert after.unconfirmed


def test_silence_does_not_settle_a_danger_before_the_tenth_time() -> None:
    text = message(Purpose.DANGER)
    outbox = rules.add(Outbox(), [text])
    for _ in range(9):
        outbox, after = settled(outbox, text.key, Outcome.AMBIGUOUS, 0.0)
        assert after is not None
        assert after.status is Status.WAITING
    _, after = settled(outbox, text.key, Outcome.AMBIGUOUS, 0.0)
    assert after is not None
    assert after.unconfirmed


def test_119_is_rung_ten_times_and_what_the_gate_holds_or_no_network_does_not_count() -> None:
    call = message(Purpose.CALL, "119", routes=("voice",))
    outbox = rules.add(Outbox(), [call])
    waits: list[float] = []
    attempts: list[dict[str, Any]] = [{"wait_s": 30.0}, {"registered": False}, *[{}] * 9]
    for more in attempts:
        outcome = Outcome.WITHHELD if "wait_s" in more else Outcome.FAILED
        outbox, after = settled(outbox, call.key, outcome, 0.0, route="voice", **more)
        assert after is not None
        assert after.status is Status.WAITING
        waits.append(after.not_before_s)
    assert waits == [30.0, 10.0, *[5.0] * 9]
    _, after = settled(outbox, call.key, Outcome.FAILED, 0.0, route="voice")
    assert after is not None
    assert after.status is Status.REFUSED


def test_a_call_that_the_gate_withholds_without_a_time_is_tried_after_twenty_seconds() -> None:
    call = message(Purpose.CALL, "119", routes=("voice",))
    _, after = settled(rules.add(Outbox(), [call]), call.key, Outcome.WITHHELD, 0.0, route="voice")
    assert after is not None
    assert (after.registered_attempts, after.not_before_s) == (0, 20.0)


def test_a_call_that_the_network_refuses_is_not_tried_again() -> None:
    call = message(Purpose.CALL, "119", routes=("voice",))
    _, after = settled(rules.add(Outbox(), [call]), call.key, Outcome.REFUSED, 0.0, route="voice")
    assert after is not None
    assert after.status is Status.REFUSED


def test_a_route_that_carries_whole_texts_settles_all_parts_together() -> None:
    parts = [message(part=n, parts=3, routes=("modem", "http"), text=f"{n}") for n in (1, 2, 3)]
    outbox = rules.add(Outbox(), parts)
    outbox, taken = rules.take(outbox, "modem", 0.0)
    assert taken is not None
    outbox, _ = settled(outbox, parts[0].key, Outcome.ACCEPTED, 0.0, reference=1)
    outbox, _ = settled(outbox, parts[1].key, Outcome.FAILED, 0.0)
    assert {m.part: m.route for m in outbox.waiting()} == {2: 1, 3: 1}, "the rest goes along"
    outbox, taken = rules.take(outbox, "http", 0.0)
    assert taken is not None
    assert taken.part == 2
    outbox, _ = settled(outbox, taken.key, Outcome.ACCEPTED, 5.0, route="http")
    assert outbox.waiting() == ()
    texts = {m.part: (m.text, m.accepted_route) for m in outbox.messages.values()}
    assert texts == {1: ("1", "modem"), 2: ("2", "http"), 3: ("3", "http")}
    assert [m.key for m in outbox.messages.values()] == list(outbox.messages)


def test_a_part_that_a_route_refuses_takes_the_rest_along() -> None:
    parts = [message(part=n, parts=2, routes=("modem", "http")) for n in (1, 2)]
    outbox, _ = settled(rules.add(Outbox(), parts), parts[0].key, Outcome.REFUSED, 7.0)
    rest = outbox.messages[parts[1].key]
    assert (rest.routes, rest.route, rest.not_before_s) == (("http",), 0, 7.0)


def test_a_part_that_waits_for_its_only_route_takes_nothing_along() -> None:
    parts = [message(part=n, parts=2) for n in (1, 2)]
    outbox, _ = settled(rules.add(Outbox(), parts), parts[0].key, Outcome.FAILED, 7.0)
    assert outbox.messages[parts[1].key] == parts[1]


def test_a_part_in_flight_is_not_taken_along() -> None:
    parts = [message(part=n, parts=2, routes=("modem", "http")) for n in (1, 2)]
    outbox = replace(rules.add(Outbox(), parts), flying={"modem": parts[1].key})
    outbox, _ = settled(outbox, parts[0].key, Outcome.FAILED, 0.0)
    assert outbox.messages[parts[1].key].route == 0


@pytest.mark.parametrize(
    ("flying", "waiting", "seized", "hurried"),
    [
        (Purpose.ALERT, Purpose.DANGER, False, True),
        (Purpose.TROUBLE, Purpose.BELL, False, True),
        (Purpose.DANGER, Purpose.REPORT, False, True),
        (Purpose.TROUBLE, Purpose.ALERT, False, False),
        (Purpose.DANGER, Purpose.DANGER, False, False),
        (Purpose.REPORT, Purpose.DANGER, False, False),
        (Purpose.ALERT, Purpose.RECEDED, True, True),
        (Purpose.REPORT, Purpose.ALERT, True, False),
    ],
)
def test_what_is_in_flight_makes_way_for_what_is_worse(
    flying: Purpose, waiting: Purpose, seized: bool, hurried: bool
) -> None:
    one, other = message(flying, "a"), message(waiting, "b")
    outbox = replace(rules.add(Outbox(), [one, other]), flying={"modem": one.key})
    assert rules.hurries(outbox, "modem", 0.0, seized=seized) is hurried
    assert rules.hurries(outbox, "http", 0.0, seized=seized) is False


def test_a_call_waits_for_what_goes_before_it_on_the_same_line() -> None:
    texts = {p: message(p) for p in (Purpose.DANGER, Purpose.BELL, Purpose.ALERT)}
    for purpose, busy in ((Purpose.DANGER, True), (Purpose.BELL, True), (Purpose.ALERT, False)):
        outbox = replace(
            rules.add(Outbox(), [texts[purpose]]), flying={"modem": texts[purpose].key}
        )
        assert rules.busy_with_worse(outbox, "modem", Purpose.CALL) is busy
        assert not rules.busy_with_worse(outbox, "modem", purpose), "nothing is worse than itself"
        assert rules.busy_with_worse(outbox, "http", Purpose.CALL) is False


def test_a_report_without_a_network_is_tried_every_ten_seconds_after_ten_attempts() -> None:
    """And at once when the network is back: see the sender's ``up``."""
    report, waits = message(Purpose.REPORT, "119"), []
    outbox = rules.add(Outbox(), [report])
    for _ in range(12):
        outbox, after = settled(outbox, report.key, Outcome.FAILED, 0.0, registered=False)
        assert after is not None
        waits.append(after.not_before_s)
    assert waits == [2.0] * 9 + [10.0] * 3


# CAP documents


def document(number: int, incident: str = "i1", **more: Any) -> Message:
    known = {"routes": ("cap",), "rank": number, "decided_s": float(number)} | more
    return message(Purpose.CAP, "cap", incident=incident, episode=number, **known)


def taken(outbox: Outbox, now_s: float) -> tuple[Outbox, str | None]:
    outbox, chosen = rules.take(outbox, "cap", now_s)
    return outbox, chosen.key if chosen else None


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.AMBIGUOUS])
def test_an_update_waits_for_its_alert_also_while_that_waits_itself(outcome: Outcome) -> None:
    first, second, other = document(1), document(2), document(3, "i2")
    # The key's number decides, not the order in which they were read back after a restart.
    outbox = rules.add(Outbox(), [other, replace(second, decided_s=0.0), first])
    outbox, key = taken(outbox, 10.0)
    assert key == first.key
    outbox, _ = settled(outbox, first.key, outcome, 10.0, route="cap")
    assert outbox.messages[first.key].not_before_s > 10.0
    outbox, key = taken(outbox, 10.0)
    assert key == other.key, "another incident does not wait"
    outbox, _ = settled(outbox, other.key, Outcome.ACCEPTED, 10.0, route="cap")
    assert taken(outbox, 10.0)[1] is None
    due_s = rules.due_s(outbox, "cap")
    assert due_s == outbox.messages[first.key].not_before_s
    outbox, key = taken(outbox, due_s)
    assert key == first.key
    outbox, _ = settled(outbox, first.key, Outcome.ACCEPTED, due_s, route="cap")
    assert taken(outbox, due_s)[1] == second.key


def test_a_document_that_is_refused_for_good_holds_up_no_other() -> None:
    outbox = rules.add(Outbox(), [document(1), document(2)])
    outbox, key = taken(outbox, 10.0)
    outbox, after = settled(outbox, key or "", Outcome.REFUSED, 10.0, route="cap")
    assert after is not None
    assert after.status is Status.REFUSED
    assert taken(outbox, 10.0)[1] == document(2).key


def test_a_document_that_is_given_up_after_a_day_holds_up_no_other() -> None:
    outbox = rules.add(Outbox(), [document(1), document(2, decided_s=50000.0)])
    outbox, given_up = rules.expire(outbox, 86402.0, "i1")
    assert [m.key for m in given_up] == [document(1).key]
    assert taken(outbox, 86402.0)[1] == document(2).key


def test_silence_never_counts_as_sent_for_a_document() -> None:
    outbox, now_s = rules.add(Outbox(), [document(1)]), 10.0
    for _ in range(25):
        outbox, key = taken(outbox, now_s)
        assert key == document(1).key
        outbox, after = settled(outbox, key, Outcome.AMBIGUOUS, now_s, route="cap")
        assert after is not None
        assert after.status is Status.WAITING
        assert now_s + 20.0 <= after.not_before_s <= now_s + 150.0
        now_s = after.not_before_s


def test_documents_are_the_last_to_leave_and_hold_back_no_text() -> None:
    text = message(Purpose.TEST, routes=("cap",), decided_s=9.0)
    outbox = rules.add(Outbox(), [document(1), text])
    assert taken(outbox, 10.0)[1] == text.key
    assert rules.about_of("i1/2/cap/cap/1/1") == "i1"


@pytest.mark.parametrize("purpose", [Purpose.REPORT, Purpose.BELL, Purpose.ALERT])
def test_what_did_not_arrive_of_an_incident_that_is_over_stays_undelivered(
    purpose: Purpose,
) -> None:
    """Whom it reached now, it would tell what is not so; 119 least of all."""
    text = message(purpose)
    outbox, _ = settled(rules.add(Outbox(), [text]), text.key, Outcome.ACCEPTED, 0.0, reference=3)
    for open_incident in (None, "another"):
        _, after = rules.reported(
            outbox, "modem", 3, delivered=False, now_s=9.0, open_incident=open_incident
        )
        assert after is not None
        assert (after.status, after.submit_reference) == (Status.ACCEPTED, None)
        why = "the network says that it was not delivered; its incident is over"
        assert after.last_error == why


def test_a_status_report_is_only_about_whom_it_names() -> None:
    text = message()
    outbox, _ = settled(rules.add(Outbox(), [text]), text.key, Outcome.ACCEPTED, 0.0, reference=3)
    nobody = rules.reported(
        outbox,
        "modem",
        3,
        delivered=False,
        now_s=9.0,
        open_incident="i1",
        meant=lambda m: m.contact == "somebody else",
    )
    assert nobody == (outbox, None)
