"""What the store hears of delays that run: all of a real rise, little of water that hovers."""

from __future__ import annotations

from dataclasses import replace

from edge.law.levels import Level
from edge.law.state import Raising, State
from edge.law.wet_runs import RUN_EVERY_S, RUNS_AT_ONCE, WetRuns
from tests.edge.law.basement import Basement

CALM = State()


def rising(level: Level, since_s: float) -> State:
    return State(raising=(Raising("entrance", level, since_s, 1, True, "door"),))


class Store:
    """Stores when it is told to; knows how often, and what of delays it holds."""

    def __init__(self) -> None:
        self.runs = WetRuns()
        self.holds = CALM
        self.writes = 0

    def see(self, state: State, now_s: float) -> bool:
        if at_once := self.runs.look(state, now_s):
            self.store(state)
        return at_once

    def store(self, state: State) -> None:
        self.writes += 1
        self.holds = state
        self.runs.stored(state)

    def hover(self, waves: int, level: Level = Level.ALERT, from_s: float = 0.0) -> float:
        """So many runs of a second, a dry second after each."""
        now_s = from_s
        for _ in range(waves):
            self.see(rising(level, now_s), now_s)
            self.see(CALM, now_s + 1.0)
            now_s += 2.0
        return now_s


def test_a_run_is_stored_as_it_begins_and_goes_on_and_as_it_ends() -> None:
    store = Store()
    assert not store.see(CALM, 0.0)
    assert store.see(rising(Level.ALERT, 1.0), 1.0)
    assert not store.see(rising(Level.ALERT, 1.0), 1.2)
    assert store.runs.progress
    assert store.see(CALM, 3.0)
    assert not store.runs.progress
    assert not store.see(CALM, 4.0)


def test_hovering_at_alert_is_stored_so_often_and_then_no_more() -> None:
    store = Store()
    now_s = store.hover(5_000)
    allowed = RUNS_AT_ONCE + now_s / RUN_EVERY_S
    assert 2 * RUNS_AT_ONCE <= store.writes <= 2 * (allowed + 1)
    assert store.holds == CALM
    store.see(rising(Level.ALERT, now_s), now_s)
    assert not store.runs.progress


def test_a_danger_run_is_stored_whatever_hovers() -> None:
    store = Store()
    now_s = store.hover(500)
    before = store.writes
    store.hover(500, Level.DANGER, now_s)
    assert store.writes == before + 1000


def test_what_was_stored_by_the_way_is_taken_back_when_its_run_ends() -> None:
    """A broken delay that a restart resumes would be an alarm for nothing."""
    store = Store()
    now_s = store.hover(500)
    wet = rising(Level.ALERT, now_s)
    assert not store.see(wet, now_s)
    store.store(wet)  # an event took the state with it
    assert store.see(CALM, now_s + 1.0)
    assert store.holds == CALM


def test_runs_that_came_to_something_have_cost_nothing() -> None:
    store = Store()
    now_s = store.hover(500)
    reached = replace(rising(Level.DANGER, now_s), level=Level.ALERT)
    store.see(reached, now_s)
    store.see(CALM, now_s + 10.0)
    assert store.see(rising(Level.ALERT, now_s + 20.0), now_s + 20.0)


def test_after_a_day_of_calm_hovering_is_stored_again() -> None:
    store = Store()
    now_s = store.hover(500)
    assert not store.see(rising(Level.ALERT, now_s), now_s)
    store.see(CALM, now_s + 1.0)
    assert store.see(rising(Level.ALERT, now_s + 86_400.0), now_s + 86_400.0)


def test_the_danger_run_of_a_rise_after_hours_of_hovering_is_stored_at_its_first_wet_vote() -> None:
    home, store = Basement(), Store()
    for n in range(400):
        home.run(1, door=24.0 if n % 2 else 12.0)
        store.see(home.state, home.now_s)
    assert home.state.level is Level.NORMAL
    assert 2 * RUNS_AT_ONCE <= store.writes < 200, "nearly every second began or broke a run"
    for n in range(20):
        home.run(1, door=12.0 + 10.0 * n)
        store.see(home.state, home.now_s)
        if runs := [one for one in home.state.raising if one.level is Level.DANGER]:
            assert runs == [one for one in store.holds.raising if one.level is Level.DANGER]
            return
    raise AssertionError("no delay to danger ran")
