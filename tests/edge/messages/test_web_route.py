"""The worker of a way out over the internet: one job, one outcome, and what it says of itself."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

import pytest

from drivers.errors import (
    ClockRefused,
    DriverError,
    NumberRefused,
    ReportWithheld,
    RouteRefused,
    SubmitAmbiguous,
    SubmitFailed,
    Throttled,
)
from edge.events import Attempted, Outcome, RouteState
from edge.messages.job import Job
from edge.messages.web_route import WebRoute
from tests.edge.by_hand import NUMBERS, Told

TEXT = Job("k1", NUMBERS["mother"], "물 2cm", None)


@dataclass
class ScriptedChannel:
    """A channel that does to each text what its script says; an empty script accepts."""

    script: deque[str | Exception | None] = field(default_factory=deque)
    taken: list[tuple[str, str, str]] = field(default_factory=list)

    def submit(self, number: str, text: str, key: str) -> str | None:
        self.taken.append((number, text, key))
        does = self.script.popleft() if self.script else None
        if isinstance(does, Exception):
            raise does
        return does


class ShutDoor(ScriptedChannel):
    """A service that refuses for its certificate until ``opens``; it can be looked at."""

    opens = False

    def look(self) -> None:
        if not self.opens:
            raise SubmitFailed("its certificate is not valid yet")


def test_a_route_that_is_down_is_looked_at_when_the_clock_is_set() -> None:
    channel, told = ShutDoor(deque([SubmitFailed("its certificate is not valid yet")])), Told()
    now_s = 1000.0
    route = WebRoute(
        "http", channel, put=told, beat=lambda: None, clock=lambda: now_s, look=channel.look
    )
    route.clock_was_set()  # of a route that nobody knows to be down nothing is asked
    route.start()
    try:
        route.submit(TEXT)
        assert [state.up for state in told.of(RouteState)] == [False]
        channel.opens = True
        route.clock_was_set()
        assert [state.up for state in told.of(RouteState, 2)] == [False, True]
    finally:
        route.stop()
        assert route.join(5.0)


@contextmanager
def serving(*script: str | Exception | None) -> Iterator[tuple[WebRoute, Told, ScriptedChannel]]:
    told, channel = Told(), ScriptedChannel(deque(script))
    route = WebRoute("http", channel, put=told, beat=lambda: None, clock=time.monotonic)
    route.start()
    try:
        yield route, told, channel
    finally:
        route.stop()
        assert route.join(5.0)


def test_an_accepted_text_comes_back_with_the_services_id_and_the_route_is_up() -> None:
    with serving("V-1") as (route, told, channel):
        route.submit(TEXT)
        (state,) = told.of(RouteState)
    assert told.events[0] == Attempted("k1", "http", Outcome.ACCEPTED, "id V-1")
    assert (state.route, state.up) == ("http", True)
    assert channel.taken == [(NUMBERS["mother"], "물 2cm", "k1")]


@pytest.mark.parametrize(
    ("error", "outcome", "wait_s", "up"),
    [
        (SubmitFailed("no name"), Outcome.FAILED, None, False),
        (Throttled("busy", 7.0), Outcome.FAILED, 7.0, False),
        (SubmitAmbiguous("silence"), Outcome.AMBIGUOUS, None, False),
        (RouteRefused("key"), Outcome.FAILED, None, False),
        (NumberRefused("code"), Outcome.REFUSED, None, True),
        (ReportWithheld("119"), Outcome.WITHHELD, None, None),
    ],
)
def test_what_the_channel_raises_decides_outcome_and_state_by_its_type(
    error: DriverError, outcome: Outcome, wait_s: float | None, up: bool | None
) -> None:
    with serving(error, "V-2") as (route, told, _):
        route.submit(TEXT)
        (attempt,) = told.of(Attempted)
        assert attempt == Attempted("k1", "http", outcome, str(error), wait_s=wait_s)
        route.submit(TEXT)
        told.of(Attempted, 2)
    states = [state.up for state in told.of(RouteState)]
    assert states == ([True] if up in (True, None) else [False, True])


def test_a_state_is_told_once_and_its_reason_anew_when_it_changes() -> None:
    twice = [SubmitFailed("no name"), SubmitFailed("no name"), RouteRefused("clock")]
    with serving(*twice) as (route, told, _):
        for number in range(1, 4):
            route.submit(TEXT)
            told.of(Attempted, number)
        told.await_(lambda es: isinstance(es[-1], RouteState) and es[-1].detail == "clock")
    assert [state.detail for state in told.of(RouteState)] == ["no name", "clock"]


def test_a_bug_may_have_sent_is_not_shown_and_does_not_block_the_route(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with serving(KeyError(NUMBERS["mother"])) as (route, told, _):
        route.submit(TEXT)
        (attempt,) = told.of(Attempted)
        assert attempt.outcome is Outcome.AMBIGUOUS
        route.submit(TEXT)
        assert told.of(Attempted, 2)[1].outcome is Outcome.ACCEPTED
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 1
    assert "KeyError" in errors[0].getMessage()
    for shown in (caplog.text, str(told.events)):
        assert NUMBERS["mother"][-8:] not in shown


def test_an_id_is_shown_only_as_far_as_it_is_plain() -> None:
    with serving("x" * 99 + "\n물") as (route, told, _):
        route.submit(TEXT)
        (attempt,) = told.of(Attempted)
    assert attempt.detail == "id " + "x" * 64


def test_every_job_of_many_ends_in_exactly_one_outcome() -> None:
    kinds: list[str | Exception | None]
    kinds = [SubmitFailed("a"), SubmitAmbiguous("b"), NumberRefused("c"), ValueError(), "V", None]
    with serving(*kinds * 20) as (route, told, _):
        for number in range(120):
            route.submit(Job(f"k{number}", NUMBERS["mother"], "x", None))
            told.of(Attempted, number + 1)
    keys = [attempt.key for attempt in told.of(Attempted)]
    assert keys == [f"k{number}" for number in range(120)]


def test_stopping_ends_an_idle_worker_at_once_and_what_shares_its_event() -> None:
    stopping = threading.Event()
    route = WebRoute(
        "http",
        ScriptedChannel(),
        put=Told(),
        beat=lambda: None,
        clock=time.monotonic,
        stopping=stopping,
    )
    route.start()
    route.stop()
    assert route.join(1.0)
    assert stopping.is_set()


@pytest.mark.parametrize(
    ("error", "heals"),
    [
        (SubmitFailed("no name"), True),
        (SubmitAmbiguous("silence"), True),
        (ClockRefused("47 min"), True),
        (RouteRefused("key"), False),
    ],
)
def test_a_route_that_is_down_is_looked_at_until_it_answers_unless_it_refused_our_key(
    error: DriverError, heals: bool
) -> None:
    """On a clock that goes on by more than two minutes whenever somebody looks at it."""
    told, hurried = Told(), count(0.0, 130.0)
    looks: list[float] = []

    def look() -> None:
        looks.append(next(hurried))
        if len(looks) == 1:
            raise SubmitFailed("still no name")
        if len(looks) == 2:
            raise ZeroDivisionError("a bug")

    route = WebRoute(
        *("http", ScriptedChannel(deque([error]))),
        put=told,
        beat=lambda: None,
        clock=lambda: next(hurried),
        look=look,
    )
    route.submit(TEXT)
    route.start()
    if heals:
        told.await_(lambda es: isinstance(es[-1], RouteState) and es[-1].up)
        assert len(looks) == 3
        assert looks[1] - looks[0] >= 120.0
    else:
        told.await_(lambda es: isinstance(es[-1], RouteState))
    route.stop()
    assert route.join(5.0)
    assert bool(looks) == heals
