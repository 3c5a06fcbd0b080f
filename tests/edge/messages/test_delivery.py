"""The modem's worker: every job ends in exactly one outcome, never better than what was said."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from drivers.emulated.modem import EmulatedModem
from drivers.errors import (
    DriverError,
    NoResponse,
    NotRegistered,
    NumberRefused,
    PortGone,
    ReportWithheld,
    SimLocked,
    SubmitAmbiguous,
    SubmitFailed,
)
from drivers.modem.interlock import Interlock
from drivers.modem.modem import LateReference, Modem, ModemStatus, Rung
from drivers.modem.settings import ModemSettings
from edge.events import Attempted, Delivered, ModemCard, Outcome, RouteState
from edge.messages.delivery import ModemPort, ModemRoute
from edge.messages.job import Job, outcome_of
from tests.edge.by_hand import NUMBERS, ScriptedModem, Told, failing

REPORT = Job("k119", "119", "[침수]서울 15cm", "water")
TEXT = Job("k1", NUMBERS["mother"], "물 2cm", None)


@contextmanager
def serving(modem: ModemPort) -> Iterator[tuple[ModemRoute, Told]]:
    told = Told()
    route = ModemRoute(modem, put=told, beat=lambda: None, clock=time.monotonic)
    route.start()
    try:
        yield route, told
    finally:
        route.stop()
        assert route.join(10.0)


def outcomes(told: Told, count: int = 1) -> list[Outcome]:
    return [attempt.outcome for attempt in told.of(Attempted, count)]


def test_an_accepted_text_comes_back_with_the_networks_reference() -> None:
    with serving(ScriptedModem(deque([42]))) as (route, told):
        route.submit(TEXT)
        (attempt,) = told.of(Attempted)
    assert attempt == Attempted("k1", "modem", Outcome.ACCEPTED, reference=42)


@pytest.mark.parametrize(
    ("error", "outcome", "registered"),
    [
        (SubmitFailed("busy"), Outcome.FAILED, True),
        (SubmitAmbiguous("silence"), Outcome.AMBIGUOUS, True),
        (NumberRefused("28"), Outcome.REFUSED, True),
        (ReportWithheld("not armed"), Outcome.WITHHELD, True),
        (NotRegistered("no network"), Outcome.FAILED, False),
        (SimLocked("PIN"), Outcome.FAILED, True),
        (PortGone("unplugged"), Outcome.FAILED, False),
        (NoResponse("mute"), Outcome.FAILED, True),
    ],
)
def test_what_the_modem_raises_decides_the_outcome_by_its_type(
    error: DriverError, outcome: Outcome, registered: bool
) -> None:
    assert outcome_of(error) is outcome
    with serving(ScriptedModem(deque([error]))) as (route, told):
        route.submit(REPORT)
        (attempt,) = told.of(Attempted)
    assert (attempt.key, attempt.outcome, attempt.registered) == ("k119", outcome, registered)
    assert len(told.of(Attempted)) == 1, "exactly one"


def test_a_bug_on_the_way_to_the_modem_may_have_sent_and_does_not_block_the_route() -> None:
    modem = ScriptedModem(deque([ZeroDivisionError("a bug")]))
    with serving(modem) as (route, told):
        route.submit(REPORT)
        assert outcomes(told) == [Outcome.AMBIGUOUS]
        told.await_(lambda es: sum(isinstance(e, RouteState) and e.up for e in es) == 2)
        route.submit(TEXT)
        assert outcomes(told, 2)[1] is Outcome.ACCEPTED


def test_the_ladder_begins_after_the_third_failure_in_a_row_and_starts_over_after_success() -> None:
    modem = ScriptedModem(failing(SubmitFailed("500"), 9))
    with serving(modem) as (route, told):
        for count in range(1, 10):
            route.submit(REPORT)
            told.of(Attempted, count)
        told.of(RouteState, 1)
        modem.script.append(7)
        route.submit(REPORT)
        told.of(Attempted, 10)
        assert modem.rungs == [Rung.AT, Rung.ATZ, Rung.CFUN]
        modem.script.extend(failing(SubmitFailed("500"), 3))
        for count in range(11, 14):
            route.submit(REPORT)
            told.of(Attempted, count)
        route.submit(REPORT)
        told.of(Attempted, 14)
    assert modem.rungs[3:] == [Rung.AT]


def test_a_modem_that_takes_every_text_and_answers_none_is_reset_and_told_of() -> None:
    silences = [SubmitAmbiguous("silence") for _ in range(6)]
    modem = ScriptedModem(deque(silences))
    with serving(modem) as (route, told):
        for count in range(1, 7):
            route.submit(REPORT)
            told.of(Attempted, count)
        told.await_(lambda es: any(isinstance(e, RouteState) and not e.up for e in es))
    assert modem.rungs == [Rung.AT, Rung.ATZ]


def test_a_modem_without_a_network_is_not_reset() -> None:
    modem = ScriptedModem(failing(NotRegistered("searching"), 6))
    with serving(modem) as (route, told):
        for count in range(1, 7):
            route.submit(REPORT)
            told.of(Attempted, count)
    assert modem.rungs == []


def test_a_late_answer_settles_the_text_that_it_is_for() -> None:
    modem = ScriptedModem(deque([SubmitAmbiguous("silence")]))
    with serving(modem) as (route, told):
        route.submit(TEXT)
        assert outcomes(told) == [Outcome.AMBIGUOUS]
        modem.remarks.put(LateReference(9, None))
        modem.remarks.put(LateReference(9, modem.taken[0]))
        attempts = told.of(Attempted, 2)
    assert (attempts[1].key, attempts[1].outcome, attempts[1].reference) == (
        "k1",
        Outcome.ACCEPTED,
        9,
    )
    assert len(told.of(Attempted)) == 2, "nor by an answer that may be for any"


def test_a_job_that_waits_for_a_port_that_does_not_open_fails_and_the_port_is_tried_again() -> None:
    modem = ScriptedModem(opens=deque([PortGone("no such port"), PortGone("no such port"), None]))
    with serving(modem) as (route, told):
        route.submit(REPORT)
        (attempt,) = told.of(Attempted)
        assert (attempt.outcome, attempt.registered) == (Outcome.FAILED, False)
        told.await_(lambda es: any(isinstance(e, RouteState) and e.up for e in es))
    assert modem.opened >= 2
    down = told.of(RouteState)[0]
    assert (down.up, down.detail) == (False, "no such port")


def test_a_modem_that_stays_mute_is_switched_off_and_on_after_the_third_time() -> None:
    silent: list[Exception | None] = [NoResponse("mute")] * 3
    modem = ScriptedModem(opens=deque([*silent, None]))
    with serving(modem) as (route, told):
        for count in range(1, 4):
            route.submit(REPORT)  # ends the pause between two openings
            told.of(Attempted, count)
        told.await_(lambda es: any(isinstance(e, RouteState) and e.up for e in es))
    assert modem.rungs == [Rung.POWER]


def test_the_route_is_down_without_a_network_and_says_so_with_its_signal() -> None:
    modem = ScriptedModem(status=ModemStatus(registered=False, signal_dbm=-113, operator=None))
    with serving(modem) as (_, told):
        (state,) = told.of(RouteState)
    assert state == RouteState(
        "modem",
        up=False,
        detail="no network",
        fault="no_network",
        registered=False,
        signal_dbm=-113,
        card=ModemCard(),
    )


def test_an_unknown_registration_is_not_a_reason_to_be_down() -> None:
    with serving(ScriptedModem(status=ModemStatus())) as (_, told):
        (state,) = told.of(RouteState)
    assert state.up
    assert state.registered is None


def test_stopping_ends_the_worker_and_closes_the_port() -> None:
    modem = ScriptedModem()
    with serving(modem) as (_, told):
        told.of(RouteState)
    assert modem.closed >= 1


def test_with_a_real_driver_and_an_emulated_modem_a_report_and_its_status_report_arrive() -> None:
    with EmulatedModem() as emulated:
        interlock = Interlock("119")
        interlock.armed = True
        modem = Modem(ModemSettings(port=emulated.path), interlock)
        with serving(modem) as (route, told):
            told.await_(lambda es: any(isinstance(e, RouteState) and e.up for e in es))
            route.submit(REPORT)
            assert outcomes(told) == [Outcome.ACCEPTED]
            (delivered,) = told.of(Delivered)
            assert delivered.delivered
            interlock.armed = False
            route.submit(REPORT)
            assert outcomes(told, 2)[1] is Outcome.WITHHELD
        (text,) = emulated.texts
    assert (text.number, text.text) == ("119", REPORT.text)


def test_with_a_real_driver_an_unplugged_modem_fails_what_waits_and_says_so() -> None:
    with EmulatedModem() as emulated:
        modem = Modem(ModemSettings(port=emulated.path), Interlock("119"))
        with serving(modem) as (route, told):
            told.await_(lambda es: any(isinstance(e, RouteState) and e.up for e in es))
            emulated.unplug()
            route.submit(TEXT)
            attempts = told.of(Attempted)
            told.await_(lambda es: isinstance(es[-1], RouteState) and not es[-1].up)
    assert attempts[0].outcome is Outcome.FAILED
