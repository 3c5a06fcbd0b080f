"""One event through the law, and when the law next needs to be called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from edge.effects import Effect
from edge.events import (
    Armed,
    Attempted,
    BellPressed,
    Handled,
    Reading,
    Tick,
    TroubleGone,
    TroubleSeen,
)
from edge.law import (
    accepting,
    arming,
    digest,
    drill,
    drowning,
    episodes,
    falling,
    hands,
    incidents,
    modemtest,
    outcomes,
    raising,
    reports,
    selftest,
    service,
    siren,
    troubles,
    wear,
)
from edge.law.levels import Level
from edge.law.policy import Policy
from edge.law.state import SensorState, State

Event = Reading | BellPressed | Tick | Attempted | Handled | Armed | TroubleSeen | TroubleGone
_Handler = Callable[[State, Any, float, Policy, list[Effect]], State]


def step(
    state: State, event: Event, now_s: float, policy: Policy
) -> tuple[State, tuple[Effect, ...]]:
    """Take one event and return the new state and what is to be done about it.

    Args:
        state: What the law remembered.
        event: What happened.
        now_s: Monotonic seconds; never less than at the call before.
        policy: The settings.

    Returns:
        The new state, and effects in the order in which they are to be performed.
    """
    out: list[Effect] = []
    state = _HANDLERS[type(event)](state, event, now_s, policy, out)
    if state.incident is not None or state.troubles or _at_hand(state):
        state = _time_passes(state, now_s, policy, out)
    return state, tuple(out)


def _read(state: State, event: Reading, now_s: float, policy: Policy, out: list[Effect]) -> State:
    if event.sensor_id not in policy.sensors:
        return state
    known = state.sensors.get(event.sensor_id)
    before = known or _as_remembered(state, event.sensor_id)
    if event.health.votes:
        sensor = accepting.accept(before, event, now_s, policy)
    else:
        sensor = accepting.unread(before, event.health, event.reason, now_s)
    state = state.with_sensor(event.sensor_id, sensor)
    # A sensor that was never heard goes stale from stale: that is news all the same.
    if known is None or before.health is not sensor.health or state.troubles:
        state = troubles.of_sensor(state, event.sensor_id, now_s, policy)
    state = wear.of_sensor(state, event.sensor_id, now_s, policy)
    state, raised = raising.advance(state, now_s, policy, event.sensor_id)
    if raised:
        state = incidents.rise(state, raised, now_s, policy, out)
    if state.incident is not None:
        state = falling.note_wet(state, policy)
        state = episodes.settle_contest(state, now_s, policy, out)
        state = episodes.deepen(state, now_s, policy, out)
        state = troubles.of_votes(state, now_s, policy)
    return state


def _as_remembered(state: State, sensor_id: str) -> SensorState:
    """Return what is known of a sensor that speaks for the first time since the start."""
    remembered = state.remembered.get(sensor_id, SensorState())
    return replace(remembered, lost_s=state.started_s)


def _tick(state: State, event: Tick, now_s: float, policy: Policy, out: list[Effect]) -> State:
    del event
    state, raised = raising.advance(state, now_s, policy, None)
    state = digest.advance(state, now_s, policy, out)
    state = selftest.advance(state, now_s, policy, out)
    return incidents.rise(state, raised, now_s, policy, out) if raised else state


def _pressed(
    state: State, event: BellPressed, now_s: float, policy: Policy, out: list[Effect]
) -> State:
    del event
    return incidents.press(state, now_s, policy, out)


def _handled(
    state: State, event: Handled, now_s: float, policy: Policy, out: list[Effect]
) -> State:
    return hands.handle(state, event, now_s, policy, out)[0]


def _attempted(
    state: State, event: Attempted, now_s: float, policy: Policy, out: list[Effect]
) -> State:
    state = selftest.settle(state, event, now_s)
    modemtest.settle(event, out)
    return outcomes.settle(state, event, now_s, policy, out)


def _trouble_seen(
    state: State, event: TroubleSeen, now_s: float, policy: Policy, out: list[Effect]
) -> State:
    del policy, out
    return troubles.seen(state, event.cause, event.detail, now_s)


def _trouble_gone(
    state: State, event: TroubleGone, now_s: float, policy: Policy, out: list[Effect]
) -> State:
    del policy, out
    return troubles.gone(state, event.cause, now_s)


_HANDLERS: dict[type, _Handler] = {
    Reading: _read,
    Tick: _tick,
    BellPressed: _pressed,
    Attempted: _attempted,
    Handled: _handled,
    Armed: arming.as_set,
    TroubleSeen: _trouble_seen,
    TroubleGone: _trouble_gone,
}


def _at_hand(state: State) -> bool:
    """Whether a person's hand is still at work."""
    at_work = state.service is not None or state.disarmed is not None or state.drill is not None
    return at_work or state.modem_test_until_s is not None


def _time_passes(state: State, now_s: float, policy: Policy, out: list[Effect]) -> State:
    """Do what is due by the clock: lowering, the latch, reports, the sounder, troubles."""
    if _at_hand(state):
        state = arming.advance(state, now_s, policy, out)
        state = drill.advance(state, now_s, policy, out)
        state = service.advance(state, now_s, policy, out)
        state = modemtest.advance(state, now_s, out)
    if state.incident is not None:
        lower = falling.lowered_level(state, now_s, policy)
        if lower < state.level:
            reason = f"every wet sensor has read clear of {state.level.word} for its off-delay"
            state = incidents.fall(state, lower, now_s, policy, reason, out)
        if state.level is Level.NORMAL and now_s >= falling.latch_clear_due_s(state, policy):
            state = incidents.close(state, now_s, "clear for as long as the latch asks", out)
        state = siren.cut_off(state, now_s, policy, out)
        state = drowning.advance(state, now_s, policy, out)
        state = reports.advance(state, now_s, policy, out)
    state = troubles.held(state, falling.holds(state), now_s)
    return troubles.advance(state, now_s, policy, out)


def due_s(state: State, policy: Policy) -> float:
    """Return when ``step`` must be called with ``Tick`` at the latest; infinity if never."""
    due = min(digest.due_s(state), selftest.due_s(state, policy))
    if state.troubles:
        due = min(due, troubles.due_s(state, policy))
    if _at_hand(state):
        due = min(due, arming.due_s(state), drill.due_s(state, policy), service.due_s(state))
        due = min(due, modemtest.due_s(state))
    if state.raising:
        due = min(due, raising.due_s(state, policy))
    if state.incident is not None:
        due = min(
            due,
            falling.due_s(state, policy),
            reports.due_s(state, policy),
            siren.due_s(state, policy),
            drowning.due_s(state, policy),
        )
    return due


def line_seized(state: State, now_s: float, policy: Policy) -> bool:
    """Whether a danger delay runs: nothing but 119 may start meanwhile (design 4.7)."""
    return bool(state.raising) and raising.danger_delay_runs(state, now_s, policy)
