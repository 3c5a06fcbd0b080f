"""What people have set, across a restart (design 4.11): disarming and service go on, a drill never.

Times are stored as remaining seconds. Invariant: a restart neither forgets what somebody set nor
prolongs it: within one boot the gap counts, after a power cut nobody knows how long it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from edge.law import arming
from edge.law.state import Disarmed, Service, State


def dump(state: State, now_s: float) -> dict[str, Any]:
    """Return disarming and service as plain JSON values."""
    return {
        "report_armed": state.report_armed,
        "disarmed": dump_disarmed(state.disarmed, now_s),
        "service": dump_service(state.service, now_s),
    }


def dump_disarmed(disarmed: Disarmed | None, now_s: float) -> dict[str, Any] | None:
    """Return a disarming with the seconds it has lasted and has left (None: no end)."""
    if disarmed is None:
        return None
    left_s = None if disarmed.until_s is None else _left_s(disarmed.until_s, now_s)
    return {"for_s": round(now_s - disarmed.since_s, 3), "left_s": left_s, "by": disarmed.by}


def dump_service(service: Service | None, now_s: float) -> dict[str, Any] | None:
    """Return a service with the seconds it has left."""
    if service is None:
        return None
    left_s = _left_s(service.until_s, now_s)
    return {"left_s": left_s, "by": service.by, "warned": service.warned}


def _left_s(until_s: float, now_s: float) -> float:
    return round(max(0.0, until_s - now_s), 3)


def load(state: State, stored: Mapping[str, Any], now_s: float, away_s: float) -> State:
    """Return the state with what people had set; what has run out meanwhile ends at the next step.

    Args:
        state: As it was taken up so far.
        stored: What ``dump`` returned, or a stored state of before there was any of it.
        now_s: Monotonic seconds now.
        away_s: Seconds since it was written; 0 when nobody knows.
    """
    report_armed = stored.get("report_armed", False)
    disarmed = load_disarmed(stored.get("disarmed"), now_s, away_s)
    state = replace(
        state,
        report_armed=report_armed,
        armed=report_armed and disarmed is None,
        disarmed=disarmed,
        service=load_service(stored.get("service"), now_s, away_s),
    )
    return arming.told(state, now_s)


def load_disarmed(stored: Mapping[str, Any] | None, now_s: float, away_s: float) -> Disarmed | None:
    """Take up what ``dump_disarmed`` returned ``away_s`` ago."""
    if stored is None:
        return None
    left_s = stored["left_s"]
    until_s = None if left_s is None else now_s + max(0.0, left_s - away_s)
    return Disarmed(now_s - away_s - stored["for_s"], until_s, stored["by"])


def load_service(stored: Mapping[str, Any] | None, now_s: float, away_s: float) -> Service | None:
    """Take up what ``dump_service`` returned ``away_s`` ago."""
    if stored is None:
        return None
    until_s = now_s + max(0.0, stored["left_s"] - away_s)
    return Service(until_s, stored["by"], warned=stored["warned"])


def differs(before: State, after: State) -> bool:
    """Return whether anything that ``dump`` writes has changed, but for the passing of time."""
    return (before.report_armed, before.disarmed, before.service) != (
        after.report_armed,
        after.disarmed,
        after.service,
    )
