"""One event through the law, and when the law next needs to be called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from edge.effects import Effect, Log
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
from edge.law import accepting, falling, hands, incidents, raising, reports, troubles
from edge.law.levels import Level
from edge.law.policy import Policy
from edge.law.state import INF, SensorState, State

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
    if state.incident is not None or state.troubles:
        state = _time_passes(state, now_s, policy, out)
    return state, tuple(out)


def _read(state: State, event: Reading, now_s: float, policy: Policy, out: list[Effect]) -> State:
    if event.sensor_id not in policy.sensors:
        return state
    known = state.sensors.get(event.sensor_id)
    before = known or SensorState(lost_s=state.started_s)
    if event.health.votes:
        sensor = accepting.accept(before, event, now_s, policy)
    else:
        sensor = accepting.unread(before, event.health, event.reason, now_s)
    state = state.with_sensor(event.sensor_id, sensor)
    # A sensor that was never heard goes stale from stale: that is news all the same.
    if known is None or before.health is not sensor.health or state.troubles:
        state = troubles.of_sensor(state, event.sensor_id, now_s, policy)
    state, raised = raising.advance(state, now_s, policy, event.sensor_id)
    if raised:
        state = incidents.rise(state, raised, now_s, policy, out)
    if state.incident is not None:
        state = falling.note_wet(state, policy)
        state = incidents.settle_contest(state, now_s, policy, out)
        state = incidents.deepen(state, now_s, policy, out)
    return state


def _tick(state: State, event: Tick, now_s: float, policy: Policy, out: list[Effect]) -> State:
    del event
    state, raised = raising.advance(state, now_s, policy, None)
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


def _armed(state: State, event: Armed, now_s: float, policy: Policy, out: list[Effect]) -> State:
    del policy
    if event.armed == state.armed:
        return state
    out.append(
        Log("armed" if event.armed else "disarmed", reason=event.reason, fields={"by": event.by})
    )
    state = replace(state, armed=event.armed)
    return reports.armed_again(state, now_s) if event.armed else state


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
    Attempted: reports.settle,
    Handled: _handled,
    Armed: _armed,
    TroubleSeen: _trouble_seen,
    TroubleGone: _trouble_gone,
}


def _time_passes(state: State, now_s: float, policy: Policy, out: list[Effect]) -> State:
    """Do what is due by the clock: lowering, the latch, reports, the sounder, troubles."""
    if state.incident is not None:
        lower = falling.lowered_level(state, now_s, policy)
        if lower < state.level:
            reason = f"every wet sensor has read clear of {state.level.word} for its off-delay"
            state = incidents.fall(state, lower, now_s, policy, reason, out)
        if state.level is Level.NORMAL and now_s >= falling.latch_clear_due_s(state, policy):
            state = incidents.close(state, now_s, "clear for as long as the latch asks", out)
        state = incidents.cut_off(state, now_s, policy, out)
        state = reports.advance(state, now_s, policy, out)
    state = troubles.held(state, falling.holds(state), now_s)
    return troubles.advance(state, now_s, policy, out)


def due_s(state: State, policy: Policy) -> float:
    """Return when ``step`` must be called with ``Tick`` at the latest; infinity if never."""
    due = troubles.due_s(state, policy) if state.troubles else INF
    if state.raising:
        due = min(due, raising.due_s(state, policy))
    if state.incident is not None:
        due = min(due, falling.due_s(state, policy), reports.due_s(state, policy))
        siren = state.siren
        if siren.on and siren.since_s is not None:
            due = min(due, siren.since_s + policy.siren_cutoff_s)
    return due


def line_seized(state: State, now_s: float, policy: Policy) -> bool:
    """Whether a danger delay runs: nothing but 119 may start meanwhile (design 4.7)."""
    return bool(state.raising) and raising.danger_delay_runs(state, now_s, policy)
