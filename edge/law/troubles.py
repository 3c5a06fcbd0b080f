"""Troubles: what is wrong with floodbell itself, and who hears of it (design 4.10).

Invariant: silence never looks like safety. A fault is a trouble once it has stood for the on-delay
(a blind zone, the modem and the store at once), is told, and its end is told too. A trouble that
ends before it was told is withdrawn.
"""

from __future__ import annotations

from dataclasses import replace

from edge.effects import Effect, Facts, Log, Purpose, Withdraw
from edge.law.levels import Level
from edge.law.notices import notice
from edge.law.policy import Policy
from edge.law.state import INF, State, Trouble

AT_ONCE = ("blind:", "modem", "store", "fault")
"""Causes that are troubles without a delay (design 4.10)."""


def seen(state: State, cause: str, detail: str, now_s: float) -> State:
    """Take note that something is not well."""
    known = state.troubles.get(cause)
    if known is None:
        trouble = Trouble(cause, detail, now_s)
    elif known.gone_s is None and known.detail == detail:
        return state
    else:
        trouble = replace(known, detail=detail, gone_s=None)
    return replace(state, troubles={**state.troubles, cause: trouble})


def gone(state: State, cause: str, now_s: float) -> State:
    """Take note that it is well again: cleared after the off-delay, at once if never raised."""
    known = state.troubles.get(cause)
    if known is None or known.gone_s is not None:
        return state
    if not known.raised:
        return _without(state, cause)
    return replace(state, troubles={**state.troubles, cause: replace(known, gone_s=now_s)})


def of_sensor(state: State, sensor_id: str, now_s: float, policy: Policy) -> State:
    """Keep the troubles that follow from one sensor's health: its own, and its zone's blindness."""
    sensor = state.sensors[sensor_id]
    cause = f"sensor:{sensor_id}"
    if not sensor.health.votes:
        state = seen(state, cause, f"{sensor.health.value}: {sensor.reason}", now_s)
    elif cause in state.troubles:
        state = gone(state, cause, now_s)
    return _blindness(state, policy.sensors[sensor_id].zone, now_s, policy)


def _blindness(state: State, zone: str, now_s: float, policy: Policy) -> State:
    """A zone is blind when no healthy sensor of it can have an opinion on danger (design 4.3).

    A zone whose sensors have not all been heard yet is not blind: the daemon has only just started.
    """
    if not policy.zones[zone].danger:
        return state
    able = [n for n in policy.zones[zone].sensors if policy.sensors[n].decides(policy.danger.mm)]
    blind = all(n in state.sensors and not state.sensors[n].health.votes for n in able)
    cause = f"blind:{zone}"
    if blind:
        return seen(state, cause, "no healthy sensor can see danger here", now_s)
    return gone(state, cause, now_s) if cause in state.troubles else state


def advance(state: State, now_s: float, policy: Policy, out: list[Effect]) -> State:
    """Raise, text and clear what is due."""
    if not state.troubles:
        return state
    for trouble in tuple(state.troubles.values()):
        state = _advance_one(state, trouble, now_s, policy, out)
    return state


def _advance_one(
    state: State, trouble: Trouble, now_s: float, policy: Policy, out: list[Effect]
) -> State:
    if now_s >= _raise_s(trouble, policy):
        trouble = replace(trouble, raised=True, raised_s=now_s)
        out.append(_log("trouble_raised", trouble))
    if now_s >= _text_s(trouble, policy):
        trouble = replace(trouble, texted=True)
        out.extend(_notice(Purpose.TROUBLE, trouble, policy, state))
    if now_s >= _clear_s(trouble, policy):
        out.append(_log("trouble_cleared", trouble))
        if trouble.texted:
            out.append(
                Withdraw(None, (Purpose.TROUBLE,), "cleared before it was told", trouble.cause)
            )
            out.extend(_notice(Purpose.TROUBLE_CLEARED, trouble, policy, state))
        return _without(state, trouble.cause)
    if trouble is state.troubles.get(trouble.cause):
        return state
    return replace(state, troubles={**state.troubles, trouble.cause: trouble})


def _raise_s(trouble: Trouble, policy: Policy) -> float:
    if trouble.raised or trouble.gone_s is not None:
        return INF
    at_once = trouble.cause.startswith(AT_ONCE)
    return trouble.since_s + (0.0 if at_once else policy.trouble.on_delay_s)


def _text_s(trouble: Trouble, policy: Policy) -> float:
    """When it is texted; a lost broker link later, or a restart would text a district."""
    if trouble.texted or not trouble.raised or trouble.gone_s is not None:
        return INF
    late = policy.trouble.broker_text_after_s if trouble.cause == "broker" else 0.0
    return trouble.since_s + late


def _clear_s(trouble: Trouble, policy: Policy) -> float:
    if trouble.gone_s is None:
        return INF
    return trouble.gone_s + policy.trouble.off_delay_s


def _notice(purpose: Purpose, trouble: Trouble, policy: Policy, state: State) -> tuple[Effect, ...]:
    about = Facts(armed=state.armed, cause=trouble.cause, detail=trouble.detail)
    return notice(
        purpose,
        policy,
        f"{trouble.cause}: {trouble.detail}",
        incident=None,
        episode=int(trouble.since_s * 1000),
        about=about,
    )


def _log(kind: str, trouble: Trouble) -> Log:
    return Log(
        kind, reason=trouble.detail, fields={"cause": trouble.cause, "detail": trouble.detail}
    )


def _without(state: State, cause: str) -> State:
    return replace(state, troubles={c: t for c, t in state.troubles.items() if c != cause})


def due_s(state: State, policy: Policy) -> float:
    """Return when a trouble is next raised, texted or cleared, or infinity."""
    return min(
        (
            min(_raise_s(t, policy), _text_s(t, policy), _clear_s(t, policy))
            for t in state.troubles.values()
        ),
        default=INF,
    )


def held(state: State, names: tuple[str, ...], now_s: float) -> State:
    """Say that the level is held up because sensors that were wet are faulted or silent."""
    if names:
        return seen(state, "held", "the level is held by " + ", ".join(names), now_s)
    if state.level is not Level.DANGER:
        state = gone(state, "discrepancy", now_s)
    return gone(state, "held", now_s)


def standing(state: State, now_s: float) -> list[dict[str, object]]:
    """Return the troubles that were told and are not cleared, as people and the centre see them."""
    return [
        {"cause": t.cause, "detail": t.detail, "for_s": round(now_s - t.since_s, 1)}
        for t in state.troubles.values()
        if t.raised
    ]
