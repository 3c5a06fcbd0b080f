"""The state across a restart (design 4.11): what is written down, and how it is taken up again.

Timers are stored as seconds (elapsed or remaining) relative to the moment of writing, never as
points on a clock that a restart resets. Readings are not stored: they are only true while fresh.

Invariant: a restart never drops an incident, never lowers a level, never repeats what was accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from edge.effects import Effect, Sound
from edge.law import digest, elapsed, incident_memory, recall, set_by_hand
from edge.law.accepting import seen_deep
from edge.law.elapsed import ago
from edge.law.levels import Level
from edge.law.policy import Policy
from edge.law.state import Incident, Raising, SensorState, Siren, State

FORM = 1
"""Version of the stored form; a form that is not known is refused, not guessed."""

RESUME_WITHIN_S = 60.0
"""A wet run is taken up again only so soon after it was written, in the same boot (design 4.11)."""

LEAST_DELAY_S = 1.0
"""What a resumed delay still waits at least."""


def dump(state: State, now_s: float) -> dict[str, Any]:
    """Return the state as plain JSON values."""
    return {
        "form": FORM,
        **set_by_hand.dump(state, now_s),
        "level": state.level.word,
        "zone": state.zone,
        "level_for_s": ago(state.level_since_s, now_s),
        "incident": incident_memory.dump(state.incident, now_s) if state.incident else None,
        "siren": {
            "on": state.siren.on,
            "for_s": ago(state.siren.since_s, now_s),
            "silenced": state.siren.silenced,
            "cut_off": state.siren.cut_off,
        },
        "raising": [
            {
                "zone": r.zone,
                "level": r.level.word,
                "for_s": ago(r.first_wet_s, now_s),
                "wet_readings": r.wet_readings,
                "rise": r.rise,
                "sensor": r.sensor,
                "lone": r.lone,
            }
            for r in state.raising
        ],
        "sensors": {
            name: _dump_sensor(sensor, now_s)
            for name, sensor in {**state.remembered, **state.sensors}.items()
        },
        "troubles": recall.dump(state.troubles, now_s),
        "cleared_for_s": {c: ago(at_s, now_s) for c, at_s in state.cleared_s.items()},
        "digest_for_s": digest.dump(state, now_s),
        "self_tested_for_s": ago(state.self_tested_s, now_s),
        "self_test_for_s": ago(state.self_test_s, now_s),
    }


def _dump_sensor(sensor: SensorState, now_s: float) -> dict[str, Any]:
    return {
        "last_mm": sensor.last_mm,
        "deep": seen_deep(sensor, now_s),
        "trail": [[ago(at_s, now_s), mm] for at_s, mm in sensor.trail],
        "unchanged_for_s": ago(sensor.changed_s, now_s),
        "dry_for_s": ago(sensor.wet_s, now_s),
        "proven": sensor.proven,
        "doubted": sensor.doubted,
    }


def load(
    stored: Mapping[str, Any],
    now_s: float,
    policy: Policy,
    *,
    gap_s: float | None,
) -> tuple[State, tuple[Effect, ...]]:
    """Return the state taken up after a restart, and what must sound again.

    Args:
        stored: What ``dump`` returned.
        now_s: Monotonic seconds now.
        policy: The settings now; zones and sensors that left them are forgotten.
        gap_s: Seconds since the state was written, in the same boot; None after a new boot, when
            nobody knows how long the power was away.

    Raises:
        ValueError: The stored form is not one that this version knows.
    """
    if stored.get("form") != FORM:
        raise ValueError(f"stored state has form {stored.get('form')!r}, expected {FORM}")
    away_s = gap_s or 0.0

    def at(elapsed_s: float) -> float:
        return now_s - away_s - elapsed_s

    level = Level[stored["level"].upper()]
    digested_for_s = stored.get("digest_for_s")
    same_boot = gap_s is not None
    incident = incident_memory.load(stored["incident"], now_s, policy, away_s, same_boot=same_boot)
    siren, effects = _load_siren(stored["siren"], level, incident, now_s)
    state = State(
        started_s=now_s,
        level=level,
        zone=stored["zone"] if stored["zone"] in policy.zones else None,
        level_since_s=at(stored["level_for_s"]),
        incident=incident,
        siren=siren,
        raising=_load_raising(stored["raising"], now_s, policy, gap_s),
        remembered={
            name: _load_sensor(sensor, at)
            for name, sensor in stored.get("sensors", {}).items()
            if name in policy.sensors
        },
        troubles=recall.load(stored["troubles"], now_s, away_s, policy),
        cleared_s={c: at(for_s) for c, for_s in stored.get("cleared_for_s", {}).items()},
        digested_s=None if digested_for_s is None else at(digested_for_s),
        self_tested_s=elapsed.at(stored.get("self_tested_for_s"), now_s - away_s),
        self_test_s=elapsed.at(stored.get("self_test_for_s"), now_s - away_s),
    )
    return set_by_hand.load(state, stored, now_s, away_s), effects


def _load_siren(
    stored: Mapping[str, Any], level: Level, incident: Incident | None, now_s: float
) -> tuple[Siren, tuple[Effect, ...]]:
    """The siren sounds again if the level is danger and nobody silenced it."""
    if incident is None:
        return Siren(), ()
    again = level is Level.DANGER and not stored["silenced"] and not stored["cut_off"]
    sounding = again or bool(stored["on"])
    siren = Siren(
        on=sounding,
        since_s=now_s if sounding else None,
        silenced=stored["silenced"],
        cut_off=stored["cut_off"],
    )
    return siren, (Sound(siren=sounding, strobe=True, reason="restart within an incident"),)


def _load_sensor(stored: Mapping[str, Any], at: Callable[[float], float]) -> SensorState:
    """What a sensor is remembered by; it has no opinion until it speaks."""
    unchanged_s, dry_s = stored["unchanged_for_s"], stored["dry_for_s"]
    return SensorState(
        last_mm=stored["last_mm"],
        deep=stored.get("deep", False),
        trail=tuple((at(ago_s), mm) for ago_s, mm in stored["trail"]),
        changed_s=None if unchanged_s is None else at(unchanged_s),
        wet_s=None if dry_s is None else at(dry_s),
        proven=stored.get("proven", False),
        doubted=stored["doubted"],
    )


def _load_raising(
    stored: list[Mapping[str, Any]], now_s: float, policy: Policy, gap_s: float | None
) -> tuple[Raising, ...]:
    """A wet run goes on with what was left, at least 1 s; after a power cut it begins at zero."""
    if gap_s is None or gap_s > RESUME_WITHIN_S:
        return ()
    resumed = []
    for one in stored:
        if one["zone"] not in policy.zones or one["sensor"] not in policy.sensors:
            continue
        level = Level[one["level"].upper()]
        whole_s = policy.setpoint(level).on_delay_s
        if not one["rise"] or one.get("lone"):
            whole_s = max(whole_s, policy.uncorroborated_delay_s)
        elapsed_s = min(one["for_s"] + gap_s, whole_s - LEAST_DELAY_S)
        resumed.append(
            Raising(
                zone=one["zone"],
                level=level,
                first_wet_s=now_s - max(0.0, elapsed_s),
                wet_readings=0,
                rise=one["rise"],
                sensor=one["sensor"],
                lone=one.get("lone", False),
            )
        )
    return tuple(resumed)


def differs(before: State, after: State) -> bool:
    """Return whether anything that ``dump`` writes has changed, but for the passing of time.

    The delays that run are told by ``wet_runs``.
    """
    if before is after:
        return False
    return (
        (
            before.incident is not after.incident
            and _lasting(before.incident) != _lasting(after.incident)
        )
        or before.level is not after.level
        or before.siren != after.siren
        or recall.differs(before.troubles, after.troubles)
        or before.digested_s != after.digested_s
        or (before.self_tested_s, before.self_test_s) != (after.self_tested_s, after.self_test_s)
        or set_by_hand.differs(before, after)
    )


def _lasting(incident: Incident | None) -> Incident | None:
    """The incident without what moves with every reading of rising water."""
    return incident and replace(incident, peak_mm=None, crest_mm=None, deeper_since_s=None)


def moves(before: State, after: State) -> bool:
    """Return whether something changes that is stored only now and then, a running delay aside."""
    if before.incident is not after.incident:
        return True
    # What the water was last seen doing decides about a sensor that drowns (design 4.3).
    return after.level is not Level.NORMAL and before.sensors is not after.sensors
