"""An open incident across a restart: what of it is written down, and how it goes on (design 4.11).

Invariant: a restart drops nothing of an incident: not its reports, not who holds its level, not who
was told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from edge.law.elapsed import ago, at
from edge.law.levels import Level
from edge.law.policy import Policy
from edge.law.state import Incident, ReportState


def dump(incident: Incident, now_s: float) -> dict[str, Any]:
    """Return an incident as plain JSON values."""
    return {
        "id": incident.id,
        "open_for_s": ago(incident.opened_s, now_s),
        "latched": incident.latched.word,
        "bell": incident.bell,
        "pressed_for_s": ago(incident.pressed_s, now_s),
        "episode": incident.episode,
        "alerts": incident.alerts,
        "recedings": incident.recedings,
        "peak_mm": incident.peak_mm,
        "reported_mm": incident.reported_mm,
        "zone": incident.zone,
        "acknowledged": incident.acknowledged,
        "wet_alert": sorted(incident.wet_alert),
        "wet_danger": sorted(incident.wet_danger),
        "contested": list(incident.contested),
        "danger_zones": sorted(incident.danger_zones),
        "crest_mm": incident.crest_mm,
        "blind_for_s": {zone: ago(since_s, now_s) for zone, since_s in incident.blind_since},
        "drowned_told": {zone: ago(sees_s, now_s) for zone, sees_s in incident.drowned_told},
        "drowned_tellings": incident.drowned_tellings,
        "drowned": sorted(incident.drowned),
        "service": incident.service,
        "reports": [
            {
                "episode": r.episode,
                "origin": r.origin,
                "for_s": ago(r.began_s, now_s),
                "setpoint_mm": r.setpoint_mm,
                "repeat": r.repeat,
                "waiting": r.waiting,
                "next_in_s": None if r.next_s is None else max(0.0, r.next_s - now_s),
                "accepted": r.accepted,
                "unreached": r.unreached,
                "acknowledged": r.acknowledged,
                "withheld": r.withheld,
                "reason": r.reason,
                "silences": r.silences,
            }
            for r in incident.reports
        ],
    }


def load(
    stored: Mapping[str, Any] | None,
    now_s: float,
    policy: Policy,
    away_s: float,
    *,
    same_boot: bool,
) -> Incident | None:
    """Return the incident as it goes on, None without one.

    Args:
        stored: What ``dump`` returned, by this version or an earlier one.
        now_s: Monotonic seconds now.
        policy: The settings now.
        away_s: Seconds since it was written; 0 when nobody knows.
        same_boot: Whether the clock is the one by which it was written.
    """
    if stored is None:
        return None
    pressed = stored["pressed_for_s"]
    return Incident(
        id=stored["id"],
        opened_s=now_s - away_s - (stored["open_for_s"] or 0.0),
        latched=Level[stored["latched"].upper()],
        bell=stored["bell"],
        pressed_s=None if pressed is None else now_s - away_s - pressed,
        episode=stored["episode"],
        alerts=stored["alerts"],
        recedings=stored["recedings"],
        peak_mm=stored["peak_mm"],
        reported_mm=stored["reported_mm"],
        zone=stored["zone"],
        acknowledged=stored["acknowledged"],
        normal_since_s=now_s,
        # A sensor that has left the settings cannot read clear: only a reset lets go of it.
        wet_alert=frozenset(stored["wet_alert"]),
        wet_danger=frozenset(stored["wet_danger"]),
        contested=tuple(n for n in stored["contested"] if n in policy.sensors),
        # After a power cut nobody knows for how long a zone was blind: its minute begins again.
        blind_since=tuple(
            (zone, now_s - away_s - for_s if same_boot else now_s)
            for zone, for_s in stored.get("blind_for_s", {}).items()
            if zone in policy.zones
        ),
        drowned_told=tuple(
            (zone, at(sees_for_s, now_s - away_s))
            for zone, sees_for_s in stored.get("drowned_told", {}).items()
        ),
        drowned_tellings=stored.get("drowned_tellings", 0),
        danger_zones=frozenset(_danger_zones(stored, policy)),
        crest_mm=stored.get("crest_mm", stored["peak_mm"]),
        drowned=frozenset(stored.get("drowned", ())),
        service=stored.get("service", False),
        reports=tuple(
            _load_report(r, now_s, policy, away_s, same_boot=same_boot) for r in stored["reports"]
        ),
    )


def _danger_zones(stored: Mapping[str, Any], policy: Policy) -> Iterable[str]:
    """Zones in danger; an earlier version did not store them, but which sensors were wet."""
    wet = (policy.sensors[n].zone for n in stored["wet_danger"] if n in policy.sensors)
    return (zone for zone in stored.get("danger_zones", wet) if zone in policy.zones)


def _load_report(
    stored: Mapping[str, Any], now_s: float, policy: Policy, away_s: float, *, same_boot: bool
) -> ReportState:
    """Repeats are due now; in the same boot not sooner than their interval after an acceptance."""
    left_s = stored["next_in_s"]
    if left_s is None:
        next_s = None
    elif same_boot:
        next_s = now_s + min(max(0.0, left_s - away_s), policy.report.repeat_interval_s)
    else:
        next_s = now_s
    return ReportState(
        episode=stored["episode"],
        origin=stored["origin"],
        began_s=now_s - away_s - (stored["for_s"] or 0.0),
        setpoint_mm=stored["setpoint_mm"],
        repeat=stored["repeat"],
        waiting=stored["waiting"],
        next_s=next_s,
        accepted=stored["accepted"],
        unreached=stored["unreached"],
        acknowledged=stored["acknowledged"],
        withheld=stored["withheld"],
        reason=stored["reason"],
        silences=stored.get("silences", 0),
    )
