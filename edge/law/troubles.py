"""Troubles: what is wrong with floodbell itself, and who hears of it (design 4.10).

A fault that has stood for its on-delay is *raised*: shown, published, logged, and texted at once or
later, after the course of its kind (``courses``). When it has been good for the off-delay it is
*cleared*, in the same ways. Raised again within an hour of that it is told once more, as
*unstable*, and cleared only after an hour of good: what comes and goes is never told more often.

Invariant: silence never looks like safety. What was last told is true within 200 s, or was told as
unstable; a cause has at most two raisings an hour, with one clearing between them. What ends before
it was told is never told. The digest (``digest``) names daily what stands.
"""

from __future__ import annotations

from dataclasses import replace

from edge.effects import Effect, Facts, Log, Purpose, Withdraw
from edge.law.courses import course_of
from edge.law.levels import Level
from edge.law.notices import notice
from edge.law.policy import Policy
from edge.law.state import INF, State, Trouble
from edge.law.voting import blind_for_alert, blind_for_danger, contradiction, sees_danger

DISCREPANCY = "discrepancy"


def seen(state: State, cause: str, detail: str, now_s: float) -> State:
    """Take note that something is not well; a new detail of what is known is not told anew."""
    known = state.troubles.get(cause)
    if known is None:
        trouble = Trouble(cause, detail, now_s)
    elif known.gone_s is None and known.detail == detail:
        return state
    else:
        again = known.unstable and known.gone_s is not None and known.gone_s <= now_s
        since_s = now_s if again else known.since_s
        trouble = replace(known, detail=detail, gone_s=None, since_s=since_s)
    return replace(state, troubles={**state.troubles, cause: trouble})


def gone(state: State, cause: str, now_s: float) -> State:
    """Take note that it is well again: cleared after the off-delay, forgotten if never raised."""
    known = state.troubles.get(cause)
    if known is None or (known.gone_s is not None and known.gone_s <= now_s):
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
    """Keep the trouble of a zone that no healthy sensor can see danger in (design 4.3).

    After a restart a blind zone stays so until a sensor of it speaks: one that was not heard yet is
    no news.
    """
    cause = f"blind:{zone}"
    if blind_for_danger(state, zone, policy):
        return seen(state, cause, "no healthy sensor can see danger here", now_s)
    if blind_for_alert(state, zone, policy):
        return seen(state, cause, "no healthy sensor can see water here", now_s)
    if cause not in state.troubles:
        return state
    of_danger = policy.zones[zone].danger
    able = (n for n in policy.zones[zone].sensors if not of_danger or sees_danger(n, policy))
    heard = any(name in state.sensors and state.sensors[name].health.votes for name in able)
    return gone(state, cause, now_s) if heard else state


def of_votes(state: State, now_s: float, policy: Policy) -> State:
    """Keep the trouble of sensors that contradict each other while water is told (design 4.3)."""
    words = contradiction(state, now_s, policy)
    if words:
        return seen(state, DISCREPANCY, words, now_s)
    return gone(state, DISCREPANCY, now_s) if DISCREPANCY in state.troubles else state


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
    known = trouble
    if now_s >= _raise_s(trouble, policy):
        unstable = now_s < _told_s(state, trouble.cause) + policy.trouble.repeat_s
        trouble = replace(trouble, raised_s=now_s, unstable=unstable)
        out.append(_log("trouble_raised", trouble))
    if now_s >= _text_s(trouble, policy):
        out.extend(_texted(trouble, now_s, policy, state))
        trouble = replace(trouble, texted_s=now_s)
    if now_s >= _clear_s(trouble, policy):
        return _cleared(state, trouble, now_s, policy, out)
    if trouble is known:
        return state
    return replace(state, troubles={**state.troubles, trouble.cause: trouble})


def _texted(trouble: Trouble, now_s: float, policy: Policy, state: State) -> list[Effect]:
    """Tell the keepers; what still waits about the same cause is not true any more."""
    waiting = (Purpose.TROUBLE, Purpose.TROUBLE_CLEARED)
    return [
        Withdraw(None, waiting, "told anew", trouble.cause),
        *_notice(Purpose.TROUBLE, trouble, now_s, policy, state),
    ]


def _cleared(
    state: State, trouble: Trouble, now_s: float, policy: Policy, out: list[Effect]
) -> State:
    out.append(_log("trouble_cleared", trouble))
    if trouble.texted_s is not None:
        out.append(Withdraw(None, (Purpose.TROUBLE,), "cleared before it was told", trouble.cause))
        out.extend(_notice(Purpose.TROUBLE_CLEARED, trouble, now_s, policy, state))
    recent = {c: s for c, s in state.cleared_s.items() if now_s < s + policy.trouble.repeat_s}
    return replace(_without(state, trouble.cause), cleared_s={**recent, trouble.cause: now_s})


def _told_s(state: State, cause: str) -> float:
    """When a cause that does not stand was last told of; minus infinity if not of late."""
    return state.cleared_s.get(cause, -INF)


def _raise_s(trouble: Trouble, policy: Policy) -> float:
    if trouble.raised or trouble.gone_s is not None:
        return INF
    return trouble.since_s + course_of(trouble.cause).raised_after_s(policy.trouble)


def _text_s(trouble: Trouble, policy: Policy) -> float:
    """When it is texted, or texted again."""
    if not trouble.raised or trouble.gone_s is not None:
        return INF
    course = course_of(trouble.cause)
    if trouble.texted_s is not None:
        return trouble.texted_s + course.again_s
    return trouble.since_s + course.texted_after_s(policy.trouble)


def _clear_s(trouble: Trouble, policy: Policy) -> float:
    if trouble.gone_s is None:
        return INF
    good_s = policy.trouble.repeat_s if trouble.unstable else policy.trouble.off_delay_s
    return trouble.gone_s + good_s


def _notice(
    purpose: Purpose, trouble: Trouble, now_s: float, policy: Policy, state: State
) -> tuple[Effect, ...]:
    return notice(
        purpose,
        policy,
        f"{trouble.cause}: {trouble.detail}",
        incident=None,
        episode=int(now_s * 1000),  # each telling has a key of its own
        about=Facts(
            armed=state.armed,
            cause=trouble.cause,
            detail=trouble.detail,
            unstable=trouble.unstable and purpose is Purpose.TROUBLE,
            again=trouble.texted_s is not None and purpose is Purpose.TROUBLE,
        ),
    )


def _log(kind: str, trouble: Trouble) -> Log:
    fields = {
        "cause": trouble.cause,
        "detail": trouble.detail,
        "unstable": trouble.unstable,
    }
    return Log(kind, reason=trouble.detail, fields=fields)


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
    if state.level is Level.NORMAL:
        state = gone(state, DISCREPANCY, now_s)
    return gone(state, "held", now_s)


def standing(state: State, now_s: float) -> list[dict[str, object]]:
    """Return the troubles that were told and are not cleared, as people and the centre see them."""
    return [
        {
            "cause": t.cause,
            "detail": t.detail,
            "for_s": round(now_s - min(t.since_s, t.raised_s), 1),
            "unstable": t.unstable,
            "well_for_s": round(max(0.0, now_s - t.gone_s), 1) if t.gone_s is not None else None,
        }
        for t in state.troubles.values()
        if t.raised_s is not None
    ]
