"""A technician's service: the law runs, but what water causes goes no further (design 4.9).

Owns when service begins and ends, and what its end drops. Invariant: no water that a technician
causes reaches 119 or the home, and water that still stands when service ends is judged as if the
daemon had just started: reported within 20 s. The bell passes as always. Who is told in service is
decided in ``notices``, that 119 is not in ``reports``: both go by ``Incident.service``.
"""

from __future__ import annotations

from dataclasses import replace

from edge.effects import Chirp, Effect, Facts, Log, Purpose, Withdraw
from edge.events import Handled
from edge.law import drill, incidents
from edge.law.levels import Level
from edge.law.notices import OF_WATER, notice
from edge.law.policy import Policy
from edge.law.state import INF, Incident, SensorState, Service, State

LONGEST_MIN = 120.0
"""Service lasts two hours at most, and one if nobody says how long (design 4.9)."""

USUAL_MIN = 60.0

WARN_BEFORE_S = 300.0
"""The sounder chirps and the technician is texted so long before the end (design 4.9)."""


def begin(
    state: State, event: Handled, now_s: float, policy: Policy, out: list[Effect]
) -> tuple[State, str]:
    """Begin service, or move its end; return the reason of a refusal, empty when it was done.

    Moving the end is not beginning: the bucket under the sensor may stay. A water delay that runs
    is somebody's flood until it is judged, so service waits for its end.
    """
    del policy
    minutes = USUAL_MIN if event.minutes is None else event.minutes
    refusal = _refusal(state, minutes, local=event.local)
    if refusal:
        return state, refusal
    state = drill.end(state, f"service begun by {event.by}", out)
    renewed = state.service is not None
    left_s = minutes * 60.0
    out.append(
        Log(
            "service_on",
            reason=f"by {event.by}, for {minutes:g} min",
            fields={"by": event.by, "minutes": minutes, "renewed": renewed},
        )
    )
    # So short a service would warn as it begins, of what was only just asked for.
    at_work = Service(now_s + left_s, event.by, warned=left_s <= WARN_BEFORE_S)
    return replace(state, service=at_work), ""


def _refusal(state: State, minutes: float, *, local: bool) -> str:
    if not local:
        return "service begins at the device only"
    if not 0 < minutes <= LONGEST_MIN:
        return f"service lasts more than 0 and at most {LONGEST_MIN:.0f} minutes, not {minutes:g}"
    incident = state.incident
    if incident is not None and (incident.bell or not incident.service):
        return f"incident {incident.id} is open: reset it first"
    if incident is None and state.raising:
        zones = ", ".join(sorted({r.zone for r in state.raising}))
        return f"zone {zones} is wet and being judged: try again in a moment"
    return ""


def end_by_hand(
    state: State, event: Handled, now_s: float, policy: Policy, out: list[Effect]
) -> tuple[State, str]:
    """End service because somebody says so, at the device or from afar."""
    del policy
    if state.service is None:
        return state, "not in service"
    return _end(state, f"by {event.by}", event.by, now_s, out), ""


def advance(state: State, now_s: float, policy: Policy, out: list[Effect]) -> State:
    """Warn before the end, and end what has lasted its time."""
    at_work = state.service
    if at_work is None:
        return state
    if now_s >= at_work.until_s:
        return _end(state, "its time is over", at_work.by, now_s, out)
    if at_work.warned or now_s < at_work.until_s - WARN_BEFORE_S:
        return state
    left_min = (at_work.until_s - now_s) / 60.0
    reason = f"service ends in {left_min:.0f} min"
    out.append(Chirp(reason))
    out.extend(
        notice(
            Purpose.SERVICE_ENDS,
            policy,
            reason,
            incident=None,
            episode=int(now_s * 1000),
            about=Facts(armed=state.armed, cause="service", detail=f"{left_min:.0f}"),
        )
    )
    return replace(state, service=replace(at_work, warned=True))


def due_s(state: State) -> float:
    """Return when service is to be warned of or ended, or infinity."""
    at_work = state.service
    if at_work is None:
        return INF
    return at_work.until_s if at_work.warned else at_work.until_s - WARN_BEFORE_S


def _end(state: State, reason: str, by: str, now_s: float, out: list[Effect]) -> State:
    """Drop levels, latches and messages born in service, and judge every sensor afresh.

    What still stands then looks like a jump that nobody saw coming: a delay, never a veto.
    """
    out.append(Log("service_off", reason=reason, fields={"by": by}))
    state = replace(state, service=None)
    incident = state.incident
    if incident is not None and incident.service:
        why = f"service is over: {reason}"
        out.append(Withdraw(incident.id, tuple(p for p in Purpose if p in OF_WATER), why))
        if incident.bell:
            state = _only_the_bell(state, incident, now_s, why, out)
        else:
            state = incidents.close(state, now_s, why, out)
    return replace(
        state,
        sensors={n: _unheard(s) for n, s in state.sensors.items() if not s.health.votes},
        remembered={
            **state.remembered,
            **{n: _lasting(s) for n, s in state.sensors.items() if s.health.votes},
        },
        raising=(),
        # As after a start: a sensor that has not spoken since may yet say "dry" (design 4.4).
        started_s=now_s,
    )


def _only_the_bell(
    state: State, incident: Incident, now_s: float, reason: str, out: list[Effect]
) -> State:
    """Somebody pressed the bell meanwhile: that goes on, and so does the sound of it."""
    if state.level is not Level.NORMAL:
        fields = {"stage": "normal", "from": state.level.word, "zone": None, "depth_mm": None}
        out.append(Log("stage_changed", incident.id, incident.episode, reason, fields))
    # What is counted goes on, so that no key of a message is used twice; the rest begins anew.
    bell = Incident(
        id=incident.id,
        opened_s=incident.opened_s,
        bell=True,
        pressed_s=incident.pressed_s,
        episode=incident.episode,
        alerts=incident.alerts,
        acknowledged=incident.acknowledged,
        recedings=incident.recedings + 1,
        normal_since_s=now_s,
        reports=tuple(r for r in incident.reports if r.origin == "bell"),
    )
    return replace(state, incident=bell, level=Level.NORMAL, zone=None, level_since_s=now_s)


def _unheard(sensor: SensorState) -> SensorState:
    """A sensor without an opinion keeps its fault: nobody may take it for well."""
    return replace(
        _lasting(sensor), health=sensor.health, reason=sensor.reason, lost_s=sensor.lost_s
    )


def _lasting(sensor: SensorState) -> SensorState:
    """What is true of a sensor for longer than a service: its wet test, and its last change."""
    return SensorState(changed_s=sensor.changed_s, wet_s=sensor.wet_s, proven=sensor.proven)
